"""Requirements files as text, for the corpus table: read, made fit for uv, changed by the line.

Apart from pinfix's own reader on purpose: what judges pinfix must not share its mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def read_text(file: Path) -> str:
    """A requirements file as text: by its byte order mark, else UTF-8, else Latin-1."""
    data = file.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def readable_by_uv(text: str) -> str:
    """The same file for uv: a space before each continuation's backslash, no word on formats.

    A file's own ``--no-binary`` would let uv build what the question is not to build.
    """
    text = re.sub(r"(?<=[^\s\\])\\(?=\r?\n[ \t])", r" \\", text)
    return re.sub(r"(?m)^[ \t]*--(?:no-binary|only-binary|prefer-binary)\b[^\r\n]*", "", text)


def logical_lines(text: str) -> list[str]:
    """The lines with their continuations, line ends kept."""
    return re.findall(r"(?:[^\n]*\\\r?\n)*[^\n]*\n|[^\n]+\Z", text)


def without_versions(text: str) -> str:
    """The same requirements without pins and hashes; comments and options go as well, bar -r."""
    kept = []
    for line in logical_lines(text):
        body = re.split(r"(?:^|\s)#", line)[0].replace("\\", " ")
        body = re.sub(r"\s--hash[=\s]\S+", "", " ".join(body.split()))
        requirement, mark, marker = body.partition(";")
        requirement = re.sub(r"\(?\s*===?\s*[^\s,)]+\)?", "", requirement)
        kept.append(f"{requirement}{mark}{marker}\n")
    return "".join(kept)


def put_back(before: Path, after: Path, change: dict[str, Any]) -> None:
    """Give one requirement of the rewritten file its old line again. Lines keep their order."""
    file = after / change["file"]
    old = logical_lines(read_text(before / change["file"]))
    new = logical_lines(read_text(file))
    number = _logical_number(old, change["line"])
    new[number] = old[number]
    file.write_bytes("".join(new).encode())


def _logical_number(lines: Iterable[str], physical: int) -> int:
    first = 1
    for number, line in enumerate(lines):
        first += max(line.count("\n"), 1)
        if physical < first:
            return number
    raise ValueError(f"there is no line {physical}")
