"""The files of a closure for a platform that is not here: downloaded, checked, and not run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.parser import BytesParser
from typing import TYPE_CHECKING, Protocol

from packaging.requirements import Requirement
from packaging.tags import Tag, parse_tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from pinfix.errors import UnusableFileError
from pinfix.index.fetching import WrongHashError
from pinfix.index.metadata import Metadata, parse_metadata
from pinfix.index.wheel_metadata import read_wheel_metadata
from pinfix.planning.verified import Step
from pinfix.records import record

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.index.listing import DistFile, Listing
    from pinfix.planning.plan import Plan
    from pinfix.targets.target import Target


class Shelf(Protocol):
    """Where files are had from: an ``IndexClient``."""

    def listing(self, name: NormalizedName) -> Listing: ...
    def metadata(self, file: DistFile) -> Metadata: ...
    def whole(self, file: DistFile) -> bytes: ...


@record
class PlannedFile:
    """One file that a target installs; ``sha256`` is None where the index does not say it."""

    name: str
    version: str
    filename: str
    sha256: str | None
    extras: tuple[str, ...]

    @property
    def is_wheel(self) -> bool:
        """Whether nothing has to be built of it."""
        return self.filename.endswith(".whl")

    @property
    def pin(self) -> str:
        """``name==version``, and its hash where it is known.

        Without its extras, whose requirements are pinned as well: pip does not take the hash of
        ``name[extra]`` for that of a bare ``name`` which something else requires.
        """
        known = f" --hash=sha256:{self.sha256}" if self.sha256 else ""
        return f"{self.name}=={self.version}{known}"


def planned_files(plan: Plan, target: Target) -> list[PlannedFile]:
    """What a plan installs on one of its targets."""
    found = []
    for entry in plan.closure:
        filename = entry.files.get(target.name)
        if filename is not None:
            hashes = next((dict(a.hashes) for a in entry.artifacts if a.filename == filename), {})
            sha256 = hashes.get("sha256")
            found.append(PlannedFile(entry.name, entry.version, filename, sha256, entry.extras))
    return found


def look_into(files: Sequence[PlannedFile], target: Target, shelf: Shelf) -> Iterator[Step]:
    """Download every wheel and hold it against its name, its hash and what the plan made of it.

    Raises IndexUnavailableError.
    """
    problems: list[str] = []
    unknown: list[str] = []
    requires: dict[str, Metadata] = {}
    wheels = [file for file in files if file.is_wheel]
    size = 0
    for file in wheels:
        listed = _listed(file, shelf)
        if listed is None:
            problems.append(f"{file.filename}: the index has no such file")
            continue
        try:
            data = shelf.whole(listed)
        except (WrongHashError, UnusableFileError) as error:
            problems.append(str(error))
            continue
        size += len(data)
        if target.rank(listed.suffix) is None:
            problems.append(f"{file.filename}: its tags are not those of {target.name}")
        if listed.sha256 is None and not listed.other_hashes:
            unknown.append(f"{file.filename}: the index says no hash of it")
        try:
            metadata = parse_metadata(read_wheel_metadata(io.BytesIO(data)))
            problems += _problems(file, data, metadata, shelf.metadata(listed))
        except (ValueError, zipfile.BadZipFile, KeyError) as error:
            problems.append(f"{file.filename}: not a readable wheel: {error}")
            continue
        requires[file.name] = metadata
    said = f"{len(wheels)} wheels ({size / 1e6:.1f} MB) downloaded: hashes, tags and METADATA"
    if problems:
        yield Step("wheels", "failed", f"{said} do not all hold", tuple(problems))
    else:
        yield Step("wheels", "ok", f"{said} are what the plan was made from")
    yield _check(files, requires, target)
    if unknown:
        yield Step("hashes", "not proven", "not every file could be checked", tuple(unknown))
    built = [file.filename for file in files if not file.is_wheel]
    if built:
        yield Step("build", "not proven", "plain Python sources, not built here", tuple(built))


def _listed(file: PlannedFile, shelf: Shelf) -> DistFile | None:
    release = shelf.listing(canonicalize_name(file.name)).releases.get(Version(file.version))
    wheels = release.wheels if release is not None else ()
    return next((one for one in wheels if one.filename == file.filename), None)


def _problems(file: PlannedFile, data: bytes, inside: Metadata, planned: Metadata) -> Iterator[str]:
    """What is not as it should be inside a wheel."""
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        broken = wheel.testzip()
        said = next(name for name in wheel.namelist() if name.endswith(".dist-info/WHEEL"))
        header = BytesParser().parsebytes(wheel.read(said))
    if broken is not None:
        yield f"{file.filename}: {broken} in it is damaged"
    if canonicalize_name(inside.name) != file.name or not _same(inside.version, file.version):
        yield f"{file.filename}: its METADATA is of {inside.name} {inside.version}"
    if set(inside.requires_dist) != set(planned.requires_dist):
        differ = sorted(set(inside.requires_dist) ^ set(planned.requires_dist))
        yield f"{file.filename}: its METADATA and that of the index differ in {'; '.join(differ)}"
    if inside.requires_python != planned.requires_python:
        yield (
            f"{file.filename}: its METADATA says Requires-Python {inside.requires_python}, "
            f"the index {planned.requires_python}"
        )
    tags = frozenset(tag for text in header.get_all("Tag", []) for tag in parse_tag(text.strip()))
    if not header.get("Wheel-Version", "").startswith("1."):
        yield f"{file.filename}: Wheel-Version {header.get('Wheel-Version')} is none that pip reads"
    if tags and not _share(tags, file.filename):
        yield f"{file.filename}: its WHEEL says {', '.join(sorted(map(str, tags)))}"


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False


def _share(tags: frozenset[Tag], filename: str) -> bool:
    """Whether Python and ABI are those of the file's name; auditwheel renames platforms."""
    named = {(tag.interpreter, tag.abi) for tag in _tags(filename)}
    return not named.isdisjoint((tag.interpreter, tag.abi) for tag in tags)


def _tags(filename: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return frozenset()


def _check(files: Iterable[PlannedFile], requires: Mapping[str, Metadata], target: Target) -> Step:
    """What ``pip check`` would say: whether every requirement that applies is met."""
    versions = {file.name: Version(file.version) for file in files}
    extras = {file.name: file.extras for file in files}
    missing = []
    for name, metadata in requires.items():
        for requirement in map(Requirement, metadata.requires_dist):
            if not _applies(requirement, extras[name], target):
                continue
            found = versions.get(canonicalize_name(requirement.name))
            if found is None:
                missing.append(f"{name} {versions[name]} requires {requirement}, which is missing")
            elif not requirement.specifier.contains(found, prereleases=True):
                missing.append(f"{name} {versions[name]} requires {requirement}, and gets {found}")
    if missing:
        return Step("check", "failed", "what the wheels require is not met", tuple(missing))
    return Step("check", "ok", "everything that the wheels require is there")


def _applies(requirement: Requirement, extras: Iterable[str], target: Target) -> bool:
    marker = requirement.marker
    if marker is None:
        return True
    return any(marker.evaluate({**target.environment, "extra": one}) for one in ("", *extras))
