"""The engine: the data path from paths to reports, with the analysis of the trace replaced by a fake."""

import json
import os
from dataclasses import replace

import pytest

from attnlint import engine
from attnlint.diagnostic import Diagnostic, Edit, Fault, Fix, Note, Related, Severity, Span
from attnlint.discover import Target
from attnlint.engine import LARGEST, Options, check, lint, lint_file
from attnlint.filed import gathered
from attnlint.source import make_source


def diagnostic(row, code="ATT008", severity=Severity.ERROR, related=()):
    return Diagnostic(code, "softmax-wrong-axis", severity, "m", Span(row, 1, row, 5), tuple(related))


def softmax_lines(source, rules):
    """A fake analysis: one finding for each line with `softmax` in it."""
    assert rules == ()
    return [diagnostic(row) for row in range(1, source.line_count + 1) if "softmax" in source.line(row)]


def compiled(source, rules):
    """A fake analysis that raises what parsing raises."""
    compile(source.text, source.path, "exec")
    return []


def failing(source, rules):
    """A fake analysis with a bug."""
    raise KeyError("scores")


def dying(source, rules):
    """A fake analysis that brings its process down on one file."""
    if "die" in source.text:
        os._exit(1)
    return softmax_lines(source, rules)


def rows(report):
    return [each.span.row for each in report.diagnostics]


def by_name(reports):
    return {os.path.basename(report.path): report for report in reports}


def test_finds_in_files_that_pass_the_gate_only(tmp_path):
    (tmp_path / "a.py").write_text("x\nw = softmax(s)\n")
    (tmp_path / "b.py").write_text("def (\n")
    reports = by_name(check([str(tmp_path)], Options(), analyse=softmax_lines))
    assert rows(reports["a.py"]) == [2]
    assert reports["a.py"].lines == 2
    assert reports["b.py"].diagnostics == ()
    assert reports["b.py"].lines == 1


def test_named_file_passes_the_gate(tmp_path):
    path = tmp_path / "b.py"
    path.write_text("def (\n")
    (report,) = check([str(path)], Options(), analyse=compiled)
    assert [(each.code, each.span.row) for each in report.diagnostics] == [("ATT000", 1)]


def test_announces_how_many(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.py").write_text("")
    heard = []
    assert len(list(check([str(tmp_path)], Options(), analyse=softmax_lines, announce=heard.append))) == 3
    assert heard == [3]


def test_missing_path_does_not_stop_the_run(tmp_path):
    (tmp_path / "a.py").write_text("softmax\n")
    missing, found = check(["/nowhere/at/all", str(tmp_path / "a.py")], Options(), analyse=softmax_lines)
    assert missing.fault == Fault("missing", "no such file or folder")
    assert rows(found) == [1]


def test_unknown_names_in_comments_are_noted():
    text = "softmax  # attnlint: ignore[Softmax-wrong-axes, ATT008]\nx  # attnlint: file-ignore[syntax-error, what]\n"
    report = lint(make_source(text), (), softmax_lines)
    assert report.diagnostics == ()
    assert report.notes == (
        Note(1, "unknown rule 'Softmax-wrong-axes' in an ignore comment; did you mean 'softmax-wrong-axis'?"),
        Note(2, "unknown rule 'what' in an ignore comment"),
    )
    assert gathered([report])[0].notes == report.notes


KNOWN = "; there is ignore[…] and file-ignore[…]"


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# attnlint: ignored[ATT008]", "unknown word 'ignored' in a comment to attnlint; did you mean 'ignore'?"),
        (
            "# attnlint: fileignore[x]",
            "unknown word 'fileignore' in a comment to attnlint; did you mean 'file-ignore'?",
        ),
        ("# attnlint: ignore-file", f"unknown word 'ignore-file' in a comment to attnlint{KNOWN}"),
        ("# attnlint: noqa", f"unknown word 'noqa' in a comment to attnlint{KNOWN}"),
        ("# noqa  # attnlint: off -- slots", f"unknown word 'off' in a comment to attnlint{KNOWN}"),
        ("# attnlint ignored[ATT008]", "unknown word 'ignored' in a comment to attnlint; did you mean 'ignore'?"),
        *(
            (comment, "a comment to attnlint that silences nothing; it is written `# attnlint: ignore`")
            for comment in ("# attnlint ignore[ATT008]", "# attnlint ignore", "# attnlint : ignore [ATT008]")
        ),
        ("# attnlint is great", None),
        ("# attnlint ignores what it does not know", None),
        ("# attnlint rules [ATT008]", None),
        ("# we run attnlint: ignore that", None),
        ("# attnlint: https://example.org", f"unknown word 'https' in a comment to attnlint{KNOWN}"),
        ("+ '# attnlint: noqa'", None),
    ],
)
def test_a_comment_that_nearly_silences_is_noted_and_prose_is_not(comment, said):
    report = lint(make_source(f"x\nsoftmax  {comment}\n"), (), softmax_lines)
    assert rows(report) == [2]
    assert report.notes == ((Note(2, said),) if said else ())


