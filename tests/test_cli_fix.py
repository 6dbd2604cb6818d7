"""`attnlint check --fix` and its kin: what is written, what is said where, and the exit codes."""

import io
import json
import os
import re
import sys
from types import SimpleNamespace

import pytest

from attnlint import writing
from attnlint.cli import main
from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fix, Severity, Span

# What each word is called, what it is fixed to, and how far that may be trusted.
WORDS = {
    "bad": ("ATT008", "softmax-wrong-axis", "good", Applicability.SAFE),
    "risky": ("ATT001", "missing-causal-mask", "sound", Applicability.UNSAFE),
    "shown": ("ATT010", "cache-loses-history", "written", Applicability.DISPLAY),
    "broken": ("ATT002", "missing-scale", "(", Applicability.SAFE),
}


def findings(source, rules):
    """Each word of the table, of the rules that were asked."""
    compile(source.text, source.path, "exec")
    asked = {rule.code for rule in rules}
    for row in range(1, source.line_count + 1):
        for match in re.finditer(r"\w+", source.line(row)):
            code, name, new, applicability = WORDS.get(match.group(), ("", "", "", None))
            if code in asked:
                span = Span(row, match.start() + 1, row, match.end() + 1)
                fix = Fix(f"write {new}", (Edit(span, new),), applicability)
                yield Diagnostic(code, name, Severity.ERROR, match.group(), span, fix=fix)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of two files, and an analysis that knows the words of the table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "attnlint.analyse", SimpleNamespace(findings=findings))
    (tmp_path / "a.py").write_bytes(b"attn = bad\r\nbad  # risky shown\r\n")
    (tmp_path / "b.py").write_bytes(b"attn = risky")
    (tmp_path / "clean.py").write_bytes(b"attn = good\n")
    return tmp_path


