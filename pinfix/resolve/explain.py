"""Facts to sentences: why a version is no candidate, why a pin moved, why there is no solution.

The one place where the search's findings become English. Every sentence is built from evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from pinfix.resolve import causes, rejection
from pinfix.resolve.pip_view import WouldBeTooNew, WouldBuild
from pinfix.targets.coverage import wheel_pythons

if TYPE_CHECKING:
    from pinfix.resolve.causes import Cause, Link
    from pinfix.resolve.pip_view import Preference
    from pinfix.resolve.rejection import Rejection
    from pinfix.targets.target import Target

_COMPILERS: Final = {
    "rust": "a Rust compiler",
    "c": "a C compiler",
    "cython": "a C compiler",
    "fortran": "a Fortran compiler",
}
# Beyond these, a list of versions says nothing more.
SHOWN_GROUPS: Final = 4


def rejection_phrase(rejected: Rejection, targets: Mapping[str, Target]) -> str:
    """What stands against a version, to follow its name: ``has no wheel for cp313-…``."""
    match rejected:
        case rejection.NoWheel():
            return _no_wheel(rejected, targets[rejected.target])
        case rejection.RequiresPython():
            python = targets[rejected.target].python_version
            return f"requires Python {rejected.specifier}, and {rejected.target} has {python}"
        case rejection.Yanked():
            return f"was yanked ({rejected.reason})" if rejected.reason else "was yanked"
        case rejection.TooNew("", cutoff):
            return f"has no upload time on the index, so that it may be newer than {cutoff}"
        case rejection.TooNew(uploaded, cutoff):
            return f"was uploaded on {uploaded}, and --exclude-newer is {cutoff}"
        case rejection.PreRelease():
            return "is a pre-release that nothing asks for"
        case rejection.RuledOut():
            return f"is ruled out ({rejected.rule.reason})"
        case rejection.Constrained():
            return f"is outside {rejected.text} ({rejected.path}:{rejected.line})"
        case rejection.Ancient():
            since = f" of {rejected.reference_date}" if rejected.reference_date else ""
            return f"is far older than {rejected.reference}{since}"
        case rejection.MetadataUnusable():
            return f"cannot be read ({rejected.problem})"
        case _:
            return _source_phrase(rejected)


def _source_phrase(rejected: rejection.SourceRejection) -> str:
    """What stands against a version that only its source distribution could serve."""
    only = "has only a source distribution"
    match rejected:
        case rejection.OnlySource():
            return only
        case rejection.SdistRefused():
            return f"{only}, which {rejected.by} refuses"
        case rejection.BuildFails(_, below, shown_by):
            return f"{only}, whose build fails from Python {below} on{_shown(shown_by)}"
        case rejection.BuildOrdered(_, origin, kind, shown_by):
            needs = _COMPILERS.get(kind, "what pip may not find there")
            return f"has to be built, as {origin} orders it, which needs {needs}{_shown(shown_by)}"
        case rejection.NeedsCompiler(_, kind, shown_by):
            if kind in _COMPILERS:
                return f"{only}, which needs {_COMPILERS[kind]}{_shown(shown_by)}"
            return f"{only}, not known to build without a compiler{_shown(shown_by)}"


def _shown(shown_by: str) -> str:
    return f" ({shown_by})" if shown_by else ""


def _no_wheel(rejected: rejection.NoWheel, target: Target) -> str:
    if rejected.suffixes and target.platform_tag == "any":
        return f"has no pure Python wheel, which is all that {rejected.target} takes"
    if rejected.suffixes:
        served = wheel_pythons(rejected.suffixes, target)
        return f"has no wheel for {rejected.target} (its wheels: {served})"
    if rejected.has_sdist:
        return "has no wheel, only a source distribution"
    return "has no file that pip can install"


def cause_sentence(cause: Cause, was: str, targets: Mapping[str, Target]) -> str:
    """Why a pin moved, as one sentence without a full stop; ``was`` is "pydantic 2.5.0"."""
    match cause:
        case causes.NotOnIndex():
            missing = cause.name if cause.project else was
            return f"{missing} is not on the index"
        case causes.Unfit():
            if isinstance(cause.rejection, rejection.RuledOut):
                return cause.rejection.rule.reason
            return f"{was} {rejection_phrase(cause.rejection, targets)}"
        case causes.ClosureUnfit():
            return f"{_chain(cause.chain)}{_unfit_end(cause, targets)}"
        case causes.RequiredOtherwise():
            return f"{link_phrase(cause.by)}, which {was} is not"
        case causes.RequiresOtherwise():
            return f"{link_phrase(cause.link)}, and {cause.name} is {cause.version}"
        case causes.Beside():
            return cause.rule.reason
        case causes.Together():
            return _together(cause, was)


def link_phrase(link: Link) -> str:
    """``fastapi 0.104.1 requires pydantic>=1.7.4``."""
    return f"{link.parent} {link.version} requires {link.requirement}"


def _chain(links: Sequence[Link]) -> str:
    return ", and ".join(link_phrase(link) for link in links)


def _unfit_end(cause: causes.ClosureUnfit, targets: Mapping[str, Target]) -> str:
    if not cause.rejections:
        return ", a version that no index has"
    version, rejected = cause.rejections[0]
    more = len(cause.rejections) - 1
    also = f"; {more} more versions will not do either" if more else ""
    return f", and {cause.name} {version} {rejection_phrase(rejected, targets)}{also}"


def _together(cause: causes.Together, was: str) -> str:
    if not cause.pins:
        return f"{was} and what it requires cannot hold together: {_chain(cause.links)}"
    listed = ", ".join(cause.pins)
    because = (
        f" ({'; '.join(link_phrase(link) for link in cause.links[:3])})" if cause.links else ""
    )
    return f"{was} cannot hold together with {listed}{because}"


def preference_sentence(preference: Preference) -> str:
    """Why pip, left alone, needs a pin against it."""
    taken = f"pip would take {preference.name} {preference.version}"
    if isinstance(preference, WouldBuild):
        return f"{taken}, which has only a source distribution for {preference.target}"
    if isinstance(preference, WouldBeTooNew):
        rejected = rejection_phrase(preference.rejection, {})
        return f"{taken}, which {rejected}"
    return f"{taken}: {preference.rule.reason}"


def grouped_rejections(
    rejections: Iterable[tuple[str, Rejection]], targets: Mapping[str, Target]
) -> list[str]:
    """A line for each run of versions that are out for the same kind of reason, newest first."""
    lines = []
    for _, run in groupby(rejections, key=_kind):
        versions = list(run)
        newest, why = versions[0]
        if len(versions) == 1:
            lines.append(f"{newest} {rejection_phrase(why, targets)}")
        else:
            oldest = versions[-1][0]
            lines.append(
                f"{newest} to {oldest} ({len(versions)} versions): "
                f"the newest {rejection_phrase(why, targets)}"
            )
    hidden = len(lines) - SHOWN_GROUPS
    return [*lines[:SHOWN_GROUPS], *([f"and {hidden} more such runs"] if hidden > 0 else [])]


def _kind(entry: tuple[str, Rejection]) -> tuple[str, str]:
    rejected = entry[1]
    detail = rejected.kind if isinstance(rejected, rejection.NeedsCompiler) else ""
    return type(rejected).__name__, detail
