"""The formats that GitHub, GitLab and readers of pylint's output know."""

import json
import re
from dataclasses import replace

import pytest

from attnlint.diagnostic import Diagnostic, Related, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.github import github
from attnlint.report.gitlab import gitlab
from attnlint.report.pylint import pylint


def found(severity=Severity.ERROR, message="softmax over\n  the queries", related=(), advice=""):
    return Diagnostic("ATT008", "softmax-wrong-axis", severity, message, Span(3, 5, 4, 9), related, advice)


def test_a_command_names_the_place_and_the_rule():
    (line,) = github([FileReport("src/a.py", (found(message="over the queries"),)), FileReport("b.py")])
    assert line == (
        "::error file=src/a.py,line=3,col=5,endLine=4,endColumn=9,title=ATT008 softmax-wrong-axis::over the queries"
    )


@pytest.mark.parametrize(
    ("severity", "level"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "notice")]
)
def test_each_severity_has_githubs_level(severity, level):
    (line,) = github([FileReport("a.py", (found(severity),))])
    assert line.startswith(f"::{level} ")


def test_evidence_and_advice_are_lines_of_the_message():
    related = (Related(Span(2, 1, 2, 4), "computed here"), Related(Span(7, 1, 7, 4), "called here", "b.py"))
    (line,) = github([FileReport("a.py", (found(message="wrong", related=related, advice="pass dim=-1"),))])
    assert line.split("::")[2] == "wrong%0Aa.py:2: computed here%0Ab.py:7: called here%0Ahelp: pass dim=-1"


def test_nothing_in_a_path_or_message_ends_the_command_early():
    (line,) = github([FileReport("a,b:c%.py", (found(message="100 %:: of\r\nit"),))])
    assert line.startswith("::error file=a%2Cb%3Ac%25.py,line=3,")
    assert line.endswith("::100 %25:: of%0D%0Ait")
    assert len(line.splitlines()) == 1


def test_pylints_own_pattern_reads_a_line():
    (line,) = pylint([FileReport("src/a.py", (found(),)), FileReport("b.py")])
    assert line == "src/a.py:3: [ATT008(softmax-wrong-axis), ] softmax over the queries"
    read = re.fullmatch(r"(.+?):(\d+): \[(\w+)\(([\w-]+)\), (.*)\] (.*)", line)
    assert read is not None
    assert read.groups() == ("src/a.py", "3", "ATT008", "softmax-wrong-axis", "", "softmax over the queries")


def test_gitlab_gets_the_keys_that_it_needs():
    (each,) = json.loads(gitlab([FileReport("src/a.py", (found(message="over the queries"),)), FileReport("b.py")]))
    assert re.fullmatch("[0-9a-f]{64}", each.pop("fingerprint"))
    assert each == {
        "description": "over the queries",
        "check_name": "ATT008 softmax-wrong-axis",
        "severity": "critical",
        "location": {
            "path": "src/a.py",
            "positions": {"begin": {"line": 3, "column": 5}, "end": {"line": 4, "column": 9}},
        },
    }


def test_gitlab_gets_paths_from_the_folder_of_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (each,) = json.loads(gitlab([FileReport(str(tmp_path / "src" / "a.py"), (found(),))]))
    assert each["location"]["path"] == "src/a.py"


def test_gitlab_reads_nothing_found_as_an_empty_list():
    assert json.loads(gitlab([FileReport("a.py")])) == []


def fingerprints(*diagnostics, path="a.py"):
    return [each["fingerprint"] for each in json.loads(gitlab([FileReport(path, diagnostics)]))]


def test_fingerprints_stay_when_lines_move_and_differ_between_findings():
    one = found()
    moved = replace(one, span=Span(30, 5, 31, 9))
    assert fingerprints(one) == fingerprints(moved)
    assert len(set(fingerprints(one, moved))) == 2
    assert fingerprints(one) != fingerprints(one, path="b.py")
    assert fingerprints(one) != fingerprints(found(message="another"))
