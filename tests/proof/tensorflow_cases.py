"""The fixtures in TensorFlow at work: how each is built and called, and what is right."""

import numpy as np

from tests.proof.keras_cases import IDS, PADDED_IDS, table
from tests.proof.keras_kit import CAUSAL, decoder, dense, layer, mha_projections, norm, self_attention, tensor
from tests.proof.laws import Run, array, weights_of
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.reference import linear, multi_head, softmax, split
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, W, X

STATE = np.random.default_rng(2).normal(size=(BATCH, 6))
MEMORY = np.random.default_rng(3).normal(size=(BATCH, 7, WIDTH))
OTHER = "wq wk wv | dense"


def emptied(made):
    empty = tensor(np.zeros((BATCH, HEADS, 0, WIDTH // HEADS)))
    cache = {"k": empty, "v": empty}
    return lambda x: made.decode_step(x, cache)


def summed(made, ids):
    return table(made.token_emb)[ids] + table(made.pos_emb)[:TOKENS]


def early(run):
    """A function of heads, whose weights are read off."""
    f = run().attend

    def attend(x):
        return merged(f(*(tensor(split(x @ w, HEADS)) for w in W), WIDTH // HEADS))

    def weights(x):
        q, k = (split(x @ w, HEADS) for w in W[:2])
        return weights_of(lambda *of: f(*map(tensor, of), WIDTH // HEADS), q, k)

    return Run(attend, X, lambda x: multi_head(x, W, HEADS, mask=CAUSAL), causal=True, weights=weights)


def merged(heads):
    return array(heads).swapaxes(1, 2).reshape(BATCH, TOKENS, WIDTH)


def translator(made, x):
    """Causal attention to the words, attention to the memory, and a layer of neurons; one norm serves all three."""
    x = norm(made.layernorm, x + multi_head(x, mha_projections(made.self_attention), HEADS, mask=CAUSAL))
    x = norm(made.layernorm, x + multi_head(x, mha_projections(made.cross_attention), HEADS, memory=MEMORY))
    hidden = np.maximum(linear(x, dense(made.ffn.layers[0])), 0)
    return norm(made.layernorm, x + linear(hidden, dense(made.ffn.layers[1])))


def tutorial(run):
    hidden = PAD[:, None, None] * 1.0
    return self_attention("EncoderSelfAttention", (WIDTH, HEADS), OTHER, HEADS, more=(hidden,), mask=WORDS)(run)


def bahdanau(run):
    """The score of a word is V tanh(W1 q + W2 h)."""

    def right(made, words):
        hidden = np.tanh(linear(STATE, dense(made.W1))[:, None] + linear(words, dense(made.W2)))
        return np.einsum("bn,bnd->bd", softmax(linear(hidden, dense(made.V))[..., 0]), words)

    class Turned:
        """The layer takes the state first."""

        def __init__(self, units):
            self.inner = run().BahdanauAttention(units)

        def __call__(self, words):
            return self.inner(tensor(STATE), words)

        def __getattr__(self, name):
            return getattr(self.inner, name)

    return layer("Turned", (4,), right)(lambda: type("module", (), {"Turned": Turned}))


CACHED = decoder("CachedDecoderAttention", (WIDTH, HEADS), "q k v | o", HEADS, emptied)
POSITIONS = layer("TokenAndPositionEmbedding", (9, 12, WIDTH), summed, x=IDS)
WIDE = np.random.default_rng(9).normal(size=(BATCH, TOKENS, 512)) / 8
LITERAL = self_attention("EncoderAttention", (), "wq wk wv | out", 8, x=WIDE)
MEAN = self_attention("SentenceEncoderAttention", (WIDTH, HEADS), "q k v | o", HEADS)
PADDING = self_attention("EncoderAttention", (WIDTH, HEADS), OTHER, HEADS, more=(PADDED_IDS,), mask=WORDS)
BAND = self_attention("CausalSelfAttention", (WIDTH, HEADS), OTHER, HEADS, mask=CAUSAL, built="wq wk wv dense")
DECODER = layer("DecoderLayer", {"d_model": WIDTH, "num_heads": HEADS, "dff": 6}, translator, MEMORY, causal=True)
HEAD = self_attention("EncoderHead", (6,), "query key value")
FRAMES = self_attention("FrameAttention", (6,), "query_layer key_layer value_layer")
FOLDED = self_attention("FoldedEncoderAttention", (WIDTH, HEADS), "q k v", HEADS, more=(~PAD * 1.0,), mask=WORDS)

GOOD = {
    "cache-loses-history/good_tensorflow_cache.py": CACHED,
    "concatenated-positions/good_tensorflow_embedding.py": POSITIONS,
    "head-dim-mismatch/good_tensorflow_split.py": LITERAL,
    "heads-not-concatenated/good_tensorflow_mean.py": MEAN,
    "mask-after-softmax/good_tensorflow_multiply.py": early,
    "mask-shape-mismatch/good_tensorflow_padding.py": PADDING,
    "missing-causal-mask/good_tensorflow_band_part.py": BAND,
    "missing-causal-mask/good_tensorflow_decoder.py": DECODER,
    "missing-scale/good_tensorflow_tutorial.py": tutorial,
    "softmax-wrong-axis/good_tensorflow_axis.py": HEAD,
    "softmax-wrong-axis/good_tensorflow_bahdanau.py": bahdanau,
    "wrong-qk-transpose/good_tensorflow_no_perm.py": FRAMES,
}

# What each mistake shows when it is run: the laws that it breaks, or what TensorFlow says of it.
BAD = {
    "cache-loses-history/bad_tensorflow_cache.py": (CACHED, {"mismatch", "cache"}),
    "concatenated-positions/bad_tensorflow_embedding.py": (POSITIONS, {"mismatch"}),
    "head-dim-mismatch/bad_tensorflow_split.py": (LITERAL, "reshape"),
    "heads-not-concatenated/bad_tensorflow_mean.py": (MEAN, {"mismatch", "heads"}),
    "mask-after-softmax/bad_tensorflow_multiply.py": (early, {"mismatch", "leak", "rows"}),
    "mask-shape-mismatch/bad_tensorflow_folded_heads.py": (FOLDED, "ncompatible shapes"),
    "mask-shape-mismatch/bad_tensorflow_padding.py": (PADDING, {"mismatch"}),
    "missing-causal-mask/bad_tensorflow_band_part.py": (BAND, {"mismatch", "leak"}),
    "missing-causal-mask/bad_tensorflow_decoder.py": (DECODER, {"mismatch", "leak"}),
    "missing-scale/bad_tensorflow_tutorial.py": (tutorial, {"mismatch"}),
    "softmax-wrong-axis/bad_tensorflow_axis.py": (HEAD, {"mismatch"}),
    "wrong-qk-transpose/bad_tensorflow_no_perm.py": (FRAMES, "compatible batch dimensions"),
}
