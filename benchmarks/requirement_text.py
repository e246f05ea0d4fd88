"""Requirements files as text, for the corpus table: read, made fit for uv, changed by the line.

Apart from pinfix's own reader on purpose: what judges pinfix must not share its mistakes.
"""

from __future__ import annotations

import difflib
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
        requirement, mark, marker = _without_hashes(_without_comment(line)).partition(";")
        requirement = re.sub(r"\(?\s*===?\s*[^\s,)]+\)?", "", requirement)
        kept.append(f"{requirement}{mark}{marker}\n")
    return "".join(kept)


def put_back(before: Path, after: Path, change: dict[str, Any]) -> None:
    """Give one requirement of the rewritten file its old line again. Lines keep their order."""
    file = after / change["file"]
    old = logical_lines(read_text(before / change["file"]))
    new = logical_lines(read_text(file))
    number = _logical_number(old, change["line"])
    new[_line_of(new, change["after"], number)] = old[number]
    file.write_bytes("".join(new).encode())


def ask_for_newer(after: Path, change: dict[str, Any]) -> None:
    """Let one pin of the rewritten file be anything above what it is. Its hashes go."""
    file = after / change["file"]
    lines = logical_lines(read_text(file))
    number = _line_of(lines, change["after"], change["line"] - 1)
    body = _without_hashes(_without_comment(lines[number]))
    lines[number] = re.sub(r"\s*===?\s*", ">", body, count=1) + "\n"
    file.write_bytes("".join(lines).encode())


def lines_beside(
    before: Path, after: Path, changes: Iterable[dict[str, Any]], file: str
) -> list[str]:
    """What else differs between a file and its rewritten self than the changes call for.

    A changed line must be the old one with the requirement replaced; what a compiled file notes
    below (``# via``), the hashes of a pin that moved, and the marked block belong to the changes.
    """
    here = [change for change in changes if change["file"] == file]
    old = logical_lines(read_text(before / file))
    new = read_text(after / file).partition("# Added by pinfix: ")[0]
    moved = {_logical_number(old, c["line"]): c for c in here if c["before"]}
    expected = []
    for number, line in enumerate(old):
        change = moved.get(number)
        if change is None:
            expected.append(_bare(line))
        elif change["after"]:
            flat = _bare(line)
            expected.append(_bare(flat.replace(change["before"], change["after"], 1)))
    added = [_bare(c["after"]) for c in here if not c["before"]]
    found = [text for line in logical_lines(new) if (text := _bare(line)) not in added]
    expected = [text for text in expected if text not in added]
    return [
        text
        for text in difflib.ndiff([t for t in expected if t], [t for t in found if t])
        if text[0] in "+-"
    ]


def _bare(line: str) -> str:
    """A logical line without its hashes; nothing of a line that says who asked for a package."""
    if re.match(r"\s+#( via|  )", line):
        return ""
    flat = _without_hashes(line.replace("\\\n", " "))
    return re.sub(r"\s+# via .*", "", flat)


def _without_comment(line: str) -> str:
    return re.split(r"(?:^|\s)#", line)[0].replace("\\", " ")


def _without_hashes(line: str) -> str:
    """The line's words, without those that give hashes."""
    return " ".join(re.sub(r"\s--hash[=\s]\S+", "", line).split())


def _line_of(lines: list[str], requirement: str, near: int) -> int:
    """The number of the line with a requirement, the nearest where there are several."""
    found = [number for number, line in enumerate(lines) if _bare(line).startswith(requirement)]
    return min(found, key=lambda number: abs(number - near), default=min(near, len(lines) - 1))


def _logical_number(lines: Iterable[str], physical: int) -> int:
    first = 1
    for number, line in enumerate(lines):
        first += max(line.count("\n"), 1)
        if physical < first:
            return number
    raise ValueError(f"there is no line {physical}")
