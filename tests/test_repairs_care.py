"""What a repair must leave alone: other statements of its line, other readers of a name, other callers."""

import pytest

from attnlint.analyse import findings
from attnlint.diagnostic import Applicability
from attnlint.rule import all_rules
from attnlint.source import make_source
from tests.repaired import fixed_text

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"
ATTEND = """def attend(q, k, v, mask=None):
    # q, k, v: [b, n, d]; mask: [n, n], 1 = keep
"""
SCORES = "s = q @ k.transpose(1, 2) / q.size(-1) ** 0.5"

UNTOUCHED = {
    "a line with other statements": f"{ATTEND}    {SCORES}\n    w = s.softmax(-1); w = w * mask; return w @ v\n",
    "a choice that guards the mask": f"""{ATTEND}    {SCORES}
    w = s.softmax(-1)
    w = w * mask if mask is not None else w
    return w @ v
""",
    "scores that the function of the softmax makes itself": f"""def weights(q, k):
    {SCORES}
    return torch.softmax(s, dim=-1)


{ATTEND}    w = weights(q, k)
    w = w * mask
    return w @ v
""",
    "a softmax layer that has another use": """class Encoder(nn.Module):
    def __init__(self, d, classes):
        super().__init__()
        self.q, self.k, self.v, self.out = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, classes)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        # x: [batch, tokens, d]
        scores = self.q(x) @ self.k(x).transpose(1, 2) / x.size(-1) ** 0.5
        y = self.softmax(scores) @ self.v(x)
        return self.softmax(self.out(y.mean(1)))
""",
    "a maximum whose values are taken": """class Encoder(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.h, self.hd = h, d // h
        self.qkv, self.o = nn.Linear(d, 3 * d), nn.Linear(d // h, d)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.h, self.hd).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.o(y.max(1).values)
""",
}

SHOWN = {
    "an attention that an encoder uses too": """class Attention(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x):
        scores = self.q(x) @ self.k(x).transpose(1, 2) / x.size(-1) ** 0.5
        return scores.softmax(-1) @ self.v(x)


class CausalDecoder(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.attention = Attention(d)

    def forward(self, x):
        return x + self.attention(x)


class Encoder(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.attention = Attention(d)

    def forward(self, x):
        return x + self.attention(x)
""",
    "a scale that a caller may give": """def attend(q, k, v, scale=None):
    # q, k, v: [b, n, d] of an encoder
    s = q @ k.transpose(-2, -1)
    if scale is not None:
        s = s * scale
    return s.softmax(-1) @ v


def encode(q, k, v):
    # q, k, v: [b, n, d]
    return attend(q, k, v)
""",
}


