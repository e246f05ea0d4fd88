"""What a table and the variables may set, and what is said of anything else."""

from __future__ import annotations

import os.path

import click
import pytest

from pinfix.cli import cli
from pinfix.errors import InputError
from pinfix.rulebook.own import parse_own
from pinfix.settings import KEYS, SETTINGS, Said, Setting, said_in_table, said_in_variables

# Options that are about one run: its outputs, what it does, and the age of the cache.
OF_ONE_RUN = {
    *("output", "lock", "diff_only", "check", "diff_file", "json", "markdown", "as_json", "html"),
    *(
        "refresh",
        "verify",
        "suggest",
        "pythons",
        "platforms",
        "write",
        "parts",
        "keep",
        "to_python",
    ),
    *("package", "path", "fixed", "log", "packs", "rule_id", "help"),
}


def in_file(text: str, folder: str = "") -> dict[str, Said]:
    own = parse_own(text, "pinfix.toml", KEYS)
    assert own is not None
    return said_in_table(own.table, folder)


def commands(group: click.Group) -> list[click.Command]:
    context = click.Context(group)
    found = [group.get_command(context, name) for name in group.list_commands(context)]
    inner = [one for c in found if isinstance(c, click.Group) for one in commands(c)]
    return [*(c for c in found if c is not None and not isinstance(c, click.Group)), *inner]


def options() -> dict[str, list[click.Parameter]]:
    by_name: dict[str, list[click.Parameter]] = {}
    for command in commands(cli):
        for param in command.params:
            by_name.setdefault(str(param.name), []).append(param)
    return by_name


def test_every_option_is_a_setting_or_about_one_run() -> None:
    assert set(options()) == {setting.option for setting in SETTINGS} | OF_ONE_RUN - {"help"}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.key)
def test_a_setting_takes_what_its_options_take(setting: Setting) -> None:
    for option in options()[setting.option]:
        several = option.nargs == -1 or getattr(option, "multiple", False)
        assert several == (setting.kind == "list")
        choices = option.type.choices if isinstance(option.type, click.Choice) else ()
        assert tuple(choices) == setting.choices
        assert isinstance(option.type, click.types.BoolParamType) == (setting.kind == "flag")
        if setting.kind == "flag":
            assert option.secondary_opts, "it cannot be overridden"


def test_values_of_each_kind_are_read_with_their_lines() -> None:
    said = in_file(
        'targets = ["cp313-render"]\nsplit = true\n\nprefer = "nearest"\nexclude-newer = "7d"\n'
    )
    assert said == {
        "targets": Said(("cp313-render",), "pinfix.toml", 1),
        "split": Said(value=True, path="pinfix.toml", line=2),
        "prefer": Said("nearest", "pinfix.toml", 4),
        "exclude-newer": Said("7d", "pinfix.toml", 5),
    }
    assert said["prefer"].where == "pinfix.toml:4"


def test_paths_are_from_the_folder_of_the_file() -> None:
    text = """
files = ["requirements.txt", "/etc/r.txt"]
rules = ["rust-free", "ours.toml", "rules/more"]
find-links = ["wheels", "https://example.org/wheels", "file:///wheels"]
index-url = "https://example.org/simple"
cache-dir = "../cache"
"""
    values = {key: said.value for key, said in in_file(text, "up").items()}
    assert values == {
        "files": (os.path.join("up", "requirements.txt"), "/etc/r.txt"),
        "rules": (
            "rust-free",
            os.path.join("up", "ours.toml"),
            os.path.join("up", "rules", "more"),
        ),
        "find-links": (
            os.path.join("up", "wheels"),
            "https://example.org/wheels",
            "file:///wheels",
        ),
        "index-url": "https://example.org/simple",
        "cache-dir": "cache",
    }


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("target = ['x']", 'has no key "target"', 'Did you mean "targets"?'),
        ("targets = 'x'", '"targets" must be a list of strings', None),
        ("split = 1", '"split" must be true or false', None),
        ("prefer = 'nearst'", '"nearst" is not a value of "prefer"', 'Did you mean "nearest"?'),
        ("python = 3.13", '"python" must be a string', None),
        ("cache-dir = ' '", '"cache-dir" is empty', None),
    ],
)
def test_a_mistake_in_a_file_is_named(text: str, problem: str, hint: str | None) -> None:
    with pytest.raises(InputError) as caught:
        in_file(f"\n{text}\n")
    assert (caught.value.path, caught.value.line) == ("pinfix.toml", 2)
    assert problem in caught.value.problem
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        (
            "PINFIX_TARGETS",
            "cp313-render,cp311-alpine",
            "targets",
            ("cp313-render", "cp311-alpine"),
        ),
        ("PINFIX_FILES", " a.txt  b.txt,\tc.txt ", "files", ("a.txt", "b.txt", "c.txt")),
        ("PINFIX_NO_UPGRADE", "1", "no-upgrade", True),
        ("PINFIX_OFFLINE", "False", "offline", False),
        ("PINFIX_COLOR", "never", "color", "never"),
        ("PINFIX_EXCLUDE_NEWER", "7d", "exclude-newer", "7d"),
    ],
)
def test_values_of_variables(name: str, text: str, key: str, value: object) -> None:
    assert said_in_variables({name: text, "OTHER": "1"}) == {key: Said(value, name)}  # type: ignore[arg-type]


def test_a_blank_variable_says_nothing() -> None:
    assert said_in_variables({"PINFIX_TARGETS": "", "PINFIX_SPLIT": " "}) == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "PINFIX_TARGET",
            "x",
            'PINFIX_TARGET: pinfix knows no such variable\nDid you mean "PINFIX_TARGETS"?',
        ),
        ("PINFIX_SPLIT", "maybe", 'PINFIX_SPLIT: "maybe" is neither true nor false\nWrite 1 or 0.'),
        (
            "PINFIX_PREFER",
            "newst",
            'PINFIX_PREFER: "newst" is no value of it\nDid you mean "newest"?',
        ),
    ],
)
def test_a_mistake_in_a_variable_is_named(name: str, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        said_in_variables({name: text})
    assert str(caught.value) == said
