"""What was found in one file: made of its findings, brought together by file, written to disk and read back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from attnlint.definitions import located
from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fault, Fix, Note, Related, Severity, Span
from attnlint.source import STDIN, Source

# Rows of source around a finding that a report may show.
FRAME = 2


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found in one file: its diagnostics in order, or the fault that kept it from being linted.

    `lines` is how many lines it has; `excerpt` holds the rows that a report may want to show. `others` are reports of
    the project's other files, on what only this file's way of calling them shows. `rests_on` are the other files that
    its trace went into; `notes` say what is odd about attnlint's own comments. In a report on a
    notebook the rows are those of its cells, and `cells` has them in the place of `excerpt`. `file_lines` are
    the lines of the notebook's file that these rows begin on. `silencing` are, of a report among `others`, the lines
    whose comments silenced a finding.
    """

    path: str
    diagnostics: tuple[Diagnostic, ...] = ()
    fault: Fault | None = None
    lines: int = 0
    excerpt: Mapping[int, str] = field(default_factory=dict)
    others: tuple[FileReport, ...] = ()
    rests_on: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    cells: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    silencing: tuple[str, ...] = ()
    file_lines: Mapping[int, Mapping[int, int]] = field(default_factory=dict)

    def rows(self, cell: int) -> Mapping[int, str]:
        """The rows that a report may show of a cell, or of a file that is no notebook with the cell 0."""
        return self.cells.get(cell, {}) if cell else self.excerpt


def report_on(
    source: Source,
    found: Iterable[Diagnostic],
    fault: Fault | None = None,
    lines: int = 0,
    others: tuple[FileReport, ...] = (),
    is_located: bool = True,
) -> FileReport:
    """The report on a source: its findings in order, each rule once for each place, with the rows around them.

    If it `is_located`, findings have the definitions that they stand in, which takes a parse of the text.
    """
    ordered = tuple(sorted(_once(found), key=lambda each: (each.span, each.code)))
    ordered = located(source, ordered) if is_located else ordered
    return FileReport(source.path, ordered, fault, lines, _excerpt(source, ordered), others)


def gathered(reports: Iterable[FileReport]) -> list[FileReport]:
    """One report for each file, in order: what other files' traces found in it stands with its own."""
    files: dict[str, FileReport] = {}
    for report in (one for each in reports for one in (each, *each.others)):
        place = report.path if report.path == STDIN else os.path.abspath(report.path)
        known = files.get(place)
        files[place] = report if known is None else _joined(known, report)
    return sorted(files.values(), key=lambda report: report.path)


def _joined(one: FileReport, other: FileReport) -> FileReport:
    found = sorted(_once((*one.diagnostics, *other.diagnostics)), key=lambda each: (each.span, each.code))
    excerpt = {**one.excerpt, **other.excerpt}
    path = one.path if one.lines else other.path
    notes = tuple(sorted({*one.notes, *other.notes}))
    lines = max(one.lines, other.lines)
    return FileReport(path, tuple(found), one.fault or other.fault, lines, excerpt, notes=notes)


def _once(diagnostics: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    """Each rule once for each place: a helper inlined by two callers is judged twice and has one bug."""
    first: dict[tuple[str, Span], Diagnostic] = {}
    for each in diagnostics:
        known = first.get((each.code, each.span))
        if known is None or each.severity.rank > known.severity.rank:
            first[each.code, each.span] = each
    return first.values()


def _excerpt(source: Source, diagnostics: Iterable[Diagnostic]) -> dict[int, str]:
    rows: set[int] = set()
    for each in diagnostics:
        rows.update(range(each.span.row - FRAME, each.span.end_row + FRAME + 1))
        rows.update(related.span.row for related in each.related if not related.path)
        for edit in each.fix.edits if each.fix else ():
            if not edit.path:  # a report shows the repair as well
                rows.update(range(edit.span.row - 1, edit.span.end_row + 2))
    return {row: source.line(row) for row in sorted(rows) if 1 <= row <= source.line_count}


def as_data(report: FileReport) -> dict[str, Any]:
    """The report as JSON can hold it. One with a fault is not for keeping."""
    data = asdict(report)
    del data["fault"]
    return {**data, "others": [as_data(other) for other in report.others]}


def from_data(data: Mapping[str, Any]) -> FileReport:
    """The report that `as_data` wrote.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    return FileReport(
        str(data["path"]),
        tuple(_diagnostic(each) for each in data["diagnostics"]),
        None,
        int(data["lines"]),
        _rows(data["excerpt"]),
        tuple(from_data(other) for other in data["others"]),
        tuple(str(path) for path in data["rests_on"]),
        tuple(Note(**each) for each in data["notes"]),
        {int(cell): _rows(rows) for cell, rows in data["cells"].items()},
        tuple(str(line) for line in data["silencing"]),
        {int(cell): {int(row): int(line) for row, line in rows.items()} for cell, rows in data["file_lines"].items()},
    )


def _rows(data: Mapping[str, Any]) -> dict[int, str]:
    return {int(row): str(text) for row, text in data.items()}


def _diagnostic(data: Mapping[str, Any]) -> Diagnostic:
    fix = data["fix"]
    return Diagnostic(
        **{
            **data,
            "severity": Severity(data["severity"]),
            "span": Span(**data["span"]),
            "related": tuple(Related(**{**each, "span": Span(**each["span"])}) for each in data["related"]),
            "fix": None if fix is None else _fix(fix),
            "alternatives": tuple(_fix(each) for each in data["alternatives"]),
        }
    )


def _fix(data: Mapping[str, Any]) -> Fix:
    edits = tuple(Edit(Span(**each["span"]), str(each["text"]), str(each["path"])) for each in data["edits"])
    return Fix(str(data["title"]), edits, Applicability(data["applicability"]))
