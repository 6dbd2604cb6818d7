"""Shape rules that only PyTorch has, against PyTorch itself on its meta device."""

import itertools

import pytest

from attnlint import dims
from attnlint.frameworks import function, layer, method
from attnlint.interpret.arguments import bind
from attnlint.ops import OPS, Args
from attnlint.tensor import Shape, Tensor, axis
from attnlint.values import Const, Seq, integer

pytestmark = pytest.mark.frameworks

SHAPES = [(4,), (2, 6), (2, 3, 6), (2, 3, 4, 6), (1, 3, 1, 6)]


def meta(*shape):
    import torch

    return torch.empty(shape, device="meta")


def abstract(value):
    """A torch value as the trace has it."""
    if hasattr(value, "dtype"):
        dtype = str(value.dtype).removeprefix("torch.")
        return Tensor(Shape(tuple(axis(dims.const(n)) for n in value.shape)), dtype=dtype)
    if isinstance(value, tuple | list):
        return Seq([abstract(item) for item in value], type(value).__name__)
    return integer(value) if isinstance(value, int) and not isinstance(value, bool) else Const(value)


def run(spelling, params, args, kwargs, more=None):
    bound = bind(params, [abstract(a) for a in args], {name: abstract(v) for name, v in kwargs.items()})
    result = OPS[spelling.op](Args({**spelling.defaults, **(more or {}), **bound, **spelling.fixed}))
    shapes = result.parts if result.parts is not None else (result.shape,)
    return [tuple(one.size.value for one in shape.axes) for shape in shapes if shape.known or not shape.open]


def real_shapes(value):
    values = list(value) if isinstance(value, tuple | list) else [value]
    return [tuple(one.shape) for one in values if one is not None and hasattr(one, "shape")]


def method_agrees(name, x, *args, **kwargs):
    spelling = method("torch", name)
    assert run(spelling, spelling.params, [x, *args], kwargs) == real_shapes(getattr(x, name)(*args, **kwargs)), name


def function_agrees(dotted, *args, **kwargs):
    import torch

    target = torch
    for part in dotted.split(".")[1:]:
        target = getattr(target, part)
    spelling = function(dotted)
    assert run(spelling, spelling.params, args, kwargs) == real_shapes(target(*args, **kwargs)), dotted


@pytest.mark.parametrize("shape", SHAPES)
def test_methods_over_one_axis(shape):
    x = meta(*shape)
    for dim in range(-len(shape), len(shape)):
        for name in ("softmax", "cumsum", "unbind", "unsqueeze", "squeeze", "sum", "amax", "max", "argmax"):
            method_agrees(name, x, dim)
        for name in ("sum", "mean", "logsumexp", "std"):
            method_agrees(name, x, dim, keepdim=True)
        for count in (1, 2, 3):
            method_agrees("chunk", x, count, dim)
            method_agrees("split", x, count, dim)
            method_agrees("tensor_split", x, count, dim)
        method_agrees("split", x, [shape[dim]], dim)
        method_agrees("topk", x, 1, dim)
        method_agrees("narrow", x, dim, 0, 1)
        method_agrees("select", x, dim, 0)
        method_agrees("repeat_interleave", x, 2, dim)


@pytest.mark.parametrize("shape", SHAPES)
def test_methods_that_reorder(shape):
    x = meta(*shape)
    for one, other in itertools.product(range(-len(shape), len(shape)), repeat=2):
        method_agrees("transpose", x, one, other)
        method_agrees("movedim", x, one, other)
    for order in itertools.permutations(range(len(shape))):
        method_agrees("permute", x, *order)
    method_agrees("flatten", x)
    method_agrees("repeat", x, *[2] * len(shape))
    method_agrees("repeat", x, 3, *[1] * len(shape))
    method_agrees("expand", x, 2, *[-1] * len(shape))


