"""AWS Lambda: ``serverless.yml``, and SAM's or CloudFormation's ``template.yaml``.

https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml,
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pinfix.deploy.docker import Finding
from pinfix.deploy.found import Found, Note, place_of
from pinfix.deploy.project import Project, joined
from pinfix.deploy.related import related
from pinfix.deploy.settings import tree_of
from pinfix.deploy.source import Source
from pinfix.deploy.yaml_places import Node
from pinfix.records import record

_RUNTIME = re.compile(r"python(?P<version>\d+\.\d+)")
_FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_SYSTEMS = ((3, 12), "Amazon Linux 2023 (glibc 2.34)", "Amazon Linux 2 (glibc 2.26)")


@record
class _Function:
    runtime: Node
    architecture: Node
    code: str = ""


def serverless_findings(project: Project) -> Iterator[Finding]:
    """What each function runs on that the folder has to do with."""
    for source in (*project.nearest("serverless"), *project.nearest("sam")):
        tree = tree_of(source)
        if isinstance(tree, Note):
            yield tree
            continue
        framework = tree.get("provider")
        functions = [*(_of_framework(tree) if framework else _of_template(tree))]
        codes = [function.code for function in functions]
        for function, _ in related(functions, codes, project.folder):
            yield from _found(source, function)


def _of_framework(tree: Node) -> Iterator[_Function]:
    provider = tree.get("provider")
    if provider.get("name").value not in ("", "aws"):
        return
    for _, function in tree.get("functions").pairs:
        yield _Function(
            function.get("runtime") or provider.get("runtime"),
            function.get("architecture") or provider.get("architecture"),
        )
    if not tree.get("functions"):
        yield _Function(provider.get("runtime"), provider.get("architecture"))


def _of_template(tree: Node) -> Iterator[_Function]:
    common = tree.get("Globals", "Function")
    for _, resource in tree.get("Resources").pairs:
        if resource.get("Type").value in _FUNCTIONS:
            own = resource.get("Properties")
            architectures = own.get("Architectures") or common.get("Architectures")
            code = (own.get("CodeUri") or common.get("CodeUri")).value
            yield _Function(
                own.get("Runtime") or common.get("Runtime"),
                next(architectures.items, Node(tree.text)),
                joined(code) if code and "://" not in code else "",
            )


def _found(source: Source, function: _Function) -> Iterator[Finding]:
    runtime = function.runtime
    match = _RUNTIME.fullmatch(runtime.value)
    if match is None:
        if "$" in runtime.value:
            yield Note(source.path, runtime.line, f"runtime {runtime.value} is not in the file")
        return
    version = match["version"]
    arm = function.architecture.value == "arm64"
    first, newer, older = _SYSTEMS
    system = newer if tuple(map(int, version.split("."))) >= first else older
    mapped = runtime.mapped()
    at = None if mapped is None else place_of(mapped, *match.span("version"))
    said = f"runtime python{version} on AWS Lambda, {'arm64' if arm else 'x86_64'}: {system}"
    platform = "lambda-arm64" if arm else "lambda"
    yield Found(source.path, runtime.line, said, version, platform, at)
