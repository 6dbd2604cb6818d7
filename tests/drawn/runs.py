"""Drawn modules at work: built, given weights that matter and small random input, and compared with the reference."""

import os
from dataclasses import dataclass

import numpy as np

from tests.drawn.source import init_parameters, matrices, method_of, parameters, tables
from tests.proof import reference
from tests.proof.laws import Run, in_steps
from tests.proof.reference import look_back, multi_head

VOCABULARY = 11
LENGTH = 12
# Read when a framework is imported; tinygrad asks for a compiler where it is not told to work in Python.
SETTINGS = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "DEV": "PYTHON"}
# float32 is what all but NumPy and PyTorch compute in here.
CLOSE = {"numpy": 1e-6, "torch": 1e-6}


@dataclass(frozen=True)
class Sizes:
    """The sizes of a run. Where all are equal, a mistake that confuses two axes runs and shows in the numbers."""

    batch: int
    time: int
    heads: int
    size: int

    @property
    def width(self):
        return self.heads * self.size


APART = Sizes(batch=2, time=5, heads=3, size=4)
EQUAL = Sizes(batch=4, time=4, heads=4, size=4)
# tinygrad in Python takes seconds for the others.
TINY = {APART: Sizes(batch=1, time=3, heads=2, size=2), EQUAL: Sizes(batch=2, time=2, heads=2, size=2)}


def tensor(framework, x):
    """An array as the framework has it: numbers in the precision that the modules are given."""
    x = np.asarray(x)
    if framework == "torch":
        import torch

        return torch.tensor(x)
    if framework == "numpy":
        return x
    x = x.astype("float32") if np.issubdtype(x.dtype, np.floating) else x
    if framework == "jax":
        import jax.numpy as jnp

        return jnp.asarray(x)
    if framework == "keras":
        from keras import ops

        return ops.convert_to_tensor(x)
    if framework == "mlx":
        import mlx.core as mx

        return mx.array(x)
    from tinygrad import Tensor

    return Tensor(x)


def array(framework, x):
    """What the framework made, as NumPy has it."""
    if framework == "torch":
        return x.detach().numpy()
    return x.numpy() if framework == "tinygrad" else np.array(x)


class Bench:
    """One module of a form, with what it is given: random weights, an input and a mask of its padding."""

    def __init__(self, form, module, sizes):
        self.form, self.module, self.sizes = form, module, sizes
        self.random = np.random.default_rng(form.seed)
        self.padding = np.arange(sizes.time)[None, :] >= sizes.time - 1 - np.arange(sizes.batch)[:, None] % 3
        self.matrices = {}

    def of_tensor(self, x):
        return tensor(self.form.framework, x)

    def matrix(self, name):
        """The random matrix of this name, as an argument of a function."""
        if name not in self.matrices:
            width = self.sizes.width
            rows = VOCABULARY if name.startswith("tok") else LENGTH if name.startswith("pos") else width
            columns = 3 * width if name == self.form.names.fused else width
            self.matrices[name] = self.random.normal(size=(rows, columns)) * (1.0 if rows != width else width**-0.5)
        return self.matrices[name]

    def x(self):
        """The input: ids or features."""
        if self.form.kind == "embedded":
            return self.random.integers(0, VOCABULARY, size=(self.sizes.batch, self.sizes.time))
        shape = (self.sizes.batch, self.sizes.time, self.sizes.width)
        return self.random.normal(size=shape[1:] if self.form.layout == "flat" else shape)

    def mask(self):
        """True where a key may be read, with an axis for the heads."""
        mask = np.ones((1, 1, 1, 1), dtype=bool)
        if self.form.is_causal or self.form.kind == "step":
            mask = mask & look_back(self.sizes.time)
        if self.form.is_padded:
            mask = mask & ~self.padding[:, None, None, :]
        return mask[0, 0] if self.form.layout == "flat" else mask

    def mask_given(self):
        """The padding mask that the module takes."""
        keep = (~self.padding).astype("int32") if self.form.counts_tokens else ~self.padding
        return self.of_tensor(self.padding if self.form.true_is_padding else keep)

    def function(self):
        """The drawn function, as one of the input and of nothing else."""
        name = self.form.word("step") if self.form.kind == "step" else self.form.title[0]
        f = getattr(self.module, name)
        given = {"padding": self.mask_given, "heads": lambda: self.sizes.heads, "params": self.params}

        def of_x(x, *caches):
            caches = iter(caches)
            arguments = []
            for _, role in parameters(self.form):
                if role in ("x", "ids"):
                    arguments.append(self.of_tensor(x))
                elif role == "cache":
                    arguments.append(next(caches))
                elif role in given:
                    arguments.append(given[role]())
                else:
                    arguments.append(self.of_tensor(self.matrix(role)))
            return f(*arguments)

        return of_x

    def params(self):
        return {name: self.of_tensor(self.matrix(name)) for name in matrices(self.form)}

    def layer(self):
        """The drawn class, made."""
        sizes = {"vocab": VOCABULARY, "width": self.sizes.width, "heads": self.sizes.heads, "length": LENGTH}
        given = [sizes[role] for name, role in init_parameters(self.form) if "=" not in name]
        made = getattr(self.module, self.form.title[0])(*given)
        return live(self.form, made, self)


