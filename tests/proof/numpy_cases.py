"""NumPy's fixtures at work: how each is built and called, and what is right."""

import copy

import numpy as np

from tests.proof import reference
from tests.proof.laws import Run, weights_of
from tests.proof.reference import look_back, multi_head
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, W, X, additive, causal_weights, fragment, seed, weights

PAD = np.arange(TOKENS)[None, :] >= np.array([3, 5])[:, None]
WORDS = ~PAD[:, None, None, :]
CAUSAL = look_back(TOKENS)
RANDOM = np.random.default_rng(0)
IDS = np.array([7, 3, 3, 11, 2, 9, 1, 30])

TOOLS = {"np": np, "softmax": reference.softmax, "create_causal_mask": additive}
KIT = {"tools": TOOLS, "tensor": np.asarray}
SEED = seed(**KIT, w_q=lambda matrix: matrix, of_keys="project_k", of_values="project_v")


def self_attention(name, *more, mask=None, x=X):
    """A function of x, the three matrices and, where given, a mask."""

    def case(run):
        f = getattr(run(), name)
        return Run(lambda x: f(x, *W, *more), x, lambda x: multi_head(x, W, mask=mask), causal=mask is CAUSAL)

    return case


def attention(name, *more, mask=None, **options):
    """A function of q, k, v and, where given, a mask; its weights are read off."""

    def case(run):
        f = getattr(run(), name)

        def of_x(x):
            return f(*(x @ w for w in W), *more, **options)

        def rows(x):
            return weights_of(lambda q, k, v: f(q, k, v, *more, **options), x @ W[0], x @ W[1])

        return Run(of_x, X, lambda x: multi_head(x, W, mask=mask), causal=mask is CAUSAL, weights=rows)

    return case


def layer(name, *init, matrices, heads=1, more=(), forward="forward", x=X, **expected):
    """A class that holds its matrices."""

    def case(run):
        made = getattr(run(), name)(*init)
        other = copy.copy(made)
        projections = [getattr(made, each) for each in matrices.split()]
        for each in matrices.split()[:3]:
            setattr(other, each, reference.exchanged(getattr(made, each), heads))
        f, exchanged = (lambda x, each=each: getattr(each, forward)(x, *more) for each in (made, other))
        mixes = exchanged if len(projections) > 3 else None
        causal = expected.get("mask") is CAUSAL
        return Run(f, x, lambda x: multi_head(x, projections, heads, **expected), causal, exchanged=mixes)

    return case


def tiny_decoder(run):
    """The next token after each, of a decoder whose cache is empty at first."""

    def decode(ids):
        step = run().TinyDecoder(50, 16).generate_next
        return np.array([step(token) for token in ids])

    def right(ids):
        it = run().TinyDecoder(50, 16)
        out = multi_head(it.emb[ids], (it.W_q, it.W_k, it.W_v), mask=look_back(len(ids)))
        return (out @ it.emb.T).argmax(-1)

    return Run(decode, IDS, right, causal=True, axis=0)


def ring(run):
    """Only the newest three tokens are kept."""

    def decode(x):
        module = run()
        cache = module.RingCache(3, WIDTH)
        return np.stack([module.decode_step(token, *W, cache) for token in x])

    return Run(decode, X[0], multi_head(X[0], W, mask=look_back(TOKENS, window=3)), causal=True, axis=0)


def fourier(run):
    angles = [2.0**band * np.pi for band in range(2)]
    waves = [[*np.sin(c * np.array(angles)), *np.cos(c * np.array(angles))] for c in X[0, :, :3].ravel()]
    right = np.concatenate([X[0, :, :3], np.array(waves).reshape(TOKENS, -1)], axis=-1)
    return Run(lambda x: run().fourier_features(x, n_bands=2), X[0, :, :3], right)


