"""What pip refuses: the internal exception with its place, and hints for the common mistakes."""

from __future__ import annotations

import re


class Refusal(Exception):  # noqa: N818 - not an error of its own; the document makes an InputError of it
    """A logical line that pip refuses: ``position`` is an index into its text."""

    def __init__(self, problem: str, position: int, hint: str | None = None) -> None:
        super().__init__(problem, position, hint)
        self.problem = problem
        self.position = position
        self.hint = hint

    def moved(self, distance: int) -> Refusal:
        """The same, seen from a text that begins ``distance`` characters earlier."""
        return Refusal(self.problem, self.position + distance, self.hint)


_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?"

# The first that matches the whole logical line is the hint; groups are filled in.
_HINTS: tuple[tuple[str, str], ...] = (
    (r".*(?:\{\{|\{%|\{#).*", "This is a template: render it first, then pass the result."),
    (
        r"(?:<{7}|={7}|>{7})(?: .*)?",
        "This is a mark of an unfinished merge: resolve the conflict first.",
    ),
    (
        r"[$!%>]?\s*(?:py(?:thon[\d.]*)?\s+-m\s+)?(?:uv\s+)?pip[\d.]*\s+install\s+(?P<rest>.*)",
        "This is a command; the file holds only what is to be installed: {rest}",
    ),
    (
        r"(?P<quote>[\"'])(?P<rest>[^\"']*)(?P=quote)\s*,?",
        "A requirement is written without quotes around it: {rest}",
    ),
    (
        r"(?:[\w-]+\s*=\s*)?\[.*|\].*",
        "This looks like a part of pyproject.toml or a Python list; a requirements file has one"
        " requirement a line, without brackets and quotes around it.",
    ),
    (
        r"(?P<name>[\w.-]+)\s*=\s*(?:[\"'{].*)",
        "This looks like a line of TOML; a requirement is written {name}, or {name}==VERSION",
    ),
    (
        r"[\w-]+:(?: .*)?",
        "This looks like YAML, perhaps a conda environment; a requirements file has one"
        " requirement a line.",
    ),
    (
        r".*[\u00a0\u200b\u2060\ufeff].*",
        "There is an invisible character in the line, perhaps from a web page: type it anew.",
    ),
    (
        r".*\x00.*",
        "There are NUL characters: the file may be UTF-16 without its mark; save it as UTF-8.",
    ),
    (
        r"[^#]*\$\{[A-Z0-9_]+\}.*",
        "An environment variable in it is not set: set it, or write its value.",
    ),
    (
        r"[^\t]*\t+--?\w.*",
        "There is a tab before the option, where pip wants a space.",
    ),
    (
        rf"(?P<name>{_NAME})=(?P<version>[^=\s]+)=[^=\s]*",
        "This is a conda export; a pin of {version} is written {name}=={version}",
    ),
    (
        rf"(?P<name>{_NAME})\s*=\s*(?P<version>[^=<>~!\s][^=<>~!\s]*)(?P<rest>\s*(?:;.*)?)",
        "'=' is no operator; a pin is written {name}=={version}{rest}",
    ),
    (
        rf"(?P<name>{_NAME})\s*(?:=>|=<|=!|=~).*",
        "The '=' comes second in an operator: >=, <=, !=, ~=",
    ),
    (
        rf"(?P<name>{_NAME})\s+(?P<version>v?\d[\w.+!-]*)",
        "There is no operator before the version; a pin is written {name}=={version}",
    ),
    (
        r"(?P<user>[\w.-]+)@(?P<host>[\w.-]+):(?P<path>\S+)",
        "A repository is written with its scheme: git+ssh://{user}@{host}/{path}",
    ),
    (
        rf"{_NAME}\s*(?:[=<>!~]=|===|<|>)\s*[^\s,;]+\s+(?:[=<>!~]=|===|<|>).*",
        "There is no comma between the two conditions.",
    ),
    (
        rf"(?P<name>{_NAME})\s*~=\s*(?P<version>\d+)\s*(?:;.*)?",
        "~= needs two numbers at least: {name}~={version}.0",
    ),
    (
        rf"(?P<name>{_NAME})\s*\^\s*(?P<version>[\w.]+)",
        "'^' is no operator here; it is written as a range, such as {name}>={version}",
    ),
    (
        rf"(?P<name>{_NAME})\s*(?P<operator>[=<>!~]=|===|<|>)\s*"
        r"(?P<quote>[\"'])(?P<version>[\w.*+!-]+)(?P=quote)",
        "A version is written without quotes: {name}{operator}{version}",
    ),
    (
        rf"(?P<name>{_NAME})\s*(?:[=<>!~]=|===|<|>)\s*",
        "There is no version after the operator; without one, the line is {name}",
    ),
)


def hint_for(text: str) -> str | None:
    """What to write instead of ``text``, which pip refuses, where the mistake is a known one."""
    for pattern, hint in _HINTS:
        if match := re.fullmatch(pattern, text):
            return hint.format(**match.groupdict())
    return None
