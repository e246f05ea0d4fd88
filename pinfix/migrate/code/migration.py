"""A project's code from pydantic 2 to pydantic 1.10: what has a faithful form there is rewritten.

Only the characters that change are touched, and only names that really come from pydantic. What
has no faithful form is listed, with its line and what to do. The result is for pydantic 1.10 on
Python 3.9 to 3.13.

Some differences have no place in the source, and are not listed: pydantic 1 converts more (a number
for a str, a float without fraction for an int); its errors have other types and messages, and name
places as ``a -> b`` for ``a.b``; a TypeError in a validator is one of these errors there, while
pydantic 2 lets it pass; its JSON has blanks and escapes, and its schema has ``definitions`` for
``$defs``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pinfix.migrate.changes import FileMigration, Note, apply_edits
from pinfix.migrate.code.adapters import rewrite_adapters
from pinfix.migrate.code.alias_generators import list_generated_aliases
from pinfix.migrate.code.annotated_validators import rewrite_annotated_validators
from pinfix.migrate.code.config import rewrite_configs
from pinfix.migrate.code.drafts import Analysis, Draft
from pinfix.migrate.code.fields import rewrite_fields
from pinfix.migrate.code.forward_references import rewrite_forward_references
from pinfix.migrate.code.generic_models import rewrite_generic_models
from pinfix.migrate.code.imports import rewrite_imports
from pinfix.migrate.code.methods import rewrite_methods
from pinfix.migrate.code.model_validators import rewrite_model_validators
from pinfix.migrate.code.names import Project
from pinfix.migrate.code.post_init import rewrite_post_init
from pinfix.migrate.code.receivers import Receivers
from pinfix.migrate.code.root_models import rewrite_root_models
from pinfix.migrate.code.source import Source, UnreadableSourceError, parses, read_source
from pinfix.migrate.code.types import rewrite_types
from pinfix.migrate.code.unsupported import list_unsupported, rewrite_calls_with_validation
from pinfix.migrate.code.validators import rewrite_field_validators

_REWRITERS: tuple[Callable[[Draft], None], ...] = (
    rewrite_configs,
    rewrite_field_validators,
    rewrite_model_validators,
    rewrite_annotated_validators,
    rewrite_fields,
    rewrite_types,
    rewrite_root_models,
    rewrite_adapters,
    rewrite_generic_models,
    rewrite_forward_references,
    rewrite_post_init,
    rewrite_calls_with_validation,
)


def migrate_code(
    files: Mapping[str, bytes], *, drop_email: bool = True, has_dotenv: bool = False
) -> tuple[FileMigration, ...]:
    """What becomes of a project's Python files, given by their paths (with ``/``).

    Those with nothing to change and nothing to list are left out. ``drop_email`` says that
    email-validator goes as well, so that ``EmailStr`` becomes ``str``, ``has_dotenv`` that
    python-dotenv stays, which settings need for an ``env_file``.
    """
    sources, unread = read_sources(files)
    project = Project.of(sources)
    analysis = Analysis.of(project, drop_email=drop_email, has_dotenv=has_dotenv)
    drafts = [Draft(module, analysis) for module in analysis.project.modules.values()]
    receivers = Receivers.of(analysis)
    for draft in drafts:
        for rewrite in _REWRITERS:
            rewrite(draft)
        rewrite_methods(draft, receivers)
        list_generated_aliases(draft)
        list_unsupported(draft)
    rewrite_imports(drafts)
    made = [_migration(draft, files[draft.module.source.path]) for draft in drafts]
    made += [FileMigration(path, files[path], files[path], (), (note,)) for path, note in unread]
    return tuple(sorted((one for one in made if one.changed or one.todo), key=lambda one: one.path))


def read_sources(files: Mapping[str, bytes]) -> tuple[list[Source], list[tuple[str, Note]]]:
    """The files that are Python, and a note for each that cannot be read."""
    sources: list[Source] = []
    unread: list[tuple[str, Note]] = []
    for path, data in sorted(files.items()):
        _read(path, data, sources, unread)
    return sources, unread


def _read(path: str, data: bytes, sources: list[Source], unread: list[tuple[str, Note]]) -> None:
    try:
        sources.append(read_source(path, data))
    except UnreadableSourceError as error:
        unread.append((path, Note(error.line, f"the file was left as it is: {error}")))


def _migration(draft: Draft, before: bytes) -> FileMigration:
    source = draft.module.source
    try:
        text = apply_edits(source.text, draft.edits())
        after = source.encoded(text)
    except ValueError as error:
        return _untouched(draft, before, f"the changes do not fit together ({error})")
    if not parses(text):
        return _untouched(draft, before, "what the changes would make of it is not Python")
    return FileMigration(source.path, before, after, _sorted(draft.done), _sorted(draft.todo))


def _untouched(draft: Draft, before: bytes, reason: str) -> FileMigration:
    """A file that is left alone: what would have been done is for a person to do."""
    notes = [Note(1, f"the file was left as it is: {reason}"), *draft.todo, *draft.done]
    return FileMigration(draft.module.source.path, before, before, (), _sorted(notes))


def _sorted(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(sorted(set(notes)))