def positions(run):
    """A script: the queries of words to which the sines of their places are added."""
    it = run()
    place, pair = np.arange(12)[:, None], np.arange(0, 32, 2)
    angle = place / 10000 ** (pair / 32)
    sines = np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(12, 32)
    return Run(lambda x: it.q, it.tokens, (it.embedding[it.tokens] + sines) @ it.W_q)


def appended(run):
    """A script: every word of a sentence to which the places are added sees every other."""
    it = run()
    right = multi_head(it.embedding[it.tokens] + it.positions, (it.w_q, it.w_k, it.w_v))
    return Run(lambda x: it.weights @ it.v, it.tokens, right, weights=lambda x: it.weights)


def heads_of(run):
    it = run()
    x = np.random.default_rng(1).normal(size=(2, 10, 512))
    right = np.stack([reference.split(x @ w, 8) for w in (it.W_q, it.W_k)])
    return Run(lambda x: np.stack(it.encoder_heads(x)), x, right)


def memory(run):
    """Keys down the rows: three questions to the words of one sentence."""
    questions = X[1, :3]
    right = reference.attention(questions, X[0], X[0])
    return Run(lambda x: run().attend(x, questions), X[0], right)


def columns(run):
    """One token a column, so that each matrix stands on the left."""
    f = run().self_attention
    return Run(lambda x: f(x.T, *(w.T for w in W)).T, X[0], lambda x: multi_head(x, W))


def sentence(name):
    """A script of one sentence, whose output is an expression of `name` and V."""

    def case(run):
        it = run()
        words = it.words if hasattr(it, "words") else it.x
        right = multi_head(words, (it.Wq, it.Wk, it.Wv), mask=look_back(len(words)))
        return Run(lambda x: getattr(it, name) @ it.V, words, right, weights=lambda x: getattr(it, name))

    return case


def dropped(run):
    """Without its dropout, which is drawn at random, the causal attention itself."""
    return attention("decoder_attention", mask=CAUSAL, training=False)(run)


def padded(run):
    return Run(lambda x: run().encode(x, PAD, *W), X, lambda x: multi_head(x, W, mask=WORDS))


def on_heads(run):
    """A function of queries, keys and values that are split into heads already."""
    f = run().encoder_attention

    def of_x(x):
        return reference.merge(f(*(reference.split(x @ w, HEADS) for w in W), WORDS))

    return Run(of_x, X, lambda x: multi_head(x, W, HEADS, mask=WORDS))


def of_an_array_module(run):
    made = run().PatchAttention(WIDTH, HEADS)
    return Run(made, X, lambda x: multi_head(x, np.split(made.w_qkv, 3, axis=-1), HEADS))


def merged(x):
    return reference.merge(weights(x, HEADS) @ reference.split(x @ W[2], HEADS))


def of_value(weighed, heads):
    return lambda x: weighed(x, heads) @ reference.split(x @ W[2], heads)


BERT = layer("BertSelfAttention", WIDTH, 2, matrices="wq wk wv", heads=2, more=(~PAD,), forward="__call__", mask=WORDS)
SCALE = layer("EncoderSelfAttention", WIDTH, WIDTH, matrices="W_Q W_K W_V", more=(PAD,), mask=WORDS)
DECODER = layer("DecoderSelfAttention", WIDTH, RANDOM, matrices="W_q W_k W_v", mask=CAUSAL, x=X[0])
MULTI = layer("MultiHeadEncoderAttention", WIDTH, HEADS, matrices="W_q W_k W_v W_o", heads=HEADS)
RANK_2 = self_attention("self_attention", additive(TOKENS), mask=CAUSAL, x=X[0])
HEADS_MERGED = fragment("output", merged, HEADS, **KIT)
SCALED = fragment("context", of_value(causal_weights, HEADS), HEADS, causal=True, **KIT)
MASKED = fragment("attn", lambda x: causal_weights(x, HEADS), HEADS, causal=True, rows=True, **KIT)
KEYS = fragment("context", of_value(weights, HEADS), HEADS, **KIT)
EARLY = attention("causal_attention", mask=CAUSAL)
LATE = fragment("attn", causal_weights, causal=True, rows=True, **KIT)
SUMMED = fragment("x", lambda x: x + W[0][:TOKENS], token_emb=lambda x: x, pos_emb=W[0][:TOKENS], **KIT)
SPLIT = fragment(
    "out",
    of_value(weights, HEADS),
    HEADS,
    **{**KIT, "tools": TOOLS | {"split_heads": lambda x: reference.split(x, HEADS)}},
    **dict(zip(("W_q", "W_k", "W_v"), W, strict=True)),
    pad_bias=np.zeros((BATCH, 1, 1, TOKENS)),
)

