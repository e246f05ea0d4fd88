"""Small random indexes, and an exhaustive search over them that shares no code with pinfix.

One letter is a package, and its versions are 1.0, 1.1 …: a version is named by its minor number.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from pinfix.planning.plan import Plan
from tests.fake_index import C_SDIST, CP311, CP313, PURE, FakeIndex, index, project

NAMES = "abcdef"
OPERATORS = {"==": operator.eq, ">=": operator.ge, "<": operator.lt, "!=": operator.ne}
# Minor versions only: none lies far below another.
MAX_VERSIONS = 4


@dataclass(frozen=True)
class Wanted:
    """``name`` at a minor version that ``operator number`` holds for; no operator: any."""

    name: str
    operator: str
    number: int

    def holds(self, version: int) -> bool:
        return not self.operator or OPERATORS[self.operator](version, self.number)

    def __str__(self) -> str:
        return f"{self.name}{self.operator}1.{self.number}" if self.operator else self.name


@dataclass(frozen=True)
class Small:
    """An index: by package, for each version its files and what it requires."""

    packages: Mapping[str, Sequence[tuple[tuple[str, ...], Sequence[Wanted]]]]

    def fits(self, name: str, version: int, tag: str) -> bool:
        return any(kind in (PURE, tag) for kind in self.packages[name][version][0])

    def requires(self, name: str, version: int) -> Sequence[Wanted]:
        return self.packages[name][version][1]

    def index(self) -> FakeIndex:
        return index(
            *(
                project(
                    name,
                    {f"1.{n}": files for n, (files, _) in enumerate(versions)},
                    requires={f"1.{n}": [*map(str, r)] for n, (_, r) in enumerate(versions)},
                )
                for name, versions in self.packages.items()
            )
        )

    def solutions(self, wanted: Sequence[Wanted], tag: str) -> Iterator[dict[str, int]]:
        """Every consistent choice of one version for each package that is needed."""
        return self._complete({}, wanted, tag)

    def solvable(self, wanted: Sequence[Wanted], tag: str) -> bool:
        return next(self.solutions(wanted, tag), None) is not None

    def _complete(
        self, chosen: dict[str, int], wanted: Sequence[Wanted], tag: str
    ) -> Iterator[dict[str, int]]:
        if any(not one.holds(chosen[one.name]) for one in wanted if one.name in chosen):
            return
        needed = next((one.name for one in wanted if one.name not in chosen), None)
        if needed is None:
            yield chosen
            return
        for version in range(len(self.packages[needed])):
            if self.fits(needed, version, tag):
                more = [*wanted, *self.requires(needed, version)]
                yield from self._complete({**chosen, needed: version}, more, tag)

    def as_pip(self, wanted: Sequence[Wanted], tag: str) -> dict[str, int] | None:
        """Where pip would end: the newest file first, wheel or sdist, pins before all else."""
        return self._newest_first({}, wanted, tag)

    def _newest_first(
        self, chosen: dict[str, int], wanted: Sequence[Wanted], tag: str
    ) -> dict[str, int] | None:
        if any(not one.holds(chosen[one.name]) for one in wanted if one.name in chosen):
            return None
        left = [one for one in wanted if one.name not in chosen]
        if not left:
            return chosen
        name = next((one.name for one in left if one.operator == "=="), left[0].name)
        for version in reversed(range(len(self.packages[name]))):
            if self.fits(name, version, tag) or self.builds(name, version):
                more = [*wanted, *self.requires(name, version)]
                found = self._newest_first({**chosen, name: version}, more, tag)
                if found is not None:
                    return found
        return None

    def builds(self, name: str, version: int) -> bool:
        return C_SDIST in self.packages[name][version][0]


def wanted(names: Sequence[str]) -> st.SearchStrategy[Wanted]:
    numbers = st.integers(0, MAX_VERSIONS - 1)
    return st.builds(
        Wanted, st.sampled_from(names), st.sampled_from(["", "==", ">=", "<", "!="]), numbers
    )


@st.composite
def smalls(draw: st.DrawFn) -> Small:
    names = NAMES[: draw(st.integers(2, len(NAMES)))]
    files = st.sampled_from([(PURE,), (CP311, CP313), (CP313,), (CP311,), (CP311, C_SDIST)])
    packages = {}
    for name in names:
        others = [other for other in names if other != name]
        requires = st.lists(wanted(others), max_size=2, unique_by=lambda one: one.name)
        count = draw(st.integers(1, MAX_VERSIONS))
        packages[name] = [(draw(files), draw(requires)) for _ in range(count)]
    return Small(packages)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Small, list[Wanted]]:
    small = draw(smalls())
    lines: list[Wanted] = []
    asked = st.lists(st.sampled_from(list(small.packages)), min_size=1, max_size=6, unique=True)
    for name in draw(asked):
        number = draw(st.integers(0, len(small.packages[name]) - 1))
        kind = draw(st.sampled_from(["==", "==", "==", "==", "", ">=", "<", "!="]))
        lines.append(Wanted(name, kind, number))
    return small, lines


def text_of(lines: Sequence[Wanted]) -> str:
    return "".join(f"{line}\n" for line in lines)


def read(text: str, environment: Mapping[str, str] = MappingProxyType({})) -> list[Wanted]:
    """The lines of a rewritten file that hold in an environment, the marked block included."""
    found = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({**environment}):
            continue
        (clause,) = requirement.specifier or [None]
        if clause is None:
            found.append(Wanted(requirement.name, "", 0))
        else:
            number = int(clause.version.removeprefix("1."))
            found.append(Wanted(requirement.name, clause.operator, number))
    return found


def orders(lines: Sequence[Wanted]) -> list[Wanted]:
    """The lines with every pin let go: what binds."""
    return [Wanted(line.name, "", 0) if line.operator == "==" else line for line in lines]


def read_first(made: Plan, count: int) -> list[Wanted]:
    """The first lines of the first file, without what the marked block adds."""
    return read(made.files[0].after.decode())[:count]


def closure_of(made: Plan, target: int = 0) -> dict[str, int]:
    """The closure on one of the plan's targets: package to minor number."""
    name = made.targets[target].name
    return {
        entry.name: int(entry.version.removeprefix("1."))
        for entry in made.closure
        if name in entry.files
    }


quick = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
