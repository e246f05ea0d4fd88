from __future__ import annotations

import copy
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinfix.errors import InputError
from pinfix.requirements.edits import Edit, apply_edits, remove_line, set_extras, set_name
from pinfix.requirements.edits import set_specifier as specifier
from pinfix.requirements.pyproject import (
    ArrayLine,
    Pyproject,
    add_requirements,
    parse_pyproject,
    tomllib,
)
from pinfix.requirements.tree import read_tree

FILE = """\
[build-system]
requires = ["hatchling"]  # not what is installed

[project]
name = "My.App"
dependencies = [
    "fastapi [all] == 0.104.1",  # the web
    # the database
    'psycopg2>=2.9 ; python_version < "3.13"',
    "uvicorn"
]

[project.optional-dependencies]
dev = ["pytest==7.0", "my-app[docs]"]
docs = []

[dependency-groups]
Lint_All = [{include-group = "typing"}, "ruff==0.1"]
typing = ["mypy"]
"""


def parse(text: str) -> Pyproject:
    return parse_pyproject(text.encode(), "pyproject.toml")


def lines(document: Pyproject) -> list[ArrayLine]:
    return [line for line in document.requirements if isinstance(line, ArrayLine)]


def project(array: str, rest: str = "") -> Pyproject:
    return parse(f"[project]\ndependencies = {array}\n{rest}")


def applied(document: Pyproject, *edits: Edit) -> str:
    return apply_edits(document, edits).decode()


def dependencies(text: str) -> list[str]:
    found: list[str] = tomllib.loads(text)["project"]["dependencies"]
    return found


# -- reading ------------------------------------------------------------------------------------


def test_requirements_are_read_from_the_three_tables() -> None:
    assert [(line.line, line.table, line.raw) for line in lines(parse(FILE))] == [
        (7, "dependencies", "fastapi [all] == 0.104.1"),
        (9, "dependencies", 'psycopg2>=2.9 ; python_version < "3.13"'),
        (10, "dependencies", "uvicorn"),
        (14, "optional-dependencies.dev", "pytest==7.0"),
        (18, "dependency-groups.lint-all", "ruff==0.1"),
        (19, "dependency-groups.typing", "mypy"),
    ]


def test_each_part_has_its_place() -> None:
    document = parse(FILE)
    line = document.requirements[0]
    assert (line.name, line.extras, str(line.specifier)) == ("fastapi", {"all"}, "==0.104.1")
    spans = (line.name_span, line.extras_span, line.specifier_span)
    assert [line.text(span) for span in spans if span] == ["fastapi", "[all]", "== 0.104.1"]
    assert line.source == '    "fastapi [all] == 0.104.1",  # the web\n'
    assert line.comment_span is not None
    assert line.text(line.comment_span) == "# the web"
    marked = document.requirements[1]
    assert marked.marker_span is not None
    assert marked.text(marked.marker_span) == 'python_version < "3.13"'


def test_the_projects_own_extras_are_no_requirement() -> None:
    assert "my-app" not in {line.name for line in parse(FILE).requirements}


def test_included_groups_are_told() -> None:
    assert parse(FILE).includes_of == {"dependency-groups.lint-all": ("dependency-groups.typing",)}


@pytest.mark.parametrize(
    "text",
    [
        'project = {dependencies = ["a==1"]}',
        'project.dependencies = ["a==1"]',
        '["project"]\n"dependencies" = ["a==1"]',
        '[[tool.x]]\ndependencies = ["b"]\n[project]\ndependencies = ["a==1"]\n[[tool.x]]\n',
        '[tool.project]\ndependencies = ["b"]\n[project]\ndependencies = ["a==1"]',
        '[project]\noptional-dependencies.dev = ["a==1"]',
        'dependency-groups.dev = ["a==1"]',
    ],
)
def test_a_list_is_found_however_toml_spells_its_table(text: str) -> None:
    document = parse(text)
    (line,) = document.requirements
    assert applied(document, specifier(line, "==2")) == text.replace("a==1", "a==2")


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("'foo==1'", "'foo==2'"),
        ('"""foo==1"""', '"""foo==2"""'),
        ("'''\nfoo==1'''", "'''\nfoo==2'''"),
        (r'"foo==1; os_name == \"nt\""', r'"foo==2; os_name == \"nt\""'),
        (r'"foo\u003d=1 ; os_name == \"nt\""', r'"foo==2 ; os_name == \"nt\""'),
        ('"""foo\\\n  ==1; os_name == "nt\\""""', '"""foo\\\n  ==2; os_name == "nt\\""""'),
    ],
)
def test_a_string_is_edited_in_the_quotes_and_escapes_it_has(written: str, after: str) -> None:
    document = project(f"[{written}]")
    text = applied(document, specifier(document.requirements[0], "==2"))
    assert text == document.text.replace(written, after)
    assert dependencies(text)[0].startswith("foo==2")


