"""Every format says the same of the same findings, each in the words of those who read it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fault, Fix, Note, Related, Severity, Span
from attnlint.engine import Options, check
from attnlint.filed import FileReport, gathered
from attnlint.report.formats import FORMATS, READ_BY_PEOPLE, report_lines
from attnlint.rule import all_rules
from tests.readers import READERS, absolute
from tests.reported import FOUND, GOLDEN, normal, plant, printed
from tests.schemas import VALIDATED, validate

FIXTURES = Path(__file__).parent.parent / "fixtures"
# Formats of which a reader learns no column, and those whose services know nothing of cells but what a message says.
NO_COLUMN = {"pylint"}
NO_CELL = {"sarif", "github", "gitlab", "azure", "rdjson"}

IN_CELL = Diagnostic(
    "ATT008",
    "softmax-wrong-axis",
    Severity.ERROR,
    "over the queries",
    Span(5, 2, 5, 9, cell=3),
    (Related(Span(2, 5, 2, 8, cell=1), "computed here"),),
    "pass dim=-1",
    Fix("normalise", (Edit(Span(1, 7, 1, 8, cell=2), "-1"),), Applicability.SAFE),
)
NOTEBOOK = FileReport("a b.ipynb", (IN_CELL, replace(IN_CELL, code="ATT001", span=Span(12, 1, 12, 4, cell=10))))


def text(reports, name):
    return "".join(f"{line}\n" for line in report_lines(reports, name))


@pytest.fixture(scope="module")
def fixtures():
    return gathered(check([str(FIXTURES)], Options(all_rules(), jobs=1)))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plant(tmp_path)
    return tmp_path


def without_columns(findings):
    return sorted((path, row, None, code, cell) for path, row, _, code, cell in findings)


def test_every_format_has_a_reader_and_a_golden_file():
    assert set(READERS) == set(FORMATS) == {path.stem for path in GOLDEN.glob("*.txt")}


@pytest.mark.parametrize("name", FORMATS)
def test_all_fixtures_are_the_same_in_every_format(fixtures, name):
    wanted = [
        (absolute(report.path), each.span.row, each.span.column, each.code, 0)
        for report in fixtures
        for each in report.diagnostics
    ]
    assert len(wanted) > 150
    findings = READERS[name](text(fixtures, name))
    if name in NO_COLUMN:
        wanted = without_columns(wanted)
    assert sorted(findings) == sorted(wanted)


@pytest.mark.parametrize("name", FORMATS)
def test_the_tree_is_what_its_golden_file_says(tree, name):
    output = printed(name)
    assert normal(name, output) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    wanted = sorted((absolute(path), row, column, code, 0) for path, row, column, code in FOUND)
    assert sorted(READERS[name](output)) == (without_columns(wanted) if name in NO_COLUMN else wanted)


@pytest.mark.parametrize("name", FORMATS)
def test_findings_in_notebooks_name_their_cells(name):
    path = absolute("a b.ipynb")
    wanted = [(path, 5, 2, "ATT008", 3), (path, 12, 1, "ATT001", 10)]
    if name in NO_COLUMN | NO_CELL:
        wanted = [(path, 5, None, "ATT008", 3), (path, 12, None, "ATT001", 10)]
    assert READERS[name](text([NOTEBOOK], name)) == wanted


@pytest.mark.parametrize("name", ["full", "github", "azure", "rdjson", "junit"])
def test_evidence_in_notebooks_names_its_cell(name):
    place = "(cell 1, line 2)" if name == "full" else "a b.ipynb:cell 1:2: computed here"
    assert place in text([NOTEBOOK], name)


def test_json_names_the_cells_of_evidence_and_edits():
    found, _ = json.loads(text([NOTEBOOK], "json"))
    assert (found["cell"], found["related"][0]["cell"], found["fix"]["edits"][0]["cell"]) == (3, 1, 2)


@pytest.mark.parametrize("name", ["sarif", "rdjson"])
def test_edits_of_cells_are_none_of_the_file(name):
    written = text([NOTEBOOK], name)
    assert '"fixes"' not in written
    assert '"suggestions"' not in written
    in_file = replace(IN_CELL.fix, edits=(Edit(Span(1, 7, 1, 8), "-1"),))
    written = text([replace(NOTEBOOK, diagnostics=(replace(IN_CELL, fix=in_file),))], name)
    assert '"fixes"' in written or '"suggestions"' in written


@pytest.mark.parametrize("name", VALIDATED)
def test_what_has_a_schema_is_valid(fixtures, tree, name):
    validate(name, text(fixtures, name))
    validate(name, printed(name))
    validate(name, text([NOTEBOOK], name))


EMPTY = dict.fromkeys(("full", "concise", "grouped", "json-lines", "github", "azure", "pylint"), "")


@pytest.mark.parametrize("reports", [[], [FileReport("a.py", lines=3)]], ids=["no file", "a clean file"])
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found_is_an_empty_report(name, reports):
    written = text(reports, name)
    assert READERS[name](written) == []
    if name in EMPTY:
        assert written == EMPTY[name]
    elif name in VALIDATED:
        validate(name, written)
    else:
        assert json.loads(written) == []


@pytest.mark.parametrize("name", VALIDATED)
@pytest.mark.parametrize("kind", ["missing", "unreadable", "internal", "skipped"])
def test_faults_are_valid(name, kind):
    report = FileReport("a.py", (IN_CELL,), Fault(kind, "why", row=3), notes=(Note(2, "unknown rule"),))
    validate(name, text([report, FileReport("b.py", fault=Fault(kind, "why"))], name))


def test_schemas_refuse_what_is_wrong():
    for name, wrong in (
        ("sarif", '{"version": "2.1.0"}'),
        ("rdjson", '{"diagnostics": [{"message": "m", "column": 1}]}'),
        ("junit", "<testsuites name='a'/>"),
    ):
        with pytest.raises(Exception, match=r"required|not allowed|unexpected|Additional"):
            validate(name, wrong)


def test_people_read_three():
    assert READ_BY_PEOPLE == ("full", "concise", "grouped")
