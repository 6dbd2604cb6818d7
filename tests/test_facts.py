"""What is known before a rule speaks: small codes whose lines say what must be found on them, and nothing else."""

import re

import pytest

from attnlint.analyse import findings
from attnlint.diagnostic import Severity
from attnlint.rule import all_rules
from attnlint.source import make_source

EXPECT = re.compile(r"# expect: ([\w-]+)")
HEAD = "import torch\nimport torch.nn.functional as F\n"
SCORES = "    s = q @ k.mT * q.shape[-1] ** -0.5\n"


def expected(code):
    return [(row, name) for row, line in enumerate(code.splitlines(), 1) for name in EXPECT.findall(line)]


def found(code):
    """What is wrong in a code, by row; questions are left out."""
    told = findings(make_source(code), all_rules())
    return sorted((each.span.row, each.name) for each in told if each.severity is not Severity.INFO)


def four(name, *more):
    return f"{HEAD}def {name}({', '.join(('q', 'k', 'v', *more))}):  # q, k, v: (b, h, n, d)\n"


MIXED = {
    "heads of the weights": four("f", "post")
    + SCORES
    + "    a = s.softmax(-1)\n    a = torch.einsum('bhij,hg->bgij', a, post)\n    return a @ v\n",
    "heads of scores and weights": four("f", "pre", "post")
    + SCORES
    + "    s = torch.einsum('bhij,hg->bgij', s, pre)\n    a = s.softmax(-1)\n"
    + "    a = torch.einsum('bhij,hg->bgij', a, post)\n    return torch.einsum('bhij,bhjd->bhid', a, v)\n",
    "heads by a product": four("f", "post")
    + SCORES
    + "    a = (s.softmax(-1).permute(0, 2, 3, 1) @ post).permute(0, 3, 1, 2)\n    return a @ v\n",
    "heads, with the queries' axis": four("f", "post")
    + SCORES
    + "    a = s.softmax(-2)  # expect: softmax-wrong-axis\n"
    + "    a = torch.einsum('bhij,hg->bgij', a, post)\n    return a @ v\n",
    "heads of the scores, with the queries' axis": four("f", "pre", "post")
    + SCORES
    + "    s = torch.einsum('bhij,hg->bgij', s, pre)\n    a = s.softmax(-2)  # expect: softmax-wrong-axis\n"
    + "    a = torch.einsum('bhij,hg->bgij', a, post)\n    return a @ v\n",
    "weights of tokens": four("f", "tok_w")
    + SCORES
    + "    a = s.softmax(-1)\n    return a @ v, torch.einsum('bhij,bi->bhj', a, tok_w)\n",
    "weights of tokens alone": four("f", "tok_w")
    + SCORES
    + "    a = s.softmax(-1)\n    return torch.einsum('bhij,i->bhj', a, tok_w)\n",
    "values by the queries' axis": four("f")
    + SCORES
    + "    a = s.softmax(-1)  # expect: softmax-wrong-axis\n    return torch.einsum('bhij,bhid->bhjd', a, v)\n",
}


@pytest.mark.parametrize("name", MIXED)
def test_what_multiplies_weights_is_not_always_the_values(name):
    assert found(MIXED[name]) == expected(MIXED[name])


ATTENTIONS = """import math
import torch
def attention(q, k, v):
    # q, k, v: (batch, heads, seq, head_dim)
    return torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), -1) @ v
def attention2d(q, k, v):
    # q, k, v: (seq, dim)
    return torch.softmax(q @ k.T / math.sqrt(q.shape[-1]), -1) @ v
def documented(q, k, v):
    \"\"\"Attend.

    q, k, v: (batch, heads, seq, head_dim)
    \"\"\"
    return torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), -1) @ v
"""
CALLED = {
    "an early return": """def run(q, k, v, batched):
    if batched:
        return attention(q, k, v)
    return attention2d(q, k, v)
""",
    "an else": """def run(q, k, v, batched):
    if batched:
        out = attention(q, k, v)
    else:
        out = attention2d(q, k, v)
    return out
""",
    "a ternary": "def run(q, k, v, b):\n    return attention(q, k, v) if b else attention2d(q, k, v)\n",
    "a script": "if b:\n    o = attention(q, k, v)\nelse:\n    o = attention2d(q, k, v)\n",
    "a script's own": "q, k, v = load()\nif b:\n    o = attention(q, k, v)\nelse:\n    o = attention2d(q, k, v)\n",
    "one entry and head": "def run(q, k, v):\n    attention(q, k, v)\n    attention2d(q[0, 0], k[0, 0], v[0, 0])\n",
    "the caller's own": """def run(q, k, v, batched):
    if batched:
        return documented(q, k, v)
    return torch.softmax(q @ k.T / math.sqrt(q.shape[-1]), -1) @ v
""",
    "the caller's own, wrong in the other": """def wrong(q, k, v):
    # q, k, v: (batch, heads, seq, head_dim)
    return torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), dim=1) @ v  # expect: softmax-wrong-axis
def run(q, k, v, batched):
    if batched:
        return wrong(q, k, v)
    return torch.softmax(q @ k.T / math.sqrt(q.shape[-1]), -1) @ v
""",
}


