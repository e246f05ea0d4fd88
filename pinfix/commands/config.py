"""``pinfix config``: what is in force, and where it was said."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from pinfix.commands.configured import check, configuration_for
from pinfix.commands.fix import fix
from pinfix.commands.options import aim_of, fail, files_argument
from pinfix.errors import PinfixError
from pinfix.pip_config import read_pip_config
from pinfix.report.configuration import Row, configuration_json, configuration_text
from pinfix.report.printable import printable
from pinfix.rulebook.packs import DEFAULT_PACKS
from pinfix.settings import SETTINGS
from pinfix.start import cache_folder

if TYPE_CHECKING:
    from pinfix.configuration import Configuration
    from pinfix.pip_config import PipConfig
    from pinfix.settings import Said, Setting, Value


@click.command()
@files_argument
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def config(files: Sequence[str], *, as_json: bool) -> None:
    """Show what is in force where no option says otherwise, and where it was said.

    The configuration is that of the FILEs: a pinfix.toml, or [tool.pinfix] in a pyproject.toml, in the
    nearest folder above them, or above this one where none is named. Variables override it:
    PINFIX_TARGETS, and so on for each key.
    """
    try:
        configuration = configuration_for(files)
        for key, said in configuration.settings.items():
            check(key, said)
        pip = read_pip_config(os.environ)
        rows = [*_rules(configuration), *_settings(files, configuration, pip)]
    except PinfixError as error:
        fail(error)
    text = configuration_json(rows) if as_json else configuration_text(rows)
    click.echo(text if as_json else printable(text), nl=False)


def _rules(configuration: Configuration) -> Iterator[Row]:
    own = configuration.rules
    if own is None:
        return
    for rule in own.pack.rules:
        yield Row("rule", rule.id, "file", rule.where)
    for rule_id, line in own.disabled.items():
        yield Row("disable-rules", rule_id, "file", f"{own.pack.path}:{line}")


def _settings(files: Sequence[str], configuration: Configuration, pip: PipConfig) -> Iterator[Row]:
    for setting in SETTINGS:
        said = configuration.settings.get(setting.key)
        if said is not None:
            yield _row(setting, said)
        from_pip = list(_of_pip(setting, said, pip))
        yield from from_pip
        if said is None and setting.key == "targets":
            yield from _inferred(files, configuration.settings)
        elif said is None and not from_pip:
            yield Row(setting.key, _default(setting), "default", "")


def _row(setting: Setting, said: Said) -> Row:
    return Row(setting.key, said.value, "variable" if said.line is None else "file", said.where)


def _of_pip(setting: Setting, said: Said | None, pip: PipConfig) -> Iterator[Row]:
    """What pip is configured to, which counts as well; only an index is overridden."""
    if setting.key == "index-url" and said is not None:
        return
    for option in pip.options:
        if option.option == f"--{setting.key}":
            where = f"{option.path}:{option.line}" if option.line else option.path
            yield Row(setting.key, option.value or "", "pip", where)


def _inferred(files: Sequence[str], settings: Mapping[str, Said]) -> Iterator[Row]:
    """The targets that the project's own files come to, as far as they agree."""
    named = settings.get("files")
    near = files or (named.value if named is not None and isinstance(named.value, tuple) else ())
    given = {"targets": (), "python": None, "files": near}
    try:
        aim = aim_of(given)
    except PinfixError:
        yield Row("targets", (), "default", "")
        return
    texts = tuple(target.text for target in aim.targets)
    places = dict.fromkeys(f"{line.file}:{line.line}" for line in aim.inferred if line.target)
    yield Row("targets", texts, "deploy files", ", ".join(places))


def _default(setting: Setting) -> Value | None:
    """What holds where nobody says anything."""
    if setting.key == "rules":
        return DEFAULT_PACKS
    if setting.key == "cache-dir":
        return cache_folder(None)
    if setting.key == "index-url":
        from pinfix.index.client import DEFAULT_INDEX_URL

        return DEFAULT_INDEX_URL
    if setting.kind == "choice":
        default = next(param.default for param in fix.params if param.name == setting.option)
        return str(default)
    return False if setting.kind == "flag" else None
