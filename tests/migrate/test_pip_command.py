"""Commands that install, in shell text: found, read as pip reads them, rewritten in their place."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
import tarfile
from optparse import OptionParser, Values
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pip._internal.cli import cmdoptions
from pip._internal.models.format_control import FormatControl

from pinfix.migrate.pip_command import installs
from pinfix.migrate.shell import commands
from pinfix.requirements.spans import MappedText, Piece, Span


def mapped(text: str) -> MappedText:
    return MappedText.of(Piece(text, Span(0, len(text))))


def words(text: str) -> list[list[str]]:
    return [[word.value for word in command] for command in commands(mapped(text))]


# -- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b  c", [["a", "b", "c"]]),
        ("a && b || c; d | e & f\ng", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("(cd x && a)", [["cd", "x"], ["a"]]),
        ("a # b && c\nd", [["a"], ["d"]]),
        ("a b#c", [["a", "b#c"]]),
        ("a \\\n  b", [["a", "b"]]),
        ("a\\ b 'c d' \"e f\"g", [["a b", "c d", "e fg"]]),
        ('a "b\\"c\\d" \'e\\f\'', [["a", 'b"c\\d', "e\\f"]]),
        ("a $(b && c) `d; e` ${f:-g h} i", [["a", "$(b && c)", "`d; e`", "${f:-g h}", "i"]]),
        ("a ${{ matrix.x }} b", [["a", "${{ matrix.x }}", "b"]]),
        ("a > b 2>&1", [["a", "b", "2"], ["1"]]),
        ("a ''", [["a", ""]]),
        ("a 'b", [["a", "b"]]),
        ("a \\", [["a", ""]]),
        ("", []),
    ],
)
def test_words_of_shell_text(text: str, expected: list[list[str]]) -> None:
    assert words(text) == expected


QUOTED = st.one_of(
    st.text("abc:=-./", min_size=1),
    st.text("ab \\$;&#", max_size=6).map(lambda text: f"'{text}'"),
    st.text("ab ;&#'", max_size=6).map(lambda text: f'"{text}"'),
    st.sampled_from(["\\ ", "\\;", "\\'", '\\"', '"\\""', '"\\a"']),
)


@given(st.lists(st.lists(QUOTED, min_size=1, max_size=4).map("".join), min_size=1))
def test_words_are_those_of_shlex(parts: list[str]) -> None:
    text = " ".join(parts)
    assert words(text) == [shlex.split(text)]


@given(st.text("ab '\"\\\n;$(){}`#=", max_size=40))
def test_every_text_has_words_and_each_its_place(text: str) -> None:
    for command in commands(mapped(text)):
        for word in command:
            place = word.place()
            if place is not None:
                assert text[place.start : place.end] == word.value
            assert word.end is None or 0 <= word.end <= len(text)


# -- commands ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "pip install --only-binary=all x",
        "pip3 install x --only-binary all",
        "pip3.12 install --only-binary=all x",
        "./venv/bin/pip install --only-binary=all x",
        "python -m pip install --only-binary=all x",
        "python3.12 -m pip --quiet install --only-binary=all x",
        "pip --cache-dir /x install --only-binary=all x",
        "uv pip install --only-binary=all x",
        "uv pip sync --only-binary all x.txt",
        "sudo -H pip install --only-binary=all x",
        "FOO=1 pip install --only-binary=all x",
        "PIP_ONLY_BINARY=all pip install x",
        "pip download --only-binary=all x",
        "pip wheel --only-binary=foo,all x",
        "cd x && pip install --only-binary=all x || exit 1",
        "if true; then pip install --only-binary=all x; fi",
        "bash -lc 'cd x && pip install --only-binary=all x'",
        "sh -c \"bash -c 'pip install --only-binary=all x'\"",
        "pip install '--only-binary=all' x",
        'pip install "--only-binary" "all" x',
    ],
)
def test_command_that_asks_for_wheels_of_all(text: str) -> None:
    (install,) = installs(commands(mapped(text)))
    assert install.wants_wheels
    (option,) = (*install.formats, *install.variables)
    (at,) = [at for name, at in option.names if name == "all"]
    place = option.word.place(at, at + 3)
    assert place is not None
    assert text[place.start : place.end] == "all"


@pytest.mark.parametrize(
    "text",
    [
        "echo pip install --only-binary=all",
        "pip freeze --only-binary=all",
        "pip install x -- --only-binary=all",
        "pip install --only-binary=foo x",
        "npm install --only-binary=all",
        "apt-get install pip --only-binary=all",
        "pip",
        "pip --only-binary",
    ],
)
def test_command_that_does_not(text: str) -> None:
    assert not any(install.wants_wheels for install in installs(commands(mapped(text))))


# -- pip's own reading -------------------------------------------------------------------------


def pips(arguments: list[str]) -> FormatControl:
    """What pip's own option parser makes of the arguments."""
    parser = OptionParser()
    parser.add_option(cmdoptions.no_binary())
    parser.add_option(cmdoptions.only_binary())
    start = Values({"format_control": FormatControl(set(), set())})
    values, _ = parser.parse_args(arguments, start)
    control: FormatControl = values.format_control
    return control