def run(capsys, *arguments):
    code = main(["check", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.py")}


A, B, CLEAN = b"attn = bad\r\nbad  # risky shown\r\n", b"attn = risky", b"attn = good\n"


def test_without_fix_nothing_is_written_and_fixes_are_counted(folder, capsys):
    code, out, _err = run(capsys, "--output-format", "concise")
    assert code == 1
    assert out.splitlines() == [
        "a.py:1:8: ATT008 softmax-wrong-axis [error] [*] bad",
        "a.py:2:1: ATT008 softmax-wrong-axis [error] [*] bad",
        "a.py:2:8: ATT001 missing-causal-mask [error] risky",
        "a.py:2:14: ATT010 cache-loses-history [error] shown",
        "b.py:1:8: ATT001 missing-causal-mask [error] risky",
        "Found 5 errors in 2 of 3 files.",
        "[*] 2 fixable with --fix (2 more with --unsafe-fixes).",
    ]
    out = run(capsys, "--output-format", "concise", "--unsafe-fixes")[1]
    assert out.count("] [*] ") == 4
    assert out.splitlines()[-1] == "[*] 4 fixable with --fix."
    assert contents(folder) == {"a.py": A, "b.py": B, "clean.py": CLEAN}


def test_fix(folder, capsys):
    code, out, err = run(capsys, "--fix", "--output-format", "concise")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "a.py:2:9: ATT001 missing-causal-mask [error] risky",
        "a.py:2:15: ATT010 cache-loses-history [error] shown",
        "b.py:1:8: ATT001 missing-causal-mask [error] risky",
        "Found 3 errors in 2 of 3 files.",
        "2 fixable with --fix --unsafe-fixes.",
        "Fixed 2 findings in 1 file; 3 remain.",
    ]
    assert contents(folder) == {"a.py": A.replace(b"bad", b"good"), "b.py": B, "clean.py": CLEAN}


def test_unsafe_fixes(folder, capsys):
    (folder / "a.py").write_bytes(A.replace(b" shown", b""))
    code, out, _err = run(capsys, "--fix", "--unsafe-fixes", "--show-fixes")
    assert code == 0
    assert out.splitlines() == [
        "Found nothing wrong in 3 files.",
        "a.py: 3 fixes:",
        "- 1 \N{MULTIPLICATION SIGN} ATT001 missing-causal-mask: write sound (line 2)",
        "- 2 \N{MULTIPLICATION SIGN} ATT008 softmax-wrong-axis: write good (lines 1, 2)",
        "b.py: 1 fix:",
        "- 1 \N{MULTIPLICATION SIGN} ATT001 missing-causal-mask: write sound (line 1)",
        "Fixed 4 findings in 2 files; 0 remain.",
    ]
    assert contents(folder)["b.py"] == b"attn = sound"


def test_only_rules_that_were_asked_are_fixed(folder, capsys):
    (folder / "a.py").write_text("attn = bad, risky\n")
    run(capsys, "--fix", "--unsafe-fixes", "--select", "ATT001")
    assert contents(folder)["a.py"] == b"attn = bad, sound\n"


def test_the_cache_does_not_remember_what_was_fixed(folder, capsys):
    run(capsys, "--output-format", "concise")
    run(capsys, "--fix", "--output-format", "concise")
    out = run(capsys, "--output-format", "concise")[1]
    assert "ATT008" not in out
    (folder / "a.py").write_bytes(A)
    assert "ATT008" in run(capsys, "--output-format", "concise")[1]


def test_fix_only(folder, capsys):
    assert run(capsys, "--fix-only") == (0, "Fixed 2 findings in 1 file.\n", "")
    assert contents(folder)["a.py"] == A.replace(b"bad", b"good")
    assert run(capsys, "--fix-only") == (0, "Fixed 0 findings in 0 files.\n", "")


def test_diff_writes_nothing(folder, capsys):
    code, out, err = run(capsys, "--diff", "--unsafe-fixes", "--show-fixes")
    assert code == 1
    assert out == (
        "--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n"
        "-attn = bad\r\n-bad  # risky shown\r\n+attn = good\r\n+good  # sound shown\r\n"
        "--- b.py\n+++ b.py\n@@ -1 +1 @@\n"
        "-attn = risky\n\\ No newline at end of file\n+attn = sound\n\\ No newline at end of file\n"
    )
    assert err.splitlines()[0] == "a.py: 3 fixes:"
    assert err.splitlines()[-1] == "Would fix 4 findings in 2 files."
    assert contents(folder) == {"a.py": A, "b.py": B, "clean.py": CLEAN}
    assert run(capsys, "--diff", "--exit-zero")[0] == 0
    assert run(capsys, "--diff", "clean.py", "b.py") == (0, "", "Would fix nothing.\n")


def test_a_refused_fix_is_said_and_is_no_failure(folder, capsys):
    (folder / "a.py").write_text("x = bad\nx = broken\n")
    code, out, err = run(capsys, "a.py", "--fix", "--fail-on", "never", "--output-format", "concise")
    assert code == 0
    assert err == "fix of ATT002 at a.py:2 was not applied: it would leave code that does not parse\n"
    # It could not be fixed, so it is not called fixable.
    assert out.splitlines()[1:] == ["Found 1 error in 1 of 1 file.", "Fixed 1 finding in 1 file; 1 remains."]
    assert contents(folder)["a.py"] == b"x = good\nx = broken\n"


def test_json_is_all_that_is_on_standard_output(folder, capsys):
    code, out, err = run(capsys, "--fix", "--output-format", "json")
    assert code == 1
    assert [each["code"] for each in json.loads(out)] == ["ATT001", "ATT010", "ATT001"]
    assert err == "Fixed 2 findings in 1 file; 3 remain.\n"


def test_full_report_shows_the_fix(folder, capsys):
    out = run(capsys, "b.py")[1]
    assert "  = fix (unsafe): write sound\n1 - attn = risky\n1 + attn = sound\n" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--diff", "--fix"], "--diff writes nothing, --fix does; ask for one"),
        (["--diff", "--fix-only"], "--diff writes nothing, --fix-only does; ask for one"),
        (["--diff", "--output-format", "json"], "--diff reports no findings, so --output-format json has no place"),
        (["--diff", "--statistics"], "--diff reports no findings, so --statistics has no place"),
        (["--fix-only", "--output-format", "concise"], "--fix-only reports no findings, so --output-format concise"),
        (["--show-fixes"], "--show-fixes shows what --fix, --fix-only or --diff did"),
    ],
)
def test_options_that_contradict_each_other(folder, capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert contents(folder)["a.py"] == A


def stdin(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_standard_input_is_fixed_onto_standard_output(folder, capsysbinary, monkeypatch):
    stdin(monkeypatch, b"\xef\xbb\xbfattn = bad, risky\r\n")
    code = main(["check", "-", "--fix", "--output-format", "concise"])
    out, err = capsysbinary.readouterr()
    assert (code, out) == (1, b"\xef\xbb\xbfattn = good, risky\r\n")
    assert err.decode().splitlines() == [
        "-:1:14: ATT001 missing-causal-mask [error] risky",
        "Found 1 error in 1 of 1 file.",
        "1 fixable with --fix --unsafe-fixes.",
        "Fixed 1 finding in 1 file; 1 remains.",
    ]


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"attn = good\n", 0, b"Found nothing wrong in 1 file."),
        (b"attn = bad (\n", 1, b"syntax-error"),
        (b"a\0b", 2, b"NUL byte"),
        (b"attn = '\xff'\n", 2, b"is not valid utf-8"),
    ],
)
def test_standard_input_that_is_not_fixed_comes_back_as_it_was(folder, capsysbinary, monkeypatch, data, code, message):
    stdin(monkeypatch, data)
    got = main(["check", "-", "--fix"])
    out, err = capsysbinary.readouterr()
    assert (got, out) == (code, data)
    assert message in err