def test_a_name_written_with_escapes_is_not_changed() -> None:
    document = project(r'["f\u006fo==1"]')
    assert document.requirements[0].name == "foo"
    with pytest.raises(InputError):
        set_name(document.requirements[0], "bar")


def test_crlf_and_text_that_is_not_ascii_stay() -> None:
    text = FILE.replace("# the web", "# für 🚀").replace("\n", "\r\n")
    document = parse(text)
    assert document.newline == "\r\n"
    assert document.requirements[0].line == 7
    after = applied(document, set_extras(document.requirements[0], []))
    assert after == text.replace("fastapi [all]", "fastapi")


@pytest.mark.parametrize("text", ["", "[tool.black]\n", "[project]\nname = 'x'\n"])
def test_a_file_without_dependencies_has_no_lines(text: str) -> None:
    assert parse(text).lines == ()
    assert parse(text).notes == ()


def test_the_file_of_pinfix_itself_is_read() -> None:
    path = Path(__file__).parents[2] / "pyproject.toml"
    document = parse_pyproject(path.read_bytes(), "pyproject.toml")
    assert {line.name for line in document.requirements} >= {"packaging", "click", "pytest"}


# -- notes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project]\ndynamic = ['dependencies']", "[project] dependencies is dynamic"),
        ("[tool.poetry.dependencies]\npython = '^3.9'", "[tool.poetry] are not read"),
        ("[tool.uv]\nconflicts = [[{extra = 'a'}, {extra = 'b'}]]", "installed together"),
    ],
)
def test_what_is_left_to_others_is_noted(text: str, said: str) -> None:
    (note,) = parse(text).notes
    assert said in note
    assert note.startswith("pyproject.toml: ")


def test_poetry_beside_project_dependencies_is_not_noted() -> None:
    assert project("[]", "[tool.poetry.dependencies]\nx = {source = 'y'}").notes == ()


