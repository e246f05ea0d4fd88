"""Deploy files whose commands do what they were meant to: wheels alone, and a Python that has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pinfix.deploy.files import kind_of
from pinfix.deploy.found import Note as Found
from pinfix.deploy.infer import named_elsewhere
from pinfix.deploy.source import Source, read_source
from pinfix.migrate.changes import Edit, FileMigration, Note, apply_edits
from pinfix.migrate.deploy_python import change_python
from pinfix.migrate.deploy_scripts import Script, Unread, Variable, scripts
from pinfix.migrate.flag_notes import compiler_notes, flag_notes
from pinfix.migrate.pip_command import (
    ALL,
    FormatOption,
    Install,
    installs,
    is_all,
    variable_option,
    variables,
    wants_wheels,
)

_MEANT = '{} all is a package called "all" to pip'
_BUILDS_ALL = (
    "--no-binary {} has every package built from source, with a compiler where one is needed; "
    "leave it out"
)
_BUILDS_NOTHING = (
    '--no-binary all is a package called "all" to pip, and does nothing; written :all: it would '
    "have every package built from source: leave it out"
)


def migrate_deploy(
    files: Mapping[str, bytes],
    *,
    kept_sdists: Collection[str] = (),
    python: str | None = None,
    folder: str = "",
) -> tuple[FileMigration, ...]:
    """The deploy files among ``files``, which are by their paths from the project's root.

    ``kept_sdists`` are packages that have no wheel and stay: where wheels alone are asked for, each
    gets an exception. ``python``, X.Y or X.Y.Z, is written where it decides what is deployed of
    ``folder``. Files with nothing to do or to say are left out.
    """
    named = {path for one, data in files.items() for path in named_elsewhere(one, data)}
    work = {}
    for path, data in sorted(files.items()):
        # A Dockerfile may have any name, where a host's file gives it.
        kind = kind_of(path) or ("dockerfile" if path in named else None)
        if kind is not None:
            source = read_source(path, data)
            work[path] = _Work(source, [*scripts(source, kind)], kept_sdists)
            work[path].commands()
    for change in change_python(files, python, folder) if python is not None else ():
        work[change.path].take(change.note, change.edit)
    made = (one.migration() for one in work.values())
    return tuple(one for one in made if one.done or one.todo)


@dataclass
class _Work:
    """One file, and what is made of it."""

    source: Source
    parts: Sequence[Script | Variable | Unread | Found]
    kept: Collection[str]
    edits: list[Edit] = field(default_factory=list)
    done: list[Note] = field(default_factory=list)
    todo: list[Note] = field(default_factory=list)

    def commands(self) -> None:
        """Go through all commands and variables of the file."""
        set_apart = [one for part in self.parts for one in _variables(part)]
        everywhere = any(wants_wheels(option) for option, _ in set_apart)
        for option, plain in set_apart:
            self._option(option, plain=plain)
        for part in self.parts:
            if isinstance(part, Script):
                self._script(part, everywhere=everywhere)
            elif isinstance(part, Unread):
                self.todo.append(
                    Note(
                        part.line, "the command is put together so that it cannot be rewritten here"
                    )
                )
            elif isinstance(part, Found):
                self.todo.append(Note(part.line, part.said))

    def take(self, note: Note, edit: Edit | None) -> None:
        """A note with its edit, or one of what is left to do."""
        if edit is None:
            self.todo.append(note)
        else:
            self.edits.append(edit)
            self.done.append(note)

    def migration(self) -> FileMigration:
        """The file as it is to be."""
        source = self.source
        after = source.encode(apply_edits(source.text, self.edits)) if self.edits else source.data
        done, todo = (tuple(sorted(set(notes))) for notes in (self.done, self.todo))
        return FileMigration(source.path, source.data, after, done, todo)

    def _script(self, script: Script, *, everywhere: bool) -> None:
        for words in script.commands:
            for at, said in compiler_notes(words):
                self.todo.append(Note(self._line(at), said))
        for install in installs(script.commands):
            for option in (*install.variables, *install.formats):
                self._option(option, plain=script.plain)
            for at, said in flag_notes(install.rest):
                self.todo.append(Note(self._line(at), said))
            if (everywhere or install.wants_wheels) and not install.is_of_tools:
                self._exceptions(install, script)

    def _option(self, option: FormatOption, *, plain: bool) -> None:
        """``all`` becomes ``:all:``, where that is what was meant."""
        for name, at in option.names:
            place = option.word.place(at, at + len(name))
            line = self._line(place.start if place else None, option)
            if option.name == "--no-binary":
                if name == ALL:
                    self.todo.append(Note(line, _BUILDS_ALL.format(name)))
                elif is_all(name):
                    self.todo.append(Note(line, _BUILDS_NOTHING))
            elif is_all(name) and name != ALL:
                said = _MEANT.format(option.name)
                if place is None:
                    self.todo.append(Note(line, f"{said}: write {ALL} there"))
                    continue
                text = self._quoted(place.end, option) if plain else ALL
                self.edits.append(Edit(place.start, place.end, text))
                self.done.append(Note(line, f"{said}; now it is {ALL}, every package"))

    def _quoted(self, end: int, option: FormatOption) -> str:
        """``:all:`` in YAML without quotes: a colon before white space would end the value there."""
        following = self.source.text[end : end + 1]
        if following and following not in " \t\r\n,]}":
            return ALL
        if option.word.end is None:  # the value of a variable, which no shell reads
            return f'"{ALL}"'
        return f"'{ALL}'" if '"' in option.word.quotes else f'"{ALL}"'

    def _exceptions(self, install: Install, script: Script) -> None:
        missing = install.not_excepted(self.kept)
        if not missing:
            return
        wheels = [one for one in install.formats if one.name == "--only-binary"]
        after = wheels[-1].word if wheels else install.subcommand
        listed = script.listed and any(after is word for word in script.commands[0])
        place = after.place()
        line = self._line(place.start if place else None)
        shown = ", ".join(missing)
        if after.end is None:
            self.todo.append(Note(line, f"write --no-binary for {shown}, which has no wheel"))
            return
        text = "".join(
            f', "--no-binary", "{name}"' if listed else f" --no-binary {name}" for name in missing
        )
        self.edits.append(Edit(after.end, after.end, text))
        self.done.append(
            Note(line, f"--no-binary for {shown}, which has no wheel and needs no compiler")
        )

    def _line(self, at: int | None, option: FormatOption | None = None) -> int:
        if at is None and option is not None and option.word.mapped.pieces:
            at = option.word.mapped.pieces[0].span.start
        return self.source.line(at or 0)


def _variables(part: Script | Variable | Unread | Found) -> Iterator[tuple[FormatOption, bool]]:
    """The variables that a part sets for what is beside it."""
    if isinstance(part, Variable):
        yield variable_option(part.name, part.word), part.plain
    elif isinstance(part, Script):
        yield from ((option, part.plain) for option in variables(part.commands))