@pytest.mark.parametrize("name", CALLED)
def test_what_one_function_says_of_its_parameters_is_not_another_s(name):
    assert found(ATTENTIONS + CALLED[name]) == expected(ATTENTIONS + CALLED[name])


SAID_AGAIN = {
    "another rank": """import torch
# Q, K, V: [batch, seq, d_k]
scores = torch.bmm(Q, K.transpose(1, 2)) / d_k ** 0.5
out = torch.bmm(torch.softmax(scores, dim=-1), V)

# Q, K, V: [seq, d_k]
scores = Q @ K.T / d_k ** 0.5
attn = torch.softmax(scores, dim=1)
""",
    "another rank, with the queries' axis": """import torch
# Q, K, V: [batch, seq, d_k]
scores = torch.bmm(Q, K.transpose(1, 2)) / d_k ** 0.5
out = torch.bmm(torch.softmax(scores, dim=-1), V)

# Q, K, V: [seq, d_k]
scores = Q @ K.T / d_k ** 0.5
attn = torch.softmax(scores, dim=0)  # expect: softmax-wrong-axis
""",
    "features first": """import torch
dots = torch.einsum('bid,bjd->bij', q, k) * scale
out = dots.softmax(dim=-1) @ v

# q: (D, N), k: (D, M), v: (D, M)
a = torch.softmax(q.T @ k / q.shape[0] ** 0.5, dim=-1)
o = v @ a.T
""",
    "scores of nobody knows what": """from scipy.special import softmax
def weigh(x):
    scores = compute(x)
    # scores: [batch, heads, q_len, k_len]
    return softmax(scores, axis=-2)  # expect: softmax-wrong-axis
""",
    "scores with the keys in front": """from scipy.special import softmax
def weigh(x):
    scores = compute(x)
    # scores: [batch, heads, k_len, q_len]
    return softmax(scores, axis=-2)
""",
    "scores of classes": """from scipy.special import softmax
def classify(x):
    scores = compute(x)
    # scores: [batch, classes]
    return softmax(scores, axis=0)
""",
}


@pytest.mark.parametrize("name", SAID_AGAIN)
def test_a_comment_may_speak_of_another_tensor_of_the_name(name):
    assert found(SAID_AGAIN[name]) == expected(SAID_AGAIN[name])


FEATURE_FIRST = "import numpy as np\n{imports}S = K.T @ Q / np.sqrt(D_q)\nA = {softmax}(S)\nout = V @ A\n"


@pytest.mark.parametrize(
    "softmax", ["softmax_cols", "softmax_columns", "softmax_axis0", "softmax2d", "softmax_over_keys"]
)
@pytest.mark.parametrize("imports", ["", "from mine import {}\n"])
def test_a_softmax_that_is_called_by_its_axis_has_no_default(softmax, imports):
    assert found(FEATURE_FIRST.format(imports=imports.format(softmax), softmax=softmax)) == []


@pytest.mark.parametrize("softmax", ["softmax", "stable_softmax", "softmax_stable", "softmax_np"])
def test_a_softmax_that_is_called_by_no_axis_has_the_last(softmax):
    code = FEATURE_FIRST.format(imports="", softmax=softmax)
    assert found(code) == [(3, "softmax-wrong-axis")]


