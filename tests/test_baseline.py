"""Baselines: what a finding is known by, how the file looks, and what is said of a bad one."""

import json
from dataclasses import replace

import pytest

from attnlint.baseline import BadBaseline, Baseline, Entry, dumped, entry, read_baseline, sorted_out
from attnlint.definitions import located
from attnlint.diagnostic import Diagnostic, Severity, Span
from attnlint.filed import FileReport
from attnlint.source import make_source


def finding(row, scope="f", line="x = 1", code="ATT002", name="missing-scale"):
    return Diagnostic(code, name, Severity.ERROR, "m", Span(row, 1, row, 2), scope=scope, line=line)


def place(text, row):
    (found,) = located(make_source(text), [finding(row)])
    return found.scope, found.line


CODE = '''import a


@decorated(
    1
)
class Model:
    width = 3

    async def forward(self, x):
        def inner(y):
            return   y @  x  # scores

        return inner(x)  # attention # here


text = """
# no comment
"""
'''


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (1, ("", "import a")),
        (5, ("Model", "1")),
        (8, ("Model", "width = 3")),
        (10, ("Model.forward", "async def forward(self, x):")),
        (12, ("Model.forward.inner", "return y @ x")),
        (14, ("Model.forward", "return inner(x)")),
        (18, ("", "# no comment")),
    ],
)
def test_a_finding_is_known_by_its_definition_and_the_code_of_its_line(row, expected):
    assert place(CODE, row) == expected
    assert place("\n\n" + CODE.replace("\n", "\r\n"), row + 2) == expected


def test_a_text_that_does_not_parse_has_lines_only():
    assert place("def f(:\n    x = 1  # y\n", 2) == ("", "x = 1")


def report(*found, path="src/a.py"):
    return FileReport(path, found)


def baseline(*found, file="b.json", path="src/a.py"):
    counts = {}
    for each in found:
        key = entry(file, path, each)
        counts[key] = counts.get(key, 0) + 1
    return Baseline(file, counts)


def new(known, seen):
    left, again = sorted_out(known, seen)
    assert len(left.diagnostics) + again.total() == len(seen.diagnostics)
    return list(left.diagnostics)


def test_rows_columns_messages_and_severities_may_change():
    moved = replace(finding(90), span=Span(90, 7, 91, 3), message="other", severity=Severity.INFO)
    assert new(baseline(finding(1)), report(moved)) == []


@pytest.mark.parametrize(
    "other",
    [finding(1, scope="g"), finding(1, line="x = 2"), finding(1, code="ATT008", name="softmax-wrong-axis")],
)
def test_another_definition_line_or_rule_is_new(other):
    assert new(baseline(finding(1)), report(other)) == [other]


def test_another_file_is_new():
    assert new(baseline(finding(1)), report(finding(1), path="src/b.py")) == [finding(1)]


def test_of_repeated_findings_as_many_are_accepted_as_there_were():
    known = baseline(finding(1), finding(2))
    assert new(known, report(finding(1))) == []
    assert new(known, report(finding(1), finding(2), finding(3))) == [finding(3)]


@pytest.mark.parametrize(
    ("line", "other", "is_same"),
    [
        ("x = f(a,b)", "x = f(a, b)", True),
        ("x=f( a )", "x = f(a)", True),
        ("y = q@k.mT", "y = q @ k.mT", True),
        ("return 'a, b'", "return  'a, b'", True),
        ("x = 'a,b'", "x = 'a, b'", False),
        ('x = "a\\" ,b"', 'x = "a\\",b"', False),
        ("not x", "notx", False),
        ("x = f(a, b)", "x = f(b, a)", False),
        ("x = {'a':1, \"b\" : 2}", "x = {'a': 1, \"b\": 2}", True),
    ],
)
def test_spaces_of_a_line_do_not_count(line, other, is_same):
    known = baseline(finding(1, line=line))
    assert (new(known, report(finding(1, line=other))) == []) == is_same
    assert (sorted_out(known, report(finding(1, line=other)))[1].total() == 1) == is_same


