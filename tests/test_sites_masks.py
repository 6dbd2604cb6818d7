"""What the masks of an attention are told to be: causal, padding, or not in sight."""

import pytest

from attnlint.analyse import findings
from attnlint.rule import all_rules
from attnlint.source import make_source

TORCH = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nimport numpy as np\n"
FILL = "s = s.masked_fill(m, float('-inf'))"


def attention(*lines, params="q, k, v"):
    body = ["B, T, D = q.shape", "s = q @ k.transpose(-2, -1) / D ** 0.5", *"\n".join(lines).splitlines()]
    text = "".join(f"    {line}\n" for line in body)
    return f"{TORCH}def attention({params}):\n{text}    return F.softmax(s, dim=-1) @ v\n"


def told(sites, code):
    """Causal, padding and unseen of everything that the scores are masked with."""
    (site,) = sites(code)
    infos = [use.info for use in site.masks if use.info.is_mask or use.info.unseen]
    return {
        name
        for name in ("causal", "padding", "unseen")
        if any(getattr(info, name) for info in infos)
    }  # fmt: skip


CAUSAL = [
    "m = torch.triu(torch.ones(T, T), 1).bool()", "m = torch.triu(torch.ones(T, T, dtype=torch.bool), diagonal=1)",
    "m = torch.tril(torch.ones(T, T)) == 0", "m = ~torch.ones(T, T).tril().bool()", "m = torch.ones(T, T).triu(1) == 1",
    "m = torch.arange(T)[None] > torch.arange(T)[:, None]", "i = torch.arange(T)\nm = i.view(-1, 1) < i.view(1, -1)",
    "i = torch.arange(T)\nm = (i[:, None] - i[None, :]) < 0", "m = torch.from_numpy(np.triu(np.ones((T, T)), k=1)) > 0",
    "m = torch.zeros(T, T, dtype=torch.bool)\nm[np.triu_indices(T, 1)] = True",
    "i, j = torch.triu_indices(T, T, 1)\nm = torch.zeros(T, T, dtype=torch.bool)\nm[i, j] = True",
    "m = torch.zeros(T, T)\nfor i in range(T):\n    m[i, i + 1:] = 1\nm = m.bool()",
    "m = torch.full((T, T), 1.0).triu(1).unsqueeze(0) == 1",
    "m = nn.Transformer.generate_square_subsequent_mask(T) < 0",
]  # fmt: skip


@pytest.mark.parametrize("lines", CAUSAL)
def test_causal_masks(sites, lines):
    assert told(sites, attention(lines, FILL)) == {"causal"}


@pytest.mark.parametrize(
    "use",
    [
        "s = s.masked_fill(m, -1e9)", "s.masked_fill_(m, -1e9)",
        "s = s.masked_fill(m.unsqueeze(0) == 1, float('-inf'))",
        "s = torch.where(m, -1e9, s)", "s[:, m] = -1e9", "s = s + m * -1e9", "s += m.float() * -1e9",
        "s = s.masked_fill(~(~m), -1e9)", "s = torch.masked_fill(s, m, -1e9)", "s = s - 1e9 * m",
        "s = s * (1 - m) - 1e9 * m", "s = torch.where(m.logical_not(), s, torch.tensor(-1e9))",
    ],
)  # fmt: skip
def test_however_a_mask_is_applied(sites, use):
    assert told(sites, attention("m = torch.triu(torch.ones(T, T), 1) == 1", use)) == {"causal"}


PADDING = [
    "m = (ids == 0)[:, None, :]", "m = (ids != pad).unsqueeze(1) == 0", "m = ~(ids.ne(0)).unsqueeze(-2)",
    "m = (torch.arange(T)[None, :] >= lengths[:, None])[:, None, :]", "m = key_padding_mask[:, None, :]",
    "m = padding_mask.unsqueeze(1)", "m = (src != 1).unsqueeze(-2) == 0", "pad_mask = ids.eq(0)\nm = pad_mask[:, None]",
]  # fmt: skip


