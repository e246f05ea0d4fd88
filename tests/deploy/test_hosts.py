"""What each host's own files come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.inferring import question, said, targets

EXAMPLE = Path(__file__).parents[2] / "examples" / "render-fastapi"
DOCKER = "FROM python:3.11-slim-bookworm\nRUN pip install -r requirements.txt\n"


def render(more: str = "", runtime: str = "runtime: python") -> str:
    return f"services:\n  - type: web\n    {runtime}\n{more}"


VARIABLE = "    envVars:\n      - key: PYTHON_VERSION\n        value: {}\n"

# -- Render ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["3.13.4", '"3.13.4"', "'3.13.4'"])
def test_render_reads_its_variable_first(value: str) -> None:
    files = {"render.yaml": render(VARIABLE.format(value)), ".python-version": "3.12\n"}
    assert targets(files) == ["cp313-render@3.13.4"]
    assert said(files).splitlines() == [
        "render.yaml:6: PYTHON_VERSION 3.13.4; Render runs Debian with glibc 2.31 or newer "
        "-> cp313-render",
        ".python-version:1: 3.12 is not read, as PYTHON_VERSION in render.yaml comes first",
    ]


def test_render_reads_python_version_next_and_never_runtime_txt() -> None:
    files = {
        "render.yaml": render(runtime="env: python"),
        ".python-version": "3.12\n",
        "runtime.txt": "python-3.9.1",
    }
    assert targets(files) == ["cp312-render"]
    assert "runtime.txt:1: python-3.9.1 does nothing on Render" in said(files)


def test_render_has_a_default_and_it_is_said() -> None:
    files = {"render.yaml": render(), "runtime.txt": "python-3.9.1"}
    assert targets(files) == ["cp314-render@3.14.3"]
    text = said(files)
    assert "render.yaml:2: no PYTHON_VERSION, and no .python-version: Render's default" in text
    assert "services created since 2026-02-11" in text


def test_render_variable_may_come_from_a_group() -> None:
    text = render("    envVars:\n      - fromGroup: g\n") + (
        "envVarGroups:\n  - name: g\n    envVars:\n      - {key: PYTHON_VERSION, value: 3.11.9}\n"
    )
    assert targets({"render.yaml": text}) == ["cp311-render@3.11.9"]


def test_render_variable_of_the_dashboard_is_a_question() -> None:
    text = render("    envVars:\n      - key: PYTHON_VERSION\n        sync: false\n")
    assert "render.yaml:5: PYTHON_VERSION is not in the file" in question({"render.yaml": text})


def test_render_services_are_those_of_the_folder() -> None:
    text = (
        "services:\n- runtime: node\n  rootDir: ui\n"
        "- runtime: python\n  rootDir: ./api/\n"
        "- runtime: python\n  rootDir: jobs\n  envVars: [{key: PYTHON_VERSION, value: 3.10.2}]\n"
    )
    files = {"render.yaml": text, "api/.python-version": "3.12", ".python-version": "3.9"}
    assert targets(files, "api") == ["cp312-render"]
    assert targets(files, "jobs") == ["cp310-render@3.10.2"]
    assert targets(files) == ["cp312-render", "cp310-render@3.10.2"]


def test_render_builds_by_the_dockerfile_that_it_names() -> None:
    text = render("    dockerfilePath: ./docker/Dockerfile\n", "runtime: docker")
    files = {"render.yaml": text, "docker/Dockerfile": DOCKER, ".python-version": "3.9"}
    assert targets(files) == ["cp311-debian-12"]
    assert "(Render (render.yaml) builds by it)" in said(files)
    assert "docker/Dockerfile, which is not there" in question({"render.yaml": text})


def test_render_service_without_a_python_of_its_own_has_the_roots() -> None:
    files = {
        "render.yaml": render("    rootDir: api\n"),
        ".python-version": "3.12",
        "ui/.python-version": "3.9",
    }
    assert targets(files, "api") == ["cp312-render"]


def test_example_is_deployed_on_render_with_the_python_of_its_file() -> None:
    files = {
        f"examples/{path.name}": path.read_bytes() for path in EXAMPLE.iterdir() if path.is_file()
    }
    assert targets(files, "examples") == ["cp313-render"]
    assert "examples/.python-version:1: 3.13, which Render reads" in said(files, "examples")


def test_render_yaml_that_cannot_be_read_is_said() -> None:
    assert "render.yaml:1: cannot be read as YAML" in question({"render.yaml": "a: b: c\n"})


# -- Heroku ----------------------------------------------------------------------------------------


def test_heroku_reads_runtime_txt_before_python_version() -> None:
    files = {"Procfile": "web: x", "runtime.txt": "python-3.11.7", ".python-version": "3.12"}
    assert targets(files) == ["cp311-heroku@3.11.7"]
    assert ".python-version:1: 3.12 is not read on Heroku" in said(files)
    del files["runtime.txt"]
    assert targets(files) == ["cp312-heroku"]


def test_heroku_stack_is_that_of_app_json() -> None:
    files = {"app.json": '{\n\t"stack": "heroku-24"\n}', ".python-version": "3.12"}
    assert targets(files) == ["cp312-heroku-24"]
    assert targets({"app.json": '{"expo": {}}', ".python-version": "3.12"}) == ["cp312-manylinux"]


def test_heroku_without_a_python_is_a_question() -> None:
    assert "Heroku's default Python changes" in question({"Procfile": "web: x"})


def test_heroku_yml_names_a_dockerfile_and_its_arguments() -> None:
    text = "build:\n  docker:\n    web: api/Dockerfile\n  config:\n    V: '3.10'\n"
    files = {"heroku.yml": text, "api/Dockerfile": "ARG V=3.12\nFROM python:$V\nRUN pip install x"}
    assert targets(files) == ["cp310-docker"]


def test_procfile_beside_another_host_or_a_dockerfile_says_nothing() -> None:
    assert targets({"Procfile": "web: x", "Dockerfile": DOCKER}) == ["cp311-debian-12"]
    files = {"Procfile": "web: x", "render.yaml": render(VARIABLE.format("3.13.4"))}
    assert targets(files) == ["cp313-render@3.13.4"]


# -- Railway, Fly.io, Vercel -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "target"),
    [
        (
            {"railway.toml": "[build]\nbuilder='NIXPACKS'", "runtime.txt": "python-3.11.2"},
            "cp311-railway@3.11.2",
        ),
        ({"railway.json": '{"build": {}}', "mise.toml": "[tools]\npython='3.12'"}, "cp312-railway"),
        (
            {
                "nixpacks.toml": "[variables]\nNIXPACKS_PYTHON_VERSION='3.10'",
                ".python-version": "3.12",
            },
            "cp310-railway",
        ),
        ({"nixpacks.toml": "[phases.setup]\nnixPkgs=['...','python312']"}, "cp312-railway"),
        ({"railway.toml": "", "Dockerfile": DOCKER, ".python-version": "3.9"}, "cp311-debian-12"),
        (
            {"railway.toml": "[build]\ndockerfilePath='x/Dockerfile'", "x/Dockerfile": DOCKER},
            "cp311-debian-12",
        ),
        (
            {"fly.toml": "app='x'", "Dockerfile": DOCKER, ".python-version": "3.9"},
            "cp311-debian-12",
        ),
        (
            {"fly.toml": "[build]\ndockerfile='d/web.Dockerfile'", "d/web.Dockerfile": DOCKER},
            "cp311-debian-12",
        ),
        (
            {
                "fly.toml": "[build.args]\nV='3.9'",
                "Dockerfile": "ARG V\nFROM python:$V\nRUN pip install x",
            },
            "cp39-docker",
        ),
        (
            {"vercel.json": '{"builds":[{"use":"@vercel/python"}]}', ".python-version": "3.12"},
            "cp312-vercel",
        ),
        (
            {
                "vercel.json": '{"functions":{"api/x.py":{}}}',
                "pyproject.toml": "[project]\nrequires-python='~=3.12.0'",
            },
            "cp312-vercel",
        ),
        ({"vercel.json": '{"rewrites":[]}', ".python-version": "3.12"}, "cp312-manylinux"),
    ],
)
def test_target_of_a_host(files: dict[str, str], target: str) -> None:
    assert targets(files) == [target]


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        ({"railway.toml": ""}, "Railway builds by Railpack, and nothing names a Python"),
        ({"nixpacks.toml": ""}, "Give --target cp311-railway"),
        ({"fly.toml": ""}, "Fly.io builds by Dockerfile, which is not there"),
        (
            {"fly.toml": "[build]\nbuilder='paketobuildpacks/builder:base'"},
            "whose Python is not known",
        ),
        ({"vercel.json": '{"builds":[{"use":"@vercel/python"}]}'}, "Vercel's default changes"),
    ],
)
def test_host_without_a_python_is_a_question(files: dict[str, str], asked: str) -> None:
    assert asked in question(files)


# -- AWS Lambda ------------------------------------------------------------------------------------

SAM = """Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: one/
      Architectures: [arm64]
      Role: !Sub "${X}"
  Two:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: two, Runtime: python3.11}
  Table:
    Type: AWS::DynamoDB::Table