GOOD = {
    "cache-loses-history/good_numpy_lists.py": tiny_decoder,
    "cache-loses-history/good_numpy_ring.py": ring,
    "concatenated-positions/good_numpy_fourier.py": fourier,
    "concatenated-positions/good_numpy_script.py": positions,
    "head-dim-mismatch/good_numpy_literal.py": heads_of,
    "heads-not-concatenated/good_numpy_concat.py": MULTI,
    "heads-not-concatenated/good_numpy_fragment.py": HEADS_MERGED,
    "mask-after-softmax/good_numpy_before.py": EARLY,
    "mask-after-softmax/good_numpy_dropout_mask.py": dropped,
    "mask-after-softmax/good_numpy_renormalised.py": attention("encoder_attention", ~PAD[:, None] * 1, mask=WORDS),
    "mask-shape-mismatch/good_numpy_fragment.py": MASKED,
    "mask-shape-mismatch/good_numpy_key_axis.py": padded,
    "missing-causal-mask/good_numpy_bert.py": BERT,
    "missing-causal-mask/good_numpy_decoder.py": DECODER,
    "missing-scale/good_numpy_array_api.py": on_heads,
    "missing-scale/good_numpy_encoder.py": SCALE,
    "missing-scale/good_numpy_fragment.py": SCALED,
    "softmax-wrong-axis/good_numpy_fragment.py": KEYS,
    "softmax-wrong-axis/good_numpy_keys_by_queries.py": memory,
    "softmax-wrong-axis/good_numpy_rank2_axis1.py": RANK_2,
    "softmax-wrong-axis/good_numpy_xp_attribute.py": of_an_array_module,
    "wrong-qk-transpose/good_numpy_batch.py": self_attention("encoder_attention"),
    "wrong-qk-transpose/good_numpy_feature_first.py": columns,
    "wrong-qk-transpose/good_numpy_one_sentence.py": sentence("weights"),
} | {f"seed/{number}_fixed_numpy.py": case for number, case in SEED.items() if len(number) == 2}

