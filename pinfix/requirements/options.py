"""The options of a requirements file: where they begin on a line, and which of them pip obeys."""

from __future__ import annotations

from pinfix.records import record

# The hash algorithms that pip takes in --hash.
STRONG_HASHES = ("sha256", "sha384", "sha512")

# pip takes these into account wherever they stand, on a requirement's line too.
GLOBAL_ANYWHERE = ("--no-binary", "--only-binary", "--all-releases", "--only-final")
# Where several on one line do not simply add up, or do nothing without a requirement.
_ORDERED = ("--no-index", "--index-url", "--find-links", "--hash", "--config-settings")


@record
class Option:
    """One option; positions are indices into the logical line.

    ``start:end`` covers option and value, ``value_start:value_end`` the value without quotes
    (or the whole word, where quoting is inside of the value).
    """

    name: str
    value: str | None
    start: int
    end: int
    value_start: int
    value_end: int


def split_line(text: str) -> tuple[int, int]:
    """Where the requirement part of a logical line ends, and where its options begin.

    As pip does, at a space: a tab before the first option is part of the requirement.
    """
    if text.startswith("-"):
        return 0, 0
    space = text.find(" -")
    return (len(text), len(text)) if space < 0 else (space, space + 1)


def obeyed(options: list[Option]) -> list[Option]:
    """The options of a line without a requirement that pip obeys, in the order it obeys them.

    Of several index URLs the last counts, of several ``--find-links`` the first; the index URL
    comes before the extra ones however they are written.
    """
    rest = [option for option in options if option.name not in _ORDERED]
    no_index = [option for option in options if option.name == "--no-index"]
    index = [option for option in options if option.name == "--index-url"][-1:]
    find_links = [option for option in options if option.name == "--find-links"][:1]
    return [*no_index, *(option for option in index if option.value), *rest, *find_links]
