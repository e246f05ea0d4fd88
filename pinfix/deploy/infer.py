"""What all files of a project come to: targets, or a question where they do not agree.

A host's own files decide. Without any, a Dockerfile; without one, what the workflows test on;
without these, a Python alone, on the platform that most wheels are made for.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from pinfix.deploy import fly, heroku, railway, render
from pinfix.deploy.docker import Finding, docker_findings
from pinfix.deploy.files import NAMES, WORKFLOWS, kind_of
from pinfix.deploy.found import Found, Inference, Note, Question
from pinfix.deploy.narrowest import Meant, narrowest, read_meant
from pinfix.deploy.project import Project, folders_from
from pinfix.deploy.python_version import pythons_of, requires_python, version_files
from pinfix.deploy.serverless import serverless_findings
from pinfix.deploy.source import Source, read_source
from pinfix.deploy.vercel import vercel_findings
from pinfix.deploy.workflows import workflow_findings
from pinfix.errors import UsageError
from pinfix.records import record

_HOSTS: tuple[Callable[[Project], Iterator[Finding]], ...] = (
    render.render_findings,
    railway.railway_findings,
    fly.fly_findings,
    serverless_findings,
    vercel_findings,
)
_NAMED_BY: dict[str, Callable[[Source], Iterator[str]]] = {
    "render": render.files_of,
    "railway": railway.files_of,
    "fly": fly.files_of,
    "heroku.yml": heroku.files_of,
}
# What pinfix takes where only a Python is named; README.md has it in the table of targets.
_ANY_LINUX = "manylinux"
_NO_HOST = "; no file says what it is deployed on: taken for Linux with glibc 2.28 or newer"
_LOOKED_FOR = (*(name for name in NAMES if name != "pyproject.toml"), "Dockerfile", WORKFLOWS)


@record
class InferredTargets:
    """The targets, as they would be typed; why, with the first line of a file that says so; and
    what has to be asked instead.

    Where there are questions, or no targets, nothing can be done before they are answered.
    """

    targets: tuple[Meant, ...]
    said: tuple[str, ...]
    questions: tuple[str, ...]


def named_elsewhere(path: str, data: bytes) -> set[str]:
    """Files that a deploy file names, from the project's root, which may be in other folders."""
    reader = _NAMED_BY.get(kind_of(path) or "")
    return set() if reader is None else set(reader(read_source(path, data)))


def infer(project: Project) -> Inference:
    """Everything that the files say of targets, in the order of what decides."""
    findings = [finding for host in _HOSTS for finding in host(project)]
    # A Procfile is read by other hosts as well: alone it says Heroku, beside them nothing.
    if not _decided(findings):
        findings += heroku.heroku_findings(project)
    claimed = {path for finding in findings for path in _paths(finding)}
    if not _decided(findings):
        findings += _own_dockerfiles(project, claimed)
        findings += _other_python(project, findings)
    else:
        findings += _own_dockerfiles(project, claimed)
    if not _decided(findings):
        findings += workflow_findings(project)
    if not _decided(findings):
        findings += _python_alone(project)
    findings += _forbidden(project, findings)
    return Inference(
        tuple(one for one in findings if isinstance(one, Found)),
        tuple(one for one in findings if isinstance(one, Note)),
        tuple(one for one in findings if isinstance(one, Question)),
    )


def relocated(inference: Inference, show: Callable[[str], str]) -> Inference:
    """The same with other paths, such as those from the working folder."""
    return Inference(
        tuple(replace(one, path=show(one.path)) for one in inference.found),
        tuple(replace(one, path=show(one.path)) for one in inference.notes),
        tuple(
            replace(one, places=tuple(replace(at, path=show(at.path)) for at in one.places))
            for one in inference.questions
        ),
    )


def conclude(inference: Inference) -> InferredTargets:
    """The targets that the findings agree on, or the questions where they do not."""
    meant: list[Meant] = []
    questions = [_asked(question) for question in inference.questions]
    for found in inference.found:
        read = _read(found)
        if isinstance(read, Meant):
            meant.append(read)
        else:
            questions += read
    targets = narrowest(meant)
    if not questions and len(targets) > 1 and not _all_deployed(meant):
        first = next(iter(targets))
        other = next(one for one in targets if one.found[0].place != first.found[0].place)
        question = Question(
            (first.found[0], other.found[0]),
            "Which of them is deployed?",
            tuple(one.text for one in targets),
        )
        questions.append(_asked(question))
    if not questions and not targets:
        questions.append(_nothing(inference.notes))
    lines = {(found.path, found.target): _said(found) for found in reversed(inference.found)}
    said = [*reversed(lines.values()), *map(_said, inference.notes)]
    return InferredTargets(tuple(targets), tuple(said), tuple(questions))


