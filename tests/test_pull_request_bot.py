"""The example of a bot, against a GitHub of its own on the loopback."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import pinfix
from tests.fake_index import CP311, CP313, index, project
from tests.loopback import listening
from tests.served import served

SCRIPT = Path(__file__).parent.parent / "examples" / "pull-request-bot" / "bot.py"
WORLD = index(project("native", {"1.0": CP311, "2.0": [CP313, CP311]}))
BEFORE = b"native==1.0\n"


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bot", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    __import__("sys").modules["bot"] = module
    spec.loader.exec_module(module)
    return module


bot = _loaded()


class GitHub:
    """One repository with one commit, as far as the bot asks for it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.trees: dict[str, dict[str, bytes]] = {"tree0": files}
        self.blobs: dict[str, bytes] = {}
        self.commits: dict[str, dict[str, Any]] = {"c0": {"tree": {"sha": "tree0"}}}
        self.refs = {"main": "c0"}
        self.pulls: list[dict[str, Any]] = []
        self.tokens: set[str | None] = set()
        self.moved = False

    def answer(self, method: str, path: str, query: dict[str, str], said: Any) -> Any:  # noqa: C901
        match method, path.strip("/").split("/"):
            case "GET", [""]:
                return {"default_branch": "main"}
            case "GET", ["git", "ref", "heads", *name]:
                sha = self.refs.get("/".join(name))
                return sha and {"object": {"sha": sha}}
            case "GET", ["git", "commits", sha]:
                return self.commits[sha]
            case "GET", ["contents", *parts]:
                tree = self.trees[self.commits[query["ref"]]["tree"]["sha"]]
                data = tree.get("/".join(parts))
                return None if data is None else {"sha": blob_id(data)}
            case "POST", ["git", "blobs"]:
                data = base64.b64decode(said["content"])
                self.blobs[blob_id(data)] = data
                return {"sha": blob_id(data)}
            case "POST", ["git", "trees"]:
                new = {one["path"]: self.blobs[one["sha"]] for one in said["tree"]}
                name = f"tree{len(self.trees)}"
                self.trees[name] = self.trees[said["base_tree"]] | new
                return {"sha": name}
            case "POST", ["git", "commits"]:
                name = f"c{len(self.commits)}"
                self.commits[name] = {**said, "tree": {"sha": said["tree"]}}
                return {"sha": name}
            case "POST", ["git", "refs"]:
                self.refs[said["ref"].removeprefix("refs/heads/")] = said["sha"]
                return {}
            case "PATCH", ["git", "refs", "heads", *name]:
                assert said["force"] is True
                self.refs["/".join(name)] = said["sha"]
                return {}
            case "GET", ["pulls"]:
                _, _, head = query["head"].partition(":")
                return [pull for pull in self.pulls if pull["head"] == head]
            case "POST", ["pulls"]:
                number = len(self.pulls) + 1
                self.pulls.append({**said, "number": number, "html_url": f"https://pull/{number}"})
                return self.pulls[-1]
            case "PATCH", ["pulls", number]:
                self.pulls[int(number) - 1].update(said)
                return self.pulls[int(number) - 1]
        raise AssertionError((method, path))

    def files(self, branch: str) -> dict[str, bytes]:
        return self.trees[self.commits[self.refs[branch]]["tree"]["sha"]]


def blob_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data)).hexdigest()


@contextmanager
def serving(github: GitHub) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            github.tokens.add(self.headers["Authorization"])
            url = urllib.parse.urlsplit(self.path)
            said = self.rfile.read(int(self.headers["Content-Length"] or 0))
            assert url.path.startswith("/repos/me/app")
            path = url.path.removeprefix("/repos/me/app")
            query = dict(urllib.parse.parse_qsl(url.query))
            if github.moved:
                self.send_response(301)
                self.send_header("Location", "https://elsewhere.invalid/")
                self.end_headers()
                return
            found = github.answer(self.command, path, query, json.loads(said or "null"))
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found or ([] if found == [] else {})).encode())

        do_GET = do_POST = do_PATCH = _do  # noqa: N815

    with listening(Handler) as address:
        yield address


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in ("GITHUB_TOKEN", "GITHUB_REPOSITORY", "GITHUB_API_URL"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "requirements.txt").write_bytes(BEFORE)
    return tmp_path


def run(*more: str, github: str | None = None, file: str = "requirements.txt") -> int:
    with served(WORLD) as url, pytest.MonkeyPatch.context() as patch:
        if github is not None:
            patch.setenv("GITHUB_API_URL", github)
            patch.setenv("GITHUB_REPOSITORY", "me/app")
            patch.setenv("GITHUB_TOKEN", "t0ken")
        return bot.main(["-t", "cp313-manylinux", "-i", url, "--rules", "none", *more, file])


@pytest.mark.usefixtures("checkout")
def test_body_has_the_reasons_and_the_diff(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    said = capsys.readouterr().out
    assert "| native | `native==1.0` | `native==2.0` |" in said
    assert "```diff\n--- a/requirements.txt" in said
    assert Path("requirements.txt").read_bytes() == BEFORE


@pytest.mark.usefixtures("checkout")
def test_pull_request_is_opened_and_then_renewed(capsys: pytest.CaptureFixture[str]) -> None:
    github = GitHub({"requirements.txt": BEFORE, "app.py": b"import native\n"})
    with serving(github) as api:
        assert run("--open", github=api) == 0
        assert run("--open", github=api) == 0
    assert capsys.readouterr().out.splitlines() == ["https://pull/1"] * 2
    (pull,) = github.pulls
    assert (pull["base"], pull["head"]) == ("main", bot.BRANCH)
    assert pull["title"] == "Install from wheels on cp313-manylinux: 1 pin"
    assert github.files(bot.BRANCH) == {
        "requirements.txt": b"native==2.0\n",
        "app.py": b"import native\n",
    }
    assert github.commits[github.refs[bot.BRANCH]]["parents"] == ["c0"]
    assert github.refs["main"] == "c0"
    assert github.tokens == {"Bearer t0ken"}


@pytest.mark.usefixtures("checkout")
def test_checkout_that_is_not_the_base_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    github = GitHub({"requirements.txt": b"native==1.0\nother\n"})
    with serving(github) as api:
        assert run("--open", github=api) == 4
    assert "requirements.txt is not what main holds" in capsys.readouterr().err
    assert list(github.refs) == ["main"]


@pytest.mark.usefixtures("checkout")
def test_redirection_is_not_followed(capsys: pytest.CaptureFixture[str]) -> None:
    github = GitHub({})
    github.moved = True
    with serving(github) as api:
        assert run("--open", github=api) == 4
    assert re.search("301", capsys.readouterr().err)


def test_nothing_to_change_opens_nothing(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("native==2.0\n")
    github = GitHub({})
    with serving(github) as api:
        assert run("--open", github=api) == 0
    assert github.tokens == set()


def test_no_solution_has_the_exit_code_of_pinfix(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("native<2\n")
    assert run() == 3


@pytest.mark.usefixtures("checkout")
def test_without_a_token_it_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--open") == 4
    assert "GITHUB_REPOSITORY" in capsys.readouterr().err


def test_long_diff_is_left_to_the_pull_requests_own_tab() -> None:
    text = f"native==1.0 # {'x' * bot.MOST_CHARACTERS}\n"
    plan = pinfix.rewrite(text, target="cp313-manylinux", index=WORLD, rules="none")
    said = bot.body(plan)
    assert len(said) <= bot.MOST_CHARACTERS
    assert said.endswith("The diff is on the tab of changed files.\n")
