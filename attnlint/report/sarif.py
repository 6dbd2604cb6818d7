"""Findings as SARIF 2.1.0, which code scanning services and editors read.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from attnlint import __version__
from attnlint.diagnostic import Diagnostic, Edit, Fix, Note, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.fingerprint import fingerprinted
from attnlint.report.message import message
from attnlint.report.place import file_line, spoken
from attnlint.report.sarif_places import ROOT, artifact, root_uri
from attnlint.report.sarif_rules import described
from attnlint.rule import all_rules

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(reports: Sequence[FileReport]) -> str:
    """One log with one run: all rules, a result for each finding, and what kept files from being linted.

    Columns are counted in code points. A finding in a notebook stands on the line of its JSON, since a region is one of
    the notebook's file; its cell is a logical location and begins the message.
    """
    rules = described(all_rules())
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "attnlint", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"uri": root_uri()}},
        "invocations": [_invocation(reports)],
        "results": [_result(*each, numbers) for each in fingerprinted(reports)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(report: FileReport, each: Diagnostic, fingerprint: str, numbers: dict[str, int]) -> dict[str, Any]:
    here = _location(report.path, each.span, report)
    evidence = [
        {**_location(related.path or report.path, related.span, report), "message": {"text": related.text}}
        for related in each.related
    ]
    result: dict[str, Any] = {
        "ruleId": each.code,
        **({"ruleIndex": numbers[each.code]} if each.code in numbers else {}),
        "level": _LEVELS[each.severity],
        "message": {"text": "\n".join([message(each), *([f"Help: {each.help}"] if each.help else [])])},
        "locations": [here],
        "partialFingerprints": {"fileRuleMessage/v1": fingerprint},
    }
    if evidence:
        steps = [*evidence, {**here, "message": {"text": message(each)}}]
        result["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(evidence, 1)]
        result["codeFlows"] = [{"threadFlows": [{"locations": [{"location": step} for step in steps]}]}]
    if each.fix is not None and _is_file_fix(each.fix):
        result["fixes"] = [_fix(each.fix, report)]
    return result


def _location(path: str, span: Span, report: FileReport) -> dict[str, Any]:
    physical = {"artifactLocation": artifact(path), "region": _region(span, report)}
    if not span.cell:
        return {"physicalLocation": physical}
    return {"physicalLocation": physical, "logicalLocations": [{"name": f"cell {span.cell}"}]}


def _region(span: Span, report: FileReport) -> dict[str, int]:
    if span.cell:
        return {"startLine": file_line(report, span)}
    return {
        "startLine": span.row,
        "startColumn": span.column,
        "endLine": span.end_row,
        "endColumn": span.end_column,
    }


def _is_file_fix(fix: Fix) -> bool:
    """Whether `--fix` may apply it and a region can say where: none is one of a cell."""
    return fix.is_allowed(unsafe=True) and not any(edit.span.cell for edit in fix.edits)


def _fix(fix: Fix, report: FileReport) -> dict[str, Any]:
    files: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        files.setdefault(edit.path or report.path, []).append(edit)
    changes = [
        {
            "artifactLocation": artifact(file),
            "replacements": [
                {"deletedRegion": _region(edit.span, report), "insertedContent": {"text": edit.text}} for edit in edits
            ],
        }
        for file, edits in files.items()
    ]
    return {
        "description": {"text": f"{fix.title} ({fix.applicability.value})"},
        "artifactChanges": changes,
        "properties": {"applicability": fix.applicability.value},
    }


def _invocation(reports: Sequence[FileReport]) -> dict[str, Any]:
    """What became of the run: the files that were not linted, and what is odd in attnlint's own comments."""
    faults = [(report, report.fault) for report in reports if report.fault is not None]
    return {
        "executionSuccessful": all(fault.kind == "skipped" for _, fault in faults),
        "toolExecutionNotifications": [
            {
                "level": "note" if fault.kind == "skipped" else "error",
                "descriptor": {"id": fault.kind},
                **_notice(report.path, fault.message, fault.row),
            }
            for report, fault in faults
        ],
        "toolConfigurationNotifications": [
            {"level": "warning", **_notice(report.path, *_noted(report, note))}
            for report in reports
            for note in report.notes
        ],
    }


def _noted(report: FileReport, note: Note) -> tuple[str, int]:
    text = f"{spoken(note.span)}: {note.text}" if note.cell else note.text
    return text, file_line(report, note.span)


def _notice(path: str, text: str, row: int) -> dict[str, Any]:
    physical = {"artifactLocation": artifact(path), **({"region": {"startLine": row}} if row else {})}
    return {"message": {"text": text}, "locations": [{"physicalLocation": physical}]}
