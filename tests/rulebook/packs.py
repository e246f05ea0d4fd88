"""Rule packs for tests, written as people write them."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from pinfix.rulebook.parse import parse_pack
from pinfix.rulebook.rule import Rule

LINUX_313 = {"sys_platform": "linux", "python_full_version": "3.13.0"}


def pack_text(**keys: object) -> str:
    """One rule, a cap on demo unless told otherwise; a key that is None is left out."""
    table: dict[str, object] = {
        "id": "demo",
        "action": "cap",
        "package": "demo",
        "versions": "<2",
        "applies": "always",
        "reason": "demo 2 is Rust",
        "evidence": ["demo 2.0 was built here"],
    }
    table.update({key.replace("_", "-"): value for key, value in keys.items()})
    lines = [f"{key} = {toml(value)}" for key, value in table.items() if value is not None]
    return "\n".join(["[[rule]]", *lines, ""])


def toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(toml(item) for item in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def rule(**keys: object) -> Rule:
    return parse_pack(pack_text(**keys), "demo.toml").rules[0]


DEMO = canonicalize_name("demo")
