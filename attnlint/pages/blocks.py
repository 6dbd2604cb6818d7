"""Blocks of Python in a page of text, brought together as one text whose rows are those of the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from attnlint.diagnostic import Span
from attnlint.pages.layout import Block, Broken, Layout, Line
from attnlint.pages.magics import error
from attnlint.pages.text import PageText

_MARK = re.compile(r"attnlint:\s*(?P<kind>skip|wrong)\b(?:\s*\[(?P<rules>[^\]]*)\])?")
_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |$)")


@dataclass(frozen=True, slots=True)
class Found:
    """A block of code as a reader of the page's markup finds it.

    Its rows in the page, from 1; what the comment says that stands just above it, if one does; its section, 0 where it
    shares its names with the whole page.
    """

    first: int
    rows: tuple[str, ...]
    mark: str = ""
    section: int = 0

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
        mark = _MARK.search(each.mark)
        if mark and mark.group("kind") == "skip":
            continue
        read = _session(each) if any(map(_PROMPT.match, map(str.lstrip, each.rows))) else _dedented(lines, each)
        if read is None:
            continue
        text, placed = read
        if problem := error("\n".join(text)):
            at = each.first + min(max(problem.lineno or 1, 1), len(text)) - 1
            broken.append(Broken(Span(at, 1, at, len(lines[at - 1]) + 1), problem.msg or "", is_finding=False))
            continue
        rows[each.first - 1 : each.last] = text
        layout.update((line.row, line) for line in placed)
        is_session = any(line.is_hidden for line in placed)
        blocks.append(Block(each.first, each.last, is_session, _names(mark) if mark else (), each.section))
        # Lines can be put in below the last one.
        if each.last < len(lines):
            layout[each.last + 1] = Line(each.last + 1, indent=placed[-1].indent, is_hidden=True)
    return PageText(_joined(rows, lines), Layout(tuple(layout.values()), tuple(blocks), tuple(broken)))


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


def _session(found: Found) -> tuple[list[str], list[Line]]:
    """What was typed at the prompts of an interactive session; nothing of it can be edited."""
    text: list[str] = []
    placed: list[Line] = []
    for number, row in enumerate(found.rows, found.first):
        margin = len(row) - len(row.lstrip())
        prompt = _PROMPT.match(row.lstrip())
        code = row[margin + prompt.end() :] if prompt else ""
        text.append(code)
        placed.append(Line(number, prefix=row[: len(row) - len(code)], is_hidden=True))
    return text, placed


def _joined(rows: Sequence[str], lines: Sequence[str]) -> str:
    return "".join(row + line[len(line.rstrip("\r\n")) :] for row, line in zip(rows, lines, strict=True))
