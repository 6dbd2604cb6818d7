"""What a shell is told to complete, by click's machinery and by bash itself."""

import os
import shutil
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete

from attnlint.cli import COMMANDS, attnlint, main
from attnlint.cli.completion import VARIABLE
from attnlint.rule import all_rules

NAMES = {rule.name for rule in all_rules()}


def completed(*words):
    *before, incomplete = words
    found = ShellComplete(attnlint, {}, "attnlint", VARIABLE).get_completions(list(before), incomplete)
    return {each.value for each in found}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], set(COMMANDS)),
        (["c"], {"check", "clean", "completion", "config"}),
        (["--ver"], {"--version"}),
        (["rule", ""], NAMES),
        (["rule", "missing-"], {name for name in NAMES if name.startswith("missing-")}),
        (["rule", "att01"], {"ATT010"}),
        (["rule", "no-such"], set()),
        (["check", "--select", ""], NAMES),
        (["check", "--ignore", "softmax"], {"softmax-wrong-axis"}),
        (["check", "--extend-select", "ATT008"], {"ATT008"}),
        (["check", "--select", "al"], {"ALL"}),
        (["check", "--select", "missing-scale,ATT00"], {f"missing-scale,ATT00{digit}" for digit in range(1, 10)}),
        (["check", "--select", "missing-scale,miss"], {"missing-scale,missing-causal-mask"}),
        (["check", "--color", "a"], {"auto", "always"}),
        (["check", "--stdin"], {"--stdin-filename"}),
        (["completion", ""], {"bash", "zsh", "fish"}),
    ],
)
def test_words(words, expected):
    assert completed(*words) == expected


@pytest.mark.parametrize("words", [["check", "mod"], ["show", "mod"], ["config", "mod"]])
def test_paths_are_for_the_shell(words):
    *before, incomplete = words
    found = ShellComplete(attnlint, {}, "attnlint", VARIABLE).get_completions(before, incomplete)
    assert [(each.type, each.value) for each in found] == [("file", "mod")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_calls_attnlint_back(capsys, shell):
    assert main(["completion", shell]) == 0
    assert f"{VARIABLE}={shell}_complete" in capsys.readouterr().out


def test_a_shell_that_is_unknown(capsys):
    assert main(["completion", "tcsh"]) == 2
    assert "'tcsh' is not one of" in capsys.readouterr().err


PROGRAM = """
import sys
from attnlint.cli import main
try:
    main([])
finally:
    assert not {"rich", "attnlint.cli.check", "attnlint.rules"} & set(sys.modules)
"""


def test_names_of_commands_load_none_of_them():
    environment = {**os.environ, VARIABLE: "bash_complete", "COMP_WORDS": "attnlint c", "COMP_CWORD": "1"}
    command = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert ran.stdout.split() == ["plain,check", "plain,clean", "plain,completion", "plain,config"]


BASH = """
eval "$(attnlint completion bash)"
COMP_WORDS=(attnlint check --select missing-)
COMP_CWORD=3
_attnlint_completion attnlint
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_itself(tmp_path):
    script = tmp_path / "attnlint"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m attnlint "$@"\n')
    script.chmod(0o755)
    environment = {**os.environ, "PATH": os.pathsep.join((str(tmp_path), os.environ["PATH"]))}
    ran = subprocess.run(["bash", "-c", BASH], env=environment, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert set(ran.stdout.split()) == {name for name in NAMES if name.startswith("missing-")}
