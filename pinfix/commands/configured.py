"""What a command was given, completed by what the project and the environment set."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import click
from click.core import ParameterSource

from pinfix.commands.options import cutoff_of, refuse_no_source, targets_of
from pinfix.configuration import Configuration, read_configuration
from pinfix.errors import PinfixError
from pinfix.rulebook.packs import pack_paths
from pinfix.settings import SETTINGS, Said, said_in_variables


def configure(
    given: dict[str, Any], near: Sequence[str] = (), *, but: Sequence[str] = ()
) -> Configuration:
    """Put what is configured into ``given``, wherever the command line says nothing.

    The configuration is that of the files in ``given``, or else that which is nearest to ``near``;
    ``but`` are keys that this command has no use for. Raises InputError, with file and line or the
    variable's name, for what is wrong with it.
    """
    ctx = click.get_current_context()
    configuration = configuration_for(given.get("files") or near)
    settings = configuration.settings
    for setting in SETTINGS:
        said = settings.get(setting.key)
        if (
            said is None
            or setting.key in but
            or setting.option not in given
            or _is_given(ctx, setting.option)
            or (setting.key == "python" and _is_about_others(ctx, settings.get("targets"), said))
        ):
            continue
        check(setting.key, said)
        given[setting.option] = said.value
    return configuration


def configuration_for(files: Sequence[str]) -> Configuration:
    """What holds for these files, else for those that a variable names, else for this folder."""
    variables = said_in_variables(os.environ)
    named = variables.get("files")
    if not files and named is not None and isinstance(named.value, tuple):
        files = named.value
    found = read_configuration(files)
    return Configuration(found.rules, {**found.settings, **variables}, found.read)


def require_files(files: Sequence[str]) -> None:
    """Raise click's UsageError where no file was named, here or in the configuration."""
    if not files:
        raise click.UsageError(
            "Missing argument 'FILE...'. Name a file, or configure them: files = "
            '["requirements.txt"] in pinfix.toml, or below [tool.pinfix] in pyproject.toml.',
            click.get_current_context(),
        )


def check(key: str, said: Said) -> None:
    """Raise InputError, with its place, for a value that an option of this name would refuse."""
    texts = (said.value,) if isinstance(said.value, str) else said.value
    if isinstance(texts, bool):
        return
    try:
        match key:
            case "targets" if texts:
                targets_of(texts, None)
            case "python":
                targets_of([f"{'.'.join(texts[0].split('.')[:2])}-any"], texts[0])
            case "rules":
                pack_paths(texts)
            case "exclude-newer":
                cutoff_of(texts[0])
            case "index-url" | "extra-index-url" | "find-links":
                refuse_no_source(texts)
            case _:
                return
    except PinfixError as error:
        said.refuse(f'"{key}": {error}')


def _is_given(ctx: click.Context, option: str) -> bool:
    given = ctx.get_parameter_source(option) is ParameterSource.COMMANDLINE
    return given and ctx.params[option] != ()  # as click has it, no FILE at all is given


def _is_about_others(ctx: click.Context, targets: Said | None, python: Said) -> bool:
    """Whether a Python was configured beneath the targets in force, and so for others than these."""
    if _is_given(ctx, "targets"):
        return True
    # A variable has no line, and overrides what has one.
    return targets is not None and targets.line is None and python.line is not None
