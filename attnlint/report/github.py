"""Findings as GitHub's workflow commands, which a run of Actions shows beside the lines of a pull request.

The commands and their levels: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attnlint.diagnostic import Severity, Span
from attnlint.filed import FileReport
from attnlint.report.message import explained
from attnlint.report.place import file_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github(reports: Iterable[FileReport]) -> Iterator[str]:
    """One command for each finding; its evidence and advice are in the message, which may have several lines.

    A finding in a notebook stands on the line of its JSON, and its message begins with the cell.
    """
    for report in reports:
        for each in report.diagnostics:
            given = {"file": report.path, **_lines(report, each.span), "title": f"{each.code} {each.name}"}
            parameters = ",".join(f"{name}={_property(str(value))}" for name, value in given.items())
            yield f"::{_LEVELS[each.severity]} {parameters}::{_data(explained(each, report.path))}"


def _lines(report: FileReport, span: Span) -> dict[str, int]:
    if span.cell:
        return {"line": file_line(report, span)}
    return {"line": span.row, "col": span.column, "endLine": span.end_row, "endColumn": span.end_column}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
