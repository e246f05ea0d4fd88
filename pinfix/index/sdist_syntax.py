"""What the nodes of a build script's syntax tree name and set."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def settings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The (key, value) pairs that a node sets: keywords, dict entries, ``settings["key"] = ...``."""
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield str(target.slice.value), node.value


def name_of(node: ast.AST) -> str:
    """``x`` of ``x`` and of ``module.x``; "" of all else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