@pytest.mark.parametrize("lines", PADDING)
def test_padding_masks(sites, lines):
    params = "q, k, v, ids, lengths, src, key_padding_mask, padding_mask, pad=0"
    assert told(sites, attention(lines, FILL, params=params)) == {"padding"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (f"m = mask\n{FILL}", {"unseen"}),
        (f"m = make_mask(q)\n{FILL}", {"unseen"}),
        ("if mask is not None:\n    s = s.masked_fill(mask == 0, -1e9)", {"unseen"}),
        ("s = s + mask", {"unseen"}),
        (f"m = causal_mask\n{FILL}", {"causal"}),
        (f"m = look_ahead_mask\n{FILL}", {"causal"}),
        ("m = (ids == 0)[:, None] | (torch.triu(torch.ones(T, T), 1) == 1)\n" + FILL, {"causal", "padding"}),
        ("m = (ids == 0)[:, None]\n" + FILL + "\ns = s + torch.full((T, T), -1e9).triu(1)", {"causal", "padding"}),
        (f"m = mask | (torch.triu(torch.ones(T, T), 1) == 1)\n{FILL}", {"causal", "unseen"}),
    ],
)
def test_masks_from_elsewhere_and_several_in_one(sites, lines, expected):
    params = "q, k, v, ids=None, mask=None, causal_mask=None, look_ahead_mask=None"
    assert told(sites, attention(lines, params=params)) == expected


@pytest.mark.parametrize(
    "lines", ["pass", "s = s + 1", "s = s * 2", "s = s - s.max(-1, keepdim=True).values", "s = s.clamp(-5, 5)"]
)
def test_what_is_no_mask(sites, lines):
    assert told(sites, attention(lines)) == set()


def test_a_mask_that_is_made_and_never_used(sites):
    assert told(sites, attention("m = torch.triu(torch.ones(T, T), 1) == 1")) == set()


def test_a_masked_fill_whose_result_is_dropped(sites):
    assert told(sites, attention("m = torch.triu(torch.ones(T, T), 1) == 1", "s.masked_fill(m, -1e9)")) == set()


@pytest.mark.parametrize(
    "init",
    [
        "self.register_buffer('bias', torch.tril(torch.ones(8, 8)))",
        "self.bias = nn.Parameter(torch.tril(torch.ones(8, 8)), requires_grad=False)",
        "self.bias = torch.tril(torch.ones(8, 8))",
        "mask = torch.ones(8, 8).tril()\n        self.register_buffer('bias', mask.view(1, 8, 8))",
    ],
)
def test_masks_of_a_module(sites, init):
    code = f"{TORCH}class Head(nn.Module):\n    def __init__(self, d):\n        super().__init__()\n        {init}\n"
    code += (
        "        self.key, self.query, self.value = (nn.Linear(d, d) for _ in range(3))\n    def forward(self, x):\n"
    )
    code += "        B, T, C = x.shape\n        s = self.query(x) @ self.key(x).mT\n"
    code += "        s = s.masked_fill(self.bias[..., :T, :T] == 0, float('-inf'))\n"
    assert told(sites, code + "        return F.softmax(s, dim=-1) @ self.value(x)\n") == {"causal"}


@pytest.mark.parametrize(
    ("call", "causal"),
    [
        ("F.scaled_dot_product_attention(q, k, v, attn_mask=torch.ones(3, 3).tril().bool())", True),
        ("F.scaled_dot_product_attention(q, k, v, torch.ones(3, 3).tril() == 1)", True),
        ("nn.MultiheadAttention(8, 2)(q, k, v, attn_mask=torch.ones(3, 3).triu(1).bool())", True),
        ("nn.TransformerEncoderLayer(8, 2)(q, src_mask=torch.ones(3, 3).triu(1).bool())", True),
        ("F.scaled_dot_product_attention(q, k, v, attn_mask=(ids != 0)[:, None, None])", False),
    ],
)
def test_masks_given_to_fused_attention_and_layers(sites, call, causal):
    (site,) = sites(f"{TORCH}def f(q, k, v, ids):\n    return {call}\n")
    assert [use.info.causal for use in site.masks] == [causal]


def test_a_helpers_mask(sites):
    code = attention("m = future(T)", FILL)
    helper = "def future(n):\n    return torch.triu(torch.ones(n, n), diagonal=1).bool()\n"
    assert told(sites, code.replace("def attention", helper + "def attention")) == {"causal"}


def test_a_mask_that_the_caller_makes(sites):
    code = attention("s = s.masked_fill(mask == 0, -1e9)", params="q, k, v, mask")
    code += "def model(x):\n    n = x.shape[1]\n    return attention(x, x, x, torch.tril(torch.ones(n, n)))\n"
    assert told(sites, code) == {"causal"}


