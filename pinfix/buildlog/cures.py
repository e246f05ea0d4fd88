"""What people try against a compiler that starts, and what it does instead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pinfix.buildlog.cleaning import Line
from pinfix.buildlog.findings import Quote, quote
from pinfix.records import record


@record
class FalseCure:
    """Something in the log that was to keep a compiler away, and why it does not."""

    tried: str
    instead: str
    quote: Quote


_COMPILER_LATER: Final = (
    "a compiler makes the build possible where it may write and has the memory, and the wheel is "
    "missing all the same"
)
_RUST_PACKAGE: Final = "installing Rust with the system's packages"
_WITH_PACKAGES: Final = re.compile(
    r"\b(?:apt(?:-get)?|apk|yum|dnf|brew) (?:[\w=-]{1,40} ){0,30}?(?:rustc|cargo|rust)\b"
)
# The first of each is part of every line that the pattern finds.
_KNOWN: Final = (
    (
        "--only-binary",
        re.compile(r"--only-binary[= ]['\"]?all\b"),
        "--only-binary=all",
        'pip reads it as a package called "all"; the switch is --only-binary=:all:, and it only '
        "turns the build into a refusal",
    ),
    (
        "--no-compile",
        re.compile(r"(?<![\w-])--no-compile\b"),
        "--no-compile",
        "it is about .pyc files, which Python writes, and not about compilers",
    ),
    ("rust", _WITH_PACKAGES, _RUST_PACKAGE, _COMPILER_LATER),
    ("cargo", _WITH_PACKAGES, _RUST_PACKAGE, _COMPILER_LATER),
    ("rustup.rs", re.compile(r"(?:curl|wget)\b.{0,200}sh\.rustup\.rs"), "rustup", _COMPILER_LATER),
    (
        "CRYPTOGRAPHY_DONT_BUILD_RUST",
        re.compile(r"CRYPTOGRAPHY_DONT_BUILD_RUST=1"),
        "CRYPTOGRAPHY_DONT_BUILD_RUST",
        "cryptography reads it no more since 3.5",
    ),
)  # fmt: skip


@dataclass(slots=True)
class CuresReader:
    """Reads line by line; each cure counts once."""

    _found: dict[str, FalseCure] = field(default_factory=dict)

    def feed(self, line: Line) -> None:
        """Take note of the next line."""
        for needle, pattern, tried, instead in _KNOWN:
            if needle in line.text and tried not in self._found and pattern.search(line.text):
                self._found[tried] = FalseCure(tried, instead, quote(line))

    def cures(self) -> tuple[FalseCure, ...]:
        """Those that the lines so far show."""
        return tuple(self._found.values())
