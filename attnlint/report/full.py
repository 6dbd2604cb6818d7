"""Findings for people: the code with a caret under it, the evidence in order, what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from rich.style import Style
from rich.text import Text

from attnlint.diagnostic import Diagnostic, Fix, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.patch import Change, changes
from attnlint.report.place import place, row_place, spoken
from attnlint.report.window import head, window
from attnlint.report.wrapping import Page, hanging

GUTTER = "bold blue"
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}

# A finding may stand on a generated line of a thousand columns; what is shown is a window around it.
WINDOW = 160
NARROWEST = 16
CONTEXT = 1
LONGEST_SPAN = 8
LONGEST_PATCH = 24
SIGNS = {"-": "red", "+": "green"}
PAGE = Page()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What a finding is drawn on: the rows of the source, the width of their numbers, and that of the page."""

    excerpt: Mapping[int, str]
    gutter: int
    width: int | None

    @property
    def room(self) -> int:
        """The cells there are for code."""
        return WINDOW if self.width is None else max(NARROWEST, min(WINDOW, self.width - self.gutter - 3))

    def lines(self, text: Text, indent: int) -> Text:
        """A line of words, as many as the page needs, with the end of the last."""
        return hanging(text, self.width, indent).append("\n")


def full(reports: Iterable[FileReport], page: Page = PAGE) -> Iterator[Text]:
    """The blocks of the report, one for each finding, each ending in an empty line."""
    for report in reports:
        for each in report.diagnostics:
            yield block(report, each, page)


def block(report: FileReport, each: Diagnostic, page: Page = PAGE) -> Text:
    """Everything about one finding."""
    style = STYLES[each.severity]
    edited = [edit.span.end_row + edit.text.count("\n") for edit in each.fix.edits] if each.fix else []
    rows = [each.span.end_row + CONTEXT, *(related.span.row for related in each.related), *edited]
    sheet = _Sheet(report.rows(each.span.cell), len(str(max(rows))), page.width)
    text = sheet.lines(_title(each, style, page), 2)
    text.append(" " * sheet.gutter + "--> ", GUTTER)
    text.append(printable(f"{report.path}:{place(each.span)}\n"))
    text.append_text(_frame(sheet, each.span, style))
    for number, related in enumerate(each.related, 1):
        label = " " * sheet.gutter + f" {number}. "
        where = f"{related.path}:{row_place(related.span)}" if related.path else spoken(related.span)
        line = Text().append(label, GUTTER).append(printable(related.text), "default")
        text.append_text(sheet.lines(line.append(f" ({printable(where)})", "dim"), len(label)))
        if related.path:
            _code(text, sheet, related.span.row, head(printable(related.code), sheet.room))
        else:
            of_cell = replace(sheet, excerpt=report.rows(related.span.cell))
            text.append_text(_underlined(of_cell, related.span, "-", GUTTER))
    if each.help:
        _note(text, sheet, "help", each.help)
    if each.fix:
        _note(text, sheet, f"fix ({each.fix.applicability.value})", each.fix.title)
        text.append_text(_patch(report, sheet, each.fix))
    for other in each.alternatives:
        _note(text, sheet, "or" if each.fix else f"fix ({other.applicability.value})", other.title)
    return text


def _title(each: Diagnostic, style: str, page: Page) -> Text:
    url = page.urls.get(each.code)
    code = Style.parse(style) + Style(link=url) if url else style
    title = Text().append(f"{each.severity.value}[", style).append(each.code, code).append("]", style)
    return title.append(f" {each.name}: {printable(each.message)}", "bold")


def _frame(sheet: _Sheet, span: Span, style: str) -> Text:
    """The rows around a span, the span underlined with carets."""
    text = Text().append(" " * sheet.gutter + " |\n", GUTTER)
    last = min(span.end_row, span.row + LONGEST_SPAN)
    for row in range(span.row - CONTEXT, last + CONTEXT + 1):
        if row not in sheet.excerpt:
            continue
        if span.row <= row <= last:
            text.append_text(_underlined(sheet, span, "^", style, row))
        elif sheet.excerpt[row].strip():
            _code(text, sheet, row, head(printable(sheet.excerpt[row]), sheet.room))
    return text.append(" " * sheet.gutter + " |\n", GUTTER)


def _patch(report: FileReport, sheet: _Sheet, fix: Fix) -> Text:
    """The lines that a fix changes; of another file only what is to be written there, and where."""
    text = Text()
    own = [edit for edit in fix.edits if not edit.path]
    cells = sorted({edit.span.cell for edit in own})
    lines = [
        line for cell in cells for line in changes(report.rows(cell), [edit for edit in own if edit.span.cell == cell])
    ]
    for each in lines[:LONGEST_PATCH]:
        start = _differs_at(each, lines)
        shown, _, _ = window(printable(each.text), start, start + sheet.room // 2, sheet.room)
        text.append(f"{each.row:>{sheet.gutter}} ", GUTTER)
        text.append(f"{each.sign} {shown.rstrip()}\n", SIGNS[each.sign])
    if len(lines) > LONGEST_PATCH:
        text.append(f"{'':>{sheet.gutter}} … {len(lines) - LONGEST_PATCH} more lines\n", GUTTER)
    for edit in fix.edits:
        if edit.path:
            _note(text, sheet, f"{edit.path}:{row_place(edit.span)}", edit.text.strip("\n") or "taken out")
    return text


def _differs_at(change: Change, lines: Iterable[Change]) -> int:
    """Where a changed line begins to differ from the one that it stands in place of, if it does of any."""
    others = [each.text for each in lines if each.sign != change.sign and abs(each.row - change.row) <= 1]
    return max((len(_common(change.text, other).expandtabs(4)) for other in others), default=0)


def _common(one: str, other: str) -> str:
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def printable(text: str) -> str:
    """The text with tabs as spaces and without characters that would command a terminal."""
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}"
        for character in text.expandtabs(4)
    )


def _underlined(sheet: _Sheet, span: Span, mark: str, style: str, row: int | None = None) -> Text:
    """One row of a span with marks below the part of it that the span covers."""
    row = span.row if row is None else row
    line = sheet.excerpt.get(row)
    text = Text()
    if line is None:
        return text
    start = span.column - 1 if row == span.row else len(line) - len(line.lstrip())
    end = span.end_column - 1 if row == span.end_row else len(line.rstrip())
    # Tabs are as wide as what is before them makes them, so the ends of the span are counted from the line's start.
    before, until = len(line[:start].expandtabs(4)), len(line[:end].expandtabs(4))
    shown, indent, length = window(printable(line), before, until, sheet.room)
    _code(text, sheet, row, shown)
    text.append(" " * sheet.gutter + " | ", GUTTER)
    text.append(" " * indent)
    text.append(mark * max(1, length), style)
    return text.append("\n")


def _code(text: Text, sheet: _Sheet, row: int, line: str) -> None:
    text.append(f"{row:>{sheet.gutter}} | ", GUTTER).append(line.rstrip() + "\n")


def _note(text: Text, sheet: _Sheet, label: str, body: str) -> None:
    first, *rest = printable(body).splitlines() or [""]
    line = Text().append(" " * sheet.gutter + " = ", GUTTER).append(f"{label}: ", "bold").append(first)
    text.append_text(sheet.lines(line, sheet.gutter + 5))
    for each in rest:
        text.append(" " * (sheet.gutter + 3 + len(label) + 2) + each + "\n")
