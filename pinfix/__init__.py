"""pinfix: rewrites the pins that have no wheel for the deploy host.

``pinfix.rewrite(text, target="cp313-manylinux")`` is the whole of it for a program. The names of
``__all__`` are imported when they are first asked for, so that ``import pinfix`` costs nothing.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pinfix.errors import (
        IndexUnavailableError,
        InputError,
        NoSolutionError,
        PinfixError,
        UsageError,
    )
    from pinfix.index.frozen import FrozenIndex
    from pinfix.index.protocol import Index
    from pinfix.inputs import Sources
    from pinfix.library import rewrite, rewrite_files, write
    from pinfix.planning.plan import Change, ClosureEntry, Plan, RewrittenFile
    from pinfix.report.diff import git_patch, unified_diff
    from pinfix.report.markdown import markdown
    from pinfix.report.plan_json import plan_dict, plan_json
    from pinfix.report.summary import summary
    from pinfix.resolve.demand import Policy
    from pinfix.rulebook.packs import RuleBook, load_rule_book
    from pinfix.targets.target import Target, parse_target

__all__ = [
    "Change",
    "ClosureEntry",
    "FrozenIndex",
    "Index",
    "IndexUnavailableError",
    "InputError",
    "NoSolutionError",
    "PinfixError",
    "Plan",
    "Policy",
    "RewrittenFile",
    "RuleBook",
    "Sources",
    "Target",
    "UsageError",
    "__version__",
    "git_patch",
    "load_rule_book",
    "markdown",
    "parse_target",
    "plan_dict",
    "plan_json",
    "rewrite",
    "rewrite_files",
    "summary",
    "unified_diff",
    "write",
]

_MODULES = {
    "pinfix.errors": (
        "IndexUnavailableError",
        "InputError",
        "NoSolutionError",
        "PinfixError",
        "UsageError",
    ),
    "pinfix.index.frozen": ("FrozenIndex",),
    "pinfix.index.protocol": ("Index",),
    "pinfix.inputs": ("Sources",),
    "pinfix.library": ("rewrite", "rewrite_files", "write"),
    "pinfix.planning.plan": ("Change", "ClosureEntry", "Plan", "RewrittenFile"),
    "pinfix.report.diff": ("git_patch", "unified_diff"),
    "pinfix.report.markdown": ("markdown",),
    "pinfix.report.plan_json": ("plan_dict", "plan_json"),
    "pinfix.report.summary": ("summary",),
    "pinfix.resolve.demand": ("Policy",),
    "pinfix.rulebook.packs": ("RuleBook", "load_rule_book"),
    "pinfix.targets.target": ("Target", "parse_target"),
}


if not TYPE_CHECKING:  # to a type checker it would make every name exist

    def __getattr__(name: str) -> object:
        for module, names in _MODULES.items():
            if name in names:
                import importlib

                found = globals()[name] = getattr(importlib.import_module(module), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
