"""The command line as a process: pipes that close, Ctrl-C, terminals that cannot say everything."""

import os
import signal
import subprocess
import sys
import time


def attnlint(*arguments, **options):
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.Popen([sys.executable, "-m", "attnlint", *arguments], env=environment, text=True, **options)


def test_closed_pipe_ends_quietly(tmp_path):
    (tmp_path / "a.py").write_text("def (\n")
    command = f"{sys.executable} -m attnlint rules | true; {sys.executable} -m attnlint check {tmp_path}/a.py | true"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert ran.stderr == ""


def test_interrupt_ends_quietly():
    # It waits for standard input, which never comes.
    with attnlint("check", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert "Traceback" not in process.stderr.read()


SLOW = """
import sys, time
from types import SimpleNamespace

def findings(source, rules):
    time.sleep(60)

sys.modules["attnlint.analyse"] = SimpleNamespace(findings=findings)
from attnlint.cli import main
print("ready", flush=True)
sys.exit(main(["check", "--jobs", "2", sys.argv[1]]))
"""


def test_interrupt_ends_the_workers_too(tmp_path):
    for number in range(40):
        (tmp_path / f"m{number}.py").write_text("attn = 1\n")
    command = [sys.executable, "-c", SLOW, str(tmp_path)]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(command, **options) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1.0)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert process.stderr.read().strip() == ""  # which also says that no worker holds the pipe any more


def test_output_in_a_terminal_without_unicode(tmp_path):
    (tmp_path / "a.py").write_text("é注 = (\n")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "attnlint", "check", str(tmp_path / "a.py")]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    assert "\\xe9\\u6ce8 = (" in ran.stdout
