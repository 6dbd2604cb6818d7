"""The fixtures in tinygrad at work: how each is built and called, and what is right."""

import os

import numpy as np

from tests.proof import reference
from tests.proof.laws import Run
from tests.proof.layers import CAUSAL, Kit, norm, projections, table, weight
from tests.proof.mlx_cases import IDS
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.reference import linear, multi_head
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, W, X

# Read by tinygrad when it is imported: its other devices ask for a compiler.
os.environ.setdefault("DEV", "PYTHON")

PADDED_IDS = np.where(PAD, 0, IDS)
LONG = np.random.default_rng(4).normal(size=(1, 32, 4))
BLOCKS = np.kron(np.eye(2, dtype=bool), np.ones((16, 16), dtype=bool))


def tensor(x):
    from tinygrad import Tensor

    x = np.asarray(x)
    return Tensor(x.astype("float32") if np.issubdtype(x.dtype, np.floating) else x)


def live(layer):
    """The layer with weights so large that no mistake is small."""
    from tinygrad.nn.state import get_state_dict

    random = np.random.default_rng(11)
    for each in get_state_dict(layer).values():
        fan = each.shape[-1] ** -0.5 if each.ndim > 1 else 0.3
        each.replace(tensor(random.normal(size=each.shape) * fan))
    return layer


KIT = Kit(live, tensor, close=1e-4)  # tinygrad computes in single precision


def numbered(layer, _):
    """A decoder that is told at which place it is."""
    place = iter(range(TOKENS))
    return lambda x: layer(x, next(place))


def encoder(model, ids):
    """Words to which their places are added, behind a class token where there is one."""
    x = table(model.tok_emb)[ids] + table(model.pos_emb)[:TOKENS]
    if hasattr(model, "cls"):
        x = np.concatenate([np.repeat(model.cls.numpy(), BATCH, 0), x], axis=1)
    return multi_head(x, projections(model, "wq wk wv"), HEADS)


def gpt2(model, ids):
    x = table(model.wte)[ids] + table(model.wpe)[:TOKENS]
    for layer in model.h:
        attn = getattr(layer, "attn", layer)
        y = norm(layer.ln_1, x) if hasattr(layer, "ln_1") else x
        x = x + multi_head(y, projections(attn, "c_attn | c_proj"), HEADS, mask=CAUSAL)
    return linear(norm(model.ln_f, x), weight(model.lm_head))


def on_heads(tokens_first=False):
    """A function of queries, keys and values that are split into heads already."""

    def of_x(f, x):
        q, k, v = (reference.split(x @ w, HEADS) for w in W)
        return f(*(t.swapaxes(1, 2) for t in (q, k, v))) if tokens_first else reference.merge(f(q, k, v))

    return of_x


def keys(run):
    """Two functions: one of the tokens down the rows, one of the tokens in columns."""
    module = run()

    def both(x):
        q, k, v = ((x[0] @ w).T for w in W)
        columns = KIT.call(module.feature_first, k, v)(q)
        return np.concatenate([KIT.call(module.encoder_attention, *W)(x), columns.T[None]])

    return Run(both, X, lambda x: multi_head(np.concatenate([x, x[:1]]), W), close=KIT.close)


def narrow(run):
    """Eight heads of 64 features, to which only a few come in: in Python, 512 would take minutes."""
    from tinygrad import nn

    layer = run().VisionAttention()
    layer.wq, layer.wk, layer.wv = (nn.Linear(WIDTH, 512) for _ in range(3))
    live(layer)
    return Run(KIT.call(layer), X, lambda x: multi_head(x, projections(layer, "wq wk wv"), 8), close=KIT.close)


def local(run):
    """Sixteen words of a block see each other."""
    module = run()
    layer = KIT.make(lambda: module, "BlockEncoder", (4, HEADS))
    f = KIT.call(lambda x: layer.attend(x, module.local_attention))
    return Run(f, LONG, lambda x: multi_head(x, projections(layer, "qkv | out"), HEADS, mask=BLOCKS), close=KIT.close)


def pooled(layer, x):
    """All pairs of a block share one softmax; what a word is given is the sum over those that ask."""
    x = x.reshape(BATCH, 3, 2, WIDTH)
    q, k, v = (linear(x, each) for each in projections(layer, "q k v")[:3])
    scores = np.einsum("bnid,bnjd->bnij", q, k) / np.sqrt(WIDTH)
    pairs = reference.softmax(scores.reshape(BATCH, 3, 4)).reshape(BATCH, 3, 2, 2)
    return np.einsum("bnij,bnjd->bnd", pairs, v)


