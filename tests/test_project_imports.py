"""Ways in which files of a project reach each other: each must carry a mistake across files, and its repair too."""

from textwrap import dedent

import pytest

from attnlint.engine import Options, check
from attnlint.filed import gathered
from attnlint.rule import all_rules

ATTENTION = """
import torch
import torch.nn as nn
{imports}

class EncoderAttention(nn.Module):
    def __init__(self, dim, heads, scale=None):
        super().__init__()
        self.heads, self.scale = heads, scale
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1)
        if self.scale is not None:
            scores = scores * self.scale
        weights = torch.softmax(scores, dim={axis})
        return self.out((weights @ v).transpose(1, 2).reshape(b, n, d))
"""
RUN = """
import torch
from model import build

print(build()(torch.randn(2, 16, 64)).shape)
"""


def attention(imports="", axis="-1"):
    return ATTENTION.format(imports=imports, axis=axis)


# The files of a project, the text that is right, the one that is wrong in its place, and what is then found.
PROJECTS = {
    "a star import of a plain name": (
        {
            "sizes.py": "DIM = 64\nHEADS = 4\nSCALE = 0.25\n",
            "attn.py": attention(),
            "model.py": "from sizes import *\nfrom attn import EncoderAttention\n\n"
            "def build():\n    return EncoderAttention(DIM, HEADS, SCALE)\n",
            "run.py": RUN,
        },
        ("SCALE = 0.25", "SCALE = None"),
        "missing-scale",
    ),
    "a star re-exported by a package": (
        {
            "layers/__init__.py": "from .attn import *\n",
            "layers/attn.py": attention(),
            "model.py": "import layers\n\ndef build():\n    return layers.EncoderAttention(64, 4, 0.25)\n",
            "run.py": RUN,
        },
        ("4, 0.25", "4, 1.0"),
        "missing-scale",
    ),
    "a function with the name of its module": (
        {
            "layers/__init__.py": "from .attend import attend\n",
            "layers/attend.py": "import torch\n\ndef attend(q, k, v, axis=-1):\n"
            "    scores = q @ k.transpose(-2, -1) * q.size(-1) ** -0.5\n"
            "    return torch.softmax(scores, dim=axis) @ v\n",
            "model.py": "import torch.nn as nn\nfrom layers import attend\n\nclass PatchEncoder(nn.Module):\n"
            "    def __init__(self, dim):\n        super().__init__()\n        self.qkv = nn.Linear(dim, 3 * dim)\n\n"
            "    def forward(self, patches):\n        q, k, v = self.qkv(patches).chunk(3, dim=-1)\n"
            "        return attend(q, k, v, axis=2)\n\ndef build():\n    return PatchEncoder(64)\n",
            "run.py": RUN,
        },
        ("axis=2", "axis=1"),
        "softmax-wrong-axis",
    ),
    "a constant of the file that the code stands in": (
        {
            "attn.py": "KEYS = -1\n" + attention(axis="KEYS"),
            "model.py": "from attn import EncoderAttention\n\ndef build():\n    return EncoderAttention(64, 4, 0.25)\n",
            "run.py": RUN,
        },
        ("KEYS = -1", "KEYS = -2"),
        "softmax-wrong-axis",
    ),
    "what a package imports when it is asked for": (
        {
            "layers/__init__.py": "import importlib\n\n\ndef __getattr__(name):\n"
            "    return getattr(importlib.import_module('.attn', __name__), name)\n",
            "layers/attn.py": attention(),
            "model.py": "import layers\n\ndef build():\n    return layers.EncoderAttention(64, 4, 0.25)\n",
            "run.py": RUN,
        },
        ("4, 0.25", "4"),
        "missing-scale",
    ),
    "a class under a registered name": (
        {
            "registry.py": "TABLE = {}\n\ndef register(name):\n    def put(cls):\n        TABLE[name] = cls\n"
            "        return cls\n    return put\n\ndef make(name, **options):\n    return TABLE[name](**options)\n",
            "attn.py": attention("from registry import register\n").replace("class E", '@register("self")\nclass E'),
            "model.py": "import attn\nfrom registry import make\n\n"
            "def build():\n    return make('self', dim=64, heads=4, scale=0.25)\n",
            "run.py": RUN,
        },
        (", scale=0.25", ""),
        "missing-scale",
    ),
    "a hook of a mixin that calls the next one": (
        {
            "base.py": attention().replace("scores = q @", "q = self.prepared(q)\n        scores = q @")
            + "\n    def prepared(self, q):\n        return q * q.size(-1) ** -0.5\n",
            "mixins.py": "import torch\nimport torch.nn as nn\n\nclass Biased:\n    def prepared(self, q):\n"
            "        return super().prepared(q + 1)\n",
            "model.py": "from base import EncoderAttention\nfrom mixins import Biased\n\n"
            "class BiasedAttention(Biased, EncoderAttention):\n    pass\n\n"
            "def build():\n    return BiasedAttention(64, 4)\n",
            "run.py": RUN,
        },
        ("return q * q.size(-1) ** -0.5", "return q"),
        "missing-scale",
    ),
    "a script beside the folder of the sources": (
        {
            "src/lib/__init__.py": "from lib.attn import EncoderAttention\n",
            "src/lib/attn.py": attention(),
            "scripts/run.py": "import torch\nimport lib\n\nif __name__ == '__main__':\n"
            "    print(lib.EncoderAttention(64, 4, 0.25)(torch.randn(2, 16, 64)))\n",
        },
        ("64, 4, 0.25", "64, 4, 1"),
        "missing-scale",
    ),
    "a decorator of another file": (
        {
            "scaling.py": "def scaled(attend):\n    def call(q, k, v):\n"
            "        return attend(q * q.size(-1) ** -0.5, k, v)\n    return call\n",
            "attn.py": "import torch\nfrom scaling import scaled\n\n@scaled\ndef attend(q, k, v):\n"
            "    return torch.softmax(q @ k.transpose(-2, -1), dim=-1) @ v\n\n"
            "def encoder_attention(x, w_q, w_k, w_v):\n    return attend(x @ w_q, x @ w_k, x @ w_v)\n",
        },
        ("attend(q * q.size(-1) ** -0.5, k, v)", "attend(q, k, v)"),
        "missing-scale",
    ),
    "a file of another array library": (
        {
            "attn.py": "import numpy as np\n\ndef attention(q, k, v):\n"
            "    scores = np.matmul(q, k.transpose(0, 2, 1)) / np.sqrt(q.shape[-1])\n"
            "    e = np.exp(scores - scores.max(-1, keepdims=True))\n"
            "    return e / e.sum(-1, keepdims=True) @ v\n",
            "run.py": "from attn import attention\nfrom data import load\n\nx = load()\nprint(attention(x, x, x))\n",
            "data.py": "import numpy as np\n\ndef load():\n    return np.random.randn(2, 5, 8)\n",
        },
        ("k.transpose(0, 2, 1)", "k.transpose(2, 0, 1)"),
        "wrong-qk-transpose",
    ),
    "a configuration whose class is a dict": (
        {
            "config.py": "class Config(dict):\n    __getattr__ = dict.__getitem__\n\n"
            "CONFIG = Config(dim=64, heads=4, scale=0.25)\n",
            "attn.py": attention(),
            "model.py": "from attn import EncoderAttention\nfrom config import CONFIG\n\n"
            "def build():\n    return EncoderAttention(CONFIG.dim, CONFIG.heads, CONFIG.scale)\n",
            "run.py": RUN,
        },
        ("scale=0.25", "scale=None"),
        "missing-scale",
    ),
    "one of two imports": (
        {
            "fast.py": "def attend(q, k, v):\n    return None\n",
            "attn.py": attention(),
            "model.py": "try:\n    from attn import EncoderAttention\nexcept ImportError:\n"
            "    from attention import EncoderAttention\n\n"
            "def build():\n    return EncoderAttention(64, 4, 0.25)\n",
            "run.py": RUN,
        },
        ("64, 4, 0.25", "64, 4"),
        "missing-scale",
    ),
}


def found(folder, files):
    """The rules of the errors and warnings that are found in a project."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
    reports = gathered(check([str(folder)], Options(all_rules(), 1)))
    assert [report.fault for report in reports if report.fault] == []
    return {each.name for report in reports for each in report.diagnostics if each.severity.value != "info"}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_mistake_crosses_files_and_so_does_its_repair(name, tmp_path):
    files, (right, wrong), rule = PROJECTS[name]
    assert any(right in text for text in files.values())
    assert found(tmp_path / "right", files) == set()
    broken = {path: text.replace(right, wrong) for path, text in files.items()}
    assert found(tmp_path / "wrong", broken) == {rule}


def test_star_imports_in_a_circle_are_no_fault(tmp_path):
    files = {
        "a.py": "from b import *\nHEADS = 4\n",
        "b.py": "from a import *\n" + attention(axis="-2") + "\nprint(HEADS, DIM)\n",
    }
    assert found(tmp_path, files) == {"softmax-wrong-axis"}