def test_excerpt_holds_the_rows_of_a_fix():
    text = "".join(f"line {row}\n" for row in range(1, 31))
    fix = Fix("t", (Edit(Span(20, 1, 21, 1), ""), Edit(Span(2, 1, 2, 1), "", "other.py")))
    report = lint(make_source(text), (), lambda source, rules: [replace(diagnostic(10), fix=fix)])
    assert sorted(report.excerpt) == [8, 9, 10, 11, 12, 19, 20, 21, 22]


def test_sorted_and_each_once():
    found = [diagnostic(3), diagnostic(1), diagnostic(3), diagnostic(1, "ATT002")]
    report = lint(make_source("a\nb\nc\n"), (), lambda source, rules: found)
    assert [(each.span.row, each.code) for each in report.diagnostics] == [(1, "ATT002"), (1, "ATT008"), (3, "ATT008")]


def test_of_two_at_one_place_the_surer_stays():
    found = [diagnostic(1, severity=Severity.INFO), diagnostic(1), diagnostic(1, severity=Severity.WARNING)]
    report = lint(make_source("a\n"), (), lambda source, rules: found)
    assert [each.severity for each in report.diagnostics] == [Severity.ERROR]


def test_excerpt_holds_the_rows_a_report_shows():
    text = "".join(f"line {row}\n" for row in range(1, 21))
    found = [diagnostic(10, related=[Related(Span(2, 1, 2, 3), "here")])]
    report = lint(make_source(text), (), lambda source, rules: found)
    assert report.excerpt == {row: f"line {row}" for row in (2, 8, 9, 10, 11, 12)}


def test_suppressed():
    report = lint(make_source("softmax(s)  # attnlint: ignore\nsoftmax(s)\n"), (), softmax_lines)
    assert rows(report) == [2]


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ("x = 1\nattn = (\n", 2, 8),
        ("attn = softmax(\r\n  s))\r\n", 2, 5),
        ("if attn:\nx = 1\n", 2, 1),
        ("attn = '", 1, 8),
        ("x = " + "(" * 500 + "attn" + ")" * 500, 1, 205),
    ],
)
def test_syntax_error_stands_at_its_place(text, row, column):
    report = lint(make_source(text), (), compiled)
    (found,) = report.diagnostics
    assert (found.code, found.name, found.severity) == ("ATT000", "syntax-error", Severity.ERROR)
    assert (found.span.row, found.span.column) == (row, column)
    assert (found.span.end_row, found.span.end_column) > (row, column)
    assert found.message
    assert report.fault is None


def test_syntax_error_without_a_place():
    def raises(source, rules):
        raise SyntaxError("odd")

    (found,) = lint(make_source(""), (), raises).diagnostics
    assert found.span == Span(1, 1, 1, 2)


@pytest.mark.parametrize("text", ["attn = " + "-" * 5000 + "x", "attn = a" + ".b()" * 3000, "x + " * 5000 + "attn"])
def test_nested_too_deeply(text):
    report = lint(make_source(text), (), compiled)
    assert report.fault.kind == "unreadable"
    assert report.fault.message == "cannot be analysed: it is nested too deeply"


def test_a_page_whose_reader_fails_is_a_fault_and_not_called_clean(tmp_path, monkeypatch):
    def fails(_path, _text):
        raise KeyError("cells")

    monkeypatch.setattr("attnlint.source.read_page", fails)
    notebook = tmp_path / "attention.ipynb"
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    (report,) = check([str(notebook)], Options())
    assert report.fault.kind == "internal"
    assert report.fault.message == "attnlint failed on it: KeyError: 'cells'"


