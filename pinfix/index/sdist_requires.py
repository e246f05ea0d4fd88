"""What a source distribution requires, as far as its own files say so without being run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pinfix.index.sdist_archive import Archive
from pinfix.records import record

# Backends that write Requires-Dist into the sdist's PKG-INFO whatever its Metadata-Version is.
_STATIC_BACKENDS = ("flit", "poetry", "hatchling", "pdm", "uv_build", "maturin", "mesonpy")


@record
class Requires:
    """``dist`` are Requires-Dist strings (None: unknown), ``source`` the file that says so."""

    dist: tuple[str, ...] | None
    source: str
    python: str | None


def read_requires(archive: Archive, pyproject: Mapping[str, object], backend: str) -> Requires:
    """The requirements by the best witness there is.

    PKG-INFO where its list is promised to be the wheel's (PEP 643: Metadata-Version 2.2 and not
    Dynamic), else ``pyproject.toml`` where the list is static (PEP 621), else setuptools' own
    ``requires.txt``, else a PKG-INFO by a backend that always lists them.
    """
    metadata = _Metadata.of(archive.text("PKG-INFO"))
    project = _table(pyproject, "project")
    python = metadata.python or _text(project.get("requires-python"))
    if metadata.promised:
        return Requires(metadata.dist, "PKG-INFO", python)
    dynamic = project.get("dynamic", [])
    if project and isinstance(dynamic, list) and "dependencies" not in dynamic:
        return Requires(tuple(_project_requires(project)), "pyproject.toml", python)
    egg_info = _egg_info(archive, metadata.name)
    if egg_info:
        text = archive.text(f"{egg_info}/requires.txt") or ""
        return Requires(tuple(requires_txt(text)), f"{egg_info}/requires.txt", python)
    if metadata.present and backend.startswith(_STATIC_BACKENDS):
        return Requires(metadata.dist, "PKG-INFO", python)
    return Requires(None, "", python)


@record
class _Metadata:
    name: str | None
    present: bool
    promised: bool
    dist: tuple[str, ...]
    python: str | None

    @classmethod
    def of(cls, text: str | None) -> _Metadata:
        raw, _ = parse_email(text or "")
        try:
            version = Version(raw.get("metadata_version", "1.0"))
        except InvalidVersion:
            version = Version("1.0")
        dynamic = {field.lower() for field in raw.get("dynamic", [])}
        promised = version >= Version("2.2") and "requires-dist" not in dynamic
        dist = tuple(raw.get("requires_dist", []))
        return cls(raw.get("name"), bool(text), promised, dist, raw.get("requires_python"))


def _egg_info(archive: Archive, project: str | None) -> str | None:
    """The folder of setuptools' metadata of this project; none for plain distutils.

    A folder without ``requires.txt`` means: no requirements.
    """
    found = []
    for name in archive.texts:
        folder, _, file = name.rpartition("/")
        stem = folder.rpartition("/")[2].removesuffix(".egg-info")
        own = project is None or canonicalize_name(stem) == canonicalize_name(project)
        if file == "PKG-INFO" and folder.endswith(".egg-info") and own:
            found.append(folder)
    return min(found, key=lambda folder: (folder.count("/"), folder), default=None)


def requires_txt(text: str) -> Iterator[str]:
    """Requires-Dist strings from setuptools' ``requires.txt``.

    Its sections are ``[extra]``, ``[:marker]`` and ``[extra:marker]``; what comes before the first
    is required always.
    """
    extra = marker = ""
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            extra, _, marker = (part.strip() for part in line[1:-1].partition(":"))
        elif line and not line.startswith("#"):
            yield _conditional(line, [marker, f'extra == "{extra}"' if extra else ""])


def _conditional(requirement: str, conditions: list[str]) -> str:
    """The requirement under all conditions that are not empty, beside its own marker."""
    try:
        parsed = Requirement(requirement)
    except InvalidRequirement:
        parsed = None
    if parsed is not None and parsed.marker is not None:
        requirement = requirement.rpartition(";")[0].strip()
        conditions = [str(parsed.marker), *conditions]
    given = [condition for condition in conditions if condition]
    if not given:
        return requirement
    joined = " and ".join(f"({c})" if " or " in c else c for c in given)
    # A space before the semicolon, or it would belong to a URL (PEP 508).
    return f"{requirement} ; {joined}"


def _project_requires(project: Mapping[str, object]) -> Iterator[str]:
    """Requires-Dist strings of the [project] table (PEP 621)."""
    yield from _texts(project.get("dependencies"))
    for extra, listed in _table(project, "optional-dependencies").items():
        for requirement in _texts(listed):
            yield _conditional(requirement, [f'extra == "{extra}"'])


def _table(parent: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
