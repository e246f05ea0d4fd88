"""Who may import and do what: the layout of the design, read off the source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "pinfix"
MODULES = sorted(PACKAGE.rglob("*.py"))
PURE = (
    *("requirements", "targets", "rulebook", "report", "planning", "resolve", "evidence"),
    *("deploy", "migrate", "buildlog"),
)
# Where a run starts and ends: what prints, exits, and knows terminals and the environment.
COMMAND_LINE = {"start.py", "cli.py", "delivery.py"}
COMMANDS = "commands/"
# These read what the parts beside them, which are pure, are given: the host and the rule packs.
EDGES = {"targets/host.py", "rulebook/packs.py"}
# What stands below all parts, and knows none.
EVERYONES = {"errors", "records"}
# What each part may know of pinfix besides. The dependency direction goes from the first to the last.
MAY_IMPORT = {
    "requirements": {"requirements", "credentials"},
    "targets": {"targets"},
    "rulebook": {"rulebook"},
    "index": {"index", "credentials"},
    "resolve": {"resolve", "index", "rulebook", "targets"},
    "planning": {
        *("planning", "resolve", "index", "rulebook", "requirements", "targets", "credentials"),
    },
    "evidence": {
        *("evidence", "planning", "resolve", "index", "rulebook", "requirements", "targets"),
    },
    "deploy": {"deploy", "requirements", "targets"},
    "migrate": {"migrate", "deploy", "planning", "rulebook", "requirements", "targets"},
    "buildlog": {"buildlog", "targets", "credentials"},
    "verify": {
        *("verify", "planning", "index", "targets", "inputs", "pip_config"),
        *("credentials", "__version__"),
    },
    "report": {
        *("report", "planning", "evidence", "rulebook", "requirements", "targets", "buildlog"),
        *("migrate", "credentials"),
    },
}
# Of the index, the search knows its answers and the Protocol, never the client or the store.
INDEX_VALUES = {
    *("protocol", "listing", "versions", "metadata", "requires_dist"),
    *("sdist", "sdist_facts", "repair"),
}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def is_command_line(path: Path) -> bool:
    return name_of(path) in COMMAND_LINE or name_of(path).startswith(COMMANDS)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a module imports, wherever in it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: a relative import"
            yield node.module or ""
            if node.module in ("pinfix", "os"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def uses(path: Path) -> Iterator[str]:
    """Every dotted or bare name that a module reads, as written."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Name | ast.Attribute):
            yield ast.unparse(node)


def test_the_package_was_found() -> None:
    assert {"cli.py", "run.py", "index/client.py"} <= {name_of(path) for path in MODULES}


def broken(found_in: Callable[[Path], set[str]]) -> dict[str, set[str]]:
    """The modules, outside of the command line, in which ``found_in`` finds what it should not."""
    found = {name_of(path): found_in(path) for path in MODULES if not is_command_line(path)}
    return {name: what for name, what in found.items() if what}


def top_level(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_only_the_command_line_prints() -> None:
    printing = {"print", "click.echo", "click.secho", "sys.stdout", "sys.stderr"}
    assert broken(lambda path: printing & set(uses(path))) == {}


def test_only_the_command_line_knows_click_and_terminals() -> None:
    edge = {"click", "rich", "platformdirs"}
    assert broken(lambda path: edge & top_level(path)) == {}


def test_only_the_command_line_reads_the_environment_and_exits() -> None:
    edge = {"os.environ", "os.getenv", "sys.exit", "SystemExit"}
    found = broken(lambda path: edge & {*uses(path), *imports(path)})
    # Proxies, certificates and netrc files: what HTTP libraries read there themselves.
    assert set(found) == {"index/environment.py"}


def test_only_where_servers_are_asked_is_urllib3_known() -> None:
    found = broken(lambda path: {"urllib3", "requests", "http"} & top_level(path))
    assert set(found) == {"index/http.py", "index/connections.py", "index/cookies.py"}


def test_only_the_index_knows_network_and_database() -> None:
    low = {"urllib3", "http", "socket", "ssl", "sqlite3"}
    assert {name.partition("/")[0] for name in broken(lambda path: low & top_level(path))} == {
        "index"
    }


def test_parts_depend_in_one_direction() -> None:
    def beyond(path: Path) -> set[str]:
        allowed = MAY_IMPORT.get(name_of(path).partition("/")[0])
        known = {name.split(".")[1] for name in imports(path) if name.startswith("pinfix.")}
        return set() if allowed is None else known - allowed - EVERYONES

    assert broken(beyond) == {}


def test_pure_parts_know_the_index_by_its_values() -> None:
    def beyond(path: Path) -> set[str]:
        known = {name.split(".")[2] for name in imports(path) if name.startswith("pinfix.index.")}
        return known - INDEX_VALUES if name_of(path).startswith(PURE) else set()

    assert broken(beyond) == {}


def test_pure_parts_do_no_io() -> None:
    doing = {"subprocess", "tempfile", "shutil", "platform", "sysconfig", "urllib3"}

    def io(path: Path) -> set[str]:
        if name_of(path) in EDGES or not name_of(path).startswith(PURE):
            return set()
        return doing & top_level(path) | {"open"} & set(uses(path))

    assert broken(io) == {}
