"""``pip install`` and ``uv pip install`` in shell text: which wheels they insist on, and how.

pip reads ``--only-binary all`` as a package that is called "all"; the switch is ``:all:``. Of several
such options the later one counts, and ``:all:`` takes back what was said of single packages before
it: https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-only-binary
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence

from packaging.utils import canonicalize_name

from pinfix.migrate.shell import Word
from pinfix.records import record

ALL = ":all:"
_PIP = re.compile(r"pip(?:\d(?:\.\d+)?)?(?:\.exe)?")
_PYTHON = re.compile(r"(?:python(?:\d(?:\.\d+)?)?|py)(?:\.exe)?")
_SHELL = re.compile(r"(?:ba|da|z|k)?sh")
_SPOKEN = {"echo", "printf", "alias", "grep"}
_INSTALLING = {"install", "download", "wheel", "sync"}
# Options before the subcommand that take a value of their own.
_WITH_VALUE = {
    *("--python", "--log", "--proxy", "--retries", "--timeout", "--exists-action", "--cert"),
    *("--trusted-host", "--client-cert", "--cache-dir", "--use-feature", "--use-deprecated"),
    *("--keyring-provider", "--resume-retries", "--directory", "--project", "--config-file"),
}
_TOOLS = {"pip", "setuptools", "wheel", "uv", "poetry", "pipenv"}
_FORMAT_OPTIONS = ("--only-binary", "--no-binary")
_VARIABLE = re.compile(r"(PIP_ONLY_BINARY|PIP_NO_BINARY)=(.*)", re.DOTALL)


@record
class FormatOption:
    """``--only-binary`` or ``--no-binary``: the word with its value, and where in it that begins."""

    name: str
    word: Word
    start: int = 0

    @property
    def names(self) -> list[tuple[str, int]]:
        """The names of the list, each with its place in the word's value."""
        found, at = [], self.start
        for name in self.word.value[self.start :].split(","):
            found.append((name, at))
            at += len(name) + 1
        return found


@record
class Install:
    """One command that installs: the word of its subcommand, those behind it, its format options.

    ``variables`` are those that are set for it alone.
    """

    subcommand: Word
    rest: tuple[Word, ...]
    formats: tuple[FormatOption, ...]
    variables: tuple[FormatOption, ...] = ()

    @property
    def wants_wheels(self) -> bool:
        """Whether it takes wheels alone, once ``all`` is ``:all:``."""
        return any(wants_wheels(option) for option in (*self.variables, *self.formats))

    @property
    def is_of_tools(self) -> bool:
        """Whether it installs nothing but what installs."""
        named = {word.value for word in self.rest if not word.value.startswith("-")}
        return named <= _TOOLS

    def not_excepted(self, kept: Collection[str]) -> list[str]:
        """Those packages that no ``--no-binary`` is for after the last ``:all:``."""
        excepted: set[str] = set()
        for option in (*self.variables, *self.formats):
            for name, _ in option.names:
                if is_all(name) and option.name == "--only-binary":
                    excepted.clear()
                elif option.name == "--no-binary":
                    excepted |= {*kept} if name == ALL else {canonicalize_name(name)}
                else:
                    excepted.discard(canonicalize_name(name))
        return [name for name in sorted(set(map(canonicalize_name, kept))) if name not in excepted]


def wants_wheels(option: FormatOption) -> bool:
    """Whether an option is for wheels alone, once ``all`` is ``:all:``."""
    return option.name == "--only-binary" and any(is_all(name) for name, _ in option.names)


def is_all(name: str) -> bool:
    """Whether a name of a list means all packages, or was meant to."""
    return name == ALL or name.lower() == "all"


def installs(commands: Sequence[Sequence[Word]]) -> Iterator[Install]:
    """Those of the commands that install, in the scripts that ``sh -c`` is given, too."""
    for words in commands:
        for script in _scripts(words):
            yield from installs(script.inner())
        found = _install(words)
        if found is not None:
            yield found


def variables(commands: Sequence[Sequence[Word]]) -> Iterator[FormatOption]:
    """``PIP_ONLY_BINARY=…`` that is exported to all that follows."""
    for words in commands:
        if words[0].value == "export":
            yield from _assigned(words)


def _scripts(words: Sequence[Word]) -> Iterator[Word]:
    for shell, word, script in zip(words, words[1:], words[2:], strict=False):
        option = word.value
        if _SHELL.fullmatch(posixpath.basename(shell.value)) and re.fullmatch(r"-\w*c", option):
            yield script


def _install(words: Sequence[Word]) -> Install | None:
    if words[0].value in _SPOKEN:
        return None
    start = _after_pip(words)
    while start is not None and start < len(words) and words[start].value.startswith("-"):
        start += 2 if words[start].value in _WITH_VALUE else 1
    if start is None or start >= len(words) or words[start].value not in _INSTALLING:
        return None
    rest = words[start + 1 :]
    return Install(
        words[start],
        tuple(rest),
        tuple(_formats(rest)),
        tuple(_assigned(words[:start])),
    )


def _after_pip(words: Sequence[Word]) -> int | None:
    """The index behind ``pip``, ``python -m pip`` or ``uv pip``."""
    for index, word in enumerate(words):
        name = posixpath.basename(word.value.replace("\\", "/"))
        if _PIP.fullmatch(name):
            return index + 1
        if name in _INSTALLING:
            return None
        following = [one.value for one in words[index + 1 : index + 3]]
        if _PYTHON.fullmatch(name) and following == ["-m", "pip"]:
            return index + 3
    return None


def _formats(words: Sequence[Word]) -> Iterator[FormatOption]:
    for index, word in enumerate(words):
        name, equals, _ = word.value.partition("=")
        if word.value == "--":
            return
        if name in _FORMAT_OPTIONS and equals:
            yield FormatOption(name, word, len(name) + 1)
        elif name in _FORMAT_OPTIONS and index + 1 < len(words):
            yield FormatOption(name, words[index + 1])


def _assigned(words: Sequence[Word]) -> Iterator[FormatOption]:
    for word in words:
        if match := _VARIABLE.fullmatch(word.value):
            yield variable_option(match[1], word, match.start(2))


def variable_option(name: str, word: Word, start: int = 0) -> FormatOption:
    """A variable of pip as the option that it stands for."""
    return FormatOption("--" + name.removeprefix("PIP_").lower().replace("_", "-"), word, start)