# -- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("[project\n", 1, 9, "this is not TOML"),
        ("a = 1\nb = [1,\n", 3, None, "this is not TOML"),
        ("\ufeff[project]\n", 1, None, "byte order mark"),
        ("project = 1", 1, 1, "project is not a table"),
        ("[project]\ndependencies = 'x'", 2, 1, "project.dependencies is not a list"),
        ("[project.dependencies]\nx = '1'", 1, 1, "project.dependencies is not a list"),
        ("[project]\ndependencies = [\n 'x', 1]", 3, 7, "not a requirement: it is not a string"),
        ("[project.optional-dependencies]\na = [{include-group = 'a'}]", 2, 6, "not a string"),
        ("[project]\ndependencies = [\n  'x =! 1']", 3, 6, "Expected"),
        ("[project]\ndependencies = ['./x']", 2, 18, "a path or a bare URL"),
        ("[project]\ndependencies = ['-r x.txt']", 2, 18, "Expected"),
        ("[project]\ndependencies = ['a==1\\n']".replace("'", '"'), 2, 18, "not valid"),
        ("[project]\ndependencies = ['a @ https://x/y;os_name==\"a\"']", 2, 18, "part of the URL"),
        ("[dependency-groups]\na_b = []\nA-B = []", 3, 1, "are one name"),
        ("[dependency-groups]\na = [{include-group = 'b'}]", 2, 6, "no dependency group 'b'"),
        ("[dependency-groups]\na = [{include = 'a'}]", 2, 6, "neither"),
        ("[dependency-groups]\na = [{include-group = 'a'}]", 2, 1, "'a' includes itself"),
        (
            "[dependency-groups]\nx = [{include-group = 'a'}]\na = [{include-group = 'B'}]\n"
            "b = [{include-group = 'a'}]",
            3,
            1,
            "'a' includes itself",
        ),
    ],
)
def test_what_the_standards_refuse_is_an_error_at_its_place(
    text: str, line: int, column: int | None, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert (caught.value.path, caught.value.line, caught.value.column) == (
        "pyproject.toml",
        line,
        column,
    )


def test_groups_that_share_an_included_one_are_no_cycle() -> None:
    text = "[dependency-groups]\na = [{include-group = 'c'}, {include-group = 'b'}]\n"
    assert parse(f"{text}b = [{{include-group = 'c'}}]\nc = ['x']\n").requirements[0].name == "x"


def test_bytes_that_are_not_utf8_are_an_error_with_its_line() -> None:
    with pytest.raises(InputError, match=r"p:2: the file is not UTF-8"):
        parse_pyproject(b"# a\n# \xff\n", "p")


def test_deep_nesting_is_an_error() -> None:
    with pytest.raises(InputError):
        parse(f"a = {'[' * 50_000}{']' * 50_000}")


# -- removing -----------------------------------------------------------------------------------

LAYOUTS = [
    '["a", "b", "c"]',
    '["a", "b", "c",]',
    '[ "a" , "b" , "c" ]',
    '[\n    "a",\n    "b", # b\n    # c\n    "c",\n]',
    '[\n    "a", # a\n\n    "b",\n    "c" # c\n]',
    '["a",\n "b",\n "c"]',
    '[\n    "a"\n  , "b" # b\n  , "c"\n]',
    '[ # all\n  "a" # a\n  , # comma\n  "b",  "c"\n]',
    '["a", # a\n"""b""", \'c\'\n]',
]


@pytest.mark.parametrize("array", LAYOUTS)
def test_removing_any_elements_leaves_the_others(array: str) -> None:
    document = project(array)
    for size in (1, 2, 3):
        for gone in itertools.combinations(document.requirements, size):
            text = applied(document, *(remove_line(document, line) for line in gone))
            names = [line.raw for line in document.requirements if line not in gone]
            assert dependencies(text) == names


@pytest.mark.parametrize(
    ("array", "number", "after"),
    [
        ('["a", "b"]', 0, '["b"]'),
        ('["a", "b", "c"]', 1, '["a", "c"]'),
        ('[\n    "a",  # a\n    "b",\n]', 0, '[\n    "b",\n]'),
        ('[\n    "a",\n    "b"  # b\n]', 1, '[\n    "a",\n]'),
        ('[\n    # a\n    "a",\n]', 0, "[\n    # a\n]"),
    ],
)
def test_removing_an_element_keeps_the_layout(array: str, number: int, after: str) -> None:
    document = project(array)
    text = applied(document, remove_line(document, document.requirements[number]))
    assert text == document.text.replace(array, after)


# -- adding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "after"),
    [
        ("[]", '[\n    # why\n    "x==1",\n]'),
        ('["a"]', '["a",\n    # why\n    "x==1",\n]'),
        ('["a", ]', '["a", \n    # why\n    "x==1",\n]'),
        ('[\n  "a",\n]', '[\n  "a",\n  # why\n  "x==1",\n]'),
        ('[\n  "a" # a\n  # end\n]', '[\n  "a", # a\n  # end\n  # why\n  "x==1",\n]'),
        ('[\n  "a"]', '[\n  "a",\n  # why\n  "x==1",\n]'),
        ("[\n]", '[\n    # why\n    "x==1",\n]'),
    ],
)
def test_requirements_are_added_at_the_end_in_the_layout_of_the_list(
    array: str, after: str
) -> None:
    document = project(array, "dynamic = ['version']\n")
    text = applied(document, add_requirements(document, [("x==1", "why")]))
    assert text == document.text.replace(array, after)
    assert dependencies(text)[-1] == "x==1"


@pytest.mark.parametrize("array", LAYOUTS)
def test_adding_goes_with_every_other_edit(array: str) -> None:
    document = project(array)
    for gone in itertools.product([False, True], repeat=3):
        chosen = list(zip(document.requirements, gone, strict=True))
        removed = [line for line, is_gone in chosen if is_gone]
        edits = [
            remove_line(document, line) if is_gone else specifier(line, "==1")
            for line, is_gone in chosen
        ]
        text = applied(document, *edits, add_requirements(document, [("x", "y")], removed))
        assert dependencies(text) == [f"{n.raw}==1" for n, is_gone in chosen if not is_gone] + ["x"]


def test_markers_and_reasons_are_written_as_toml_takes_them() -> None:
    document = project("[]")
    wanted = ['a ; os_name == "nt"', "b ; os_name == \"nt\" or os_name == 'x'"]
    reasons = ["two\nlines\x7f", "tab\tbed"]
    text = applied(document, add_requirements(document, list(zip(wanted, reasons, strict=True))))
    assert dependencies(text) == wanted
    assert "# two lines\n" in text
    assert "# tab bed\n" in text


@pytest.mark.parametrize(
    "text", ["", "[project]\ndynamic = ['dependencies']", "[dependency-groups]\na = ['b']"]
)
def test_without_a_list_of_dependencies_nothing_can_be_added(text: str) -> None:
    with pytest.raises(InputError, match=r"(?s)no list \[project\] dependencies.*constraints.*x"):
        add_requirements(parse(text), [("x", "y")])


# -- any file -----------------------------------------------------------------------------------