def test_paths_are_relative_to_the_baseline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert entry("b.json", "src/a.py", finding(1)).path == "src/a.py"
    assert entry("ci/b.json", "src/a.py", finding(1)).path == "../src/a.py"
    assert entry("src/b.json", str(tmp_path / "src" / "a.py"), finding(1)).path == "a.py"
    assert Baseline(str(tmp_path / "ci" / "b.json")).place(Entry("../src/a.py", "", "", "")) == str(
        tmp_path / "src" / "a.py"
    )


def test_syntax_errors_and_standard_input_are_never_accepted():
    assert entry("b.json", "a.py", finding(1, code="ATT000", name="syntax-error")) is None
    assert entry("b.json", "-", finding(1)) is None


def test_one_finding_a_line_sorted_and_read_again(tmp_path):
    counts = {
        Entry("b.py", "missing-scale", "", "é = '\U0001f600'"): 1,
        Entry("a.py", "missing-scale", "f", 'x = "y"'): 2,
        Entry("a.py", "gone", "f", "x"): 0,
    }
    data = dumped(counts)
    assert data.decode().splitlines() == [
        "{",
        '  "version": 1,',
        '  "findings": [',
        '    {"path": "a.py", "rule": "missing-scale", "in": "f", "line": "x = \\"y\\"", "count": 2},',
        '    {"path": "b.py", "rule": "missing-scale", "in": "", "line": "é = \'\U0001f600\'"}',
        "  ]",
        "}",
    ]
    path = tmp_path / "b.json"
    path.write_bytes(data)
    assert read_baseline(str(path)).counts == {key: count for key, count in counts.items() if count}
    assert dumped(read_baseline(str(path)).counts) == data
    assert json.loads(dumped({})) == {"version": 1, "findings": []}


GOOD = '{"path": "a", "rule": "b", "in": "c", "line": "d"}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "b.json:1: is not JSON: "),
        ('{\n  "version": 1,\n<<<<<<< ours\n', "b.json:3: is not JSON: "),
        ("[]", "b.json:1: is no baseline"),
        ('{"findings": []}', "b.json:1: is no baseline"),
        ('{"version": 1, "findings": {}}', "b.json:1: is no baseline"),
        ('{\n"version": 2, "findings": []}', "b.json:2: has version 2, and this attnlint reads version 1"),
        ('{\n"version": "1", "findings": []}', "b.json:2: has version '1'"),
        (f'{{"version": 1,\n"findings": [\n{GOOD},\n{{"path": 1}}]}}', 'b.json:4: a finding must be {"path"'),
        (f'{{"version": 1,\n"findings": [\n{GOOD},\n\n7]}}', "b.json:5: a finding must be "),
        (f'{{"version": 1,\n"findings": [{GOOD[:-1]}, "count": 0}}]}}', "b.json:2: a finding must be "),
        (f'{{"version": 1,\n"findings": [{GOOD[:-1]}, "count": true}}]}}', "b.json:2: a finding must be "),
    ],
)
def test_a_bad_baseline_is_named_with_its_line(plant, text, said):
    plant({"b.json": text})
    with pytest.raises(BadBaseline) as caught:
        read_baseline("b.json")
    assert str(caught.value).startswith(said)


def test_what_is_no_text_or_not_there(plant):
    root = plant({})
    (root / "b.json").write_bytes(b"\xff")
    for path, said in (("b.json", "is not UTF-8"), ("c.json", "there is no such baseline"), (".", "cannot be read")):
        with pytest.raises(BadBaseline, match=said):
            read_baseline(path)


def test_a_baseline_that_an_editor_on_windows_wrote(plant):
    root = plant({})
    (root / "b.json").write_bytes(b"\xef\xbb\xbf" + dumped({Entry("a", "b", "c", "d"): 1}).replace(b"\n", b"\r\n"))
    assert read_baseline("b.json").counts == {Entry("a", "b", "c", "d"): 1}
