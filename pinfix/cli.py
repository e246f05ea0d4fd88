"""The command line: which command is meant, and what an error that nobody expected comes to.

A command's module is imported when it is asked for.
"""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import click

from pinfix import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Each is a function of its name in a module of its name.
COMMANDS = ("fix", "migrate", "matrix", "why", "log", "rules", "verify", "config")


class _Commands(click.Group):
    """A group whose first argument may be left out: what is no command's name goes to ``fix``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in ("--help", "-h", "--version", *COMMANDS):
            args = ["fix", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, and what stands in for one: a file, or an option of ``fix``."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            fix = self.get_command(ctx, "fix")
            return found if fix is None else found + fix.shell_complete(ctx, incomplete)
        return found or [CompletionItem(incomplete, type="file")]

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pinfix.commands.{cmd_name}")
        return cast("click.Command", getattr(module, cmd_name))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`pinfix FILE...` is short for `pinfix fix FILE...`; see `pinfix fix --help`.",
)
@click.version_option(__version__, prog_name="pinfix")
def cli() -> None:
    """Rewrite the pins that have no wheel for your deploy host, so that pip never compiles."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit. A run for these words that changes nothing is kept."""
    for stream in (sys.stdout, sys.stderr):
        # A file may hold what the terminal's encoding lacks; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        args = None if argv is None else list(argv)
        cli(args=args, prog_name="pinfix", standalone_mode=True, obj=argv)
    except KeyboardInterrupt:  # pragma: no cover - click turns it into Abort first
        sys.exit(130)
    except OSError as error:
        # Files have their own errors; what is left is the output itself, a full disk behind it.
        sys.stderr.write(f"error: standard output cannot be written: {error.strerror}\n")
        sys.exit(2)
