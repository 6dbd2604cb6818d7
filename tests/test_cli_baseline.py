"""`attnlint check --baseline`: what is reported, fixed and written, and when something is said to be gone."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from attnlint.cli import main
from tests.words import findings


@pytest.fixture
def folder(plant, monkeypatch):
    """Two files with findings, which a baseline accepts."""
    monkeypatch.setitem(sys.modules, "attnlint.analyse", SimpleNamespace(findings=findings))
    root = plant({"a.py": "def attention():\n    bad\n    bad\n", "sub/b.py": "attn = poor\n"})
    assert main(["check", "--baseline", "base.json", "--update-baseline"]) == 0
    return root


def run(capsys, *arguments):
    capsys.readouterr()
    code = main(["check", "--output-format", "concise", *arguments])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err.splitlines()


BASE = ("--baseline", "base.json")
ACCEPTED = "3 findings accepted by base.json"
FIRST, SECOND = (
    '{"path": "a.py", "rule": "softmax-wrong-axis", "in": "attention", "line": "bad", "count": 2}',
    '{"path": "sub/b.py", "rule": "missing-scale", "in": "", "line": "attn = poor"}',
)


def entries(folder, name="base.json"):
    return [line.strip().rstrip(",") for line in (folder / name).read_text().splitlines()[3:-2]]


def test_it_is_written_and_accepts(folder, capsys):
    assert entries(folder) == [FIRST, SECOND]
    assert run(capsys, *BASE) == (0, ["Found nothing wrong in 2 files."], [ACCEPTED])
    assert run(capsys)[0] == 1


def test_only_what_is_new_is_reported_in_every_format(folder, capsys):
    (folder / "a.py").write_text("import os\n\n\ndef attention():\n    bad\n    bad\n    poor\n")
    code, out, _err = run(capsys, *BASE)
    assert (code, out[0]) == (1, "a.py:7:5: ATT002 missing-scale [error] [*] poor")
    assert out[1:] == ["Found 1 error in 1 of 2 files.", "[*] 1 fixable with --fix."]
    for output_format in ("json", "json-lines", "github", "gitlab", "pylint"):
        code, out, _err = run(capsys, *BASE, "--output-format", output_format)
        assert "\n".join(out).count("missing-scale") == 1
        assert "softmax-wrong-axis" not in "\n".join(out)
    assert run(capsys, *BASE, "--statistics")[1][0] == "1  ATT002  missing-scale [error]"


def test_fix_leaves_alone_what_is_accepted(folder, capsys):
    (folder / "sub/b.py").write_text("attn = poor\nx = bad\n")
    code, out, _err = run(capsys, *BASE, "--diff", "--output-format", "full")
    assert code == 1
    assert [line for line in out if line[0] in "+-"] == ["--- sub/b.py", "+++ sub/b.py", "-x = bad", "+x = good"]
    assert run(capsys, *BASE, "--fix")[:2] == (
        0,
        ["Found nothing wrong in 2 files.", "Fixed 1 finding in 1 file; 0 remain."],
    )
    assert (folder / "sub/b.py").read_text() == "attn = poor\nx = good\n"
    assert (folder / "a.py").read_text() == "def attention():\n    bad\n    bad\n"
    assert run(capsys, "--fix")[0] == 0
    assert (folder / "a.py").read_text() == "def attention():\n    good\n    good\n"


def test_what_is_gone_is_said_and_taken_out(folder, capsys):
    (folder / "a.py").write_text("def attention():\n    bad\n")
    said = "1 finding of the baseline is gone; --update-baseline takes it out"
    assert run(capsys, *BASE) == (0, ["Found nothing wrong in 2 files."], ["2 findings accepted by base.json", said])
    (folder / "sub/b.py").unlink()
    assert run(capsys, *BASE)[2][1] == "2 findings of the baseline are gone; --update-baseline takes them out"
    assert run(capsys, *BASE, "--update-baseline")[2] == ["Wrote 1 finding to base.json."]
    assert entries(folder) == [FIRST.replace(', "count": 2', "")]
    assert run(capsys, *BASE)[2] == ["1 finding accepted by base.json"]


def test_a_run_over_a_part_forgets_nothing(folder, capsys):
    (folder / "a.py").write_text("attention\n")
    assert run(capsys, *BASE, "sub")[2] == ["1 finding accepted by base.json"]
    assert run(capsys, *BASE, "--select", "ATT002")[2] == ["1 finding accepted by base.json"]
    (folder / "sub/b.py").write_text("attn = poor\nx = bad\n")
    run(capsys, *BASE, "sub", "--update-baseline")
    last = '{"path": "sub/b.py", "rule": "softmax-wrong-axis", "in": "", "line": "x = bad"}'
    assert entries(folder) == [FIRST, SECOND, last]
    run(capsys, *BASE, "--select", "ATT002", "--update-baseline")
    assert entries(folder) == [FIRST, SECOND, last]
    run(capsys, *BASE, "--update-baseline")
    assert entries(folder) == [SECOND, last]


def test_what_a_file_that_was_not_read_may_find_is_not_gone(folder, capsys):
    (folder / "setup.py").write_text("")
    (folder / "sub/b.py").write_text("attn = 1\n")
    (folder / "train.py").write_text("from sub.b import attn\nattention\n")
    assert run(capsys, *BASE, "sub/b.py")[2] == []
    assert run(capsys, *BASE)[2] == [
        "2 findings accepted by base.json",
        "1 finding of the baseline is gone; --update-baseline takes it out",
    ]


def test_a_syntax_error_is_never_accepted(folder, capsys):
    (folder / "a.py").write_text("attention = (\n")
    before = entries(folder)
    code, out, err = run(capsys, *BASE, "--update-baseline")
    assert (code, out[0][:17]) == (1, "a.py:1:13: ATT000")
    assert err == ["Wrote 3 findings to base.json."]
    assert entries(folder) == before
    assert run(capsys, *BASE)[0] == 1


def test_a_baseline_that_is_not_there(folder, capsys):
    code, out, err = run(capsys, "--baseline", "none.json")
    assert (code, out) == (2, [])
    assert err == ["none.json: there is no such baseline; --update-baseline writes it"]
    code, out, err = run(capsys, "--baseline", "nowhere/none.json", "--update-baseline")
    assert (code, err) == (2, ["nowhere/none.json: the baseline cannot be written: No such file or directory"])
    assert not list(folder.glob(".none*"))


def test_a_bad_baseline_is_said_and_not_overwritten(folder, capsys):
    (folder / "base.json").write_text('{\n"version": 1,\n=======\n')
    for arguments in ([], ["--update-baseline"]):
        code, out, err = run(capsys, *BASE, *arguments)
        assert (code, out, err[0][:27]) == (2, [], "base.json:3: is not JSON: E")
    assert (folder / "base.json").read_text() == '{\n"version": 1,\n=======\n'


def test_configured(folder, capsys, monkeypatch):
    (folder / "attnlint.toml").write_text("baseline = 'base.json'\n")
    assert run(capsys) == (0, ["Found nothing wrong in 2 files."], [ACCEPTED])
    monkeypatch.chdir(folder / "sub")
    assert run(capsys) == (0, ["Found nothing wrong in 1 file."], [f"1 finding accepted by {folder / 'base.json'}"])
    assert run(capsys, "--no-baseline")[0] == 1
    assert run(capsys, "--isolated")[0] == 1
    assert run(capsys, "--baseline", "own.json", "--update-baseline")[2] == ["Wrote 1 finding to own.json."]
    assert json.loads((folder / "sub/own.json").read_text())["findings"][0]["path"] == "b.py"


def test_each_project_of_a_run_has_its_own(folder, capsys):
    (folder / "attnlint.toml").write_text("baseline = 'base.json'\n")
    (folder / "sub/attnlint.toml").write_text("baseline = 'sub.json'\n")
    assert run(capsys, "a.py")[0] == 0
    assert run(capsys)[0] == 2
    # What one accepted of a file that now has the other is not its business any more.
    assert run(capsys, "--update-baseline")[2] == ["Wrote 2 findings to base.json.", "Wrote 1 finding to sub/sub.json."]
    assert entries(folder) == [FIRST]
    assert entries(folder, "sub/sub.json") == [SECOND.replace("sub/", "")]
    assert run(capsys)[0] == 0


def test_a_baseline_that_stays_as_it_is_is_not_written(folder, capsys):
    before = (folder / "base.json").stat().st_mtime_ns, (folder / "base.json").stat().st_ino
    run(capsys, *BASE, "--update-baseline")
    assert ((folder / "base.json").stat().st_mtime_ns, (folder / "base.json").stat().st_ino) == before


def test_only_what_is_new_is_silenced(folder, capsys):
    (folder / "sub/b.py").write_text("attn = poor\nx = bad\n")
    assert main(["check", *BASE, "--add-ignores"]) == 0
    assert (folder / "sub/b.py").read_text() == "attn = poor\nx = bad  # attnlint: ignore[softmax-wrong-axis]\n"
    assert (folder / "a.py").read_text() == "def attention():\n    bad\n    bad\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--update-baseline"], "--update-baseline needs --baseline FILE"),
        (["--baseline", "base.json", "--no-baseline"], "ask for one of them"),
        (["--update-baseline", "--no-baseline"], "ask for one of them"),
        (["--update-baseline", "--diff", "--output-format", "full"], "--diff writes nothing"),
    ],
)
def test_options_that_contradict_each_other(folder, capsys, arguments, said):
    code, _out, err = run(capsys, *arguments)
    assert code == 2
    assert said in "\n".join(err)


@pytest.mark.parametrize(("named", "code"), [(("--stdin-filename", "sub/b.py"), 0), ((), 1)])
def test_standard_input_is_accepted_as_the_file_that_it_stands_for(folder, capsys, monkeypatch, named, code):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"attn=poor  # as it is typed\n")))
    assert run(capsys, "-", *named, "--baseline", "base.json")[0] == code
