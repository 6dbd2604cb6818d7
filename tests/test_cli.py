"""The command line: options, exit codes, and what goes to which stream."""

import json
import sys
from types import SimpleNamespace

import pytest

from attnlint.cli import main
from attnlint.diagnostic import Diagnostic, Severity, Span

WORDS = {"softmax": Severity.ERROR, "masked_fill": Severity.WARNING, "attention": Severity.INFO}


def fake_findings(source, rules):
    """One finding for each line that has a word of the table; the rest is as a real analysis would do it."""
    compile(source.text, source.path, "exec")
    if "raise RuntimeError" in source.text:
        raise RuntimeError("a bug")
    for row in range(1, source.line_count + 1):
        for word, severity in WORDS.items():
            if word in source.line(row):
                yield Diagnostic("ATT008", "softmax-wrong-axis", severity, word, Span(row, 1, row, 3))


def fake_known(source, _assumptions):
    compile(source.text, source.path, "exec")
    names = ("scope", "row", "name", "shape", "facts", "reason")
    rows = [
        ("Attention.forward", 4, "q", "[B T C]", (), ""),
        ("Attention.forward", 12, "scores", "[B T T]", ("scores", "scaled by 1/sqrt(C)"), ""),
        ("helper", 20, "z", "?", (), "`f` comes from nowhere"),
    ]
    made = [known_type(**dict(zip(names, row, strict=True))) for row in rows]
    return made if source.text.strip() else []


def known_type(**fields):
    from attnlint.trace import Known

    return Known(**fields)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with one file for each severity, and an analysis that finds exactly those."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "attnlint.analyse", SimpleNamespace(findings=fake_findings, known=fake_known))
    (tmp_path / "clean.py").write_text("attn = 1\n")
    (tmp_path / "error.py").write_text("\nw = softmax(s)\n")
    (tmp_path / "info.py").write_text("attention()\n")
    (tmp_path / "warning.py").write_text("s = masked_fill(m)\n")
    return tmp_path


def run(capsys, *arguments):
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["clean.py"], 0),
        (["error.py"], 1),
        (["warning.py"], 1),
        (["info.py"], 0),
        ([], 1),
        (["error.py", "--exit-zero"], 0),
        (["error.py", "--fail-on", "never"], 0),
        (["warning.py", "--fail-on", "error"], 0),
        (["error.py", "--fail-on", "error"], 1),
        (["info.py", "--fail-on", "info"], 1),
        (["error.py", "--no-cache", "--jobs", "2"], 1),
    ],
)
def test_exit_codes(project, capsys, arguments, code):
    got, _out, err = run(capsys, "check", *arguments)
    assert (got, err) == (code, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--select", "no-such-rule"], "unknown rule 'no-such-rule'"),
        (["check", "--ignore", "no-such-rule"], "unknown rule 'no-such-rule'"),
        (["check", "--output-format", "xml"], "'xml' is not one of"),
        (["check", "--fail-on", "fatal"], "'fatal' is not one of"),
        (["check", "--jobs", "-1"], "-1"),
        (["check", "--selct", "x"], "--select"),
        (["chekc"], "chekc"),
        (["rule", "no-such-rule"], "unknown rule 'no-such-rule'"),
        (["show", "none.py"], "none.py cannot be read: No such file"),
        (["show", "error.py::Attentoin"], "did you mean 'Attention'?"),
        (["show", "broken.py"], "broken.py:1: "),
    ],
)
def test_what_cannot_be_done_is_exit_code_2(project, capsys, arguments, message):
    (project / "broken.py").write_text("attn = (\n")
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_concise(project, capsys):
    _code, out, _err = run(capsys, "check", "--output-format", "concise")
    assert out.splitlines() == [
        "error.py:2:1: ATT008 softmax-wrong-axis [error] softmax",
        "info.py:1:1: ATT008 softmax-wrong-axis [info] attention",
        "warning.py:1:1: ATT008 softmax-wrong-axis [warning] masked_fill",
        "Found 1 error, 1 warning, 1 info in 3 of 4 files.",
    ]


