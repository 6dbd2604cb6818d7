"""What is recognised as attention, and what is told of it."""

import pytest

from attnlint.attention.scale import scaling

NUMPY = "import numpy as np\n"
TORCH = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"

# Ten ways to write a softmax over the last axis in NumPy.
SOFTMAXES = {
    "in one line": "w = np.exp(s) / np.exp(s).sum(axis=-1, keepdims=True)",
    "with a name": "e = np.exp(s)\nw = e / e.sum(axis=-1, keepdims=True)",
    "stable": "e = np.exp(s - s.max(axis=-1, keepdims=True))\nw = e / e.sum(axis=-1, keepdims=True)",
    "np.sum and np.max": "e = np.exp(s - np.max(s, axis=-1, keepdims=True))\nw = e / np.sum(e, axis=-1, keepdims=True)",
    "in place": "s = s - s.max(-1, keepdims=True)\nnp.exp(s, out=s)\ns /= s.sum(-1, keepdims=True)\nw = s",
    "augmented": "s -= s.max(-1, keepdims=True)\ne = np.exp(s)\ne /= e.sum(-1, keepdims=True)\nw = e",
    "new axis behind the sum": "e = np.exp(s)\nw = e / e.sum(axis=-1)[..., None]",
    "expand_dims": "e = np.exp(s)\nw = e / np.expand_dims(e.sum(-1), -1)",
    "np.divide": "e = np.exp(s)\nw = np.divide(e, np.sum(e, axis=-1, keepdims=True))",
    "with an epsilon": "e = np.exp(s)\nw = e / (e.sum(-1, keepdims=True) + 1e-9)",
    "masked": "e = np.exp(s) * m\nw = e / e.sum(-1, keepdims=True)",
    "np.amax": "e = np.exp(np.subtract(s, np.amax(s, -1, keepdims=True)))\nw = e / np.sum(e, -1, keepdims=True)",
    "a helper": "def f(x, axis=-1):\n    e = np.exp(x)\n    return e / e.sum(axis=axis, keepdims=True)\nw = f(s)",
    "scipy": "from scipy.special import softmax\nw = softmax(s, axis=-1)",
    "scipy's module": "import scipy.special\nw = scipy.special.softmax(s, axis=-1)",
    "an unseen helper": "from utils import softmax\nw = softmax(s, axis=-1)",
    "by logsumexp": "z = np.log(np.sum(np.exp(s), axis=-1, keepdims=True))\nw = np.exp(s - z)",
    "by scipy's logsumexp": "from scipy.special import logsumexp\nw = np.exp(s - logsumexp(s, axis=-1, keepdims=True))",
    "by log_softmax": "from scipy.special import log_softmax\nw = np.exp(log_softmax(s, axis=-1))",
}  # fmt: skip


def script(softmax, shape="(2, 4, 5)"):
    lines = f"q = np.random.randn{shape}\nk = np.random.randn{shape}\nv = np.random.randn{shape}\n"
    return f"{NUMPY}{lines}m = np.ones((4, 4))\ns = q @ k.swapaxes(-1, -2)\n{softmax}\nout = w @ v\n"


@pytest.mark.parametrize("name", SOFTMAXES)
def test_a_softmax_that_is_written_out(sites, name):
    (site,) = sites(script(SOFTMAXES[name]))
    assert site.kind == "written"
    assert site.roles == ("q", "k")
    assert len(site.mixes) == 1
    assert site.softmax.axes is not None
    (axis,) = site.softmax.axes
    # The scores' columns are the keys.
    assert axis.same(site.product.output.axes[-1])
    assert site.softmax.keeps
    assert not site.softmax.whole


@pytest.mark.parametrize(
    "lines", ["e = np.exp(s)\nw = e / e.sum(axis=-1)", "w = np.exp(s - np.log(np.exp(s).sum(-1)))"]
)
def test_a_sum_that_loses_its_axis(sites, lines):
    (site,) = sites(script(lines))
    assert not site.softmax.keeps


def test_a_sum_over_everything(sites):
    (site,) = sites(script("e = np.exp(s)\nw = e / e.sum()"))
    assert site.softmax.whole
    assert site.softmax.axes is None


@pytest.mark.parametrize(
    ("subtract", "stable"), [("- s.max(-1, keepdims=True)", True), ("- s.max()", True), ("", False)]
)
def test_whether_it_is_stable(sites, subtract, stable):
    (site,) = sites(script(f"e = np.exp(s {subtract})\nw = e / e.sum(-1, keepdims=True)"))
    assert site.softmax.stable is stable


