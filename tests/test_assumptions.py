"""What a project says of its code: what must not see the future, which functions are ops, what axes parameters have."""

import re
from pathlib import Path

import pytest

from attnlint.analyse import findings, known
from attnlint.assumptions import NOTHING, Assumptions, Causal, OwnOp
from attnlint.frameworks.meanings import SHORT, spelled
from attnlint.rule import all_rules
from attnlint.source import make_source, read_source

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
SELF = """class {name}(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        s = q @ k.transpose(-2, -1) / q.size(-1) ** 0.5
        {mask}
        return F.softmax(s, dim=-1) @ v
"""
MASKED = "s = s.masked_fill(torch.ones_like(s).triu(1) == 1, -torch.inf)"
CROSS = """class Attend(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x, memory):
        q, k, v = self.q(x), self.k(memory), self.v(memory)
        return F.scaled_dot_product_attention(q, k, v)
"""
FUSED = "def attend(x):\n    return F.scaled_dot_product_attention(x, x, x, is_causal={flag})\n"


def said(word, glob="", folder=""):
    return Assumptions(causal=(Causal(word, "pyproject.toml", glob, folder),))


def asked(code, assumptions, path="<text>"):
    return [(each.name, each.severity.value) for each in findings(make_source(code, path), all_rules(), assumptions)]


@pytest.mark.parametrize(
    ("code", "auto", "always", "never"),
    [
        (SELF.format(name="Mixer", mask=""), "info", "warning", None),
        (SELF.format(name="Mixer", mask=MASKED), None, None, None),
        (SELF.format(name="GPTBlock", mask=""), "warning", "warning", None),
        (SELF.format(name="EncoderBlock", mask=""), None, "warning", None),
        (SELF.format(name="CrossAttention", mask=""), None, None, None),
        (CROSS, None, None, None),
        (FUSED.format(flag=False), "info", "warning", None),
        (FUSED.format(flag=True), None, None, None),
    ],
)
def test_what_is_asked_of_attention_that_may_look_ahead(code, auto, always, never):
    for assumptions, severity in ((NOTHING, auto), (said("always"), always), (said("never"), never)):
        expected = [] if severity is None else [("missing-causal-mask", severity)]
        assert asked(HEAD + code, assumptions) == expected


def test_a_mask_that_is_there_is_judged_where_none_is_asked_for():
    late = "w = F.softmax(s, dim=-1)\n        w = w * torch.ones_like(w).tril()\n        return w @ v"
    code = HEAD + SELF.format(name="Mixer", mask=late)
    assert asked(code, said("never")) == [("mask-after-softmax", "warning")] == asked(code, NOTHING)


def test_the_finding_says_who_said_so():
    code = HEAD + FUSED.format(flag=False)
    (found,) = findings(make_source(code), all_rules(), said("always"))
    assert 'causal = "always" in pyproject.toml' in found.message


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """An attention that two models use."""
    monkeypatch.chdir(tmp_path)
    model = "from shared.attn import Mixer\n\n\ndef model(x):\n    attention = Mixer(64)\n    return attention(x)\n"
    files = {"shared/attn.py": HEAD + SELF.format(name="Mixer", mask=""), "gpt/model.py": model, "bert/model.py": model}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        ({}, ["info", "info", "info"]),
        ({"gpt/**": "always", "bert/**": "never"}, ["warning", None, "info"]),
        ({"!gpt/**": "never"}, [None, None, None]),
        ({"shared/**": "always"}, ["warning", "warning", "warning"]),
        ({"shared/**": "never", "gpt/**": "always"}, [None, None, None]),
        ({"*.py": "never", "model.py": "always", "attn.py": "auto"}, ["warning", "warning", "info"]),
        ({"*.py": "never", "attn.py": "auto"}, [None, None, "info"]),
    ],
)
def test_the_file_of_the_attention_decides_and_then_who_calls_it(shared, globs, expected):
    causal = tuple(Causal(word, "attnlint.toml", glob, str(shared)) for glob, word in globs.items())
    for path, severity in zip(("gpt/model.py", "bert/model.py", "shared/attn.py"), expected, strict=True):
        found = findings(read_source(path), all_rules(), Assumptions(causal))
        assert [each.severity.value for each in found] == ([] if severity is None else [severity])


