"""`attnlint check --add-ignores`, and unused ignores on the command line: what is written, said and returned."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from attnlint import writing
from attnlint.cli import main
from attnlint.diagnostic import Diagnostic, Severity, Span
from tests import words


def findings(source, rules):
    """Words; `train.py` finds what stands in `model.py` as well."""
    asked = {rule.code for rule in rules}
    yield from words.findings(source, rules)
    if source.path.endswith("train.py") and "ATT001" in asked:
        found = Span(1, 1, 1, 5)
        yield Diagnostic("ATT001", "missing-causal-mask", Severity.WARNING, "sees the future", found, path="model.py")
    if "brings" in source.text and "ATT010" in asked:
        yield Diagnostic("ATT010", "cache-loses-history", Severity.ERROR, "m", Span(1, 1, 1, 2))


@pytest.fixture
def folder(plant, monkeypatch):
    """A project in which one file's trace finds something in another one."""
    monkeypatch.setitem(sys.modules, "attnlint.analyse", SimpleNamespace(findings=findings))
    root = plant({"setup.py": "", "train.py": "from model import attention\nprint(bad, poor)\n"})
    (root / "model.py").write_bytes(b"attention = 1\r\nx = bad  # noqa\r\n")
    return root


def run(capsys, *arguments):
    code = main(["check", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("[mt]*.py")}


SILENCED = {
    "model.py": b"attention = 1  # attnlint: ignore[missing-causal-mask]\r\n"
    b"x = bad  # noqa  # attnlint: ignore[softmax-wrong-axis]\r\n",
    "train.py": b"from model import attention\n"
    b"print(bad, poor)  # attnlint: ignore[softmax-wrong-axis, missing-scale]\n",
}


def test_every_finding_is_silenced_and_a_second_run_adds_nothing(folder, capsys):
    assert run(capsys, "--add-ignores") == (0, "Added ignores for 4 findings in 2 files.\n", "")
    assert contents(folder) == SILENCED
    assert run(capsys) == (0, "Found nothing wrong in 3 files.\n", "")
    assert run(capsys, "--add-ignores") == (0, "Added ignores for 0 findings in 0 files.\n", "")
    assert contents(folder) == SILENCED


def test_of_a_file_alone_nothing_is_unused_that_another_one_needs(folder, capsys):
    run(capsys, "--add-ignores")
    for arguments in (["model.py"], ["model.py", "--fix"], ["--fix"], ["train.py", "--fix"]):
        assert run(capsys, *arguments)[0] == 0
        assert contents(folder) == SILENCED


def test_what_no_file_needs_is_reported_and_removed(folder, capsys):
    run(capsys, "--add-ignores")
    (folder / "model.py").write_bytes(SILENCED["model.py"] + b"y = 1  # attnlint: ignore[ATT003]\r\n")
    code, out, _err = run(capsys, "--output-format", "concise")
    assert (code, out.splitlines()[0]) == (
        0,
        "model.py:3:8: ATT100 unused-ignore [info] [*] this ignore of ATT003 silences nothing",
    )
    assert run(capsys, "--fail-on", "info")[0] == 1
    assert run(capsys, "--ignore", "unused-ignore", "--fail-on", "info")[0] == 0
    assert run(capsys, "--fix") == (
        0,
        "Found nothing wrong in 3 files.\nFixed 1 finding in 1 file; 0 remain.\n",
        "",
    )
    assert contents(folder) == {**SILENCED, "model.py": SILENCED["model.py"] + b"y = 1\r\n"}


def test_its_severity_can_be_configured(folder, capsys):
    (folder / "attnlint.toml").write_text("[severity]\nunused-ignore = 'error'\n")
    (folder / "train.py").write_text("attention  # attnlint: ignore[ATT002]\n")
    code, out, _err = run(capsys, "train.py", "--output-format", "json", "--ignore", "ATT001")
    (found,) = json.loads(out)
    assert (code, found["severity"], found["fix"]["applicability"]) == (1, "error", "safe")


def test_diff(folder, capsys):
    before = contents(folder)
    code, out, err = run(capsys, "--add-ignores", "--diff", "--reason", "as in the paper")
    assert (code, err) == (1, "Would add ignores for 4 findings in 2 files.\n")
    assert "+x = bad  # noqa  # attnlint: ignore[softmax-wrong-axis] -- as in the paper\n" in out.replace("\r", "")
    assert contents(folder) == before
    run(capsys, "--add-ignores")
    assert run(capsys, "--add-ignores", "--diff")[:2] == (0, "")


def test_only_what_is_asked(folder, capsys):
    run(capsys, "--add-ignores", "--select", "ATT002")
    assert contents(folder)["train.py"].endswith(b"print(bad, poor)  # attnlint: ignore[missing-scale]\n")
    assert contents(folder)["model.py"] == b"attention = 1\r\nx = bad  # noqa\r\n"


def test_syntax_errors_are_said_and_the_rest_is_done(folder, capsys):
    (folder / "train.py").write_text("attention = (\n")
    code, out, err = run(capsys, "--add-ignores", ".")
    assert (code, out) == (2, "Added ignores for 1 finding in 1 file.\n")
    assert err.splitlines()[0].startswith("train.py: no ignores were added: ")
    assert (folder / "train.py").read_text() == "attention = (\n"
    assert b"ignore[softmax-wrong-axis]" in contents(folder)["model.py"]


@pytest.mark.parametrize(
    ("severity", "arguments", "code"),
    [("error", (), 2), ("info", (), 0), ("info", ("--fail-on", "info"), 2), ("error", ("--fail-on", "never"), 0)],
)
def test_an_unused_ignore_that_fails_a_run_is_not_silenced_and_said(folder, capsys, severity, arguments, code):
    (folder / "attnlint.toml").write_text(f"[severity]\nunused-ignore = '{severity}'\n")
    (folder / "train.py").write_text("x = bad\ny = 1  # attnlint: ignore[ATT002]\n")
    said = "train.py:2: ATT100 gets no comment: --fix takes away what silences nothing\n" if code else ""
    done = run(capsys, "train.py", "--add-ignores", "--ignore", "ATT001", *arguments)
    assert done == (code, "Added ignores for 1 finding in 1 file.\n", said)
    assert run(capsys, "train.py", "--ignore", "ATT001", *arguments)[0] == (1 if code else 0)
    silenced = b"x = bad  # attnlint: ignore[softmax-wrong-axis]\ny = 1  # attnlint: ignore[ATT002]\n"
    assert contents(folder)["train.py"] == silenced


NOT_EDITED = "gets no comment: the line is IPython's or a session's, and is not edited"


@pytest.mark.parametrize(
    ("name", "page", "mark"),
    [
        (
            "page.md",
            "```python\nx = bad\n```\n\n```pycon\n>>> x = poor\n```\n",
            "<!-- attnlint: wrong[missing-scale] -->",
        ),
        (
            "page.rst",
            "::\n\n   x = bad\n\nor\n\n.. code:: pycon\n\n   >>> x = poor\n",
            ".. attnlint: wrong[missing-scale]",
        ),
    ],
)
def test_a_session_gets_no_comment_and_the_rest_of_the_page_does(folder, capsys, name, page, mark):
    (folder / name).write_text(page)
    row = page[: page.index("poor")].count("\n") + 1
    code, out, err = run(capsys, name, "--add-ignores")
    assert (code, out) == (2, "Added ignores for 1 finding in 1 file.\n")
    assert err == f"{name}:{row}: ATT002 {NOT_EDITED}; `{mark}` above the block silences it\n"
    silenced = page.replace("x = bad", "x = bad  # attnlint: ignore[softmax-wrong-axis]")
    assert (folder / name).read_text() == silenced
    start = page.rindex("```pycon" if name.endswith("md") else ".. code")
    (folder / name).write_text(f"{page[:start]}{mark}\n\n{page[start:]}")
    assert run(capsys, name, "--ignore", "ATT008")[0] == 0


def test_of_a_notebook_the_cell_is_named_that_gets_no_comment(folder, capsys):
    cells = [["x = bad"], ["if a:\n", "    %time poor"], [">>> poor\n"], ["def f(:"]]
    book = {
        "cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / "book.ipynb").write_text(json.dumps(book))
    code, out, err = run(capsys, "book.ipynb", "--add-ignores")
    assert (code, out) == (2, "Added ignores for 1 finding in 1 file.\n")
    assert err.splitlines() == [
        f"book.ipynb:cell 2:2: ATT002 {NOT_EDITED}",
        f"book.ipynb:cell 3:1: ATT002 {NOT_EDITED}",
        "book.ipynb:cell 4:1: ATT000 cannot be silenced by a comment",
    ]
    made = json.loads((folder / "book.ipynb").read_text())["cells"]
    assert ["".join(cell["source"]) for cell in made] == [
        "x = bad  # attnlint: ignore[softmax-wrong-axis]",
        *("".join(cell) for cell in cells[1:]),
    ]


def test_comments_that_would_bring_a_finding_are_not_written(folder, capsys):
    before = contents(folder)
    code, out, err = run(capsys, "--add-ignores", "--reason", "brings more", "model.py")
    assert (code, out) == (2, "Added ignores for 0 findings in 0 files.\n")
    assert err == "model.py:1: no ignores were added: they would bring ATT010\n"
    assert contents(folder) == before


def test_a_file_that_cannot_be_written_does_not_keep_others_from_it(folder, capsys, monkeypatch):
    replace = writing._replace

    def failing(path, temporary):
        if path == "model.py":
            raise writing.Unwritable(path, "may not be written")
        replace(path, temporary)

    monkeypatch.setattr(writing, "_replace", failing)
    code, out, err = run(capsys, "--add-ignores")
    assert (code, err) == (2, "model.py: no ignores were added: it may not be written\n")
    assert contents(folder)["train.py"] == SILENCED["train.py"]
    assert out == "Added ignores for 2 findings in 1 file.\n"


def test_standard_input(folder, capsys, monkeypatch):
    for text, after in ((b"x = bad\r\n", b"x = bad  # attnlint: ignore[softmax-wrong-axis]\r\n"), (b"x\n", b"x\n")):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
        code = main(["check", "-", "--add-ignores"])
        assert code == 0
        out, err = capsys.readouterr()
        assert out.encode() == after
        assert err.startswith("Added ignores for ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reason", "x"], "--reason stands in the comments of --add-ignores"),
        (["--add-ignores", "--reason", "a\nb"], "--reason must be one line"),
        (["--add-ignores", "--reason", "a # noqa"], "--reason must be one line without `# `"),
        (["--add-ignores", "--fix"], "--fix repairs it"),
        (["--add-ignores", "--statistics"], "--statistics has no place beside it"),
        (["--add-ignores", "--output-format", "json"], "--output-format json has no place beside it"),
        (["--add-ignores", "--update-baseline"], "both accept what is found"),
    ],
)
def test_options_that_contradict_each_other(folder, capsys, arguments, said):
    before = contents(folder)
    code, _out, err = run(capsys, *arguments)
    assert code == 2
    assert said in err
    assert contents(folder) == before


def test_a_bare_ignore_is_noted_and_stays(folder, capsys):
    (folder / "train.py").write_text("x = bad + poor  # attnlint: ignore\n")
    code, _out, err = run(capsys, "train.py", "--fix", "--ignore", "ATT001")
    assert code == 0
    assert err.startswith("train.py:1: an ignore without names silences whatever comes; here it is `ignore[missing-")
