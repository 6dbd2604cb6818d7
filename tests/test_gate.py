"""The gate: lets every fragment of attention code pass, and stops code that is about something else."""

from pathlib import Path

import pytest

from attnlint.gate import WORDS, may_attend

FIXTURES = Path(__file__).parent.parent / "fixtures"

FRAGMENTS = [
    "scores = Q @ K.T / np.sqrt(d_k)",
    "scores = Q @ K.T",
    "scores = Q @ K",
    "scores = q @ k",
    "attn = softmax(scores)",
    "attn = softmax(scores, axis=-2)",
    "return attn @ V",
    "mask = create_causal_mask(seq_len)",
    "scores = scores + mask",
    "attn = attn * mask",
    "Q = Q.reshape(batch, seq, n_heads, 100)",
    "Q = Q.reshape(batch, seq, n_heads, d_k)",
    "output = heads.mean(axis=1)",
    "output = heads.transpose(0, 2, 1, 3)",
    "x = np.concatenate([embeddings, positions], axis=-1)",
    "x = torch.cat([tok_emb, pos_emb], dim=-1)",
    "K = self.project_k(new_token)",
    "k = self.k_proj(x)",
    "k = torch.cat([past_key, k], dim=1)",
    "y = F.scaled_dot_product_attention(q, k, v)",
    "self.attn = nn.MultiheadAttention(d, h)",
    "layer = nn.TransformerDecoderLayer(d, h)",
    "w = nn.Softmax(dim=1)(s)",
    "w = s.softmax(-1)",
    "w = np.exp(scores) / np.exp(scores).sum()",
    "y = xformers.ops.memory_efficient_attention(q, k, v)",
    "y = flash_attn_func(q, k, v)",
    "att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))",
    "w = w.masked_fill(torch.tril(ones) == 0, -inf)",
]


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_fragments_pass(fragment):
    assert may_attend(fragment.encode())


def test_every_bad_fixture_passes():
    every = [path for path in FIXTURES.glob("*/*.py") if not path.name.endswith(".fixed.py")]
    bad = [path for path in every if "# expect:" in path.read_text()]
    assert bad
    assert [path.name for path in bad if not may_attend(path.read_bytes())] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import os\nprint(os.getcwd())\n",
        "class Point:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n",
        "loss = ((prediction - target) ** 2).mean()\n",
        "def read_header(path):\n    with open(path) as file:\n        return file.readline().split(',')\n",
    ],
)
def test_other_code_is_stopped(text):
    assert not may_attend(text.encode())


def test_every_word_earns_its_place():
    for word in WORDS:
        assert not any(other in word for other in WORDS if other != word), f"{word!r} is covered by another word"