OPS = """import kernels


def soft(x, dim=-1):
    return kernels.run(x, dim)


class Attn:
    def soft(self, x, dim=-1):
        return kernels.run(x, dim)

    def attend(self, q, k, v):  # q: [B, T, C], k: [B, S, C]
        return self.soft(q @ k.transpose(-2, -1) / q.size(-1) ** 0.5, {axis}) @ v
"""
USER = """import torch
{imported}


def attend(q, k, v, mask):
    # q: [B, H, T, D], k: [B, H, S, D], v: [B, H, S, D]
    w = {called}(q @ k.transpose(-2, -1) / q.size(-1) ** 0.5, {arguments})
    return w @ v
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package `own` whose softmax no trace can follow; `linted` gives the findings of a file beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own/__init__.py").write_text("from .ops import soft\n")
    (tmp_path / "own/ops.py").write_text(OPS.format(axis="dim=-1"))

    def linted(code, *ops, path="own/user.py", **others):
        (tmp_path / path).write_text(code)
        assumptions = Assumptions(ops=tuple(OwnOp(*op, str(tmp_path)) for op in ops), **others)
        return [each.name for each in findings(read_source(path), all_rules(), assumptions)]

    return linted


@pytest.mark.parametrize(
    ("imported", "called", "name"),
    [
        ("from own.ops import soft", "soft", "own.ops.soft"),
        ("from own.ops import soft as s", "s", "own.ops.soft"),
        ("from .ops import soft", "soft", "own.ops.soft"),
        ("from own import soft", "soft", "own.ops.soft"),
        ("from own import soft", "soft", "own.soft"),
        ("import own", "own.ops.soft", "own.ops.soft"),
        ("import own.ops as o", "o.soft", "own.ops.soft"),
        ("from own import ops", "ops.soft", "own.ops.soft"),
        ("from elsewhere.ops import soft", "soft", "elsewhere.ops.soft"),
        ("import elsewhere as e", "e.ops.soft", "elsewhere.ops.soft"),
        ("from own.ops import Attn", "Attn().soft", "own.ops.Attn.soft"),
        ("import functools\nfrom own.ops import soft", "functools.partial(soft)", "own.ops.soft"),
        ("def soft(x, mask=None, dim=-1):\n    return x", "soft", "own.user.soft"),
    ],
)
def test_a_name_of_the_project_means_an_op(package, imported, called, name):
    for arguments, wrong in (("dim=2", True), ("dim=-1", False), ("mask, 2", True), ("mask", False), ("", False)):
        code = USER.format(imported=imported, called=called, arguments=arguments)
        found = package(code, (name, "softmax"))
        assert ("softmax-wrong-axis" in found) == wrong
        # A mask that is handed over may be causal; without one it is asked for.
        assert ("missing-causal-mask" in found) == ("mask" not in arguments)
    code = USER.format(imported=imported, called=called, arguments="dim=2")
    assert "softmax-wrong-axis" not in package(code)


def test_the_body_is_not_entered(package):
    own = "import torch\n\n\ndef soft(scores):  # scores: [B, T, S]\n    return torch.softmax(scores, dim=1)\n\n\n"
    code = own + "def attend(q, k, v):  # q: [B, T, C]\n    return soft(q @ k.mT / q.size(-1) ** 0.5) @ v\n"
    assert "softmax-wrong-axis" in package(code)
    assert "softmax-wrong-axis" not in package(code, ("own.user.soft", "softmax"))


def test_a_method_of_the_file_itself(package):
    name = "own.ops.Attn.soft"
    assert "softmax-wrong-axis" in package(OPS.format(axis="dim=-2"), (name, "softmax"), path="own/ops.py")
    assert "softmax-wrong-axis" not in package(OPS.format(axis=""), (name, "softmax"), path="own/ops.py")


@pytest.mark.parametrize(
    ("meaning", "call", "shape"),
    [
        ("matmul", "f(x, y)", "[2 3 5]"),
        ("numpy.matmul", "f(x, y)", "[2 3 5]"),
        ("transpose", "f(x, 0, 2)", "[4 3 2]"),
        ("permute", "f(x, (2, 0, 1))", "[4 2 3]"),
        ("rearrange", "f(x, 'a b c -> (a b) c')", "[(2 3) 4]"),
        ("einops.rearrange", "f(x, 'a (b n) c -> a b n c', n=3)", "[2 1 3 4]"),
        ("einsum", "f('abc,acd->abd', x, y)", "[2 3 5]"),
        ("concat", "f([x, x], dim=1)", "[2 6 4]"),
        ("identity", "f(x)", "[2 3 4]"),
        ("dropout", "f(x, 0.1)", "[2 3 4]"),
        ("scaled_dot_product_attention", "f(x, x, x)", "[2 3 4]"),
        ("torch.nn.Linear", "f(4, 7)(x)", "[2 3 7]"),
    ],
)
def test_the_name_has_the_signature_of_what_it_means(meaning, call, shape):
    code = f"import torch\nfrom lib.ops import f\n\nx, y = torch.ones(2, 3, 4), torch.ones(2, 4, 5)\nout = {call}\n"
    shapes = {
        each.name: each.shape for each in known(make_source(code), Assumptions(ops=(OwnOp("lib.ops.f", meaning),)))
    }
    # An axis of one has nothing to its name.
    assert shapes["out"].replace(" 1 ", " ") == shape.replace(" 1 ", " ")


@pytest.mark.parametrize(
    "meaning", ["softmax", "torch.softmax", "scipy.special.softmax", "mlx.core.softmax", "jax.nn.softmax"]
)
def test_a_softmax_of_the_project_takes_the_last_axis(meaning):
    assumptions = Assumptions((Causal("never", "x.toml"),), (OwnOp("lib.ops.f", meaning),), (("q", "B T C"),))
    for axis, expected in (("", []), (", axis=1", [("softmax-wrong-axis", "error")])):
        called = f"f(q @ q.swapaxes(1, 2) / q.shape[-1] ** 0.5{axis})"
        code = f"from lib.ops import f\n\n\ndef encoder(q):\n    return {called} @ q\n"
        assert asked(code, assumptions) == expected


def test_a_name_may_mean_itself_or_be_told_the_other_way_round():
    code = "from torch import nn\nimport torch\n\nout = nn.LayerNorm(4)(torch.ones(2, 4))\n"
    ops = (OwnOp("torch.nn.LayerNorm", "torch.nn.RMSNorm"), OwnOp("torch.nn.RMSNorm", "torch.nn.LayerNorm"))
    for some in (ops, (OwnOp("torch.nn.LayerNorm", "torch.nn.LayerNorm"),)):
        (line,) = (each for each in known(make_source(code), Assumptions(ops=some)) if each.name == "out")
        assert line.shape == "[2 4]"


def test_the_readme_has_every_short_name_with_its_signature():
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| short names |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1:3] for row in table.splitlines()[2:]]
    told = {name: of for names, of in rows for name in re.findall(r"`(\w+)`", names)}
    assert set(told) == set(SHORT)
    for name, of in told.items():
        module, _, function = SHORT[name].rpartition(".")
        assert f"`{module}`" in of or f".{function}`" in of


@pytest.mark.parametrize("short", SHORT)
def test_every_short_name_is_an_op(short):
    assert spelled(short) is not None


def test_a_layout_is_what_a_comment_beside_the_parameter_would_be():
    body = "    w = torch.softmax(q @ q.transpose(-2, -1) / q.size(-1) ** 0.5, dim=1)\n    return w @ q\n"
    plain = f"import torch\n\n\ndef encoder(q):\n{body}"
    beside = plain.replace("(q):", "(\n    q,  # (B, H, T, D)\n):")
    layouts = Assumptions(layouts=(("q", "B H T D"),))
    expected = [("softmax-wrong-axis", "error")]
    assert (asked(plain, NOTHING), asked(plain, layouts), asked(beside, NOTHING)) == ([], expected, expected)


def shown(code, *layouts):
    return {each.name: each.shape for each in known(make_source(code), Assumptions(layouts=layouts))}


@pytest.mark.parametrize("text", ["B T C", "[B, T, C]", "(B, T, C)", "B, T, C,"])
def test_notations_of_a_layout(text):
    code = "import torch\n\n\ndef attention(hidden):\n    s = hidden @ hidden.mT\n    return s\n"
    assert shown(code, ("hidden", text))["s"] == "[B T T]"


def test_a_layout_in_a_function_that_is_called():
    code = (
        "import torch\n\n\ndef inner(hidden):\n    attn = hidden.flatten(1)\n    return attn\n\n\n"
        "def attention(data):\n    return inner(data.thing)\n"
    )
    assert shown(code, ("hidden", "B T C"))["attn"] == "[B (T C)]"


def test_what_the_parameter_says_itself_goes_before_its_layout():
    code = "import torch\n\n\ndef attention(x):\n    '''x: (B, N, E)'''\n    s = x @ x.mT\n    return s\n"
    assert shown(code, ("x", "H W"))["s"] == "[B N N]"


def test_constructors_take_sizes_and_no_arrays():
    code = HEAD + SELF.format(name="Mixer", mask="").replace("d):", "hidden):").replace("(d, d)", "(hidden, hidden)")
    shapes = shown(code, ("hidden", "B T C"), ("x", "B T C"))
    assert shapes["q"] == "[B T hidden]"
