"""A whole migration as a value: a plan, the code and the deploy files, and what is lost by it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from pinfix.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinfix.migrate.changes import FileMigration
    from pinfix.migrate.keep import LostImport
    from pinfix.planning.plan import Plan, RewrittenFile


@record
class Migration:
    """What would be done; paths are from the working folder.

    ``left_out`` are the packages that are required no more, as only others are kept, and ``lost``
    the imports that would fail for it; ``reduced`` are the files without them, by their paths.
    """

    plan: Plan
    code: tuple[FileMigration, ...] = ()
    deploy: tuple[FileMigration, ...] = ()
    left_out: tuple[str, ...] = ()
    lost: tuple[LostImport, ...] = ()
    reduced: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def files(self) -> tuple[RewrittenFile | FileMigration, ...]:
        """Every file that is about, changed or not."""
        return (*self.plan.files, *self.code, *self.deploy)

    @property
    def written(self) -> dict[str, bytes]:
        """What has to be written, by path."""
        return {file.path: file.after for file in self.files if file.changed}
