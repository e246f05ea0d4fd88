"""What README.md says of the command line, the example, the JSON and the presets is so.

``python tests/test_readme.py`` (or ``make readme``) puts the current --help and the example's
diff and matrix on the live index into the page.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pinfix import errors
from pinfix.cli import cli
from pinfix.planning.matrix import Cell, Matrix
from pinfix.planning.plan import Change, ClosureEntry, Plan, RewrittenFile
from pinfix.planning.verified import Step, Verification
from pinfix.report.matrix_json import matrix_json
from pinfix.report.plan_json import error_json, plan_json
from pinfix.report.verification_json import verifications_json
from pinfix.rulebook.own import OWN_KEYS
from pinfix.rulebook.packs import DEFAULT_PACKS, shipped_packs
from pinfix.settings import KEYS
from pinfix.targets.presets import PRESETS
from pinfix.targets.target import parse_target

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
EXAMPLE = ROOT / "examples" / "render-fastapi"
EXAMPLE_TARGET = "cp313-render"
COLUMNS = 80
MATRIX = ("matrix", "requirements.txt", "--rules", "none")

_HELP = re.compile(r"<!-- help: pinfix ?(?P<args>.*?) -->\n```\n(?P<text>.*?)```\n", re.DOTALL)
_EXAMPLE = re.compile(
    r"<!-- example -->\n```diff\n(?P<text>.*?)```\n<!-- /example -->\n", re.DOTALL
)

LOG = ROOT / "tests" / "buildlog" / "logs" / "render-read-only-registry.log"

_LOG = re.compile(r"<!-- log -->\n```\n(?P<text>.*?)```\n<!-- /log -->\n", re.DOTALL)
_MATRIX = re.compile(r"<!-- matrix -->\n```\n(?P<text>.*?)```\n<!-- /matrix -->\n", re.DOTALL)


def help_text(args: str) -> str:
    """What ``pinfix ARGS`` prints on a terminal of 80 columns."""
    result = CliRunner(env={"COLUMNS": str(COLUMNS)}).invoke(
        cli, args.split(), prog_name="pinfix", catch_exceptions=False
    )
    return result.output


def log_text() -> str:
    """What ``pinfix log`` says of the README's log."""
    return f"$ pinfix log build.log\n{help_text(f'log {LOG}')}"


def example_diff() -> str:
    """What the README's run on the example prints, on the live index."""
    command = [sys.executable, "-m", "pinfix", "requirements.txt", "-t", EXAMPLE_TARGET, "--diff"]
    run = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stderr
    return run.stdout


def example_matrix() -> str:
    """What the README's matrix of the example prints, on the live index."""
    command = [sys.executable, "-m", "pinfix", *MATRIX]
    run = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return f"$ pinfix {' '.join(MATRIX)}\n{run.stdout}"


def shown_matrix() -> str:
    """The example's matrix as the README shows it."""
    found = _MATRIX.search(README.read_text(encoding="utf-8"))
    assert found is not None, "README.md has no matrix between its markers"
    return found["text"]


def shown_diff() -> str:
    """The example's diff as the README shows it."""
    found = _EXAMPLE.search(README.read_text(encoding="utf-8"))
    assert found is not None, "README.md has no example between its markers"
    return found["text"]


@pytest.mark.parametrize(
    "args",
    [
        "--help",
        "fix --help",
        "log --help",
        "matrix --help",
        "why --help",
        "rules check --help",
        "migrate --help",
        "verify --help",
    ],
)
def test_help_in_the_readme_is_what_the_command_prints(args: str) -> None:
    shown = {m["args"]: m["text"] for m in _HELP.finditer(README.read_text(encoding="utf-8"))}
    assert shown[args] == help_text(args), "run `make readme`"


def test_log_in_the_readme_is_what_the_command_prints() -> None:
    found = _LOG.search(README.read_text(encoding="utf-8"))
    assert found is not None, "README.md has no log between its markers"
    assert found["text"] == log_text(), "run `make readme`"


def test_readme_documents_every_field_of_a_diagnosis() -> None:
    document = json.loads(help_text(f"log {LOG} --json"))
    text = README.read_text(encoding="utf-8")
    section = text[text.index("### A build's log") : text.index("### What a downgrade costs")]
    fields = {*document, *document["failures"][0], *document["target"], *document["false_cures"][0]}
    assert {name for name in fields if f"`{name}`" not in section} == set()


def test_diff_in_the_readme_applies_to_the_example(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "requirements.txt", tmp_path)
    subprocess.run(
        ["git", "apply", "--check", "-"], input=shown_diff(), text=True, cwd=tmp_path, check=True
    )


@pytest.mark.live
def test_diff_in_the_readme_moves_the_lines_that_a_run_moves() -> None:
    # What moves is settled by the past; where it moves to depends on the newest releases.
    assert _removed(example_diff()) == _removed(shown_diff())


@pytest.mark.live
def test_matrix_in_the_readme_has_the_lines_that_a_run_moves() -> None:
    # As above, and what pip would prefer depends on the newest releases too.
    assert _moved(example_matrix()) == _moved(shown_matrix())


