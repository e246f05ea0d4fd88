"""The pages of the reference, made from the code when the site is built; a hook of MkDocs.

Options come from the commands, rules from their packs, targets from the presets, the library from its
docstrings. What README.md holds is taken from there: a page that says ``<!-- README: example -->``
gets what stands between those marks in it, so that nothing is written down twice.
"""

from __future__ import annotations

import dataclasses
import html
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

import pinfix
from pinfix import errors
from pinfix.cli import cli
from pinfix.report.rules import claim_phrase, rule_phrase, when_phrase
from pinfix.rulebook.packs import DEFAULT_PACKS, read_packs, shipped_packs
from pinfix.settings import SETTINGS
from pinfix.targets.presets import PRESETS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

    from pinfix.rulebook.parse import Pack
    from pinfix.rulebook.rule import Rule

ROOT = Path(__file__).resolve().parent.parent
# Where a link of README.md, or one to it, leads on the site.
LINKS = {
    "#json": "reference/json.md",
    "#rules": "reference/rules.md",
    "#configuration": "reference/settings.md",
    "#in-other-tools": "how-to/pull-requests.md#in-other-tools",
    **{f"rules/{name}.toml": f"reference/rules/{name}.md" for name in shipped_packs()},
}
_FETCHED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//[^>]*>")
_TO_README = re.compile(r"\]\((?:\.\./)+README\.md(?P<place>#[\w-]+)\)")
_INCLUDE = re.compile(r"<!-- README: (?P<what>[^>]+?) -->")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the code."""
    from mkdocs.structure.files import File

    for name, text in pages():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Put in what a page takes from README.md."""
    depth = page.file.src_uri.count("/")
    markdown = _TO_README.sub(lambda to: f"]({'../' * depth}{LINKS[to['place']]})", markdown)
    return _INCLUDE.sub(lambda found: from_readme(found["what"], depth), markdown)


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site that would fetch anything from elsewhere."""
    for path in Path(config.site_dir).rglob("*.html"):
        fetched = _FETCHED.search(path.read_text(encoding="utf-8"))
        if fetched is not None:
            raise ValueError(f"{path}: {fetched[0]}")


# -- README.md ---------------------------------------------------------------------------------


def from_readme(what: str, depth: int = 0) -> str:
    """A marked block, ``example``, or the text below a heading, ``### JSON``; links lead to pages."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    if what.startswith("#"):
        level = what.partition(" ")[0]
        found = re.search(
            rf"^{re.escape(what)}\n(?P<body>.*?)(?=^#{{2,{len(level)}}} |\Z)",
            text,
            re.MULTILINE | re.DOTALL,
        )
    else:
        mark = re.escape(what)
        found = re.search(rf"<!-- {mark} -->\n(?P<body>.*?)<!-- /{mark} -->", text, re.DOTALL)
    if found is None:
        raise KeyError(f"README.md has no {what}")
    body = re.sub(r"<!-- .*? -->\n?", "", found["body"])
    up = "../" * depth

    def link(match: re.Match[str]) -> str:
        text, goal = match["text"], match["goal"]
        if goal.startswith(("http:", "https:")):
            return match[0]
        page = LINKS.get(goal) or (goal.removeprefix("docs/") if goal.startswith("docs/") else None)
        if page is not None:
            return f"[{text}]({up}{page})"
        if "/" not in goal:
            return text
        return (
            f"{text} in the repository" if goal in text else f"{text} (`{goal}` in the repository)"
        )

    return re.sub(r"\[(?P<text>[^\]\n]*)\]\((?P<goal>[^)\s]+)\)", link, body).strip() + "\n"


# -- the pages ---------------------------------------------------------------------------------


def pages() -> Iterator[tuple[str, str]]:
    """Every page by its name below ``reference/``."""
    yield "commands", commands_page()
    yield "targets", targets_page()
    yield "rules", rules_page()
    for pack in _packs():
        yield f"rules/{pack.name}", pack_page(pack)
    yield "settings", settings_page()
    yield "exit-codes", exit_codes_page()
    yield "json", json_page()
    yield "library", library_page()