@pytest.mark.parametrize(
    "line",
    [
        "w = F.softmax(s, dim=-1)", "w = torch.softmax(s, -1)", "w = s.softmax(dim=-1)", "w = nn.Softmax(dim=-1)(s)",
        "w = nn.functional.softmax(s, -1)", "w = torch.exp(F.log_softmax(s, -1))", "w = s.log_softmax(-1).exp()",
        "w = torch.exp(s - torch.logsumexp(s, -1, keepdim=True))", "w = F.softmax(s.float(), dim=-1).type_as(s)",
        "e = torch.exp(s)\n    w = e / e.sum(-1, keepdim=True)", "w = nn.Dropout(0.1)(F.softmax(s, -1))",
    ],
)  # fmt: skip
def test_the_softmaxes_of_torch(sites, line):
    code = f"{TORCH}def attention(q, k, v):\n    s = q @ k.transpose(-2, -1)\n    {line}\n    return w @ v\n"
    (site,) = sites(code)
    assert site.softmax is not None
    assert len(site.mixes) == 1


@pytest.mark.parametrize(
    "line",
    [
        "s = q @ k.mT", "s = torch.matmul(q, k.transpose(-1, -2))", "s = torch.bmm(q, k.transpose(1, 2))",
        "s = torch.einsum('bqd,bkd->bqk', q, k)", "s = einsum(q, k, 'b q d, b k d -> b q k')",
        "s = torch.baddbmm(torch.zeros(1), q, k.transpose(1, 2))", "s = q.matmul(k.permute(0, 2, 1))",
    ],
)  # fmt: skip
def test_the_products_of_query_and_key(sites, line):
    code = f"{TORCH}from einops import einsum\ndef attention(q, k, v):\n    {line}\n    return F.softmax(s, -1) @ v\n"
    (site,) = sites(code)
    assert site.roles == ("q", "k")
    assert site.product is not None


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("F.scaled_dot_product_attention(q, k, v)", "fused"),
        ("torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)", "fused"),
        ("nn.MultiheadAttention(8, 2)(q, k, v)", "layer"),
        ("nn.TransformerEncoderLayer(8, 2)(q)", "layer"),
        ("nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 3)(q)", "layer"),
        ("nn.TransformerDecoderLayer(8, 2)(q, k)", "layer"),
    ],
)
def test_fused_attention_and_layers(sites, line, kind):
    (site,) = sites(f"{TORCH}def attention(q, k, v):\n    return {line}\n")
    assert site.kind == kind
    assert site.query is not None
    assert site.key is not None


def test_a_function_of_ones_own_by_the_fused_ops_name(sites):
    code = f"{TORCH}def scaled_dot_product_attention(q, k, v):\n    return F.softmax(q @ k.mT, -1) @ v\n"
    (site,) = sites(code + "def f(q, k, v):\n    return scaled_dot_product_attention(q, k, v)\n")
    assert site.kind == "written"


NOT_ATTENTION = {
    "class logits": "return F.softmax(nn.Linear(8, 3)(x), -1)",
    "a router of experts": "g = F.softmax(nn.Linear(8, 4)(x), dim=-1)\nw, i = g.topk(2, dim=-1)\nreturn w * x[..., :2]",
    "additive attention": "q, k = nn.Linear(8, 8)(x), nn.Linear(8, 8)(x)\n"
    "e = nn.Linear(8, 1)(torch.tanh(q.unsqueeze(2) + k.unsqueeze(1))).squeeze(-1)\nreturn F.softmax(e, -1) @ x",
    "attention pooling": "a = F.softmax(nn.Linear(8, 1)(x), dim=1)\nreturn (a * x).sum(1)",
    "linear attention": "q, k, v = x, x, x\nk = F.softmax(k, dim=1)\nreturn q @ (k.transpose(1, 2) @ v)",
    "a squeeze and excitation": "s = x.mean(1)\nreturn x * torch.sigmoid(nn.Linear(8, 8)(s)).unsqueeze(1)",
    "a loss": "return F.cross_entropy(nn.Linear(8, 3)(x).transpose(1, 2), y)",
    "a mean": "return x / x.sum(-1, keepdim=True)",
    "a sampled token": "return torch.multinomial(F.softmax(nn.Linear(8, 100)(x)[:, -1] / t, -1), 1)",
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ATTENTION)
def test_what_is_no_dot_product_attention(sites, name):
    body = NOT_ATTENTION[name].replace("\n", "\n    ")
    assert sites(f"{TORCH}def f(x, y=None, t=1.0):\n    {body}\n") == []


def test_slot_attention_normalises_over_its_queries(sites):
    code = f"{TORCH}def slots(q, k, v):\n    s = q @ k.mT * q.shape[-1] ** -0.5\n    a = F.softmax(s, dim=-2)\n"
    (site,) = sites(code + "    a = a / a.sum(-1, keepdim=True)\n    return a @ v\n")
    (axis,) = site.softmax.axes
    assert axis.same(site.product.output.axes[-2])
    assert len(site.mixes) == 1


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        ("q k v", ("q", "k")), ("query key value", ("q", "k")), ("Q K V", ("q", "k")), ("xq xk xv", ("q", "k")),
        ("queries keys values", ("q", "k")), ("a b c", ("", "")), ("k q v", ("k", "q")), ("q x c", ("q", "")),
    ],
)  # fmt: skip
def test_roles_by_name(sites, names, roles):
    one, other, third = names.split()
    code = f"{TORCH}def f({one}, {other}, {third}):\n    return F.softmax({one} @ {other}.mT, -1) @ {third}\n"
    (site,) = sites(code)
    assert site.roles == roles


