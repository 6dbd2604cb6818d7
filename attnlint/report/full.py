"""Findings for people: the code with a caret under it, the evidence in order, what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.cells import cell_len
from rich.text import Text

from attnlint.diagnostic import Diagnostic, Fix, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.patch import changes
from attnlint.report.place import place, row_place, spoken

GUTTER = "bold blue"
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}

# A finding may stand on a generated line of a thousand columns; what is shown is a window around it.
WINDOW = 160
CONTEXT = 1
LONGEST_SPAN = 8
LONGEST_PATCH = 24
SIGNS = {"-": "red", "+": "green"}


def full(reports: Iterable[FileReport]) -> Iterator[Text]:
    """The blocks of the report, one for each finding, each ending in an empty line."""
    for report in reports:
        for each in report.diagnostics:
            yield block(report, each)


def block(report: FileReport, each: Diagnostic) -> Text:
    """Everything about one finding."""
    style = STYLES[each.severity]
    edited = [edit.span.end_row + edit.text.count("\n") for edit in each.fix.edits] if each.fix else []
    rows = [each.span.end_row + CONTEXT, *(related.span.row for related in each.related), *edited]
    gutter = len(str(max(rows)))
    text = Text()
    text.append(f"{each.severity.value}[{each.code}]", style).append(f" {each.name}: ", "bold")
    text.append(f"{printable(each.message)}\n", "bold")
    text.append(" " * gutter + "--> ", GUTTER)
    text.append(printable(f"{report.path}:{place(each.span)}\n"))
    text.append_text(frame(report.rows(each.span.cell), each.span, gutter, style))
    for number, related in enumerate(each.related, 1):
        text.append(" " * gutter + f" {number}. ", GUTTER)
        where = f"{related.path}:{row_place(related.span)}" if related.path else spoken(related.span)
        text.append(f"{printable(related.text)}", "default").append(f" ({printable(where)})\n", "dim")
        if related.path:
            _code(text, gutter, related.span.row, printable(related.code)[:WINDOW])
        else:
            text.append_text(_underlined(report.rows(related.span.cell), related.span, gutter, "-", GUTTER))
    if each.help:
        _note(text, gutter, "help", each.help)
    if each.fix:
        _note(text, gutter, f"fix ({each.fix.applicability.value})", each.fix.title)
        text.append_text(_patch(report, each.fix, gutter))
    for other in each.alternatives:
        _note(text, gutter, "or" if each.fix else f"fix ({other.applicability.value})", other.title)
    return text


def frame(excerpt: Mapping[int, str], span: Span, gutter: int, style: str) -> Text:
    """The rows around a span, the span underlined with carets."""
    text = Text().append(" " * gutter + " |\n", GUTTER)
    last = min(span.end_row, span.row + LONGEST_SPAN)
    for row in range(span.row - CONTEXT, last + CONTEXT + 1):
        if row not in excerpt:
            continue
        if span.row <= row <= last:
            text.append_text(_underlined(excerpt, span, gutter, "^", style, row))
        elif excerpt[row].strip():
            _code(text, gutter, row, printable(excerpt[row])[:WINDOW])
    return text.append(" " * gutter + " |\n", GUTTER)


def _patch(report: FileReport, fix: Fix, gutter: int) -> Text:
    """The lines that a fix changes; of another file only what is to be written there, and where."""
    text = Text()
    own = [edit for edit in fix.edits if not edit.path]
    cells = sorted({edit.span.cell for edit in own})
    lines = [
        line for cell in cells for line in changes(report.rows(cell), [edit for edit in own if edit.span.cell == cell])
    ]
    for each in lines[:LONGEST_PATCH]:
        text.append(f"{each.row:>{gutter}} ", GUTTER)
        text.append(f"{each.sign} {printable(each.text)[:WINDOW].rstrip()}\n", SIGNS[each.sign])
    if len(lines) > LONGEST_PATCH:
        text.append(f"{'':>{gutter}} … {len(lines) - LONGEST_PATCH} more lines\n", GUTTER)
    for edit in fix.edits:
        if edit.path:
            _note(text, gutter, f"{edit.path}:{row_place(edit.span)}", edit.text.strip("\n") or "taken out")
    return text


def printable(text: str) -> str:
    """The text with tabs as spaces and without characters that would command a terminal."""
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}"
        for character in text.expandtabs(4)
    )


def _underlined(
    excerpt: Mapping[int, str], span: Span, gutter: int, mark: str, style: str, row: int | None = None
) -> Text:
    """One row of a span with marks below the part of it that the span covers."""
    row = span.row if row is None else row
    line = excerpt.get(row)
    text = Text()
    if line is None:
        return text
    start = span.column - 1 if row == span.row else len(line) - len(line.lstrip())
    end = span.end_column - 1 if row == span.end_row else len(line.rstrip())
    # Expand what is before, within and after apart, so that the marks stand under the right characters.
    before = line[:start].expandtabs(4)
    within = line[:end].expandtabs(4)[len(before) :]
    shown = printable(line)
    if len(before) + len(within) > WINDOW:
        cut = max(0, len(before) - WINDOW // 4)
        before, shown = before[cut:], shown[cut:]
        within = within[: WINDOW - len(before)]
    _code(text, gutter, row, shown[:WINDOW])
    text.append(" " * gutter + " | ", GUTTER)
    text.append(" " * cell_len(printable(before)))
    text.append(mark * max(1, cell_len(printable(within))), style)
    return text.append("\n")


def _code(text: Text, gutter: int, row: int, line: str) -> None:
    text.append(f"{row:>{gutter}} | ", GUTTER).append(line.rstrip() + "\n")


def _note(text: Text, gutter: int, label: str, body: str) -> None:
    first, *rest = printable(body).splitlines() or [""]
    text.append(" " * gutter + " = ", GUTTER).append(f"{label}: ", "bold").append(first + "\n")
    for line in rest:
        text.append(" " * (gutter + 3 + len(label) + 2) + line + "\n")
