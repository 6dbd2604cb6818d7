"""The server as Neovim's own client meets it, set up as the documentation says: finding, hover, hints and fix."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models import CAUSAL

pytestmark = pytest.mark.editors

JOURNEY = Path(__file__).parent / "neovim" / "journey.lua"
GUIDE = Path(__file__).parent.parent / "docs" / "editors.md"
BIN = Path(sys.executable).parent
# The heading of each set-up, and the versions that have its API.
SETUPS = {
    "Neovim 0.11 and newer": ((0, 11), (9, 0)),
    "Neovim 0.8 to 0.10": ((0, 8), (9, 0)),
    "Neovim 0.7": ((0, 7), (0, 8)),
}
WIDE = CAUSAL.replace("weights = ", 'note = "注意力 😀👩‍🔬 é"; weights = ')
FINDING = "torch.softmax(scores, dim=2)"


def neovims():
    """Each Neovim that is here: the environment's and the system's; a name that a test misses, where there is none."""
    found = [shutil.which("nvim", path=str(BIN)), shutil.which("nvim")]
    return list(dict.fromkeys(each for each in found if each)) or ["nvim"]


def setups(nvim):
    """The headings of the documentation that are meant for a Neovim, or for one whose API it still has."""
    assert shutil.which(nvim), "no Neovim is installed: pip install '.[editors]'"
    said = subprocess.run([nvim, "--version"], capture_output=True, text=True, check=True, timeout=120).stdout
    version = tuple(map(int, re.match(r"NVIM v(\d+)\.(\d+)", said).groups()))
    return [heading for heading, (oldest, beyond) in SETUPS.items() if oldest <= version < beyond]


def configuration(heading):
    """The Lua below a heading of the documentation."""
    guide = GUIDE.read_text(encoding="utf-8")
    return re.search(rf"^### {re.escape(heading)}\n\n```lua\n(.*?)^```", guide, re.M | re.S)[1]


def journey(nvim, heading, file):
    """What a user sees who opens a file: `neovim/journey.lua`, in an editor that is configured by nothing else."""
    home = file.parent / ".home"
    home.mkdir(exist_ok=True)
    (home / "init.lua").write_text(configuration(heading), encoding="utf-8")
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(home))
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    environment = {**os.environ, **homes, "PATH": path, "SEEN": str(home / "seen.json")}
    command = [nvim, "--headless", "-n", "-u", home / "init.lua", "-S", JOURNEY, file.name]
    run = subprocess.run(
        command, cwd=file.parent, env=environment, capture_output=True, text=True, check=False, timeout=400
    )
    assert (home / "seen.json").exists(), f"{heading}: {run.stdout}{run.stderr}"
    seen = json.loads((home / "seen.json").read_text(encoding="utf-8"))
    assert "error" not in seen, f"{heading}: {seen['error']}\n{run.stderr}"
    return seen


@pytest.mark.parametrize("code", [CAUSAL, WIDE], ids=["plain", "wide"])
@pytest.mark.parametrize("nvim", neovims())
def test_from_the_finding_to_the_fixed_buffer(nvim, code, tmp_path):
    line = next(line for line in code.splitlines() if FINDING in line)
    row, column = code.splitlines().index(line), len(line[: line.index(FINDING)].encode())
    fixed = code.replace("dim=2", "dim=-1")
    headings = setups(nvim)
    assert headings
    for number, heading in enumerate(headings):
        file = tmp_path / str(number) / "model.py"
        file.parent.mkdir()
        file.write_text(code, encoding="utf-8")
        seen = journey(nvim, heading, file)
        # Neovim counts columns in bytes.
        ends = column + len(FINDING)
        assert seen["findings"] == [{"code": "ATT008", "row": row, "column": column, "end_column": ends}], heading
        assert any("softmax-wrong-axis" in shown for shown in seen["hover"])
        assert "-1" in seen["actions"][0]
        assert seen["fixed"] == seen["servers_text"] == file.read_text(encoding="utf-8") == fixed
        if seen["hints"] is not None:
            assert {"row": row, "label": "# ⟵ [batch heads seq seq]"} in seen["hints"]
