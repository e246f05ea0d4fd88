"""Fields whose generated alias differs: pydantic 1 makes camel case in a simpler way."""

from __future__ import annotations

import re

from pinfix.migrate.code.config import settings_of
from pinfix.migrate.code.drafts import Draft

_CAMEL = "pydantic.alias_generators.to_camel"
_PASCAL = "pydantic.alias_generators.to_pascal"


def list_generated_aliases(draft: Draft) -> None:
    """Fields that ``to_camel`` or ``to_pascal`` of pydantic 1 would name otherwise."""
    models = draft.analysis.models
    for own in models.own_models(draft.module):
        generators = {
            draft.analysis.project.name(ancestor.module, setting.node)
            for ancestor in models.lineage(own)
            for setting in settings_of(draft, ancestor)
            if setting.name == "alias_generator"
        }
        for one in models.own_fields(own) if generators & {_CAMEL, _PASCAL} else ():
            made = _camel(one.name) if _CAMEL in generators else _pascal(one.name)
            simple = "".join(word.capitalize() for word in one.name.split("_"))
            if _CAMEL in generators:
                simple = simple[:1].lower() + simple[1:]
            if made != simple:
                draft.left(
                    one.statement,
                    f"the alias that is generated for `{one.name}` is {simple!r} in pydantic 1, and"
                    f" {made!r} in 2: give it `alias={made!r}`",
                )


def _pascal(name: str) -> str:
    return re.sub("([0-9A-Za-z])_(?=[0-9A-Z])", lambda found: found[1], name.title())


def _camel(name: str) -> str:
    if re.match("^[a-z]+[A-Za-z0-9]*$", name) and not re.search(r"\d[a-z]", name):
        return name
    return re.sub("(^_*[A-Z])", lambda found: found[1].lower(), _pascal(name))
