"""The fixtures in Flax at work: how each is built and called, and what is right."""

import numpy as np

from tests.proof.jax_cases import CAUSAL, IDS, PADDED_IDS, call, jax_array, matrix
from tests.proof.laws import Run, in_steps
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.reference import exchanged_dense, layer_norm, linear, multi_head
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, X


def live(variables):
    """The same tree of parameters with weights so large that no mistake is small."""
    import jax

    return jax.tree.map(lambda leaf: jax_array(matrix(*leaf.shape)), variables["params"])


def inward(dense):
    """What a Dense or DenseGeneral from features to features, or to heads of features, does: `reference.linear`."""
    kernel = np.asarray(dense["kernel"])
    return kernel.reshape(len(kernel), -1), np.asarray(dense["bias"]).ravel() if "bias" in dense else 0.0


def outward(dense):
    """The same of one from heads of features to features."""
    kernel = np.asarray(dense["kernel"])
    return kernel.reshape(-1, kernel.shape[-1]), np.asarray(dense["bias"]) if "bias" in dense else 0.0


def projections(params, names="query key value | out"):
    inputs, _, output = names.partition("|")
    inputs = [inward(params[name]) for name in inputs.split()]
    if len(inputs) == 1:
        matrices = np.split(inputs[0][0], 3, axis=-1)
        inputs = list(zip(matrices, np.split(np.broadcast_to(inputs[0][1], matrices[0].shape[1] * 3), 3), strict=True))
    return [*inputs, *(outward(params[name]) for name in output.split())]


def norm(params, x):
    return layer_norm(x, np.asarray(params["scale"]), np.asarray(params["bias"]), epsilon=1e-6)


def exchange(names, heads=HEADS):
    """Makes parameters whose heads are in another order."""

    def other(params):
        turned = {}
        for name in names.split():
            dense = params[name]
            parts = exchanged_dense(dense["kernel"], dense.get("bias"), heads, 4 - len(names.split()))
            turned[name] = dict(zip(("kernel", "bias"), map(jax_array, parts), strict=False))
        return params | turned

    return other


def module(name, right, *more, x=X, causal=False, axis=-2, exchange=None, **init):
    """A case of a Linen module; `right` is a function of its parameters and of x."""

    def case(run):
        import jax

        made = getattr(run(), name)(**init)
        params = live(made.init(jax.random.key(0), jax_array(x), *more))
        f = call(lambda x: made.apply({"params": params}, x, *more))
        other = call(lambda x: made.apply({"params": exchange(params)}, x, *more)) if exchange else None
        return Run(f, x, lambda x: right(params, x), causal=causal, axis=axis, exchanged=other)

    return case


def self_attention(name, names, *more, mask=None, **init):
    def right(params, x):
        return multi_head(x, projections(params, names), HEADS, mask=mask)

    mixes = exchange(names.partition("|")[0])
    return module(name, right, *more, causal=mask is CAUSAL, exchange=mixes, **init)


def cached(run):
    import jax

    made = run().DecoderAttention(heads=HEADS, head_dim=4, max_len=9)
    variables = made.init(jax.random.key(0), jax_array(X[:, :1]), method="decode_step")
    params = live(variables)

    def step():
        state = {"cache": jax.tree.map(np.zeros_like, variables["cache"])}

        def one(token):
            given = {"params": params, **state}
            out, changed = made.apply(given, jax_array(token), method="decode_step", mutable=["cache"])
            state.update(changed)
            return out

        return one

    def right(x):
        return multi_head(x, projections(params), HEADS, mask=CAUSAL)

    return Run(lambda x: in_steps(step(), x), X, right, causal=True, step=step)


def abstract(params, ids):
    """A class token in front of words to which their places are added."""
    x = np.asarray(params["words"]["embedding"])[ids] + np.asarray(params["positions"]["embedding"])[:TOKENS]
    x = np.concatenate([np.repeat(np.asarray(params["cls"]), BATCH, 0), x], axis=1)
    return norm(params["LayerNorm_0"], x + multi_head(x, projections(params["SelfAttention_0"]), 8))[:, 0]


def sentences(params, ids):
    """Words to which their places are added, and what they say together."""
    x = np.asarray(params["words"]["embedding"])[ids] + np.asarray(params["positions"]["embedding"])[:TOKENS]
    return norm(params["LayerNorm_0"], x + multi_head(x, projections(params["SelfAttention_0"]), 8)).mean(axis=1)


def uneven(params, x):
    """256 features, which twelve heads do not divide and eight do."""
    return multi_head(x, projections(params, "Dense_0 | DenseGeneral_0"), 8)


def tagger(params, x):
    own = projections(params, f"q k v | {'out' if 'out' in params else 'Dense_0'}")
    return norm(params["LayerNorm_0"], x + multi_head(x, own, HEADS, mask=WORDS))


def decoder_layer(run):
    """The words alone: a place that is padding may read nothing, and what it says is left open."""
    own = "MultiHeadDotProductAttention_0"

    def right(params, x):
        y = multi_head(x, projections(params[own]), HEADS, mask=CAUSAL & WORDS)
        return norm(params["LayerNorm_0"], x + y)

    ids = (PADDED_IDS,) if "ids" in run().DecoderLayer.__call__.__wrapped__.__code__.co_varnames else ()
    whole = module("DecoderLayer", right, *ids, heads=HEADS)(run)
    words = ~PAD[..., None]
    return Run(lambda x: whole.f(x) * words, X, lambda x: whole.expected(x) * words, causal=True)


