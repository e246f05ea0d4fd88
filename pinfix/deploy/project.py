"""A project's files, as far as they matter here, and the folder in it that is about."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from pinfix.deploy.files import Kind, kind_of
from pinfix.deploy.source import Source, read_source
from pinfix.records import record


@record
class Project:
    """``files`` by their paths from the project's root, with ``/``.

    ``folder`` is the one that the requirements are in; what lies above it counts, what lies
    beside it does not.
    """

    files: Mapping[str, bytes]
    folder: str = ""

    def source(self, path: str) -> Source | None:
        """A file's text, None where there is no such file."""
        data = self.files.get(path)
        return None if data is None else read_source(path, data)

    def nearest(self, kind: Kind) -> list[Source]:
        """The files of a kind in the nearest folder that has any."""
        for folder in folders_from(self.folder):
            found = [
                read_source(path, data)
                for path, data in sorted(self.files.items())
                if posixpath.dirname(path) == folder and kind_of(path) == kind
            ]
            if found:
                return found
        return []

    def workflows(self) -> list[Source]:
        """The project's workflows; GitHub reads those of the root alone."""
        return [
            read_source(path, data)
            for path, data in sorted(self.files.items())
            if kind_of(path) == "workflow"
        ]


def folders_from(folder: str) -> Iterator[str]:
    """A folder and those above it, up to the root, which is empty."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def joined(*parts: str) -> str:
    """A path from the root, of parts such as ``backend`` and ``./Dockerfile``; empty for the root."""
    path = posixpath.normpath(posixpath.join(*(part.lstrip("/") for part in parts)))
    return "" if path == "." else path
