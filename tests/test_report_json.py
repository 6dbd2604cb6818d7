"""The JSON report has exactly the shape that readers of ruff's know."""

import json

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fix, Related, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.json import json_lines, json_report

FIX = Fix("normalise over the keys", (Edit(Span(3, 12, 3, 13), "-1"),), Applicability.SAFE)
FOUND = Diagnostic(
    "ATT008",
    "softmax-wrong-axis",
    Severity.ERROR,
    "softmax over the query axis",
    Span(3, 5, 3, 14),
    (Related(Span(2, 5, 2, 10), "scores computed here"),),
    "pass dim=-1",
    FIX,
)


def test_shape():
    (found,) = json.loads(json_report([FileReport("/p/a.py", (FOUND,)), FileReport("/p/b.py")]))
    assert found.pop("url") is None or found["code"] == "ATT008"
    assert found == {
        "code": "ATT008",
        "name": "softmax-wrong-axis",
        "severity": "error",
        "message": "softmax over the query axis",
        "filename": "/p/a.py",
        "location": {"row": 3, "column": 5},
        "end_location": {"row": 3, "column": 14},
        "cell": None,
        "related": [
            {
                "location": {"row": 2, "column": 5},
                "end_location": {"row": 2, "column": 10},
                "message": "scores computed here",
                "filename": "/p/a.py",
            }
        ],
        "fix": {
            "applicability": "safe",
            "message": "normalise over the keys",
            "edits": [
                {
                    "content": "-1",
                    "location": {"row": 3, "column": 12},
                    "end_location": {"row": 3, "column": 13},
                }
            ],
        },
        "alternatives": [],
    }


def test_without_fix_and_evidence():
    plain = Diagnostic("ATT000", "syntax-error", Severity.ERROR, "bad “quote”", Span(1, 1, 1, 2))
    (found,) = json.loads(json_report([FileReport("-", (plain,))]))
    assert (found["fix"], found["related"], found["url"], found["filename"]) == (None, [], None, "-")
    assert found["message"] == "bad “quote”"


def test_nothing_found_is_an_empty_list():
    assert json.loads(json_report([FileReport("a.py")])) == []


def test_filename_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (found,) = json.loads(json_report([FileReport("a.py", (FOUND,))]))
    assert found["filename"] == str(tmp_path / "a.py")


def test_lines_are_the_same_objects():
    reports = [FileReport("/p/a.py", (FOUND, FOUND)), FileReport("/p/b.py")]
    lines = list(json_lines(reports))
    assert len(lines) == 2
    assert [json.loads(line) for line in lines] == json.loads(json_report(reports))
    assert not any("\n" in line for line in lines)
