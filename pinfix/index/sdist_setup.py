"""What a ``setup.py`` would build, read from its syntax tree; it is never run.

``setup.py`` is a program, so only the absence of every known way to a compiler makes it plain:
whatever cannot be read is a doubt, and a doubt is never counted as plain Python.
"""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from pinfix.index.sdist_archive import Archive
from pinfix.index.sdist_imports import (
    DROPPED_IN,
    LocalModules,
    all_imports,
    is_provided,
    sure_imports,
)
from pinfix.index.sdist_setup_requires import (
    literal_requires,
    required_if_missing,
    requires_by_python,
)
from pinfix.index.sdist_syntax import name_of, settings

# Keywords of setup() that name something to compile, and what compiles it.
_KEYWORDS = {
    "ext_modules": "c",
    "cffi_modules": "c",
    "rust_extensions": "rust",
    "milksnake_tasks": "rust",
    "build_golang": "c",
    "libraries": "c",
    "cmake_source_dir": "c",
}
# Names that stand for something to compile wherever a build script uses them.
_NAMES = {
    "Extension": "c",
    "CExtension": "c",
    "CMakeExtension": "c",
    "CppExtension": "c",
    "CUDAExtension": "c",
    "Pybind11Extension": "c",
    "CythonExtension": "cython",
    "cythonize": "cython",
    "mypycify": "c",
    "RustExtension": "rust",
    "RustBin": "rust",
}
_MODULES = {
    "skbuild": "c",
    "numpy.distutils": "c",
    "setuptools_rust": "rust",
    "distutils_pytest": "",
}
_COMPILERS = {"make", "gmake", "cmake", "gcc", "g++", "cc", "clang", "nvcc", "ninja", "meson"} | {
    "./configure",
    "swig",
    "go",
}
_RUST_TOOLS = {"cargo", "rustc", "maturin"}
_FALLBACKS = {
    "BuildFailed",
    "BuildExtFailed",
    "CCompilerError",
    "ve_build_ext",
    "optional_build_ext",
}
_PIPS_COMMANDS = {"install", "bdist_wheel", "build", "build_ext", "build_py", "develop"} | {
    "egg_info",
    "dist_info",
    "editable_wheel",
}
_RUNNERS = {"call", "check_call", "check_output", "run", "Popen", "system", "popen", "spawn"}
_RUNS_CODE = {"exec", "execfile", "eval", "__import__", "import_module", "run_path", "load_source"}
# Built into Python 2 alone.
_PYTHON_2 = {"file", "execfile", "unicode", "basestring", "raw_input", "xrange", "unichr"}

_warning_filters = threading.Lock()


@dataclass(slots=True)
class BuildScript:
    """What was found: ``builds`` the (kind, where) of each thing to compile, ``doubts`` what keeps
    it from being plain, ``opaque`` what runs code that cannot be read, ``optional`` whether the
    build says how to do without a compiler; ``requires`` its ``install_requires`` where that is a
    plain list of strings, None where it is not; ``python_below`` the first Python without some
    module that it imports; ``requires_vary`` whether it requires by the Python that runs it;
    ``requires_missing`` is what it requires in addition where it cannot be imported by the build.
    """

    builds: list[tuple[str, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    opaque: list[str] = field(default_factory=list)
    optional: bool = False
    calls_setup: bool = False
    requires: tuple[str, ...] | None = None
    python_below: tuple[int, int] | None = None
    requires_vary: bool = False
    requires_missing: tuple[str, ...] = ()


def read_setup(
    archive: Archive, script: str = "setup.py", provided: frozenset[str] = frozenset()
) -> BuildScript:
    """Read ``script`` and what of the archive it imports. ``provided`` are build requirements."""
    found = BuildScript()
    local = LocalModules(archive.names)
    waiting, seen = [script], {script}
    while waiting:
        name = waiting.pop(0)
        tree = _parse(archive.text(name), name, found)
        if tree is None:
            continue
        if name == script:
            found.requires = literal_requires(tree)
            found.requires_missing = tuple(required_if_missing(tree, local, provided))
            found.requires_vary = any(map(requires_by_python, ast.walk(tree)))
        if name == script or _is_build_helper(name, tree):
            _scan(name, tree, found)
        for module in sure_imports(name, tree):
            files = local.files(module)
            waiting += [file for file in files if file not in seen]
            seen.update(files)
            top = module.partition(".")[0]
            dropped = None if files else DROPPED_IN.get(top)
            if dropped and (found.python_below is None or dropped < found.python_below):
                found.python_below = dropped
            if not files and not local.has(top) and not is_provided(top, provided):
                found.doubts.append(f"{name}: imports {module}, which an isolated build lacks")
    return found


def _parse(text: str | None, name: str, found: BuildScript) -> ast.Module | None:
    if text is None:
        found.doubts.append(f"{name}: too large to be read")
        return None
    try:
        # A stranger's odd escapes are no warning of ours. The filters are the process's, hence
        # the lock.
        with _warning_filters, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        found.doubts.append(f"{name}{f':{line}' if line else ''}: not Python 3")
        return None


def _is_build_helper(name: str, tree: ast.Module) -> bool:
    """Whether a module that setup.py imports takes part in the build, not only in the package."""
    if "/" not in name:
        return True
    modules = {module.partition(".")[0] for module in all_imports(tree)}
    return bool(modules & {"setuptools", "distutils", "Cython", "cffi", "setuptools_rust"})


def _scan(name: str, tree: ast.Module, found: BuildScript) -> None:
    empty = _empty_names(tree)
    aside = _author_only(tree)
    for node in ast.walk(tree):
        if node in aside:
            continue
        found.builds += [(kind, f"{name}: {what}") for kind, what in _builds(node, empty)]
        found.doubts += [f"{name}: {what}" for what in _doubts(node)]
        if isinstance(node, ast.Call) and name_of(node.func) in _RUNS_CODE:
            found.opaque.append(f"{name}: {name_of(node.func)}()")
        if isinstance(node, ast.Call) and name_of(node.func) == "setup":
            found.calls_setup = True
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            _scan_string(name, node.value, found)
        if name_of(node) in _FALLBACKS or _is_optional(node):
            found.optional = True
    found.doubts += [f"{name}: {word}(), which is Python 2" for word in _python_2_names(tree)]
    found.doubts += [f"{name}: {function}() may refuse to build" for function in _refusals(tree)]
    for module in all_imports(tree):
        for builder, kind in _MODULES.items():
            if module == builder or module.startswith(f"{builder}."):
                found.builds.append((kind, f"{name}: imports {builder}"))


def _python_2_names(tree: ast.Module) -> Iterator[str]:
    """Names of Python 2's builtins that running the script is sure to look up, and none defines."""
    defined = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _is_stored(n)}
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.Expr):
            names = {_called(node) for node in ast.walk(statement)}
            yield from sorted((names & _PYTHON_2) - defined)


