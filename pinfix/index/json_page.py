"""A page of PEP 691 as the texts of its files, of which only those that matter are decoded. No I/O.

The pages of a closure of 46 projects are 23 MB long and describe 50,000 files, of which a run
looks at a few thousand. Decoding them all took 300 ms, and writing them down for the store
another 200; cutting them up takes 60, and the texts can be stored as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urljoin

from pinfix.errors import IndexUnavailableError
from pinfix.index.filenames import tag_set_in, tags_and_build

# The fields of a DistFile in their order, not yet made into one.
Row: TypeAlias = "tuple[Any, ...]"

# What reading a page, or a file in it, may raise where it is not as PEP 691 says.
NO_LISTING = (ValueError, KeyError, TypeError, AttributeError, RecursionError)

# The first file begins as all others do; a space after commas and colons comes everywhere or
# nowhere, as JSON writers have it.
_FIRST_FILE = re.compile(rb'"files":( ?)\[(\{"[a-z-]+":)')


class FileTexts:
    """The rows of each version, read from the JSON texts of its files when asked for."""

    def __init__(self, base_url: str, texts: Sequence[bytes]) -> None:
        """``texts`` are those of each version's files, put together by ``BETWEEN_FILES``."""
        self.base_url = base_url
        self.texts = texts

    def __call__(self, place: int) -> list[Row]:
        """The rows of one version. Raises IndexUnavailableError where a text is no file's."""
        together = self.texts[place]
        return self._rows(together.split(BETWEEN_FILES) if together else ())

    def wheels(self, place: int, fits: Callable[[str], bool]) -> list[Row]:
        """The rows of one version's wheels with a tag set that ``fits``.

        Of two dozen files one or two do, and to see which takes a third of the time of decoding
        all of them. Raises as all of them do, for what is wrong with these.
        """
        together = self.texts[place]
        names = _NAME.findall(together)
        texts = together.split(BETWEEN_FILES)
        if len(names) != len(texts):  # a name with an escape in it
            return [row for row in self(place) if _fits(row[0], fits)]
        return self._rows(
            text for name, text in zip(names, texts, strict=True) if _fits(name.decode(), fits)
        )

    def _rows(self, texts: Iterable[bytes]) -> list[Row]:
        try:
            return [_row(json.loads(text), self.base_url) for text in texts]
        except NO_LISTING as error:
            raise no_listing(self.base_url, error) from error


# What no text of a file has in it: as JSON has it, a tab stands only between its signs.
BETWEEN_FILES = b"\t"
_NAME = re.compile(rb'"filename": ?"([^"\\]*)"')


def _fits(filename: str, fits: Callable[[str], bool]) -> bool:
    return filename.endswith(".whl") and fits(tag_set_in(filename))


def no_listing(url: str, error: Exception) -> IndexUnavailableError:
    """The error that says that a page is none, and why."""
    return IndexUnavailableError(
        url, f"the answer is not a PEP 691 listing ({type(error).__name__}: {error})"
    )


def split_page(data: bytes) -> tuple[dict[str, Any], list[tuple[str, bytes]]] | None:
    """The page without its files, and each file's name and text; nothing in a file is checked.

    None where the page is not laid out as usual: only decoding all of it tells then. Inside a
    JSON string a quote follows a backslash, so what is searched for stands in no string.
    """
    first = _FIRST_FILE.search(data)
    if first is None or b"\n" in data or BETWEEN_FILES in data:
        return None
    if not _is_utf8(data) or _may_hide_a_key(data):
        return None
    space, begin = first.groups()
    between = b"}," + space + begin
    if data.find(between, 0, first.start()) >= 0:
        return None
    # No copy of the page in between: it is up to 21 MB long.
    texts = data.split(between)
    texts[0] = texts[0][first.end() :]
    rest = (begin + texts.pop()).decode()
    try:
        last, end = json.JSONDecoder().raw_decode(rest)
        if rest[end] != "]" or not isinstance(last, dict):
            return None
        page = json.loads(f"{data[: first.start()].decode()}{_NO_FILES}{rest[end + 1 :]}")
        if page["files"]:
            return None
    except (*NO_LISTING, IndexError):
        return None
    for place, text in enumerate(texts):
        texts[place] = begin + text + b"}"
    texts.append(rest[:end].encode())
    names = _names(texts, b'"filename":' + space + b'"')
    return (page, list(zip(names, texts, strict=True))) if names else None


_NO_FILES = '"files":[]'


def _may_hide_a_key(data: bytes) -> bool:
    """Whether a letter is written as an escape, as in a second ``filename`` that no search finds."""
    return b"\\u00" in data and _ESCAPED_LETTER.search(data) is not None


_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _names(texts: list[bytes], key: bytes) -> list[str] | None:
    """The file name in each text; None where one has none, more than one, or an escape in it."""
    names = []
    for text in texts:
        start = text.find(key) + len(key)
        end = text.find(b'"', start)
        name = text[start:end]
        if start < len(key) or end < 0 or b"\\" in name or text.find(key, end) >= 0:
            return None
        names.append(name.decode())
    return names


def said_of_file(file: Mapping[str, Any], base_url: str) -> Row:
    """What a file's PEP 691 object says, as a row without suffix and build.

    Raises one of ``NO_LISTING`` where the object has no name or no address.
    """
    yanked = file.get("yanked", False)
    size = file.get("size")
    sha256, other_hashes = pick_hashes(file.get("hashes") or {})
    return (
        file["filename"],
        absolute(file["url"], base_url),
        _text(file.get("requires-python")),
        yanked if isinstance(yanked, str) else "" if yanked else None,
        sha256,
        size if isinstance(size, int) else None,
        _text(file.get("upload-time")),
        _metadata(file.get("core-metadata", file.get("dist-info-metadata"))),
        other_hashes,
    )


def _row(file: Mapping[str, Any], base_url: str) -> Row:
    *said, other_hashes = said_of_file(file, base_url)
    return (*said, *tags_and_build(said[0]), other_hashes)


def _metadata(said: Any) -> str | bool | None:
    if isinstance(said, dict):
        return _text(said.get("sha256")) or True
    return None if said is None else bool(said)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def pick_hashes(hashes: Mapping[str, str]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """The sha256 and no other, or else all that there are, sorted."""
    sha256 = _text(hashes.get("sha256"))
    if sha256 or not hashes:
        return sha256 or None, ()
    return None, tuple(sorted((key, value) for key, value in hashes.items() if _text(value)))


def absolute(url: str, base_url: str) -> str:
    """``url`` as seen from ``base_url``."""
    # urljoin costs more than all the rest of a row, and most indexes serve absolute addresses.
    return url if url.startswith(("https://", "http://")) else urljoin(base_url, url)


def file_text(row: Iterable[Any]) -> bytes:
    """A file's row as the text of a PEP 691 object, as ``said_of_file`` reads it."""
    filename, url, python, yanked, sha256, size, time, metadata, _, _, other_hashes = row
    said = {
        "filename": filename,
        "url": url,
        "hashes": {"sha256": sha256} if sha256 else dict(other_hashes),
        "requires-python": python,
        "yanked": False if yanked is None else yanked or True,
        "size": size,
        "upload-time": time,
        "core-metadata": {"sha256": metadata} if isinstance(metadata, str) else metadata,
    }
    return json.dumps(said, separators=(",", ":")).encode()
