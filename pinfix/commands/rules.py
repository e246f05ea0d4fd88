"""``pinfix rules``: what the rule packs say, and whether it is true."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from pinfix.commands.completion import complete_pack, complete_rule
from pinfix.commands.configured import configure
from pinfix.commands.options import (
    access_of,
    cache_options,
    fail,
    index_options,
    sources_of,
    verbose_option,
)
from pinfix.configuration import read_configuration
from pinfix.errors import PinfixError, UsageError
from pinfix.pip_config import read_pip_config
from pinfix.report.rules import (
    Checked,
    check_json,
    check_summary,
    rule_json,
    rule_shown,
    rules_json,
    rules_list,
)
from pinfix.report.words import json_text
from pinfix.rulebook.packs import DEFAULT_PACKS, read_packs, shipped_packs

if TYPE_CHECKING:
    from pinfix.index.protocol import OpenIndex
    from pinfix.rulebook.parse import Pack

# Each check waits for the index most of the time.
_WORKERS = 8

_packs_argument = click.argument(
    "packs", nargs=-1, metavar="[PACK]...", shell_complete=complete_pack
)


@click.group()
def rules() -> None:
    """What the rule packs say, and whether it is still true.

    PACK is a shipped pack's name or the path of one; all the shipped ones where none is named.
    """


@rules.command("list")
@_packs_argument
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_rules(packs: Sequence[str], *, as_json: bool) -> None:
    """Every rule on a line: what it does, and when."""
    found = _packs(packs)
    click.echo(rules_json(found) if as_json else rules_list(found, DEFAULT_PACKS), nl=False)


@rules.command("show")
@click.argument("rule_id", metavar="ID", shell_complete=complete_rule)
@click.option(
    "--rules",
    "packs",
    multiple=True,
    metavar="NAME|PATH",
    shell_complete=complete_pack,
    help="Look in this pack.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show_rule(rule_id: str, packs: Sequence[str], *, as_json: bool) -> None:
    """All that one rule says: what, when, why, at which risk, and on what evidence."""
    found = _packs(packs)
    named = [(pack, rule) for pack in found for rule in pack.rules if rule.id == rule_id]
    if not named:
        near = get_close_matches(rule_id, [r.id for pack in found for r in pack.rules], 3)
        about = [r.id for pack in found for r in pack.rules if r.package == rule_id]
        meant = ", ".join(dict.fromkeys([*about, *near]))
        guess = f"Did you mean {meant}?" if meant else "See pinfix rules list."
        fail(UsageError(f"no rule has the id {rule_id}. {guess}"))
    if as_json:
        values = [rule_json(rule, pack.claims.get(rule.id, ())) for pack, rule in named]
        click.echo(json_text(values), nl=False)
        return
    texts = [rule_shown(rule, pack.claims.get(rule.id, ())) for pack, rule in named]
    click.echo("\n".join(texts), nl=False)


@rules.command("check")
@_packs_argument
@index_options
@cache_options
@verbose_option("What is true as well, with its evidence.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def check_rules(packs: Sequence[str], **given: Any) -> None:
    """Hold every rule's claims against the index; exit code 1 where one is not true.

    What is claimed of programs that run is looked up only: whether the versions can be installed,
    and whether the rule tells them apart.
    """
    from pinfix.evidence.claims import check_rule
    from pinfix.network import Network
    from pinfix.rulebook.contradictions import contradictions

    found = _packs(packs)
    try:
        configure(given, [os.getcwd()])
        config = read_pip_config(os.environ)
        with Network(access_of(given, config)) as network:
            index: OpenIndex = network.open_index(sources_of(given))
            with ThreadPoolExecutor(_WORKERS) as workers:
                by_pack = {
                    pack.name: list(
                        workers.map(
                            lambda rule, pack=pack: Checked(
                                rule, check_rule(rule, pack.claims.get(rule.id, ()), index)
                            ),
                            pack.rules,
                        )
                    )
                    for pack in found
                }
    except PinfixError as error:
        fail(error)
    clashes = dict.fromkeys(said for pack in found for said in contradictions(pack.rules))
    together = [rule for pack in found if pack.name in DEFAULT_PACKS for rule in pack.rules]
    clashes |= dict.fromkeys(contradictions(together))
    if given["as_json"]:
        click.echo(check_json(by_pack, list(clashes)), nl=False)
    else:
        click.echo(check_summary(by_pack, list(clashes), verbose=given["verbose"]), nl=False)
    untrue = any(not one.holds for checked in by_pack.values() for one in checked)
    sys.exit(1 if untrue or clashes else 0)


def _packs(names: Sequence[str]) -> tuple[Pack, ...]:
    """The packs that were named; else the shipped ones, and the project's own rules."""
    try:
        packs = read_packs(names or list(shipped_packs()))
        own = None if names else read_configuration([os.getcwd()]).rules
    except PinfixError as error:
        fail(error)
    return (*packs, own.pack) if own is not None and own.pack.rules else packs
