"""What a ``setup.py`` requires, as far as its syntax tree says; it is never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pinfix.index.sdist_imports import LocalModules, all_imports, is_provided
from pinfix.index.sdist_syntax import name_of, settings

_REQUIRES = "install_requires"


def literal_requires(tree: ast.Module) -> tuple[str, ...] | None:
    """The one ``install_requires`` list of strings; () where there is no word of any."""
    given = [v for node in ast.walk(tree) for key, v in settings(node) if key == _REQUIRES]
    if not given:
        mentioned = any(name_of(n) == _REQUIRES for n in ast.walk(tree)) or any(
            isinstance(n, ast.Constant) and _REQUIRES in str(n.value) for n in ast.walk(tree)
        )
        return None if mentioned else ()
    try:
        value = ast.literal_eval(given[0])
    except (ValueError, TypeError, RecursionError):
        return None
    plain = len(given) == 1 and isinstance(value, list | tuple)
    return tuple(value) if plain and all(isinstance(v, str) for v in value) else None


def required_if_missing(
    tree: ast.Module, local: LocalModules, provided: frozenset[str]
) -> Iterator[str]:
    """``try: import numpy``, ``except ImportError: requires.append("numpy")``, as seaborn had it.

    A build that pip isolates can import none of them, but its author could, and so what the sdist
    says of its requirements lacks them.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Try):
            continue
        tops = {module.partition(".")[0] for module in all_imports(ast.Module(node.body, []))}
        if any(not local.has(top) and not is_provided(top, provided) for top in tops):
            for handler in node.handlers:
                if _names_import_error(handler.type):
                    for below in ast.walk(handler):
                        yield from _added_requirements(below)


def _names_import_error(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        n is not None and name_of(n) in {"ImportError", "ModuleNotFoundError"} for n in names
    )


def _added_requirements(node: ast.AST) -> Iterator[str]:
    """The strings of ``requires.append(...)``, ``requires.extend([...])`` and ``requires += [...]``."""
    target: ast.AST
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        target, added = node.target, [node.value]
    elif isinstance(node, ast.Call) and name_of(node.func) in {"append", "extend"}:
        target, added = getattr(node.func, "value", node), node.args
    else:
        return
    if _is_of_requirements(name_of(target)):
        for value in added:
            items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            for item in items:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield item.value


def _is_of_requirements(name: str) -> bool:
    is_other = any(word in name for word in ("test", "setup", "build", "extra", "dev"))
    return ("requires" in name or "requirements" in name) and not is_other


def requires_by_python(node: ast.AST) -> bool:
    """``if sys.version_info < (3,): requirements.append("futures")`` and its like."""
    if not isinstance(node, ast.If | ast.IfExp):
        return False
    asked = {name_of(below) for below in ast.walk(node.test)}
    filled = {name_of(below) for below in ast.walk(node)}
    return bool(asked & {"version_info", "hexversion", "PY2", "PY3"}) and any(
        "requires" in name or "requirements" in name for name in filled
    )
