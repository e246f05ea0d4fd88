"""The pages of docs/: what is made from the code is all there, and what they tell people to type is so."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

import pinfix
from pinfix.cli import COMMANDS, cli
from pinfix.rulebook.packs import read_packs, shipped_packs
from pinfix.settings import SETTINGS
from pinfix.targets.presets import PRESETS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
_SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _loaded()


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The pages of the reference by name."""
    return dict(generate.pages())


def _options(command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), name)
            assert inner is not None
            yield from _options(inner)
    else:
        yield from (opt for one in command.params for opt in one.opts if opt.startswith("--"))


def test_every_command_and_option_is_on_its_page(made: dict[str, str]) -> None:
    page = made["commands"]
    assert re.findall(r"^## pinfix (\w+)$", page, re.MULTILINE) == list(COMMANDS)
    assert {option for option in _options(cli) if option not in page} == set()


def test_every_rule_is_on_the_page_of_its_pack(made: dict[str, str]) -> None:
    for pack in read_packs(list(shipped_packs())):
        page = made[f"rules/{pack.name}"]
        assert {rule.id for rule in pack.rules} == set(
            re.findall(r"^## \S+ \{: #(\S+) \}$", page, re.MULTILINE)
        )
        assert f"](rules/{pack.name}.md)" in made["rules"]


def test_text_is_shown_as_it_is() -> None:
    shown = generate._inline("httpx: only <1 of `a_b` at https://example.org/a_b, x_y[z]")
    assert shown == ("httpx: only &lt;1 of `a_b` at <https://example.org/a_b>, x\\_y\\[z\\]")


def test_every_preset_setting_and_exported_name_is_there(made: dict[str, str]) -> None:
    assert {name for name in PRESETS if f"| `{name}` |" not in made["targets"]} == set()
    assert {one.key for one in SETTINGS if f"| `{one.key}` |" not in made["settings"]} == set()
    assert {name for name in pinfix.__all__ if f"### {name} {{" not in made["library"]} == {
        "__version__"
    }


def test_exported_functions_and_types_say_what_they_are() -> None:
    for name in set(pinfix.__all__) - {"__version__"}:
        assert getattr(pinfix, name).__doc__, name


def test_navigation_names_every_page(made: dict[str, str]) -> None:
    named = set(
        re.findall(r"[:-] (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    )
    written = {page.relative_to(DOCS).as_posix() for page in PAGES}
    assert named == written | {f"reference/{name}.md" for name in made}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_takes_from_the_readme_is_there(page: Path) -> None:
    for what in re.findall(r"<!-- README: (.+?) -->", page.read_text("utf-8")):
        assert generate.from_readme(what).strip()


def test_what_a_page_asks_for_in_vain_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"README\.md has no nonsense"):
        generate.from_readme("nonsense")


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_commands_to_type_are_ones_that_pinfix_takes(page: Path) -> None:
    for block in _SHELL.findall(page.read_text("utf-8")):
        for line in block.splitlines():
            for command in re.findall(r"(?:^|\| |; )(pinfix .*?)(?=$| \| |; | \| tee)", line):
                _parse(shlex.split(command, comments=True)[1:])


def _parse(words: list[str]) -> None:
    """What click makes of the words; nothing is run."""
    command: click.Command | None = cli
    context = click.Context(cli, info_name="pinfix")
    if words[0] not in ("--help", "--version", *COMMANDS):
        words = ["fix", *words]
    while isinstance(command, click.Group) and not words[0].startswith("--"):
        context, name = click.Context(command, parent=context), words.pop(0)
        command = command.get_command(context, name)
        assert command is not None, name
    command.make_context(words[0] if words else "pinfix", words, parent=context).close()