def test_all_is_a_package_to_pip_and_an_exception_counts_behind_all() -> None:
    assert pips(["--only-binary=all"]) == FormatControl(set(), {"all"})
    assert pips(["--only-binary=:all:", "--no-binary", "x"]) == FormatControl({"x"}, {":all:"})
    assert pips(["--no-binary", "x", "--only-binary=:all:"]) == FormatControl(set(), {":all:"})


OPTION = st.tuples(
    st.sampled_from(["--only-binary", "--no-binary"]),
    st.lists(st.sampled_from([":all:", "kept", "other"]), min_size=1, max_size=2).map(",".join),
)


@given(st.lists(OPTION, max_size=4))
def test_exceptions_are_those_that_pip_does_not_have_yet(options: list[tuple[str, str]]) -> None:
    text = "pip install " + " ".join(f"{name}={value}" for name, value in options)
    (install,) = installs(commands(mapped(text)))
    if install.wants_wheels:
        missing = install.not_excepted(["kept"])
        allowed = pips([f"{name}={value}" for name, value in options]).get_allowed_formats("kept")
        assert missing == ([] if "source" in allowed else ["kept"])


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder with a source distribution that nothing but metadata is needed of."""
    data = b"Metadata-Version: 2.2\nName: kept\nVersion: 1.0\n"
    with tarfile.open(tmp_path / "kept-1.0.tar.gz", "w:gz") as archive:
        for name, content in (
            ("PKG-INFO", data),
            (
                "pyproject.toml",
                b"[build-system]\nrequires=[]\nbuild-backend='b'\nbackend-path=['.']\n",
            ),
            (
                "b.py",
                b"import os\ndef prepare_metadata_for_build_wheel(folder, config=None):\n"
                b"    os.mkdir(folder + '/kept-1.0.dist-info')\n"
                b"    with open(folder + '/kept-1.0.dist-info/METADATA', 'w') as f:\n"
                b"        f.write('Metadata-Version: 2.1\\nName: kept\\nVersion: 1.0\\n')\n"
                b"    return 'kept-1.0.dist-info'\n"
                b"def build_wheel(*args): raise SystemExit('not here')\n",
            ),
        ):
            about = tarfile.TarInfo(f"kept-1.0/{name}")
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return tmp_path


@pytest.mark.parametrize(
    ("options", "variable", "taken"),
    [
        (["--only-binary=all"], None, True),  # a package that is called so
        (["--only-binary=:all:"], None, False),
        (["--only-binary=:all:", "--no-binary", "kept"], None, True),
        (["--no-binary", "kept", "--only-binary=:all:"], None, False),
        ([], "all", True),
        ([], ":all:", False),
        (["--no-binary", "kept"], ":all:", True),
    ],
)
def test_pip_itself_takes_the_source_or_does_not(
    index: Path, options: list[str], variable: str | None, *, taken: bool
) -> None:
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--isolated", "--no-deps"]
    if variable is not None:
        command.remove("--isolated")
    run = subprocess.run(
        [*command, "--no-index", "--find-links", str(index), "-q", *options, "kept"],
        env=os.environ | ({"PIP_ONLY_BINARY": variable} if variable is not None else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode == 0) is taken, run.stderr


def test_uv_takes_the_exception_too(index: Path) -> None:
    uv = pytest.importorskip("uv")
    command = [uv.find_uv_bin(), "pip", "install", "--dry-run", "--offline", "--no-cache"]
    command += ["--python", sys.executable, "--no-index", "--find-links", str(index)]
    for options, taken in (
        (["--only-binary=:all:"], False),
        (["--only-binary=:all:", "--no-binary", "kept"], True),
    ):
        run = subprocess.run(
            [*command, *options, "kept"], capture_output=True, text=True, check=False
        )
        assert (run.returncode == 0) is taken, run.stderr
