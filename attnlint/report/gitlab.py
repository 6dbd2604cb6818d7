"""Findings as GitLab's code quality report, which a merge request shows beside the changed lines.

The shape and its severities: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attnlint.diagnostic import Severity, Span
from attnlint.filed import FileReport
from attnlint.report.fingerprint import fingerprinted
from attnlint.report.message import message
from attnlint.report.place import below, file_line

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def gitlab(reports: Iterable[FileReport]) -> str:
    """A list with one object for each finding; one in a notebook stands on a line of its JSON and says its cell."""
    found = [
        {
            "description": message(each),
            "check_name": f"{each.code} {each.name}",
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[each.severity],
            "location": {
                "path": (below(report.path) or Path(report.path)).as_posix(),
                "positions": _positions(report, each.span),
            },
        }
        for report, each, fingerprint in fingerprinted(reports)
    ]
    return json.dumps(found, indent=2)


def _positions(report: FileReport, span: Span) -> dict[str, Any]:
    if span.cell:
        first = {"line": file_line(report, span), "column": 1}
        return {"begin": first, "end": first}
    return {
        "begin": {"line": span.row, "column": span.column},
        "end": {"line": span.end_row, "column": span.end_column},
    }
