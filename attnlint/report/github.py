"""Findings as GitHub's workflow commands, which a run of Actions shows beside the lines of a pull request.

The commands and their levels: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attnlint.diagnostic import Diagnostic, Severity
from attnlint.filed import FileReport

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github(reports: Iterable[FileReport]) -> Iterator[str]:
    """One command for each finding; its evidence and advice are in the message, which may have several lines."""
    for report in reports:
        for each in report.diagnostics:
            span = each.span
            given = {
                "file": report.path,
                "line": span.row,
                "col": span.column,
                "endLine": span.end_row,
                "endColumn": span.end_column,
                "title": f"{each.code} {each.name}",
            }
            parameters = ",".join(f"{name}={_property(str(value))}" for name, value in given.items())
            yield f"::{_LEVELS[each.severity]} {parameters}::{_data(_message(each, report.path))}"


def _message(each: Diagnostic, path: str) -> str:
    evidence = [f"{related.path or path}:{related.span.row}: {related.text}" for related in each.related]
    return "\n".join([each.message, *evidence, *([f"help: {each.help}"] if each.help else [])])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
