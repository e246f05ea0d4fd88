"""Rule packs: found in the package or by path, read, and put together into a rule book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from pinfix.errors import InputError, UsageError
from pinfix.rulebook.outline import Entry, entries_of, outline
from pinfix.rulebook.rule import Rule
from pinfix.rulebook.table import nearest

if TYPE_CHECKING:
    from pinfix.rulebook.own import OwnRules
    from pinfix.rulebook.parse import Pack

DEFAULT_PACKS = ("rust-free", "known-breaks")


class RuleBook:
    """The rules in force. Those of a package are read when they are first asked for.

    ``clashes`` are sentences about rules of the user's of which one undoes another.
    """

    clashes: tuple[str, ...] = ()

    def __init__(self, entries: Iterable[Entry]) -> None:
        """A later entry takes the place of the one with the same id."""
        by_id: dict[str, Entry] = {}
        by_id.update((entry.id, entry) for entry in entries)
        self._entries = tuple(by_id.values())
        self._read: dict[str, Rule] = {}
        self._about: dict[NormalizedName, list[Entry]] = {}
        self._beside: dict[NormalizedName, list[Entry]] = {}
        for entry in self._entries:
            self._about.setdefault(entry.package, []).append(entry)
            if entry.beside is not None:
                self._beside.setdefault(entry.beside, []).append(entry)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order of the packs."""
        return self._rules(self._entries)

    def for_package(self, name: NormalizedName) -> tuple[Rule, ...]:
        """The rules about one package, in the order of the packs."""
        return self._rules(self._about.get(name, ()))

    def beside(self, name: NormalizedName) -> tuple[Rule, ...]:
        """The rules that hold only beside this package."""
        return self._rules(self._beside.get(name, ()))

    def _rules(self, entries: Iterable[Entry]) -> tuple[Rule, ...]:
        found = []
        for entry in entries:
            rule = self._read.get(entry.id)
            if rule is None:
                rule = self._read[entry.id] = entry.read()
            found.append(rule)
        return tuple(found)


def rule_book(packs: Iterable[Pack]) -> RuleBook:
    """Put packs together; a rule of a later pack takes the place of the one with the same id."""
    return RuleBook(entry for pack in packs for entry in entries_of(pack))


def load_rule_book(names: Sequence[str] = DEFAULT_PACKS, own: OwnRules | None = None) -> RuleBook:
    """Read the packs that ``--rules`` names: a shipped pack's name, a path, or ``none``.

    No names at all mean the default packs. The project's ``own`` rules come after them, unless
    there are to be none. Raises UsageError for a name that is neither, and for ``none`` together
    with others; InputError for a pack that cannot be read, and for a disabled rule that no pack has.
    """
    shipped = shipped_packs()
    entries = list(_entries_in(pack_paths(names), shipped))
    if own is not None and "none" not in names:
        entries += entries_of(own.pack)
        _check_disabled(own, entries, shipped)
        entries = [entry for entry in entries if entry.id not in own.disabled]
    book = RuleBook(entries)
    laid_out = set(map(str, shipped.values()))
    about = {entry.package for entry in entries if entry.path not in laid_out}
    if about:
        from pinfix.rulebook.contradictions import contradictions

        book.clashes = tuple(
            contradictions(rule for name in sorted(about) for rule in book.for_package(name))
        )
    return book


def _entries_in(paths: Iterable[Path], shipped: Mapping[str, Path]) -> Iterator[Entry]:
    laid_out = set(shipped.values())
    for path in paths:
        yield from _entries(path, laid_out=path in laid_out)


def _check_disabled(own: OwnRules, entries: Iterable[Entry], shipped: Mapping[str, Path]) -> None:
    """Refuse an id that is neither in force nor in any shipped pack: it would do nothing."""
    known = {entry.id for entry in entries}
    unknown = own.disabled.keys() - known
    if unknown:
        known |= {entry.id for entry in _entries_in(shipped.values(), shipped)}
    for rule_id in sorted(unknown - known):
        raise InputError(
            f'"disable-rules" names {rule_id}, and no rule has that id',
            path=own.pack.path,
            line=own.disabled[rule_id],
            hint=nearest(rule_id, sorted(known)),
        )


def read_packs(names: Sequence[str] = DEFAULT_PACKS) -> tuple[Pack, ...]:
    """The same packs, each read as a whole, claims included. Raises as ``load_rule_book`` does."""
    return tuple(_parsed(_text(path), path) for path in pack_paths(names))


def pack_paths(names: Sequence[str]) -> list[Path]:
    """Where the packs lie that ``--rules`` names, each once. Raises as ``load_rule_book`` does."""
    if "none" in names and len(set(names)) > 1:
        raise UsageError("--rules none cannot be combined with another --rules: it is no rules")
    if "none" in names:
        return []
    shipped = shipped_packs()
    return [_locate(name, shipped) for name in dict.fromkeys(names or DEFAULT_PACKS)]


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
    from difflib import get_close_matches

    near = get_close_matches(name, shipped, 1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"--rules {name}: no such rule pack. {guess}"
        f"Shipped: {', '.join(shipped)}. A pack of your own is given by its path (NAME.toml)."
    )


def _entries(path: Path, *, laid_out: bool) -> Iterator[Entry]:
    text = _text(path)
    return outline(text, str(path)) if laid_out else entries_of(_parsed(text, path))


def _parsed(text: str, path: Path) -> Pack:
    from pinfix.rulebook.parse import parse_pack  # with TOML behind it

    return parse_pack(text, str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"this rule pack cannot be read: {_cause(error)}",
            path=str(path),
            hint="Give --rules a shipped pack's name or the path of a UTF-8 TOML file.",
        ) from error


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