def gelu(x):
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def language_model(params, ids):
    words = np.asarray(params["Embed_0"]["embedding"])
    x = words[ids] + np.asarray(params["pos"])[:TOKENS]
    for block in (params["Block_0"], params["Block_1"]):
        y = norm(block["LayerNorm_0"], x)
        x = x + multi_head(y, projections(block["SelfAttention_0"]), HEADS, mask=CAUSAL)
        y = gelu(linear(norm(block["LayerNorm_1"], x), inward(block["Dense_0"])))
        x = x + linear(y, inward(block["Dense_1"]))
    return norm(params["LayerNorm_0"], x) @ words.T


def lifted(params, x):
    """Heads whose weights lie behind each other on an axis of their own."""
    heads, out = params["VmapHead_0"], inward(params["Dense_0"])
    wide = []
    for name in ("Dense_0", "Dense_1", "Dense_2"):
        kernel, bias = np.asarray(heads[name]["kernel"]), np.asarray(heads[name]["bias"])
        wide.append((np.concatenate(list(kernel), axis=-1), bias.ravel()))
    return multi_head(x, [*wide, out], HEADS)


def turned_around(params):
    import jax

    return params | {"VmapHead_0": jax.tree.map(lambda leaf: leaf[::-1], params["VmapHead_0"])}


def image(run):
    import jax
    from flax import nnx

    graph, state = nnx.split(run().ImageAttention(WIDTH, HEADS, nnx.Rngs(0)))
    state = jax.tree.map(lambda leaf: jax_array(matrix(*leaf.shape)), state)
    params = nnx.to_pure_dict(state)
    return Run(call(nnx.merge(graph, state)), X, lambda x: multi_head(x, projections(params), HEADS))


SPLIT = self_attention("EncoderAttention", "Dense_0 | DenseGeneral_0", width=WIDTH, num_heads=HEADS)
UNEVEN = module("EncoderAttention", uneven)
SENTENCES = module("AbstractEncoder", sentences, x=IDS, vocab_size=12, width=16, max_len=9)
ENCODER = module("AbstractEncoder", abstract, x=IDS, vocab_size=12, width=16, max_len=9)
TAGGER = module("TaggerEncoderLayer", tagger, ~PAD, exchange=exchange("q k v"), num_heads=HEADS, head_dim=4)
WHERE = self_attention("CausalSelfAttention", "Dense_0 | Dense_1", mask=CAUSAL, heads=HEADS)
MODEL = module(
    "LanguageModel",
    language_model,
    x=IDS,
    causal=True,
    axis=1,
    vocab_size=12,
    max_len=9,
    width=WIDTH,
    num_layers=2,
    num_heads=HEADS,
)
COMPACT = self_attention("EncoderAttention", "query key value | out", ~PAD, mask=WORDS, num_heads=HEADS, head_dim=4)
PATCHES = self_attention("PatchAttention", "qkv | proj", heads=HEADS, dim=WIDTH)
LIFTED = module("MultiHead", lifted, exchange=turned_around, num_heads=HEADS, features=WIDTH)

GOOD = {
    "cache-loses-history/good_flax_variable.py": cached,
    "concatenated-positions/good_flax_residual.py": ENCODER,
    "head-dim-mismatch/good_flax_divisible.py": SPLIT,
    "heads-not-concatenated/good_flax_fused.py": TAGGER,
    "heads-not-concatenated/good_flax_lifted_heads.py": LIFTED,
    "mask-after-softmax/good_flax_where.py": WHERE,
    "mask-shape-mismatch/good_flax_causal_of_ids.py": decoder_layer,
    "missing-causal-mask/good_flax_layer.py": MODEL,
    "missing-scale/good_flax_compact.py": COMPACT,
    "softmax-wrong-axis/good_flax_nnx.py": image,
    "wrong-qk-transpose/good_flax_setup.py": PATCHES,
}

# What each mistake shows when it is run: the laws that it breaks, or what Flax says of it.
BAD = {
    "cache-loses-history/bad_flax_variable.py": (cached, {"mismatch", "cache"}),
    "concatenated-positions/bad_flax_residual.py": (SENTENCES, "broadcast"),
    "head-dim-mismatch/bad_flax_not_divisible.py": (UNEVEN, "cannot reshape"),
    "heads-not-concatenated/bad_flax_fused.py": (TAGGER, {"mismatch", "heads"}),
    "heads-not-concatenated/bad_flax_lifted_heads.py": (LIFTED, {"mismatch", "heads"}),
    "mask-after-softmax/bad_flax_where.py": (WHERE, {"mismatch", "leak"}),
    "mask-shape-mismatch/bad_flax_causal_of_embeddings.py": (decoder_layer, "broadcast"),
    "missing-causal-mask/bad_flax_layer.py": (MODEL, {"mismatch", "leak"}),
    "missing-scale/bad_flax_compact.py": (COMPACT, {"mismatch"}),
    "softmax-wrong-axis/bad_flax_nnx.py": (image, {"mismatch"}),
    "wrong-qk-transpose/bad_flax_setup.py": (PATCHES, "Incompatible types for matmul"),
}
