"""Findings as JSON in ruff's shape, so that tools which read ruff's read ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attnlint.diagnostic import Diagnostic, Fix, Span
from attnlint.filed import FileReport
from attnlint.rule import all_rules
from attnlint.source import STDIN


def json_report(reports: Iterable[FileReport]) -> str:
    """A list with one object for each finding."""
    return json.dumps(list(_objects(reports)), indent=2)


def json_lines(reports: Iterable[FileReport]) -> Iterator[str]:
    """The same objects, one to a line, for tools that read them as a stream."""
    return map(json.dumps, _objects(reports))


def _objects(reports: Iterable[FileReport]) -> Iterator[dict[str, Any]]:
    urls = {rule.code: rule.url for rule in all_rules()}
    for report in reports:
        for each in report.diagnostics:
            yield _diagnostic(each, _filename(report.path), urls.get(each.code))


def _diagnostic(each: Diagnostic, filename: str, url: str | None) -> dict[str, Any]:
    return {
        "code": each.code,
        "name": each.name,
        "severity": each.severity.value,
        "message": each.message,
        "filename": filename,
        **_location(each.span),
        "cell": each.span.cell or None,
        "related": [
            {
                **_location(related.span),
                **_cell(related.span),
                "message": related.text,
                "filename": _filename(related.path) if related.path else filename,
            }
            for related in each.related
        ],
        "fix": _fix(each.fix) if each.fix else None,
        "alternatives": [_fix(fix) for fix in each.alternatives],
        "url": url,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "message": fix.title,
        "edits": [
            {
                "content": edit.text,
                **_location(edit.span),
                **_cell(edit.span),
                **({"filename": _filename(edit.path)} if edit.path else {}),
            }
            for edit in fix.edits
        ],
    }


def _location(span: Span) -> dict[str, Any]:
    return {
        "location": {"row": span.row, "column": span.column},
        "end_location": {"row": span.end_row, "column": span.end_column},
    }


def _cell(span: Span) -> dict[str, int]:
    """The cell of a notebook where evidence and edits need it: these may stand in another one than the finding."""
    return {"cell": span.cell} if span.cell else {}


def _filename(path: str) -> str:
    return path if path == STDIN else str(Path(path).absolute())
