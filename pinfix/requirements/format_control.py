"""``--no-binary`` and ``--only-binary``: which kinds of file pip may take of which package."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from packaging.utils import NormalizedName, canonicalize_name

from pinfix.records import record
from pinfix.requirements.lines import OptionLine

ALL: Final = ":all:"
NONE: Final = ":none:"


@record
class FormatControl:
    """The names (or ``:all:``) that pip has to build, and those it must not, each with its origin."""

    no_binary: dict[str, str]
    only_binary: dict[str, str]

    def built_by(self, name: NormalizedName) -> str | None:
        """Where it is ordered ("requirements.txt:7") that pip builds this package from source."""
        if name in self.only_binary:
            return None
        if name in self.no_binary:
            return self.no_binary[name]
        return None if ALL in self.only_binary else self.no_binary.get(ALL)

    def wheels_only(self, name: NormalizedName) -> str | None:
        """Where it is ordered that pip takes nothing but wheels of this package; None: nowhere."""
        if name in self.only_binary:
            return self.only_binary[name]
        return None if name in self.no_binary else self.only_binary.get(ALL)


def read_format_control(options: Iterable[OptionLine]) -> FormatControl:
    """What these options come to, read in pip's order; a later one overrides an earlier one."""
    no_binary: dict[str, str] = {}
    only_binary: dict[str, str] = {}
    for option in options:
        origin = f"{option.path}:{option.line}"
        if option.option == "--no-binary":
            _take(option.value or "", origin, no_binary, only_binary)
        elif option.option == "--only-binary":
            _take(option.value or "", origin, only_binary, no_binary)
    return FormatControl(no_binary, only_binary)


def _take(value: str, origin: str, target: dict[str, str], other: dict[str, str]) -> None:
    names = value.split(",")
    while ALL in names:
        other.clear()
        target.clear()
        target[ALL] = origin
        del names[: names.index(ALL) + 1]
        if NONE not in names:
            return
    for name in names:
        if name == NONE:
            target.clear()
            continue
        normal = canonicalize_name(name)
        other.pop(normal, None)
        target[normal] = origin
