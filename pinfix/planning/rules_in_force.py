"""The rule book as the search meets it: which caps hold for a package on a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from pinfix.resolve.facts import Facts
from pinfix.rulebook.apply import Cap, Effect, Propose, closure_cap, requirement_effects
from pinfix.rulebook.rule import applies_to, asks_extras, fires

if TYPE_CHECKING:
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from pinfix.rulebook.packs import RuleBook
    from pinfix.rulebook.rule import Rule


class RulesInForce:
    """A rule book with the facts that its ``without-wheel`` rules wait for."""

    def __init__(self, book: RuleBook, facts: Facts) -> None:
        self._book = book
        self._facts = facts
        self._firing: dict[tuple[str, int], bool] = {}
        # Once for each: what their versions match is known by the objects that say them.
        self._caps: dict[tuple[NormalizedName, int], tuple[Cap, ...]] = {}
        self._beside: dict[tuple[NormalizedName, int], tuple[Cap, ...]] = {}

    def caps(self, name: NormalizedName, target: int) -> tuple[Cap, ...]:
        """The caps on a package, wherever it comes from."""
        key = (name, target)
        known = self._caps.get(key)
        if known is None:
            caps = self._closure_caps(self._book.for_package(name), name, target)
            known = self._caps[key] = tuple(cap for cap in caps if cap.beside is None)
        return known

    def beside(self, name: NormalizedName, target: int) -> tuple[Cap, ...]:
        """The caps that a package puts on others beside it."""
        key = (name, target)
        known = self._beside.get(key)
        if known is None:
            known = self._beside[key] = tuple(
                cap
                for rule in self._book.beside(name)
                for cap in self._closure_caps([rule], rule.package, target)
            )
        return known

    def effects(
        self,
        name: NormalizedName,
        extras: frozenset[NormalizedName],
        specifier: SpecifierSet,
        target: int,
    ) -> tuple[Effect, ...]:
        """What the rules do to one requirement on one target."""
        rules = [rule for rule in self._book.for_package(name) if asks_extras(rule, extras)]
        environment = self._facts.targets[target].environment
        fired = self._fired(rules, target)
        return requirement_effects(rules, name, extras, specifier, environment, fired)

    def proposals(self, name: NormalizedName, target: int) -> tuple[Propose, ...]:
        """What the rules propose in the place of a package, whoever requires it."""
        effects = self.effects(name, frozenset(), SpecifierSet(), target)
        return tuple(effect for effect in effects if isinstance(effect, Propose))

    def _closure_caps(
        self, rules: Sequence[Rule], name: NormalizedName, target: int
    ) -> tuple[Cap, ...]:
        environment = self._facts.targets[target].environment
        caps = [rule for rule in rules if rule.action == "cap"]
        return closure_cap(caps, name, environment, self._fired(caps, target))

    def _fired(self, rules: Iterable[Rule], target: int) -> frozenset[str]:
        """The ids of the ``without-wheel`` rules whose newer line the target has no wheel of."""
        return frozenset(
            rule.id
            for rule in rules
            if rule.applies == "without-wheel"
            and applies_to(rule, self._facts.targets[target].environment)
            and self._fires(rule, target)
        )

    def _fires(self, rule: Rule, target: int) -> bool:
        key = (rule.id, target)
        known = self._firing.get(key)
        if known is None:
            known = self._firing[key] = fires(rule, _Wheels(self._facts, target))
        return known


class _Wheels(Mapping["NormalizedName", "Iterable[Version]"]):
    """The versions of each package that the target has a wheel of, looked at one by one."""

    def __init__(self, facts: Facts, target: int) -> None:
        self._facts = facts
        self._target = target

    def __getitem__(self, name: NormalizedName) -> Iterator[Version]:
        package = self._facts.package(name)
        usable = package.everything & ~package.prereleases
        return (package.versions[i] for i in package.wheels_only(self._target, usable))

    def __iter__(self) -> Iterator[NormalizedName]:
        raise TypeError("every package of the index is a key")

    def __len__(self) -> int:
        raise TypeError("every package of the index is a key")
