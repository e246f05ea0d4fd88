"""Why a build failed: the causes that are told apart, and the sentences in a log that show them."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from pinfix.records import record


class Cause(Enum):
    """Why something failed. The first group happens while a package is built from source."""

    RUST_READ_ONLY = "rust-read-only"
    RUST_MISSING = "rust-missing"
    RUST_TOO_OLD = "rust-too-old"
    PYO3_TOO_OLD = "pyo3-too-old"
    PLATFORM_UNSUPPORTED = "platform-unsupported"
    MSVC_MISSING = "msvc-missing"
    PG_CONFIG_MISSING = "pg-config-missing"
    MYSQL_CONFIG_MISSING = "mysql-config-missing"
    SOURCE_TOO_OLD = "source-too-old"
    PYTHON_HEADERS_MISSING = "python-headers-missing"
    FORTRAN_MISSING = "fortran-missing"
    COMPILER_MISSING = "compiler-missing"
    HEADER_MISSING = "header-missing"
    LIBRARY_MISSING = "library-missing"
    BUILD_TOOL_MISSING = "build-tool-missing"
    STDLIB_REMOVED = "stdlib-removed"
    BUILD_TOOLS_TOO_NEW = "build-tools-too-new"
    RUST_FAILED = "rust-failed"
    COMPILE_FAILED = "compile-failed"
    BUILD_FAILED = "build-failed"

    OUT_OF_MEMORY = "out-of-memory"
    DISK_FULL = "disk-full"
    NETWORK = "network"
    HASH_MISMATCH = "hash-mismatch"
    HASH_MISSING = "hash-missing"
    NO_WHEEL = "no-wheel"
    REQUIRES_PYTHON = "requires-python"
    NO_MATCHING_VERSION = "no-matching-version"
    CONFLICT = "conflict"
    FILE_MISSING = "file-missing"
    BAD_REQUIREMENT = "bad-requirement"
    NOT_PERMITTED = "not-permitted"
    MISSING_AT_RUN_TIME = "missing-at-run-time"

    @property
    def of_a_build(self) -> bool:
        """Whether it can only happen where a package is built from source."""
        return _ORDER[self] <= _ORDER[Cause.BUILD_FAILED]


_ORDER: Final = {cause: number for number, cause in enumerate(Cause)}


@record
class Sign:
    """A sentence that shows a cause.

    ``needle`` is part of every such line, in lower case: looking for it first makes reading a
    large log ten times as fast. Of the pattern's groups ``detail`` is what is missing, ``name``
    and ``version`` the package where the line itself names one.
    """

    cause: Cause
    needle: str
    pattern: re.Pattern[str]


def _sign(cause: Cause, needle: str, pattern: str | None = None) -> Sign:
    return Sign(cause, needle, re.compile(pattern or re.escape(needle), re.IGNORECASE))


_NAME: Final = r"(?P<name>[A-Za-z0-9][\w.-]{0,99})"
_PIN: Final = rf"{_NAME}(?:\[[^\]]{{0,200}}\])?(?:\s?={{2,3}}\s?(?P<version>[\w.!+]{{1,60}}))?"
_C_COMPILER: Final = (
    r"[\w/.\\-]{0,200}?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-\d{1,2}(?:\.\d{1,2})?)?(?:\.exe)?"
)
_HEADER: Final = r"(?P<detail>[\w./+-]{1,100}\.h(?:pp|xx|h)?)"
_NO_FILE: Final = r"(?:No such file|\[WinError 2\]|\[Errno 2\]|not found)"

# What explains most comes first: of the signs in one package's output the first in this table
# counts, and of those in one line. A registry that is read-only explains the failure of maturin, which explains "Failed
# building wheel".
SIGNS: Final = (
    _sign(
        Cause.RUST_READ_ONLY,
        "cargo",
        r"fail\w{0,3} to (?:create|open|write|remove)[^`]{0,60}`?[^`]{0,200}(?:cargo|rustup)[/\\]",
    ),
    _sign(Cause.RUST_MISSING, "cargo, the rust package manager, is not installed"),
    _sign(Cause.RUST_MISSING, "find rust compiler", r"can(?:no|')t find Rust compiler"),
    _sign(Cause.RUST_MISSING, "can not find rust compiler"),
    _sign(Cause.RUST_MISSING, "cargo", rf"{_NO_FILE}[^'`]{{0,40}}['`](?:cargo|rustc)['`]"),
    _sign(Cause.RUST_MISSING, "cargo", r"(?:cargo|rustc): (?:command )?not found"),
    _sign(Cause.RUST_MISSING, "unsupported platform", r"^\s*Unsupported platform: \d{2,3}$"),
    _sign(Cause.RUST_MISSING, "rustup could not choose a version"),
    _sign(Cause.RUST_MISSING, "setuptools_rust", r"No module named '?setuptools_rust"),
    _sign(
        Cause.RUST_TOO_OLD,
        "does not match extension requirement",
        r"Rust [\d.]{1,12} does not match extension requirement (?P<detail>\S{1,20})",
    ),
    _sign(Cause.RUST_TOO_OLD, "requires rustc", r"requires rustc (?P<detail>[\d.]{1,12})"),
    _sign(Cause.RUST_TOO_OLD, "requires rust >", r"requires Rust (?P<detail>>=? ?[\d.]{1,12})"),
    _sign(Cause.RUST_TOO_OLD, "edition20", r"feature `edition20\d\d` is required"),
    _sign(
        Cause.RUST_TOO_OLD, "lock file version", r"lock file version `?\d`?.{0,80}not understood"
    ),
    _sign(
        Cause.PYO3_TOO_OLD,
        "maximum supported",
        r"Python interpreter version \((?P<detail>3\.\d{1,2})\) is newer than PyO3's maximum",
    ),
    _sign(Cause.PYO3_TOO_OLD, "recursive_guard", r"ForwardRef\._evaluate\(\) missing"),
    _sign(
        Cause.PLATFORM_UNSUPPORTED,
        "does not support",
        rf"Error: {_NAME} does not support (?P<detail>Windows|macOS|Linux)",
    ),
    _sign(
        Cause.MSVC_MISSING,
        "microsoft visual c++",
        r"Microsoft Visual C\+\+ \d\S* (?:or greater )?is required",
    ),
    _sign(Cause.MSVC_MISSING, "vcvarsall.bat", r"Unable to find vcvarsall\.bat"),
    _sign(Cause.MSVC_MISSING, "link.exe", r"linker `link\.exe` not found"),
    _sign(Cause.MSVC_MISSING, "cl.exe", r"['`]cl\.exe['`] failed: (?:None|No such file)"),
    _sign(Cause.MSVC_MISSING, "could not find any instance of visual studio"),
    _sign(
        Cause.PG_CONFIG_MISSING,
        "pg_config",
        r"pg_config executable not found|pg_config is required to build",
    ),
    _sign(
        Cause.PG_CONFIG_MISSING,
        "pg_config",
        rf"couldn't run '?pg_config|{_NO_FILE}[^']{{0,40}}'pg_config'",
    ),
    _sign(Cause.MYSQL_CONFIG_MISSING, "mysql_config", r"mysql_config:? (?:command )?not found"),
    _sign(Cause.MYSQL_CONFIG_MISSING, "find valid pkg-config name"),
    _sign(Cause.MYSQL_CONFIG_MISSING, "mysqlclient_cflags", r"Specify MYSQLCLIENT_CFLAGS"),
    _sign(
        Cause.SOURCE_TOO_OLD,
        ".h",
        r"fatal error: (?P<detail>longintrepr\.h): No such file",
    ),
    _sign(
        Cause.SOURCE_TOO_OLD,
        "error:",
        r"error: (?:too (?:few|many) arguments to function(?: call)?.{0,4}(?:\w{0,20}_?Py)"
        r"|.{0,40}(?:PyThreadState|struct _ts|PyCodeObject|PyLongObject|PyTypeObject|_frame|PyInterpreterState)"
        r".{0,40}has no member|no member named .{1,60} in 'struct (?:_ts|_typeobject|_frame|_longobject)"
        r"|implicit declaration of function .{1,4}_?Py[A-Z_]|.{0,2}_PyCFrame|unknown type name .{1,3}_?Py[A-Z]"
        r"|.{1,4}_?Py[A-Z]\w{1,60}.{1,3} (?:undeclared|was not declared)"
        r"|(?:use of undeclared identifier|incomplete definition of type) .{1,12}_?Py[A-Z])",
    ),
    _sign(Cause.PYTHON_HEADERS_MISSING, "python.h", r"(?:fatal error|error)\b.{0,60}Python\.h"),
    _sign(
        Cause.FORTRAN_MISSING,
        "fortran",
        r"Unknown compiler\(s\): \[\[?'(?:ifort|gfortran|flang|lfortran|nvfortran)|"
        r"no Fortran compiler found|gfortran: command not found|CMAKE_Fortran_COMPILER",
    ),
    _sign(
        Cause.COMPILER_MISSING,
        "command",
        rf"command '{_C_COMPILER}' failed: (?:No such file|None|\[Errno 2\])",
    ),
    _sign(Cause.COMPILER_MISSING, "unable to execute", rf"unable to execute '?{_C_COMPILER}'?[: ]"),
    _sign(
        Cause.COMPILER_MISSING,
        "no such file",
        rf"No such file or directory:? [`'\"]{_C_COMPILER}['`\"]",
    ),
    _sign(Cause.COMPILER_MISSING, "linker", r"linker `(?:cc|gcc|clang|ld)` not found"),
    _sign(
        Cause.COMPILER_MISSING,
        "cc1",
        r"cannot execute .{0,4}cc1(?:plus)?\b|error trying to exec 'cc1",
    ),
    _sign(
        Cause.COMPILER_MISSING,
        "unknown compiler",
        r"Unknown compiler\(s\): \[\[?'(?:\w{0,5}cc|c\+\+|icl|icx|cl|clang)",
    ),
    _sign(
        Cause.COMPILER_MISSING,
        "compiler could be found",
        r"No CMAKE_\w{1,10}_COMPILER could be found",
    ),
    _sign(Cause.COMPILER_MISSING, "_compiler not set", r"CMAKE_(?:C|CXX)_COMPILER not set"),
    _sign(Cause.COMPILER_MISSING, "no working compiler found"),
    _sign(Cause.COMPILER_MISSING, "no acceptable c compiler found"),
    _sign(Cause.COMPILER_MISSING, "invalid active developer path"),
    _sign(Cause.COMPILER_MISSING, "c compiler or python headers are not installed"),
    _sign(Cause.HEADER_MISSING, ".h", rf"fatal error: {_HEADER}: No such file"),
    _sign(Cause.HEADER_MISSING, "file not found", rf"error: '{_HEADER}' file not found"),
    _sign(Cause.HEADER_MISSING, "c1083", rf"fatal error C1083: .{{0,60}}'{_HEADER}'"),
    _sign(
        Cause.LIBRARY_MISSING,
        "development packages",
        r"make sure the (?:development packages of )?(?P<detail>libxml2 and libxslt)",
    ),
    _sign(
        Cause.LIBRARY_MISSING,
        "pkg-config search path",
        r"Package '?(?P<detail>[\w.+-]{1,60})'? was not found in the pkg-config search path",
    ),
    _sign(Cause.LIBRARY_MISSING, "cannot find -l", r"cannot find -l(?P<detail>[\w+-]{1,40})"),
    _sign(Cause.LIBRARY_MISSING, "lnk1181", r"LNK1181: .{0,40}'(?P<detail>[\w.+-]{1,60})'"),
    _sign(
        Cause.LIBRARY_MISSING,
        "headers or library files could not be found for",
        r"could not be found for (?P<detail>\w{1,30}),",
    ),
    _sign(
        Cause.LIBRARY_MISSING,
        "could not find",
        r"Could not find (?:the )?(?P<detail>OpenSSL|libsodium|BLAS|OpenBLAS|LAPACK|HDF5|GDAL|PROJ|GEOS|Boost|librdkafka|portaudio|libpq)\b",
    ),
    _sign(
        Cause.LIBRARY_MISSING,
        "-config",
        r"(?P<detail>gdal-config|geos-config|krb5-config|curl-config|xslt-config|xml2-config|freetype-config|llvm-config|hdf5)"
        r".{0,40}(?:not found|No such file|could not be|missing|couldn't)",
    ),
    _sign(
        Cause.BUILD_TOOL_MISSING,
        "must be installed",
        r"(?P<detail>CMake|Ninja|Meson|SWIG|Bazel) must be installed",
    ),
    _sign(
        Cause.BUILD_TOOL_MISSING,
        "no such file",
        r"(?:command|No such file or directory:?) [`'\"](?P<detail>cmake|ninja|make|swig|patchelf|pkg-config|autoreconf|autoconf|bazel|git|nasm|go|nvcc|java|npm|node)['`\"]",
    ),
    _sign(
        Cause.BUILD_TOOL_MISSING,
        "not found",
        r"\b(?P<detail>cmake|ninja|make|swig|pkg-config|autoreconf|bazel|nasm): (?:command )?not found",
    ),
    _sign(
        Cause.BUILD_TOOL_MISSING,
        "cmake",
        r"(?:Cannot|Could not|Unable to) find (?:a )?(?P<detail>cmake)",
    ),
    _sign(
        Cause.BUILD_TOOL_MISSING,
        "nvcc",
        r"(?P<detail>nvcc) was not found|CUDA_HOME environment variable is not set",
    ),
    _sign(
        Cause.STDLIB_REMOVED,
        "no module named",
        r"No module named '(?P<detail>(?:numpy\.)?distutils|imp|asynchat|asyncore|smtpd|cgi|lib2to3|pipes|crypt|telnetlib|nntplib)(?:\.[\w.]{1,60})?'",
    ),
    _sign(
        Cause.STDLIB_REMOVED,
        "has no attribute",
        r"module 'pkgutil' has no attribute '(?P<detail>ImpImporter)'",
    ),
    _sign(
        Cause.STDLIB_REMOVED,
        "has no attribute",
        r"module 'configparser' has no attribute '(?P<detail>SafeConfigParser)'",
    ),
    _sign(
        Cause.STDLIB_REMOVED,
        "has no attribute",
        r"module '(?:inspect|ast|collections|imp|importlib|asyncio|unittest)' has no attribute '(?P<detail>\w{1,40})'",
    ),
    _sign(
        Cause.STDLIB_REMOVED,
        "cannot import name",
        r"cannot import name '(?P<detail>\w{1,40})' from '(?:collections|distutils|inspect|typing|asyncio)",
    ),
    # What exec() stores is no longer in locals() (PEP 667, Python 3.13).
    _sign(Cause.STDLIB_REMOVED, "keyerror", r"^\s*KeyError: '__version__'"),
    _sign(
        Cause.BUILD_TOOLS_TOO_NEW,
        "use_2to3 is invalid",
        r"error in (?P<name>[\w.-]{1,99}) setup command: use_2to3 is invalid",
    ),
    _sign(
        Cause.BUILD_TOOLS_TOO_NEW,
        "postgresql version",
        r"could not determine PostgreSQL version from '(?P<detail>[^']{1,20})'",
    ),
    _sign(Cause.BUILD_TOOLS_TOO_NEW, "cython_sources", r"has no attribute 'cython_sources'"),
    _sign(
        Cause.BUILD_TOOLS_TOO_NEW,
        "no module named",
        r"No module named '(?P<detail>pkg_resources|setuptools\.[\w.]{1,40}|wheel|setuptools|Cython)'",
    ),
    _sign(
        Cause.BUILD_TOOLS_TOO_NEW, "cython.compiler.errors", r"Cython\.Compiler\.Errors\.\w{1,30}"
    ),
    _sign(
        Cause.OUT_OF_MEMORY,
        "killed",
        r"Killed signal terminated program|\(program cc1plus\)|^\s*Killed\s*$",
    ),
    _sign(Cause.OUT_OF_MEMORY, "sigkill", r"signal: 9, SIGKILL"),
    _sign(
        Cause.OUT_OF_MEMORY,
        "memory",
        r"virtual memory exhausted|Cannot allocate memory|out of memory|std::bad_alloc",
    ),
    _sign(Cause.OUT_OF_MEMORY, "memoryerror", r"^\s*MemoryError\b"),
    _sign(
        Cause.OUT_OF_MEMORY,
        "137",
        r"exit(?:ed)?(?: with)?(?: a)?(?: non-zero)? (?:code|status):? 137\b|code: 137\b",
    ),
    _sign(Cause.DISK_FULL, "no space left on device"),
    _sign(
        Cause.NETWORK,
        "max retries exceeded",
        r"Could not install packages due to .{0,200}Max retries exceeded",
    ),
    _sign(
        Cause.NETWORK,
        "error",
        r"^\s*(?:\w{1,30}\.){0,6}(?:ReadTimeoutError|ConnectTimeoutError|ConnectionResetError|ProtocolError|IncompleteRead)\b",
    ),
    _sign(Cause.NETWORK, "temporary failure in name resolution"),
    _sign(Cause.NETWORK, "certificate_verify_failed"),
    _sign(Cause.NETWORK, "http error", r"ERROR: HTTP error \d{3} while getting"),
    _sign(
        Cause.NETWORK,
        "network",
        r"network failure seems to have happened|spurious network error \(0 tries",
    ),
    _sign(Cause.NOT_PERMITTED, "os error 30", r"Read-only file system \(os error 30\)"),
    _sign(Cause.NOT_PERMITTED, "errno 30", r"\[Errno 30\] Read-only file system"),
    _sign(Cause.RUST_FAILED, "maturin failed"),
    _sign(
        Cause.RUST_FAILED,
        "error:",
        r"error: could not compile `|error: `?cargo [^`]{0,400}`? failed",
    ),
    _sign(Cause.RUST_FAILED, "failed to run custom build command"),
    _sign(
        Cause.COMPILE_FAILED,
        "failed with exit",
        r"command '[^']{1,300}' failed with exit (?:code|status)",
    ),
    _sign(Cause.COMPILE_FAILED, "build stopped", r"ninja: build stopped"),
    _sign(
        Cause.COMPILE_FAILED,
        "cmake",
        r"CMake (?:build|configuration) failed|'cmake', '--build'.{0,300}non-zero",
    ),
    _sign(Cause.COMPILE_FAILED, "compilation terminated"),
    # maturin fetches a Rust of its own where there is none; what became of that counts more.
    _sign(Cause.RUST_MISSING, "rust not found, installing into a temporary directory"),
    _sign(
        Cause.HASH_MISMATCH,
        "do not match the hashes",
        r"THESE PACKAGES DO NOT MATCH THE HASHES|Hash mismatch for",
    ),
    _sign(Cause.HASH_MISMATCH, "hash mismatch for", rf"Hash mismatch for `?{_PIN}"),
    _sign(Cause.HASH_MISSING, "require-hashes mode", r"In --require-hashes mode"),
    _sign(Cause.HASH_MISSING, "hashes are required in"),
    _sign(
        Cause.NO_WHEEL,
        "has no wheels",
        rf"(?:`|\b){_NAME}(?:=={{1}}(?P<version>[\w.!+]{{1,60}}))?`? has no wheels with",
    ),
    _sign(
        Cause.NO_WHEEL,
        "source distribution or wheel for the current platform",
        rf"Distribution `{_PIN}[^`]{{0,200}}` can't be installed",
    ),
    _sign(
        Cause.NO_WHEEL,
        "is not a supported wheel on this platform",
        rf"ERROR: {_NAME}-(?P<version>[\w.!+]{{1,60}})-[\w.-]{{1,200}}\.whl is not a supported wheel",
    ),
    _sign(
        Cause.NO_MATCHING_VERSION,
        "no matching distribution found for",
        rf"No matching distribution found for {_PIN}",
    ),
    _sign(
        Cause.REQUIRES_PYTHON,
        "requires a different python",
        rf"Package '{_NAME}' requires a different Python: \S{{1,20}} not in '(?P<detail>[^']{{1,60}})'",
    ),
    _sign(
        Cause.REQUIRES_PYTHON,
        "does not satisfy python",
        r"requested Python version \([^)]{1,30}\) does not satisfy Python(?P<detail>[^,]{1,40})",
    ),
    _sign(
        Cause.REQUIRES_PYTHON,
        "is not supported by the project",
        r"Current Python version \([^)]{1,30}\) is not (?:supported|allowed) by the project \((?P<detail>[^)]{1,40})\)",
    ),
    _sign(Cause.CONFLICT, "resolutionimpossible"),
    _sign(
        Cause.CONFLICT,
        "conflicting dependencies",
        r"Cannot install .{1,400} because these package versions",
    ),
    _sign(Cause.CONFLICT, "no solution found when resolving"),
    _sign(Cause.CONFLICT, "version solving failed"),
    _sign(Cause.CONFLICT, "solverproblemerror"),
    _sign(
        Cause.FILE_MISSING,
        "could not open requirements file",
        r"Could not open requirements file: .{0,40}?(?P<detail>'[^']{1,200}')?$",
    ),
    _sign(
        Cause.BAD_REQUIREMENT, "invalid requirement", r"Invalid requirement: (?P<detail>.{1,120})"
    ),
    _sign(Cause.NOT_PERMITTED, "externally-managed-environment"),
    _sign(
        Cause.NOT_PERMITTED,
        "permission denied",
        r"Could not install packages due to an (?:OSError|EnvironmentError): .{0,60}Permission denied",
    ),
)

# In what a build printed, an exception that none of the above explains.
EXCEPTION: Final = _sign(
    Cause.BUILD_FAILED, "error: ", r"^\s*(?:[A-Za-z_]\w{0,40}\.){0,4}[A-Z]\w{0,40}Error: "
)
# What a program imports that its Python, or a newer setuptools, no longer has.
GONE_AT_RUN_TIME: Final = re.compile(
    r"^\s*ModuleNotFoundError: No module named '(?P<detail>pkg_resources|distutils|imp|cgi|asyncore|"
    r"asynchat|smtpd|telnetlib|crypt|pipes|lib2to3)(?:\.[\w.]{1,60})?'"
)
