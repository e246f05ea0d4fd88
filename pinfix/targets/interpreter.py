"""The Python half of a target: ``cp311``, ``cp313t``, ``pp311``, or any plain way to write one."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

from pinfix.errors import UsageError
from pinfix.records import record

OLDEST = (3, 6)
FIRST_FREE_THREADED = (3, 13)

# The PyPy release whose ABI (pypy311_pp73: Python 3.11, PyPy 7.3) wheels of that Python are built
# for. 3.11 also exists as PyPy 8.0 (pp80); the index has forty times as many wheels for 7.3.
PYPY_RELEASES = {
    (3, 6): "7.3.3",
    (3, 7): "7.3.9",
    (3, 8): "7.3.11",
    (3, 9): "7.3.16",
    (3, 10): "7.3.19",
    (3, 11): "7.3.20",
    (3, 12): "8.0.0",
}

# The newest patch release of each Python that there was in November 2026 (`uv python list
# --all-versions --only-downloads` names them). A host that is deployed today has it, or one near it.
NEWEST_PATCHES = {
    "cp": {6: 15, 7: 17, 8: 20, 9: 25, 10: 22, 11: 18, 12: 16, 13: 18, 14: 10, 15: 2},
    "pp": {8: 16, 9: 19, 10: 16, 11: 17, 12: 15},
}

_KNOWN = [*(f"cp3{minor}" for minor in range(8, 16)), "cp313t", "cp314t", "pp310", "pp311"]
_SPELLINGS = {"": "cp", "py": "cp", "python": "cp", "cpython": "cp", "cp": "cp"} | {
    "pypy": "pp",
    "pp": "pp",
}
_FORM = re.compile(r"([a-z]*)([0-9])\.?([0-9]{1,2})(t?)")


@record
class Interpreter:
    """One Python: implementation (``cp`` or ``pp``), X.Y, and whether it runs without the GIL."""

    implementation: str
    version: tuple[int, int]
    free_threaded: bool = False

    @property
    def name(self) -> str:
        """The canonical spelling: ``cp313``, ``cp313t``, ``pp311``."""
        major, minor = self.version
        return f"{self.implementation}{major}{minor}{'t' if self.free_threaded else ''}"

    @property
    def tag(self) -> str:
        """The interpreter tag of PEP 425: the name without the ``t``, which is the ABI's alone."""
        return self.name.rstrip("t")

    @property
    def abi(self) -> str:
        """The ABI tag that the interpreter's own extension modules carry."""
        if self.implementation == "pp":
            major, minor = self.version
            return f"pypy{major}{minor}_pp{_digits(self.pypy_release)}"
        # Until 3.7 the pymalloc flag was part of the ABI name, and nobody built without it.
        return self.name + ("m" if self.version < (3, 8) else "")

    @property
    def pypy_release(self) -> str:
        """The release of PyPy meant, such as ``7.3.20``; only for ``pp``."""
        return PYPY_RELEASES[self.version]


def _digits(release: str) -> str:
    return "".join(release.split(".")[:2])


def parse_interpreter(text: str) -> Interpreter:
    """Read the Python half of a target, such as ``cp311``, ``py3.11``, ``3.11`` or ``cp313t``.

    Raises UsageError with the right form where the text is none.
    """
    match = _FORM.fullmatch(text)
    if match is None or match[1] not in _SPELLINGS:
        raise UsageError(_unknown(text))
    implementation = _SPELLINGS[match[1]]
    interpreter = Interpreter(implementation, (int(match[2]), int(match[3])), bool(match[4]))
    problem = _unsupported(interpreter)
    if problem:
        raise UsageError(f"{text!r}: {problem}")
    return interpreter


def _unsupported(interpreter: Interpreter) -> str | None:
    if interpreter.version < OLDEST or interpreter.version[0] > OLDEST[0]:
        return "pinfix knows Python 3, from 3.6 (cp36) on"
    if interpreter.implementation == "pp" and interpreter.version not in PYPY_RELEASES:
        major, minor = max(PYPY_RELEASES)
        return f"there is no PyPy for this Python; the newest is pp{major}{minor}"
    if interpreter.free_threaded and interpreter.implementation == "pp":
        return "PyPy has no free-threaded build"
    if interpreter.free_threaded and interpreter.version < FIRST_FREE_THREADED:
        return "free-threaded builds begin with cp313t"
    return None


def _unknown(text: str) -> str:
    patch = re.fullmatch(r"([a-z]*)3\.([0-9]+)\.[0-9]+\w*", text)
    if patch:
        version = text[len(patch[1]) :]
        return (
            f"{text!r} names a patch release; a target names X.Y: "
            f"write cp3{patch[2]} and give --python {version}"
        )
    import difflib  # for who mistyped alone

    near = difflib.get_close_matches(text, _KNOWN, n=2, cutoff=0.5) or ["cp311", "cp313"]
    return f"{text!r} is no Python that pinfix knows; write it like {' or '.join(near)}"


def full_version(interpreter: Interpreter, python: str | None) -> Version:
    """The version X.Y.Z that markers and Requires-Python are asked with.

    X.Y means its newest known patch release; ``python`` (``--python``) gives another one, or a
    pre-release such as ``3.15.0rc1``. Raises UsageError where it is no version or another Python
    than the target's.
    """
    wanted = ".".join(str(part) for part in interpreter.version)
    if python is None or python == wanted:
        minor = interpreter.version[1]
        return Version(f"{wanted}.{NEWEST_PATCHES[interpreter.implementation].get(minor, 0)}")
    try:
        version = Version(python)
    except InvalidVersion:
        raise UsageError(f"--python {python}: not a version; write it like {wanted}.4") from None
    if version.release[:2] != interpreter.version:
        raise UsageError(
            f"--python {python} does not agree with the target's {interpreter.name} "
            f"(Python {wanted}); give a version that begins with {wanted}, or another target"
        )
    if len(version.release) > 3 or str(version) != version.public or version.is_postrelease:
        raise UsageError(f"--python {python}: not a Python release; write it like {wanted}.4")
    return version if len(version.release) == 3 else _with_patch(version)


def _with_patch(version: Version) -> Version:
    release = ".".join(str(part) for part in version.release)
    return Version(str(version).replace(release, f"{release}.0", 1))
