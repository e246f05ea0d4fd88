"""Where a line stands: what builds printed, which pip shows between two marks, one in another."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Output:
    """One that has not ended: how it ends, and how far its first mark is indented.

    ``indented`` is None until its first line is known: a log may have lost all indentation.
    """

    ends_with_rule: bool
    indent: int
    indented: bool | None = None


@dataclass(slots=True)
class Outputs:
    """The outputs around the present line. A cut log may lack the mark of an output's end."""

    _open: list[_Output] = field(default_factory=list)

    @property
    def inside(self) -> bool:
        return bool(self._open)

    def see(self, text: str) -> None:
        """Take note of a line: one that stands left of an output's mark is after it."""
        indent = _indent(text)
        while self._open:
            last = self._open[-1]
            if last.indented is None:
                last.indented = indent > last.indent
            if not last.indented or indent > last.indent:
                return
            self._open.pop()

    def begin(self, text: str) -> None:
        # A build may print what looks like a beginning, as often as it likes.
        del self._open[20:]
        self._open.append(_Output("omplete output" in text, _indent(text)))

    def end(self, text: str) -> None:
        """An end's mark ends the last output that ends in this way, and all in it."""
        with_rule = "[end of output]" not in text
        if any(one.ends_with_rule == with_rule for one in self._open):
            while self._open.pop().ends_with_rule != with_rule:
                pass


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