def test_full_has_no_colours_when_piped(project, capsys):
    _code, out, _err = run(capsys, "check", "error.py")
    assert "error[ATT008] softmax-wrong-axis: softmax\n --> error.py:2:1\n" in out
    assert "2 | w = softmax(s)\n  | ^^\n" in out
    assert "\x1b" not in out


def test_colours(project, capsys, monkeypatch):
    assert "\x1b[" in run(capsys, "check", "error.py", "--color", "always")[1]
    assert "\x1b[" not in run(capsys, "check", "error.py", "--color", "never")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run(capsys, "check", "error.py")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run(capsys, "check", "error.py")[1]


def test_json_is_all_that_is_on_standard_output(project, capsys):
    (project / "binary.py").write_bytes(b"\0")
    code, out, err = run(capsys, "check", "--output-format", "json")
    assert code == 2
    assert [each["severity"] for each in json.loads(out)] == ["error", "info", "warning"]
    assert err == "binary.py: unreadable: is a binary file, not Python text: NUL byte at offset 0\n"


def test_missing_path_is_named_and_the_rest_is_linted(project, capsys):
    code, out, err = run(capsys, "check", "none.py", "error.py", "--output-format", "concise", "--exit-zero")
    assert (code, err) == (2, "none.py: no such file or folder\n")
    assert out.splitlines() == [
        "error.py:2:1: ATT008 softmax-wrong-axis [error] softmax",
        "Found 1 error in 1 of 1 file; 1 file could not be linted.",
    ]


def test_unknown_rule_in_a_comment_is_a_warning(project, capsys):
    (project / "clean.py").write_text("attn = 1  # attnlint: ignore[mising-scale]\n")
    for _ in range(2):  # the second time from the cache
        code, _out, err = run(capsys, "check", "clean.py")
        message = "unknown rule 'mising-scale' in an ignore comment; did you mean 'missing-scale'?"
        assert (code, err) == (0, f"clean.py:1: {message}\n")


def test_statistics(project, capsys):
    _code, out, _err = run(capsys, "check", "--statistics")
    assert out.splitlines()[0] == "1  ATT008  softmax-wrong-axis [error]"
    _code, out, _err = run(capsys, "check", "--statistics", "--output-format", "json")
    assert [each["count"] for each in json.loads(out)] == [1, 1, 1]


def test_bug_of_ours_is_one_line_and_exit_code_2(project, capsys):
    (project / "bug.py").write_text("attn = 'raise RuntimeError'\n")
    code, out, err = run(capsys, "check", "--exit-zero", "--output-format", "concise")
    assert code == 2
    assert err == "bug.py: internal: attnlint failed on it: RuntimeError: a bug\n"
    assert "error.py:2:1" in out
    assert "Traceback" in run(capsys, "check", "bug.py", "--verbose")[2]


def test_directory_loop_is_a_note(project, capsys):
    (project / "loop").symlink_to(project)
    code, _out, err = run(capsys, "check", "--exit-zero")
    assert code == 0
    assert err.startswith("loop: note: is a directory loop")


def test_syntax_error_is_a_finding(project, capsys):
    (project / "broken.py").write_text("attn = (\n")
    code, out, err = run(capsys, "check", "broken.py", "--output-format", "concise")
    assert (code, err) == (1, "")
    assert out.startswith("broken.py:1:8: ATT000 syntax-error [error] '(' was never closed\n")


def test_no_files(project, capsys):
    (project / "empty").mkdir()
    code, _out, err = run(capsys, "check", "empty")
    assert code == 0
    assert err == "warning: no Python files found under empty\n"


