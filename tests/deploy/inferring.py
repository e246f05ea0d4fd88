"""Files in, targets, sentences and questions out."""

from __future__ import annotations

from collections.abc import Mapping

from pinfix.deploy.infer import InferredTargets, conclude, infer
from pinfix.deploy.project import Project


def inferred(files: Mapping[str, str | bytes], folder: str = "") -> InferredTargets:
    data = {
        path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()
    }
    return conclude(infer(Project(data, folder)))


def targets(files: Mapping[str, str | bytes], folder: str = "") -> list[str]:
    """The targets, with ``@X.Y.Z`` where the full version is known; there must be no question."""
    result = inferred(files, folder)
    assert result.questions == ()
    return [f"{one.text}@{one.python}" if one.python else one.text for one in result.targets]


def question(files: Mapping[str, str | bytes], folder: str = "") -> str:
    """The question that there must be."""
    (asked,) = inferred(files, folder).questions
    return asked


def said(files: Mapping[str, str | bytes], folder: str = "") -> str:
    return "\n".join(inferred(files, folder).said)
