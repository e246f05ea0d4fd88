"""What is being made of one module: changes that may contain one another, notes, and imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pinfix.migrate.changes import Edit, Note
from pinfix.migrate.code.instances import Instances
from pinfix.migrate.code.models import Models
from pinfix.migrate.code.names import External, Module, Project
from pinfix.migrate.code.scopes import Binding
from pinfix.records import record
from pinfix.requirements.spans import Span

# New text, or text of the file that stays or moves: with the changes that are made inside of it.
Piece = str | Span


@record
class Analysis:
    """What is known of the whole project: its code, and what it is installed with."""

    project: Project
    models: Models
    instances: Instances
    drop_email: bool = True
    has_dotenv: bool = False

    @classmethod
    def of(cls, project: Project, *, drop_email: bool, has_dotenv: bool = False) -> Analysis:
        models = Models(project)
        return cls(project, models, Instances(project, models), drop_email, has_dotenv)


@record(eq=False)
class Change:
    """``pieces`` in the place of the characters from ``start`` up to and without ``end``."""

    start: int
    end: int
    pieces: tuple[Piece, ...]

    @property
    def is_insertion(self) -> bool:
        return self.start == self.end

    @property
    def begins_line(self) -> bool:
        """Whether new lines are inserted: behind what else is inserted at the same place."""
        first = self.pieces[0] if self.pieces else ""
        return self.is_insertion and isinstance(first, str) and first.startswith(("\r", "\n"))


@dataclass(slots=True, eq=False)
class Draft:
    """The changes of one module.

    ``spent`` are the names that will be gone from the text, so that they need no import;
    ``wanted`` the imports that the new text needs: what is imported, and under which name; ``held``
    are names of modules that the new text goes on using.
    """

    module: Module
    analysis: Analysis
    changes: list[Change] = field(default_factory=list)
    done: list[Note] = field(default_factory=list)
    todo: list[Note] = field(default_factory=list)
    spent: set[ast.AST] = field(default_factory=set)
    wanted: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def replace(self, place: ast.AST | Span, *pieces: Piece) -> None:
        """Put ``pieces`` in the place of a node."""
        span = place if isinstance(place, Span) else self.module.source.span(place)
        self.changes.append(Change(span.start, span.end, pieces))

    def insert(self, offset: int, *pieces: Piece) -> None:
        self.changes.append(Change(offset, offset, pieces))

    def did(self, node: ast.AST, said: str) -> None:
        """Note what was replaced."""
        self.done.append(Note(self.module.source.line_of(node), said))

    def left(self, node: ast.AST, said: str) -> None:
        """Note what is left to a person."""
        self.todo.append(Note(self.module.source.line_of(node), said))

    def spend(self, node: ast.AST) -> None:
        """Note that a name, or all names in an expression, will be gone."""
        self.spent.update(ast.walk(node))

    def want(self, name: str, instead_of: ast.AST) -> str:
        """How the text says ``name``, a library's module or something of it, at ``instead_of``.

        Where ``instead_of`` is an attribute of the same module (``pydantic.field_validator``), so
        is this. Else it is imported, under another name where its own is taken.
        """
        module, _, last = name.rpartition(".")
        if isinstance(instead_of, ast.Attribute):
            holder = self.analysis.project.thing(self.module, instead_of.value)
            if holder == External(module):
                self.held.update(
                    node.id for node in ast.walk(instead_of) if isinstance(node, ast.Name)
                )
                return f"{self.module.source.text_of(instead_of.value)}.{last}"
        if name not in self.wanted:
            self.wanted[name] = self._free_name(name, last)
        return self.wanted[name]

    def swap(self, node: ast.AST, name: str) -> None:
        """Replace what names one thing by the name of another."""
        self.replace(node, self.want(name, node))
        self.spend(node)

    def _free_name(self, name: str, last: str) -> str:
        project, module = self.analysis.project, self.module
        here = module.scopes.module.bindings.get(last, [])
        if here and all(project.bound(module, one) == External(name) for one in here):
            return last
        taken = bool(here) or any(
            last in scope.bindings for scope in set(module.scopes.of.values()) if not scope.is_class
        )
        return f"{name.partition('.')[0]}_{last}" if taken else last

    def edits(self) -> list[Edit]:
        """The changes as edits that do not overlap.

        Raises ValueError where changes cross.
        """
        outermost = _outermost(self.changes)
        edits: list[Edit] = []
        for change in outermost:
            text = self._rendered(change, frozenset())
            if edits and change.is_insertion and edits[-1].start == edits[-1].end == change.start:
                text = edits.pop().text + text
            edits.append(Edit(change.start, change.end, text))
        return edits

    def _rendered(self, change: Change, within: frozenset[Change]) -> str:
        within |= {change}
        return "".join(
            piece if isinstance(piece, str) else self._rendered_span(piece, change, within)
            for piece in change.pieces
        )

    def _rendered_span(self, span: Span, outer: Change, within: frozenset[Change]) -> str:
        text, position, made = self.module.source.text, span.start, ""
        inside = [
            change
            for change in self.changes
            if span.start <= change.start
            and change.end <= span.end
            and change not in within
            # What is inserted beside the outer change is not inserted in it.
            and not (change.is_insertion and change.start in (outer.start, outer.end))
        ]
        for change in _outermost(inside):
            if change.start < position:
                raise ValueError(f"changes cross at {change.start}")
            made += text[position : change.start] + self._rendered(change, within)
            position = change.end
        return made + text[position : span.end]


def _place(change: Change) -> tuple[int, bool, bool, int]:
    return change.start, not change.is_insertion, change.begins_line, -change.end


def _outermost(changes: Iterable[Change]) -> Sequence[Change]:
    """The changes that stand in no other one, in the order of the text."""
    found: list[Change] = []
    for change in sorted(changes, key=_place):
        inside = found and change.end <= found[-1].end and not found[-1].is_insertion
        if inside and not (change.is_insertion and change.end == found[-1].end):
            continue
        found.append(change)
    return found


def bindings_named(module: Module, name: str) -> list[Binding]:
    """The meanings of a name at the top of a module."""
    return module.scopes.module.bindings.get(name, [])


def uses_of(analysis: Analysis, module: Module, name: str) -> list[tuple[Module, ast.Name]]:
    """Where the project reads a name that ``module`` binds at its top, importers included."""
    found: list[tuple[Module, ast.Name]] = []
    own = bindings_named(module, name)
    for node in module.nodes(ast.Name):
        assert isinstance(node, ast.Name)
        reads = node.id == name and isinstance(node.ctx, ast.Load)
        if reads and module.scope(node).lookup(name) == own:
            found.append((module, node))
    for importer, statement in analysis.project.importers(module):
        for alias in statement.names:
            if alias.name == name and importer is not module:
                found += uses_of(analysis, importer, alias.asname or name)
    return found
