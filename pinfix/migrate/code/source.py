"""A Python file as text and syntax tree: which characters each node stands for, and the bytes back."""

from __future__ import annotations

import ast
import codecs
import re
import tokenize
import warnings
from dataclasses import field

from pinfix.migrate.code.fstrings import fields_of_literal
from pinfix.records import record
from pinfix.requirements.spans import Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
# A string that stands for itself: no prefix, no escape, one literal.
_PLAIN_STRING = re.compile(r"""(['"])(?!\1)([^'"\\\r\n]*)\1""")


class UnreadableSourceError(ValueError):
    """Why a file cannot be read as Python; ``line`` is where."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


@record(eq=False)
class Source:
    """The text of a file, its tree, and the place of every node of the tree.

    ``bom + text.encode(encoding)`` is the file again, byte for byte. ``quoted`` has the tree of
    each annotation that is written as a string.
    """

    path: str
    text: str
    encoding: str
    bom: bytes
    tree: ast.Module
    spans: dict[ast.AST, Span]
    quoted: dict[ast.Constant, ast.expr] = field(default_factory=dict)

    def span(self, node: ast.AST) -> Span:
        """Which characters a node stands for, without decorators and enclosing parentheses."""
        return self.spans[node]

    def text_of(self, node: ast.AST) -> str:
        """The characters of a node."""
        span = self.spans[node]
        return self.text[span.start : span.end]

    def line_of(self, node: ast.AST) -> int:
        """The line, from 1, on which a node begins."""
        return self.line_at(self.spans[node].start)

    def line_at(self, offset: int) -> int:
        """The line, from 1, of a character."""
        before = self.text[:offset]
        return 1 + before.count("\n") + before.count("\r") - before.count("\r\n")

    def line_start(self, offset: int) -> int:
        """Where the line of a character begins."""
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def line_end(self, offset: int) -> int:
        """Where the line of a character ends, before its newline."""
        while offset < len(self.text) and self.text[offset] not in "\r\n":
            offset += 1
        return offset

    def after_newline(self, offset: int) -> int:
        """The place behind the newline that stands at ``offset``, if one does."""
        if self.text.startswith("\r\n", offset):
            return offset + 2
        return offset + (self.text[offset : offset + 1] in ("\r", "\n"))

    def indentation(self, node: ast.AST) -> str | None:
        """What stands before a node on its line, or None where that is more than white space."""
        start = self.spans[node].start
        before = self.text[self.line_start(start) : start]
        return None if before.strip() else before.lstrip("\f")

    @property
    def newline(self) -> str:
        """How the file ends its lines: as its first line does."""
        found = re.search(r"\r\n|\r|\n", self.text)
        return found[0] if found else "\n"

    def encoded(self, text: str) -> bytes:
        """A text as this file's bytes."""
        return self.bom + text.encode(self.encoding)

    def read_quoted(self, node: ast.Constant) -> ast.expr | None:
        """The expression in a string that is an annotation; None where it has none of its own."""
        if node not in self.quoted:
            match = _PLAIN_STRING.fullmatch(self.text_of(node))
            if match is None:
                return None
            try:
                tree = _parsed(match[2].join("()"), "eval")
            except UnreadableSourceError:
                return None
            # The parenthesis of the parsed text stands where the quote does in the file.
            self.spans.update(_spans(tree, match[2].join("()"), self.spans[node].start))
            assert isinstance(tree, ast.Expression)
            self.quoted[node] = tree.body
        return self.quoted[node]


def read_source(path: str, data: bytes) -> Source:
    """A file's source; UnreadableSourceError where Python itself would refuse it."""
    bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    lines = iter(data.splitlines(keepends=True))
    try:
        encoding, _ = tokenize.detect_encoding(lambda: next(lines, b""))
        encoding = encoding.removesuffix("-sig")  # the mark is kept apart
        text = data[len(bom) :].decode(encoding)
        same = bom + text.encode(encoding) == data
    except (SyntaxError, ValueError, LookupError) as error:
        raise UnreadableSourceError(f"the file cannot be decoded: {error}") from None
    if not same:
        raise UnreadableSourceError(f"the file does not come back from the encoding {encoding}")
    tree = _parsed(text, "exec")
    assert isinstance(tree, ast.Module)
    return Source(path, text, encoding, bom, tree, _spans(tree, text, 0))


def parses(text: str) -> bool:
    """Whether a text is a Python module."""
    try:
        _parsed(text, "exec")
    except UnreadableSourceError:
        return False
    return True


def _parsed(text: str, mode: str) -> ast.AST:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes, which are the author's affair
            tree: ast.AST = compile(text, "<source>", mode, ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        raise UnreadableSourceError(f"not Python: {error.msg}", error.lineno or 1) from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise UnreadableSourceError(f"not Python: {error}") from None
    return tree


def _spans(tree: ast.AST, text: str, base: int) -> dict[ast.AST, Span]:
    """The place of every node of ``text``'s tree, counted from ``base``.

    Before Python 3.12 the places inside of f-strings are unreliable, so these are read from the
    text of the literal.
    """
    lines = [(match.start(), match[0]) for match in _LINE.finditer(text)]

    def offset(line: int, column: int) -> int:
        start, content = lines[line - 1]
        if content.isascii():
            return base + start + column
        return base + start + len(content.encode()[:column].decode(errors="ignore"))

    found: dict[ast.AST, Span] = {}
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(
            node, ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler
        ):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            found[node] = Span(
                offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)
            )
        if isinstance(node, ast.JoinedStr):
            literal = found[node]
            found |= _spans_in_literal(
                node, text[literal.start - base : literal.end - base], literal
            )
        else:
            pending += ast.iter_child_nodes(node)
    return found


def _spans_in_literal(node: ast.JoinedStr, literal: str, place: Span) -> dict[ast.AST, Span]:
    found: dict[ast.AST, Span] = {}
    expressions = list(_expressions(node))
    fields = fields_of_literal(literal)
    if len(fields) != len(expressions):
        raise UnreadableSourceError("an f-string whose fields cannot be told apart", node.lineno)
    for expression, (start, end) in zip(expressions, fields, strict=True):
        text = literal[start:end].join("()")
        again = _parsed(text, "eval")
        assert isinstance(again, ast.Expression)
        places = _spans(again.body, text, place.start + start - 1)
        for mine, parsed in zip(ast.walk(expression), ast.walk(again.body), strict=True):
            if parsed in places:
                found[mine] = places[parsed]
    return found


def _expressions(node: ast.JoinedStr) -> list[ast.expr]:
    """The expressions of an f-string's fields, as they stand in the text."""
    found: list[ast.expr] = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            found.append(part.value)
            if isinstance(part.format_spec, ast.JoinedStr):
                found += _expressions(part.format_spec)
    return found
