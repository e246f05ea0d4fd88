"""pinfix and pip read the same from every file, and refuse the same files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from pinfix.errors import InputError
from pinfix.requirements import option_reader as option_table
from pinfix.requirements.document import Document, OptionLine, RequirementLine, parse_document
from pinfix.requirements.links import is_archive, is_url
from tests.requirements import corpus
from tests.requirements.pip_reference import (
    INDEX,
    Reading,
    path_to_url,
    pip_option_list,
    pip_reading,
)


def our_reading(document: Document) -> Reading:
    return Reading(
        requirements=[_requirement(line) for line in document.requirements],
        includes=[(line.line, line.kind, line.target) for line in document.includes],
        options=_options(document.options),
    )


def _requirement(line: RequirementLine) -> tuple[Any, ...]:
    hashes: dict[str, list[str]] = {}
    for value in line.hashes:
        algorithm, _, digest = value.partition(":")
        hashes.setdefault(algorithm, []).append(digest)
    return (
        line.line,
        line.name,
        str(line.specifier),
        line.extras,
        str(line.marker or ""),
        _link(line),
        line.editable,
        {name: sorted(digests) for name, digests in hashes.items()},
    )


def _link(line: RequirementLine) -> str | None:
    """pip makes an absolute file: URL of a bare path."""
    if line.url is None or line.requirement is not None or is_url(line.url):
        return line.url
    return path_to_url(line.url)


def _options(lines: Iterable[OptionLine]) -> dict[str, Any]:
    """The options taken one after the other, as pip's finder takes them."""
    state: dict[str, Any] = {
        "index": [INDEX],
        "no_index": False,
        "find_links": [],
        "no_binary": set(),
        "only_binary": set(),
        "all_releases": set(),
        "only_final": set(),
        "prefer_binary": False,
        "trusted": [],
        "require_hashes": False,
        "no_require_hashes": False,
        "features": set(),
    }
    exclusive = {
        "--no-binary": ("no_binary", "only_binary"),
        "--only-binary": ("only_binary", "no_binary"),
        "--all-releases": ("all_releases", "only_final"),
        "--only-final": ("only_final", "all_releases"),
    }
    lists = {"--find-links": "find_links", "--trusted-host": "trusted"}
    for line in lines:
        value = line.value or ""
        if line.option in exclusive:
            target, other = exclusive[line.option]
            _add_names(value, state[target], state[other])
        elif line.option == "--pre":
            state["all_releases"].add(":all:")
        elif line.option == "--use-feature":
            state["features"].add(value)
        elif line.option in lists:
            state[lists[line.option]].append(value)
        elif line.option == "--no-index":
            state["no_index"], state["index"] = True, []
        elif line.option in ("--index-url", "--extra-index-url"):
            if not state["no_index"]:
                kept = state["index"] if line.option == "--extra-index-url" else []
                state["index"] = [*kept, value]
        else:
            state[line.option[2:].replace("-", "_")] = True
    return state


def _add_names(value: str, target: set[str], other: set[str]) -> None:
    names = value.split(",")
    while ":all:" in names:
        other.clear()
        target.clear()
        target.add(":all:")
        del names[: names.index(":all:") + 1]
        if ":none:" not in names:
            return
    for name in names:
        if name == ":none:":
            target.clear()
        else:
            other.discard(canonicalize_name(name))
            target.add(canonicalize_name(name))


def _make_local_projects(document: Document) -> bool:
    """Make the directories that the file names; False if one is not below the working one."""
    inside = True
    for line in document.requirements:
        url = line.url
        if url is None or line.requirement is not None or is_url(url):
            continue
        # An editable is a directory, however it is named.
        if is_archive(url) and not line.editable:
            continue
        directory = Path(os.path.abspath(url))
        inside = inside and directory.is_relative_to(Path.cwd())
        if inside:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "pyproject.toml").touch()
    return inside


def assert_same(data: bytes, path: Path) -> None:
    """Both refuse, or both read the same. The working directory is the file's."""
    path.write_bytes(data)
    try:
        document = parse_document(data, path.name)
    except InputError as error:
        ours: Reading | str = str(error)
    else:
        if not _make_local_projects(document):
            return
        ours = our_reading(document)
    theirs = pip_reading(path)
    if isinstance(ours, str):
        assert isinstance(theirs, str), f"pip takes what pinfix refuses: {ours}"
    else:
        assert ours == theirs


def test_every_corpus_file_reads_as_pip_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in corpus.files():
        print(name)  # shown when it fails
        assert_same_in_a_new_directory(data, tmp_path, monkeypatch)


def test_the_option_table_is_pips() -> None:
    theirs = {
        (tuple(sorted((*option._long_opts, *option._short_opts))), option.takes_value())
        for option in pip_option_list()
    }
    ours = {
        (tuple(sorted((*option._long_opts, *option._short_opts))), option.takes_value())
        for option in option_table.OptionReader().option_list
    }
    assert ours == theirs


