"""Blocks of Python in a page of text, brought together as one text whose rows are those of the page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from attnlint.diagnostic import Span
from attnlint.pages.layout import MARKS, Block, Broken, Layout, Line
from attnlint.pages.magics import error, is_session, python_rows
from attnlint.pages.sections import is_lesson
from attnlint.pages.text import PageText
from attnlint.rows import ending

_MARK = re.compile(r"attnlint:\s*(?P<kind>skip|wrong)\b(?:\s*\[(?P<rules>[^\]]*)\])?", re.I)
_ADDRESSED = re.compile(r"\s*(?:<!--|\.\.)\s*attnlint:\s*(?P<word>[\w-]*)", re.I)


@dataclass(frozen=True, slots=True)
class Found:
    """A block of code as a reader of the page's markup finds it.

    Its rows in the page, from 1; what the comments say that stand just above it; its section, 0 where it shares its
    names with the whole page. `is_cell` where it is in the language of the page's kernel.
    """

    first: int
    rows: tuple[str, ...]
    mark: str = ""
    section: int = 0
    is_cell: bool = False

    @property
    def last(self) -> int:
        """The row of the page that its last row is."""
        return self.first + len(self.rows) - 1


def together(lines: Sequence[str], found: Iterable[Found]) -> PageText:
    """The page with everything but its Python left blank, so that a row of the text is that row of the page.

    Of a block the columns that all its rows begin with are not part of the text, nor are the prompts of a session. A
    block that does not parse is left out, as tutorials leave parts of code out.
    """
    rows = [""] * len(lines)
    layout = {number: Line(number, is_hidden=True) for number in range(1, len(lines) + 1)}
    blocks: list[Block] = []
    broken: list[Broken] = []
    for each in found:
        marks = list(_MARK.finditer(each.mark))
        if any(mark.group("kind").lower() == "skip" for mark in marks):
            continue
        read = _dedented(lines, each)
        if read is None:
            continue
        text, placed = read
        problem = error("\n".join(text))
        if problem is not None:
            text, placed = _without_magics(text, placed)
            if error("\n".join(text)) is not None:
                at = each.first + min(max(problem.lineno or 1, 1), len(text)) - 1
                span = Span(at, 1, at, len(lines[at - 1]) + 1)
                broken.append(Broken(span, problem.msg or "", is_finding=False))
                continue
        rows[each.first - 1 : each.last] = text
        layout.update((line.row, line) for line in placed)
        wrong = tuple(name for mark in marks for name in _names(mark))
        blocks.append(
            Block(
                each.first,
                each.last,
                is_session(each.rows),
                wrong,
                each.section,
                is_lesson(lines, each.first, each.rows, each.section),
            )
        )
        # Lines can be put in below the last one.
        if each.last < len(lines):
            layout[each.last + 1] = Line(each.last + 1, indent=placed[-1].indent, is_hidden=True)
    odd = tuple(_odd(lines))
    return PageText(_joined(rows, lines), Layout(tuple(layout.values()), tuple(blocks), tuple(broken), odd))


def _odd(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Rows with comments that are addressed to attnlint and say nothing that it knows, with the word."""
    for number, line in enumerate(lines, 1):
        found = _ADDRESSED.match(line)
        if found is not None and found.group("word").lower() not in MARKS:
            yield number, found.group("word")


def _names(mark: re.Match[str]) -> tuple[str, ...]:
    if mark.group("rules") is None:
        return ("*",)
    return tuple(name.strip().lower() for name in mark.group("rules").split(",") if name.strip())


def _dedented(lines: Sequence[str], found: Found) -> tuple[list[str], list[Line]] | None:
    """The rows of a block without what stands before all of them; None where that is not what the page has."""
    inside = [row for row in found.rows if row.strip()]
    if not inside:
        return None
    common = _common([row[: len(row) - len(row.lstrip())] for row in inside])
    first = next(at for at, row in enumerate(found.rows) if row.strip())
    indent = _before(lines[found.first - 1 + first], found.rows[first]) + common
    text: list[str] = []
    placed: list[Line] = []
    for number, row in enumerate(found.rows, found.first):
        line = lines[number - 1].rstrip("\r\n")
        code = row[len(common) :] if row.strip() else ""
        if not line.endswith(code):  # tabs that markup counts as spaces
            return None
        text.append(code)
        placed.append(Line(number, prefix=line[: len(line) - len(code)] if code else line, indent=indent))
    return text, placed


def _common(margins: Sequence[str]) -> str:
    """What all of some margins begin with."""
    least, most = min(margins), max(margins)
    return least[
        : next((at for at, (one, other) in enumerate(zip(least, most, strict=False)) if one != other), len(least))
    ]


def _before(line: str, row: str) -> str:
    line = line.rstrip("\r\n")
    return line[: len(line) - len(row)] if line.endswith(row) else ""


def _without_magics(text: Sequence[str], placed: Sequence[Line]) -> tuple[list[str], list[Line]]:
    """The rows without the prompts of a session and the magics of a notebook's cell."""
    rows = python_rows("\n".join(text))
    lines = [
        replace(line, prefix=line.prefix + row.prefix, is_hidden=row.is_magic)
        for line, row in zip(placed, rows, strict=True)
    ]
    return [row.text for row in rows], lines


def _joined(rows: Sequence[str], lines: Sequence[str]) -> str:
    """The rows with the line ending that most lines of the page have: mixed ones would join between empty rows."""
    endings = Counter(filter(None, map(ending, lines)))
    newline = endings.most_common(1)[0][0] if endings else "\n"
    return "".join(row + (newline if ending(line) else "") for row, line in zip(rows, lines, strict=True))
