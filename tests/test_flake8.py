"""The plugin of flake8, run by flake8 itself as it finds it: by the entry point that `pyproject.toml` declares."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from attnlint import flake8
from attnlint.flake8 import Plugin
from tests.models import RIGHT, WRONG

ROOT = Path(__file__).parent.parent
# The weights are made on the sixth line; attnlint counts the columns of a line from 1, and so does flake8's report.
PLACE = "wrong.py:6:15: ATT008 softmax-wrong-axis: "


@pytest.fixture
def run(plant, tmp_path_factory):
    """Write files, run flake8 on them or on what is given, and return the exit code and the lines of the report."""
    installed = tmp_path_factory.mktemp("site")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in points.items()) for group, points in declared.items()]
    info = installed / "attnlint-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: attnlint\nVersion: 0\n")
    (info / "entry_points.txt").write_text("\n".join(lines))

    def run(files, *arguments, stdin=""):
        folder = plant(files)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(installed), str(ROOT)))}
        command = [sys.executable, "-m", "flake8", *(arguments or sorted(files))]
        options = {"cwd": folder, "env": environment, "capture_output": True, "text": True, "check": False}
        done = subprocess.run(command, input=stdin, **options)
        assert done.stderr == ""
        return done.returncode, done.stdout.replace("./", "").splitlines()

    return run


def test_a_mistake_is_found_at_its_place(run):
    code, lines = run({"right.py": RIGHT, "wrong.py": WRONG}, "--select=ATT", ".")
    assert code == 1
    (line,) = lines
    assert line.startswith(PLACE)


def test_nothing_has_to_be_selected(run):
    code, lines = run({"wrong.py": WRONG}, "wrong.py")
    assert code == 1
    assert [line for line in lines if " ATT008 " in line]


def test_right_code_is_clean(run):
    assert run({"right.py": RIGHT, "plain.py": "x = 1\n"}, ".") == (0, [])


def test_many_files_in_several_processes(run):
    files = {f"m{number}.py": WRONG for number in range(6)} | {"right.py": RIGHT}
    code, lines = run(files, "--select=ATT", "--jobs=3", ".")
    assert (code, len(lines)) == (1, 6)


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: ATT008", "# attnlint: ignore[softmax-wrong-axis]"])
def test_comments_silence_a_finding(run, comment):
    assert run({"wrong.py": WRONG.replace("=True)", f"=True)  {comment}")}, "--select=ATT", ".") == (0, [])


def test_a_noqa_for_another_code_silences_nothing(run):
    code, _ = run({"wrong.py": WRONG.replace("=True)", "=True)  # noqa: ATT002")}, "--select=ATT", ".")
    assert code == 1


@pytest.mark.parametrize(
    "configuration",
    [
        'ignore = ["ATT008"]',
        'exclude = ["wrong.py"]',
        'fail-on = "never"',
        '[severity]\nsoftmax-wrong-axis = "off"',
        '[severity]\nsoftmax-wrong-axis = "info"',
        '[per-file-ignores]\n"wr*.py" = ["softmax-wrong-axis"]',
    ],
)
def test_each_file_has_its_own_configuration(run, configuration):
    files = {"a/attnlint.toml": configuration + "\n", "a/wrong.py": WRONG, "b/wrong.py": WRONG}
    code, lines = run(files, "--select=ATT", ".")
    assert code == 1
    assert [line.split(": ")[0] for line in lines] == ["b/wrong.py:6:15"]


def test_what_a_baseline_accepts_is_not_shown(run):
    line = "weights = np.exp(scores) / np.exp(scores).sum(axis=-2, keepdims=True)"
    accepted = {"path": "wrong.py", "rule": "softmax-wrong-axis", "in": "attention", "line": line}
    files = {
        "attnlint.toml": 'baseline = "accepted.json"\n',
        "accepted.json": json.dumps({"version": 1, "findings": [accepted]}),
        "wrong.py": WRONG,
    }
    assert run(files, "--select=ATT", ".") == (0, [])
    again = WRONG + WRONG.partition("numpy as np\n")[2]
    code, lines = run({**files, "wrong.py": again}, "--select=ATT", ".")
    assert (code, [each.split(": ")[0] for each in lines]) == (1, ["wrong.py:12:15"])


def test_a_baseline_that_cannot_be_read_is_said(run):
    files = {"attnlint.toml": 'baseline = "accepted.json"\n', "wrong.py": WRONG}
    code, lines = run(files, "--select=ATT", ".")
    assert code == 1
    (line,) = lines
    assert line.startswith("wrong.py:1:1: ATT999 not-linted: ")
    assert "accepted.json: there is no such baseline" in line


def test_a_lower_bar_shows_what_is_milder(run):
    lowered = 'fail-on = "info"\n[severity]\nsoftmax-wrong-axis = "info"\n'
    code, lines = run({"attnlint.toml": lowered, "wrong.py": WRONG}, "--select=ATT008", ".")
    assert code == 1
    assert lines[0].startswith(PLACE)


def test_flake8_reports_syntax_errors_itself(run):
    code, lines = run({"bad.py": WRONG + "def (\n"}, ".")
    assert code == 1
    assert [line for line in lines if " E999 " in line]
    assert not [line for line in lines if " ATT" in line]


def test_standard_input_has_the_configuration_of_the_folder(run):
    code, lines = run({}, "--select=ATT", "-", stdin=WRONG)
    assert code == 1
    assert lines[0].startswith(PLACE.replace("wrong.py", "stdin"))
    assert run({"attnlint.toml": 'ignore = ["ATT008"]\n'}, "--select=ATT", "-", stdin=WRONG) == (0, [])


def test_standard_input_with_a_name_has_the_configuration_of_that_file(run):
    files = {"a/attnlint.toml": 'ignore = ["ATT008"]\n'}
    arguments = ("--select=ATT", "-", "--stdin-display-name")
    assert run(files, *arguments, "a/wrong.py", stdin=WRONG) == (0, [])
    code, lines = run(files, *arguments, "b/wrong.py", stdin=WRONG)
    assert code == 1
    assert lines[0].startswith(f"b/{PLACE}")


def test_a_wrong_configuration_is_named_and_other_files_are_linted(run):
    files = {"a/attnlint.toml": "select = ['ATT008']\nignroe = []\n", "a/x.py": RIGHT, "b/wrong.py": WRONG}
    code, lines = run(files, "--select=ATT", ".")
    assert code == 1
    assert lines[0].startswith("a/x.py:1:1: ATT999 not-linted: ")
    assert "a/attnlint.toml:2: " in lines[0]
    assert "ignore" in lines[0]
    assert [line.split(": ")[0] for line in lines[1:]] == ["b/wrong.py:6:15"]


def found(text):
    return list(Plugin(None, "a.py", text.splitlines(keepends=True)).run())


def test_a_fault_of_its_own_is_a_finding_and_raises_nothing(monkeypatch, capsys):
    def fail(*_, **__):
        raise KeyError("k")

    monkeypatch.setattr("attnlint.analyse.findings", fail)
    ((row, column, text, kind),) = found(WRONG)
    assert (row, column, kind) == (1, 0, Plugin)
    assert text == "ATT999 not-linted: attnlint failed on it: KeyError: 'k'"
    monkeypatch.setattr(flake8, "lint", fail)
    assert [text for _, _, text, _ in found(WRONG)] == ["ATT999 not-linted: 'k'"]
    assert capsys.readouterr() == ("", "")


def test_a_file_without_attention_is_not_analysed(monkeypatch):
    monkeypatch.setattr(flake8, "lint", lambda *_, **__: pytest.fail("it was"))
    assert found("print('hello')\n") == []