def test_views():
    x = meta(2, 3, 24)
    for sizes in ((2, 3, 4, 6), (2, 3, -1, 6), (6, 24), (-1, 24), (2, 72), (2, 4, 3, 6), (2, 3, 3, 2, 4)):
        method_agrees("view", x, *sizes)
        method_agrees("reshape", x, sizes)
    method_agrees("unflatten", x, -1, (4, 6))
    method_agrees("flatten", x, 1)
    method_agrees("flatten", x, -2)
    method_agrees("flatten", x, 0, 1)


def test_functions():
    q, k, v = meta(2, 4, 5, 8), meta(2, 4, 7, 8), meta(2, 4, 7, 6)
    function_agrees("torch.nn.functional.scaled_dot_product_attention", q, k, v)
    function_agrees("torch.matmul", q, k.transpose(-2, -1))
    function_agrees("torch.bmm", meta(2, 3, 4), meta(2, 4, 5))
    function_agrees("torch.baddbmm", meta(2, 3, 5), meta(2, 3, 4), meta(2, 4, 5))
    function_agrees("torch.addmm", meta(5), meta(3, 4), meta(4, 5))
    function_agrees("torch.einsum", "bhid,bhjd->bhij", q, k)
    function_agrees("torch.cat", [q, k], dim=2)
    function_agrees("torch.stack", [q, q], 1)
    function_agrees("torch.nn.functional.pad", q, (1, 2, 0, 3))
    function_agrees("torch.nn.functional.linear", q, meta(16, 8))
    function_agrees("torch.outer", meta(3), meta(4))
    function_agrees("torch.nn.functional.normalize", q, dim=-1)
    function_agrees("torch.zeros", 2, 3)
    function_agrees("torch.ones", (2, 3))
    function_agrees("torch.full", (2, 3), 1.0)
    function_agrees("torch.arange", 2, 9, 3)
    function_agrees("torch.tril", meta(4, 5))
    function_agrees("torch.meshgrid", meta(3), meta(4), indexing="ij")


def layer_agrees(name, init, *inputs, **kwargs):
    import torch

    dotted = f"torch.nn.{name}"
    spelling = layer(dotted)
    made = getattr(torch.nn, name)(*init, **kwargs).to("meta")
    config = bind(spelling.init, [abstract(a) for a in init], {n: abstract(v) for n, v in kwargs.items()})
    real = real_shapes(made(*inputs))
    assert run(spelling, spelling.call, inputs, {}, config)[: len(real)] == real, name


def test_layers():
    x = meta(2, 5, 16)
    layer_agrees("Linear", (16, 32), x)
    layer_agrees("LayerNorm", (16,), x)
    layer_agrees("GELU", (), x)
    layer_agrees("Dropout", (0.1,), x)
    layer_agrees("Softmax", (-1,), x)
    layer_agrees("Identity", (), x)
    layer_agrees("Flatten", (), x)
    layer_agrees("MultiheadAttention", (16, 4), x, x, x, batch_first=True)
    layer_agrees("MultiheadAttention", (16, 4), x, x, x)
    layer_agrees("TransformerEncoderLayer", (16, 4), x, batch_first=True)
    layer_agrees("TransformerDecoderLayer", (16, 4), x, x)
    layer_agrees("Conv1d", (5, 7, 3), x)
    layer_agrees("Conv1d", (5, 7, 3), x, padding=1)
    layer_agrees("Conv2d", (3, 8, 4), meta(2, 3, 16, 16), stride=4)


def test_embedding():
    import torch

    ids = torch.zeros(2, 5, dtype=torch.long, device="meta")
    layer_agrees("Embedding", (100, 16), ids)


def test_the_default_axis_of_softmax():
    import warnings

    import torch

    for rank in range(1, 6):
        x = torch.rand([2, 3, 4, 2, 3][:rank])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            weights = torch.nn.functional.softmax(x)
        spelling = function("torch.nn.functional.softmax")
        position = OPS["softmax"](Args({"x": abstract(x), **spelling.fixed})).notes["position"]
        assert torch.allclose(weights.sum(position), torch.ones(()))
