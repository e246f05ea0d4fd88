"""Where a log was written: the Python and the platform, read off what installers and hosts print.

A clue counts the more the closer it is to the build itself: the name of a build folder carries the
interpreter's own tags, a base image only says what it began from. Of clues that count the same the
first one stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pinfix.buildlog.cleaning import Line
from pinfix.buildlog.findings import Quote, quote
from pinfix.errors import UsageError
from pinfix.records import record
from pinfix.targets.interpreter import parse_interpreter
from pinfix.targets.platform import parse_platform
from pinfix.targets.presets import PRESETS, find_preset
from pinfix.targets.target import parse_target

_LINUX_PRESETS_AGE: Final = {
    "buster": "manylinux_2_28",
    "bullseye": "debian-11",
    "bookworm": "debian-12",
    "trixie": "debian-13",
    "focal": "ubuntu-20",
    "jammy": "ubuntu-22",
    "noble": "ubuntu-24",
}


@record
class Clue:
    """What one line says of the host: ``cp313``, ``render``, ``aarch64`` …"""

    value: str
    quote: Quote


@record
class Host:
    """What the log says of where it was written.

    ``target`` is the text of a target (``cp313-render``), or None where the log does not say all
    of it; ``problem`` is why pinfix has none for a host that the log does name.
    """

    python: Clue | None
    platform: Clue | None
    target: str | None
    problem: str | None = None

    def completed(self, text: str) -> str:
        """A target's text; where it is only a Python or only a platform, with the log's other half."""
        if _is_python(text):
            known = self.platform
            return text if known is None or self.problem else f"{text}-{known.value}"
        if _is_platform(text) and self.python is not None:
            return f"{self.python.value}-{text}"
        return text


def _is_python(text: str) -> bool:
    try:
        parse_interpreter(text.lower())
    except UsageError:
        return False
    return True


def _is_platform(text: str) -> bool:
    try:
        return find_preset(text.lower()) is not None or bool(parse_platform(text.lower()))
    except UsageError:
        return False


@record
class _Sentence:
    """A line that is a clue: ``kind`` is what of, ``rank`` how much it counts (0 the most).

    ``value`` is what it says, or None where the pattern's group does.
    """

    kind: str
    rank: int
    needle: str
    pattern: re.Pattern[str]
    value: str | None = None


def _python(rank: int, needle: str, pattern: str) -> _Sentence:
    return _Sentence("python", rank, needle, re.compile(pattern, re.IGNORECASE))


def _place(rank: int, needle: str, pattern: str | None, value: str | None) -> _Sentence:
    return _Sentence(
        "place", rank, needle, re.compile(pattern or re.escape(needle), re.IGNORECASE), value
    )


def _family(rank: int, needle: str, pattern: str | None, value: str) -> _Sentence:
    return _Sentence(
        "family", rank, needle, re.compile(pattern or re.escape(needle), re.IGNORECASE), value
    )


def _machine(rank: int, needle: str, pattern: str, value: str) -> _Sentence:
    return _Sentence("machine", rank, needle, re.compile(pattern, re.IGNORECASE), value)


_X_Y: Final = r"(3\.\d{1,2})"
_BUILD_DIR: Final = r"(?:lib|temp|bdist)\.(?:linux|win|macosx)[\w.-]{1,40}?"

# The needle of each, in lower case, is part of every line that the pattern finds.
_SENTENCES: Final = (
    _python(0, "cpython-3", r"[-.]cpython-(3\d{1,2}t?)(?=[-./\\\s]|$)"),
    _python(0, "soabi: cpython-", r"SOABI: cpython-(3\d{1,2}t?)\b"),
    _python(0, "signature", r'PYO3_ENVIRONMENT_SIGNATURE="cpython-(3\.\d{1,2})-'),
    _python(0, "pyo3's maximum", rf"interpreter version \({_X_Y}\)"),
    _python(0, "found cpython 3", rf"Found CPython {_X_Y} at"),
    _python(0, "build", rf"build[/\\]{_BUILD_DIR}-{_X_Y}(?=[/\\\s]|$)"),
    _python(0, "--python-tag", r"--python-tag cp(3\d{1,2})\b"),
    _python(1, "-cp3", r"-cp(3\d{1,2})-cp3\d{1,2}t?-[\w.]{1,100}\.whl"),
    _python(2, "using python version", rf"Using Python version {_X_Y}"),
    _python(2, "using cpython", rf"Using CPython {_X_Y}"),
    _python(2, "using python ", rf"Using Python {_X_Y}"),
    _python(2, "python", rf"-----> (?:Installing|Using|Found)[\w ]{{0,40}} python[ -]{_X_Y}"),
    _python(2, "set up", rf"Successfully set up CPython \({_X_Y}"),
    _python(2, "python-version", rf"^\s*python-version: ['\"]?{_X_Y}"),
    _python(2, "hostedtoolcache", rf"hostedtoolcache[/\\]Python[/\\]{_X_Y}"),
    _python(2, "pip3.", r"\bpip(3\.\d{1,2}) install"),
    _python(2, "pip ", rf"\bpip [\d.]{{1,12}} from .{{1,300}}\(python {_X_Y}\)"),
    _python(2, "python", rf"^\s*Python {_X_Y}\.\d{{1,2}}\s*$"),
    _python(2, "python", rf"(?:^|[│\s])python *[│@|:=] ?{_X_Y}\.\d{{1,2}}\b"),
    _python(2, "python3", r"│ ?(?:[\w., ]{0,60}, )?python(3\d{1,2})\b"),
    _python(2, "python-3", rf"\bpython-{_X_Y}(?:\.\d{{1,2}})?\b"),
    _python(3, "python", rf"(?:lib|lib64|include)[/\\]python{_X_Y}t?(?=[/\\\s]|$)"),
    _python(3, "python", r"(?:^|[\\/])Python(3\d{1,2})(?:-32|_64bit)?[\\/]"),
    _python(4, "python:3", rf"\bpython:{_X_Y}"),
    _python(4, "python3.", rf"\bpython{_X_Y}\b"),
    _family(0, "linux-", r"\b(?:lib|temp|bdist)\.linux-", "linux"),
    _family(0, "-linux_", r"-linux_\w{1,20}\.whl", "linux"),
    _family(0, "-linux-gnu", None, "linux"),
    _family(0, "-linux-musl", None, "musl"),
    _family(0, "musllinux", r"[-.]musllinux_\d[\w.]{1,60}\.whl", "musl"),
    _family(0, "manylinux", r"[-.]manylinux\d?[\w.]{1,100}\.whl", "linux"),
    _family(0, "win-amd64", None, "win_amd64"),
    _family(0, "win-arm64", None, "win_arm64"),
    _family(0, "win32", r"[.-]win32(?:[-/\\.\s]|$)", "win32"),
    _family(0, "-win_amd64.", None, "win_amd64"),
    _family(0, "-win_arm64.", None, "win_arm64"),
    _family(0, "macosx", r"[-.]macosx[-_]\d", "macosx"),
    _family(0, "-darwin", r"-darwin(?:\.so|\b)", "macosx"),
    _family(0, "vcvarsall.bat", None, "win_amd64"),
    _family(0, "microsoft visual c++", None, "win_amd64"),
    _family(0, "com.termux", r"/data/data/com\.termux/", "android"),
    _family(1, "\\", r"\b[A-Z]:\\(?:Users|Program|Python|hostedtoolcache|Windows|\w{1,30}\\)", "win_amd64"),
    _family(1, "/users/", r"(?:^|[\s\"'(`=])/Users/", "macosx"),
    _family(1, "/opt/homebrew", None, "macosx"),
    _family(1, "/private/var/folders/", None, "macosx"),
    _family(2, "/home/", r"(?:^|[\s\"'(`=])/home/", "linux"),
    _family(2, "/usr/", r"(?:^|[\s\"'(`=])/usr/(?:local/)?(?:lib|bin|include)/", "linux"),
    _family(2, "/tmp/", r"(?:^|[\s\"'(`=])/tmp/", "linux"),
    _machine(0, "aarch64", r"linux-aarch64|[-_]aarch64\.whl|aarch64-\w{1,20}-linux|linux_aarch64", "aarch64"),
    _machine(0, "x86_64", r"linux-x86_64|[-_.]x86_64\.whl|x86_64-\w{1,20}-linux|x86_64-linux", "x86_64"),
    _machine(0, "armv7l", r"linux-armv7l|[-_]armv7l\.whl", "armv7l"),
    _machine(0, "i686", r"linux-i686|[-_]i686\.whl", "i686"),
    _machine(0, "arm64", r"macosx[-_][\d._]{1,8}[-_]arm64|linux/arm64", "arm64"),
    _machine(1, "/opt/homebrew", r"/opt/homebrew", "arm64"),
    _machine(1, "x86_64", r"macosx[-_][\d._]{1,8}[-_]x86_64", "x86_64"),
    _place(0, "==> using python version", None, "render"),
    _place(0, "/opt/render/", None, "render"),
    _place(1, "==> ", r"==> (?:Running build command|Cloning from https|Build failed|Installing Python version)", "render"),
    _place(0, "heroku-2", r"(?:Building on the |stack: ?)(heroku-2\d)\b", None),
    _place(1, "heroku", r"-----> .{0,60}Heroku|/app/\.heroku/python|Push rejected, failed to compile Python app", "heroku"),
    _place(1, "-----> python app detected", None, "heroku"),
    _place(0, "nixpacks", r"using nixpacks|nixpacks v\d|nixpacks build|railwayapp/nixpacks", "railway"),
    _place(0, "railpack", r"\brailpack \d|using railpack|railwayapp/railpack", "railway"),
    _place(1, "railway", r"\brailway (?:up|deploy|build)|railway\.(?:toml|json)|up\.railway\.app", "railway"),
    _place(0, "vercel", r'Running "vercel build"|/vercel/path\d|Vercel CLI \d', "vercel"),
    _place(0, "fly.io", r"registry\.fly\.io|fly\.io/", "fly"),
    _place(0, "aws", r"public\.ecr\.aws/(?:lambda|sam)/|amazon/aws-sam-cli", "lambda"),
    _place(0, "lambda", r"\bsam build\b.{0,60}|/var/lang/lib/python", "lambda"),
    _place(0, "google.python", None, "google-functions"),
    _place(0, "image: ", r"^\s*Image: (ubuntu-2\d\.04|windows-20\d\d|macos-\d\d)\b", None),
    _place(2, "/opt/hostedtoolcache/", None, "github-ubuntu"),
    _place(2, "/home/runner/", None, "github-ubuntu"),
    _place(2, "/users/runner/", None, "github-macos"),
    _place(1, "alpine", r"FROM \S{0,100}(?:python|alpine|uv)\S{0,60}alpine|FROM \S{0,60}\balpine\b|python:[\w.]{1,20}-alpine|dl-cdn\.alpinelinux\.org", "alpine"),
    _place(1, "apk add", r"\bapk add\b", "alpine"),
    _place(1, "python", r"python:?[\w.]{0,12}-(?:slim-)?(buster|bullseye|bookworm|trixie)\b", None),
    _place(1, "ubuntu", r"FROM \S{0,60}ubuntu:(2\d)\.04", None),
    _place(1, "debian", r"(?:deb\.debian\.org|FROM \S{0,60}debian)\S{0,20}[ :](buster|bullseye|bookworm|trixie)\b", None),
    _place(1, "ubuntu.com", r"ubuntu\.com/\S{0,20} (focal|jammy|noble)\b", None),
    _place(2, "python:3", r"(?:FROM |library/|docker\.io/)\S{0,60}python:3[\w.-]{0,30}", "docker"),
)  # fmt: skip


@dataclass(slots=True)
class HostReader:
    """Reads line by line, and keeps the best clue of each kind."""

    _found: dict[str, tuple[int, Clue]] = field(default_factory=dict)
    _open: list[_Sentence] = field(default_factory=lambda: list(_SENTENCES))

    def feed(self, line: Line) -> None:
        """Take note of the next line."""
        for sentence in self._open:
            if sentence.needle in line.lowered:
                match = sentence.pattern.search(line.text)
                if match is not None:
                    self._keep(sentence, sentence.value or match[1].lower(), line)

    def _keep(self, sentence: _Sentence, value: str, line: Line) -> None:
        """From here on only sentences that count more are looked for."""
        known = self._found.get(sentence.kind)
        if known is None or sentence.rank < known[0]:
            self._found[sentence.kind] = (sentence.rank, Clue(value, quote(line)))
            self._open = [
                one for one in self._open if one.kind != sentence.kind or one.rank < sentence.rank
            ]

    def host(self) -> Host:
        """What the lines so far say, as a whole."""
        python = self._clue("python")
        if python is not None:
            python = Clue(_python_tag(python.value), python.quote)
        platform = self._platform()
        if python is None or platform is None:
            return Host(python, platform, None)
        if platform.value == "android":
            return Host(python, platform, None, "pinfix has no target for Android")
        text = f"{python.value}-{platform.value}"
        try:
            parse_target(text)
        except UsageError as error:
            return Host(python, platform, None, str(error))
        return Host(python, platform, text)

    def _clue(self, kind: str) -> Clue | None:
        known = self._found.get(kind)
        return None if known is None else known[1]

    def _platform(self) -> Clue | None:
        """The host's preset where it fits what the build's own tags say, else those."""
        family, place, machine = self._clue("family"), self._clue("place"), self._clue("machine")
        if place is not None:
            name = _preset_name(place.value)
            certain = family is not None and self._found["family"][0] == 0
            if not certain or _fits(name, family):
                return Clue(_on_machine(name, machine), place.quote)
        if family is None:
            return None
        plain = {"linux": "manylinux", "musl": "alpine"}.get(family.value, family.value)
        return Clue(_on_machine(plain, machine), family.quote)


def _python_tag(value: str) -> str:
    """``cp313`` of ``3.13``, ``313`` or ``313t``."""
    return f"cp{value.replace('.', '')}"


def _preset_name(value: str) -> str:
    """The preset of what a line names: ``ubuntu-24.04``, ``bookworm``, ``24``, ``heroku-24``."""
    if value in _LINUX_PRESETS_AGE:
        return _LINUX_PRESETS_AGE[value]
    if value.isdigit():
        return f"ubuntu-{value}"
    if value.startswith("windows-"):
        return "github-windows"
    if value.startswith("macos-"):
        return "github-macos"
    return value.removesuffix(".04")


def _fits(name: str, family: Clue | None) -> bool:
    """Whether a preset is of the family that the build's tags name."""
    if family is None:
        return True
    platform = PRESETS[name].since[0][1] if name in PRESETS else name
    # What is built on Alpine is tagged linux, as everywhere.
    kinds = {"linux": ("manylinux", "musllinux"), "musl": ("musllinux",)}
    return platform.startswith(kinds.get(family.value, (family.value,)))


def _on_machine(name: str, machine: Clue | None) -> str:
    """The preset or platform on the machine that the log names; most are for x86_64."""
    if machine is None:
        return name
    if name == "macosx":
        return f"macosx_{'x86_64' if machine.value == 'x86_64' else 'arm64'}"
    own = machine.value.replace("arm64", "aarch64")
    if own == "x86_64":
        return name
    if name.startswith("manylinux"):
        return f"{name}_{own}"
    platform = PRESETS[name].since[-1][1] if name in PRESETS else ""
    return platform.replace("x86_64", own) if platform.endswith("_x86_64") else name