def live(form, made, bench):
    """A layer with large weights, in double precision where it has it, and without dropout."""
    if form.framework == "torch":
        from tests.proof.torch_kit import live

        return live(made)
    if form.framework == "numpy":
        for name in matrices(form):
            shape = getattr(made, name).shape
            scale = 1.0 if name in tables(form) else shape[0] ** -0.5
            setattr(made, name, np.random.default_rng(len(name)).normal(size=shape) * scale)
    return made


def weights_of(form, layer):
    """The matrices of a layer by their names: (in, out), or a pair of it and a bias."""

    def of(each):
        if form.framework == "numpy":
            return each
        if form.framework == "keras":
            held = [np.asarray(w.numpy()) for w in each.weights]
        else:
            named = (getattr(each, "weight", None), getattr(each, "bias", None))
            if form.framework == "mlx":
                named = (each["weight"], each.get("bias"))
            held = [array(form.framework, w) for w in named if w is not None]
            held[0] = held[0] if hasattr(each, "num_embeddings") or type(each).__name__ == "Embedding" else held[0].T
        return held[0] if len(held) == 1 else tuple(held)

    return {name: of(getattr(layer, name)) for name in matrices(form)}


def projections(form, held):
    """Those of q, k, v and the output."""
    n = form.names
    if form.is_fused:
        fused = held[n.fused]
        parts = zip(*(np.split(each, 3, axis=-1) for each in fused), strict=True) if isinstance(fused, tuple) else None
        found = list(parts) if parts else np.split(fused, 3, axis=-1)
    else:
        found = [held[name] for name in n.projections[:3]]
    return [*found, held[n.projections[3]] if form.has_output else None]


def expected(form, bench, held):
    """What the reference makes of the input."""
    heads = bench.sizes.heads if form.has_heads else 1

    def of_x(x):
        if form.kind == "embedded":
            token, place = (held[name] for name in tables(form))
            x = token[x] + place[: x.shape[1]]
        return multi_head(x, projections(form, held), heads, mask=bench.mask())

    return of_x


def run_of(form, module, sizes=APART):
    """The module of a form at work; it raises where the module cannot even be built."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    bench = Bench(form, module, TINY.get(sizes, sizes) if form.framework == "tinygrad" else sizes)
    close = CLOSE.get(form.framework, 2e-4)
    if form.is_given:
        return given(form, bench, close)
    if form.kind == "step":
        return steps(form, bench, close)
    x = bench.x()
    if form.is_function:
        f, held = bench.function(), None
        held = {name: bench.matrix(name) for name in matrices(form)}
    else:
        made = bench.layer()
        method = getattr(made, method_of(form))
        more = [bench.mask_given()] * form.is_padded

        def f(x):
            return method(bench.of_tensor(x), *more)

        if form.framework == "keras":
            f(x)  # its weights are made by the first call
        held = weights_of(form, made)
    is_fast = form.framework in ("numpy", "torch")
    return Run(
        lambda x: array(form.framework, f(x)),
        x,
        expected(form, bench, held),
        causal=form.is_causal and is_fast,
        axis=1 if form.kind == "embedded" else -2,
        close=close,
    )


def given(form, bench, close):
    """A function of q, k and v, which are made of x here; its heads are merged here, where it leaves them apart."""
    heads = bench.sizes.heads if form.has_heads else 1
    width = bench.sizes.width
    q, k, v = (bench.random.normal(size=(width, width)) * width**-0.5 for _ in range(3))
    f = getattr(bench.module, form.title[0])
    more = [bench.mask_given()] * form.is_padded
    merges = form.planted == "heads-not-concatenated"

    def split(t):
        t = reference.split(t, heads) if form.has_heads else t
        return bench.of_tensor(np.ascontiguousarray(np.moveaxis(t, -3, -2) if form.layout == "bshd" else t))

    def of_x(x):
        out = array(form.framework, f(*(split(x @ w) for w in (q, k, v)), *more))
        if not form.has_heads or merges:
            return out
        return reference.merge(np.moveaxis(out, -2, -3) if form.layout == "bshd" else out)

    def right(x):
        return multi_head(x, (q, k, v), heads, mask=bench.mask())

    return Run(of_x, bench.x(), right, causal=form.is_causal and form.framework in ("numpy", "torch"), close=close)


def steps(form, bench, close):
    """A decoder that is given one token after the other, its cache empty at first."""
    x = bench.x()
    if form.is_function:
        f, empty = bench.function(), (bench.sizes.batch, 0, bench.sizes.width)
        if form.has_heads:
            empty = (bench.sizes.batch, bench.sizes.heads, 0, bench.sizes.size)
        held = {name: bench.matrix(name) for name in matrices(form)}

        def step():
            empties = [bench.of_tensor(np.zeros(empty))] * 2
            caches = [dict(zip("kv", empties, strict=True))] if form.keeps_dict else empties

            def of_token(token):
                out, *caches[:] = f(token, *caches)
                return array(form.framework, out)

            return of_token
    else:
        made = bench.layer()
        method = getattr(made, method_of(form))
        if form.framework == "keras":
            method(bench.of_tensor(x[:, :1]))
        held = weights_of(form, made)

        def step():
            for cache in form.names.caches:
                setattr(made, cache, None)
            return lambda token: array(form.framework, method(bench.of_tensor(token)))

    return Run(lambda x: in_steps(step(), x), x, expected(form, bench, held), step=step, close=close)
