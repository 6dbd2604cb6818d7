"""Counts by rule, and the last line of a report."""

import json
from dataclasses import replace

import pytest

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fault, Fix, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.statistics import fixable, statistics, statistics_json, totals


def found(code, name, severity=Severity.ERROR):
    return Diagnostic(code, name, severity, "m", Span(1, 1, 1, 2))


REPORTS = [
    FileReport("a.py", (found("ATT008", "softmax-wrong-axis"),) * 10),
    FileReport("b.py", (found("ATT002", "missing-scale", Severity.WARNING), found("ATT008", "softmax-wrong-axis"))),
    FileReport("c.py"),
    FileReport("d.py", fault=Fault("unreadable", "no")),
]


def test_lines():
    assert list(statistics(REPORTS)) == [
        "11  ATT008  softmax-wrong-axis [error]",
        " 1  ATT002  missing-scale [warning]",
    ]
    assert list(statistics([])) == []


def test_json():
    assert json.loads(statistics_json(REPORTS))[0] == {
        "code": "ATT008",
        "name": "softmax-wrong-axis",
        "severity": "error",
        "count": 11,
    }


@pytest.mark.parametrize(
    ("reports", "line"),
    [
        (REPORTS, "Found 11 errors, 1 warning in 2 of 3 files; 1 file could not be linted."),
        (REPORTS[3:], "Found nothing wrong in 0 files; 1 file could not be linted."),
        ([FileReport("a", fault=Fault("skipped", "a loop"))], "Found nothing wrong in 0 files."),
        (REPORTS[2:3], "Found nothing wrong in 1 file."),
        ([FileReport("a.py", (found("ATT001", "m", Severity.INFO),))], "Found 1 info in 1 of 1 file."),
    ],
)
def test_totals(reports, line):
    assert totals(reports) == line


@pytest.mark.parametrize(
    ("fixes", "unsafe", "line"),
    [
        ("", False, ""),
        ("display", True, ""),
        ("safe safe display", False, "[*] 2 fixable with --fix."),
        ("safe unsafe unsafe", False, "[*] 1 fixable with --fix (2 more with --unsafe-fixes)."),
        ("safe unsafe unsafe", True, "[*] 3 fixable with --fix."),
        ("unsafe display", False, "1 fixable with --fix --unsafe-fixes."),
    ],
)
def test_fixable(fixes, unsafe, line):
    edits = (Edit(Span(1, 1, 1, 2), "x"),)
    made = [replace(found("ATT001", "m"), fix=Fix("f", edits, Applicability(word))) for word in fixes.split()]
    reports = [FileReport("a.py", (found("ATT002", "n"), *made))]
    assert fixable(reports, unsafe) == line
    assert "[*]" not in fixable(reports, unsafe, was_fixed=True)