# fmt: off
NAMES = st.sampled_from(["foo", "Foo_Bar", "a.b", "zope.interface", "x"])
EXTRAS = st.sampled_from(["", "", "", "[a]", "[A,b]", " [ a , b ] ", "[]", "[a b]", "[a,]"])
SPECIFIERS = st.sampled_from(
    ["", "==1.0", " == 1.0", "===1.0", "=== weird", "~=1.4", ">=1,<2", " >= 1 , < 2", "(==1.0)",
     " (>=1)", "==1.*", "!=1.0.post1", ">=1,", "=1.0", "=1.0=py_0", " 1.0", "=>1", "==", "<=2b1",
     "==1.0+cpu", ">1.0+cpu", "@ https://h/f.zip", " @ git+https://h/r@v1#egg=foo", "@./x"]
)
MARKERS = st.sampled_from(
    ["", "", "", ";", "; python_version<'3.9'", " ;python_version < '3.9' and extra == 'A_b'",
     " ; os_name", "; sys_platform == 'win32' ", ";python_version<3"]
)
TAILS = st.sampled_from(
    ["", "", "", " # note", "#glued", "\t# tab", " --hash=sha256:ab", " --hash sha256:ab",
     " \\\n    --hash=sha256:ab \\\n    --hash=sha512:cd", " --hash=md5:ab", " --hash=sha256",
     "\t--hash=sha256:ab", " -C k=v", " --config-settings k", " --pre", " -e .", " --nope", " \\",
     " \\\n# comment", " # c \\\nlost==1", " --no-binary foo", " -", " -- x", " --ha sha256:ab"]
)
WHOLE = st.sampled_from(
    ["", "   ", "# comment", "\x0c", "-r other.txt", "-c c.txt -r r.txt", "--requirement='a b.txt'",
     "-e .", "-e ./sub[Ex]", "-e git+https://h/r#egg=foo", "-e git+https://h/r", "-e https://h/r",
     "-e 'foo[a] @ git+https://h/r ; os_name == \"nt\"'", "--editable=./sub", "-egit://h/r#egg=x",
     "./sub", "./sub[a] ; os_name == 'nt'", "./f.zip", "d/foo-1.0-py3-none-any.whl", "./bad.whl",
     "https://h/foo-1.0-py3-none-any.whl", "https://h/foo.zip#egg=foo[x]", "ftp://h/x.tar.gz",
     "git+https://h/r.git@v1#egg=My_Egg&subdirectory=s", "git+https://h/r;x", "file:///tmp/x.zip",
     "https://h/a.zip ; os_name == 'nt'", "https://h/a.zip; os_name", "file://host/x", "//[x",
     "-i https://i", "-ihttps://i --extra-index-url=https://e", "--extra https://e --pypi-url=u",
     "--no-index --index-url x", "-f a -f b", "--find-links=l", "--trusted-host h:1", "--pre",
     "--only-binary :all:", "--no-binary a,B_c", "--no-binary :all:,:none:,x", "--no-binary -x",
     "--all-releases x", "--only-final=:all:", "--prefer-binary", "--require-hashes", "--pre=1",
     "--no-require-hashes", "--use-feature fast-deps", "--use-feature=2020-resolver", "--no",
     "--hash=sha256:x", "--global-option=x", "-e", "-i", "'foo'", '"foo==1"', "- foo", "-x", "\\",
     "--find-links 'unclosed", "-r 'a'b", "pip install foo", "foo bar", "[project]", "{{ x }}"]
)
# fmt: on
REQUIREMENTS = st.builds(
    "".join, st.tuples(st.sampled_from(["", "", " "]), NAMES, EXTRAS, SPECIFIERS, MARKERS, TAILS)
)
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r", "\x0b", "\u2028", "\\\n", " \\\r\n", ""])
FILES = st.lists(st.tuples(REQUIREMENTS | WHOLE, ENDS), max_size=3).map(
    lambda lines: "".join(line + end for line, end in lines)
)


ALPHABET = "abX1.-_ \\\n#[],;=<>!~()@:/'\"$\t\r\u2028\xa0"
SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def assert_same_in_a_new_directory(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One directory each: a project made for one file is no project of the next.
    directory = tmp_path / str(len(list(tmp_path.iterdir())))
    directory.mkdir()
    monkeypatch.chdir(directory)
    assert_same(data, directory / "requirements.txt")


@SETTINGS
@given(text=FILES, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@example(text="--editable=./sub\\\nfile:///tmp/x.zip\n", encoding="utf-8")
def test_generated_files_read_as_pip_reads_them(
    text: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same_in_a_new_directory(text.encode(encoding), tmp_path, monkeypatch)


@SETTINGS
@given(text=st.text(ALPHABET, max_size=12))
def test_arbitrary_text_reads_as_pip_reads_it(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same_in_a_new_directory(text.encode(), tmp_path, monkeypatch)
