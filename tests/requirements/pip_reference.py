"""What pip itself reads from a requirements file: the reference of the differential tests.

pip's parser runs in this process on one file, without following ``-r`` and ``-c``. Whether a
local project's directory is there is a fact of one machine, so the caller makes the directories.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from optparse import Values
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

pip = pytest.importorskip("pip", reason="pip is the reference")
if int(pip.__version__.split(".")[0]) < 26:  # pragma: no cover
    pytest.skip("the reference is pip 26 or newer", allow_module_level=True)

from pip._internal.cli import cmdoptions  # noqa: E402
from pip._internal.exceptions import PipError  # noqa: E402
from pip._internal.models.format_control import FormatControl  # noqa: E402
from pip._internal.models.release_control import ReleaseControl  # noqa: E402
from pip._internal.models.search_scope import SearchScope  # noqa: E402
from pip._internal.req import req_file  # noqa: E402
from pip._internal.req.constructors import install_req_from_parsed_requirement  # noqa: E402
from pip._internal.utils.urls import path_to_url  # noqa: E402

__all__ = ["INDEX", "Reading", "path_to_url", "pip_option_list", "pip_reading"]

_FEATURES: list[str] = cmdoptions.use_new_feature.keywords["default"]
INDEX = "https://pypi.org/simple"


@dataclass
class Reading:
    """What a file says, in a form that both parsers can be brought to."""

    requirements: list[tuple[Any, ...]] = field(default_factory=list)
    includes: list[tuple[int, str, str]] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)


class _Finder:
    """The part of pip's finder that options in a file change."""

    def __init__(self) -> None:
        self.search_scope = SearchScope([], [INDEX], no_index=False)
        self.format_control = FormatControl()
        self.release_control = ReleaseControl()
        self.prefer_binary = False

    @property
    def find_links(self) -> list[str]:
        return self.search_scope.find_links

    @property
    def index_urls(self) -> list[str]:
        return self.search_scope.index_urls

    def set_prefer_binary(self) -> None:
        self.prefer_binary = True


class _Session:
    def __init__(self) -> None:
        self.trusted: list[str] = []

    def update_index_urls(self, urls: list[str]) -> None:
        pass

    def add_trusted_host(self, host: str, source: str) -> None:
        self.trusted.append(host)


def pip_option_list() -> list[Any]:
    """The options that pip takes in a requirements file."""
    return list(req_file.build_parser().option_list)


def pip_reading(path: Path) -> Reading | str:
    """What pip reads from the file; a string is why it refuses it."""
    finder, session = _Finder(), _Session()
    options = Values({"require_hashes": False, "no_require_hashes": False, "features_enabled": []})
    parser = req_file.RequirementsFileParser(session, req_file.get_line_parser(finder))
    reading = Reading()
    _FEATURES.clear()
    try:
        for line in parser._parse_file(str(path), constraint=False):
            # One list is this option's default for the whole process, and pip appends to it.
            features = list(_FEATURES)
            _FEATURES.clear()
            line.opts.features_enabled = features
            if line.requirement is None and line.opts.requirements:
                reading.includes.append((line.lineno, "-r", line.opts.requirements[0]))
            elif line.requirement is None and line.opts.constraints:
                reading.includes.append((line.lineno, "-c", line.opts.constraints[0]))
            elif parsed := req_file.handle_line(line, options, finder, session):
                requirement = install_req_from_parsed_requirement(parsed)
                reading.requirements.append((line.lineno, *_requirement(requirement)))
    except (PipError, ValueError, LookupError) as error:
        return f"{type(error).__name__}: {error}"
    reading.options = {
        "index": finder.index_urls,
        "no_index": finder.search_scope.no_index,
        "find_links": finder.find_links,
        "no_binary": finder.format_control.no_binary,
        "only_binary": finder.format_control.only_binary,
        "all_releases": finder.release_control.all_releases,
        "only_final": finder.release_control.only_final,
        "prefer_binary": finder.prefer_binary,
        "trusted": session.trusted,
        "require_hashes": bool(options.require_hashes),
        "no_require_hashes": bool(options.no_require_hashes),
        "features": set(options.features_enabled),
    }
    return reading


def _requirement(requirement: Any) -> tuple[Any, ...]:
    link = requirement.link
    specifier = "" if link else str(requirement.req.specifier)
    return (
        canonicalize_name(requirement.name) if requirement.name else None,
        specifier,
        frozenset(canonicalize_name(extra) for extra in requirement.extras),
        str(requirement.markers or ""),
        link.url if link else None,
        requirement.editable,
        {name: sorted(digests) for name, digests in requirement.hash_options.items()},
    )
