"""What every format makes of one small tree; `python -m tests.reported` writes it into `tests/golden`, to be read."""

import contextlib
import io
import json
import os
import re
import sys
import tempfile
from pathlib import Path

from attnlint import __version__
from attnlint.cli import main as attnlint
from attnlint.report.formats import FORMATS

GOLDEN = Path(__file__).parent / "golden"

# An error with a fix behind characters of three and four bytes, a warning with its evidence in another file below a
# path with a space, a syntax error, a clean file; and the file that is named and does not exist.
MODEL = """import numpy as np


def attention(q, k, v):
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    label, weights = "注意 🙂", np.exp(scores) / np.exp(scores).sum(axis=-2, keepdims=True)
    return label, weights @ v
"""
PRODUCTS = """def product(query, key):
    return query @ key.transpose(-2, -1)
"""
ENCODER = """import torch
from torch import nn

from products import product


class Encoder(nn.Module):
    def __init__(self, d_model=64):
        super().__init__()
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)

    def forward(self, x):
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        weights = torch.softmax(product(q, k), dim=-1)
        return weights @ v
"""
TREE = {
    "broken.py": "attention = (softmax\n",
    "model.py": MODEL,
    "products.py": PRODUCTS,
    "two words/encoder.py": ENCODER,
}
MISSING = "missing.py"
# Where the mistakes stand, counted in the texts above: path, row, column in code points, code.
FOUND = {
    ("broken.py", 1, 13, "ATT000"),
    ("model.py", 6, 30, "ATT001"),
    ("model.py", 6, 30, "ATT008"),
    ("two words/encoder.py", 16, 33, "ATT002"),
}


def plant(folder):
    """Write the tree into a folder."""
    for path, text in TREE.items():
        target = Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def printed(name):
    """What `attnlint check` prints in a format on the tree in the current folder."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = attnlint(["check", ".", MISSING, "--no-cache", "--jobs", "1", "--output-format", name])
    assert code == 2, "the missing file is a fault"
    return out.getvalue()


def normal(name, text):
    """The output without the folder, the version, and the documentation of rules, which has tests of its own."""
    if name == "sarif":
        log = json.loads(text)
        driver = log["runs"][0]["tool"]["driver"]
        driver["rules"] = [{"id": rule["id"]} for rule in driver["rules"] if rule["id"] in {each[3] for each in FOUND}]
        assert driver["version"] == __version__
        driver["version"] = "<version>"
        text = json.dumps(log, indent=2) + "\n"
    return re.sub(re.escape(os.getcwd()), "/<folder>", text)


def main():
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        plant(folder)
        for name in FORMATS:
            (GOLDEN / f"{name}.txt").write_text(normal(name, printed(name)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
