"""The fixtures in the notation of einops at work, which are PyTorch's: how each is built and called, what is right."""

import numpy as np

from tests.proof import torch_others as others
from tests.proof.layers import CAUSAL, norm, projections, table
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.reference import linear, split
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH
from tests.proof.torch_cases import SMALL, step_of
from tests.proof.torch_kit import decoder, self_attention
from tests.proof.torch_models import of_ids

MEMORY = np.random.default_rng(3).normal(size=(BATCH, TOKENS, WIDTH))


def handed_on(layer):
    """A decoder whose caller holds the cache."""
    cache = [None]

    def step(x):
        out, cache[0] = layer.decode_step(x, cache[0])
        return out

    return step


def sets(model, ids):
    """The queries, keys and values of words to which their places are added."""
    x = norm(model.norm, table(model.token_emb)[ids] + table(model.pos_emb)[:TOKENS])
    return np.stack([split(linear(x, each), HEADS) for each in projections(model, "to_qkv")[:3]])


def cached(make_step):
    return decoder(make_step, "to_qkv", HEADS, build=lambda it: it.CachedAttention(**SMALL))


OVERWRITTEN = cached(step_of)
SETS = of_ids("SetEncoder", (12, WIDTH, HEADS, 9), sets)
GRAPH = self_attention("GraphAttention", (), "to_qkv", 6, x=others.WIDE[..., :300])
INNER = self_attention("GraphAttention", SMALL, "to_qkv | to_out", HEADS)
POINTS = self_attention("PointCloudAttention", SMALL, "to_qkv | to_out", HEADS)
SOURCE = self_attention("SourceAttention", SMALL, "to_qkv", HEADS, more=(~PAD,), mask=WORDS)
TEXT = self_attention("TextCrossAttention", SMALL, "to_q to_kv", HEADS, more=(MEMORY, ~PAD), memory=MEMORY, mask=WORDS)
DECODER = self_attention("Attention", SMALL, "to_q to_kv | to_out", HEADS, mask=CAUSAL)
CROSS = self_attention(
    "CrossAttention", (WIDTH, WIDTH, HEADS, 6), "to_q to_k to_v | to_out.0", HEADS, more=(MEMORY,), memory=MEMORY
)
FRAMES = self_attention("FrameAttention", SMALL, "to_qkv", HEADS)
IMAGE = self_attention("ImageAttention", SMALL, "to_qkv", HEADS)
EINX = "einx is not among the frameworks that are installed"

NOT_RUN = {
    "heads-not-concatenated/bad_einops_einx.py": EINX,
    "heads-not-concatenated/good_einops_einx.py": EINX,
    "softmax-wrong-axis/bad_einops_einx.py": EINX,
    "softmax-wrong-axis/good_einops_einx.py": EINX,
}

GOOD = {
    "cache-loses-history/good_einops_handed_on.py": cached(handed_on),
    "concatenated-positions/good_einops_added.py": SETS,
    "head-dim-mismatch/good_einops_inner_dim.py": INNER,
    "heads-not-concatenated/good_einops_merge.py": POINTS,
    "mask-after-softmax/good_einops_padding.py": SOURCE,
    "mask-shape-mismatch/good_einops_keys.py": TEXT,
    "missing-causal-mask/good_einops_decoder.py": DECODER,
    "missing-scale/good_einops_cross.py": CROSS,
    "softmax-wrong-axis/good_einops_keys_first.py": FRAMES,
    "wrong-qk-transpose/good_einops_rearranged_key.py": IMAGE,
}

# What each mistake shows when it is run: the laws that it breaks, or what is said of it.
BAD = {
    "cache-loses-history/bad_einops_overwritten.py": (OVERWRITTEN, {"mismatch", "cache"}),
    "concatenated-positions/bad_einops_repeat.py": (SETS, "normalized_shape"),
    "head-dim-mismatch/bad_einops_literal.py": (GRAPH, "Shape mismatch"),
    "heads-not-concatenated/bad_einops_reduce.py": (POINTS, {"mismatch", "heads"}),
    "mask-after-softmax/bad_einops_padding.py": (SOURCE, {"mismatch"}),
    "mask-shape-mismatch/bad_einops_folded.py": (TEXT, "must match the size"),
    "missing-causal-mask/bad_einops_decoder.py": (DECODER, {"mismatch", "leak"}),
    "missing-scale/bad_einops_cross.py": (CROSS, {"mismatch"}),
    "softmax-wrong-axis/bad_einops_queries.py": (FRAMES, {"mismatch"}),
    "wrong-qk-transpose/bad_einops_heads_mixed.py": (IMAGE, "must match"),
}
