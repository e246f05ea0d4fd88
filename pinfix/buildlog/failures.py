"""What a log says of packages: which failed and why, which were built, which came as wheels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pinfix.buildlog.causes import EXCEPTION, GONE_AT_RUN_TIME, SIGNS, Cause, Sign
from pinfix.buildlog.cleaning import Line
from pinfix.buildlog.events import Doing, Event, read_event
from pinfix.buildlog.findings import Built, Failure, Packages, Quote, quote
from pinfix.buildlog.naming import Package, folder_package, package
from pinfix.buildlog.outputs import Outputs

# As many as a person can look at; a hostile log has more.
MOST_PACKAGES: Final = 5000
MOST_OTHERS: Final = 50
MOST_FILES: Final = 10
_IN_SITE_PACKAGES: Final = re.compile(
    r"""File ".{0,300}?site-packages[/\\]([A-Za-z]\w{0,60})[/\\.]"""
)
_BUILD_TOOLS: Final = frozenset(
    {"pip", "setuptools", "pyproject-hooks", "pep517", "wheel", "poetry"}
)
_REQUIRES_PYTHON_NOTE: Final = "versions that require a different python version"


@dataclass(slots=True)
class _Evidence:
    """What explains a failure best so far."""

    sign: Sign
    order: int
    quote: Quote
    detail: str | None
    hinted: Package | None = None


@dataclass(slots=True)
class _Story:
    """What is known of one package, under way."""

    version: str | None = None
    wanted_by: Package | None = None
    as_wheel: bool = False
    from_source: bool = False
    failed: Quote | None = None
    failed_version: str | None = None  # the first that failed: pip may go on with older ones
    built: Built | None = None
    evidence: _Evidence | None = None


_IN_A_BUILD: Final = (*SIGNS, EXCEPTION)
_ORDER: Final = {id(sign): number for number, sign in enumerate(_IN_A_BUILD)}


def _evidence(sign: Sign, detail: str | None, hinted: Package | None, line: Line) -> _Evidence:
    return _Evidence(sign, _ORDER[id(sign)], quote(line), detail, hinted)


def read_packages(lines: Iterable[Line]) -> Packages:
    """What the lines say of packages."""
    reader = PackagesReader()
    for line in lines:
        reader.feed(line)
    return reader.packages()