def test_bug_of_ours_is_a_fault_with_its_traceback():
    report = lint(make_source("attn\n"), (), failing)
    assert report.fault.kind == "internal"
    assert report.fault.message == "attnlint failed on it: KeyError: 'scores'"
    assert "raise KeyError" in report.fault.detail
    assert report.diagnostics == ()


def test_analysis_that_never_ends_is_given_up(monkeypatch):
    def endless(source, rules):
        while True:
            pass

    monkeypatch.setattr("attnlint.engine.PATIENCE", 0.1)
    report = lint(make_source("attn\n"), (), endless)
    assert report.fault.kind == "internal"
    assert "was given up" in report.fault.message


def test_bug_in_a_rule_that_yields():
    def yields(source, rules):
        yield diagnostic(1)
        raise ZeroDivisionError

    assert lint(make_source("attn\n"), (), yields).fault.kind == "internal"


def test_the_run_goes_on(tmp_path):
    (tmp_path / "a.py").write_bytes(b"attn = 1\n\0")
    (tmp_path / "b.py").write_bytes(b"attn = '\xff'\n")
    (tmp_path / "c.py").write_text("softmax(s)\n")
    (tmp_path / "d.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    reports = by_name(check([str(tmp_path)], Options(), analyse=softmax_lines))
    assert {name: report.fault and report.fault.kind for name, report in reports.items()} == {
        "a.py": "unreadable",
        "b.py": "unreadable",
        "c.py": None,
        "d.py": "unreadable",
        "loop": "skipped",
    }
    assert rows(reports["c.py"]) == [1]


def test_generated_file_is_skipped_and_said_to_be(tmp_path):
    path = tmp_path / "table.py"
    path.write_text("attn = 1\n" * (LARGEST // 9 + 1))
    report = lint_file(Target(str(path)), (), failing)
    assert report.fault.kind == "skipped"
    assert "4.0 MB" in report.fault.message


def notebook(tmp_path, source, output):
    cell = {"cell_type": "code", "metadata": {}, "source": source, "execution_count": 1}
    data = {"output_type": "display_data", "metadata": {}, "data": {"image/png": output}}
    book = {"cells": [{**cell, "outputs": [data]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps(book))
    return Target(str(path))


def test_of_a_notebook_the_code_is_measured_and_not_its_pictures(tmp_path):
    report = lint_file(notebook(tmp_path, "a = 1\nsoftmax(s)", "iVBO" * (LARGEST // 3)), (), softmax_lines)
    assert report.fault is None
    assert rows(report) == [2]


def test_a_notebook_with_generated_code_is_skipped(tmp_path):
    report = lint_file(notebook(tmp_path, "a = 1\n" * (LARGEST // 6 + 1), ""), (), failing)
    assert report.fault.kind == "skipped"
    assert "4.0 MB of code" in report.fault.message


def test_a_notebook_is_skipped_whose_outputs_are_beyond_reading(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "LARGEST_NOTEBOOK", 5_000_000)
    report = lint_file(notebook(tmp_path, "softmax(s)", "iVBO" * 1_250_000), (), failing)
    assert report.fault.kind == "skipped"
    assert report.fault.message == "has 5.0 MB with its outputs; not linted above 5 MB: clear some"


def test_parallel_finds_what_one_process_finds(tmp_path):
    for number in range(70):
        (tmp_path / f"m{number:02}.py").write_text("x\n" * number + "softmax(s)\n")
    one = by_name(check([str(tmp_path)], Options(jobs=1), analyse=softmax_lines))
    two = by_name(check([str(tmp_path)], Options(jobs=2), analyse=softmax_lines))
    assert len(one) == 70
    assert one == two
    assert rows(two["m07.py"]) == [8]


def test_process_that_dies_costs_one_file(tmp_path):
    for number in range(40):
        (tmp_path / f"m{number:02}.py").write_text("softmax(s)\n" + "die\n" * (number == 11))
    reports = by_name(check([str(tmp_path)], Options(jobs=2), analyse=dying))
    assert len(reports) == 40
    assert reports["m11.py"].fault.message == "attnlint's process died on it"
    assert all(rows(report) == [1] for name, report in reports.items() if name != "m11.py")