def test_diff_of_standard_input(folder, capsys, monkeypatch):
    stdin(monkeypatch, b"attn = bad\n")
    code, out, err = run(capsys, "-", "--diff")
    assert (code, err) == (1, "Would fix 1 finding in 1 file.\n")
    assert out == "--- -\n+++ -\n@@ -1 +1 @@\n-attn = bad\n+attn = good\n"


def test_file_that_was_changed_meanwhile_is_left_alone(folder, capsys, monkeypatch):
    (folder / "b.py").write_text("attn = bad\n")
    stage = writing._stage

    def later(path, data, staged):
        if path == "a.py":
            (folder / "a.py").write_text("attn = bad  # theirs\n")
        stage(path, data, staged)

    monkeypatch.setattr(writing, "_stage", later)
    code, out, err = run(capsys, "--fix", "--fail-on", "never")
    assert code == 2
    assert err == "a.py: not fixed: was changed by somebody else meanwhile, and is left as it is now\n"
    assert "Fixed 1 finding in 1 file; " in out
    assert contents(folder) == {"a.py": b"attn = bad  # theirs\n", "b.py": b"attn = good\n", "clean.py": CLEAN}


def test_what_cannot_be_written_is_said_and_the_rest_is_fixed(folder, capsys, monkeypatch):
    (folder / "b.py").write_text("attn = bad\n")
    monkeypatch.setattr(os, "access", lambda path, _mode: not path.endswith("a.py"))
    code, out, err = run(capsys, "--fix", "--output-format", "concise")
    assert code == 2
    assert err == "a.py: not fixed: may not be written\n"
    assert "a.py:1:8: ATT008" in out
    assert out.endswith("Fixed 1 finding in 1 file; 4 remain.\n")
    assert contents(folder) == {"a.py": A, "b.py": b"attn = good\n", "clean.py": CLEAN}


def test_interrupt_leaves_whole_files(folder, capsys, monkeypatch):
    def interrupted(_file):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    assert run(capsys, "--fix")[0] == 130
    assert contents(folder) == {"a.py": A, "b.py": B, "clean.py": CLEAN}
    assert sorted(path.name for path in folder.iterdir()) == ["a.py", "b.py", "clean.py"]


def test_files_of_one_fix_are_written_together_or_not_at_all(folder, capsys, monkeypatch):
    """`both` in a.py is repaired in a.py and clean.py."""

    def together(source, rules):
        if source.line(1) == "both":
            edits = (Edit(Span(1, 1, 1, 5), "one"), Edit(Span(1, 1, 1, 5), "atta", "clean.py"))
            yield Diagnostic(
                *("ATT003", "wrong-qk-transpose", Severity.ERROR, "m", Span(1, 1, 1, 5)),
                fix=Fix("both", edits, Applicability.SAFE),
            )
        yield from findings(source, rules)

    monkeypatch.setitem(sys.modules, "attnlint.analyse", SimpleNamespace(findings=together))
    (folder / "a.py").write_text("both\nbad\n")
    (folder / "b.py").write_text("attn = bad\n")
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda path, _mode: not path.endswith("clean.py"))
        code, out, err = run(capsys, "--fix", "a.py", "b.py", "--fail-on", "never")
    assert code == 2
    assert err == "clean.py: not fixed: may not be written; a.py stays as it is too, since they are fixed together\n"
    assert out.endswith("Fixed 1 finding in 1 file; 2 remain.\n")
    assert contents(folder) == {"a.py": b"both\nbad\n", "b.py": b"attn = good\n", "clean.py": CLEAN}
    assert run(capsys, "--fix", "a.py", "b.py")[0] == 0
    assert contents(folder) == {"a.py": b"one\ngood\n", "b.py": b"attn = good\n", "clean.py": b"atta = good\n"}


REAL = """import torch


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.size(-1) ** 0.5  # how alike
    weights = torch.softmax(scores, dim=-2)
    return weights @ v
"""


def test_with_the_rules_themselves(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(REAL)
    code, out, _err = run(capsys, "--fix", "--select", "softmax-wrong-axis", "--show-fixes")
    assert code == 0
    assert "ATT008 softmax-wrong-axis" in out
    assert (tmp_path / "model.py").read_text() == REAL.replace("dim=-2", "dim=-1")
