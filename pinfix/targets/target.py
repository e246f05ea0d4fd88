"""A target: what a deploy host's pip would install, as ranked wheel tags and PEP 508 markers.

``parse_target`` knows nothing of the machine pinfix runs on; ``pinfix.targets.host`` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from packaging.tags import (
    InvalidTag,
    Tag,
    compatible_tags,
    cpython_tags,
    generic_tags,
    parse_tag,
    pure_python_tags,
)
from packaging.version import Version

from pinfix.errors import UsageError
from pinfix.records import record
from pinfix.targets.interpreter import Interpreter, full_version, parse_interpreter
from pinfix.targets.platform import known_platforms, parse_platform
from pinfix.targets.presets import PRESETS, find_preset

_IMPLEMENTATIONS = {"cp": ("cpython", "CPython"), "pp": ("pypy", "PyPy")}


@record
class Target:
    """An interpreter on a platform. Two are equal that have the same name and Python version.

    ``text`` is what was typed, ``name`` the canonical form of it (``parse_target(name)`` gives the
    same target), ``implementation`` ``cp`` or ``pp``, ``python_version`` the full X.Y.Z that
    Requires-Python is asked with, ``platform_tag`` the platform's most specific tag or ``any``,
    ``tags`` the wheel tags it takes in pip's order, best first, and ``environment`` the variables
    of PEP 508, all but ``extra``.
    """

    text: str = field(compare=False)
    name: str
    implementation: str = field(compare=False)
    python_version: Version
    platform_tag: str = field(compare=False)
    tags: tuple[Tag, ...] = field(compare=False, repr=False)
    environment: Mapping[str, str] = field(compare=False, repr=False)
    summary: str = field(compare=False, repr=False)
    _tag_ranks: dict[Tag, int] = field(init=False, compare=False, repr=False)
    _suffix_ranks: dict[str, int | None] = field(init=False, compare=False, repr=False)
    _abis: frozenset[str] = field(init=False, compare=False, repr=False)
    _platforms: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        ranks: dict[Tag, int] = {}
        for rank, tag in enumerate(self.tags):
            ranks.setdefault(tag, rank)
        object.__setattr__(self, "_tag_ranks", ranks)
        object.__setattr__(self, "_suffix_ranks", {})
        object.__setattr__(self, "_abis", frozenset(tag.abi for tag in self.tags))
        object.__setattr__(self, "_platforms", frozenset(tag.platform for tag in self.tags))

    @property
    def python_tag(self) -> str:
        """The Python half of the name: ``cp313``, ``cp313t``, ``pp311``."""
        return self.name.partition("-")[0]

    def rank(self, suffix: str) -> int | None:
        """Rank of a wheel by the compressed tag set that ends its file name; lower is better.

        ``suffix`` is such as ``cp39.cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64``
        (PEP 425). None: the target cannot install it, or it is no tag set. Remembered by suffix:
        the 15,000 files of a large project share some hundred suffixes, and looking one up instead
        of parsing it halves the time a listing takes.
        """
        try:
            return self._suffix_ranks[suffix]
        except KeyError:
            rank = self._suffix_ranks[suffix] = self._rank(suffix)
            return rank

    def has_tag_of(self, suffix: str) -> bool:
        """Whether a wheel with this compressed tag set can be installed."""
        return self.rank(suffix) is not None

    def _rank(self, suffix: str) -> int | None:
        # Most are told by one part of theirs, which takes a tenth of the time of parsing the set.
        parts = suffix.lower().split("-")
        if len(parts) == 3 and (
            self._abis.isdisjoint(parts[1].split("."))
            or self._platforms.isdisjoint(parts[2].split("."))
        ):
            return None
        try:
            tags = parse_tag(suffix)
        except InvalidTag:
            return None
        return min((self._tag_ranks[tag] for tag in tags if tag in self._tag_ranks), default=None)

    def describe(self) -> str:
        """What the target was taken for: ``CPython 3.11.18, Linux x86_64, glibc 2.28``."""
        return self.summary


def parse_target(text: str, *, python: str | None = None) -> Target:
    """Read a target such as ``cp311-manylinux``, ``cp313t-musllinux_1_2_aarch64``, ``cp312-render``.

    ``python`` is the full version X.Y.Z (``--python``); without it the newest known patch is meant. Raises
    UsageError that says what is wrong and names the nearest valid forms. ``host`` is not read
    here: see ``pinfix.targets.host.find_target``.
    """
    python_text, platform_text = _halves(text)
    interpreter = parse_interpreter(python_text)
    version = full_version(interpreter, python)
    platform_text = _without_abi(platform_text, interpreter)
    preset = find_preset(platform_text)
    if preset:
        platform = parse_platform(preset.platform_for(interpreter.version))
    else:
        platform = parse_platform(platform_text)
    described = platform.describe() + (f" ({platform_text}: {preset.reason})" if preset else "")
    return Target(
        text=text,
        name=f"{interpreter.name}-{platform.name}",
        implementation=interpreter.implementation,
        python_version=version,
        platform_tag=platform.name,
        tags=tuple(_tags(interpreter, platform.tags())),
        environment={**_python_markers(interpreter, version), **platform.markers()},
        summary=f"{_describe_python(interpreter, version)}, {described}",
    )


def _halves(text: str) -> tuple[str, str]:
    """The Python and the platform of a target's text, which must have both."""
    python, dash, platform = text.strip().lower().partition("-")
    if dash and python and platform:
        return python, platform
    if not dash and (python in known_platforms() or find_preset(python)):
        raise UsageError(f"{text!r} names no Python; write it like cp313-{python}")
    if not dash and python[:1] in {"c", "p", "3"}:
        shown = parse_interpreter(python).name
        raise UsageError(f"{text!r} names no platform; write it like {shown}-manylinux")
    raise UsageError(f"{text!r} is no target; {_example(text)}")


