"""What the migration makes of small sources."""

from __future__ import annotations

from textwrap import dedent

from pinfix.migrate.changes import FileMigration
from pinfix.migrate.code.migration import migrate_code


def migrated(text: str, *, drop_email: bool = True, **others: str) -> FileMigration:
    """The migration of ``app.py`` beside other modules; each text may be indented."""
    files = {
        f"{name.replace('__', '/')}.py": dedent(other).encode() for name, other in others.items()
    }
    files["app.py"] = dedent(text).encode()
    made = {one.path: one for one in migrate_code(files, drop_email=drop_email)}
    before = files["app.py"]
    return made.get("app.py", FileMigration("app.py", before, before))


def after(text: str, *, drop_email: bool = True, **others: str) -> str:
    """The text that becomes of ``app.py``."""
    return migrated(text, drop_email=drop_email, **others).after.decode()


def listed(text: str, **others: str) -> list[str]:
    """``line: sentence`` of all that is left to a person."""
    return [f"{note.line}: {note.said}" for note in migrated(text, **others).todo]


def check(before: str, expected: str, **others: str) -> None:
    """``before`` becomes ``expected``, and that stays as it is."""
    made = after(before, **others)
    assert made == dedent(expected)
    assert after(made, **others) == made


def unchanged(text: str, **others: str) -> None:
    """Nothing is replaced."""
    assert after(text, **others) == dedent(text)
