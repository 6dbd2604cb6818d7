"""What the formats of services and of build servers escape, count and leave out, each by its own documentation."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fault, Fix, Related, Severity, Span
from attnlint.engine import Options, check
from attnlint.filed import FileReport, gathered
from attnlint.fixing.edits import applied, placed
from attnlint.report.azure import azure
from attnlint.report.grouped import grouped
from attnlint.report.junit import junit
from attnlint.report.rdjson import rdjson
from attnlint.rule import all_rules
from attnlint.source import read_source
from tests.reported import plant
from tests.schemas import validate

FIX = Fix("normalise", (Edit(Span(3, 12, 3, 13), "-1"),), Applicability.SAFE)


def found(severity=Severity.ERROR, message="over the queries", span=None, related=(), advice="", fix=None):
    span = span or Span(3, 5, 3, 9)
    return Diagnostic("ATT008", "softmax-wrong-axis", severity, message, span, related, advice, fix)


def test_azure_names_the_place_and_the_rule():
    (line,) = azure([FileReport("src/a.py", (found(),)), FileReport("b.py")])
    assert line == (
        "##vso[task.logissue type=error;sourcepath=src/a.py;linenumber=3;columnnumber=5;code=ATT008]"
        "ATT008 softmax-wrong-axis: over the queries"
    )


@pytest.mark.parametrize(
    ("severity", "kind"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "warning")]
)
def test_azure_knows_two_types(severity, kind):
    (line,) = azure([FileReport("a.py", (found(severity),))])
    assert line.startswith(f"##vso[task.logissue type={kind};")


def test_nothing_in_a_path_or_message_ends_azures_command_early():
    (line,) = azure([FileReport("a;b]c%.py", (found(message="100 %; of\r\n[it]", advice="pass"),))])
    assert ";sourcepath=a%3Bb%5Dc%AZP25.py;linenumber=3;" in line
    assert line.endswith(": 100 %AZP25; of%0D%0A[it]%0Ahelp: pass")
    assert len(line.splitlines()) == 1


def test_reviewdogs_columns_are_bytes():
    # The example of reviewdog.proto: in 'a𐐀b' the a is in column 1, the 𐐀 in 2, and the b in 6.
    spans = [Span(1, column, 1, column + 1) for column in (1, 2, 3)]
    report = FileReport("a.py", tuple(found(span=span) for span in spans), excerpt={1: "a𐐀b"})
    ranges = [each["location"]["range"] for each in json.loads(rdjson([report]))["diagnostics"]]
    assert [(each["start"]["column"], each["end"]["column"]) for each in ranges] == [(1, 2), (2, 6), (6, 7)]


def test_reviewdog_is_told_the_severity_the_rule_and_the_evidence():
    related = (Related(Span(7, 1, 7, 4), "called here", "b.py"),)
    report = FileReport("a.py", (found(Severity.INFO, related=related, advice="pass dim=-1"),))
    (each,) = json.loads(rdjson([report]))["diagnostics"]
    assert each["message"] == "over the queries\nb.py:7: called here\nhelp: pass dim=-1"
    assert (each["severity"], each["code"]["value"], each["location"]["path"]) == ("INFO", "ATT008", "a.py")


def test_suggestions_make_what_the_edits_make(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plant(tmp_path)
    suggested = 0
    for report in gathered(check(["."], Options(all_rules(), jobs=1))):
        for each, written in zip(report.diagnostics, json.loads(rdjson([report]))["diagnostics"], strict=True):
            if "suggestions" not in written:
                assert each.fix is None or not each.fix.is_allowed(unsafe=True)
                continue
            (suggestion,) = written["suggestions"]
            start, end = suggestion["range"]["start"], suggestion["range"]["end"]
            source = read_source(report.path)
            lines = source.data.splitlines(keepends=True)
            line = lines[start["line"] - 1]
            assert start["line"] == end["line"]
            lines[start["line"] - 1] = (
                line[: start["column"] - 1] + suggestion["text"].encode() + line[end["column"] - 1 :]
            )
            assert b"".join(lines).decode() == applied(source, placed(source, each.fix.edits)).text
            suggested += 1
    assert suggested == 2


@pytest.mark.parametrize(
    "fix",
    [
        None,
        Fix("choose", FIX.edits, Applicability.DISPLAY),
        Fix("both", (*FIX.edits, Edit(Span(1, 1, 1, 1), "x", "b.py")), Applicability.SAFE),
    ],
    ids=["none", "only shown", "half of it in another file"],
)
def test_no_suggestion_without_a_whole_fix(fix):
    (each,) = json.loads(rdjson([FileReport("a.py", (found(fix=fix),))]))["diagnostics"]
    assert "suggestions" not in each


def test_grouped_has_the_findings_below_their_files_with_places_in_columns():
    low = found(span=Span(9, 5, 9, 9), fix=FIX)
    high = found(Severity.WARNING, "one\n  two", Span(120, 15, 120, 16))
    reports = [FileReport("a.py", (low, high)), FileReport("clean.py"), FileReport("b c.py", (low,))]
    assert list(grouped(reports)) == [
        "a.py:",
        "    9:5  ATT008 softmax-wrong-axis [error] [*] over the queries",
        "  120:15 ATT008 softmax-wrong-axis [warning] one two",
        "",
        "b c.py:",
        "  9:5 ATT008 softmax-wrong-axis [error] [*] over the queries",
        "",
    ]


def test_grouped_marks_unsafe_fixes_when_they_are_allowed():
    fix = replace(FIX, applicability=Applicability.UNSAFE)
    report = FileReport("a.py", (found(fix=fix),))
    assert ["[*]" in list(grouped([report], unsafe))[1] for unsafe in (False, True)] == [False, True]


def test_grouped_names_cells():
    spans = (Span(9, 5, 9, 9, cell=2), Span(1, 1, 1, 9, cell=10))
    _, first, second, _ = grouped([FileReport("a.ipynb", tuple(found(span=span) for span in spans))])
    assert first.startswith("   cell 2:9:5 ATT008")
    assert second.startswith("  cell 10:1:1 ATT008")


def suites(*reports):
    text = junit(reports)
    validate("junit", text)
    return ElementTree.fromstring(text.encode("ascii"))


def test_junit_has_a_suite_for_each_file_and_counts():
    skipped = FileReport("loop", fault=Fault("skipped", "is a directory loop"))
    missing = FileReport("none.py", fault=Fault("missing", "no such file or folder"))
    root = suites(FileReport("a.py", (found(), found(Severity.INFO))), FileReport("clean.py"), skipped, missing)
    names = ("tests", "failures", "errors")
    assert [root.get(name) for name in names] == ["5", "2", "1"]
    assert [(each.get("name"), *(each.get(name) for name in (*names, "skipped"))) for each in root] == [
        ("a.py", "2", "2", "0", "0"),
        ("clean.py", "1", "0", "0", "0"),
        ("loop", "1", "0", "0", "1"),
        ("none.py", "1", "0", "1", "0"),
    ]


def test_junit_tells_the_whole_story_in_a_failure():
    related = (Related(Span(2, 1, 2, 4), "computed here"),)
    root = suites(FileReport("src/a.py", (found(message="wrong <& \n", related=related, advice="pass dim=-1"),)))
    (case,) = root.iter("testcase")
    assert (case.get("name"), case.get("classname")) == ("ATT008 softmax-wrong-axis at 3:5", "src/a")
    (failure,) = case
    assert (failure.get("type"), failure.get("message")) == ("error", "wrong <& \n")
    assert failure.text == "src/a.py:3:5: wrong <& \n\nsrc/a.py:2: computed here\nhelp: pass dim=-1"


@pytest.mark.parametrize("character", ["\0", "\x0b", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_forbids_is_replaced(character):
    root = suites(FileReport(f"a{character}.py", (found(message=f"over{character} it"),)))
    assert root[0].get("name") == "a\N{REPLACEMENT CHARACTER}.py"
    assert root.find(".//failure").get("message") == "over\N{REPLACEMENT CHARACTER} it"


@pytest.mark.parametrize("character", ["\t", "é", "注", "\ue000", "\ufffd", "🙂", "\U0010ffff"])
def test_what_xml_allows_stays(character):
    root = suites(FileReport("a.py", (found(message=f"over{character} it"),)))
    assert root.find(".//failure").get("message") == f"over{character} it"
