"""The matrix's page in a real browser, headless: ``pytest -m browser``."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pinfix.report.matrix_html import matrix_html
from tests.report.test_matrix_html import PAGE, hostile, read

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LIGHT, DARK = (255, 255, 255), (0x14, 0x17, 0x1A)
# Whatever the browser wants for itself.
ALONE = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-sandbox",  # which an unprivileged container has not
    "--hide-scrollbars",
    "--enable-logging=stderr",
]

pytestmark = pytest.mark.browser


def chromium() -> str:
    """The browser's program; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine: none of {', '.join(NAMES)} is on PATH")
    return found


@dataclass
class Browser:
    """A browser that starts anew for each page."""

    folder: Path

    def run(self, page: str, *options: str) -> subprocess.CompletedProcess[str]:
        file = self.folder / "page.html"
        file.write_text(page, encoding="utf-8")
        profile = f"--user-data-dir={self.folder / 'profile'}"
        log = f"--log-net-log={self.folder / 'net.json'}"
        done = subprocess.run(
            [chromium(), "--headless=new", *ALONE, profile, log, *options, file.as_uri()],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done

    def screenshot(self, page: str, width: int, height: int, *options: str) -> Picture:
        goal = self.folder / "page.png"
        self.run(page, f"--window-size={width},{height}", f"--screenshot={goal}", *options)
        return Picture.read(goal.read_bytes())

    @property
    def asked(self) -> str:
        """All that the browser did on the network."""
        return (self.folder / "net.json").read_text(encoding="utf-8")


@dataclass
class Picture:
    """A PNG's pixels, row by row."""

    width: int
    height: int
    rows: Sequence[Sequence[tuple[int, ...]]]

    @classmethod
    def read(cls, data: bytes) -> Picture:
        """Of 8 bits a channel, not interlaced: what Chromium writes."""
        width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
        assert (depth, interlaced) == (8, 0)
        channels = {2: 3, 6: 4}[kind]
        packed, at = b"", 8
        while at < len(data):
            (length,) = struct.unpack(">I", data[at : at + 4])
            if data[at + 4 : at + 8] == b"IDAT":
                packed += data[at + 8 : at + 8 + length]
            at += length + 12
        raw, stride = zlib.decompress(packed), width * channels
        before, rows = bytearray(stride), []
        for y in range(height):
            line = raw[y * (stride + 1) : (y + 1) * (stride + 1)]
            before = _unfiltered(line[0], bytearray(line[1:]), before, channels)
            rows.append([tuple(before[x : x + 3]) for x in range(0, stride, channels)])
        return cls(width, height, rows)

    @property
    def corner(self) -> tuple[int, ...]:
        return self.rows[0][0]

    @property
    def colours(self) -> set[tuple[int, ...]]:
        return {pixel for row in self.rows for pixel in row}


def _unfiltered(kind: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    """One row of a PNG without its filter (PNG specification, 9.2)."""
    for x in range(len(line)):
        left = line[x - step] if x >= step else 0
        corner = above[x - step] if x >= step else 0
        up = above[x]
        if kind == 4:
            guess = left + up - corner
            near = min((left, up, corner), key=lambda one: abs(guess - one))
        else:
            near = (0, left, up, (left + up) // 2)[kind]
        line[x] = (line[x] + near) & 0xFF
    return line


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path)


def test_browser_reads_what_was_written(browser: Browser) -> None:
    shown = browser.run(PAGE, "--dump-dom").stdout
    assert read(shown).text == read(PAGE).text
    assert [tag for tag, _ in read(shown).elements] == [tag for tag, _ in read(PAGE).elements]


@pytest.mark.parametrize("page", [PAGE, matrix_html(hostile())], ids=["usual", "hostile"])
def test_nothing_is_asked_for_and_nothing_complained_of(browser: Browser, page: str) -> None:
    page = page.replace("alert(1)", "fetch('http://elsewhere.test/')")
    done = browser.run(page, "--dump-dom")
    assert "CONSOLE" not in done.stderr
    assert "page.html" in browser.asked
    assert "elsewhere.test" not in browser.asked


def test_what_asks_or_complains_would_have_been_seen(browser: Browser) -> None:
    # What the test above relies on.
    page = "<img src='http://elsewhere.test/'><script>console.error('ouch')</script>"
    done = browser.run(page, "--dump-dom")
    assert "CONSOLE" in done.stderr
    assert "elsewhere.test" in browser.asked


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize(
    ("options", "page"),
    [((), LIGHT), (("--blink-settings=preferredColorScheme=0",), DARK)],
    ids=["light", "dark"],
)
def test_page_is_painted_in_the_scheme_of_the_system(
    browser: Browser, width: int, options: Sequence[str], page: tuple[int, ...]
) -> None:
    picture = browser.screenshot(PAGE, width, 700, *options)
    assert (picture.width, picture.height) == (width, 700)
    assert picture.corner == page
    # Text is smoothed, in many shades.
    assert len(picture.colours) > 100


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("too_wide", [False, True], ids=["page", "page that is too wide"])
def test_tables_scroll_and_the_page_does_not(browser: Browser, width: int, too_wide: bool) -> None:
    # The page gets a script, which its own policy would not let in, and turns red.
    script = (
        "const root = document.documentElement, measure = () => {"
        "if (root.scrollWidth > root.clientWidth) document.body.style.background = '#ff0000' };"
        "addEventListener('resize', measure); measure()"
    )
    wide = "<div style='width: 100rem'>wide</div>" if too_wide else ""
    page = re.sub(r"<meta http-equiv.*?>", "", PAGE).replace("<details", "<details open")
    page = page.replace("</body>", f"{wide}<script>{script}</script></body>")
    picture = browser.screenshot(page, width, 100)
    assert picture.corner == ((255, 0, 0) if too_wide else LIGHT)
