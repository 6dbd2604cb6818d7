"""`attnlint check --watch`: what makes it lint again, what does not, and how it ends."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading

import pytest

from attnlint.cli import main
from attnlint.cli.watch import Seen, Watched
from attnlint.rule import find

RULE = find("missing-scale")
BAD, GOOD = RULE.example, RULE.use_instead
NONE = "Found nothing wrong in 1 file."
ONE = "Found 1 warning in 1 of 1 file."
PATIENCE = 60


class Running:
    """A watch as a process, whose lines are read as they come."""

    def __init__(self, process):
        self.process = process
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def report(self):
        """The lines up to the next one that says that it watches."""
        lines = []
        while True:
            line = self.lines.get(timeout=PATIENCE)
            assert line is not None, f"it ended: {lines}"
            if line.endswith("Ctrl-C ends"):
                return lines
            lines.append(line)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        rest = list(iter(lambda: self.lines.get(timeout=PATIENCE), None))
        return self.process.wait(timeout=PATIENCE), "".join(rest)


@contextlib.contextmanager
def watching(*arguments):
    command = [sys.executable, "-m", "attnlint", "check", "--watch", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "env": environment}
    with subprocess.Popen(command, **options) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def test_a_folder(plant):
    folder = plant({"model.py": BAD})
    with watching() as running:
        first = running.report()
        assert ONE in first
        assert not any("\x1b" in line for line in first)
        (folder / "model.py").write_text(GOOD)
        assert NONE in running.report()
        (folder / "other.py").write_text(BAD)
        assert "Found 1 warning in 1 of 2 files." in running.report()
        (folder / "other.py").unlink()
        assert NONE in running.report()
        assert running.end() == (130, "")


def test_a_bad_configuration_is_said_and_the_watch_goes_on(plant):
    folder = plant({"model.py": BAD})
    with watching() as running:
        assert ONE in running.report()
        (folder / "attnlint.toml").write_text("selct = []\n")
        assert running.report() == ["attnlint.toml:1: unknown key 'selct'; did you mean 'select'?"]
        (folder / "attnlint.toml").write_text('ignore = ["missing-scale"]\n')
        assert NONE in running.report()
        assert running.end() == (130, "")


def test_a_file_and_what_it_imports_and_a_configuration_above(plant):
    """None of the three stands below what is asked for, or in a folder that tells of changes."""
    layer = "def prepared(attention):\n    return attention\n"
    train = f"from lib.layer import prepared\n{BAD}\n\ndef attention(x):\n    return prepared(x)\n"
    folder = plant({"run/train.py": train, "lib/layer.py": layer})
    with watching("run/train.py", "--output-format", "concise") as running:
        assert any(line.startswith("run/train.py:") for line in running.report())
        (folder / "lib" / "layer.py").write_text(layer + "\n# changed\n")
        assert any(line.startswith("run/train.py:") for line in running.report())
        (folder / "attnlint.toml").write_text("selct = []\n")
        assert running.report() == ["attnlint.toml:1: unknown key 'selct'; did you mean 'select'?"]
        (folder / "attnlint.toml").write_text('ignore = ["missing-scale"]\n')
        assert NONE in running.report()
        assert running.end() == (130, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-"], "standard input can be read only once"),
        (["--stdin-filename", "a.py"], "standard input can be read only once"),
        (["--fix"], "has no --fix"),
        (["--fix-only"], "has no --fix-only"),
        (["--diff"], "has no --diff"),
        (["--output-format", "json"], "has no json format"),
        (["none/a.py"], "there is no folder"),
        (["--select", "mising-scale"], "did you mean 'missing-scale'?"),
        (["--config", "none.toml"], "there is no file 'none.toml'"),
    ],
)
def test_what_has_no_place_beside_it(plant, capsys, arguments, message):
    plant({"a.py": GOOD})
    assert main(["check", "--watch", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_watchfiles_it_names_the_extra(plant, capsys, monkeypatch):
    plant({"a.py": GOOD})
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert main(["check", "--watch"]) == 2
    assert "pip install 'attnlint[watch]'" in capsys.readouterr().err


def watched(*paths):
    return Watched(paths, "", False, os.path.abspath(".attnlint_cache"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.py", True),
        ("pkg/a.py", True),
        ("gone", True),
        ("attnlint.toml", True),
        ("pkg/.gitignore", True),
        ("log.txt", False),
        (".git/a.py", False),
        ("pkg/__pycache__/a.py", False),
        (".venv/lib/a.py", False),
        (".attnlint_cache/a.py", False),
    ],
)
def test_what_is_worth_a_look(plant, path, expected):
    folder = plant({"log.txt": "", "a.py": ""})
    assert watched(".").may_matter(None, str(folder / path)) is expected


def test_an_ignored_folder_that_is_asked_for_is_worth_a_look(plant):
    folder = plant({"build/a.py": ""})
    assert watched("build").may_matter(None, str(folder / "build" / "a.py"))


@pytest.mark.parametrize(
    ("path", "differs"),
    [
        ("src/a.py", True),
        ("src/new.py", True),
        ("src/pyproject.toml", True),
        ("attnlint.toml", True),
        ("src/notes.txt", False),
        ("src/generated/b.py", False),
        ("src/ignored/c.py", False),
        ("src/env/d.py", False),
        ("beside.py", False),
    ],
)
def test_what_a_run_rests_on(plant, path, differs):
    """What is excluded, ignored by git, or a virtual environment under any name changes nothing."""
    folder = plant(
        {
            "attnlint.toml": 'exclude = ["generated/"]\n',
            "src/.gitignore": "ignored/\n",
            "src/a.py": "",
            "src/generated/b.py": "",
            "src/ignored/c.py": "",
            "src/env/pyvenv.cfg": "",
            "src/env/d.py": "",
            "beside.py": "",
        }
    )
    before = watched("src").seen()
    (folder / path).write_text("[tool.attnlint]\n" if path.endswith("pyproject.toml") else "fail-on = 'error'\n")
    assert (watched("src").seen() != before) is differs


@pytest.mark.parametrize(("path", "other"), [("src", "lib/b.py"), ("src/a.py", "lib/b.py"), ("src/a.py", "src/c/b.py")])
def test_what_stands_elsewhere_is_asked_for_by_itself(plant, path, other):
    """Of a file only the folder it stands in is watched, and not those below."""
    folder = plant({"src/a.py": "", other: ""})
    these = watched(path)
    before = these.seen({str(folder / other)})
    assert these.elsewhere(before) == before
    (folder / other).write_text("x = 1\n")
    assert these.elsewhere(before) != before
    before = these.seen({str(folder / other)})
    (folder / "attnlint.toml").write_text("fail-on = 'error'\n")
    assert these.elsewhere(before) != before


def test_a_wrong_configuration_below_is_seen_once(plant):
    folder = plant({"src/a.py": "", "src/sub/attnlint.toml": "selct = []\n", "src/sub/b.py": ""})
    before = watched("src").seen()
    assert before.wrong
    assert watched("src").elsewhere(before) == before
    (folder / "src/sub/attnlint.toml").write_text("select = []\n")
    assert watched("src").elsewhere(before) != before


def test_a_configuration_that_is_wrong_until_another_file_comes(plant):
    folder = plant({"a.py": "", "attnlint.toml": 'extend = "base.toml"\n'})
    before = watched(".").seen()
    assert before.wrong
    assert before == watched(".").seen()
    (folder / "base.toml").write_text("")
    now = watched(".").seen()
    assert now != before
    assert now == Seen(now.files, "")
    assert set(now.files) == {str(folder / name) for name in ("a.py", "attnlint.toml", "base.toml")}
