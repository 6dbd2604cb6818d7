"""The fixtures in JAX and Flax at work: how each is built and called, and what is right."""

import numpy as np

from tests.proof import reference
from tests.proof.laws import Run, array, in_steps
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.reference import exchanged, multi_head
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, X

CAUSAL = reference.look_back(TOKENS)
IDS = np.array([[3, 1, 7, 7, 2], [5, 2, 9, 4, 4]])
PADDED_IDS = np.where(PAD, 0, IDS)
LENGTHS = (~PAD).sum(1)
random = np.random.default_rng(13)


def matrix(*shape):
    """Weights large enough that no mistake is small, in the precision of JAX."""
    return random.normal(size=shape).astype("float32") * 0.4


def single(x):
    return x.astype("float32") if np.issubdtype(np.asarray(x).dtype, np.floating) else x


def call(f):
    """f of NumPy's array in single precision, and without its further results."""
    import jax.numpy as jnp

    def of_array(x):
        out = f(jnp.asarray(single(x)))
        return np.asarray(out[0] if isinstance(out, tuple) else out)

    return of_array


def jax_array(x):
    import jax.numpy as jnp

    return jnp.asarray(single(x))


def params_of(own):
    return {name: jax_array(each) for name, each in own.items()}


def function(name, names, heads=1, *, more=(), width=WIDTH, fused=False, **expected):
    """A case of a function of a dictionary of matrices, of x and, where given, of more."""
    inputs, _, output = names.partition("|")
    own = {each: matrix(width, width * (3 if fused else 1)) for each in inputs.split()}
    own |= {each: matrix(width, width) for each in output.split()}
    x = random.normal(size=(BATCH, TOKENS, width)) * (WIDTH / width) ** 0.5

    def case(run):
        f = getattr(run(), name)
        q_k_v = np.split(next(iter(own.values())), 3, axis=-1) if fused else [own[each] for each in inputs.split()]
        own_maps = [*q_k_v, *(own[each] for each in output.split())]
        other = own | {each: exchanged(own[each], heads, 3 if fused else 1) for each in inputs.split()}
        return Run(
            call(lambda x: f(params_of(own), x, *more)),
            x,
            lambda x: multi_head(x, own_maps, heads, **expected),
            causal=expected.get("mask") is CAUSAL,
            exchanged=call(lambda x: f(params_of(other), x, *more)) if output and heads > 1 else None,
        )

    return case


def cached(run):
    own = {name: matrix(WIDTH, WIDTH) for name in ("wq", "wk", "wv")}

    def step():
        cache = {name: jax_array(np.zeros((BATCH, 0, WIDTH))) for name in "kv"}
        decode = run().decode_step

        def one(token):
            out, cache_now = decode(params_of(own), dict(cache), jax_array(token))
            cache.update(cache_now)
            return out

        return one

    right = lambda x: multi_head(x, list(own.values()), mask=CAUSAL)  # noqa: E731
    return Run(lambda x: in_steps(step(), x), X, right, causal=True, step=step)


def scanned(run):
    """The likeliest next token, taken up again and again, as if every token before it were read anew."""
    own = {name: matrix(WIDTH, HEADS, 4) for name in ("wq", "wk", "wv")} | {"wo": matrix(HEADS, 4, WIDTH)}
    own |= {"embed": matrix(12, WIDTH), "positions": matrix(TOKENS, WIDTH)}
    maps = [*(own[name].reshape(WIDTH, -1) for name in ("wq", "wk", "wv")), own["wo"].reshape(-1, WIDTH)]

    def right(start):
        ids = start[:, None]
        for n in range(1, TOKENS + 1):
            x = own["embed"][ids] + own["positions"][:n]
            best = ((x + multi_head(x, maps, HEADS, mask=CAUSAL[:n, :n])) @ own["embed"].T).argmax(-1)
            ids = np.concatenate([ids, best[:, -1:]], axis=1)
        return ids[:, 1:]

    decode = run().greedy_decode
    return Run(call(lambda start: decode(params_of(own), start, TOKENS, HEADS, 4)), np.arange(12), right)


def sentence(run):
    own = {"tok_emb": matrix(12, 64), "pos_emb": matrix(9, 64), "w_qkv": matrix(64, 192) / 4}

    def right(ids):
        x = own["tok_emb"][ids] + own["pos_emb"][:TOKENS]
        return multi_head(x, np.split(own["w_qkv"], 3, axis=-1)).mean(1)

    return Run(call(lambda ids: run().encode(params_of(own), ids)), IDS, right)


def early(run):
    """One head of one sentence, whose weights are read off."""
    f = run().causal_attention
    own = [matrix(WIDTH, WIDTH) for _ in range(3)]

    def weights(x):
        return f(jax_array(x @ own[0]), jax_array(x @ own[1]), jax_array(np.eye(TOKENS)))

    def attend(x):
        return array(f(*(jax_array(x @ each) for each in own)))

    return Run(attend, X[0], lambda x: multi_head(x, own, mask=CAUSAL), causal=True, weights=weights)


