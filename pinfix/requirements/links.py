"""What pip makes of a requirement that is a URL or a path, judged by its text alone."""

from __future__ import annotations

import posixpath
import re
import urllib.parse

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidWheelFilename,
    NormalizedName,
    canonicalize_name,
    parse_wheel_filename,
)

from pinfix.requirements.refusals import Refusal

_VCS = {
    "bzr": ("http", "https", "ssh", "sftp", "ftp", "lp", "file"),
    "git": ("http", "https", "ssh", "git", "file"),
    "hg": ("file", "http", "https", "ssh", "static-http"),
    "svn": ("ssh", "http", "https", "svn", "file"),
}
_VCS_SCHEMES = frozenset(f"{vcs}+{scheme}" for vcs, schemes in _VCS.items() for scheme in schemes)
_URL_SCHEMES = _VCS_SCHEMES | {"http", "https", "file", "ftp"}
_ZIPS = (".zip", ".whl")
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.lz", ".tlz")
_ARCHIVES = (*_ZIPS, *_TARS, ".tar.lzma")

_EGG = re.compile(r"[#&]egg=([^&]*)")
_PROJECT_NAME = re.compile(r"([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$", re.IGNORECASE)
_PATH_EXTRAS = re.compile(r"(?P<path>.*)(?P<extras>\[[^\]]+\])$")
# Characters that a path of a project rarely has and a mistyped requirement has.
_UNLIKELY_IN_PATH = re.compile(r"[\s=<>!;,'\"{}()|*?@]")


def is_url(text: str) -> bool:
    """Whether pip takes ``text`` for a URL: a scheme that it knows."""
    return _split(text).scheme in _URL_SCHEMES


def is_archive(path: str) -> bool:
    """Whether the ending is one of those that pip takes for a distribution file."""
    stem, ending = posixpath.splitext(path)
    if stem.lower().endswith(".tar"):
        ending = ".tar" + ending
    return ending.lower() in _ARCHIVES


def looks_like_path(text: str) -> bool:
    """Pip's own test: a separator in it, or a dot in front."""
    return "/" in text or text.startswith(".")


def may_be_directory(text: str) -> bool:
    """Whether ``text`` can be meant as a local project.

    pip looks whether the directory is there. That is a fact of one machine, so a path counts here
    when it is written as one (``./``, ``../``, ``/``) or has nothing a path rarely has.
    """
    return text.startswith((".", "/")) or bool(text and not _UNLIKELY_IN_PATH.search(text))


def split_extras(path: str) -> tuple[str, str]:
    """``path[extra]`` to path and bracketed extras, which are empty where there are none."""
    match = _PATH_EXTRAS.match(path)
    return (match["path"].rstrip(), match["extras"]) if match else (path, "")


def extras_of(brackets: str) -> frozenset[str]:
    """The normalised (PEP 685) names in ``[a,b]``."""
    if not brackets:
        return frozenset()
    try:
        extras = Requirement(f"placeholder{brackets}").extras
    except InvalidRequirement:
        raise Refusal(f"{brackets} is no list of extras", 0) from None
    return frozenset(canonicalize_name(extra) for extra in extras)


def check_link(url: str) -> NormalizedName | None:
    """The name that ``#egg=`` gives, where there is one.

    Raises Refusal for what pip's Link refuses: a broken authority, an egg that is no name, a
    ``file:`` URL of another host.
    """
    parts = _split(url)
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        hint = "A local file has three slashes: file:///path"
        raise Refusal(f"the URL names a file on the host {parts.netloc!r}", 0, hint)
    match = _EGG.search(url)
    if match is None:
        return None
    egg = match[1]
    if not _PROJECT_NAME.match(egg):
        raise Refusal(f"the fragment egg={egg} is no project name", match.start(), _egg_hint(egg))
    return canonicalize_name(egg)


def wheel_name(url_or_path: str) -> NormalizedName | None:
    """The project that a wheel's file name gives; None for what is no wheel.

    Raises Refusal for a ``.whl`` whose name is not one of PEP 427.
    """
    path = urllib.parse.unquote(_split(url_or_path).path) if is_url(url_or_path) else url_or_path
    filename = posixpath.basename(path.rstrip("/"))
    if posixpath.splitext(filename)[1] != ".whl":
        return None
    try:
        return parse_wheel_filename(filename)[0]
    except InvalidWheelFilename as error:
        start = max(url_or_path.find(filename), 0)
        raise Refusal(f"{filename} is no wheel's file name: {error}", start) from None


def with_vcs_prefix(url: str) -> str:
    """``git://host`` as ``git+git://host``, as pip reads it in an editable."""
    for vcs in _VCS:
        if url.lower().startswith(f"{vcs}:"):
            return f"{vcs}+{url}"
    return url


def is_vcs(url: str) -> bool:
    """Whether the URL names a repository pip can check out."""
    return _split(url).scheme in _VCS_SCHEMES


def _split(url: str) -> urllib.parse.SplitResult:
    try:
        return urllib.parse.urlsplit(url)
    except ValueError as error:
        raise Refusal(f"the URL cannot be split: {error}", 0) from None


def _egg_hint(egg: str) -> str:
    name, _, rest = egg.partition("[")
    if rest:
        return f"Extras stand before the URL: {name}[{rest} @ URL"
    return "It is written 'name @ URL', or egg=name with nothing but the name."
