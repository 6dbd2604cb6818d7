"""How Keras, MLX and tinygrad spell the steps of attention, and which framework has which spelling."""

from tests.drawn.dialects import SWAPS, Jax, Numpy, atom
from tests.drawn.torch_words import Torch


class Keras(Torch):
    imports = ("import keras", "from keras import layers, ops")
    space = "ops"
    axis = "axis"
    lowest = ("-1e9", '-float("inf")', "-1e9")
    boolean = '"bool"'
    diagonal = "k=1"
    call = Numpy.call
    upper, additive, lower = Numpy.upper, Numpy.additive, Numpy.lower
    matmul, masked = Numpy.matmul, Numpy.masked

    def swap(self, t, key="swap"):
        return self.form.pick(key, self.permute(t, SWAPS[self.form.rank]), f"ops.swapaxes({t}, -1, -2)")

    def permute(self, t, axes):
        return f"ops.transpose({t}, ({axes}))"

    def heads_first(self, t):
        return self.permute(t, "0, 2, 1, 3")

    def reshape(self, t, *sizes):
        return f"ops.reshape({t}, ({', '.join(sizes)}))"

    def concat(self, parts, axis):
        return f"ops.concatenate([{', '.join(parts)}], axis={axis})"

    def cut(self, t):
        return f"ops.split({t}, 3, axis=-1)"

    def shape(self, t):
        return f"ops.shape({t})"

    def reduce(self, how, t, axis):
        return f"ops.{how}({t}, axis={axis})"

    def number(self, mask):
        return f"ops.cast({mask}, {self.form.names.q}.dtype)"

    def softmax(self, t, axis):
        return f"self.softmax({t})" if self.softmax_is_layer() else f"ops.softmax({t}, axis={axis})"

    def softmax_layer(self, axis):
        return f"layers.Softmax(axis={axis})"

    def linear(self, name, inside, outside):
        return f"self.{name} = layers.Dense({outside}{self.form.pick('bias', '', ', use_bias=False')})"

    def table(self, name, count, width):
        return f"self.{name} = layers.Embedding({count}, {width})"

    def places(self, name, size, x):
        return f"self.{name}(ops.arange({size}))"

    def spread(self, places, x):
        return f"ops.broadcast_to({places}, ops.shape({x}))"


class Mlx(Keras):
    imports = ("import mlx.core as mx", "import mlx.nn as nn")
    space = "mx"
    lowest = ("-mx.inf", "-1e9", '-float("inf")')
    boolean = "mx.bool_"
    permute, reshape, reduce, shape = Numpy.permute, Numpy.reshape, Numpy.reduce, Numpy.shape
    linear = Torch.linear

    def swap(self, t, key="swap"):
        return f"{atom(t)}.{self.form.pick(key, 'swapaxes(-1, -2)', f'transpose({SWAPS[self.form.rank]})')}"

    def concat(self, parts, axis):
        return f"mx.concatenate([{', '.join(parts)}], axis={axis})"

    def cut(self, t):
        return f"mx.split({t}, 3, axis=-1)"

    def upper(self, size):
        return f"mx.triu(mx.ones(({size}, {size})), k=1) > 0"

    def number(self, mask):
        return mask

    def softmax(self, t, axis):
        return f"mx.softmax({t}, axis={axis})"

    def softmax_is_layer(self):
        return False

    def softmax_of_all(self, t):
        return f"mx.softmax({t})"

    def table(self, name, count, width):
        return f"self.{name} = nn.Embedding({count}, {width})"

    def places(self, name, size, x):
        return f"self.{name}(mx.arange({size}))"

    def spread(self, places, x):
        return f"mx.broadcast_to({places}, {x}.shape)"


class Tinygrad(Torch):
    imports = ("from tinygrad import Tensor, nn",)
    space = "Tensor"
    lowest = ('float("-inf")', "-1e9")
    shape, reshape = Numpy.shape, Numpy.reshape

    def matmul(self, a, b, key="product"):
        return f"{atom(a)} @ {atom(b)}" if self.form.pick(key, "@", "@", "matmul") == "@" else f"{atom(a)}.matmul({b})"

    def swap(self, t, key="swap"):
        return f"{atom(t)}.{self.form.pick(key, 'transpose(-2, -1)', 'transpose(-1, -2)')}"

    def concat(self, parts, axis):
        return f"{parts[0]}.cat({', '.join(parts[1:])}, dim={axis})"

    def reduce(self, how, t, axis):
        return f"{t}.{how}(axis={axis})"

    def where(self, condition, yes, no):
        return f"{atom(condition)}.where({yes}, {no})"

    def masked(self, scores, blocked, keep):
        return Numpy.masked(self, scores, blocked, keep)

    def lower(self, size):
        return f"Tensor.ones({size}, {size}).tril()"

    def upper(self, size):
        return f"Tensor.ones({size}, {size}).triu(1) > 0"

    def additive(self, size):
        return f'Tensor.full(({size}, {size}), float("-inf")).triu(1)'

    def softmax(self, t, axis):
        return f"{atom(t)}.softmax({self.form.pick('axis', '', 'axis=')}{axis})"

    def softmax_is_layer(self):
        return False

    def places(self, name, size, x):
        return f"self.{name}(Tensor.arange({size}))"


DIALECTS = {"numpy": Numpy, "torch": Torch, "jax": Jax, "keras": Keras, "mlx": Mlx, "tinygrad": Tinygrad}