LUONG = {
    "torch": "def f(dec, enc):\n    w = torch.softmax(torch.einsum('bd,sbd->sb', dec, enc), dim=0)\n"
    "    return torch.einsum('sb,sbd->bd', w, enc)\n",
    "states first": "def f(dec, enc):\n    w = torch.softmax(torch.einsum('bsd,bd->bs', enc, dec), dim=-1)\n"
    "    return torch.einsum('bs,bsd->bd', w, enc)\n",
    "a product": "def f(dec, enc):\n    # dec: (batch, dim); enc: (batch, seq, dim)\n"
    "    w = torch.softmax(torch.bmm(enc, dec.unsqueeze(2)).squeeze(2), dim=-1)\n"
    "    return torch.bmm(w.unsqueeze(1), enc).squeeze(1)\n",
    "a Keras layer": """import tensorflow as tf
class LuongAttention(tf.keras.layers.Layer):
    def call(self, query, values):
        scores = tf.matmul(tf.expand_dims(query, 1), values, transpose_b=True)
        return tf.matmul(tf.nn.softmax(scores, axis=-1), values)
""",
    "Keras' dots": """from tensorflow import keras
class LuongAttention(keras.layers.Layer):
    def call(self, dec, enc):
        scores = keras.layers.Dot(axes=(1, 2))([dec, enc])
        return keras.layers.Dot(axes=(1, 1))([keras.layers.Softmax()(scores), enc])
""",
    "values of their own": "def f(query, keys, values):\n"
    "    s = torch.einsum('bd,bsd->bs', query, keys)  # expect: missing-scale\n"
    "    return torch.einsum('bs,bsd->bd', torch.softmax(s, dim=-1), values)\n",
    "many queries": "def f(query, values):\n"
    "    s = torch.einsum('bqd,bsd->bqs', query, values)  # expect: missing-scale\n"
    "    return torch.einsum('bqs,bsd->bqd', torch.softmax(s, dim=-1), values)\n",
}


@pytest.mark.parametrize("name", LUONG)
def test_the_dot_attention_between_states_has_no_scale(name):
    code = HEAD + LUONG[name]
    assert found(code) == expected(code)


WRONG = """def attention(q, k, v):
    # q, k, v: (batch, heads, seq, head_dim)
    s = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    return torch.softmax(s, dim=-2) @ v  # expect: softmax-wrong-axis
"""
WRONG_CLASS = """class Attn:
    def forward(self, q, k, v):
        # q, k, v: (batch, heads, seq, head_dim)
        s = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        return torch.softmax(s, dim=-2) @ v  # expect: softmax-wrong-axis
"""


def inside(code):
    return "".join(f"    {line}\n" for line in code.splitlines())


BOUND_AGAIN = {
    "tried": f"{WRONG}try:\n    from fast_attn import attention\nexcept ImportError:\n    pass\n",
    "none": f"{WRONG}attention = None\n",
    "compiled": f"{WRONG}attention = torch.compile(attention)\ndef f(x):\n    return attention(x, x, x)\n",
    "imported": f"{WRONG_CLASS}from attn import Attn\nout = Attn()(x, x, x)\n",
    "deleted": f"{WRONG_CLASS}del Attn\n",
    "a fallback": f"try:\n    from fast_attn import attention\nexcept ImportError:\n{inside(WRONG)}",
    "two in a condition": f"if torch.cuda.is_available():\n{inside(WRONG)}else:\n{inside(WRONG)}",
}


@pytest.mark.parametrize("name", BOUND_AGAIN)
def test_a_definition_is_judged_whatever_its_name_means_afterwards(name):
    code = HEAD + BOUND_AGAIN[name]
    assert found(code) == expected(code)


@pytest.mark.parametrize("transposed", ["K.transpose()", "K.T"])
@pytest.mark.parametrize("head", ["import numpy as np\n", ""])
@pytest.mark.parametrize(("shape", "right"), [("(b, n, d)", False), ("(n, d)", True)])
def test_a_transpose_without_axes_reverses_all(transposed, head, shape, right):
    lines = f"# Q, K, V: {shape}\n    return softmax(Q @ {transposed} / d ** 0.5) @ V\n"
    code = f"{head}def attention(Q, K, V, d):\n    {lines}"
    assert [name for _, name in found(code)] == ([] if right else ["wrong-qk-transpose"])


