"""A fake index over HTTP on the loopback, as PEP 691 pages with PEP 658 metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from pinfix.index.listing import DistFile
from pinfix.index.metadata import Metadata
from tests.fake_index import FakeIndex, Project
from tests.loopback import listening

JSON = "application/vnd.pypi.simple.v1+json"


@contextmanager
def served(index: FakeIndex) -> Iterator[str]:
    """The index's URL, for as long as the context lasts."""
    pages: dict[str, tuple[str, bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Buffered: otherwise each answer waits 40 ms for the client's delayed acknowledgement.
        wbufsize = -1

        def do_GET(self) -> None:
            kind, body = pages.get(self.path, ("text/plain", b"no such page"))
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Handler) as url:
        for project in index.projects.values():
            pages.update(_pages(project, url))
        yield f"{url}/simple/"


def _pages(project: Project, url: str) -> Iterator[tuple[str, tuple[str, bytes]]]:
    releases = [project.listing.releases[version] for version in project.listing.versions]
    files = [
        _listed(file, url) for release in releases for file in (*release.wheels, *release.sdists)
    ]
    for filename, metadata in project.metadata.items():
        yield f"/files/{filename}.metadata", ("text/plain", _core_metadata(metadata))
    name = project.listing.name
    page = {"meta": {"api-version": "1.1"}, "name": name, "files": files}
    yield f"/simple/{name}/", (JSON, json.dumps(page).encode())


def _listed(file: DistFile, url: str) -> dict[str, object]:
    listed = {
        "filename": file.filename,
        "url": f"{url}/files/{file.filename}",
        "hashes": {"sha256": file.sha256},
        "requires-python": file.requires_python,
        "yanked": False if file.yanked is None else file.yanked,
        "upload-time": file.upload_time,
        "core-metadata": file.is_wheel,
    }
    # An index that has no such time, or no such bound, says nothing of it.
    return {key: value for key, value in listed.items() if value is not None}


def _core_metadata(metadata: Metadata) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {metadata.name}", f"Version: {metadata.version}"]
    lines += [f"Requires-Dist: {text}" for text in metadata.requires_dist]
    return "\n".join([*lines, "", ""]).encode()