def test_standard_input(project, capsys, monkeypatch):
    with open(project / "error.py") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        code, out, _err = run(capsys, "check", "-", "--output-format", "concise")
    assert code == 1
    assert out.startswith("-:2:1: ATT008")


def test_rules_and_rule(capsys):
    from attnlint.rule import all_rules

    code, out, _err = run(capsys, "rules")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [[each.code, each.name] for each in all_rules()]
    assert len(all_rules()) >= 10
    listed = json.loads(run(capsys, "rules", "--output-format", "json")[1])
    assert [each["code"] for each in listed] == [each.code for each in all_rules()]
    for each in all_rules():
        for spelling in (each.name, each.code):
            code, out, _err = run(capsys, "rule", spelling)
            assert code == 0
            for part in ("Why is this bad?", "Example", "Use instead", "Known limits", each.summary):
                assert part in out


def test_show(project, capsys):
    code, out, _err = run(capsys, "show", "error.py")
    assert code == 0
    assert out.splitlines() == [
        "Attention.forward",
        "   4  q       [B T C]",
        "  12  scores  [B T T]  scores, scaled by 1/sqrt(C)",
        "",
        "helper",
        "  20  z  ?  because `f` comes from nowhere",
        "",
    ]


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("Attention", ["q", "scores"]),
        ("forward", ["q", "scores"]),
        ("Attention.forward", ["q", "scores"]),
        ("helper", ["z"]),
    ],
)
def test_show_one_scope_as_json(project, capsys, scope, names):
    code, out, _err = run(capsys, "show", f"error.py::{scope}", "--output-format", "json")
    assert code == 0
    assert [each["name"] for each in json.loads(out)] == names
    assert set(json.loads(out)[0]) == {"scope", "row", "name", "shape", "facts", "reason", "cell"}


def test_show_nothing(project, capsys):
    (project / "empty.py").write_text("")
    code, out, err = run(capsys, "show", "empty.py")
    assert (code, out) == (0, "")
    assert "no attention code" in err


def test_show_on_a_bug_of_ours(project, capsys, monkeypatch):
    def failing(source, _assumptions):
        raise KeyError("scores")

    monkeypatch.setitem(sys.modules, "attnlint.analyse", SimpleNamespace(known=failing))
    code, out, err = run(capsys, "show", "error.py")
    assert (code, out) == (2, "")
    assert err == "attnlint failed: KeyError: 'scores' (ATTNLINT_DEBUG=1 shows where)\n"
    monkeypatch.setenv("ATTNLINT_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["show", "error.py"])


@pytest.mark.parametrize("spelling", ["ATT000", "att000", "syntax-error"])
def test_a_syntax_error_is_explained_though_it_is_no_rule(capsys, spelling):
    code, out, err = run(capsys, "rule", spelling)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "syntax-error (ATT000)"
    assert "Why is this bad?" in out


@pytest.mark.parametrize("command", [[], ["check"], ["rule"], ["rules"], ["show"]])
def test_help(capsys, command):
    code, out, _err = run(capsys, *command, "--help")
    assert code == 0
    assert out.startswith("Usage: attnlint")
    if command != ["rule"] and command != ["rules"]:
        assert "Examples:\n" in out


@pytest.mark.parametrize("name", ["json-lines", "github", "azure", "pylint"])
def test_formats_for_programs_hold_findings_and_nothing_else(project, capsys, name):
    code, out, err = run(capsys, "check", "--output-format", name)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert len(lines) == 3
    assert all("ATT008" in line for line in lines)
    assert run(capsys, "check", "clean.py", "--output-format", name) == (0, "", "")


@pytest.mark.parametrize("name", ["json-lines", "sarif", "junit", "github", "gitlab", "azure", "rdjson", "pylint"])
def test_statistics_in_a_format_without_them(project, capsys, name):
    code, out, err = run(capsys, "check", "--statistics", "--output-format", name)
    assert (code, out) == (2, "")
    assert f"--statistics has no {name} format" in err