def _example(text: str) -> str:
    import difflib  # for who mistyped alone

    near = difflib.get_close_matches(text, [*PRESETS, *known_platforms()], n=1)
    return f"write PYTHON-PLATFORM, like cp313-{near[0] if near else 'manylinux'}"


def _without_abi(platform: str, interpreter: Interpreter) -> str:
    """The platform without the ABI that a text copied from a wheel's name has before it."""
    return platform.removeprefix(f"{interpreter.abi}-")


def _tags(interpreter: Interpreter, platforms: tuple[str, ...]) -> Iterator[Tag]:
    """The wheel tags in the order in which pip prefers them."""
    if platforms == ("any",):
        yield Tag(interpreter.tag, "none", "any")
        yield from pure_python_tags(interpreter.version)
        return
    if interpreter.implementation == "cp":
        yield from cpython_tags(interpreter.version, [interpreter.abi], platforms)
    else:
        yield from generic_tags(interpreter.tag, [interpreter.abi], platforms)
    yield from compatible_tags(interpreter.version, interpreter.tag, platforms)


def _python_markers(interpreter: Interpreter, version: Version) -> dict[str, str]:
    name, title = _IMPLEMENTATIONS[interpreter.implementation]
    pypy = interpreter.implementation == "pp"
    return {
        "implementation_name": name,
        "implementation_version": interpreter.pypy_release if pypy else str(version),
        "platform_python_implementation": title,
        "python_full_version": str(version),
        "python_version": ".".join(str(part) for part in interpreter.version),
    }


def _describe_python(interpreter: Interpreter, version: Version) -> str:
    title = _IMPLEMENTATIONS[interpreter.implementation][1]
    if interpreter.implementation == "pp":
        return f"{title} {version} (release {interpreter.pypy_release})"
    return f"{title} {version}{' free-threaded' if interpreter.free_threaded else ''}"
