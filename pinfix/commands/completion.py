"""What a shell may complete a word to, beside the names of commands and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

# What has wheels today; any other Python can be typed.
_PYTHONS = ("cp310", "cp311", "cp312", "cp313", "cp314")


def complete_file(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The shell's own completion of files."""
    del ctx, param
    return [_item(incomplete, "file")]


def complete_folder(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The shell's own completion of folders."""
    del ctx, param
    return [_item(incomplete, "dir")]


def complete_target(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Pythons with each preset and each usual platform; after a comma, one more."""
    del ctx, param
    from pinfix.targets.platform import known_platforms
    from pinfix.targets.presets import PRESETS

    before, comma, last = incomplete.rpartition(",")
    python, dash, _ = last.partition("-")
    pythons = [python] if dash else _PYTHONS
    platforms = [name for name in (*PRESETS, *known_platforms()) if name != "host"]
    targets = [f"{one}-{platform}" for one in pythons for platform in platforms]
    return [f"{before}{comma}{target}" for target in ("host", *targets) if target.startswith(last)]


def complete_pack(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The shipped rule packs, else a file."""
    from pinfix.rulebook.packs import shipped_packs

    named = [name for name in (*shipped_packs(), "none") if name.startswith(incomplete)]
    return [_item(name) for name in named] or complete_file(ctx, param, incomplete)


def complete_rule(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The ids of the shipped rules."""
    del ctx, param
    from pinfix.rulebook.packs import load_rule_book, shipped_packs

    rules = load_rule_book(list(shipped_packs())).rules
    return sorted(rule.id for rule in rules if rule.id.startswith(incomplete))


def _item(value: str, kind: str = "plain") -> CompletionItem:
    from click.shell_completion import CompletionItem  # for who completes alone

    return CompletionItem(value, type=kind)