PACKED = """
def pack(hidden_states, n_rep):
    if hidden_states is None or hidden_states.shape[1] == 1:
        return hidden_states
    batch, num_heads, _, dim = hidden_states.shape
    return hidden_states.reshape(batch, num_heads // n_rep, n_rep, dim)


class Attention(nn.Module):
    def __init__(self, d_model, num_heads, n_rep):
        super().__init__()
        self.num_heads, self.n_rep = num_heads, n_rep
        self.kv_heads = num_heads // n_rep
        self.head_dim = d_model // num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, self.kv_heads * self.head_dim)
        self.v_proj = nn.Linear(d_model, self.kv_heads * self.head_dim)

    def forward(self, query, memory, attention_mask=None):
        batch = query.shape[0]
        query = self.q_proj(query).view(batch, -1, self.num_heads, self.head_dim).transpose(1, 2)
        key = self.k_proj(memory).view(batch, -1, self.kv_heads, self.head_dim).transpose(1, 2)
        value = self.v_proj(memory).view(batch, -1, self.kv_heads, self.head_dim).transpose(1, 2)
        if query.shape[2] == 1:
            query = pack(query, self.n_rep)
            attention_mask = %s
        return F.scaled_dot_product_attention(query, key, value, attn_mask=attention_mask)
"""


@pytest.mark.parametrize(
    ("mask", "fits"),
    [
        ("pack(attention_mask, self.n_rep)", True),
        ("torch.ones(batch, self.kv_heads, self.n_rep, self.head_dim).bool()", False),
    ],
)
def test_a_mask_is_not_judged_by_what_a_function_of_any_tensor_calls_its_axes(mask, fits):
    """The last axis of a mask that is packed as the queries are is still that of the keys."""
    source = make_source(TORCH + PACKED % mask, "attention.py")
    found = str(findings(source, all_rules()))
    assert ("mask-shape-mismatch" in found) is not fits


PREFIX = """
class CausalPrefixAttention(nn.Module):
    def __init__(self, dim, prompts):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.prompts = nn.Parameter(torch.zeros(prompts, dim))
        self.prompt_kv_cache = None

    def forward(self, x):
        q = self.q(x)
        {keys}
        return F.scaled_dot_product_attention(q, k, v, torch.ones(x.shape[1], k.shape[1], dtype=torch.bool))
"""


@pytest.mark.parametrize(
    "keys", ["k, v = self.k(self.prompts[None]), self.v(self.prompts[None])", "k, v = self.prompt_kv_cache"]
)
def test_a_learned_prefix_has_no_future(keys):
    source = make_source(TORCH + PREFIX.replace("{keys}", keys))
    assert findings(source, all_rules()) == []


def test_the_same_words_about_their_own_tokens_have_one():
    source = make_source(TORCH + PREFIX.replace("{keys}", "k, v = self.k(x), self.v(x)"))
    assert [each.name for each in findings(source, all_rules())] == ["missing-causal-mask"]


def test_a_softmax_out_of_sight_may_use_the_mask_that_it_is_given(sites):
    body = "self._masked_softmax(q @ k.transpose(-2, -1) / 8, {})"
    code = "class Attention(Base):\n    def forward(self, q, k, v, mask=None):\n        return " + body + " @ v\n"
    assert told(sites, code.format("mask")) == {"unseen"}
    assert told(sites, code.format("None")) == set()


def test_a_decoder_whose_softmax_is_given_a_mask_is_not_open():
    code = (
        "class DecoderAttention(Base):\n    def forward(self, q, k, v, mask=None):\n"
        "        w = self._masked_softmax(q @ k.transpose(-2, -1) / 8, {})\n        return w @ v\n"
        "class Block(nn.Module):\n    def __init__(self):\n        self.attn = DecoderAttention()\n"
        "    def forward(self, inputs):\n        x, mask = inputs[:2]\n        return self.attn(x, x, x, mask)\n"
    )

    def grave(mask):
        found = findings(make_source(TORCH + "from base import Base\n" + code.format(mask)), all_rules())
        return [each.name for each in found if each.severity.rank]

    assert grave("mask") == []
    assert grave("None") == ["missing-causal-mask"]
