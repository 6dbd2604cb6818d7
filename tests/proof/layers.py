"""Layers whose matrices are of (out, in), as PyTorch, MLX and tinygrad have them: what each does, and cases of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tests.proof.laws import CLOSE, Run, array, in_steps
from tests.proof.reference import exchanged, layer_norm, linear, look_back, multi_head
from tests.proof.seed import TOKENS, X

CAUSAL = look_back(TOKENS)


def weight(each):
    """What a parameter or a Linear does, as `reference.linear` takes it."""
    if not hasattr(each, "weight"):
        return array(each)
    matrix, bias = array(each.weight).T, getattr(each, "bias", None)
    return matrix if bias is None else (matrix, array(bias))


def cut(pair, count):
    """A fused projection as those that it is made of, side by side."""
    matrix, bias = pair if isinstance(pair, tuple) else (pair, np.zeros(pair.shape[-1]))
    parts = zip(np.split(matrix, count, -1), np.split(bias, count, -1), strict=True)
    return [tuple(part) for part in parts]


def attribute(layer, path):
    for name in path.split("."):
        layer = layer[int(name)] if name.isdigit() else getattr(layer, name)
    return layer


def projections(layer, names):
    """`names` are those of the projections of q, k, v, fused or not, and behind a bar that of the output."""
    inputs, _, output = names.partition("|")
    inputs = [weight(attribute(layer, name)) for name in inputs.split()]
    if len(inputs) < 3:
        inputs[-1:] = cut(inputs[-1], 4 - len(inputs))
    return [*inputs, weight(attribute(layer, output.strip())) if output else None]


def assign(layer, name, value):
    setattr(layer, name, value)


def exchange(layer, names, tensor, heads, kv_heads=None, *, assign=assign):
    """The layer with its heads in another order."""
    inputs = names.partition("|")[0].split()
    fused = [*[1] * (len(inputs) - 1), 4 - len(inputs)]
    for name, count, of in zip(inputs, fused, [heads, *[kv_heads or heads] * 2][: len(inputs)], strict=True):
        each = attribute(layer, name)
        for part in ("weight", "bias"):
            if getattr(each, part, None) is not None:
                assign(each, part, tensor(exchanged(array(getattr(each, part)).T, of, count).T))
    return layer


def norm(layer, x):
    return layer_norm(x, array(layer.weight), array(layer.bias), layer.eps)


def table(embedding):
    return array(embedding.weight)


def relu_layers(first, second, x):
    """Two layers of neurons."""
    return linear(np.maximum(linear(x, weight(first)), 0), weight(second))


@dataclass(frozen=True)
class Kit:
    """A framework whose layers are called: `live` gives a layer weights that matter, `tensor` makes its arrays."""

    live: Callable
    tensor: Callable
    close: float = CLOSE

    def make(self, run, name, init):
        cls = getattr(run(), name)
        return self.live(cls(**init) if isinstance(init, dict) else cls(*init))

    def call(self, f, *more):
        """f of a NumPy array and of what else it takes; the first of what it returns."""

        def of_array(x):
            out = f(*map(self.tensor, (x, *more)))
            return array(out[0] if isinstance(out, tuple) else out)

        return of_array

    def layer(self, name, init, right, *more, x=X, **laws):
        """A case of a layer; `right` is a function of the layer and of x."""

        def case(run):
            made = self.make(run, name, init)
            return Run(self.call(made, *more), x, lambda x: right(made, x), close=self.close, **laws)

        return case

    def self_attention(self, name, init, names, heads=1, *, more=(), x=X, before=None, residual=False, **expected):
        """A case of a layer of attention to x, or to what `before`, a function of the layer, makes of x."""

        def right(made, x):
            given = before(made, x) if before else x
            y = multi_head(given, projections(made, names), heads, **expected)
            return x + y if residual else y

        attention = self.layer(name, init, right, *more, x=x, causal=expected.get("mask") is CAUSAL)

        def case(run):
            if "|" not in names or heads == 1:
                return attention(run)
            other = exchange(self.make(run, name, init), names, self.tensor, heads, expected.get("kv_heads"))
            return replace(attention(run), exchanged=self.call(other, *more))

        return case

    def function(self, name, of_x, right, x=X, **laws):
        """A case of a function, which `of_x` calls with arrays that it makes of x."""

        def case(run):
            f = getattr(run(), name)
            return Run(lambda x: of_x(lambda *of: self.call(f, *of[1:])(of[0]), x), x, right, close=self.close, **laws)

        return case

    def decoder(self, name, init, names, heads, start, full=None, **expected):
        """A case of a cache: `start(layer, module)` makes a decoder whose cache is empty, and `full(layer)`, where the
        layer has one, is the same attention of a whole sentence."""

        def case(run):
            module = run()
            made = self.make(lambda: module, name, init)

            def step():
                inner = start(self.make(lambda: module, name, init), module)
                return lambda token: array(inner(self.tensor(token)))

            def right(x):
                return multi_head(x, projections(made, names), heads, mask=CAUSAL, **expected)

            whole = self.call(full(made)) if full else lambda x: in_steps(step(), x)
            return Run(whole, X, right, causal=True, step=step, close=self.close)

        return case