def gpt(run):
    layers = [{"w_qkv": matrix(WIDTH, 3 * WIDTH), "w_out": matrix(WIDTH, WIDTH)} for _ in range(2)]
    outer = {"embed": matrix(12, WIDTH), "pos": matrix(9, WIDTH), "unembed": matrix(WIDTH, 12)}

    def right(ids):
        x = outer["embed"][ids] + outer["pos"][:TOKENS]
        for layer in layers:
            own = [*np.split(layer["w_qkv"], 3, axis=-1), layer["w_out"]]
            x = x + multi_head(x, own, HEADS, mask=CAUSAL)
        return x @ outer["unembed"]

    params = params_of(outer) | {"layers": [params_of(layer) for layer in layers]}
    return Run(call(lambda ids: run().gpt(params, ids, HEADS)), IDS, right, causal=True, axis=1)


def vmapped(run):
    own = {name: matrix(HEADS, WIDTH, 4) for name in ("query", "key", "value")} | {"out": matrix(HEADS, 4, WIDTH)}
    flat = [np.concatenate(own[name], axis=-1) for name in ("query", "key", "value")] + [np.concatenate(own["out"])]
    f = run().encoder_attention
    return Run(call(lambda x: f(params_of(own), x, ~PAD)), X, lambda x: multi_head(x, flat, HEADS, mask=WORDS))


FUSED = function("encoder_attention", "wq wk wv | wo", HEADS, more=(PADDED_IDS, HEADS), mask=WORDS)
PADDING = function("encoder_attention", "wq wk wv | wo", HEADS, more=(LENGTHS, HEADS), mask=WORDS)
DECODER = function("decoder_self_attention", "wq wk wv | wo", HEADS, more=(HEADS,), mask=CAUSAL)
LITERAL = function("encoder_attention", "w_q w_k w_v | w_o", 8, width=512)
EINSUM = function("sentence_encoder_attention", "q k v | o", HEADS, more=(HEADS,))
AXIS = function("encoder_attention", "qkv", HEADS, more=(HEADS,), fused=True)
SWAPPED = function("encoder_attention", "wq wk wv")
LAID_OUT = function("encoder_attention", "wq wk wv | wo", HEADS, more=(HEADS,))

GOOD = {
    "cache-loses-history/good_jax_dict.py": cached,
    "concatenated-positions/good_jax_residual.py": sentence,
    "head-dim-mismatch/good_jax_literal.py": LITERAL,
    "heads-not-concatenated/good_jax_einsum.py": EINSUM,
    "mask-after-softmax/good_jax_at_set.py": early,
    "mask-shape-mismatch/good_jax_fused.py": FUSED,
    "mask-shape-mismatch/good_jax_padding.py": PADDING,
    "missing-causal-mask/good_jax_fused.py": DECODER,
    "missing-causal-mask/good_jax_params.py": gpt,
    "missing-scale/good_jax_vmapped_head.py": vmapped,
    "softmax-wrong-axis/good_jax_key_axis.py": AXIS,
    "wrong-qk-transpose/good_jax_heads_fused.py": LAID_OUT,
    "wrong-qk-transpose/good_jax_swapaxes.py": SWAPPED,
}

# What each mistake shows when it is run: the laws that it breaks, or what JAX says of it.
BAD = {
    "cache-loses-history/bad_jax_dict.py": (cached, {"mismatch", "cache"}),
    "cache-loses-history/bad_jax_scan_dropped.py": (scanned, {"mismatch"}),
    "concatenated-positions/bad_jax_residual.py": (sentence, "contracting dimensions"),
    "head-dim-mismatch/bad_jax_literal.py": (LITERAL, "cannot reshape"),
    "heads-not-concatenated/bad_jax_einsum.py": (EINSUM, "contracting dimensions"),
    "mask-after-softmax/bad_jax_at_set.py": (early, {"mismatch", "leak", "rows"}),
    "mask-shape-mismatch/bad_jax_fused.py": (FUSED, {"mismatch"}),
    "mask-shape-mismatch/bad_jax_padding.py": (PADDING, {"mismatch"}),
    "missing-causal-mask/bad_jax_fused.py": (DECODER, {"mismatch", "leak"}),
    "missing-causal-mask/bad_jax_params.py": (gpt, {"mismatch", "leak"}),
    "missing-scale/bad_jax_vmapped_head.py": (vmapped, {"mismatch"}),
    "softmax-wrong-axis/bad_jax_query_axis.py": (AXIS, {"mismatch"}),
    "wrong-qk-transpose/bad_jax_heads_fused.py": (LAID_OUT, {"mismatch"}),
    "wrong-qk-transpose/bad_jax_all_axes.py": (SWAPPED, "Incompatible types for matmul"),
}