"""


def test_serverless_functions_have_the_providers_runtime_or_their_own() -> None:
    text = (
        "provider:\n  name: aws\n  runtime: python3.12\n  architecture: arm64\nfunctions:\n"
        "  a: {handler: x}\n  b:\n    runtime: python3.11\n    architecture: x86_64\n"
        "  c: {runtime: nodejs20.x}\n"
    )
    assert targets({"serverless.yml": text}) == ["cp312-lambda-arm64", "cp311-lambda"]
    assert "serverless.yml:3: runtime python3.12 on AWS Lambda, arm64: Amazon Linux 2023" in said(
        {"serverless.yml": text}
    )
    assert "--target" in question(
        {"serverless.yml": "provider: {name: google, runtime: python312}"}
    )


def test_sam_functions_are_those_of_the_folder() -> None:
    assert targets({"template.yaml": SAM}, "one") == ["cp312-lambda-arm64"]
    assert targets({"template.yaml": SAM}, "two/src") == ["cp311-lambda"]
    assert targets({"template.yml": SAM}) == ["cp312-lambda-arm64", "cp311-lambda"]


def test_template_of_something_else_says_nothing() -> None:
    assert "--target" in question({"template.yaml": "title: x\nResources: [a]\n"})


# -- GitHub workflows ------------------------------------------------------------------------------


def workflow(python: str, runner: str = "ubuntu-latest", matrix: str = "") -> dict[str, str]:
    text = (
        f"jobs:\n  test:\n    runs-on: {runner}\n{matrix}    steps:\n      - uses: actions/checkout@v4\n"
        f"      - uses: actions/setup-python@v5\n        with:\n          {python}\n"
    )
    return {".github/workflows/ci.yml": text}


@pytest.mark.parametrize(
    ("python", "runner", "target"),
    [
        ('python-version: "3.12"', "ubuntu-latest", "cp312-github-ubuntu"),
        ("python-version: 3.10", "ubuntu-22.04", "cp310-ubuntu-22"),
        ("python-version: 3.12.1", "ubuntu-24.04-arm", "cp312-manylinux_2_39_aarch64@3.12.1"),
        ("python-version: 3.12", "windows-latest", "cp312-github-windows"),
        ("python-version: 3.12", "macos-latest", "cp312-github-macos"),
        ("python-version: 3.12", "macos-13", "cp312-macosx_13_0_x86_64"),
        ("python-version: 3.x", "ubuntu-latest", "cp315-github-ubuntu"),
        ("python-version: 3.14-dev", "[self-hosted, linux]", "cp314-github-ubuntu"),
        ("python-version: pypy3.10", "ubuntu-latest", "pp310-github-ubuntu"),
    ],
)
def test_target_of_a_workflow(python: str, runner: str, target: str) -> None:
    assert targets(workflow(python, runner)) == [target]


def test_matrix_is_as_many_targets() -> None:
    matrix = (
        "    strategy:\n      matrix:\n        os: [ubuntu-latest, windows-latest]\n"
        "        py: ['3.11', \"3.12\"]\n        include: [{py: '3.13', os: ubuntu-latest}]\n"
    )
    files = workflow("python-version: ${{ matrix.py }}", "${{ matrix.os }}", matrix)
    assert targets(files) == [
        *("cp311-github-ubuntu", "cp311-github-windows", "cp312-github-ubuntu"),
        *("cp312-github-windows", "cp313-github-ubuntu", "cp313-github-windows"),
    ]
    assert said(files).startswith(".github/workflows/ci.yml:7: Python 3.11 on ubuntu-latest")


def test_workflow_in_a_container_has_its_libc() -> None:
    files = workflow("python-version: 3.12", matrix="    container: alpine:3.20\n")
    assert targets(files) == ["cp312-alpine"]


def test_workflow_may_read_the_python_from_a_file() -> None:
    files = workflow("python-version-file: .python-version") | {".python-version": "3.12\n"}
    assert targets(files) == ["cp312-github-ubuntu"]


def test_workflows_count_only_where_nothing_else_does() -> None:
    files = workflow("python-version: 3.9")
    assert targets(files | {"Dockerfile": DOCKER}) == ["cp311-debian-12"]
    files[".github/workflows/lint.yaml"] = files[".github/workflows/ci.yml"].replace("3.9", "3.13")
    assert targets(files) == ["cp39-github-ubuntu", "cp313-github-ubuntu"]


# -- together --------------------------------------------------------------------------------------


def test_hosts_that_disagree_are_a_question_that_names_both_places() -> None:
    files = {
        "render.yaml": render(VARIABLE.format("3.13.4")),
        "Dockerfile": "FROM python:3.11-alpine\nRUN pip install x",
    }
    assert question(files) == (
        "--target is not given, and the files leave a question:\n"
        "    render.yaml:6: PYTHON_VERSION 3.13.4; Render runs Debian with glibc 2.31 or newer "
        "-> cp313-render\n"
        "    Dockerfile:1: FROM python:3.11-alpine, with musl in the place of glibc -> cp311-alpine\n"
        "    Which of them is deployed? Give --target cp313-render or --target cp311-alpine (or all, "
        "for one version that serves all)"
    )


def test_hosts_with_one_python_agree_on_the_older_glibc() -> None:
    files = {
        "render.yaml": render(VARIABLE.format("3.13.4")),
        "Dockerfile": "FROM python:3.13-slim\nRUN pip install x",
    }
    assert targets(files) == ["cp313-render@3.13.4"]


def test_dockerfile_that_no_host_builds_by_and_another_python_are_a_question() -> None:
    files = {"Dockerfile": DOCKER, ".python-version": "3.12\n"}
    asked = question(files)
    assert "Dockerfile:1: FROM python:3.11-slim-bookworm" in asked
    assert ".python-version:1: 3.12" in asked
    assert targets(files | {"fly.toml": ""}) == ["cp311-debian-12"]


def test_without_any_file_it_says_what_was_looked_for() -> None:
    asked = question({})
    assert "like --target cp313-manylinux (looked for render.yaml, Procfile, " in asked
    assert "Dockerfile, .github/workflows)" in asked


@pytest.mark.parametrize(
    "name",
    [
        *("render.yaml", "Procfile", "app.json", "heroku.yml", "railway.toml", "railway.json"),
        *(
            "nixpacks.toml",
            "fly.toml",
            "vercel.json",
            "serverless.yml",
            "template.yaml",
            "Dockerfile",
        ),
        *(".python-version", "runtime.txt", "pyproject.toml", ".github/workflows/a.yml"),
    ],
)
@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"[[[", b"a: [", b"- - -\n", b"null", b"{}"]
)
def test_nonsense_is_a_question_or_nothing(name: str, data: bytes) -> None:
    assert "--target" in question({name: data})
