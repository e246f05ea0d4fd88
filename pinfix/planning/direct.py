"""Requirements from outside the index: URLs, paths, VCS links. Judged by their text alone."""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from pinfix.credentials import without_credentials
from pinfix.errors import InputError, NoSolutionError

if TYPE_CHECKING:
    from pinfix.requirements.document import RequirementLine
    from pinfix.targets.target import Target

# Where conda builds packages: a freeze of a conda environment names these folders, which are on
# nobody's machine by the time anybody reads the file.
_CONDA_FOLDERS = re.compile(
    r"/(croot|feedstock_root|conda-bld|opt/concourse|tmp/build|Users/ktietz|tmp/abs_\w+|b/abs_\w+|perseverance-python-buildout)/"
)


def check_direct(line: RequirementLine, targets: Sequence[Target]) -> str:
    """What to say of a requirement that is kept as it is.

    Raises NoSolutionError for a wheel that a target cannot install (PEP 425), InputError for what
    cannot be installed anywhere.
    """
    url = line.url or ""
    if _CONDA_FOLDERS.search(url):
        name = line.name or "its name"
        raise InputError(
            "this path is where conda built the package; pip finds nothing there",
            path=line.path,
            line=line.line,
            source=line.raw,
            hint=f"Write {name}==VERSION; `conda list {name}` names the version.",
        )
    filename = posixpath.basename(urllib.parse.unquote(urllib.parse.urlsplit(url).path))
    where = f"{line.path}:{line.line}: {without_credentials(line.raw)}"
    if not filename.endswith(".whl"):
        return (
            f"{where} is installed from outside the index; it is kept as it is, "
            "and what it requires was not looked at"
        )
    _check_wheel(filename, where, targets)
    return (
        f"{where} is installed from outside the index; it fits the target by its tags, "
        "and what it requires was not looked at"
    )


def _check_wheel(filename: str, where: str, targets: Sequence[Target]) -> None:
    try:
        parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise InputError(f"{where}: {error}") from error
    suffix = "-".join(filename.removesuffix(".whl").split("-")[-3:])
    unfit = [target.name for target in targets if target.rank(suffix) is None]
    if unfit:
        raise NoSolutionError(
            f"{where} is a wheel for {suffix}, which {' and '.join(unfit)} cannot install.\n"
            "hint: Name the package with a version instead, or the wheel for the target."
        )
