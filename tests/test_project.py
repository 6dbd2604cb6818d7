"""A project of eight files: each planted mistake is found with evidence across files, and none when repaired."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from attnlint.analyse import known
from attnlint.engine import Options, check
from attnlint.filed import gathered
from attnlint.project import resolve
from attnlint.rule import all_rules
from attnlint.source import read_source

FILES = {
    "minigpt/__init__.py": """from .config import ModelConfig
from .model import MiniGPT

__all__ = ["MiniGPT", "ModelConfig"]
""",
    "minigpt/config.py": """from dataclasses import dataclass


@dataclass
class ModelConfig:
    vocab_size: int = 5000
    d_model: int = 256
    n_heads: int = 8
    head_dim: int = 32
    n_layers: int = 4
    max_len: int = 256
""",
    "minigpt/masks.py": """import torch


def causal_mask(n, device=None):
    \"\"\"True where attention is allowed.\"\"\"
    return torch.tril(torch.ones(n, n, dtype=torch.bool, device=device))
""",
    "minigpt/layers.py": """import math

import torch.nn as nn
import torch.nn.functional as F


def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = F.softmax(scores, dim=-1)
    return weights @ v


class SelfAttention(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.n_heads = cfg.n_heads
        self.head_dim = cfg.head_dim
        self.qkv = nn.Linear(cfg.d_model, 3 * cfg.d_model)
        self.out = nn.Linear(cfg.d_model, cfg.d_model)

    def forward(self, x, mask=None):
        b, t, d = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (z.view(b, t, self.n_heads, self.head_dim).transpose(1, 2) for z in (q, k, v))
        return self.out(attend(q, k, v, mask).transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.norm = nn.LayerNorm(cfg.d_model)
        self.attn = SelfAttention(cfg)

    def forward(self, x, mask=None):
        return x + self.attn(self.norm(x), mask)
""",
    "minigpt/model.py": """import torch
import torch.nn as nn

from .config import ModelConfig
from .layers import Block


class MiniGPT(nn.Module):
    def __init__(self, cfg: ModelConfig):
        super().__init__()
        self.tok = nn.Embedding(cfg.vocab_size, cfg.d_model)
        self.pos = nn.Embedding(cfg.max_len, cfg.d_model)
        self.blocks = nn.ModuleList([Block(cfg) for _ in range(cfg.n_layers)])
        self.head = nn.Linear(cfg.d_model, cfg.vocab_size)

    def forward(self, ids, mask=None):
        positions = self.pos(torch.arange(ids.size(1), device=ids.device))
        x = self.tok(ids) + positions
        for block in self.blocks:
            x = block(x, mask)
        return self.head(x)
""",
    "minigpt/generate.py": """import torch

from .masks import causal_mask


@torch.no_grad()
def generate(model, ids, steps):
    for _ in range(steps):
        logits = model(ids, causal_mask(ids.size(1), ids.device))
        ids = torch.cat([ids, logits[:, -1].argmax(-1, keepdim=True)], dim=1)
    return ids
""",
    "data.py": """import torch


def batches(n=16, length=64):
    text = torch.randint(1, 5000, (1000, length + 1))
    for i in range(0, len(text), n):
        yield text[i : i + n]
""",
    "train.py": """import torch
import torch.nn.functional as F

from data import batches
from minigpt import MiniGPT, ModelConfig
from minigpt.masks import causal_mask

model = MiniGPT(ModelConfig())
opt = torch.optim.AdamW(model.parameters(), lr=3e-4)
for ids in batches():
    inputs, targets = ids[:, :-1], ids[:, 1:]
    logits = model(inputs, causal_mask(inputs.size(1)))
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
""",
}

# A file, what stands there, the mistake in its place; the rule that finds it, where, and the file that shows why.
MISTAKES = [
    ("train.py", "model(inputs, causal_mask(inputs.size(1)))", "model(inputs)",
     "missing-causal-mask", "minigpt/layers.py", 11, "train.py"),
    ("minigpt/layers.py", " / math.sqrt(q.size(-1))", "", "missing-scale", "minigpt/layers.py", 8, None),
    ("minigpt/config.py", "head_dim: int = 32", "head_dim: int = 48",
     "head-dim-mismatch", "minigpt/layers.py", 26, None),
    ("minigpt/layers.py", "F.softmax(scores, dim=-1)", "F.softmax(scores, dim=1)",
     "softmax-wrong-axis", "minigpt/layers.py", 11, None),
    ("minigpt/model.py", "self.tok(ids) + positions", "torch.cat([self.tok(ids), positions.expand(*ids.shape, -1)], 2)",
     "concatenated-positions", "minigpt/model.py", 18, None),
    ("minigpt/layers.py",
     "        scores = scores.masked_fill(~mask, float(\"-inf\"))\n    weights = F.softmax(scores, dim=-1)\n",
     "        weights = scores.softmax(-1).masked_fill(~mask, 0)\n    else:\n        weights = scores.softmax(-1)\n",
     "mask-after-softmax", "minigpt/layers.py", 10, "train.py"),
]  # fmt: skip


def write(root, changes=()):
    for name, text in FILES.items():
        for file, old, new in changes:
            if file == name:
                assert old in text
                text = text.replace(old, new)
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def lint(root):
    """(file, row) -> diagnostic, of everything graver than a question."""
    reports = gathered(check([str(root)], Options(all_rules(), 1)))
    assert not [report.fault for report in reports if report.fault]
    return {
        (os.path.relpath(report.path, root), each.name): each
        for report in reports
        for each in report.diagnostics
        if each.severity.rank
    }


def test_the_repaired_project_raises_nothing(tmp_path):
    write(tmp_path)
    assert lint(tmp_path) == {}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each[3] for each in MISTAKES])
def test_a_planted_mistake_is_found_where_it_shows(tmp_path, mistake):
    file, old, new, name, where, row, _ = mistake
    write(tmp_path, [(file, old, new)])
    found = lint(tmp_path)
    assert set(found) == {(where, name)}
    assert found[where, name].span.row == row


def test_evidence_names_the_caller_in_the_other_file(tmp_path):
    file, old, new, name, where, _, caller = MISTAKES[0]
    write(tmp_path, [(file, old, new)])
    related = lint(tmp_path)[where, name].related
    assert [(os.path.basename(one.path), one.code) for one in related if one.path] == [
        (caller, "logits = model(inputs)")
    ]


def test_import_cycles_missing_modules_and_clashes_are_no_faults(tmp_path):
    write(tmp_path)
    (tmp_path / "minigpt/config.py").write_text(
        "from .model import MiniGPT\nfrom .nowhere import Thing\nfrom torch import nn\n" + FILES["minigpt/config.py"]
    )
    (tmp_path / "torch.txt").write_text("no module")
    assert lint(tmp_path) == {}


@pytest.mark.parametrize(
    ("dotted", "importer", "expected"),
    [
        ("minigpt.model.MiniGPT", "train.py", ("minigpt/model.py", "MiniGPT")),
        (".layers.Block", "minigpt/model.py", ("minigpt/layers.py", "Block")),
        ("..data.batches", "minigpt/model.py", ("data.py", "batches")),
        ("minigpt.MiniGPT", "train.py", ("minigpt/__init__.py", "MiniGPT")),
        ("minigpt", "train.py", ("minigpt/__init__.py", "")),
        (".masks", "minigpt/generate.py", ("minigpt/masks.py", "")),
    ],
)
def test_a_name_leads_to_the_file_that_python_would_import(tmp_path, dotted, importer, expected):
    write(tmp_path)
    path, rest = resolve(dotted, str(tmp_path / importer))
    assert (os.path.relpath(path, tmp_path), rest) == expected


@pytest.mark.parametrize("dotted", ["torch.nn.Linear", "numpy", ".nowhere.Thing"])
def test_other_packages_and_missing_modules_are_not_of_the_project(tmp_path, dotted):
    write(tmp_path)
    assert resolve(dotted, str(tmp_path / "minigpt/model.py")) is None


def test_star_imports_and_reexports(tmp_path):
    write(tmp_path, [("train.py", "from minigpt.masks import causal_mask", "from minigpt.masks import *")])
    assert lint(tmp_path) == {}
    write(
        tmp_path,
        [
            ("train.py", "from minigpt.masks import causal_mask", "from minigpt.masks import *"),
            ("train.py", "model(inputs, causal_mask(inputs.size(1)))", "model(inputs)"),
        ],
    )
    assert set(lint(tmp_path)) == {("minigpt/layers.py", "missing-causal-mask")}


def test_a_comment_in_the_other_file_silences_what_is_found_there(tmp_path):
    write(
        tmp_path,
        [
            ("train.py", "model(inputs, causal_mask(inputs.size(1)))", "model(inputs)"),
            (
                "minigpt/layers.py",
                "F.softmax(scores, dim=-1)",
                "F.softmax(scores, dim=-1)  # attnlint: ignore[missing-causal-mask]",
            ),
        ],
    )
    assert lint(tmp_path) == {}


def test_a_file_reported_by_another_keeps_the_gravest_of_both(tmp_path):
    write(tmp_path, [("train.py", "model(inputs, causal_mask(inputs.size(1)))", "model(inputs)")])
    reports = list(check([str(tmp_path)], Options(all_rules(), 1)))
    assert any(report.others for report in reports)
    joined = gathered([*reports, *(replace(report, others=()) for report in reports)])
    paths = [os.path.abspath(report.path) for report in joined]
    assert len(paths) == len(set(paths))


def test_what_a_library_calls_so_is_known_by_its_table_beside_its_own_source(plant):
    """The source of a layer multiplies its input with a kernel, which is no attention of whoever calls it."""
    source = "class Dense:\n    def __call__(self, x):\n        return softmax(x @ self.kernel)\n"
    plant({"flax/__init__.py": "", "flax/linen.py": source})
    code = "import flax.linen as nn\nfrom flax.linen import Dense\n# x: [batch, seq, 8]\n"
    code += "a = nn.Dense(3)(x)\nb = Dense(5)(x)\n"
    Path("use.py").write_text(code)
    found = {each.name: each.shape for each in known(read_source("use.py"))}
    assert found == {"a": "[batch seq 3]", "b": "[batch seq 5]"}