@pytest.mark.parametrize("dim", [-1, 2])
@pytest.mark.parametrize(
    "said", ["# q, k, v: [batch heads seq d]", '"""Attend.\n\n    q, k, v: [batch heads seq d]\n    """']
)
def test_a_shape_without_commas_is_read(said, dim):
    wrong = "" if dim == -1 else "  # expect: softmax-wrong-axis"
    lines = f"    s = q @ k.mT / q.shape[-1] ** 0.5\n    return torch.softmax(s, dim={dim}) @ v{wrong}\n"
    code = f"{HEAD}def f(q, k, v):\n    {said}\n{lines}"
    assert found(code) == expected(code)


def test_a_sketch_of_what_a_layer_gives_takes_nothing_back(shapes):
    """As in multi-query attention over images: the comment joins the axes that the next line joins."""
    code = """class Attention(nn.Module):
    def forward(self, x):
        B, C, H, W = x.shape
        k = self.key(x)
        # output shape of k: [b, k, p], p = m x m
        s = k.shape
        k = k.reshape(s[0], s[1], -1).transpose(1, 2)
        # desired k shape: [b, m x m, k]
"""
    found = shapes(code, "k")
    assert found.startswith("[B (H ")
    assert found.endswith(" C]")


def test_a_sketch_beside_a_layer_that_hands_on_its_input_is_no_word_about_that(shapes):
    code = """class Attention(nn.Module):
    def __init__(self):
        self.key = nn.Sequential()

    def forward(self, x):
        B, C, H, W = x.shape
        k = self.key(x)
        # output shape of k: [b, k, p], p = m x m
        k = k.transpose(2, 3)
"""
    assert shapes(code, "k") == "[B C W H]"


MASKED = f"""{HEAD}import torch.nn as nn
class CausalSelfAttention(nn.Module):
    def __init__(self, d, h, n):
        super().__init__()
        self.h = h
        self.qkv = nn.Linear(d, 3 * d)
        self.register_buffer("mask", torch.tril(torch.ones(n, n)).bool())
        self.register_buffer("future", torch.triu(torch.ones(n, n), diagonal=1).bool())
    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.h, C // self.h).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        s = q @ k.transpose(-2, -1) * (C // self.h) ** -0.5
        mask, future = self.mask[:T, :T], self.future[:T, :T]
        {{}}
        return (torch.softmax(s, -1) @ v).transpose(1, 2).reshape(B, T, C)
"""
BLOCKS = {
    "s = s.masked_fill(~mask, float('-inf'))": "",
    "s.masked_fill_(~mask, float('-inf'))": "",
    "s = s.masked_fill(future, float('-inf'))": "",
    "s = s.masked_fill(mask == 0, -1e9)": "",
    "s = torch.where(mask, s, float('-inf'))": "",
    "s = s.masked_fill(torch.tril(torch.ones(T, T), -1).bool(), float('-inf'))": "",
    "s.masked_fill(~mask, float('-inf'))": "lost",
    "torch.where(mask, s, float('-inf'))": "lost",
    "s = s.masked_fill(mask, float('-inf'))": "wrong way round",
    "s = s.masked_fill(~future, -1e9)": "wrong way round",
    "s = s.masked_fill(mask != 0, -1e9)": "wrong way round",
    "s = torch.where(mask, float('-inf'), s)": "wrong way round",
    "s = s.masked_fill(~mask, 0)": "fills the scores with 0",
    "s = s.masked_fill(future, 0.0)": "fills the scores with 0",
}


@pytest.mark.parametrize("line", BLOCKS)
def test_a_causal_mask_that_blocks_nothing_is_none(line):
    told = findings(make_source(MASKED.format(line)), all_rules())
    assert [each.name for each in told] == (["missing-causal-mask"] if BLOCKS[line] else [])
    assert all(BLOCKS[line] in each.message and each.severity is Severity.WARNING for each in told)


def test_weights_in_a_product_of_three_go_where_they_are_not_followed():
    code = (
        f"{four('f', 'gate')}{SCORES}    a = s.softmax(-1)\n    return torch.einsum('bhij,bhjd,bi->bhid', a, v, gate)\n"
    )
    assert found(code) == []
