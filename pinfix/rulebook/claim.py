"""What a rule claims of the world, in a form that an index or an installation can confirm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, get_args

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.records import record
from pinfix.rulebook.table import Table

Need = Literal["rust", "compiler"]
NEEDS: tuple[Need, ...] = get_args(Need)


@record
class Needs:
    """To build ``package`` takes this from release ``since`` on, and not in the one before.

    Where ``since`` is the first release of all, every release takes it.
    """

    package: NormalizedName
    need: Need
    since: Version


@record
class Requires:
    """``package`` (or its ``extra``) requires what ``requirement`` admits, at most, from ``since`` on."""

    package: NormalizedName
    requirement: Requirement
    since: Version
    extra: str


@record
class Wheels:
    """The newest release that the rule leaves of ``package`` has a wheel for these Pythons.

    ``pythons`` are ``3.13``, ``platform`` is a wheel's platform tag.
    """

    package: NormalizedName
    pythons: tuple[str, ...]
    platform: str


@record
class SameImport:
    """The package and its replacement both bring these top-level modules."""

    modules: tuple[str, ...]


@record
class Renamed:
    """The newest release of the package requires ``name``, or says itself that it gave way to it."""

    name: NormalizedName


@record
class Missing:
    """No index has the package."""


@record
class Breaks:
    """What ``run`` does on ``python`` (3.13), wheels only: with ``breaks`` it ends in ``error``.

    With ``works`` in their place it ends well.
    """

    python: str
    breaks: tuple[Requirement, ...]
    works: tuple[Requirement, ...]
    run: str
    error: str


Claim: TypeAlias = Needs | Requires | Wheels | SameImport | Renamed | Missing | Breaks

DEFAULT_PLATFORM = "manylinux_2_28_x86_64"


def read_claim(table: Table, package: NormalizedName, replacement: NormalizedName | None) -> Claim:
    """A claim of a rule about ``package``; what it is about is told by the first of its keys.

    Raises InputError for a table that is no claim.
    """
    key = next((key for key in _KINDS if key in table.values), None)
    if key is None:
        kinds = ", ".join(f'"{key}"' for key in _KINDS)
        table.refuse(f"this claim has none of the keys that say what it is about: {kinds}")
    others, read = _KINDS[key]
    table.refuse_unknown((key, *others), f'a claim with "{key}"')
    return read(table, package, replacement)


_Read: TypeAlias = Callable[[Table, NormalizedName, NormalizedName | None], Claim]


def _needs(table: Table, package: NormalizedName, _: NormalizedName | None) -> Needs:
    return Needs(
        table.name("package") or package, table.choice("needs", NEEDS, "claim"), _since(table)
    )


def _requires(table: Table, package: NormalizedName, _: NormalizedName | None) -> Requires:
    requirement = table.requirement("requires")
    assert requirement is not None
    named = table.name("package") or package
    return Requires(named, requirement, _since(table), table.string("extra") or "")


def _wheels(table: Table, package: NormalizedName, replacement: NormalizedName | None) -> Wheels:
    pythons = table.strings("wheels")
    if not pythons:
        table.refuse('"wheels" lists the Pythons that have one, such as ["3.12", "3.13"]', "wheels")
    named = table.name("package") or replacement or package
    return Wheels(named, pythons, table.string("platform") or DEFAULT_PLATFORM)


def _same_import(table: Table, _: NormalizedName, replacement: NormalizedName | None) -> SameImport:
    modules = table.strings("same-import")
    if replacement is None or not modules:
        table.refuse('"same-import" lists modules, and is for a rule with a replacement')
    return SameImport(modules)


def _renamed(table: Table, _: NormalizedName, __: NormalizedName | None) -> Renamed:
    name = table.name("renamed-to")
    assert name is not None
    return Renamed(name)


def _missing(table: Table, _: NormalizedName, __: NormalizedName | None) -> Missing:
    if table.values["absent"] is not True:
        table.refuse('"absent" can only be true', "absent")
    return Missing()


def _breaks(table: Table, _: NormalizedName, __: NormalizedName | None) -> Breaks:
    claim = Breaks(
        python=table.required("python", "claim"),
        breaks=table.requirements("breaks"),
        works=table.requirements("works"),
        run=table.required("run", "claim"),
        error=table.required("error", "claim"),
    )
    for key in ("breaks", "works"):
        if not table.values.get(key):
            table.refuse(f'"{key}" lists what is installed', key)
    return claim


def _since(table: Table) -> Version:
    version = table.version("from")
    if version is None:
        table.refuse('this claim has no "from": the first release it holds for')
    return version


# The key that tells a claim's kind, the others that it takes, and how it is read.
_KINDS: Mapping[str, tuple[tuple[str, ...], _Read]] = {
    "needs": (("from", "package"), _needs),
    "requires": (("from", "package", "extra"), _requires),
    "wheels": (("package", "platform"), _wheels),
    "same-import": ((), _same_import),
    "renamed-to": ((), _renamed),
    "absent": ((), _missing),
    "breaks": (("works", "python", "run", "error"), _breaks),
}