# What each mistake shows when it is run: the laws that it breaks, or what NumPy says of it.
BAD = {
    "cache-loses-history/bad_numpy_no_cache.py": (tiny_decoder, {"mismatch"}),
    "concatenated-positions/bad_numpy_append.py": (appended, "mismatch in its core dimension"),
    "concatenated-positions/bad_numpy_fragment.py": (SUMMED, {"mismatch"}),
    "concatenated-positions/bad_numpy_script.py": (positions, "mismatch in its core dimension"),
    "head-dim-mismatch/bad_numpy_literal.py": (heads_of, "cannot reshape"),
    "heads-not-concatenated/bad_numpy_fragment.py": (HEADS_MERGED, {"mismatch"}),
    "heads-not-concatenated/bad_numpy_mean.py": (MULTI, {"mismatch", "heads"}),
    "mask-after-softmax/bad_numpy_fragment.py": (LATE, {"mismatch", "leak", "rows"}),
    "mask-after-softmax/bad_numpy_multiply.py": (EARLY, {"mismatch", "leak", "rows"}),
    "mask-shape-mismatch/bad_numpy_fragment.py": (MASKED, "could not be broadcast"),
    "mask-shape-mismatch/bad_numpy_query_axis.py": (padded, {"mismatch"}),
    "missing-causal-mask/bad_numpy_decoder.py": (DECODER, {"mismatch", "leak"}),
    "missing-causal-mask/bad_numpy_no_sign.py": (sentence("attn"), {"mismatch"}),
    "missing-scale/bad_numpy_array_api.py": (on_heads, {"mismatch"}),
    "missing-scale/bad_numpy_encoder.py": (SCALE, {"mismatch"}),
    "missing-scale/bad_numpy_fragment.py": (SCALED, {"mismatch"}),
    "softmax-wrong-axis/bad_numpy_fragment.py": (KEYS, {"mismatch"}),
    "softmax-wrong-axis/bad_numpy_helper_default.py": (RANK_2, {"mismatch", "leak"}),
    "softmax-wrong-axis/bad_numpy_xp_attribute.py": (of_an_array_module, {"mismatch"}),
    "wrong-qk-transpose/bad_numpy_batch.py": (self_attention("encoder_attention"), "mismatch in its core dimension"),
    "wrong-qk-transpose/bad_numpy_dot.py": (self_attention("encoder_attention"), "could not be broadcast"),
    "wrong-qk-transpose/bad_numpy_fragment.py": (SPLIT, "mismatch in its core dimension"),
    "seed/01_wrong_class_numpy.py": (SEED["01"], {"mismatch", "leak"}),
    "seed/01_wrong_numpy.py": (SEED["01"], {"mismatch", "leak"}),
    "seed/02_wrong_class_numpy.py": (SEED["02"], {"mismatch"}),
    "seed/02_wrong_numpy.py": (SEED["02"], {"mismatch"}),
    "seed/03_wrong_class_numpy.py": (SEED["03"], "mismatch in its core dimension"),
    "seed/03_wrong_numpy.py": (SEED["03"], "mismatch in its core dimension"),
    "seed/03_wrong_numpy_declared.py": (SEED["03"], "mismatch in its core dimension"),
    "seed/03_wrong_numpy_trailing.py": (SEED["03"], "mismatch in its core dimension"),
    "seed/04_wrong_class_numpy.py": (SEED["04"], "cannot reshape"),
    "seed/04_wrong_numpy.py": (SEED["04"], "cannot reshape"),
    "seed/05_wrong_class_numpy.py": (SEED["05"], {"mismatch"}),
    "seed/05_wrong_numpy.py": (SEED["05"], {"mismatch"}),
    "seed/06_wrong_class_numpy.py": (SEED["06"], {"mismatch"}),
    "seed/06_wrong_numpy.py": (SEED["06"], {"mismatch"}),
    "seed/07_wrong_class_numpy.py": (SEED["07"], "could not be broadcast"),
    "seed/07_wrong_numpy.py": (SEED["07"], "could not be broadcast"),
    "seed/07_wrong_numpy_oneline.py": (SEED["07 alone"], {"mismatch"}),
    "seed/08_wrong_class_numpy.py": (SEED["08"], {"mismatch", "rows"}),
    "seed/08_wrong_numpy.py": (SEED["08"], {"mismatch", "rows"}),
    "seed/08_wrong_numpy_axis1.py": (SEED["08"], {"mismatch", "rows"}),
    "seed/09_wrong_class_numpy.py": (SEED["09 of ones"], {"mismatch", "leak", "rows"}),
    "seed/09_wrong_numpy.py": (SEED["09 of ones"], {"mismatch", "leak", "rows"}),
    "seed/09_wrong_numpy_zeroed.py": (SEED["09 of ones"], {"mismatch", "leak", "rows"}),
    "seed/10_wrong_class_numpy.py": (SEED["10 of keys"], {"mismatch"}),
    "seed/10_wrong_numpy.py": (SEED["10 of keys"], {"mismatch"}),
}