GPT2 = {"dim": WIDTH, "n_heads": HEADS, "n_layers": 2, "vocab_size": 12, "max_seq_len": 9}
STEP = KIT.decoder("DecoderAttention", (WIDTH, HEADS), "wq wk wv", HEADS, lambda layer, _: layer.decode_step)
ASSIGNED = KIT.decoder(
    "DecoderAttention", (WIDTH, HEADS, 9), "wqkv", HEADS, numbered, lambda layer: lambda x: layer(x, 0)
)
MADE = KIT.decoder("Attention", (WIDTH, HEADS), "c_attn | c_proj", HEADS, numbered)
TEXT = KIT.layer("TextEncoder", (12, WIDTH, HEADS, 9), encoder, x=IDS, axis=1)
WIDTHS = KIT.self_attention("VisionAttention", (WIDTH, HEADS), "wq wk wv", HEADS)
PATCHES = KIT.self_attention("PatchAttention", (WIDTH, HEADS), "wqkv | wo", HEADS)
EARLY = KIT.function("causal_attention", on_heads(), lambda x: multi_head(x, W, HEADS, mask=CAUSAL), causal=True)
BERT = KIT.self_attention("BertSelfAttention", (WIDTH, HEADS), "query key value", HEADS, more=(PADDED_IDS,), mask=WORDS)
MODEL = KIT.layer("GPT2", GPT2, gpt2, x=IDS, axis=1, causal=True)
SCALED = KIT.self_attention("EncoderAttention", (WIDTH, HEADS), "wq wk wv | wo", HEADS)
AXIS = KIT.function("encoder_attention", lambda f, x: f(x, *W), lambda x: multi_head(x, W))
PAIR = KIT.function("encoder_attention", on_heads(), lambda x: multi_head(x, W, HEADS))
CAUSAL_SELF = KIT.self_attention("CausalSelfAttention", (WIDTH, HEADS), "c_attn | c_proj", HEADS, mask=CAUSAL)
SIX = np.random.default_rng(2).normal(size=(BATCH, 6, WIDTH))

NOT_RUN: dict[str, str] = {}

GOOD = {
    "cache-loses-history/good_tinygrad_assigned.py": ASSIGNED,
    "cache-loses-history/good_tinygrad_cat.py": STEP,
    "cache-loses-history/good_tinygrad_made_once.py": MADE,
    "concatenated-positions/good_tinygrad_add.py": TEXT,
    "head-dim-mismatch/good_tinygrad_default.py": WIDTHS,
    "heads-not-concatenated/good_tinygrad_reshape.py": PATCHES,
    "mask-after-softmax/good_tinygrad_where.py": EARLY,
    "mask-shape-mismatch/good_tinygrad_key_axis.py": BERT,
    "missing-causal-mask/good_tinygrad_gpt2.py": MODEL,
    "missing-causal-mask/good_tinygrad_is_causal.py": CAUSAL_SELF,
    "missing-scale/good_tinygrad_encoder.py": SCALED,
    "missing-scale/good_tinygrad_prescaled_by_callers.py": local,
    "softmax-wrong-axis/good_tinygrad_default_axis.py": keys,
    "softmax-wrong-axis/good_tinygrad_pooled_block.py": KIT.layer("BlockPooling", (WIDTH, 2), pooled, x=SIX),
    "wrong-qk-transpose/good_tinygrad_permute.py": KIT.function(
        "encoder_attention", on_heads(tokens_first=True), lambda x: multi_head(x, W, HEADS)
    ),
}

# What each mistake shows when it is run: the laws that it breaks, or what tinygrad says of it.
BAD = {
    "cache-loses-history/bad_tinygrad_made_anew.py": (MADE, {"mismatch", "cache"}),
    "cache-loses-history/bad_tinygrad_overwritten.py": (STEP, {"mismatch", "cache"}),
    "concatenated-positions/bad_tinygrad_cat.py": (TEXT, "cannot dot"),
    "head-dim-mismatch/bad_tinygrad_default.py": (narrow, "can't reshape"),
    "heads-not-concatenated/bad_tinygrad_first_head.py": (PATCHES, {"mismatch", "heads"}),
    "mask-after-softmax/bad_tinygrad_where.py": (EARLY, {"mismatch", "leak"}),
    "mask-shape-mismatch/bad_tinygrad_query_axis.py": (BERT, {"mismatch"}),
    "missing-causal-mask/bad_tinygrad_gpt2.py": (MODEL, {"mismatch", "leak"}),
    "missing-scale/bad_tinygrad_encoder.py": (SCALED, {"mismatch"}),
    "softmax-wrong-axis/bad_tinygrad_query_axis.py": (AXIS, {"mismatch"}),
    "wrong-qk-transpose/bad_tinygrad_wrong_pair.py": (PAIR, "cannot dot"),
}
