"""A cause of a failed build in words: what is wrong, and what that means. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pinfix.buildlog.causes import Cause

if TYPE_CHECKING:
    from pinfix.buildlog.findings import Failure

# Of what is built from source: what went wrong, and what building it takes.
_OF_A_BUILD: Final = {
    Cause.RUST_READ_ONLY: (
        "Rust may not write its registry",
        "building it takes Rust, and this host lets Cargo write nothing",
    ),
    Cause.RUST_MISSING: ("there is no Rust compiler", "building it takes Rust"),
    Cause.RUST_TOO_OLD: (
        "the Rust compiler is too old",
        "building it takes a newer Rust than there is",
    ),
    Cause.PYO3_TOO_OLD: (
        "its source is older than this Python",
        "building it takes Rust, and fails with it too: its source does not know this Python",
    ),
    Cause.PLATFORM_UNSUPPORTED: (
        "it does not run on this platform",
        "its source refuses to be built there",
    ),
    Cause.MSVC_MISSING: (
        "there is no Microsoft C++ compiler",
        "building it takes Microsoft's C++ Build Tools",
    ),
    Cause.PG_CONFIG_MISSING: (
        "there is no pg_config",
        "building it takes a C compiler and PostgreSQL's headers",
    ),
    Cause.MYSQL_CONFIG_MISSING: (
        "there are no MySQL client headers",
        "building it takes a C compiler and MySQL's headers",
    ),
    Cause.SOURCE_TOO_OLD: (
        "its source is older than this Python",
        "building it fails with every compiler: it uses what this Python's C API no longer has",
    ),
    Cause.PYTHON_HEADERS_MISSING: (
        "there are no Python headers",
        "building it takes a C compiler and Python's headers",
    ),
    Cause.FORTRAN_MISSING: ("there is no Fortran compiler", "building it takes one"),
    Cause.COMPILER_MISSING: ("there is no C compiler", "building it takes one"),
    Cause.HEADER_MISSING: (
        "a C header is missing",
        "building it takes a C compiler and the library that the header is of",
    ),
    Cause.LIBRARY_MISSING: ("a library is missing", "building it takes that and a C compiler"),
    Cause.BUILD_TOOL_MISSING: (
        "a build tool is missing",
        "building it takes that, and a compiler next",
    ),
    Cause.STDLIB_REMOVED: (
        "its build uses what this Python no longer has",
        "its source cannot be built on this Python",
    ),
    Cause.BUILD_TOOLS_TOO_NEW: (
        "what it is built with is newer than its source",
        "its source cannot be built with the tools of today",
    ),
    Cause.RUST_FAILED: ("compiling its Rust code failed", "building it takes Rust"),
    Cause.COMPILE_FAILED: ("compiling it failed", "building it takes a compiler"),
    Cause.BUILD_FAILED: ("building it failed", "the log says no more of why that failed"),
    Cause.OUT_OF_MEMORY: (
        "the memory ran out while it was compiled",
        "compiling it takes more memory than this host has",
    ),
    Cause.DISK_FULL: ("the disk is full", "building it takes more room than there is"),
    Cause.NETWORK: (
        "its build could not reach the network",
        "building it takes what is fetched from there",
    ),
    Cause.NOT_PERMITTED: (
        "its build may not write there",
        "building it takes a place to write to",
    ),
}
# Of what else can go wrong in a build.
_TOOLS_MISSING: Final = (
    "what its build takes could not be installed",
    "building it takes packages of its own, of which no version fits",
)
# Of everything else: what went wrong, and a sentence about it.
_OTHERWISE: Final = {
    Cause.OUT_OF_MEMORY: (
        "the memory ran out",
        "Nothing was being compiled: what is installed is too large for this host.",
    ),
    Cause.DISK_FULL: ("the disk is full", "What is installed is too large for this host."),
    Cause.NETWORK: (
        "the index could not be reached",
        "A network, a proxy or a certificate is in the way.",
    ),
    Cause.HASH_MISMATCH: (
        "a file does not have the hash that is asked for",
        "It was changed or cut on its way, or the hashes are another version's.",
    ),
    Cause.HASH_MISSING: (
        "a requirement has no hash where others have one",
        "With one hash in a file, pip asks for hashes of everything.",
    ),
    Cause.NO_WHEEL: (
        "it has no wheel that fits",
        "The installer was not to build it, or there is no source of it.",
    ),
    Cause.REQUIRES_PYTHON: (
        "the version is for another Python",
        "What its Requires-Python says leaves this Python out.",
    ),
    Cause.NO_MATCHING_VERSION: (
        "no version of it fits",
        "There is no such version, or none that this Python and platform can install.",
    ),
    Cause.CONFLICT: (
        "the requirements do not go together",
        "Of at least one package two versions are asked for.",
    ),
    Cause.FILE_MISSING: (
        "the requirements file was not found",
        "The build runs in another folder than the one it is in.",
    ),
    Cause.BAD_REQUIREMENT: ("a line of the file is no requirement", "pip cannot read it."),
    Cause.NOT_PERMITTED: (
        "the installer may not write there",
        "It runs as another user, or outside of a virtual environment.",
    ),
    Cause.MISSING_AT_RUN_TIME: (
        "it installs, and then fails",
        "It imports what this Python, or a newer setuptools, no longer has.",
    ),
}


def wrong(failure: Failure) -> str:
    """What is wrong, in a few words: ``there is no Rust compiler``, ``a C header is missing: ffi.h``."""
    words = _words(failure)[0]
    return f"{words}: {failure.detail}" if failure.detail and failure.detail not in words else words


def meaning(failure: Failure, python: str | None) -> str:
    """What that means, in a sentence; ``python`` is the Python of the log, as X.Y."""
    text = _words(failure)[1]
    if not failure.building:
        return text
    what = named(failure.package, failure.version) if failure.package else "it"
    where = f"for Python {python}" if python else "that fits"
    return f"The installer found no wheel of {what} {where} and took its source; {text}."


def named(package: str, version: str | None) -> str:
    """``pydantic-core 2.14.1``, or the name alone."""
    return f"{package} {version}" if version else package


def _words(failure: Failure) -> tuple[str, str]:
    if failure.building:
        return _OF_A_BUILD.get(failure.cause, _TOOLS_MISSING)
    return _OTHERWISE[failure.cause]
