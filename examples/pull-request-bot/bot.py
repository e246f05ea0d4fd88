"""A bot: rewrites a checkout's requirements, and opens the diff as a pull request on GitHub.

``python bot.py --target cp313-render requirements.txt`` prints the pull request's body;
``--open`` opens it. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import pinfix

BRANCH = "pinfix/wheels"
# GitHub refuses a longer body.
MOST_CHARACTERS = 65_536


def main(argv: Sequence[str] | None = None) -> int:
    """Run the bot. Its exit code is 0 also where nothing has to change."""
    given = _parser().parse_args(argv)
    try:
        plan = pinfix.rewrite_files(
            given.files,
            target=given.target,
            rules=given.rules or (),
            index=given.index_url,
            environ=os.environ,
        )
    except pinfix.PinfixError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    if not plan.changed:
        print("Nothing has to change.", file=sys.stderr)
        return 0
    if not given.open:
        print(body(plan), end="")
        return 0
    try:
        repository = Repository.from_environment(os.environ)
        print(open_pull_request(plan, repository, given.base))
    except GitHubError as error:
        print(f"error: {error}", file=sys.stderr)
        return 4
    return 0


def title(plan: pinfix.Plan) -> str:
    """The pull request's title, which is the commit's as well."""
    pins = "1 pin" if len(plan.changes) == 1 else f"{len(plan.changes)} pins"
    return f"Install from wheels on {', '.join(target.text for target in plan.targets)}: {pins}"


def body(plan: pinfix.Plan) -> str:
    """The pull request's body: the reason for every change, then the diff as far as there is room."""
    table = pinfix.markdown(plan)
    diff = pinfix.unified_diff(plan)
    longest = max(map(len, re.findall(r"`+", diff)), default=0)
    fence = "`" * max(3, longest + 1)
    whole = f"{table}\n{fence}diff\n{diff}{fence}\n"
    if len(whole) <= MOST_CHARACTERS:
        return whole
    note = "\nThe diff is on the tab of changed files.\n"
    return table[: MOST_CHARACTERS - len(note)] + note


# -- GitHub ------------------------------------------------------------------------------------


class GitHubError(Exception):
    """GitHub refused, could not be reached, or has other files than this checkout."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Followed, a redirection would take the token to wherever it leads."""

    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub, by its REST API."""

    name: str
    token: str
    api: str = "https://api.github.com"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Repository:
        """What GitHub Actions sets, or whoever runs the bot elsewhere. Raises GitHubError."""
        for variable in ("GITHUB_REPOSITORY", "GITHUB_TOKEN"):
            if not environ.get(variable):
                raise GitHubError(f"--open needs {variable} in the environment")
        api = environ.get("GITHUB_API_URL") or cls.api
        return cls(environ["GITHUB_REPOSITORY"], environ["GITHUB_TOKEN"], api.rstrip("/"))

    @property
    def owner(self) -> str:
        """Whose repository it is."""
        return self.name.partition("/")[0]

    def ask(self, path: str, /, **query: str) -> Any:
        """What the repository has at a path of its API. Raises GitHubError."""
        return self._call("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path)

    def has(self, path: str) -> bool:
        """Whether there is anything at a path of its API. Raises GitHubError."""
        return self._call("GET", path, may_be_missing=True) is not None

    def post(self, path: str, /, **said: object) -> Any:
        """Make something. Raises GitHubError."""
        return self._call("POST", path, said)

    def patch(self, path: str, /, **said: object) -> Any:
        """Change something. Raises GitHubError."""
        return self._call("PATCH", path, said)

    def _call(
        self, method: str, path: str, said: object = None, *, may_be_missing: bool = False
    ) -> Any:
        request = urllib.request.Request(
            f"{self.api}/repos/{self.name}{path}",
            method=method,
            data=None if said is None else json.dumps(said).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            opener = urllib.request.build_opener(_NoRedirects)
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404 and may_be_missing:
                return None
            _refuse(method, path, f"{error.code} {_message(error)}", error)
        except (OSError, ValueError) as error:
            _refuse(method, path, str(error), error)


def _refuse(method: str, path: str, why: str, error: Exception) -> NoReturn:
    raise GitHubError(f"GitHub, {method} {path}: {why}") from error


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return error.reason


def open_pull_request(plan: pinfix.Plan, repository: Repository, base: str | None = None) -> str:
    """Commit the plan's files to a branch and open a pull request; the one that is open is renewed.

    ``base`` is the branch to merge into, by default the repository's. Returns the address. Raises
    GitHubError, also where the checkout is not what the base holds.
    """
    base = base or repository.ask("")["default_branch"]
    head = repository.ask(f"/git/ref/heads/{base}")["object"]["sha"]
    changed = {_path_in(file.path): file for file in plan.files if file.changed}
    for path, file in changed.items():
        there = repository.ask(f"/contents/{urllib.parse.quote(path)}", ref=head)["sha"]
        if there != _blob_id(file.before):
            raise GitHubError(f"{path} is not what {base} holds; check that branch out")
    tree = repository.post(
        "/git/trees",
        base_tree=repository.ask(f"/git/commits/{head}")["tree"]["sha"],
        tree=[
            {"path": path, "mode": "100644", "type": "blob", "sha": _blob(repository, file.after)}
            for path, file in changed.items()
        ],
    )
    commit = repository.post("/git/commits", message=title(plan), tree=tree["sha"], parents=[head])[
        "sha"
    ]
    if repository.has(f"/git/ref/heads/{BRANCH}"):
        repository.patch(f"/git/refs/heads/{BRANCH}", sha=commit, force=True)
    else:
        repository.post("/git/refs", ref=f"refs/heads/{BRANCH}", sha=commit)
    known = repository.ask("/pulls", head=f"{repository.owner}:{BRANCH}", base=base, state="open")
    words = {"title": title(plan), "body": body(plan)}
    if known:
        return str(repository.patch(f"/pulls/{known[0]['number']}", **words)["html_url"])
    return str(repository.post("/pulls", head=BRANCH, base=base, **words)["html_url"])


def _blob(repository: Repository, data: bytes) -> str:
    content = base64.b64encode(data).decode()
    return str(repository.post("/git/blobs", content=content, encoding="base64")["sha"])


def _blob_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def _path_in(path: str) -> str:
    """A file's path in the repository, of which the working directory is the root."""
    inside = os.path.relpath(path).replace(os.sep, "/")
    if inside.startswith("../"):
        raise GitHubError(f"{path} lies outside of the working directory; run in the checkout")
    return inside


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("-t", "--target", action="append", required=True, metavar="TAG")
    parser.add_argument("--rules", action="append", metavar="NAME|PATH|none")
    parser.add_argument("-i", "--index-url", metavar="URL", help="index to use instead of PyPI")
    parser.add_argument("--open", action="store_true", help="open the pull request")
    parser.add_argument("--base", metavar="BRANCH", help="merge into this branch")
    return parser


if __name__ == "__main__":
    sys.exit(main())
