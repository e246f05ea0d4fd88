"""A page of PEP 503 as rows: the anchors and what their attributes say of files. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from pinfix.index.json_page import Row, absolute, pick_hashes


def read_html_page(data: bytes, base_url: str) -> tuple[str, list[Row]]:
    """The version of the API that a page declares (PEP 629), and a row of each of its anchors.

    Rows are without suffix and build. Raises AssertionError or ValueError where the page cannot
    be read.
    """
    reader = _AnchorReader(base_url)
    reader.feed(data.decode("utf-8", "replace"))
    reader.close()
    return reader.api_version, list(_html_rows(reader))


class _AnchorReader(HTMLParser):
    """Collects the attributes of every anchor, the base address and the API version."""

    def __init__(self, base_url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base_url = base_url
        self.api_version = "1.0"
        self.anchors: list[dict[str, str | None]] = []
        self._based = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.anchors.append(dict(attrs))
        elif tag == "base" and not self._based:
            href = dict(attrs).get("href")
            if href:
                self.base_url = urljoin(self.base_url, href)
                self._based = True
        elif tag == "meta":
            said = dict(attrs)
            if said.get("name") == "pypi:repository-version":
                self.api_version = said.get("content") or "1.0"


def _html_rows(reader: _AnchorReader) -> Iterator[Row]:
    for anchor in reader.anchors:
        with suppress(ValueError):  # An href that is no address.
            yield _html_row(anchor, reader.base_url)


def _html_row(anchor: dict[str, str | None], base_url: str) -> Row:
    url, _, fragment = absolute((anchor.get("href") or "").strip(), base_url).partition("#")
    algorithm, _, digest = fragment.partition("&")[0].partition("=")
    hashes = {algorithm: digest} if digest and algorithm not in ("egg", "subdirectory") else {}
    sha256, other_hashes = pick_hashes(hashes)
    return (
        unquote(urlsplit(url).path.rpartition("/")[2]),
        url,
        anchor.get("data-requires-python"),
        (anchor["data-yanked"] or "") if "data-yanked" in anchor else None,
        sha256,
        None,
        None,
        _html_metadata(anchor),
        other_hashes,
    )


def _html_metadata(anchor: dict[str, str | None]) -> str | bool | None:
    for attribute in ("data-core-metadata", "data-dist-info-metadata"):
        if attribute in anchor:
            said = anchor[attribute] or "true"
            algorithm, _, digest = said.partition("=")
            return digest if digest and algorithm == "sha256" else said.lower() != "false"
    return None
