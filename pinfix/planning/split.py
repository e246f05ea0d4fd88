"""A line that no one version serves: one line for each group of targets, told apart by markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pinfix.planning.line_change import LineChange, LineCopy
from pinfix.planning.plan import Change
from pinfix.records import record
from pinfix.requirements.edits import Edit, add_marker, edited
from pinfix.targets.markers import partition

if TYPE_CHECKING:
    from pinfix.planning.intents import Intent
    from pinfix.requirements.document import RequirementLine
    from pinfix.targets.target import Target


@record
class _Group:
    """The targets that get the same line; ``change`` is None where that is the line as it was."""

    intent: Intent
    change: LineChange | None
    targets: list[Target]


def joined(
    made: Sequence[tuple[Intent, LineChange | None]], targets: Sequence[Target]
) -> LineChange | None:
    """What becomes of a line of which each intent is about other targets; None: it stays.

    The first group's line takes the place of the line, the others' are copies below it.
    """
    groups: dict[tuple[Edit, ...], _Group] = {}
    for intent, change in made:
        key = change.edits if change is not None else ()
        group = groups.setdefault(key, _Group(intent, change, []))
        group.targets.extend(targets[number] for number in intent.asked.targets)
    every = list(groups.values())
    if len(every) == 1:
        return every[0].change
    markers = partition([group.targets for group in every])
    assert markers is not None, "targets that no marker tells apart are asked as one"
    told = [
        (group, _copy(group, _quoted(group.intent.line, marker)))
        for group, marker in zip(every, markers, strict=True)
        if group.change is None or not group.change.is_removal
    ]
    (group, first), *rest = told
    copies = tuple(replace(copy, change=replace(copy.change, before="")) for _, copy in rest)
    return LineChange(group.intent, first.edits, first.change, copies)


def _copy(group: _Group, marker: str) -> LineCopy:
    line = group.intent.line
    own = group.change.edits if group.change is not None else ()
    edits = (*own, add_marker(line, marker))
    after = edited(line, edits)
    if group.change is not None:
        return LineCopy(edits, replace(group.change.change, after=after))
    names = " and ".join(target.name for target in group.targets)
    change = Change(
        package=str(line.name),
        file=line.path,
        line=line.line,
        before=line.raw,
        after=after,
        cause="split",
        reason=f"no one version serves all targets, and what the line says serves {names}",
    )
    return LineCopy(edits, change)


def _quoted(line: RequirementLine, marker: str) -> str:
    """The marker in quotes that do not end the string it stands in, or like the line's own."""
    before = line.source[: line.span.start - line.line_span.start].rstrip()
    own = line.text(line.marker_span) if line.marker_span is not None else ""
    single = before.endswith('"') or ("'" in own and '"' not in own)
    return marker.replace('"', "'") if single else marker