def _page(title: str, lead: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", lead, *parts]) + "\n"


def commands_page() -> str:
    """Every command with its arguments and options, from click."""
    return _page(
        "Commands and options",
        "`pinfix FILE...` is short for `pinfix fix FILE...`. Made from the commands themselves, as `--help` is.",
        *_commands(cli, click.Context(cli, info_name="pinfix", **cli.context_settings), 2),
        "## Shell completion",
        from_readme("### Shell completion", 1),
    )


def _commands(group: click.Group, context: click.Context, level: int) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield f"{'#' * level} {inner.command_path}"
        usage = " ".join(command.collect_usage_pieces(inner))
        yield f"```\n{inner.command_path} {usage}\n```"
        yield inspect.cleandoc(command.help or "").replace("\b\n", "")
        options = [one for one in command.params if isinstance(one, click.Option)]
        if options and not isinstance(command, click.Group):
            rows = (_option(one, inner) for one in options if not one.hidden)
            yield "\n".join(["| option | what it does |", "|---|---|", *rows])
        if command.epilog:
            yield _exit_codes(inspect.cleandoc(command.epilog))
        if isinstance(command, click.Group):
            yield from _commands(command, inner, level + 1)


def _option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    names, told = record if record is not None else (", ".join(option.opts), "")
    return f"| {_code(names)} | {_cell(told)} |"


def _exit_codes(epilog: str) -> str:
    """The table of what an epilog says of exit codes; any other epilog as it is."""
    rows = re.findall(r"^ +(\d)  +(.*)", epilog, re.MULTILINE)
    if not rows:
        return epilog
    return "\n".join(["| exit code | meaning |", "|---|---|", *(f"| {c} | {m} |" for c, m in rows)])


def targets_page() -> str:
    """Tags, and every preset with the reason for its platform."""
    rows = []
    for name, preset in PRESETS.items():
        since = [
            f"`{platform}`" + (f" from Python {first[0]}.{first[1]}" if number else "")
            for number, (first, platform) in enumerate(preset.since)
        ]
        rows.append(
            f"| `{name}` | {'<br>'.join(since)} | [{_cell(preset.reason)}]({preset.evidence}) |"
        )
    return _page(
        "Targets",
        from_readme("### Targets", 1),
        "## Presets",
        "\n".join(["| preset | platform | why |", "|---|---|---|", *rows]),
        "## Targets inferred",
        from_readme("### Targets inferred", 1),
    )


def rules_page() -> str:
    """The packs."""
    packs = sorted(_packs(), key=lambda pack: pack.name not in DEFAULT_PACKS)
    rows = [
        f"| [{pack.name}](rules/{pack.name}.md) | {len(pack.rules)} | {_usage(pack)} "
        f"| {_cell(_paragraphs(pack.about)[0])} |"
        for pack in packs
    ]
    return _page(
        "Rules",
        from_readme("### Rules", 1),
        "## The packs",
        "\n".join(["| pack | rules | in force | what it is about |", "|---|---|---|---|", *rows]),
        "[How to write rules of your own](../how-to/own-rules.md).",
    )


def pack_page(pack: Pack) -> str:
    """Every rule of a pack: first in a table, then with reasons and evidence."""
    rows = [
        f"| [{rule.id}](#{rule.id}) | {_cell(rule_phrase(rule))} | {_cell(when_phrase(rule))} |"
        for rule in pack.rules
    ]
    return "---\nhide:\n  - toc\n---\n" + _page(
        pack.name,
        f"In force {_usage(pack)}. The name of a rule leads to its reason and its evidence.",
        *map(_inline, _paragraphs(pack.about)),
        "\n".join(["| rule | does | when |", "|---|---|---|", *rows]),
        *(_rule(rule, pack) for rule in pack.rules),
    )


def _packs() -> tuple[Pack, ...]:
    return read_packs(list(shipped_packs()))


def _usage(pack: Pack) -> str:
    return "by default" if pack.name in DEFAULT_PACKS else f"by `--rules {pack.name}`"


def _rule(rule: Rule, pack: Pack) -> str:
    facts = [("does", rule_phrase(rule)), ("when", when_phrase(rule)), ("why", rule.reason)]
    if rule.risk is not None:
        facts.append(("risk", rule.risk))
    facts += [("evidence", fact) for fact in rule.evidence]
    facts += [("claim", claim_phrase(claim)) for claim in pack.claims.get(rule.id, ())]
    lines = [f"- *{label}:* {_inline(text)}" for label, text in facts]
    return "\n".join([f"## {rule.id} {{: #{rule.id} }}", "", *lines])


def settings_page() -> str:
    """Every key that a project or its environment may set."""
    rows = [
        f"| `{one.key}` | `{one.variable}` | {' or '.join(one.choices) or one.kind} |"
        for one in SETTINGS
    ]
    return _page(
        "Settings",
        from_readme("### Configuration", 1),
        "## Keys and variables",
        "\n".join(["| key | variable | takes |", "|---|---|---|", *rows]),
    )


def exit_codes_page() -> str:
    """What README.md says of exit codes, and the errors that have them."""
    classes = [one for one in vars(errors).values() if isinstance(one, type)]
    rows = [
        f"| `{one.__name__}` | {one.exit_code} | {_cell(_first_sentence(one))} |"
        for one in classes
        if issubclass(one, errors.PinfixError) and one is not errors.PinfixError
    ]
    return _page(
        "Exit codes",
        from_readme("### Exit codes", 1),
        "What each command means by 1 stands with [its options](commands.md).",
        "## Errors",
        "`kind` of an error in the [JSON](json.md) is one of these, and so is what the [library](library.md) raises.",
        "\n".join(["| error | exit code | meaning |", "|---|---|---|", *rows]),
    )


def json_page() -> str:
    """The schemas, as README.md documents them."""
    return _page(
        "JSON",
        "## A plan",
        from_readme("### JSON", 1),
        "## A matrix",
        _tables("### Where to deploy"),
        "## A diagnosis",
        _tables("### A build's log"),
        "## A verification",
        _tables("### Proof by installation"),
    )


def _tables(heading: str) -> str:
    """Only the tables of fields below a heading of README.md."""
    text = from_readme(heading, 1)
    schemas = re.findall(r"^\| field .*?(?:\n(?!\|)|\Z)", text, re.MULTILINE | re.DOTALL)
    if not schemas:
        raise KeyError(f"README.md has no table of fields below {heading}")
    return "\n".join(schemas)


def library_page() -> str:
    """The library, from its docstrings."""
    names = [name for name in pinfix.__all__ if name != "__version__"]
    functions = [name for name in names if not inspect.isclass(getattr(pinfix, name))]
    classes = [name for name in names if name not in functions]
    first = ["rewrite", "rewrite_files", "write"]
    functions.sort(key=lambda name: (first.index(name) if name in first else len(first), name))
    raised = [name for name in classes if issubclass(getattr(pinfix, name), Exception)]
    return _page(
        "Library",
        from_readme("### The library", 1),
        "## Functions",
        *(part for name in functions for part in _function(name)),
        "## Types",
        *(part for name in classes if name not in raised for part in _class(name)),
        "## Errors",
        *(part for name in raised for part in _class(name)),
    )


def _function(name: str) -> Iterator[str]:
    function = getattr(pinfix, name)
    yield f"### {name} {{: #{name} }}"
    yield f"```python\n{_signature(f'pinfix.{name}', function)}\n```"
    yield _doc(function)


def _class(name: str) -> Iterator[str]:
    cls = getattr(pinfix, name)
    yield f"### {name} {{: #{name} }}"
    yield _doc(cls)
    fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    rows = [f"| `{one.name}` | {_code(str(one.type))} |" for one in fields if one.name[0] != "_"]
    if rows:
        yield "\n".join(["| field | type |", "|---|---|", *rows])
    for member, value in vars(cls).items():
        function = value.__func__ if isinstance(value, classmethod) else value
        if member.startswith("_") or not (
            inspect.isfunction(function) or isinstance(value, property)
        ):
            continue
        if isinstance(value, property) and value.fget is not None:
            shown = f"{name}.{member}: {inspect.signature(value.fget).return_annotation}"
        else:
            shown = _signature(f"{name}.{member}", function)
        yield f"```python\n{shown}\n```"
        yield _doc(value)


def _signature(name: str, function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    parameters = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
    shown, starred = [], False
    for one in parameters:
        if one.kind is one.KEYWORD_ONLY and not starred:
            shown.append("*")
            starred = True
        kind = "" if one.annotation is one.empty else f": {one.annotation}"
        default = "" if one.default is one.empty else f" = {one.default!r}"
        shown.append(f"{one.name}{kind}{default}")
    end = f") -> {signature.return_annotation}"
    line = f"{name}({', '.join(shown)}{end}"
    if len(line) <= 80:
        return line
    return "\n".join([f"{name}(", *(f"    {one}," for one in shown), end])


# -- words -------------------------------------------------------------------------------------


class _Documented(Protocol):
    __doc__: str | None


def _doc(documented: _Documented) -> str:
    return inspect.cleandoc(documented.__doc__ or "")


def _first_sentence(documented: _Documented) -> str:
    text = " ".join(_doc(documented).partition("\n\n")[0].split())
    return re.sub(r" \(exit code \d\)", "", text).rstrip(".")


def _paragraphs(text: str) -> list[str]:
    return text.strip().split("\n\n")


def _code(text: str) -> str:
    """Code in a table, where a pipe would end the cell and a backslash before it would be seen."""
    return f"<code>{html.escape(text, quote=False).replace('|', '&#124;')}</code>"


def _cell(text: str) -> str:
    return _inline(text).replace("|", "&#124;")


def _inline(text: str) -> str:
    """One line of text in which nothing is markup but code and addresses."""
    parts = re.split(r"(`[^`]*`|https?://[^\s,;)]+[^\s,;.)])", " ".join(text.split()))
    for number, part in enumerate(parts):
        if part.startswith(("http://", "https://")):
            parts[number] = f"<{part}>"
        elif not part.startswith("`"):
            escaped = html.escape(part, quote=False)
            parts[number] = re.sub(r"([\\*_\[\]{}])", r"\\\1", escaped)
    return "".join(parts)
