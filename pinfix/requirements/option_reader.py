"""The options of a logical line, split and parsed by what pip uses: shlex and optparse."""

from __future__ import annotations

import io
import optparse
import shlex
from collections.abc import Iterator
from typing import NoReturn

from pinfix.records import record
from pinfix.requirements.options import GLOBAL_ANYWHERE, STRONG_HASHES, Option
from pinfix.requirements.refusals import Refusal

_VALUE_OPTIONS: tuple[tuple[str, ...], ...] = (
    ("--index-url", "--pypi-url", "-i"),
    ("--extra-index-url",),
    ("--constraint", "-c"),
    ("--requirement", "-r"),
    ("--editable", "-e"),
    ("--find-links", "-f"),
    ("--no-binary",),
    ("--only-binary",),
    ("--all-releases",),
    ("--only-final",),
    ("--trusted-host",),
    ("--hash",),
    ("--config-settings", "-C"),
)
_FLAGS = ("--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre")
# The values of --use-feature that pip 26 knows.
_FEATURES = (
    "fast-deps",
    "inprocess-build-deps",
    "venv-isolation",
    "truststore",
    "no-binary-enable-wheel-cache",
)

_GONE = {
    "--global-option": "pip took it away; build options go into --config-settings.",
    "--install-option": "pip took it away; build options go into --config-settings.",
    "--process-dependency-links": "pip took it away; write the requirement as 'name @ URL'.",
    "--allow-external": "pip took it away; it can be left out.",
    "--allow-unverified": "pip took it away; write the requirement as 'name @ URL'.",
    "--allow-all-external": "pip took it away; it can be left out.",
    "--use-wheel": "pip took it away; it can be left out.",
    "--no-use-wheel": "pip took it away; it is written --no-binary :all: today.",
}


@record
class _Word:
    text: str
    start: int
    end: int


def _words(text: str, start: int) -> Iterator[_Word]:
    """What ``shlex.split`` gives, with places."""
    lexer = shlex.shlex(stream := io.StringIO(text[start:], newline=""), posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    before = 0
    while True:
        try:
            word = lexer.get_token()
        except ValueError as error:
            raise Refusal(f"The options cannot be split: {error}", start + before) from None
        if word is None:
            return
        # The lexer has also read the white space that ended the word.
        raw = text[start + before : start + stream.tell()]
        lead = len(raw) - len(raw.lstrip(" \t\r\n"))
        end = start + before + len(raw.rstrip(" \t\r\n"))
        yield _Word(word, start + before + lead, end)
        before = stream.tell()


class OptionReader(optparse.OptionParser):
    """optparse with a record of which words each option took."""

    def __init__(self) -> None:
        # A width is given because the default asks the terminal for one.
        formatter = optparse.IndentedHelpFormatter(width=80)
        super().__init__(add_help_option=False, formatter=formatter)
        for names in _VALUE_OPTIONS:
            self.add_option(*names, action="callback", type="string", callback=self._record)
        for name in _FLAGS:
            self.add_option(name, action="callback", callback=self._record)
        self.add_option(
            "--use-feature",
            action="callback",
            type="choice",
            choices=list(_FEATURES),
            callback=self._record,
        )

        self._text = ""
        self._line_words: list[_Word] = []
        self._options: list[Option] = []
        self._first = 0

    def read(self, text: str, start: int) -> tuple[list[Option], list[str]]:
        """The options in ``text[start:]``, and the words pip passes over.

        Option names are the canonical long ones; unambiguous abbreviations are taken as pip does.
        Raises Refusal for what optparse or shlex refuse.
        """
        self._text, self._line_words, self._options = text, list(_words(text, start)), []
        self._first = 0
        if not self._line_words:
            return [], []
        _, rest = self.parse_args([word.text for word in self._line_words])
        return self._options, rest

    def _process_long_opt(self, rargs: list[str], values: optparse.Values) -> None:
        self._first = len(self._line_words) - len(rargs)
        super()._process_long_opt(rargs, values)

    def _process_short_opts(self, rargs: list[str], values: optparse.Values) -> None:
        self._first = len(self._line_words) - len(rargs)
        super()._process_short_opts(rargs, values)

    def _record(
        self, option: optparse.Option, _spelling: str, value: str | None, _parser: object
    ) -> None:
        name = option._long_opts[0]
        _check_value(name, value or "", self)
        words = self._line_words
        last = words[len(words) - len(self.rargs or ()) - 1]
        start, end = words[self._first].start, last.end
        value_start, value_end = _inside(self._text[start:end], value, last.start - start)
        self._options.append(
            Option(name, value, start, end, start + value_start, start + value_end)
        )

    def error(self, msg: str) -> NoReturn:
        """Refuse the word that is being read; optparse would end the process."""
        word = self._line_words[min(self._first, len(self._line_words) - 1)]
        name = word.text.partition("=")[0]
        hint = _GONE.get(name) or (
            "pip takes only some of its options in a requirements file."
            if msg.startswith("no such option")
            else None
        )
        raise Refusal(f"{msg[:1].upper()}{msg[1:]}", word.start, hint)


def _check_value(name: str, value: str, parser: OptionReader) -> None:
    if name == "--hash":
        algorithm, colon, _ = value.partition(":")
        if not colon:
            parser.error("--hash wants the algorithm and the digest, like --hash=sha256:abcde...")
        if algorithm not in STRONG_HASHES:
            known = ", ".join(STRONG_HASHES)
            parser.error(f"--hash takes no {algorithm!r}; it takes {known}")
    elif name == "--config-settings" and "=" not in value:
        parser.error("--config-settings wants KEY=VALUE")
    elif name in GLOBAL_ANYWHERE and value.startswith("-"):
        parser.error(f"{name} wants an argument")


def _inside(raw: str, value: str | None, word: int) -> tuple[int, int]:
    """Where ``value`` stands at the end of ``raw``, whose last word begins at ``word``."""
    if value is not None:
        for end in (len(raw), len(raw) - 1):
            if raw[:end].endswith(value):
                return end - len(value), end
    return word, len(raw)
