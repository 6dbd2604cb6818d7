"""The formats that GitHub Actions and readers of pylint's output know."""

import re

import pytest

from attnlint.diagnostic import Diagnostic, Related, Severity, Span
from attnlint.filed import FileReport
from attnlint.report.github import github
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
