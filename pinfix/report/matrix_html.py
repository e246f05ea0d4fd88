"""A matrix as one HTML page that needs nothing beside itself: no script, no address. Pure.

It reads top to bottom: the answer, the grid, what becomes of each requirement, why. Tables are
tables with headings that say what they head, marks have words for who hears the page, and both
light and dark are as the reader's system is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING, Final

from pinfix.report.matrix_words import (
    as_shown,
    becomes,
    best_answer,
    changes_of,
    listed,
    packages_of,
    row_name,
    why_best,
)
from pinfix.report.summary import change_phrase

if TYPE_CHECKING:
    from pinfix.planning.matrix import Cell, Matrix, Row
    from pinfix.planning.plan import Change

# Contrasts are 4.5:1 and more (WCAG 2.2, 1.4.3), in either scheme.
_STYLE: Final = """\
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1c2024; --quiet: #5a6169; --line: #d5d9de; --raised: #f4f6f8;
  --link: #0b57b0; --good: #14612f; --good-page: #e3f4e8; --some: #6b4700; --some-page: #fdf1d6;
  --bad: #9c1c1c; --bad-page: #fce8e6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --text: #e6e9ec; --quiet: #a3abb4; --line: #3a4047; --raised: #1d2125;
    --link: #8cbcff; --good: #8fdba8; --good-page: #163421; --some: #f2cd7e; --some-page: #3a2d10;
    --bad: #ffb0a8; --bad-page: #45191a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
