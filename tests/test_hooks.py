"""The hooks for pre-commit: each entry is run as pre-commit runs it, on the names of files that are to be committed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models import RIGHT, WRONG

HOOKS = Path(__file__).parent.parent / ".pre-commit-hooks.yaml"


def entry(name):
    """The command of one hook."""
    text = HOOKS.read_text(encoding="utf-8")
    (hook,) = [part for part in re.split(r"^- ", text, flags=re.M) if part.startswith(f"id: {name}\n")]
    (command,) = re.findall(r"^  entry: (.+)$", hook, flags=re.M)
    return shlex.split(command)


def run(name, folder, *files):
    program, *arguments = entry(name)
    assert program == "attnlint"
    command = [sys.executable, "-m", "attnlint", *arguments, *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    return tmp_path


@pytest.mark.parametrize("name", ["attnlint", "attnlint-fix"])
def test_a_clean_commit_passes(folder, name):
    assert run(name, folder, "right.py").returncode == 0
    assert (folder / "right.py").read_text() == RIGHT


def test_a_mistake_is_stopped_and_left(folder):
    done = run("attnlint", folder, "right.py", "wrong.py")
    assert done.returncode == 1
    assert "softmax-wrong-axis" in done.stdout
    assert (folder / "wrong.py").read_text() == WRONG


def test_the_fixing_hook_repairs_it(folder):
    # pre-commit stops a commit whose files a hook has changed, whatever the hook returns.
    assert run("attnlint-fix", folder, "right.py", "wrong.py").returncode == 0
    assert (folder / "wrong.py").read_text() == RIGHT
    assert run("attnlint", folder, "right.py", "wrong.py").returncode == 0
