"""Where commands and variables stand in deploy files: YAML, TOML, JSON, Dockerfiles, Procfiles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pinfix.deploy.dockerfile import Instruction, assignments, instructions
from pinfix.deploy.files import Kind
from pinfix.deploy.found import Note, place_of
from pinfix.deploy.python_version import toml_values
from pinfix.deploy.settings import tree_of
from pinfix.deploy.source import Source
from pinfix.deploy.yaml_places import Node, YamlError, read_json
from pinfix.migrate.shell import Word, commands
from pinfix.records import record
from pinfix.requirements.spans import MappedText, Piece, Span

VARIABLES = ("PIP_ONLY_BINARY", "PIP_NO_BINARY")
# Words that are for people.
_SPOKEN_KEYS = {"name", "description", "Description", "title", "summary", "key"}
_INTERESTING = re.compile(r"\bpip|\b(?:apt|apt-get|apk|yum|dnf|microdnf)\b|rustup")
_PROCESS = re.compile(r"^[ \t]*[A-Za-z0-9_-]+[ \t]*:[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)


@record
class Script:
    """Commands that stand together. ``plain``: in YAML without quotes, where ``: `` ends a value.

    ``listed``: the words are strings of a list, and one more is a string of its own.
    """

    commands: list[list[Word]]
    plain: bool = False
    listed: bool = False


@record
class Variable:
    """A variable of pip that is given a value, beside any command. ``plain`` as of Script."""

    name: str
    word: Word
    plain: bool = False


@record
class Unread:
    """A command whose characters cannot be placed."""

    line: int


def scripts(source: Source, kind: Kind) -> Iterator[Script | Variable | Unread | Note]:
    """Everything in a file that installs, or may do so, and the variables that bear on it."""
    if kind == "dockerfile":
        for instruction in instructions(source):
            yield from _of_instruction(instruction)
    elif kind == "procfile":
        for match in _PROCESS.finditer(source.text):
            yield Script(commands(_verbatim(source.text, *match.span(1))))
    elif source.path.endswith(".toml"):
        yield from _of_toml(source)
    elif kind != "python":
        tree = tree_of(source)
        yield from [tree] if isinstance(tree, Note) else _of_tree(tree)


def _of_instruction(instruction: Instruction) -> Iterator[Script | Variable]:
    rest = instruction.rest
    if instruction.name in ("ENV", "ARG"):
        for name, value in assignments(rest):
            if name in VARIABLES:
                yield Variable(name, Word(value, None))
    if instruction.name not in ("RUN", "CMD", "ENTRYPOINT"):
        return
    listed = _exec_form(rest)
    if listed is not None:
        yield Script([listed], listed=True)
        return
    yield Script(commands(rest))
    for body in instruction.heredocs:
        yield Script(commands(body))


def _exec_form(rest: MappedText) -> list[Word] | None:
    """The words of ``RUN ["pip", "install"]``; None where it is a shell's command."""
    text = rest.text
    start = text.find("[")
    if start < 0 or re.fullmatch(r"\s*(?:--\S+\s+)*", text[:start]) is None:
        return None
    try:
        tree = read_json(text[start:])
    except YamlError:
        return None
    words = []
    for node in tree.items:
        inner = node.mapped()
        if inner is None or node.is_plain:
            return None
        content = MappedText.of(
            *(part for piece in inner.pieces for part in _within(rest, start, piece))
        )
        end = place_of(rest, start + node.span.end - 1, start + node.span.end)
        words.append(Word(content, end.end if end else None))
    return words or None


def _within(rest: MappedText, start: int, piece: Piece) -> Iterator[Piece]:
    """A piece of what begins at ``start`` of ``rest``, as pieces of the file."""
    first, last = start + piece.span.start, start + piece.span.end
    if piece.verbatim:
        yield from rest.cut(first, last).pieces
    else:
        yield Piece(piece.text, rest.span(first, last), verbatim=False)


def _of_toml(source: Source) -> Iterator[Script | Variable]:
    for path, place in toml_values(source).items():
        if place.content is None:
            continue
        name = next((str(key) for key in reversed(path) if isinstance(key, str)), "")
        if name in VARIABLES:
            yield Variable(name, Word(place.content, None))
        elif name not in _SPOKEN_KEYS and _INTERESTING.search(place.content.text):
            yield Script(commands(place.content))


def _of_tree(tree: Node) -> Iterator[Script | Variable | Unread]:
    for node in tree.walk():
        name = (node.get("key") or node.get("name")).value
        if name in VARIABLES and node.get("value").is_scalar:
            yield from _variable(name, node.get("value"))
        for key, value in node.pairs:
            if key.value in VARIABLES:
                yield from _variable(key.value, value)
            elif key.value not in _SPOKEN_KEYS:
                for item in value.items:
                    yield from _script(item)


def _variable(name: str, value: Node) -> Iterator[Variable]:
    mapped = value.mapped()
    if mapped is not None:
        yield Variable(name, Word(mapped, None), value.is_plain)


def _script(node: Node) -> Iterator[Script | Unread]:
    if not node.is_scalar or not _INTERESTING.search(node.value):
        return
    mapped = node.mapped()
    if mapped is None:
        yield Unread(node.line)
    else:
        yield Script(commands(mapped), node.is_plain)


def _verbatim(text: str, start: int, end: int) -> MappedText:
    return MappedText.of(Piece(text[start:end], Span(start, end)))
