"""Deploy files rewritten: what changes, what is only said, and that all else stays as it was."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinfix.deploy.yaml_places import read_yaml
from pinfix.migrate.changes import FileMigration
from pinfix.migrate.deploy import migrate_deploy

RENDER = """services:
  - type: web  # ours
    runtime: python
    buildCommand: {}
    envVars:
      - key: PYTHON_VERSION
        value: 3.11.4
"""


def migrate(path: str, text: str | bytes, **how: object) -> FileMigration | None:
    data = text if isinstance(text, bytes) else text.encode()
    made = migrate_deploy({path: data}, **how)  # type: ignore[arg-type]
    return made[0] if made else None


def after(path: str, text: str, **how: object) -> str:
    made = migrate(path, text, **how)
    assert made is not None
    return made.after.decode()


def todo(path: str, text: str, **how: object) -> list[str]:
    made = migrate(path, text, **how)
    return [] if made is None else [f"{note.line}: {note.said}" for note in made.todo]


# -- all becomes :all: -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "FROM a\nRUN pip install --only-binary=all -r x  # c\n"),
        ("Dockerfile", "FROM a\nRUN x && \\\n # c\n  pip install \\\n  --only-binary all \\\n  y"),
        ("Dockerfile", 'FROM a\nRUN ["pip", "install", "--only-binary", "all", "x"]\n'),
        ("Dockerfile", 'FROM a\nRUN ["sh", "-c", "pip install --only-binary=all \\"x\\""]\n'),
        ("Dockerfile", "FROM a\nRUN <<EOF\npip install --only-binary=all x\nEOF\n"),
        ("Dockerfile", "FROM a\nENV A=1 PIP_ONLY_BINARY=all B=2\n"),
        ("Dockerfile", "FROM a\nENV PIP_ONLY_BINARY all\n"),
        ("Dockerfile", "FROM a\nARG PIP_ONLY_BINARY='all'\n"),
        ("api.Dockerfile", "FROM a\nRUN PIP_ONLY_BINARY=all pip install x\n"),
        ("Procfile", "web: x\nrelease: pip install --only-binary=all -r x\n"),
        ("render.yaml", RENDER.format("'pip install --only-binary=all -r x'")),
        ("render.yaml", RENDER.format('"pip install \\\n      --only-binary=all -r x"')),
        ("render.yaml", RENDER.format("|\n      a\n      pip install --only-binary=all -r x\n")),
        (
            "render.yaml",
            RENDER.format(">-\n      pip install\n      --only-binary=all\n      -r x"),
        ),
        ("render.yaml", RENDER.format("export PIP_ONLY_BINARY='all' && x pip")),
        ("backend/render.yaml", RENDER.format("pip install '--only-binary=all' -r x")),
        ("railway.toml", "[build]\nbuildCommand = 'pip install --only-binary=all x'\n"),
        ("railway.json", '{"build": {\n\t"buildCommand": "pip install --only-binary=all x"}}'),
        ("nixpacks.toml", '[phases.install]\ncmds = ["...", "pip install --only-binary=all x"]\n'),
        ("nixpacks.toml", "[variables]\nPIP_ONLY_BINARY = 'all'\n"),
        ("app.json", '{"scripts": {"postdeploy": "pip install --only-binary=all \\"x\\""}}'),
        ("vercel.json", '{"installCommand": "pip install --only-binary=all -r x"}'),
        ("heroku.yml", "release:\n  command:\n    - 'pip install --only-binary=all x'\n"),
        ("fly.toml", "[deploy]\nrelease_command = 'pip install --only-binary=all x'\n"),
        (".github/workflows/a.yml", "jobs: {a: {steps: [{run: 'pip install --only-binary=all'}]}}"),
        (".github/workflows/a.yml", "env:\n  PIP_ONLY_BINARY: 'all'\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_only_the_word_all_changes(path: str, text: str, newline: str, bom: bytes) -> None:
    before = bom + text.replace("\n", newline).encode()
    made = migrate(path, before)
    assert made is not None
    assert made.before == before
    (start,) = [
        at
        for at in range(len(before))
        if before.startswith(b"all", at)
        and before[at - 1 : at] in (b"=", b" ", b'"', b"'")
        and not before.startswith(b"install", at - 4)
    ][:1]
    assert made.after == before[:start] + b":all:" + before[start + 3 :]
    assert [note.said for note in made.done] == [
        '--only-binary all is a package called "all" to pip; now it is :all:, every package'
    ]
    assert migrate(path, made.after) is None


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pip install --only-binary=all -r x", 'pip install --only-binary=":all:" -r x'),
        ("pip install -r x --only-binary all  # c", 'pip install -r x --only-binary ":all:"  # c'),
        (
            'bash -c "pip install --only-binary=all x"',
            "bash -c \"pip install --only-binary=':all:' x\"",
        ),
        (
            "bash -c 'pip install --only-binary=all x'",
            "bash -c 'pip install --only-binary=\":all:\" x'",
        ),
        ("pip install --only-binary=all,foo x", 'pip install --only-binary=":all:",foo x'),
    ],
)
def test_yaml_without_quotes_gets_quotes_of_the_shell(command: str, expected: str) -> None:
    text = after("render.yaml", RENDER.format(command))
    assert text == RENDER.format(expected)
    (service,) = read_yaml(text).get("services").items
    assert ":all:" in service.get("buildCommand").value
    assert migrate("render.yaml", text) is None


def test_variable_in_yaml_without_quotes_gets_quotes_of_yaml() -> None:
    text = after(".github/workflows/a.yml", "env: {PIP_ONLY_BINARY: all, B: 1}\n")
    assert text == 'env: {PIP_ONLY_BINARY: ":all:", B: 1}\n'
    entry = "services:\n- envVars:\n  - key: PIP_ONLY_BINARY\n    value: all # c\n"
    assert after("render.yaml", entry) == entry.replace("value: all", 'value: ":all:"')


@given(
    st.lists(
        st.sampled_from(
            ["pip install --only-binary=all x", "echo all", "pip install y", "# all", ""]
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["plain", "'", '"', "|", ">-"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_yaml_means_the_same_but_for_all(
    commands: list[str], style: str, newline: str, end: bool
) -> None:
    if style in ("|", ">-"):
        value = style + "".join(f"\n      {command}" for command in commands)
    elif style == "plain":
        value = " && ".join(command for command in commands if command[:1] not in ("#", "")) or "x"
    else:
        value = style + " && ".join(commands) + style
    before = RENDER.format(value).replace("\n", newline) + ("" if end else "#")
    made = migrate("render.yaml", before)
    (old,) = read_yaml(before).get("services").items
    (new,) = read_yaml(before if made is None else made.after.decode()).get("services").items
    told = [shlex.split(one.get("buildCommand").value, comments=style == "|") for one in (old, new)]
    changed = "=:all:" if style in ("plain", "'", '"') and "#" not in value else None
    if changed is not None:
        assert told[1] == [word.replace("=all", changed) for word in told[0]]
    for key in ("type", "runtime"):
        assert old.get(key).value == new.get(key).value
    assert len(told[0]) == len(told[1])


def test_words_for_people_and_comments_stay() -> None:
    text = (
        "jobs:\n  a:\n    steps:\n      - name: pip install --only-binary=all\n"
        "        run: echo pip install --only-binary=all # pip install --only-binary=all\n"
    )
    assert migrate(".github/workflows/a.yml", text) is None
    assert migrate("Dockerfile", "# RUN pip install --only-binary=all\nFROM a\n") is None
    assert migrate("notes.txt", "pip install --only-binary=all") is None


def test_other_bytes_stay_as_they_are() -> None:
    before = b"FROM a\n# caf\xe9 \xff\nRUN pip install --only-binary=all x\n\x00"
    made = migrate("Dockerfile", before)
    assert made is not None
    assert made.after == before.replace(b"=all", b"=:all:")
    wide = "FROM a\r\nRUN pip install --only-binary=all x".encode("utf-16")
    made = migrate("Dockerfile", wide)
    assert made is not None
    assert made.after.decode("utf-16") == "FROM a\r\nRUN pip install --only-binary=:all: x"


# -- exceptions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "Dockerfile",
            "FROM a\nRUN pip install --only-binary=all -r x\n",
            "FROM a\nRUN pip install --only-binary=:all: --no-binary a-b --no-binary c -r x\n",
        ),
        (
            "Dockerfile",
            'FROM a\nRUN ["pip", "install", "--only-binary", ":all:", "x"]\n',
            'FROM a\nRUN ["pip", "install", "--only-binary", ":all:", "--no-binary", "a-b", '
            '"--no-binary", "c", "x"]\n',
        ),
        (
            "Dockerfile",
            "FROM a\nENV PIP_ONLY_BINARY=all\nRUN pip install -U pip && pip install -r x\n",
            "FROM a\nENV PIP_ONLY_BINARY=:all:\nRUN pip install -U pip && "
            "pip install --no-binary a-b --no-binary c -r x\n",
        ),
        (
            "Procfile",
            "release: PIP_ONLY_BINARY=:all: pip install -r x",
            "release: PIP_ONLY_BINARY=:all: pip install --no-binary a-b --no-binary c -r x",
        ),
        (
            "Procfile",
            "release: pip install --no-binary=C --only-binary=:all: -r x --no-binary A.B",
            "release: pip install --no-binary=C --only-binary=:all: --no-binary c -r x --no-binary A.B",
        ),
        (
            "railway.json",
            '{"build": {"buildCommand": "pip install --only-binary=all x"}}',
            '{"build": {"buildCommand": "pip install --only-binary=:all: --no-binary a-b '
            '--no-binary c x"}}',
        ),
    ],
)
def test_each_package_without_a_wheel_gets_an_exception(
    path: str, text: str, expected: str
) -> None:
    kept = ["A_B", "c"]
    assert after(path, text, kept_sdists=kept) == expected
    again = migrate(path, expected, kept_sdists=kept)
    assert again is None or not again.changed
    if path.endswith(".json"):
        json.loads(expected)


def test_command_that_takes_source_anyway_needs_no_exception() -> None:
    text = "release: pip install --only-binary=foo -r x"
    assert migrate("Procfile", text, kept_sdists=["a"]) is None


# -- what is only said -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("pip install --no-compile x", "--no-compile keeps pip from writing .pyc files"),
        ("pip install --force-reinstall x", "--force-reinstall installs again what is there"),
        ("pip install --no-cache-dir x", "--no-cache-dir keeps no downloads"),
        ("pip install --prefer-binary x", "--prefer-binary takes an older wheel rather than"),
        ("pip install --no-binary=all x", '--no-binary all is a package called "all" to pip'),
        (
            "pip install --no-binary :all: x",
            "--no-binary :all: has every package built from source",
        ),
        ("apt-get update && apt-get install -y rustc cargo git", "rustc, cargo: only needed to"),
        ("apk add --no-cache build-base", "build-base: only needed to build from source"),
        ("curl -sSf https://sh.rustup.rs | sh -s -- -y", "rustup is only needed to build"),
    ],
)
def test_what_does_not_help_is_explained_and_stays(command: str, said: str) -> None:
    text = f"FROM a\n\nRUN {command}\n"
    made = migrate("Dockerfile", text)
    assert made is not None
    assert not made.changed
    (note,) = made.todo
    assert note.line == 3
    assert note.said.startswith(said)


def test_file_that_cannot_be_read_is_said_and_stays() -> None:
    (note,) = todo("render.yaml", "a: b: c\n")
    assert note.startswith("1: cannot be read as YAML")


# -- another Python ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "python", "expected"),
    [
        ("render.yaml", RENDER.format("x"), "3.12", RENDER.format("x").replace("3.11.4", "3.12.16")),
        ("render.yaml", RENDER.format("x"), "3.12.3", RENDER.format("x").replace("3.11.4", "3.12.3")),
        (".python-version", "# ours\r\n3.11 # c\r\n", "3.13.2", "# ours\r\n3.13 # c\r\n"),
        (".python-version", "cpython-3.11.4", "3.13", "cpython-3.13.18"),
        ("Dockerfile", "FROM python:3.11-slim AS a\nRUN pip install x\n", "3.13", "FROM python:3.13-slim AS a\nRUN pip install x\n"),
        ("Dockerfile", "ARG V='3.11'\nFROM python:${V}-slim\nRUN pip install x\n", "3.13", "ARG V='3.13'\nFROM python:${V}-slim\nRUN pip install x\n"),
        ("Dockerfile", "FROM python:${V:-3.11}\nRUN pip install x\n", "3.13", "FROM python:${V:-3.13}\nRUN pip install x\n"),
        ("serverless.yml", "provider: {name: aws, runtime: python3.11}\n", "3.13.1", "provider: {name: aws, runtime: python3.13}\n"),
        ("template.yaml", "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: 'python3.11'\n", "3.13", "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: 'python3.13'\n"),
        ("Pipfile", '[requires]\npython_version = "3.11" # c\n', "3.13", '[requires]\npython_version = "3.13" # c\n'),
        (".tool-versions", "node 20\npython 3.11.2\n", "3.13", "node 20\npython 3.13.18\n"),
        ("nixpacks.toml", "[variables]\nNIXPACKS_PYTHON_VERSION = '3.11'\n", "3.13", "[variables]\nNIXPACKS_PYTHON_VERSION = '3.13'\n"),
    ],
)  # fmt: skip
def test_version_changes_in_the_place_that_decides(
    path: str, text: str, python: str, expected: str
) -> None:
    assert after(path, text, python=python) == expected
    again = migrate(path, expected, python=python)
    assert again is None or not again.changed


def test_only_what_decides_changes() -> None:
    files = {
        "render.yaml": RENDER.format("x").encode(),
        ".python-version": b"3.11\n",
        "runtime.txt": b"python-3.11.4\n",
        ".github/workflows/a.yml": b"jobs:\n  a:\n    steps:\n    - uses: actions/setup-python@v5\n"
        b"      with: {python-version: 3.11}\n",
        "pyproject.toml": b"[project]\nrequires-python = '<3.12'\n",
    }
    made = {one.path: one for one in migrate_deploy(files, python="3.13")}
    assert [path for path, one in made.items() if one.changed] == ["render.yaml"]
    (tests,) = made[".github/workflows/a.yml"].todo
    assert tests.said == "tests go on with Python 3.11, and 3.13 is what is deployed"
    (required,) = made["pyproject.toml"].todo
    assert required.said == "requires-python <3.12 does not allow Python 3.13"


def test_heroku_reads_runtime_txt() -> None:
    files = {"Procfile": b"web: x", "runtime.txt": b"python-3.11.4\r\n"}
    (made,) = migrate_deploy(files, python="3.13")
    assert made.after == b"python-3.13.18\r\n"


def test_matrix_stays_and_a_single_version_changes() -> None:
    one = (
        "jobs:\n  a:\n    steps:\n    - uses: actions/setup-python@v5\n      with:\n"
        '        python-version: "3.11"  # c\n'
    )
    assert after(".github/workflows/a.yml", one, python="3.13") == one.replace("3.11", "3.13")
    matrix = (
        "jobs:\n  a:\n    strategy: {matrix: {p: ['3.10', '3.11']}}\n    steps:\n"
        "    - uses: actions/setup-python@v5\n      with: {python-version: '${{ matrix.p }}'}\n"
    )
    made = migrate(".github/workflows/a.yml", matrix, python="3.13")
    assert made is not None
    assert not made.changed
    assert made.todo[0].said == "tests on several Pythons; see that 3.13 is one of them"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("render.yaml", "services:\n- runtime: python\n", "nothing that can be rewritten names"),
        ("Dockerfile", "FROM python:3.11@sha256:" + "0" * 64 + "\nRUN pip install x\n", "by its digest"),
        ("Dockerfile", "FROM ubuntu:22.04\nRUN apt-get install -y python3 && pip install x\n", "nothing that"),
        ("Dockerfile", "FROM python:3.11 AS a\nRUN pip install x\nFROM python:3.12\nCOPY --from=a a a\n", "it is open what decides"),
    ],
)  # fmt: skip
def test_place_that_cannot_be_rewritten_is_said(path: str, text: str, said: str) -> None:
    made = migrate(path, text, python="3.13")
    assert made is not None
    assert not made.changed
    assert said in made.todo[0].said


def test_release_of_the_image_is_to_be_looked_at() -> None:
    made = migrate("Dockerfile", "FROM python:3.11-alpine3.16\nRUN pip install x\n", python="3.13")
    assert made is not None
    assert made.done[0].said == (
        "Python 3.11 -> 3.13 (see that there is an image of it with alpine3)"
    )


def test_stages_of_one_python_change_together_and_paths_are_said() -> None:
    text = (
        "FROM python:3.11-slim AS a\nRUN pip install --prefix=/i x\n"
        "FROM python:3.11-slim\nCOPY --from=a /i/lib/python3.11/site-packages /x\n"
    )
    made = migrate("Dockerfile", text, python="3.13")
    assert made is not None
    assert made.after.decode() == text.replace("python:3.11", "python:3.13")
    assert [(note.line, note.said) for note in made.todo] == [
        (4, "python3.11 stands in a path here, which will be python3.13")
    ]


def test_dockerfile_of_any_name_counts_where_a_host_names_it() -> None:
    files = {
        "fly.toml": b"[build]\ndockerfile = 'deploy/image'\n",
        "deploy/image": b"FROM python:3.11\nRUN pip install --only-binary=all x\n",
    }
    (made,) = migrate_deploy(files, python="3.13")
    assert made.after == b"FROM python:3.13\nRUN pip install --only-binary=:all: x\n"