h1 code { font: inherit; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--link); }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.answer {
  font-size: 1.1rem; padding: .75rem 1rem; background: var(--raised);
  border-left: .3rem solid var(--link); border-radius: .25rem;
}
.answer code { white-space: nowrap; }
.quiet, caption, small { color: var(--quiet); }
.wide { overflow-x: auto; margin: .75rem 0 1.5rem; border: 1px solid var(--line); border-radius: .4rem; }
table { border-collapse: separate; border-spacing: 0; width: 100%; }
caption { text-align: left; padding: .5rem .75rem; font-size: .9rem; }
caption span { position: sticky; left: .75rem; display: inline-block; max-width: calc(100vw - 4rem); }
th, td { padding: .4rem .75rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { vertical-align: bottom; }
th { font-weight: 600; }
th small { display: block; font-weight: 400; min-width: 5.5rem; overflow-wrap: anywhere; }
tbody th { position: sticky; left: 0; background: var(--page); border-right: 1px solid var(--line); }
thead th:first-child {
  position: sticky; left: 0; background: var(--page); border-right: 1px solid var(--line);
}
tbody th code { overflow-wrap: break-word; }
td { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.same { color: var(--good); background: var(--good-page); }
td.some { color: var(--some); background: var(--some-page); }
td.none { color: var(--bad); background: var(--bad-page); }
td.absent, td.empty { color: var(--quiet); }
td a { color: inherit; display: block; margin: -.4rem -.75rem; padding: .4rem .75rem; }
details { border-top: 1px solid var(--line); }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; padding: .5rem .25rem; overflow-wrap: anywhere; }
details > :not(summary) { margin-left: 1.25rem; }
details > :last-child { margin-bottom: 1rem; }
details:target { background: var(--raised); }
.reasons { padding-left: 1rem; }
.reasons li { margin: .6rem 0; overflow-wrap: anywhere; }
.reasons p { margin: .1rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
.heard {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: .2rem; }
td a:focus-visible, .wide:focus-visible { outline-offset: -3px; }
@media (max-width: 40rem) {
  th, td { padding: .35rem .5rem; }
  td a { margin: -.35rem -.5rem; padding: .35rem .5rem; }
  tbody th { max-width: 45vw; }
}
@media print {
  body { font-size: 9pt; }
  main { max-width: none; padding: 0; }
  .wide { overflow: visible; }
  tbody th, thead th:first-child { position: static; }
  tr, li { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; }
  td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

_END_WIDE: Final = ("</table>", "</div>")


def matrix_html(matrix: Matrix) -> str:
    """The whole page."""
    return "".join(f"{line}\n" for line in _page(as_shown(matrix)))


def _page(matrix: Matrix) -> Iterator[str]:
    files = listed(matrix.files)
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    # Nothing is fetched, whatever should get past the escaping.
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield f"<title>{escape(files)}: what would change on which Python and platform</title>"
    yield f"<style>\n{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield f"<h1><code>{escape(files)}</code>: what would change on which Python and platform</h1>"
    answer = escape(f"{best_answer(matrix)} {why_best(matrix)}".strip())
    yield f'<p class="answer">{answer.replace("--rules", "<code>--rules</code>")}</p>'
    yield "<p>Each target is planned by itself, so that everything installs from wheels there.</p>"
    yield from _warnings(matrix.warnings)
    yield from _grid(matrix)
    yield from _requirements(matrix)
    yield from _targets(matrix)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _grid(matrix: Matrix) -> Iterator[str]:
    yield '<h2 id="grid">Changes by Python and platform</h2>'
    yield from _wide("Changes by Python and platform")
    yield _caption("How many requirements change. Each leads to what and why.")
    yield "<thead>"
    yield "<tr>"
    yield '<th scope="col">Python</th>'
    for platform, meaning in matrix.platform_meanings.items():
        yield f'<th scope="col">{escape(platform)} <small>{escape(meaning)}</small></th>'
    yield "</tr>"
    yield "</thead>"
    yield "<tbody>"
    for python in matrix.pythons:
        yield "<tr>"
        yield f'<th scope="row">{escape(python)}</th>'
        yield from (_number(matrix, matrix.at(python, name)) for name in matrix.platforms)
        yield "</tr>"
    yield "</tbody>"
    yield from _END_WIDE


def _number(matrix: Matrix, cell: Cell | None) -> str:
    if cell is None:
        return '<td class="empty"><span class="heard">not asked for</span></td>'
    if cell.refusal:
        kind, shown = "none", _mark("✗", "no solution")
    elif cell.changes:
        noun = "change" if len(cell.changes) == 1 else "changes"
        kind, shown = "some", f'{len(cell.changes)}<span class="heard"> {noun}</span>'
    else:
        kind, shown = "same", _mark("✓", "nothing has to change")
    return f'<td class="{kind}"><a href="#{_anchor(matrix, cell)}">{shown}</a></td>'


def _requirements(matrix: Matrix) -> Iterator[str]:
    """A table for each platform, or for several of which the same is true."""
    if not matrix.rows:
        return
    yield '<h2 id="requirements">What becomes of each requirement</h2>'
    refused = any(cell.refusal for cell in matrix.cells)
    legend = "✓ stays as it is, + is added" + (", ✗ no solution" if refused else "")
    yield f'<p class="quiet">{legend}.</p>'
    blocks: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for platform in matrix.platforms:
        cells = [cell for cell in matrix.cells if cell.platform == platform]
        heads = tuple(f'<th scope="col">{escape(cell.python)}</th>' for cell in cells)
        moving = [row for row in matrix.rows if any(c.target.name in row.changes for c in cells)]
        # Without a row, what is said of the platform still depends on its refusals.
        body = tuple(_row(row, cells, matrix) for row in moving) or (_nothing(cells),)
        blocks.setdefault((heads, body), []).append(platform)
    for (heads, body), platforms in blocks.items():
        on = escape(listed(platforms))
        if not body[0].startswith("<tr>"):
            yield f"<p>On {on}: {body[0]}.</p>"
            continue
        yield from _wide(f"What becomes of each requirement on {on}")
        yield _caption(f"On {on}")
        yield "<thead>"
        yield f'<tr><th scope="col">Requirement</th>{"".join(heads)}</tr>'
        yield "</thead>"
        yield "<tbody>"
        yield from body
        yield "</tbody>"
        yield from _END_WIDE


def _nothing(cells: Iterable[Cell]) -> str:
    refused = [cell.refusal != "" for cell in cells]
    if all(refused):
        return "no solution"
    return "nothing has to change" + (" where there is a solution" if any(refused) else "")


def _row(row: Row, cells: Iterable[Cell], matrix: Matrix) -> str:
    # A narrow column breaks before the version, if anywhere.
    name = f"<code>{escape(row_name(row)).replace('==', '<wbr>==')}</code>"
    if len({*matrix.files, *(other.file for other in matrix.rows)}) > 1:
        name += f" <small>{escape(row.file)}</small>"
    return f'<tr><th scope="row">{name}</th>{"".join(_becoming(row, cell) for cell in cells)}</tr>'


def _becoming(row: Row, cell: Cell) -> str:
    if cell.refusal:
        return f'<td class="none">{_mark("✗", "no solution")}</td>'
    if cell.target.name in row.changes:
        return f'<td class="some">{escape(becomes(row.changes[cell.target.name]))}</td>'
    if row.before:
        return f'<td class="same">{_mark("✓", "stays as it is")}</td>'
    return f'<td class="absent">{_mark("-", "not needed")}</td>'


def _targets(matrix: Matrix) -> Iterator[str]:
    yield '<h2 id="targets">Every target, fewest changes first</h2>'
    for cell in matrix.ranked:
        yield f'<details id="{_anchor(matrix, cell)}">'
        what = f"{changes_of(cell)}: {packages_of(cell)}" if cell.changes else changes_of(cell)
        target = cell.target
        yield f"<summary><code>{escape(target.text)}</code> {escape(what)}</summary>"
        yield f'<p class="quiet">{escape(target.name)}: {escape(target.describe())}</p>'
        if cell.refusal:
            yield f"<pre>{escape(cell.refusal)}</pre>"
        if cell.changes:
            yield '<ul class="reasons">'
            yield from map(_reason, cell.changes)
            yield "</ul>"
        yield from _warnings(cell.warnings)
        yield "</details>"


def _reason(change: Change) -> str:
    said = [f"<p><code>{escape(change_phrase(change))}</code></p>"]
    where = f"{change.file}:{change.line}"
    said.append(f'<p class="quiet">{escape(where)}, {escape(change.cause)}</p>')
    said.append(f"<p>{escape(change.reason)}</p>")
    if change.rule is not None and change.rule.risk is not None:
        said.append(f"<p>Risk: {escape(change.rule.risk)}</p>")
    return f"<li>{''.join(said)}</li>"


def _warnings(warnings: Iterable[str]) -> Iterator[str]:
    yield from (f"<p>Warning: {escape(warning)}</p>" for warning in warnings)


def _caption(text: str) -> str:
    return f"<caption><span>{text}</span></caption>"


def _mark(mark: str, meaning: str) -> str:
    """A mark for the eye, its meaning for the ear."""
    return f'<span aria-hidden="true">{mark}</span><span class="heard">{meaning}</span>'


def _anchor(matrix: Matrix, cell: Cell) -> str:
    return f"target{matrix.cells.index(cell) + 1}"


def _wide(name: str) -> Iterator[str]:
    """What may be wider than the page: scrolled by itself, with the keyboard too."""
    yield f'<div class="wide" role="region" aria-label="{name}" tabindex="0">'
    yield "<table>"
