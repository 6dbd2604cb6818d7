"""The action for GitHub: its steps are run as a runner runs them, with every input that a workflow may give."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.test_hooks import RIGHT, WRONG

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
INPUTS = {name: given["default"] for name, given in ACTION["inputs"].items()}

# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax: how `shell: bash` is started
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
INPUT = re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}")


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def step(name, folder, environment):
    script = folder.parent / f"{folder.name}.sh"
    script.write_text(STEPS[name]["run"])
    given = {**os.environ, **environment}
    return subprocess.run((*SHELL, str(script)), cwd=folder, env=given, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    """A checkout that a workflow works in."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "right.py").write_text(RIGHT)
    (folder / "wrong.py").write_text(WRONG)
    return folder


@pytest.fixture
def run(folder):
    """Run the last step with some inputs of a workflow."""
    attnlint = program(folder.parent / "attnlint", f'exec "{sys.executable}" -m attnlint "$@"')

    def run(**inputs):
        given = {**INPUTS, **{name.replace("_", "-"): value for name, value in inputs.items()}}
        wanted = STEPS["Run attnlint"]["env"]
        assert wanted["ATTNLINT"] == "${{ steps.install.outputs.attnlint }}"
        environment = {name: INPUT.sub(lambda match: given[match[1]], text) for name, text in wanted.items()}
        return step("Run attnlint", folder, {**environment, "ATTNLINT": attnlint, "PYTHONPATH": str(ROOT)})

    return run


def test_it_is_an_action_whose_steps_can_be_run():
    assert ACTION["runs"]["using"] == "composite"
    assert ACTION["name"]
    assert ACTION["description"]
    assert all(given["description"] for given in ACTION["inputs"].values())
    assert [name for name, each in STEPS.items() if each.get("shell") == "bash"] == ["Install attnlint", "Run attnlint"]


def test_no_script_holds_an_expression():
    # What a workflow gives would be read by the shell: https://docs.github.com/en/actions/reference/security
    assert not [name for name, each in STEPS.items() if "${{" in each.get("run", "")]


def test_every_input_is_used():
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name in INPUTS:
        assert f"inputs.{name} " in text


def test_findings_fail_the_job_and_stand_beside_their_lines(run):
    done = run()
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
    assert line.startswith("::error file=wrong.py,line=6,col=15,")
    assert "softmax-wrong-axis" in line


def test_paths_stand_one_in_a_line(run, folder):
    (folder / "two words.py").write_text(RIGHT)
    assert run(paths="right.py\ntwo words.py\n").returncode == 0
    done = run(paths="right.py\n\nwrong.py\n")
    assert done.returncode == 1
    assert "file=wrong.py" in done.stdout


def test_a_bar_is_handed_on(run):
    assert run(fail_on="never").returncode == 0
    assert "::error file=wrong.py" in run(fail_on="never").stdout
    assert run(paths="right.py", fail_on="info").returncode == 1


def test_a_format_is_handed_on(run):
    assert "wrong.py:6:15: ATT008 softmax-wrong-axis [error]" in run(output_format="concise").stdout


@pytest.mark.parametrize("args", ["--ignore ATT008 --no-cache", "--ignore\nATT008\n", "  --ignore=ATT008  "])
def test_more_options_are_words(run, args):
    done = run(args=args)
    assert done.returncode == 0
    assert "::error" not in done.stdout


@pytest.mark.parametrize("text", ["$(touch made)", "; touch made", "*"])
@pytest.mark.parametrize("name", ["paths", "args", "fail_on", "output_format"])
def test_no_shell_reads_an_input(run, folder, name, text):
    # Taken as it is, each is a path that is not there, or an option's value that does not exist.
    assert run(**{name: text}).returncode == 2
    assert not (folder / "made").exists()


def test_a_path_is_no_option(run):
    done = run(paths="--exit-zero\nwrong.py")
    assert done.returncode == 2
    assert "--exit-zero" in done.stderr


def test_a_wrong_input_is_said(run):
    done = run(fail_on="wrning")
    assert done.returncode == 2
    assert "wrning" in done.stderr


@pytest.mark.parametrize("programs", ["bin", "Scripts"])
def test_attnlint_is_installed_from_the_ref_of_the_action_in_an_environment_of_its_own(folder, programs):
    temporary, output = folder.parent / "runner temp", folder.parent / "output"
    inner = program(folder.parent / "inner", 'printf "%s\\n" "$@" > "$RUNNER_TEMP/installed"')
    made = f'mkdir -p "$3/{programs}" && cp "{inner}" "$3/{programs}/python"'
    python = program(folder.parent / "python3", f'[ "$1 $2" = "-m venv" ] && {made}')
    given = {"PYTHON": python, "RUNNER_TEMP": str(temporary), "GITHUB_OUTPUT": str(output), "SOURCE": "/the action"}
    done = step("Install attnlint", folder, given)
    assert done.returncode == 0, done.stderr
    words = (temporary / "installed").read_text().splitlines()
    assert words[:3] == ["-m", "pip", "install"]
    assert words[-1] == "/the action"
    assert output.read_text() == f"attnlint={temporary}/attnlint/{programs}/attnlint\n"


def test_a_failed_installation_fails_the_step(folder):
    given = {"PYTHON": "false", "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": os.devnull, "SOURCE": "."}
    assert step("Install attnlint", folder, given).returncode != 0


def blocks():
    """The YAML that the README shows, read."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", text, flags=re.M | re.S)]


def test_the_readme_gives_the_action_inputs_that_it_has():
    steps = [step for block in blocks() if isinstance(block, list) for step in block if "uses" in step]
    given = [step["with"] for step in steps if "/attnlint@" in step["uses"]]
    assert len(given) == 2
    assert {name for each in given for name in each} <= set(INPUTS)
