"""Every error that pinfix raises on purpose: data as attributes, one sentence, one exit code.

The command line prints ``str(error)`` and exits with ``error.exit_code``; a library user
reads the attributes. 0 and 1, the codes of a run without an error, are the command line's.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

_Raised = TypeVar("_Raised", bound=Exception)


class PinfixError(Exception):
    """The base of every error pinfix raises on purpose. ``str()`` is the finished message."""

    exit_code: ClassVar[int] = 2

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross from one process to another, and not all are made of their args alone.
        return remade, (type(self), self.args, self.__dict__)


def remade(kind: type[PinfixError], args: tuple[Any, ...], state: dict[str, Any]) -> PinfixError:
    """The error of which pickle has these parts."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UsageError(PinfixError):
    """An option or an argument that cannot be used as given (exit code 2)."""


class InputError(PinfixError):
    """A file that cannot be read as what it should be (exit code 2).

    ``path`` is the file's name as the user gave it, ``line`` and ``column`` are 1-based (or None
    where they mean nothing), ``source`` is the offending line for the caret, ``problem`` the
    sentence that says what is wrong, ``hint`` what to do next.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        source: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(problem, path, line, column, source, hint)
        self.problem = problem
        self.path = path
        self.line = line
        self.column = column
        self.source = source
        self.hint = hint

    @property
    def where(self) -> str:
        """``file:line:column``, as far as it is known; empty where nothing is."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part)

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        if self.source is not None:
            text += f"\n    {self.source}"
            if self.column is not None:
                # Tabs stay tabs so that the caret stands under its character.
                lead = "".join(c if c == "\t" else " " for c in self.source[: self.column - 1])
                text += f"\n    {lead}^"
        return f"{text}\n{self.hint}" if self.hint else text


class NoSolutionError(PinfixError):
    """The requirements cannot hold together on the targets (exit code 3)."""

    exit_code = 3


class AuditError(PinfixError):
    """What is known of vulnerabilities could not be learnt (exit code 4)."""

    exit_code = 4


class VulnerableError(NoSolutionError):
    """A solution that would bring a known vulnerability in, which was not to be (exit code 3)."""


class VerifyError(PinfixError):
    """What a proof by installation needs could not be had (exit code 4)."""

    exit_code = 4


class UnprovenError(NoSolutionError):
    """A solution of which an installation for real failed, and was to prove it (exit code 3)."""


class IndexUnavailableError(PinfixError):
    """The index could not be reached, or answered nonsense (exit code 4).

    ``url`` is what was asked, without credentials; ``reason`` what came of it.
    """

    exit_code = 4

    def __init__(self, url: str, reason: str, *, hint: str | None = None) -> None:
        super().__init__(url, reason, hint)
        self.url = url
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.url}: {self.reason}"
        return f"{text}\n{self.hint}" if self.hint else text


class UnusableFileError(PinfixError):
    """One file of an index cannot be read as what its name says; other versions may serve.

    ``filename`` is the file, ``reason`` what is wrong with it.
    """

    exit_code = 4

    def __init__(self, filename: str, reason: str) -> None:
        super().__init__(filename, reason)
        self.filename = filename
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.filename}: {self.reason}"


def to_keep(error: _Raised) -> _Raised:
    """An exception that outlives its handling, without the frames and exceptions that it came from.

    They hold all that was at hand then, and whoever keeps the exception among it: a cycle.
    """
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error