@pytest.mark.parametrize("code", UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_what_cannot_be_repaired_with_care_is_left(code):
    found = [each for each in findings(make_source(HEAD + code), all_rules()) if each.severity.rank]
    assert found
    assert fixed_text(HEAD + code) == HEAD + code


@pytest.mark.parametrize("code", SHOWN.values(), ids=SHOWN.keys())
def test_what_others_would_feel_is_only_shown(code):
    found = [each for each in findings(make_source(HEAD + code), all_rules()) if each.severity.rank]
    assert found
    assert {each.fix.applicability for each in found if each.fix} == {Applicability.DISPLAY}


def test_scores_that_are_read_later_keep_their_values():
    code = f"""{ATTEND}    {SCORES}
    w = F.softmax(s, dim=-1)
    w = w * mask
    return w @ v, s.pow(2).mean()
"""
    assert fixed_text(HEAD + code) == HEAD + code.replace(
        "F.softmax(s, dim=-1)\n    w = w * mask", 'F.softmax(s.masked_fill(mask == 0, float("-inf")), dim=-1)'
    )


def test_a_function_that_another_calls_rightly_is_scaled_where_it_is_called():
    code = """def scores(q, k):
    return q @ k.transpose(-2, -1)


def right(q, k, v):
    # q, k, v: [b, n, d]
    return torch.softmax(scores(q * q.shape[-1] ** -0.5, k), dim=-1) @ v


def wrong(q, k, v):
    # q, k, v: [b, n, d]
    return torch.softmax(scores(q, k), dim=-1) @ v
"""
    repaired = fixed_text(HEAD + code)
    assert repaired == HEAD + code.replace("scores(q, k), dim", "scores(q, k) / q.shape[-1] ** 0.5, dim")


def test_a_comment_behind_a_line_that_goes_stays():
    code = f"{ATTEND}    {SCORES}\n    w = s.softmax(-1)\n    w = w * mask  # hide the padding\n    return w @ v\n"
    assert "    # hide the padding\n" in fixed_text(HEAD + code)


def test_a_module_that_only_a_type_checker_imports_is_imported():
    code = """from typing import TYPE_CHECKING

from torch.nn import Linear, Module

if TYPE_CHECKING:
    import torch


class CausalAttention(Module):
    def __init__(self, d):
        super().__init__()
        self.q, self.k, self.v = Linear(d, d), Linear(d, d), Linear(d, d)

    def forward(self, x: "torch.Tensor"):
        s = self.q(x) @ self.k(x).transpose(1, 2) / x.size(-1) ** 0.5
        return s.softmax(-1) @ self.v(x)
"""
    repaired = fixed_text(code)
    assert "\nimport torch\n" in repaired
    assert "torch.ones_like(s, dtype=torch.bool).triu(1)" in repaired


UNSCALED = """class Encoder:
    def attend(self, q, k, v):
        # q, k, v: (batch, heads, seq, head_dim)
        {inside}s = q @ k.transpose(-2, -1)
        return torch.softmax(s, dim=-1) @ v
"""
RUN = "out = Encoder().attend(q, k, v)\n"
IMPORTED = {
    "above": f"import math\n{UNSCALED.format(inside='')}{RUN}",
    "below, before the call": f"{UNSCALED.format(inside='')}import math\n{RUN}",
    "in the function": f"{UNSCALED.format(inside='import math; ')}{RUN}",
    "only after the call": f"{UNSCALED.format(inside='')}{RUN}import math\n",
    "in another function": f"{UNSCALED.format(inside='')}def f():\n    import math\n    return math.pi\n{RUN}",
}


@pytest.mark.parametrize("name", IMPORTED)
def test_a_repair_uses_only_what_is_imported_by_then(name):
    fixed = fixed_text(f"import torch\n{IMPORTED[name]}")
    there = name in {"above", "below, before the call", "in the function"}
    assert ("math.sqrt(q.shape[-1])" if there else "q.shape[-1] ** 0.5") in fixed


AXIS_GIVEN = """def attend(q, k, v, dim):
    # q, k, v: (b, h, n, d)
    s = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    return torch.softmax(s, dim=dim) @ v


def run(x, which=2):
    return attend(x, x, x, 3), attend(x, x, x, {})
"""


@pytest.mark.parametrize(("given", "wanted"), [("2", "-1"), ("dim=2", "dim=-1"), ("-2", "-1"), ("which", "which")])
def test_an_axis_that_callers_give_is_set_where_it_is_wrong(given, wanted):
    assert fixed_text(HEAD + AXIS_GIVEN.format(given)) == HEAD + AXIS_GIVEN.format(wanted)


SPLIT = """        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, self.head_dim).unbind(2)
"""


def test_a_function_that_another_caller_gives_the_right_layout_is_repaired_by_the_author():
    text = f"""{HEAD}def attend(q, k, v):
    return F.scaled_dot_product_attention(q, k, v)


class Encoder(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads, self.head_dim = n_heads, d_model // n_heads
        self.qkv = nn.Linear(d_model, 3 * d_model)

    def forward(self, x):
{SPLIT}        return attend(q, k, v).reshape(B, T, C)


class Right(Encoder):
    def forward(self, x):
{SPLIT}        return attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2).reshape(B, T, C)
"""
    found = [each for each in findings(make_source(text), all_rules()) if each.code == "ATT003"]
    assert [each.fix.applicability for each in found] == [Applicability.DISPLAY]
    alone = text[: text.index("class Right")]
    assert "attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2)" in fixed_text(alone)


def test_what_binds_loosely_is_swapped_as_a_whole():
    text = f"""{HEAD}class Encoder(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads, self.head_dim = n_heads, d_model // n_heads
        self.qkv = nn.Linear(d_model, 3 * d_model)

    def forward(self, x, scaled=None):
{SPLIT}        y = F.scaled_dot_product_attention(q * 2 if scaled else q, k, v)
        return y.reshape(B, T, C)
"""
    assert "attention((q * 2 if scaled else q).transpose(1, 2), k.transpose(1, 2)" in fixed_text(text)
