"""Lines of ``conda list --export``, ``numpy=1.21.0=py38h9894fe3_0``: pins that pip refuses as written.

Read as what they mean only where that is certain: a name, a version, and conda's build string.
"""

from __future__ import annotations

import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pinfix.requirements.requirement import Parts

_EXPORTED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?P<rest>=(?P<version>\d[^=\s]*)=[^=\s]+)"
)


def read_exported(text: str) -> Parts | None:
    """The pin that a line of an export comes to, its specifier in the place of version and build.

    None for any other line.
    """
    match = _EXPORTED.fullmatch(text.strip())
    if match is None:
        return None
    try:
        version = Version(match["version"])
    except InvalidVersion:
        return None
    requirement = Requirement(f"{match['name']}=={version}")
    lead = len(text) - len(text.lstrip())
    return Parts(
        requirement=requirement,
        name=canonicalize_name(match["name"]),
        specifier=requirement.specifier,
        name_at=(lead + match.start("name"), lead + match.end("name")),
        specifier_at=(lead + match.start("rest"), lead + match.end("rest")),
    )