@dataclass(slots=True)
class PackagesReader:
    """Reads line by line. ``_current`` is the package that the installer is at."""

    _stories: dict[str, _Story] = field(default_factory=dict)
    _outputs: Outputs = field(default_factory=Outputs)
    _current: str | None = None
    _expecting_names: bool = False
    _pending: _Evidence | None = None  # what was found before its package was named
    _hinted: Package | None = None
    _others: list[Failure] = field(default_factory=list)
    _installed: int = 0
    _python_note: Quote | None = None
    _importing: str | None = None  # the package of the last line of a traceback
    _files: dict[str, None] = field(default_factory=dict)

    def feed(self, line: Line) -> None:
        """Take note of the next line."""
        text = line.text
        self._outputs.see(text)
        event = read_event(text)
        if event is not None and event.doing in (Doing.OUTPUT, Doing.OUTPUT_ENDS):
            self._move(event.doing, text)
        elif event is not None and not self._outputs.inside:
            self._handle(event, line)
        self._hinted = folder_package(text) or self._hinted
        gone = "site-packages" in text or "ModuleNotFoundError" in text
        if not (gone and self._look_at_traceback(line)):
            self._look_for_signs(line)

    def _move(self, doing: Doing, text: str) -> None:
        if doing is Doing.OUTPUT:
            self._outputs.begin(text)
        else:
            self._outputs.end(text)

    def _handle(self, event: Event, line: Line) -> None:
        if event.file is not None and len(self._files) < MOST_FILES:
            self._files.setdefault(event.file)
        match event.doing:
            case Doing.FORGET:
                self._current = None
                self._pending = None
            case Doing.EXPECT_NAMES:
                self._expecting_names = True
                return
            case Doing.ARROW:
                self._fail(event.packages if self._expecting_names else (), line)
            case Doing.FAILED_HERE:
                self._fail(self._under_way(), line)
            case Doing.FAILED:
                self._fail(event.packages, line)
            case Doing.INSTALLED:
                self._installed = line.number
                self._current = None
                for one in event.packages:
                    self._settle(one)
            case _:
                self._at(event, line)
        self._expecting_names = False

    def _at(self, event: Event, line: Line) -> None:
        """The installer is at a package."""
        one = event.packages[0]
        story = self._story(one)
        if story is None:
            return
        if event.doing not in (Doing.BUILT, Doing.WANTED):
            self._current = one.name
        if event.wanted_by is not None:
            story.wanted_by = event.wanted_by
        if event.doing in (Doing.WHEEL, Doing.SOURCE, Doing.BUILDING):
            story.as_wheel = event.doing is Doing.WHEEL
            story.from_source = not story.as_wheel
        elif event.doing is Doing.BUILT:
            story.as_wheel, story.from_source = False, True
            story.failed = story.evidence = None
            known = Package(one.name, one.version or story.version)
            story.built = Built(known, event.compiled, quote(line))

    def _story(self, one: Package) -> _Story | None:
        """The package's story; its version is the last that was named. None: there are too many."""
        story = self._stories.get(one.name)
        if story is None:
            if len(self._stories) >= MOST_PACKAGES:
                return None
            story = self._stories[one.name] = _Story()
        if one.version is not None and one.version != story.version:
            story.version = one.version
        return story

    def _fail(self, packages: Iterable[Package], line: Line) -> None:
        for one in packages:
            story = self._story(one)
            if story is None:
                return
            self._current = one.name
            story.built = None
            story.from_source = True
            if story.failed is None:
                story.failed = quote(line)
                story.failed_version = story.version
            if self._pending is not None and story.evidence is None:
                story.evidence, self._pending = self._pending, None

    def _under_way(self) -> tuple[Package, ...]:
        """The package that the installer is at, unless there is nothing of it to build."""
        story = self._present()
        return () if story is None or story.as_wheel else (Package(self._current or ""),)

    def _settle(self, one: Package) -> None:
        """It was installed in the end: what failed before was made up for."""
        story = self._story(one)
        if story is not None:
            story.failed = story.evidence = None

    def _look_for_signs(self, line: Line) -> None:
        lowered = line.lowered
        if _REQUIRES_PYTHON_NOTE in lowered:
            self._python_note = quote(line)
            return
        for sign in _IN_A_BUILD if self._in_a_build() else SIGNS:
            if sign.needle in lowered:
                match = sign.pattern.search(line.text)
                if match is not None:
                    self._note(sign, match, line)
                    return

    def _in_a_build(self) -> bool:
        story = self._present()
        return self._outputs.inside or (story is not None and story.failed is not None)

    def _note(self, sign: Sign, match: re.Match[str], line: Line) -> None:
        groups = match.groupdict()
        named = None if not groups.get("name") else package(groups["name"], groups.get("version"))
        of_the_pending = self._pending is not None and sign.cause in _OF_THE_CURRENT
        if not (sign.cause.of_a_build or self._outputs.inside or of_the_pending):
            self._note_other(sign, named, groups.get("detail"), line)
            return
        hinted = named or self._hinted
        story = self._present()
        if story is not None:
            self._weigh(story, sign, groups.get("detail"), hinted, line)
        elif self._pending is None or _ORDER[id(sign)] < self._pending.order:
            self._pending = _evidence(sign, groups.get("detail"), hinted, line)

    def _present(self) -> _Story | None:
        """The story of the package that the installer is at."""
        return None if self._current is None else self._stories.get(self._current)

    def _weigh(
        self, story: _Story, sign: Sign, detail: str | None, hinted: Package | None, line: Line
    ) -> None:
        """Keep what explains more."""
        if story.evidence is None or _ORDER[id(sign)] < story.evidence.order:
            story.evidence = _evidence(sign, detail, hinted, line)

    def _note_other(
        self, sign: Sign, named: Package | None, detail: str | None, line: Line
    ) -> None:
        """A failure that needs no build: where it happens in one, it is the build's."""
        story = self._present()
        if story is not None and story.failed is not None and sign.cause in _OF_THE_CURRENT:
            self._weigh(story, sign, detail, None, line)
            return
        if named is None and self._current is not None and sign.cause in _NAMELESS:
            named = Package(self._current, None if story is None else story.version)
        cause = sign.cause
        if cause is Cause.NO_MATCHING_VERSION and self._python_note is not None:
            cause, self._python_note = Cause.REQUIRES_PYTHON, None
        name, version = named or (None, None)
        if any(one.cause is cause and one.package in (name, None) for one in self._others):
            return
        building = (
            cause is Cause.OUT_OF_MEMORY
            and story is not None
            and story.from_source
            and story.built is None
        )
        if len(self._others) < MOST_OTHERS:
            self._others.append(Failure(name, version, cause, quote(line), detail, building))

    def _look_at_traceback(self, line: Line) -> bool:
        """Whether a program, not an installer, imports what its Python no longer has."""
        if self._outputs.inside:
            return False
        match = _IN_SITE_PACKAGES.search(line.text)
        if match is not None:
            self._importing = package(match[1]).name
        gone = GONE_AT_RUN_TIME.match(line.text)
        story = self._present()
        if gone is None or self._importing in _BUILD_TOOLS or story is not None:
            return False
        name = self._importing
        importing = self._stories.get(name or "")
        version = None if importing is None else importing.version
        self._others.append(
            Failure(
                name,
                version,
                Cause.MISSING_AT_RUN_TIME,
                quote(line),
                gone["detail"],
                building=False,
            )
        )
        self._importing = None
        return True

    def packages(self) -> Packages:
        """What was read so far, as a whole."""
        failed = [(name, story) for name, story in self._stories.items() if story.failed]
        unexplained = [story for _, story in failed if story.evidence is None]
        if len(unexplained) == 1 and self._pending is not None:
            unexplained[0].evidence = self._pending
        failures = [self._failure(name, story) for name, story in failed]
        if not failures and not self._others:
            failures = self._unmarked()
        explained = {one.package for one in failures}
        others = [
            one
            for one in self._others
            # pip says so too after it could build none of a package's versions.
            if one.cause is not Cause.NO_MATCHING_VERSION or one.package not in explained
        ]
        failures.sort(key=lambda one: (not one.package, one.quote.line))
        return Packages(
            (*failures, *others),
            tuple(story.built for story in self._stories.values() if story.built is not None),
            sum(story.as_wheel for story in self._stories.values()),
            self._installed > 0,
            tuple(self._files),
        )

    def _unmarked(self) -> list[Failure]:
        """Causes in a log that was cut before it says of which package, and that it failed."""
        found = [
            self._failure(name, story)
            for name, story in self._stories.items()
            if story.evidence is not None and story.evidence.quote.line > self._installed
        ]
        pending = self._pending
        if found or pending is None or pending.quote.line <= self._installed:
            return found
        name, version = pending.hinted or self._hinted or (None, None)
        return [Failure(name, version, pending.sign.cause, pending.quote, pending.detail)]

    def _failure(self, name: str, story: _Story) -> Failure:
        evidence = story.evidence
        version = story.failed_version or story.version
        if evidence is None:
            assert story.failed is not None
            return Failure(
                name, version, Cause.BUILD_FAILED, story.failed, wanted_by=story.wanted_by
            )
        if version is None and evidence.hinted is not None and evidence.hinted.name == name:
            version = evidence.hinted.version
        return Failure(
            name,
            version,
            evidence.sign.cause,
            evidence.quote,
            evidence.detail,
            wanted_by=story.wanted_by,
        )


_OF_THE_CURRENT: Final = frozenset(
    {Cause.OUT_OF_MEMORY, Cause.DISK_FULL, Cause.NETWORK, Cause.NOT_PERMITTED}
)
# They name no package: it is the one that the installer is at.
_NAMELESS: Final = _OF_THE_CURRENT | {Cause.HASH_MISMATCH}
