"""Keras' layers at work: given weights that matter, run on NumPy's arrays, and their weights read."""

import os
from functools import partial

import numpy as np

from tests.proof.laws import Run, in_steps
from tests.proof.reference import exchanged_dense, layer_norm, look_back, multi_head
from tests.proof.seed import TOKENS, X

# Read by Keras when it is imported. TensorFlow's fixtures need its own backend, and a process has one.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

CAUSAL = look_back(TOKENS)


def tensor(x):
    import tensorflow as tf

    x = np.asarray(x)
    return tf.constant(x.astype("float32") if np.issubdtype(x.dtype, np.floating) else x)


def live(layer):
    """The layer with weights so large that no mistake is small."""
    random = np.random.default_rng(17)
    for each in layer.weights:
        width = each.shape[-1] if len(each.shape) > 1 else 10
        each.assign(random.normal(size=each.shape) * width**-0.5)
    return layer


def flat(kernel, bias, inward=True):
    """A kernel whose heads have an axis of their own as one of (in, out), and its bias."""
    kernel = np.asarray(kernel)
    kernel = kernel.reshape(len(kernel), -1) if inward else kernel.reshape(-1, kernel.shape[-1])
    return kernel, 0.0 if bias is None else np.asarray(bias).ravel()


def dense(layer, inward=True):
    """What a Dense, an EinsumDense or a bare matrix does, as `reference.linear` takes it."""
    if not hasattr(layer, "kernel"):
        return np.asarray(layer)
    return flat(layer.kernel, layer.bias, inward)


def projections(layer, names):
    """`names` are those of the projections of q, k, v, fused or not, and behind a bar that of the output."""
    inputs, _, output = names.partition("|")
    inputs = [dense(getattr(layer, name)) for name in inputs.split()]
    if len(inputs) == 1:
        inputs = list(zip(*(np.split(part, 3, axis=-1) for part in inputs[0]), strict=True))
    return [*inputs, *(dense(getattr(layer, name), inward=False) for name in output.split())]


def exchange(layer, names, heads):
    """The layer with its heads in another order."""
    for name in names.split():
        each = getattr(layer, name)
        parts = exchanged_dense(each.kernel, each.bias, heads, 4 - len(names.split()))
        for mine, turned in zip((each.kernel, each.bias), parts, strict=False):
            mine.assign(turned)
    return layer


def mha_projections(mha):
    """Those of keras.layers.MultiHeadAttention."""
    return projections(mha, "_query_dense _key_dense _value_dense | _output_dense")


def norm(layer, x):
    return layer_norm(x, np.asarray(layer.gamma), np.asarray(layer.beta), layer.epsilon)


def call(f, *more):
    """f of a NumPy array and of what else it takes; the first of what it returns."""

    def of_array(x):
        out = f(*map(tensor, (x, *more)))
        return np.asarray(out[0] if isinstance(out, tuple) else out)

    return of_array


def layer(name, init, right, *more, x=X, built="", exchange=None, **laws):
    """A case of a layer; `right` is a function of the layer, which then has its weights, and of x. The layers `built`
    have their weights before the first call: a call that is a tf.function keeps those of the trace that made them."""

    def ready(run):
        cls = getattr(run(), name)
        made = cls(**init) if isinstance(init, dict) else cls(*init)
        for each in built.split():
            getattr(made, each).build(x.shape)
        f = call(made, *more)
        f(x)
        return live(made), f

    def case(run):
        made, f = ready(run)
        other = None
        if exchange:
            turned, other = ready(run)
            exchange(turned)
        return Run(f, x, lambda x: right(made, x), exchanged=other, **laws)

    return case


def self_attention(name, init, names, heads=1, *, more=(), x=X, mask=None, built=""):
    def right(made, x):
        return multi_head(x, projections(made, names), heads, mask=mask)

    inputs, bar, _ = names.partition("|")
    mixes = partial(exchange, names=inputs, heads=heads) if bar and heads > 1 else None
    return layer(name, init, right, *more, x=x, built=built, exchange=mixes, causal=mask is CAUSAL)


def decoder(name, init, names, heads, start):
    """A case of a cache: `start(layer)` makes a decoder whose cache is empty."""

    def case(run):
        module = run()
        made = getattr(module, name)(*init)
        start(made)(tensor(X[:, :1]))
        live(made)

        def step():
            inner = start(made)
            return lambda token: inner(tensor(token))

        def right(x):
            return multi_head(x, projections(made, names), heads, mask=CAUSAL)

        return Run(lambda x: in_steps(step(), x), X, right, causal=True, step=step)

    return case
