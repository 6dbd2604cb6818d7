"""The concise report is one line for each finding, whatever is in its message."""

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fault, Fix, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.concise import concise, fault_line


def test_lines():
    found = (
        Diagnostic("ATT008", "softmax-wrong-axis", Severity.ERROR, "over the\n  queries", Span(3, 5, 3, 9)),
        Diagnostic("ATT001", "missing-causal-mask", Severity.INFO, "causal?", Span(9, 1, 9, 2)),
    )
    assert list(concise([FileReport("a.py", found), FileReport("b.py")])) == [
        "a.py:3:5: ATT008 softmax-wrong-axis [error] over the queries",
        "a.py:9:1: ATT001 missing-causal-mask [info] causal?",
    ]


def test_what_can_be_fixed_is_marked():
    edits = (Edit(Span(1, 1, 1, 2), "x"),)
    fixes = [None, Fix("f", edits), Fix("f", edits, Applicability.UNSAFE), Fix("f", edits, Applicability.SAFE)]
    found = tuple(Diagnostic("ATT001", "m", Severity.INFO, "?", Span(1, 1, 1, 2), fix=fix) for fix in fixes)
    marks = [[" [*] ?" in line for line in concise([FileReport("a.py", found)], unsafe)] for unsafe in (False, True)]
    assert marks == [[False, False, False, True], [False, False, True, True]]


def test_fault_lines():
    assert fault_line(FileReport("a.py")) == ""
    assert fault_line(FileReport("a.py", fault=Fault("unreadable", "no", row=3))) == "a.py:3: unreadable: no"
    assert fault_line(FileReport("a", fault=Fault("skipped", "is a loop"))) == "a: note: is a loop"
    assert fault_line(FileReport("a", fault=Fault("missing", "no such file"))) == "a: no such file"
