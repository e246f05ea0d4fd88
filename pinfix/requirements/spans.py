"""Places in a document's text, and text that remembers which places it came from."""

from __future__ import annotations

from pinfix.records import record


@record
class Span:
    """The characters ``text[start:end]`` of a document."""

    start: int
    end: int


@record
class Piece:
    """A run of text and its place. ``verbatim`` means character for character."""

    text: str
    span: Span
    verbatim: bool = True


@record
class MappedText:
    """Text made of pieces of a document: joined lines, expanded variables."""

    text: str
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, *pieces: Piece) -> MappedText:
        """The pieces one after the other."""
        return cls("".join(piece.text for piece in pieces), pieces)

    def cut(self, start: int, end: int) -> MappedText:
        """The part ``text[start:end]`` with its places."""
        parts = []
        position = 0
        for piece in self.pieces:
            first = max(start - position, 0)
            last = min(end - position, len(piece.text))
            position += len(piece.text)
            if first < last:
                parts.append(_part(piece, first, last))
        # An empty part still has a place: an insertion goes there.
        return (
            MappedText.of(*parts)
            if parts
            else MappedText("", (Piece("", self.span(start, start)),))
        )

    def replace(self, old: str, new: str) -> MappedText:
        """Every ``old`` replaced by ``new``, which then stands for the whole place of ``old``."""
        result: list[Piece] = []
        position = 0
        while (found := self.text.find(old, position)) >= 0:
            result += self.cut(position, found).pieces
            result.append(Piece(new, self.span(found, found + len(old)), verbatim=False))
            position = found + len(old)
        return MappedText.of(*result, *self.cut(position, len(self.text)).pieces)

    def span(self, start: int, end: int) -> Span:
        """Where ``text[start:end]`` stands; an expanded variable counts as a whole."""
        first = self._offset(start, at_end=False)
        return Span(first, max(first, self._offset(end, at_end=True)) if end > start else first)

    def divides_variable(self, position: int) -> bool:
        """Whether ``position`` lies inside of what one variable expanded to."""
        for piece in self.pieces:
            if 0 < position < len(piece.text):
                return not piece.verbatim
            position -= len(piece.text)
        return False

    def _offset(self, position: int, *, at_end: bool) -> int:
        offset = self.pieces[-1].span.end if self.pieces else 0
        for piece in self.pieces:
            size = len(piece.text)
            inside = 0 < position <= size if at_end else 0 <= position < size
            if inside:
                if piece.verbatim:
                    return piece.span.start + position
                return piece.span.end if at_end else piece.span.start
            position -= size
        return offset


def _part(piece: Piece, first: int, last: int) -> Piece:
    if first == 0 and last == len(piece.text):
        return piece
    text = piece.text[first:last]
    if not piece.verbatim:
        return Piece(text, piece.span, verbatim=False)
    return Piece(text, Span(piece.span.start + first, piece.span.start + last))
