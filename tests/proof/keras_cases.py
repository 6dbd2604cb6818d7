"""The fixtures in Keras at work: how each is built and called, and what is right."""

import numpy as np

from tests.proof import reference
from tests.proof.keras_kit import (
    CAUSAL,
    call,
    decoder,
    dense,
    layer,
    live,
    mha_projections,
    norm,
    self_attention,
    tensor,
)  # fmt: skip
from tests.proof.laws import Run, array
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.reference import linear, multi_head, softmax, split
from tests.proof.seed import HEADS, WIDTH, W, X

IDS = np.array([[3, 1, 7, 7, 2], [5, 2, 9, 4, 4]])
WIDE = np.random.default_rng(9).normal(size=(2, 5, 100))
PADDED_IDS = np.where(PAD, 0, IDS)


def of_kind(model, kind):
    return [each for each in model.layers if type(each).__name__ == kind]


def table(embedding):
    return np.asarray(embedding.embeddings)


def emptied(made):
    made.k_cache = made.v_cache = None
    return made.decode


def classifier(run):
    """A functional model of ids whose places are added, read in both directions, and averaged."""
    model = live(run().model)
    places, words = sorted(of_kind(model, "Embedding"), key=lambda each: each.input_dim)
    (mha,), (last,) = of_kind(model, "MultiHeadAttention"), of_kind(model, "Dense")

    def right(ids):
        x = multi_head(table(words)[ids] + table(places), mha_projections(mha), 2)
        return softmax(linear(x.mean(1), dense(last)))

    return Run(call(model), np.random.default_rng(1).integers(0, 20000, size=(2, 200)), right)


def mini_gpt(run):
    module = run()
    module.maxlen, module.vocab_size, module.embed_dim = 5, 12, WIDTH
    model = live(module.create_gpt())
    kinds = ("TokenAndPositionEmbedding", "TransformerBlock", "Dense")
    (embedding,), (block,), (last,) = (of_kind(model, kind) for kind in kinds)

    def right(ids):
        x = table(embedding.token_emb)[ids] + table(embedding.pos_emb)
        x = norm(block.layernorm1, x + multi_head(x, mha_projections(block.att), HEADS, mask=CAUSAL))
        hidden = np.maximum(linear(x, dense(block.ffn.layers[0])), 0)
        return linear(norm(block.layernorm2, x + linear(hidden, dense(block.ffn.layers[1]))), dense(last))

    return Run(call(model), IDS, right, causal=True, axis=1)


def luong(run):
    """The states of a decoder read those of an encoder: a plain dot product, as in the paper."""
    import keras

    model = live(run().model)
    encoder, decoder = (each.output for each in of_kind(model, "LSTM"))
    states = keras.Model(model.inputs, [encoder[0], decoder])
    (last,) = of_kind(model, "TimeDistributed")
    random = np.random.default_rng(1)
    source, target = random.integers(0, 5000, size=(1, 20)), random.integers(0, 6000, size=(1, 18))

    def right(_):
        read, said = (np.asarray(each) for each in states([source, target]))
        context = reference.attention(said, read, read, scale=1.0)
        return softmax(linear(np.concatenate([context, said], axis=-1), dense(last.layer)))

    return Run(lambda _: np.asarray(model([source, target])), source, right)


def tickets(made, ids):
    """What all words say together, of which only those that are words are read."""
    x = table(made.embed)[ids]
    y = multi_head(x, mha_projections(made.attention), 4, mask=(ids != 0)[:, None, None])
    return linear(norm(made.norm, x + y).mean(1), dense(made.route))


def dot(run):
    """A layer whose matrices are its own weights."""
    return self_attention("EncoderAttention", (WIDTH,), "w_query w_key w_value")(run)


def of_heads(run):
    """A layer that is handed the heads."""
    image = run().Image(WIDTH // HEADS)

    def attend(x):
        return reference.merge(array(image(*(tensor(split(x @ w, HEADS)) for w in W))))

    return Run(attend, X, lambda x: multi_head(x, W, HEADS))


STEP = decoder("StepAttention", (WIDTH,), "q_proj k_proj v_proj", 1, emptied)
DENSE = "query_dense key_dense value_dense | combine_heads"
DEFAULT = self_attention("MultiHeadSelfAttention", (), DENSE, 8, x=WIDE[..., :96])
# A hundred features, which eight heads do not divide and ten do.
UNEVEN = self_attention("MultiHeadSelfAttention", (), DENSE, 10, x=WIDE)
ENCODER = self_attention("WordEncoder", (WIDTH, HEADS), "qkv | proj", HEADS)
LATE = self_attention("CausalAttention", (WIDTH, HEADS), "q_proj k_proj v_proj | out_proj", HEADS, mask=CAUSAL)
FOLDED = self_attention("FoldedEncoderAttention", (WIDTH, HEADS), "q k v | out", HEADS, more=(PADDED_IDS,), mask=WORDS)
PATCHES = self_attention("PatchAttention", (WIDTH, HEADS), "query key value | out", HEADS)
LAID_OUT = self_attention("EncoderAttention", (HEADS, WIDTH // HEADS), "query key value", HEADS)
SERIES = self_attention("SeriesEncoderAttention", (WIDTH,), "q_proj k_proj v_proj")
TICKETS = layer("TicketEncoder", (12, 3, WIDTH), tickets, x=PADDED_IDS)

GOOD = {
    "cache-loses-history/good_keras_step.py": STEP,
    "concatenated-positions/good_keras_functional.py": classifier,
    "head-dim-mismatch/good_keras_default.py": DEFAULT,
    "heads-not-concatenated/good_keras_sum.py": ENCODER,
    "mask-after-softmax/good_keras_late.py": LATE,
    "mask-shape-mismatch/good_keras_folded.py": FOLDED,
    "missing-causal-mask/good_keras_causal_if_asked.py": of_heads,
    "missing-causal-mask/good_keras_minigpt.py": mini_gpt,
    "missing-scale/good_keras_einsum.py": PATCHES,
    "missing-scale/good_keras_luong.py": luong,
    "softmax-wrong-axis/good_keras_layer.py": SERIES,
    "wrong-qk-transpose/good_keras_dot.py": dot,
    "wrong-qk-transpose/good_keras_heads_fused.py": LAID_OUT,
}

# What each mistake shows when it is run: the laws that it breaks, or what Keras says of it.
BAD = {
    "cache-loses-history/bad_keras_step.py": (STEP, {"mismatch", "cache"}),
    "concatenated-positions/bad_keras_functional.py": (classifier, {"mismatch"}),
    "head-dim-mismatch/bad_keras_default.py": (UNEVEN, "reshape"),
    "heads-not-concatenated/bad_keras_sum.py": (ENCODER, {"mismatch", "heads"}),
    "mask-after-softmax/bad_keras_late.py": (LATE, {"mismatch", "leak"}),
    "mask-shape-mismatch/bad_keras_folded.py": (FOLDED, "must be broadcastable"),
    "mask-shape-mismatch/bad_keras_query_axis.py": (TICKETS, {"mismatch"}),
    "missing-causal-mask/bad_keras_minigpt.py": (mini_gpt, {"mismatch", "leak"}),
    "missing-scale/bad_keras_einsum.py": (PATCHES, {"mismatch"}),
    "softmax-wrong-axis/bad_keras_layer.py": (SERIES, {"mismatch"}),
    "wrong-qk-transpose/bad_keras_dot.py": (dot, "Could not automatically infer the output shape"),
    "wrong-qk-transpose/bad_keras_heads_fused.py": (LAID_OUT, {"mismatch"}),
}
