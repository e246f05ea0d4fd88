"""Rule packs: found in the package or by path, read, and put together into a rule book."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from packaging.utils import NormalizedName

from pinfix.errors import InputError, UsageError
from pinfix.rulebook.parse import Pack, parse_pack
from pinfix.rulebook.rule import Rule

__all__ = [
    "DEFAULT_PACKS",
    "Pack",
    "RuleBook",
    "load_rule_book",
    "parse_pack",
    "rule_book",
    "shipped_packs",
]

DEFAULT_PACKS = ("rust-free", "known-breaks")


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The packs in force. ``digest`` (SHA-256, hex) changes whenever one of their texts does."""

    packs: tuple[Pack, ...]
    rules: tuple[Rule, ...]
    digest: str
    _by_package: dict[NormalizedName, tuple[Rule, ...]] = field(repr=False, compare=False)

    def for_package(self, name: NormalizedName) -> tuple[Rule, ...]:
        """The rules about one package, in the order of the packs."""
        return self._by_package.get(name, ())


def rule_book(packs: Iterable[Pack]) -> RuleBook:
    """Put packs together; a rule of a later pack takes the place of the one with the same id."""
    packs = tuple(packs)
    by_id: dict[str, Rule] = {}
    digest = hashlib.sha256()
    for pack in packs:
        digest.update(f"{pack.name}\0{pack.digest}\0".encode())
        by_id.update((rule.id, rule) for rule in pack.rules)
    by_package: dict[NormalizedName, tuple[Rule, ...]] = {}
    for rule in by_id.values():
        by_package[rule.package] = (*by_package.get(rule.package, ()), rule)
    return RuleBook(packs, tuple(by_id.values()), digest.hexdigest(), by_package)


def load_rule_book(names: Sequence[str] = DEFAULT_PACKS) -> RuleBook:
    """Read the packs that ``--rules`` names: a shipped pack's name, a path, or ``none``.

    No names at all mean the default packs. Raises UsageError for a name that is neither, and for
    ``none`` together with others; InputError for a pack that cannot be read.
    """
    if "none" in names and len(set(names)) > 1:
        raise UsageError("--rules none cannot be combined with another --rules: it is no rules")
    if "none" in names:
        return rule_book(())
    shipped = shipped_packs()
    return rule_book(
        _read(_locate(name, shipped)) for name in dict.fromkeys(names or DEFAULT_PACKS)
    )


def shipped_packs() -> dict[str, Path]:
    """The packs that come with pinfix: name to file.

    An installed wheel holds them in ``pinfix/rules/``; a checkout, and so an editable install, has
    them in ``rules/`` beside ``pinfix/``.
    """
    return packs_beside(Path(__file__).parent.parent)


def packs_beside(package: Path) -> dict[str, Path]:
    """The packs that belong to the ``pinfix`` package in this folder: name to file."""
    inside = package / "rules"
    folder = inside if inside.is_dir() else package.parent / "rules"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def _locate(name: str, shipped: dict[str, Path]) -> Path:
    if name in shipped:
        return shipped[name]
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1 or path.is_file():
        return path
    near = get_close_matches(name, shipped, 1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"--rules {name}: no such rule pack. {guess}"
        f"Shipped: {', '.join(shipped)}. A pack of your own is given by its path (NAME.toml)."
    )


def _read(path: Path) -> Pack:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"this rule pack cannot be read: {_cause(error)}",
            path=str(path),
            hint="Give --rules a shipped pack's name or the path of a UTF-8 TOML file.",
        ) from error
    return parse_pack(text, str(path))


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