def _refusals(tree: ast.Module) -> Iterator[str]:
    """Functions that end the script for another reason than the Python that runs it.

    Deprecated names on the index refuse to be installed in this way.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(_ends_script, ast.walk(node))):
            mentioned = {getattr(inner, "attr", "") for inner in ast.walk(node)}
            if "version_info" not in mentioned and "environ" in mentioned | _names_in(node):
                yield node.name


def _ends_script(node: ast.AST) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "SystemExit"


def _names_in(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _called(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _scan_string(name: str, text: str, found: BuildScript) -> None:
    """A string that holds a call of setup() is code for exec(): dill writes its build so."""
    if "setup(" not in text or "\n" not in text:
        return
    found.calls_setup = True
    for word in (*_KEYWORDS, *_NAMES):
        if word in text:
            found.doubts.append(f"{name}: {word} in a string")


def _author_only(tree: ast.Module) -> set[ast.AST]:
    """What runs only for ``setup.py publish`` and its like, which pip never calls."""
    return {
        below
        for node in tree.body
        if isinstance(node, ast.If) and _compares_argv(node.test)
        for statement in node.body
        for below in ast.walk(statement)
    }


def _compares_argv(test: ast.expr) -> bool:
    """Whether the test holds only for words that pip never gives: ``argv[-1] == "publish"``."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_compares_argv(value) for value in test.values)
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq | ast.In):
        return False
    words = {node.value for node in ast.walk(test) if isinstance(node, ast.Constant)}
    texts = {word for word in words if isinstance(word, str)}
    argv = any(name_of(node) == "argv" for node in ast.walk(test))
    return argv and bool(texts) and not texts & _PIPS_COMMANDS


def _builds(node: ast.AST, empty: set[str]) -> Iterator[tuple[str, str]]:
    """What one node of the tree shows to be compiled: (kind, what)."""
    for key, value in settings(node):
        if key in _KEYWORDS and not _is_empty(value, empty):
            yield _KEYWORDS[key], key
    name = name_of(node)
    if name in _NAMES and not isinstance(getattr(node, "ctx", None), ast.Store):
        yield _NAMES[name], name
    for command in _commands(node):
        if command in _COMPILERS:
            yield "c", f"runs {command}"
        elif command in _RUST_TOOLS:
            yield "rust", f"runs {command}"


def _doubts(node: ast.AST) -> Iterator[str]:
    for key, value in settings(node):
        off = isinstance(value, ast.Constant) and not value.value
        if key == "use_2to3" and not off:
            yield "use_2to3, which setuptools dropped with version 58"
        if key in {"build_ext", "build_clib"}:
            yield f"replaces the command {key}"
    if name_of(node) == "build_py_2to3":
        yield "build_py_2to3, which setuptools does not have"
    if isinstance(node, ast.FunctionDef) and node.name == "has_ext_modules":
        yield "has_ext_modules, so the wheel is made for one platform"


def _empty_names(tree: ast.Module) -> set[str]:
    """Names that are only ever given an empty list or None."""
    values: dict[str, bool] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values[target.id] = values.get(target.id, True) and _is_empty(node.value, set())
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            values[node.target.id] = False
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            # ext_modules.append(...) fills it.
            values[node.value.id] = False
    return {name for name, is_empty in values.items() if is_empty}


def _is_empty(value: ast.expr, empty: set[str]) -> bool:
    if isinstance(value, ast.Constant):
        return not value.value
    if isinstance(value, ast.List | ast.Tuple):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.Name) and value.id in empty


def _is_optional(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.keyword)
        and node.arg == "optional"
        and isinstance(node.value, ast.Constant)
        and node.value.value is True
    )


def _commands(node: ast.AST) -> Iterator[str]:
    """The program that a call like ``subprocess.check_call(["make", ...])`` runs."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in _RUNNERS or not node.args:
        return
    first: ast.expr = node.args[0]
    if isinstance(first, ast.List | ast.Tuple) and first.elts:
        first = first.elts[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.split():
        yield first.value.split()[0]