def _read(found: Found) -> Meant | tuple[str, ...]:
    """The target of a place, nothing where it has half of one, or what is wrong with it."""
    try:
        return () if found.target is None else read_meant(found)
    except UsageError as error:
        return (f"{found.place}: {found.said}: {error}",)


def _decided(findings: Iterable[Finding]) -> bool:
    return any(isinstance(one, Found | Question) for one in findings)


def _paths(finding: Finding) -> Iterator[str]:
    if isinstance(finding, Question):
        yield from (place.path for place in finding.places)
    else:
        yield finding.path


def _own_dockerfiles(project: Project, claimed: set[str]) -> Iterator[Finding]:
    """What Dockerfiles come to that no host builds by; the plain one, where there is one."""
    sources = project.nearest("dockerfile")
    plain = [one for one in sources if posixpath.basename(one.path).lower() == "dockerfile"]
    if not claimed & {source.path for source in sources}:
        for source in plain or sources:
            yield from docker_findings(source)


def _other_python(project: Project, findings: Iterable[Finding]) -> Iterator[Question]:
    """A Dockerfile that nobody is known to build by, and a file that names another Python."""
    docker = next((one for one in findings if isinstance(one, Found)), None)
    named = _named_python(project)
    if docker is None or docker.python is None or named is None or named.python is None:
        return
    if docker.python.split(".")[:2] != named.python.split(".")[:2]:
        other = replace(named, platform=docker.platform)
        targets = [one.target for one in (docker, other) if one.target is not None]
        yield Question((docker, other), "Which of them is deployed?", tuple(targets))


def _named_python(project: Project) -> Found | None:
    for folder in folders_from(project.folder):
        for finding in version_files(project, folder):
            if isinstance(finding, Found):
                return finding
    return None


def _python_alone(project: Project) -> Iterator[Finding]:
    """Files that name a Python, where nothing says what it runs on."""
    for folder in folders_from(project.folder):
        findings = [*version_files(project, folder)]
        for finding in findings:
            if isinstance(finding, Found):
                yield replace(finding, platform=_ANY_LINUX, said=finding.said + _NO_HOST)
            else:
                yield finding
        if _decided(findings):
            return
    required = requires_python(project)
    if required is None:
        return
    place, allowed = required[0], pythons_of(required[1])
    if len(allowed) == 1:
        yield Found(place.path, place.line, place.said + _NO_HOST, allowed[0], _ANY_LINUX)
    else:
        yield replace(place, said=f"{place.said} leaves open which Python it is")


def _forbidden(project: Project, findings: Iterable[Finding]) -> Iterator[Question]:
    """Pythons that ``requires-python`` does not allow."""
    required = requires_python(project)
    if required is None:
        return
    place, specifiers = required
    for found in findings:
        if not isinstance(found, Found) or found.python is None or found.target is None:
            continue
        minor = ".".join(found.python.removeprefix("pp").rstrip("t").split(".")[:2])
        if minor not in pythons_of(specifiers):
            yield Question((found, place), "Which is right?", (found.target,))
            return


def _all_deployed(meant: Iterable[Meant]) -> bool:
    """Whether the targets are of one file, or all of tests: then each is meant."""
    paths = {one.found[0].host or one.found[0].path for one in meant}
    return len(paths) == 1 or all(kind_of(path) in ("workflow", None) for path in paths)


def _asked(question: Question) -> str:
    proposed = [f"--target {target}" for target in dict.fromkeys(question.proposed)]
    answer = " or ".join(proposed) or "--target, like --target cp313-manylinux"
    both = " (or all, for one version that serves all)" if proposed[1:] else ""
    return "\n    ".join(
        [
            "--target is not given, and the files leave a question:",
            *map(_said, question.places),
            f"{question.asked} Give {answer}{both}",
        ]
    )


def _said(place: Found | Note) -> str:
    target = place.target if isinstance(place, Found) else None
    return f"{place.place}: {place.said}" + (f" -> {target}" if target else "")


def _nothing(notes: Iterable[Note]) -> str:
    seen = "".join(f"\n    {note.place}: {note.said}" for note in notes)
    return (
        "--target is not given, and no file says what the project is deployed with; give one, like "
        f"--target cp313-manylinux (looked for {', '.join(_LOOKED_FOR)}){seen}"
    )
