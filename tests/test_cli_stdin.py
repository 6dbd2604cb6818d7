"""`--stdin-filename`: standard input as the file that it stands for, which is neither read nor written."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from attnlint.cli import main
from attnlint.rule import find

RULE = find("missing-scale")
BAD, GOOD = RULE.example, RULE.use_instead
CONCISE = ("--output-format", "concise")


@pytest.fixture
def piped(plant, capsys, monkeypatch):
    """Run `attnlint check` with files below the current folder and a text on standard input."""

    def piped(text, *arguments, files=None):
        folder = plant(files or {})
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
        code = main(["check", *arguments])
        out, err = capsys.readouterr()
        return code, out, err, folder

    return piped


@pytest.mark.parametrize("named", [("-",), ()])
def test_the_report_names_the_path(piped, named):
    """The file on disk has nothing to find, and the folder need not be there."""
    code, out, err, _ = piped(BAD, *named, "--stdin-filename", "src/model.py", *CONCISE, files={"src/model.py": GOOD})
    assert (code, err) == (1, "")
    assert out.startswith("src/model.py:")
    code, out, err, folder = piped(BAD, *named, "--stdin-filename", "./none/../new/model.py", *CONCISE)
    assert (code, err) == (1, "")
    assert out.startswith("new/model.py:")
    assert not (folder / "new").exists()


def test_json_has_its_absolute_path(piped):
    _code, out, _err, folder = piped(BAD, "-", "--stdin-filename", "model.py", "--output-format", "json")
    assert {each["filename"] for each in json.loads(out)} == {str(folder / "model.py")}


@pytest.mark.parametrize(
    ("configuration", "path", "code"),
    [
        ('ignore = ["missing-scale"]', "model.py", 0),
        ('per-file-ignores = {"tests/**" = ["missing-scale"]}', "tests/model.py", 0),
        ('per-file-ignores = {"tests/**" = ["missing-scale"]}', "src/model.py", 1),
        ('severity = {missing-scale = "info"}', "model.py", 0),
        # A file that is named is linted, whatever is excluded.
        ('exclude = ["model.py"]', "model.py", 1),
    ],
)
def test_the_configuration_of_the_path_holds(piped, configuration, path, code):
    files = {"deep/attnlint.toml": configuration}
    found, _out, err, _ = piped(BAD, "-", "--stdin-filename", f"deep/{path}", files=files)
    assert (found, err) == (code, "")


LAYER = "def scores_of(Q, K):\n    return Q @ K.swapaxes(-1, -2)\n"
MODEL = """\
import numpy as np
from layers import scores_of


def attention(Q, K, V):
    scores = scores_of(Q, K)
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    return weights @ V
"""


def test_imports_of_the_project_are_followed_from_the_path(piped):
    arguments = ("--stdin-filename", "one/model.py", "--output-format", "json")
    _code, out, _err, _ = piped(MODEL, *arguments, files={"one/layers.py": LAYER})
    assert "missing-scale" in {each["name"] for each in json.loads(out)}
    _code, out, _err, _ = piped(MODEL, "--stdin-filename", "two/model.py", "--output-format", "json")
    assert json.loads(out) == []


def test_the_fixed_text_goes_to_standard_output(piped):
    code, out, err, folder = piped(BAD, "-", "--fix", "--stdin-filename", "model.py", files={"model.py": "# mine\n"})
    assert code == 0
    assert out != BAD
    assert compile(out, "model.py", "exec")
    assert err.endswith("Fixed 1 finding in 1 file; 0 remain.\n")
    assert (folder / "model.py").read_text() == "# mine\n"
    # What was printed has nothing left to find, and comes out as it is.
    assert piped(out, "-", "--fix", "--stdin-filename", "model.py")[1] == out


def test_diff_names_the_path_and_writes_nothing(piped):
    code, out, _err, folder = piped(BAD, "--diff", "--stdin-filename", "model.py", files={"model.py": "# mine\n"})
    assert code == 1
    assert "--- model.py" in out
    assert (folder / "model.py").read_text() == "# mine\n"


BESIDE = {
    "layers.py": """\
from scipy.special import softmax


def normalised(scores):
    return softmax(scores, axis=-2)
""",
    "model.py": """\
import numpy as np
from layers import normalised


def attention(Q, K, V):
    scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    return normalised(scores) @ V
""",
}


def test_no_other_file_is_written_that_is_not_named(piped):
    """The fix belongs in the imported file, and is made there by a run on files."""
    model = BESIDE["model.py"]
    _code, out, err, folder = piped(model, "--fix", "--stdin-filename", "model.py", files=BESIDE)
    assert {path: (folder / path).read_text() for path in BESIDE} == BESIDE
    assert out == model
    assert "softmax-wrong-axis" in err
    assert piped(model, "--diff", "--stdin-filename", "model.py", files=BESIDE)[1] == ""
    piped(model, "-", "layers.py", "--fix", "--stdin-filename", "model.py", files=BESIDE)
    assert (folder / "layers.py").read_text() == BESIDE["layers.py"].replace("-2", "-1")
    piped("", "model.py", "--fix", files=BESIDE)
    assert (folder / "layers.py").read_text() == BESIDE["layers.py"].replace("-2", "-1")


def test_other_files_may_be_linted_beside_it(piped):
    arguments = ("other.py", "-", "--stdin-filename", "model.py", *CONCISE)
    _code, out, _err, _ = piped(BAD, *arguments, files={"other.py": BAD, "model.py": GOOD})
    assert [line.split(":")[0] for line in out.splitlines()[:2]] == ["model.py", "other.py"]


def test_many_files_beside_it(piped):
    """As many as are linted by several processes, none of which has standard input."""
    files = {f"m{number}.py": "attention = 1\n" for number in range(40)}
    code, out, err, _ = piped(BAD, *files, "-", "--stdin-filename", "model.py", "--jobs", "2", *CONCISE, files=files)
    assert (code, err) == (1, "")
    assert out.startswith("model.py:")


def test_what_was_piped_is_not_served_for_the_file(piped, capsys):
    code, *_ = piped(BAD, "-", "--stdin-filename", "model.py", files={"model.py": GOOD})
    assert code == 1
    assert main(["check", "model.py"]) == 0
    assert piped(BAD, "-", "--stdin-filename", "model.py")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.py", "--stdin-filename", "model.py"), "- is not among the paths"),
        (("-", "--stdin-filename", "src"), "'src' is not the path of a file"),
        (("-", "--stdin-filename", "-"), "'-' is not the path of a file"),
        (("-", "--stdin-filename", ""), "'' is not the path of a file"),
    ],
)
def test_what_cannot_be_done(piped, arguments, message):
    code, out, err, _ = piped(BAD, *arguments, files={"a.py": "", "src/a.py": ""})
    assert (code, out) == (2, "")
    assert message in err
