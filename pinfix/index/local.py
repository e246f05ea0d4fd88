"""Indexes, find-links and their files that are folders or files on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from pinfix.errors import IndexUnavailableError, UnusableFileError
from pinfix.index.fetching import Answer, check_file, metadata_of
from pinfix.index.listing import (
    DistFile,
    Listing,
    listing_of_files,
    parse_html_listing,
    parse_json_listing,
)
from pinfix.index.metadata import Metadata

if TYPE_CHECKING:
    from pinfix.index.contents import Contents


def local_index_listing(root: Path, name: NormalizedName) -> Listing:
    """The listing of a project in an index that is a folder of folders.

    A project's folder holds ``index.json`` (PEP 691) or ``index.html`` (PEP 503), or just the
    files. Raises IndexUnavailableError where ``root`` is no folder.
    """
    if not root.is_dir():
        raise IndexUnavailableError(root.as_uri(), "the index is no folder")
    folder = root / name
    return local_listing(folder, name) if folder.is_dir() else Listing(name, found=False)


def listing_paths(place: Path) -> tuple[Path, ...]:
    """Every path that ``local_listing`` looks at: while they are as they were, so is the listing."""
    return place, place / "index.json", place / "index.html"


def local_listing(place: Path, name: NormalizedName) -> Listing:
    """What a folder of files, or an HTML page, holds of a project.

    Raises IndexUnavailableError where ``place`` cannot be read.
    """
    try:
        if place.is_file():
            return parse_html_listing(place.read_bytes(), place.as_uri(), name)
        base_url = f"{place.as_uri()}/"
        if (place / "index.json").is_file():
            return parse_json_listing((place / "index.json").read_bytes(), base_url, name)
        if (place / "index.html").is_file():
            return parse_html_listing((place / "index.html").read_bytes(), base_url, name)
        files = sorted(path for path in place.iterdir() if path.is_file())
    except OSError as error:
        raise IndexUnavailableError(place.as_uri(), f"cannot be read: {error.strerror}") from error
    return listing_of_files(name, ((path.name, path.as_uri()) for path in files))


def local_metadata(path: Path, file: DistFile) -> Metadata:
    """The metadata of the wheel at ``path``.

    Raises IndexUnavailableError where the file cannot be read, UnusableFileError where it is no wheel.
    """
    from pinfix.index.wheel_metadata import read_wheel_metadata  # with zipfile behind it

    try:
        with path.open("rb") as wheel:
            return metadata_of(file, read_wheel_metadata(wheel))
    except OSError as error:
        raise IndexUnavailableError(file.url, f"cannot be read: {error}") from error
    except ValueError as error:
        raise UnusableFileError(file.filename, str(error)) from error


def local_contents(path: Path, file: DistFile) -> Contents:
    """What lies inside the wheel at ``path``. Raises as ``local_metadata`` does."""
    from pinfix.index.contents import wheel_contents

    try:
        with path.open("rb") as wheel:
            return wheel_contents(wheel)
    except OSError as error:
        raise IndexUnavailableError(file.url, f"cannot be read: {error}") from error
    except ValueError as error:
        raise UnusableFileError(file.filename, str(error)) from error


def local_bytes(path: Path, file: DistFile) -> bytes:
    """The file at ``path``, checked. Raises IndexUnavailableError where unreadable."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexUnavailableError(file.url, f"cannot be read: {error}") from error
    check_file(file, Answer(file.url, 200, {}, data))
    return data
