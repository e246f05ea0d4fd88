"""Wheels made in memory, on an index over HTTP that may say what is not so of them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.loopback import listening

JSON = "application/vnd.pypi.simple.v1+json"


def wheel(
    name: str,
    version: str = "1.0",
    tag: str = "py3-none-any",
    requires: tuple[str, ...] = (),
    extras: tuple[str, ...] = (),
    code: str = "",
    metadata_of: str | None = None,
    wheel_tag: str | None = None,
) -> tuple[str, bytes]:
    """A wheel's file name and its bytes; ``metadata_of``: its METADATA is another package's."""
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {metadata_of or name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {one}" for one in requires]
    lines += [f"Provides-Extra: {one}" for one in extras]
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": "\n".join([*lines, "", ""]),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {wheel_tag or tag}\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name}-{version}-{tag}.whl", data.getvalue()


def metadata_in(data: bytes) -> bytes:
    """The METADATA of a wheel."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return next(archive.read(n) for n in archive.namelist() if n.endswith("/METADATA"))


@dataclass
class Served:
    """The address of an index, and who asked for what with which credentials."""

    url: str
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def served_wheels(
    wheels: Mapping[str, bytes],
    *,
    hashes: Mapping[str, str] | None = None,
    metadata: Mapping[str, bytes] | None = None,
    login: str | None = None,
    lost: Collection[str] = (),
) -> Iterator[Served]:
    """An index of these files; ``hashes`` and ``metadata`` are said in the place of the true ones.

    ``lost`` are those that it lists and does not have; ``login`` is the value of the Authorization header without which it answers 401.
    """
    pages: dict[str, tuple[str, bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            given = self.headers["Authorization"]
            served.asked.append((self.path, given))
            kind, body = pages.get(self.path, ("text/plain", b"no such page"))
            status = 200 if self.path in pages else 404
            if login is not None and given != login:
                status, body = 401, b"who are you?"
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="here"')
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Handler) as base:
        served = Served(f"{base}/simple/")
        for name in {filename.partition("-")[0] for filename in wheels}:
            files = []
            for filename, data in wheels.items():
                if filename.partition("-")[0] == name:
                    known = hashlib.sha256(data).hexdigest()
                    said = (hashes or {}).get(filename, known)
                    if filename not in lost:
                        pages[f"/files/{filename}"] = ("application/octet-stream", data)
                    beside = (metadata or {}).get(filename, metadata_in(data))
                    pages[f"/files/{filename}.metadata"] = ("text/plain", beside)
                    url = f"{base}/files/{filename}"
                    listed = {"filename": filename, "url": url, "hashes": {"sha256": said}}
                    files.append({**listed, "core-metadata": True})
            page = {"meta": {"api-version": "1.0"}, "name": name, "files": files}
            pages[f"/simple/{name.replace('_', '-')}/"] = (JSON, json.dumps(page).encode())
        yield served
