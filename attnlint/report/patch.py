"""Edits as a reader sees them: the lines that go and the lines that come."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from attnlint.diagnostic import Edit
from attnlint.fixing.edits import Refused, placed, text_after
from attnlint.pages.kinds import is_notebook
from attnlint.pages.notebook import code_cells
from attnlint.rows import lines_of
from attnlint.source import decode, make_source, page_text
from attnlint.writing import Rewrite


@dataclass(frozen=True, slots=True)
class Change:
    """One line that goes (`-`, with its row) or comes (`+`, with the row that it will have)."""

    sign: str
    row: int
    text: str


def changes(excerpt: Mapping[int, str], edits: Sequence[Edit]) -> list[Change]:
    """The lines that the edits of one file change, made out from the rows that a report has of it."""
    found: list[Change] = []
    shift = 0
    for group in _groups(edits):
        first, last = group[0].span.row, max(edit.span.end_row for edit in group)
        rows = [excerpt[row] for row in range(first, last + 1) if row in excerpt]
        before = make_source("".join(f"{row}\n" for row in rows))
        try:
            text = text_after(before.text, placed(before, [_moved(edit, 1 - first) for edit in group]))
        except Refused:  # the rows are not those that the edits are for
            return []
        after = text.removesuffix("\n").split("\n") if text else []
        found += _compared(rows, after, first, shift)
        shift += len(after) - len(rows)
    return found


def unified(rewrite: Rewrite) -> Iterator[str]:
    """The lines of a unified diff; in a file with lone carriage returns these are shown as line feeds.

    Of a notebook each cell that changed has a diff of its own.
    """
    old, new = (decode(rewrite.path, data) for data in (rewrite.before, rewrite.after))
    if not is_notebook(rewrite.path):
        texts = (each.text if each.layout is None else page_text(each) for each in (old, new))
        yield from _diff(rewrite.path, *map(lines_of, texts))
        return
    before, after = (dict(code_cells(page_text(each))) for each in (old, new))
    for number, text in before.items():
        name = f"{rewrite.path}:cell {number}"
        # A cell ends without a newline, which says nothing.
        yield from _diff(name, lines_of(f"{text}\n"), lines_of(f"{after[number]}\n"))


def _diff(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for line in difflib.unified_diff(old, new, name, name):
        if line.endswith(("\n", "\r")):
            yield line[:-1]
        else:
            yield from (line, "\\ No newline at end of file")


def _groups(edits: Sequence[Edit]) -> list[list[Edit]]:
    """The edits in the order of their text, those together that touch one row or two in succession."""
    groups: list[list[Edit]] = []
    for edit in sorted(edits, key=lambda one: (one.span.row, one.span.column)):
        if groups and edit.span.row <= max(one.span.end_row for one in groups[-1]) + 1:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _moved(edit: Edit, rows: int) -> Edit:
    span = edit.span
    return replace(edit, span=replace(span, row=span.row + rows, end_row=span.end_row + rows))


def _compared(before: Sequence[str], after: Sequence[str], first: int, shift: int) -> Iterator[Change]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield from (Change("-", first + row, before[row]) for row in range(a, b))
            yield from (Change("+", first + shift + row, after[row]) for row in range(c, d))
