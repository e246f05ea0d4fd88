from __future__ import annotations

import pytest

from pinfix.buildlog.causes import SIGNS, Cause
from pinfix.buildlog.cleaning import clean

C = Cause


def cause_of(text: str) -> tuple[Cause, str | None] | None:
    """The cause that a line alone shows, and what it names as missing."""
    lowered = text.lower()
    for sign in SIGNS:
        match = sign.pattern.search(text) if sign.needle in lowered else None
        if match is not None:
            return sign.cause, match.groupdict().get("detail")
    return None


@pytest.mark.parametrize(
    ("text", "cause", "detail"),
    [
        (
            "error: failed to create directory `/usr/local/cargo/registry/cache/index.crates.io-6f`",
            C.RUST_READ_ONLY,
            None,
        ),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", C.RUST_MISSING, None),
        ("error: can't find Rust compiler", C.RUST_MISSING, None),
        ("error: can not find Rust Compiler", C.RUST_MISSING, None),
        ("error: [Errno 2] No such file or directory: 'cargo'", C.RUST_MISSING, None),
        ("/bin/sh: cargo: not found", C.RUST_MISSING, None),
        ("error: Rust 1.41.1 does not match extension requirement >=1.48.0", C.RUST_TOO_OLD, ">=1.48.0"),
        (
            "error: package `ahash v0.8.11` cannot be built because it requires rustc 1.60.0 or newer",
            C.RUST_TOO_OLD,
            "1.60.0",
        ),
        ("feature `edition2021` is required", C.RUST_TOO_OLD, None),
        (
            "error: the configured Python interpreter version (3.14) is newer than PyO3's maximum supported version (3.13)",
            C.PYO3_TOO_OLD,
            "3.14",
        ),
        ("RuntimeError: uvloop does not support Windows at the moment", C.PLATFORM_UNSUPPORTED, "Windows"),
        ("error: Microsoft Visual C++ 14.0 is required. Get it with", C.MSVC_MISSING, None),
        ("error: Microsoft Visual C++ 14.0 or greater is required.", C.MSVC_MISSING, None),
        ("error: Unable to find vcvarsall.bat", C.MSVC_MISSING, None),
        ("error: linker `link.exe` not found", C.MSVC_MISSING, None),
        ("Error: pg_config executable not found.", C.PG_CONFIG_MISSING, None),
        (
            "couldn't run 'pg_config' --includedir: [Errno 2] No such file or directory: 'pg_config'",
            C.PG_CONFIG_MISSING,
            None,
        ),
        ("/bin/sh: 1: mysql_config: not found", C.MYSQL_CONFIG_MISSING, None),
        ("Exception: Can not find valid pkg-config name.", C.MYSQL_CONFIG_MISSING, None),
        ("x.c:1:10: fatal error: longintrepr.h: No such file or directory", C.SOURCE_TOO_OLD, "longintrepr.h"),
        ("x.c:1:2: error: too few arguments to function ‘_PyLong_AsByteArray’", C.SOURCE_TOO_OLD, None),
        ("x.cpp:1:2: error: ‘PyThreadState’ {aka ‘struct _ts’} has no member named ‘trash’", C.SOURCE_TOO_OLD, None),
        ("x.c:1:39: error: implicit declaration of function ‘_PyInterpreterState_GetConfig’", C.SOURCE_TOO_OLD, None),
        ("x.c:4:10: fatal error: Python.h: No such file or directory", C.PYTHON_HEADERS_MISSING, None),
        ("../meson.build:49:0: ERROR: Unknown compiler(s): [['gfortran'], ['flang']]", C.FORTRAN_MISSING, None),
        ("error: command 'gcc' failed: No such file or directory", C.COMPILER_MISSING, None),
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", C.COMPILER_MISSING, None),
        ("error: command '/usr/bin/clang' failed: No such file or directory", C.COMPILER_MISSING, None),
        ("unable to execute 'gcc': No such file or directory", C.COMPILER_MISSING, None),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'gcc'", C.COMPILER_MISSING, None),
        ("gcc: fatal error: cannot execute 'cc1plus': execvp: No such file or directory", C.COMPILER_MISSING, None),
        ("error: linker `cc` not found", C.COMPILER_MISSING, None),
        ("../meson.build:1:0: ERROR: Unknown compiler(s): [['icl'], ['cl'], ['cc'], ['gcc']]", C.COMPILER_MISSING, None),
        ("CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage", C.COMPILER_MISSING, None),
        ("xcrun: error: invalid active developer path", C.COMPILER_MISSING, None),
        ("c/_cffi_backend.c:15:10: fatal error: ffi.h: No such file or directory", C.HEADER_MISSING, "ffi.h"),
        ("x.c:1:10: fatal error: openssl/ssl.h: No such file or", C.HEADER_MISSING, "openssl/ssl.h"),
        ("x.c:3:10: fatal error: 'libpq-fe.h' file not found", C.HEADER_MISSING, "libpq-fe.h"),
        (
            "x.c(3): fatal error C1083: Cannot open include file: 'sql.h': No such file or directory",
            C.HEADER_MISSING,
            "sql.h",
        ),
        (
            "Error: Please make sure the libxml2 and libxslt development packages are installed.",
            C.LIBRARY_MISSING,
            "libxml2 and libxslt",
        ),
        ("Package libffi was not found in the pkg-config search path.", C.LIBRARY_MISSING, "libffi"),
        ("/usr/bin/ld: cannot find -lpq", C.LIBRARY_MISSING, "pq"),
        (
            "The headers or library files could not be found for jpeg,",
            C.LIBRARY_MISSING,
            "jpeg",
        ),
        ("Exception: A GDAL API version must be specified. gdal-config: not found", C.LIBRARY_MISSING, "gdal-config"),
        ("CMake must be installed to build the following extensions: dlib", C.BUILD_TOOL_MISSING, "CMake"),
        ("error: command 'swig' failed: No such file or directory", C.BUILD_TOOL_MISSING, "swig"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'cmake'", C.BUILD_TOOL_MISSING, "cmake"),
        ("/bin/sh: 1: make: not found", C.BUILD_TOOL_MISSING, "make"),
        ("ModuleNotFoundError: No module named 'distutils'", C.STDLIB_REMOVED, "distutils"),
        ("ModuleNotFoundError: No module named 'distutils.msvccompiler'", C.STDLIB_REMOVED, "distutils"),
        ("ModuleNotFoundError: No module named 'numpy.distutils'", C.STDLIB_REMOVED, "numpy.distutils"),
        ("AttributeError: module 'pkgutil' has no attribute 'ImpImporter'.", C.STDLIB_REMOVED, "ImpImporter"),
        ("KeyError: '__version__'", C.STDLIB_REMOVED, None),
        ("error in ipdb setup command: use_2to3 is invalid.", C.BUILD_TOOLS_TOO_NEW, None),
        ("ModuleNotFoundError: No module named 'pkg_resources'", C.BUILD_TOOLS_TOO_NEW, "pkg_resources"),
        ("💥 maturin failed", C.RUST_FAILED, None),
        ("error: could not compile `pyo3` due to previous error", C.RUST_FAILED, None),
        ("error: command '/usr/bin/gcc' failed with exit code 1", C.COMPILE_FAILED, None),
        ("error: command 'x86_64-linux-gnu-gcc' failed with exit status 1", C.COMPILE_FAILED, None),
        ("error: command 'C:\\\\VC\\\\bin\\\\cl.exe' failed with exit code 2", C.COMPILE_FAILED, None),
        ("ninja: build stopped: subcommand failed.", C.COMPILE_FAILED, None),
        ("c++: fatal error: Killed signal terminated program cc1plus", C.OUT_OF_MEMORY, None),
        ("virtual memory exhausted: Cannot allocate memory", C.OUT_OF_MEMORY, None),
        ("(signal: 9, SIGKILL: kill)", C.OUT_OF_MEMORY, None),
        ("did not complete successfully: exit code: 137", C.OUT_OF_MEMORY, None),
        ("Killed", C.OUT_OF_MEMORY, None),
        ("==> Out of memory (used over 8Gi)", C.OUT_OF_MEMORY, None),
        ("OSError: [Errno 28] No space left on device", C.DISK_FULL, None),
        ("ERROR: In --require-hashes mode, all requirements must have their versions pinned", C.HASH_MISSING, None),
        ("error: Distribution `torch==2.3.0 @ registry+https://x` can't be installed because it doesn't have a source distribution or wheel for the current platform", C.NO_WHEEL, None),
        ("ERROR: x-1.0-cp39-cp39-win_amd64.whl is not a supported wheel on this platform.", C.NO_WHEEL, None),
        ("ERROR: No matching distribution found for sqlparse==0.5.4", C.NO_MATCHING_VERSION, None),
        ("ERROR: Package 'x' requires a different Python: 3.8.1 not in '>=3.9'", C.REQUIRES_PYTHON, ">=3.9"),
        ("ERROR: ResolutionImpossible: for help visit https://pip.pypa.io", C.CONFLICT, None),
        ("  × No solution found when resolving dependencies:", C.CONFLICT, None),
        ("ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements.txt'", C.FILE_MISSING, "'requirements.txt'"),
        ("error: externally-managed-environment", C.NOT_PERMITTED, None),
        ("pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='files.pythonhosted.org')", C.NETWORK, None),
    ],
)  # fmt: skip
def test_a_sentence_shows_its_cause(text: str, cause: Cause, detail: str | None) -> None:
    assert cause_of(clean(f"      {text}")) == (cause, detail)


@pytest.mark.parametrize(
    "text",
    [
        "Compiling proc-macro2 v1.0.76",
        "copying src/cryptography/fernet.py -> build/lib.linux-x86_64-3.8/cryptography",
        "gcc -fPIC -I/usr/local/include/python3.12 -c a.c -o a.o",
        "Successfully installed cargo-1.0",
        "This package requires Rust and Cargo to compile extensions. Install it through",
        "x.c:1:2: warning: ‘Py_UNICODE’ is deprecated [-Wdeprecated-declarations]",
        "DeprecationWarning: pkg_resources is deprecated as an API",
        "#11 exporting to image: exit code: 0",
        "note: This error originates from a subprocess, and is likely not a problem with pip.",
    ],
)
def test_what_shows_no_cause(text: str) -> None:
    assert cause_of(text) is None


def test_every_cause_of_a_build_but_the_unexplained_has_a_sign() -> None:
    without = set(Cause) - {sign.cause for sign in SIGNS}
    assert without == {Cause.BUILD_FAILED, Cause.MISSING_AT_RUN_TIME}