def test_roles_by_projection(sites):
    code = f"{TORCH}class Attention(nn.Module):\n    def __init__(self, d):\n        super().__init__()\n"
    code += (
        "        self.query, self.key, self.value = (nn.Linear(d, d) for _ in range(3))\n    def forward(self, x):\n"
    )
    code += "        a, b, c = self.query(x), self.key(x), self.value(x)\n        return F.softmax(a @ b.mT, -1) @ c\n"
    (site,) = sites(code)
    assert site.roles == ("q", "k")


@pytest.mark.parametrize(
    "mix", ["w @ v", "torch.matmul(w, v)", "torch.einsum('bqk,bkd->bqd', w, v)", "torch.bmm(w, v)", "(v.mT @ w.mT).mT"]
)
def test_the_mix_contracts_the_keys(sites, mix):
    (site,) = sites(f"{TORCH}def f(q, k, v):\n    w = F.softmax(torch.bmm(q, k.mT), -1)\n    return {mix}\n")
    assert len(site.mixes) == 1
    (axis,) = site.mixed_axes
    assert axis.same(site.softmax.axes[0])


def test_weights_that_are_looked_at_and_not_mixed(sites):
    (site,) = sites(f"{TORCH}def f(q, k):\n    return F.softmax(q @ k.mT, -1)\n")
    assert site.mixes == []


SCALES = [
    "s = q @ k.mT / math.sqrt(q.shape[-1])", "s = q @ k.mT / q.size(-1) ** 0.5", "s = q @ k.mT * q.size(-1) ** -0.5",
    "s = q @ k.mT / np.sqrt(d)", "s = q @ k.mT * d ** -0.5", "s = q @ k.mT / torch.sqrt(torch.tensor(d))",
    "s = q @ k.mT * (1.0 / math.sqrt(d))", "s = (q / math.sqrt(d)) @ k.mT", "q = q * d ** -0.5\n    s = q @ k.mT",
    "s = q @ (k * d ** -0.5).mT", "s = (q * d ** -0.25) @ (k * d ** -0.25).mT", "s = q @ k.mT\n    s = s / d ** 0.5",
    "s = q @ k.mT\n    s /= 8", "s = (q @ k.mT).div(d ** 0.5)", "s = (q @ k.mT).mul_(0.125)",
    "s = torch.div(q @ k.mT, 8)",
    "s = (q @ k.mT).masked_fill(m, -1e9) / d ** 0.5", "scale = d ** -0.5\n    s = q @ k.mT * scale",
    "s = torch.baddbmm(m, q, k.mT, beta=0, alpha=d ** -0.5)", "q = F.normalize(q, dim=-1)\n    s = q @ k.mT",
    "s = torch.einsum('bqd,bkd->bqk', q, k) / d ** 0.5", "s = q @ k.mT * math.pow(d, -0.5)", "s = q @ k.mT / 8.0",
    "s = q @ k.mT * t", "s = q @ k.mT / torch.rsqrt(torch.tensor(d))", "s = (q @ k.mT) / pow(d, 0.5)",
]  # fmt: skip


@pytest.mark.parametrize("line", SCALES)
def test_scales_wherever_they_stand(sites, line):
    code = f"import math\nimport numpy as np\n{TORCH}t = nn.Parameter(torch.ones(1))\n"
    code += f"def f(q, k, v, m, d=64):\n    {line}\n    return F.softmax(s, -1) @ v\n"
    (site,) = sites(code)
    assert scaling(site) is not None


@pytest.mark.parametrize(
    "line", ["s = q @ k.mT", "s = (q @ k.mT).masked_fill(m, -1e9)", "s = q @ k.mT + m", "s = (q + b) @ k.mT"]
)
def test_no_scale(sites, line):
    code = f"{TORCH}def f(q, k, v, m, b):\n    {line}\n    return F.softmax(s, -1) @ v / 2\n"
    (site,) = sites(code)
    assert scaling(site) is None


@pytest.mark.parametrize(
    ("imported", "used"),
    [
        ("from torch.nn.functional import softmax as normalise", "normalise(s, dim=-1)"),
        ("from torch import exp", "exp(s) / exp(s).sum(-1, keepdim=True)"),
    ],
)
def test_a_softmax_by_another_name_is_one(sites, imported, used):
    (site,) = sites(f"{imported}\n\n\ndef mix(q, k, v):\n    s = q @ k.transpose(-2, -1)\n    return {used} @ v\n")
    assert site.kind == "written"