REQUIREMENTS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["a", "Foo.Bar", "x-y"]),
    st.sampled_from(["", "[e1]", " [e1, e2] "]),
    st.sampled_from(["==1.0", " == 2", ">=1,<3", "(~=1.2)", ""]),
    st.sampled_from(["", "; os_name == 'x'", ' ; python_version<"3"']),
)
COMMENTS = st.sampled_from(["", " # no, comma", '# "quote" ]', "\n# own line\n", "\n\n  "])


@st.composite
def elements(draw: st.DrawFn) -> str:
    text = draw(REQUIREMENTS)
    forms = [
        '"' + text.replace('"', '\\"') + '"',
        '"""' + text.replace('"', '\\"') + '"""',
        "'''" + text + "'''" if not text.endswith("'") else '"' + text + '"',
        '"' + "".join(f"\\u{ord(c):04X}" if c in "=\"'" else c for c in text) + '"',
    ]
    if "'" not in text:
        forms.append(f"'{text}'")
    return draw(st.sampled_from(forms))


@st.composite
def arrays(draw: st.DrawFn) -> str:
    text = "["
    items = draw(st.lists(elements(), max_size=4))
    for number, item in enumerate(items):
        text += _ended(draw(COMMENTS)) + item + _ended(draw(COMMENTS))
        if number < len(items) - 1 or draw(st.booleans()):
            text += "," + _ended(draw(COMMENTS))
    return text + "]"


def _ended(comment: str) -> str:
    return comment + "\n" if "#" in comment else comment


@st.composite
def files(draw: st.DrawFn) -> str:
    tables = [
        f"[project]\nname = 'me' # me\ndependencies = {draw(arrays())}\n",
        f"[project.optional-dependencies]\n'e' = {draw(arrays())} # end\n",
        f"[dependency-groups]\n\n  g={draw(arrays())}\nh = [{{include-group = 'g'}}]\n",
        '[tool.x]\ndependencies = ["a==1.0"]\n',
    ]
    text = "".join(draw(st.permutations(tables)))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def array_of(data: dict[str, Any], table: str) -> list[str]:
    kind, _, name = table.partition(".")
    if kind == "dependency-groups":
        found = data[kind][name]
    else:
        found = data["project"][kind][name] if name else data["project"][kind]
    assert isinstance(found, list)
    return found


@settings(deadline=None, max_examples=150)
@given(files(), st.data())
def test_an_edit_changes_one_value_and_no_byte_beside_it(text: str, data: st.DataObject) -> None:
    document = parse(text)
    assert apply_edits(document, []) == text.encode()
    if not document.requirements:
        return
    line = data.draw(st.sampled_from(lines(document)))
    edit = specifier(line, "==7")
    after = applied(document, edit)
    assert after == text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert line.span.start <= edit.span.start <= edit.span.end <= line.span.end
    before = tomllib.loads(text)
    same_table = [one for one in lines(document) if one.table == line.table]
    number = next(i for i, one in enumerate(same_table) if one is line)
    changed = array_of(tomllib.loads(after), line.table)[number]
    expected = copy.deepcopy(before)
    array_of(expected, line.table)[number] = changed
    assert tomllib.loads(after) == expected
    again = lines(parse(after))[lines(document).index(line)]
    assert (again.name, again.extras, again.marker) == (line.name, line.extras, line.marker)
    assert str(again.specifier) == "==7"


@settings(deadline=None, max_examples=100)
@given(files(), st.data())
def test_any_removals_and_additions_leave_what_they_should(text: str, data: st.DataObject) -> None:
    document = parse(text)
    gone = [line for line in lines(document) if data.draw(st.booleans())]
    edits = [remove_line(document, line) for line in gone]
    edits.append(add_requirements(document, [("new==1", "for a reason")], gone))
    expected = tomllib.loads(text)
    for table in {line.table for line in lines(document)}:
        here = [line for line in lines(document) if line.table == table]
        values = array_of(expected, table)
        values[:] = [v for line, v in zip(here, values, strict=True) if line not in gone]
    expected["project"]["dependencies"].append("new==1")
    assert tomllib.loads(applied(document, *edits)) == expected


# -- beside requirements files ------------------------------------------------------------------


def test_a_pyproject_that_is_named_is_read_beside_requirements_files() -> None:
    files = {"x/pyproject.toml": FILE.encode(), "r.txt": b"a==1\n"}
    tree = read_tree(["x/pyproject.toml", "r.txt"], files.__getitem__)
    assert [line.name for _, line in tree.requirements()][-2:] == ["mypy", "a"]
    assert len(list(tree.requirements())) == 7


def test_a_pyproject_that_is_included_is_refused_as_pip_refuses_it() -> None:
    files = {"pyproject.toml": FILE.encode(), "r.txt": b"-r pyproject.toml\n"}
    with pytest.raises(InputError, match=r"pyproject\.toml:1:"):
        read_tree(["r.txt"], files.__getitem__)
