"""What an installer says it does: the sentences of pip, uv and poetry, as values."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from pinfix.buildlog.naming import (
    NAME,
    VERSION,
    Package,
    WheelName,
    installed,
    names_in,
    package,
    pinned,
    source_file,
    wheel_file,
)
from pinfix.records import record


class Doing(Enum):
    """What an installer does with packages."""

    COLLECTING = auto()  # looks for a package; nothing is decided
    SOURCE = auto()  # took a source distribution
    WHEEL = auto()  # took a wheel
    BUILDING = auto()  # builds from source
    BUILT = auto()  # built from source, and that went well
    FAILED = auto()  # could not be built
    FAILED_HERE = auto()  # what is being built could not be
    EXPECT_NAMES = auto()  # a failure whose packages an arrow on a later line names
    ARROW = auto()  # that line
    WANTED = auto()  # says only who requires it
    FORGET = auto()  # from here on it is about something that has no name
    OUTPUT = auto()  # what a build printed begins
    OUTPUT_ENDS = auto()
    INSTALLED = auto()  # the end, and a good one


@record
class Event:
    """A sentence of an installer: what it does with which packages.

    ``compiled`` says of what was built whether the wheel is bound to a platform; None where the
    sentence does not say. ``wanted_by`` is the package that requires it, ``file`` the requirements
    file behind that.
    """

    doing: Doing
    packages: tuple[Package, ...] = ()
    wheel: WheelName | None = None
    compiled: bool | None = None
    wanted_by: Package | None = None
    file: str | None = None


_Match = re.Match[str]
_Reader = Callable[[_Match], "Event | None"]


def _of(doing: Doing) -> _Reader:
    """Of a pattern with the groups ``name`` and, where there is one, ``version``."""

    def read(match: _Match) -> Event:
        return Event(doing, (package(match["name"], match.groupdict().get("version")),))

    return read


def _alone(doing: Doing) -> _Reader:
    return lambda _: Event(doing)


def _list_of(doing: Doing) -> _Reader:
    def read(match: _Match) -> Event | None:
        packages = names_in(match["names"])
        return Event(doing, packages) if packages else None

    return read


def _collecting(match: _Match) -> Event:
    found = pinned(match["what"])
    if found is None or "://" in match["what"]:
        return Event(Doing.FORGET)
    chain = match["chain"] or ""
    parent = None if chain.startswith(("-r", "-c")) else pinned(chain)
    file = _FROM_FILE.search(chain)
    return Event(
        Doing.COLLECTING, (found,), wanted_by=parent, file=None if file is None else file[1]
    )


def _file_taken(match: _Match) -> Event | None:
    wheel = wheel_file(match["file"])
    if wheel is not None:
        return Event(Doing.WHEEL, (wheel.package,), wheel)
    source = source_file(match["file"])
    return None if source is None else Event(Doing.SOURCE, (source,))


def _created(match: _Match) -> Event:
    wheel = wheel_file(match["file"])
    if wheel is None:
        return Event(Doing.BUILT, (package(match["name"]),))
    return Event(Doing.BUILT, (wheel.package,), wheel, compiled=wheel.platform != "any")


def _uv_failed(match: _Match) -> Event:
    found = pinned(match["what"])
    return Event(Doing.FORGET) if found is None else Event(Doing.FAILED, (found,))


def _uv_wanted(match: _Match) -> Event | None:
    parents = _PARENT.findall(match["why"])
    if not parents:
        return None
    return Event(Doing.WANTED, (package(match["name"]),), wanted_by=package(*parents[-1]))


def _uv_built(match: _Match) -> Event | None:
    # "name @ file:///…" is the project itself: there is nothing that a pin could change.
    found = pinned(match["what"])
    return None if found is None or "@ file:" in match["what"] else Event(Doing.BUILT, (found,))


def _installed(match: _Match) -> Event:
    return Event(Doing.INSTALLED, installed(match["names"]))


def _arrow(match: _Match) -> Event | None:
    packages = names_in(match["names"])
    return Event(Doing.ARROW, packages) if packages else None


_FROM_FILE: Final = re.compile(r"-r ([^\s()]{1,200})")
_PARENT: Final = re.compile(
    rf"`({NAME})(?:\[[^\]]{{0,200}}\])?` \(v({VERSION})\)(?: which)? depends on"
)
_NAMED: Final = rf"(?P<name>{NAME})"
_PIN: Final = rf"`?{_NAMED}(?:\[[^\]]{{0,200}}\])?==(?P<version>{VERSION})`?"
_STAGE: Final = (
    r"(?:Preparing (?:editable )?(?:wheel )?metadata|Getting requirements to build \w{1,20}|"
    r"Installing (?:build|backend) dependencies)(?: \([\w. ]{1,30}\))?"
)

# The needle of each is part of every line of its kind: most lines are seen by no pattern at all.
_SENTENCES: Final = tuple(
    (needle, re.compile(pattern), read)
    for needle, pattern, read in (
        ("Collecting ", r"^\s*Collecting (?P<what>\S{1,300})(?:.{0,300}?\(from (?P<chain>.{1,600})\))?", _collecting),
        ("Obtaining ", r"^\s*(?:Obtaining|Processing) (?:file:|\.|/)", _alone(Doing.FORGET)),
        ("Processing ", r"^\s*Processing (?:file:|\.|/)(?!.{1,300}\.whl)", _alone(Doing.FORGET)),
        ("Downloading ", r"^\s*Downloading (?P<file>\S{1,600})", _file_taken),
        ("Using cached ", r"^\s*Using cached (?P<file>\S{1,600})", _file_taken),
        ("Processing ", r"^\s*Processing (?P<file>\S{1,600}\.whl)", _file_taken),
        ("egg_info did not run", r"egg_info did not run successfully", _alone(Doing.FAILED_HERE)),
        ("did not run success", rf"Building (?:wheel|editable) for {_NAMED} \([^)]{{1,40}}\) did not run", _of(Doing.FAILED)),
        ("did not run success", rf"Running setup\.py install for {_NAMED} did not run", _of(Doing.FAILED)),
        ("did not run success", rf"{_STAGE} did not run|pip subprocess to install \w{{1,10}} dependencies did not run", _alone(Doing.FAILED_HERE)),
        ("Building wheel for ", rf"^\s*Building wheel for {_NAMED}\b.{{0,80}}?(?:\.\.\. error|status 'error')", _of(Doing.FAILED)),
        ("Building wheel for ", rf"^\s*Building wheel for {_NAMED} ", _of(Doing.BUILDING)),
        ("Building editable for ", rf"^\s*Building editable for {_NAMED} ", _alone(Doing.FORGET)),
        ("setup.py bdist_wheel", rf"Running setup\.py bdist_wheel for {_NAMED}[: .]", _of(Doing.BUILDING)),
        ("setup.py install for", rf"Running setup\.py install for {_NAMED}[: .].{{0,40}}error", _of(Doing.FAILED)),
        ("setup.py install for", rf"Running setup\.py install for {_NAMED}[: .].{{0,40}}done", _of(Doing.BUILT)),
        ("setup.py install for", rf"Running setup\.py install for {_NAMED}\b", _of(Doing.BUILDING)),
        ("Created wheel for ", rf"Created wheel for {_NAMED}: filename=(?P<file>\S{{1,300}})", _created),
        ("Failed building wheel for ", rf"Failed building (?:wheel|editable) for {_NAMED}", _of(Doing.FAILED)),
        ("when installing build depend", rf"Failed to build '[^']{{1,100}}' when installing build dependencies for {_NAMED}", _of(Doing.FAILED)),
        ("Failed to build ", rf"Failed to build '{_NAMED}' when ", _of(Doing.FAILED)),
        ("Failed to build installable wheels", r"projects \((?P<names>[^)]{1,2000})\)", _list_of(Doing.FAILED)),
        ("Failed to build installable wheels", r"projects\s*$", _alone(Doing.EXPECT_NAMES)),
        ("Could not build wheels for ", r"Could not build wheels for (?P<names>[\w., -]{1,2000}?),? which ", _list_of(Doing.FAILED)),
        ("Failed to ", r"Failed to (?:download and )?build:? `(?P<what>[^`]{1,400})`", _uv_failed),
        ("was included because", rf"(?:help|hint): `{_NAMED}` \([^)]{{1,60}}\) was included because (?P<why>.{{1,2000}})", _uv_wanted),
        ("Failed to ", rf"Failed to (?:build|fetch wheel|download and build): {_PIN}", _of(Doing.FAILED)),
        ("Failed to build ", r"^\s*Failed to build (?P<names>[\w. -]{1,2000})$", _list_of(Doing.FAILED)),
        ("error", rf"^\s*{_STAGE} ?(?:\.\.\. ?|: finished with status ')error", _alone(Doing.FAILED_HERE)),
        ("generating package metadata", r"Encountered error while generating package metadata", _alone(Doing.EXPECT_NAMES)),
        ("trying to install package", r"Encountered error while trying to install package", _alone(Doing.EXPECT_NAMES)),
        ("metadata-generation-failed", r"error: metadata-generation-failed", _alone(Doing.FAILED_HERE)),
        ("failed with error code", r"Command .{1,2000} failed with error code \d{1,3} in ", _alone(Doing.FAILED_HERE)),
        ("errored out with exit", r"ERROR: Command errored out with exit status", _alone(Doing.FAILED_HERE)),
        ("Installing collected packages", r"^\s*Installing collected packages: ", _alone(Doing.FORGET)),
        ("> [", r"(?:╰─|`-|__|-)> \[\d{1,9} lines of output\]", _alone(Doing.OUTPUT)),
        ("omplete output", r"^\s*(?:ERROR: )?Complete output(?: from command .{0,3000}| \(\d{1,9} lines\)):?$", _alone(Doing.OUTPUT)),
        ("[end of output]", r"\[end of output\]", _alone(Doing.OUTPUT_ENDS)),
        ("----------", r"^\s*-{30,}$", _alone(Doing.OUTPUT_ENDS)),
        ("> ", r"^\s*(?:╰─|`-|__)> (?P<names>[\w., -]{1,2000})$", _arrow),
        ("Building ", rf"^\s*Building {_PIN}\s*$", _of(Doing.BUILDING)),
        ("Built ", r"^\s*Built (?P<what>\S{1,200}(?: @ \S{1,400})?)\s*$", _uv_built),
        ("nstalling ", rf"^\s*[•-] (?:Installing|Updating|Downgrading) {_NAMED} \((?:\S{{1,40}} -> )?(?P<version>{VERSION})[^)]{{0,100}}\): Failed", _of(Doing.FAILED)),
        ("ChefBuildError", r"^\s*(?:ChefBuildError|PEP517BuildError|BuildBackendException)\b", _alone(Doing.FORGET)),
        ("originates from the build backend", rf"not a problem with poetry but.{{0,60}}? with {_NAMED} \((?P<version>[^)]{{1,60}})\)", _of(Doing.FAILED)),
        ("Cannot install ", rf"^\s*Cannot install {_NAMED}\.\s*$", _of(Doing.FAILED)),
        ("Successfully installed", r"^\s*Successfully installed (?P<names>.{1,4000})", _installed),
        ("nstalled ", r"^\s*Installed \d{1,6} packages? in ", _alone(Doing.INSTALLED)),
        ("Audited ", r"^\s*Audited \d{1,6} packages? in ", _alone(Doing.INSTALLED)),
        ("No dependencies to install", r"No dependencies to install or update", _alone(Doing.INSTALLED)),
        ("Build successful", r"==> Build successful", _alone(Doing.INSTALLED)),
    )
)  # fmt: skip


def read_event(text: str) -> Event | None:
    """What a line says that an installer does; None for the lines that say nothing of it."""
    for needle, pattern, read in _SENTENCES:
        if needle in text:
            match = pattern.search(text)
            event = None if match is None else read(match)
            if event is not None:
                return event
    return None
