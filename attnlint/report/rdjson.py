"""Findings as reviewdog's diagnostic format, for reviews of pull requests on any service that it knows.

The format: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attnlint.diagnostic import Diagnostic, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.message import explained
from attnlint.report.place import file_line
from attnlint.rule import all_rules

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def rdjson(reports: Iterable[FileReport]) -> str:
    """One object with all findings; evidence and advice are in the message.

    reviewdog's own field for evidence is younger than most of its installations, which refuse what they do not know. A
    finding in a notebook has the line of its JSON, if that is known, and its message begins with the cell.
    """
    urls = {rule.code: rule.url for rule in all_rules()}
    found = [_diagnostic(report, each, urls.get(each.code)) for report in reports for each in report.diagnostics]
    return json.dumps({"source": {"name": "attnlint"}, "diagnostics": found}, indent=2)


def _diagnostic(report: FileReport, each: Diagnostic, url: str | None) -> dict[str, Any]:
    location: dict[str, Any] = {"path": report.path}
    if not each.span.cell:
        location["range"] = _range(report.excerpt, each.span)
    elif report.file_lines:
        location["range"] = {"start": {"line": file_line(report, each.span), "column": 1}}
    suggestions = _suggestions(report, each)
    return {
        "message": explained(each, report.path),
        "location": location,
        "severity": _SEVERITIES[each.severity],
        "code": {"value": each.code, **({"url": url} if url else {})},
        **({"suggestions": suggestions} if suggestions else {}),
    }


def _suggestions(report: FileReport, each: Diagnostic) -> list[dict[str, Any]]:
    """The edits of a fix that `--fix` may apply; none where some stand elsewhere, since half a fix is none."""
    if each.fix is None or not each.fix.is_allowed(unsafe=True):
        return []
    if any(edit.path or edit.span.cell for edit in each.fix.edits):
        return []
    return [{"range": _range(report.excerpt, edit.span), "text": edit.text} for edit in each.fix.edits]


def _range(excerpt: Mapping[int, str], span: Span) -> dict[str, Any]:
    return {
        "start": _position(excerpt, span.row, span.column),
        "end": _position(excerpt, span.end_row, span.end_column),
    }


def _position(excerpt: Mapping[int, str], row: int, column: int) -> dict[str, int]:
    """A position as reviewdog counts: lines from 1, columns in bytes of UTF-8 from 1."""
    before = excerpt.get(row, "")[: column - 1]
    # Behind the end of a row every character counts as one.
    return {"line": row, "column": column - len(before) + len(before.encode("utf-8", "surrogatepass"))}
