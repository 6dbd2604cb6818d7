"""The hooks as pre-commit installs and runs them, from a git repository that is made of the project's files."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_hooks import RIGHT, WRONG

ROOT = Path(__file__).parent.parent
# What the hooks are built from; an environment or a cache that stands beside it is none of the project.
PARTS = ("attnlint", ".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE")

pytestmark = pytest.mark.precommit


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment in which git knows who commits, reads nobody's configuration, and pre-commit keeps to itself."""
    home = tmp_path_factory.mktemp("home")
    who = {
        f"GIT_{role}_{what}": f"{what}@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "VIRTUAL_ENV"))}
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **who, **git, "PRE_COMMIT_HOME": str(home)}


@pytest.fixture(scope="module")
def run(environment):
    """Run a command in a folder; what it says on either stream, and its exit code."""

    def run(folder, *command):
        merged = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        done = subprocess.run(command, cwd=folder, env=environment, check=False, **merged)
        return done.returncode, done.stdout

    return run


@pytest.fixture(scope="module")
def precommit(run):
    """Run pre-commit in a folder."""
    return lambda folder, *arguments: run(folder, sys.executable, "-m", "pre_commit", *arguments)


@pytest.fixture(scope="module")
def hooks(run, tmp_path_factory):
    """The project's files in a git repository of their own, with all that is not committed yet."""
    folder = tmp_path_factory.mktemp("hooks")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    committed(run, folder)
    return folder


def committed(run, folder):
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all")):
        code, said = run(folder, "git", *command)
        assert code == 0, said


@pytest.fixture
def project(run, tmp_path):
    """A user's repository, without a commit yet."""
    assert run(tmp_path, "git", "init", "-q")[0] == 0
    return tmp_path


@pytest.fixture
def configured(run, precommit, hooks, project):
    """A user's repository that one of the hooks watches."""

    def configured(hook):
        revision = run(hooks, "git", "rev-parse", "HEAD")[1].strip()
        lines = ("repos:", f"- repo: {hooks}", f"  rev: {revision}", "  hooks:", f"  - id: {hook}", "")
        (project / ".pre-commit-config.yaml").write_text("\n".join(lines))
        code, said = precommit(project, "install", "--install-hooks")
        assert code == 0, said
        return project

    return configured


def commit(run, folder, files):
    for name, text in files.items():
        (folder / name).write_text(text)
    assert run(folder, "git", "add", "-A")[0] == 0
    return run(folder, "git", "commit", "-m", "a change")


def result(said, hook):
    """What pre-commit says became of a hook: `Passed`, `Failed` or `Skipped`."""
    (word,) = re.findall(rf"^{re.escape(hook)}\.+(?:\(no files to check\))?(\w+)$", said, flags=re.M)
    return word


def test_try_repo_runs_both_hooks(run, precommit, hooks, project):
    (project / "wrong.py").write_text(WRONG)
    (project / "picture.txt").write_text("softmax\n")
    assert run(project, "git", "add", "-A")[0] == 0
    code, said = precommit(project, "try-repo", str(hooks), "--all-files")
    assert code == 1
    assert result(said, "attnlint") == "Failed"
    assert result(said, "attnlint --fix") == "Failed"
    assert "softmax-wrong-axis" in said
    assert "picture.txt" not in said
    assert "files were modified by this hook" in said
    assert (project / "wrong.py").read_text() == RIGHT


def test_a_clean_commit_passes(run, configured):
    project = configured("attnlint")
    code, said = commit(run, project, {"right.py": RIGHT})
    assert code == 0
    assert result(said, "attnlint") == "Passed"
    assert run(project, "git", "rev-list", "--count", "HEAD") == (0, "1\n")


def test_a_mistake_is_not_committed(run, configured):
    project = configured("attnlint")
    code, said = commit(run, project, {"right.py": RIGHT, "wrong.py": WRONG})
    assert code == 1
    assert result(said, "attnlint") == "Failed"
    assert "wrong.py:6" in said
    assert (project / "wrong.py").read_text() == WRONG
    assert run(project, "git", "rev-parse", "-q", "--verify", "HEAD")[0] != 0


def test_the_fixing_hook_repairs_a_mistake_and_stops_the_commit_once(run, configured):
    project = configured("attnlint-fix")
    code, said = commit(run, project, {"wrong.py": WRONG})
    assert code == 1
    assert result(said, "attnlint --fix") == "Failed"
    assert "files were modified by this hook" in said
    assert (project / "wrong.py").read_text() == RIGHT
    code, said = commit(run, project, {})
    assert code == 0
    assert result(said, "attnlint --fix") == "Passed"


@pytest.mark.parametrize(("hook", "name"), [("attnlint", "attnlint"), ("attnlint-fix", "attnlint --fix")])
def test_a_commit_without_a_file_for_it_passes(run, configured, hook, name):
    code, said = commit(run, configured(hook), {"notes.txt": "softmax\n"})
    assert code == 0
    assert result(said, name) == "Skipped"


@pytest.mark.parametrize("name", ["a.py", "a.pyw", "a.ipynb", "a.md", "a.rst"])
def test_the_hooks_take_what_attnlint_reads(name):
    import yaml
    from identify import identify

    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        assert not identify.tags_from_filename(name).isdisjoint(hook["types_or"])