def test_readme_names_every_preset_and_no_other() -> None:
    line = next(
        line for line in README.read_text(encoding="utf-8").splitlines() if "`render`" in line
    )
    assert re.findall(r"`([a-z0-9-]+)`", line) == list(PRESETS)


def test_readme_links_every_rule_pack() -> None:
    text = README.read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(rules/(.*?)\.toml\)", text)) == set(shipped_packs())
    assert set(DEFAULT_PACKS) <= set(shipped_packs())


def test_readme_documents_every_key_of_the_configuration_and_no_other() -> None:
    text = README.read_text(encoding="utf-8")
    section = text[text.index("### Configuration") : text.index("### Exit codes")]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", " ".join(cells))) == {*KEYS, *OWN_KEYS}


def test_readme_documents_every_exit_code() -> None:
    rows = _first_cells("exit codes")
    known = {str(error.exit_code) for error in _errors()}
    assert known | {"0", "1"} == rows


def test_readme_documents_every_field_of_the_json() -> None:
    empty = json.loads(error_json(errors.UsageError("no"), [parse_target("cp313-manylinux")]))
    plan = json.loads(plan_json(_plan()))
    text = README.read_text(encoding="utf-8")
    section = text[text.index("### JSON") : text.index("### pre-commit")]
    assert set(empty) | set(plan["changes"][0]) == _first_cells("json")
    for nested in (empty["error"], empty["targets"][0], plan["closure"][0]):
        assert {name for name in nested if f"`{name}`" not in section} == set()


def test_readme_documents_every_field_of_the_matrix_as_json() -> None:
    target = parse_target("cp313-manylinux")
    change = Change("a", "requirements.txt", 1, "a==1", "a==2", "no wheel", "because")
    made = json.loads(matrix_json(Matrix(("requirements.txt",), (Cell(target, (change,)),))))
    section = README.read_text(encoding="utf-8").partition("### Where to deploy")[2]
    assert set(made) <= _first_cells("where to deploy")
    nested = (made["cells"][0], made["packages"][0], made["suggestion"])
    for names in (*nested, made["suggestion"]["ranking"][0]):
        assert {
            name for name in names if f"`{name}`" not in section.partition("### Rules")[0]
        } == set()


def test_readme_documents_every_field_of_a_verification() -> None:
    one = Verification(("requirements.txt",), "cp313-any", None, (Step("a", "ok", "it is"),))
    document = json.loads(verifications_json([one]))
    section = README.read_text(encoding="utf-8").partition("### Proof by installation")[2]
    section = section.partition("### What a downgrade costs")[0]
    fields = {*document, *document["verifications"][0], *document["verifications"][0]["steps"][0]}
    assert {name for name in fields if f"`{name}`" not in section} == set()


def test_local_links_of_the_pages_lead_somewhere() -> None:
    bot = ROOT / "examples" / "pull-request-bot" / "README.md"
    for page in (README, ROOT / "CONTRIBUTING.md", EXAMPLE / "README.md", bot):
        for link in re.findall(r"\]\((?!https?:)(.*?)\)", page.read_text(encoding="utf-8")):
            assert link.startswith("#") or (page.parent / link).exists(), f"{page.name}: {link}"


def _errors() -> list[type[errors.PinfixError]]:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    return [c for c in classes if issubclass(c, errors.PinfixError)]


def _first_cells(section: str) -> set[str]:
    """The names in the first column of the tables under a heading."""
    text = README.read_text(encoding="utf-8")
    body = re.split(r"^#{2,3} ", text, flags=re.MULTILINE)
    tables = next(part for part in body if part.lower().startswith(section))
    cells = re.findall(r"^\| (.*?) \|", tables, re.MULTILINE)
    named = re.findall(r"`(\w+)`|^(\d)$", "\n".join(cells), re.MULTILINE)
    return {name or digit for name, digit in named}


def _removed(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line.startswith("-") and line[1:2] != "-"]


def _moved(table: str) -> set[str]:
    return set(re.findall(r"^[\w\[\]-]+==\S+", table, re.MULTILINE))


def _plan() -> Plan:
    """A plan with one of everything."""
    change = Change("a", "requirements.txt", 1, "a==1", "a==2", "no wheel", "because")
    return Plan(
        targets=(parse_target("cp313-manylinux"),),
        changes=(change,),
        closure=(
            ClosureEntry("a", "2", {"cp313": "a-2-py3-none-any.whl"}, ("requirements.txt:1",)),
        ),
        kept_sdists=(),
        warnings=(),
        files=(RewrittenFile("requirements.txt", b"a==1\n", b"a==2\n"),),
    )


def update() -> None:
    """Put what is so now into the README."""
    text = README.read_text(encoding="utf-8")
    text = _HELP.sub(
        lambda m: f"<!-- help: pinfix {m['args']} -->\n```\n{help_text(m['args'])}```\n", text
    )
    text = _LOG.sub(lambda _: f"<!-- log -->\n```\n{log_text()}```\n<!-- /log -->\n", text)
    diff = example_diff()
    text = _EXAMPLE.sub(
        lambda _: f"<!-- example -->\n```diff\n{diff}```\n<!-- /example -->\n", text
    )
    matrix = example_matrix()
    text = _MATRIX.sub(lambda _: f"<!-- matrix -->\n```\n{matrix}```\n<!-- /matrix -->\n", text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    update()
