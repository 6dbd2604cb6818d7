"""What MLX and tinygrad spell has the shape that they give it; where they are installed, they are asked themselves."""

import pytest

from attnlint import frameworks
from attnlint.analyse import findings
from attnlint.index import index
from attnlint.interpret.entries import trace_file
from attnlint.ops import OPS
from attnlint.rule import all_rules
from attnlint.source import make_source

MLX = """\
import mlx.core as mx
import mlx.nn as nn
import math

x = mx.zeros((2, 4, 6, 8))
y = mx.zeros((2, 6, 32))
ids = mx.zeros((2, 6), dtype=mx.int32)
image = mx.zeros((2, 16, 16, 3))
"""
TINYGRAD = """\
from tinygrad import Tensor, nn

x = Tensor.empty(2, 4, 6, 8)
y = Tensor.empty(2, 6, 32)
ids = Tensor.empty(2, 6, dtype="int32")
image = Tensor.empty(2, 3, 16, 16)
"""

MLX_CASES = [
    ("mx.softmax(x, axis=-1)", (2, 4, 6, 8)),
    ("nn.GRU(32, 12)(y)", (2, 6, 12)),
    ("nn.RNN(32, 12)(y)", (2, 6, 12)),
    ("x.transpose(0, 2, 1, 3)", (2, 6, 4, 8)),
    ("x.transpose()", (8, 6, 4, 2)),
    ("mx.transpose(x, (0, 1, 3, 2))", (2, 4, 8, 6)),
    ("x.swapaxes(-1, -2)", (2, 4, 8, 6)),
    ("mx.swapaxes(x, 1, 2)", (2, 6, 4, 8)),
    ("mx.moveaxis(x, 1, -1)", (2, 6, 8, 4)),
    ("x.reshape(2, 4, -1)", (2, 4, 48)),
    ("mx.reshape(x, (8, 6, 8))", (8, 6, 8)),
    ("x.flatten(-2, -1)", (2, 4, 48)),
    ("mx.flatten(x, start_axis=1, end_axis=2)", (2, 24, 8)),
    ("mx.unflatten(y, -1, (4, -1))", (2, 6, 4, 8)),
    ("mx.expand_dims(y, (1, 2))", (2, 1, 1, 6, 32)),
    ("mx.squeeze(mx.zeros((2, 1, 3)), 1)", (2, 3)),
    ("mx.concatenate([y, y], axis=1)", (2, 12, 32)),
    ("mx.concatenate([y, y])", (4, 6, 32)),
    ("mx.stack([y, y], axis=1)", (2, 2, 6, 32)),
    ("mx.repeat(x, 3, axis=1)", (2, 12, 6, 8)),
    ("mx.tile(y, (1, 2, 1))", (2, 12, 32)),
    ("mx.broadcast_to(mx.zeros((32,)), (2, 1, 32))", (2, 1, 32)),
    ("mx.pad(y, [(0, 0), (1, 2), (0, 0)])", (2, 9, 32)),
    ("mx.pad(mx.zeros((3, 4)), 1)", (5, 6)),
    ("mx.where(ids == 0, -mx.inf, 0.0)[:, None, None, :]", (2, 1, 1, 6)),
    ("mx.tril(mx.ones((6, 6)))", (6, 6)),
    ("mx.tri(6, 4, k=-1)", (6, 4)),
    ("mx.arange(3, 9)", (6,)),
    ("mx.linspace(0, 1, 5)", (5,)),
    ("mx.full((2, 3), 1.0)", (2, 3)),
    ("x.astype(mx.float16)", (2, 4, 6, 8)),
    ("x.mean(axis=-1, keepdims=True)", (2, 4, 6, 1)),
    ("mx.sum(x, axis=1)", (2, 6, 8)),
    ("x.argmax(axis=-1)", (2, 4, 6)),
    ("mx.random.categorical(y)", (2, 6)),
    ("mx.random.normal((3, 4))", (3, 4)),
    ("mx.random.uniform(0, 1, (3, 4))", (3, 4)),
    ("mx.take(mx.zeros((10, 32)), ids, axis=0)", (2, 6, 32)),
    ("mx.einsum('bhqd,bhkd->bhqk', x, x)", (2, 4, 6, 6)),
    ("mx.matmul(x, x.transpose(0, 1, 3, 2))", (2, 4, 6, 6)),
    ("mx.addmm(mx.zeros((5,)), mx.zeros((3, 4)), mx.zeros((4, 5)))", (3, 5)),
    ("mx.fast.scaled_dot_product_attention(x, x, x, scale=1.0)", (2, 4, 6, 8)),
    ("mx.fast.rope(x, 8, traditional=False, base=10000.0, scale=1.0, offset=0)", (2, 4, 6, 8)),
    ("mx.fast.rms_norm(y, mx.ones((32,)), 1e-5)", (2, 6, 32)),
    ("nn.Linear(32, 12)(y)", (2, 6, 12)),
    ("nn.Embedding(10, 32)(ids)", (2, 6, 32)),
    ("nn.Embedding(10, 32).as_linear(y)", (2, 6, 10)),
    ("nn.LayerNorm(32)(y)", (2, 6, 32)),
    ("nn.RoPE(8)(x, offset=3)", (2, 4, 6, 8)),
    ("nn.SinusoidalPositionalEncoding(32)(mx.arange(6))", (6, 32)),
    ("nn.MultiHeadAttention(32, 4)(y, y, y)", (2, 6, 32)),
    ("nn.MultiHeadAttention(32, 4)(y, y, y, nn.MultiHeadAttention.create_additive_causal_mask(6))", (2, 6, 32)),
    ("nn.MultiHeadAttention.create_additive_causal_mask(6)", (6, 6)),
    ("nn.TransformerEncoder(2, 32, 4)(y, None)", (2, 6, 32)),
    ("nn.Conv2d(3, 12, kernel_size=4, stride=4)(image)", (2, 4, 4, 12)),
    ("nn.Conv1d(32, 12, kernel_size=3, padding=1)(y)", (2, 6, 12)),
    ("nn.losses.cross_entropy(y, ids)", (2, 6)),
]
TINYGRAD_CASES = [
    ("x.softmax()", (2, 4, 6, 8)),
    ("x.transpose(1, 2)", (2, 6, 4, 8)),
    ("x.transpose()", (4, 2, 6, 8)),
    ("x.permute(0, 2, 1, 3)", (2, 6, 4, 8)),
    ("x.reshape(2, 4, -1)", (2, 4, 48)),
    ("x.view((8, 6, 8))", (8, 6, 8)),
    ("x.flatten(2)", (2, 4, 48)),
    ("y.unflatten(2, (4, 8))", (2, 6, 4, 8)),
    ("y.unsqueeze(1)", (2, 1, 6, 32)),
    ("y.unsqueeze(1).expand(2, 3, 6, 32)", (2, 3, 6, 32)),
    ("y.cat(y, y, dim=1)", (2, 18, 32)),
    ("Tensor.cat(y, y, dim=-1)", (2, 6, 64)),
    ("Tensor.stack(y, y)", (2, 2, 6, 32)),
    ("y.stack(y, dim=1)", (2, 2, 6, 32)),
    ("x.repeat((1, 1, 1, 3))", (2, 4, 6, 24)),
    ("x.repeat_interleave(3, dim=1)", (2, 12, 6, 8)),
    ("y.shrink((None, (1, 4), None))", (2, 3, 32)),
    ("y.pad((None, (1, 2), None))", (2, 9, 32)),
    ("Tensor.full((1, 1, 6, 6), float('-inf')).triu(1)", (1, 1, 6, 6)),
    ("Tensor.ones(6, 6).tril()", (6, 6)),
    ("Tensor.arange(3, 9)", (6,)),
    ("x.max(axis=-1, keepdim=True)", (2, 4, 6, 1)),
    ("x.sum(1)", (2, 6, 8)),
    ("x.argmax(-1)", (2, 4, 6)),
    ("x.matmul(x.transpose(-2, -1))", (2, 4, 6, 6)),
    ("x.dot(x.transpose(2, 3))", (2, 4, 6, 6)),
    ("Tensor.einsum('bhqd,bhkd->bhqk', x, x)", (2, 4, 6, 6)),
    ("y.linear(Tensor.empty(32, 12), Tensor.empty(12))", (2, 6, 12)),
    ("x.scaled_dot_product_attention(x, x, is_causal=True)", (2, 4, 6, 8)),
    ("Tensor.scaled_dot_product_attention(x, x, x)", (2, 4, 6, 8)),
    ("(ids == 0).reshape(2, 1, 1, 6).where(float('-inf'), 0)", (2, 1, 1, 6)),
    ("x.rearrange('b h t d -> b t (h d)')", (2, 6, 32)),
    ("ids.one_hot(10)", (2, 6, 10)),
    ("y.layernorm()", (2, 6, 32)),
    ("nn.Linear(32, 12)(y)", (2, 6, 12)),
    ("nn.Embedding(10, 32)(ids)", (2, 6, 32)),
    ("nn.LayerNorm(32)(y)", (2, 6, 32)),
    ("nn.Conv2d(3, 12, kernel_size=4, stride=4)(image)", (2, 12, 4, 4)),
    ("y.sequential([nn.Linear(32, 12), Tensor.relu, nn.Linear(12, 5)])", (2, 6, 5)),
]
CASES = [(MLX, *case) for case in MLX_CASES] + [(TINYGRAD, *case) for case in TINYGRAD_CASES]


def names(case):
    return case if isinstance(case, str) and "\n" not in case else ""


def traced(setup, expression):
    """The sizes of what the trace makes of an expression."""
    (trace,) = trace_file(index(f"{setup}out = {expression}\n"))
    output = trace.ops[-1].output
    return tuple(one.size.value for one in output.axes) if output.rank is not None else None


@pytest.mark.parametrize(("setup", "expression", "shape"), CASES, ids=names)
def test_an_expression_has_the_shape_that_the_library_documents(setup, expression, shape):
    assert traced(setup, expression) == shape


@pytest.mark.frameworks
@pytest.mark.parametrize(("setup", "expression", "shape"), CASES, ids=names)
def test_the_library_itself_gives_that_shape(setup, expression, shape, monkeypatch):
    # tinygrad asks for a compiler where it is not told to work in Python.
    monkeypatch.setenv("DEV", "PYTHON")
    scope = {}
    exec(setup, scope)
    assert tuple(eval(expression, scope).shape) == shape


@pytest.mark.parametrize("library", ["mlx", "tinygrad", "xformers", "flash_attn", "flash_attn_interface"])
def test_a_library_s_tables_load_and_belong_to_it(library):
    tables = frameworks._functions(library), frameworks._layers(library)
    assert any(name.startswith(f"{library}.") for name in tables[0])
    assert {spelling.op for table in tables for spelling in table.values()} <= set(OPS)


@pytest.mark.parametrize("library", ["mlx", "tinygrad"])
def test_every_method_is_an_op_that_exists(library):
    assert {spelling.op for spelling in frameworks._methods(library).values()} <= set(OPS)


def test_mlx_splits_into_as_many_parts_as_it_is_told():
    (trace,) = trace_file(index(f"{MLX}q, k, v = mx.split(mx.zeros((2, 6, 96)), 3, axis=-1)\n"))
    parts = trace.ops[-1].outputs
    assert [tuple(one.size.value for one in part.axes) for part in parts] == [(2, 6, 32)] * 3


def test_softmax_without_an_axis_is_over_the_whole_array_in_mlx_and_over_the_last_axis_in_tinygrad():
    whole = trace_file(index(f"{MLX}out = mx.softmax(x)\n"))[0].ops[-1]
    last = trace_file(index(f"{TINYGRAD}out = x.softmax()\n"))[0].ops[-1]
    assert whole.notes["whole"] is True
    assert last.notes["whole"] is False
    assert last.notes["position"] == -1


FUSED = """\
import torch
from flash_attn import flash_attn_func, flash_attn_qkvpacked_func
from xformers.ops import LowerTriangularMask, memory_efficient_attention

q = torch.zeros(2, 6, 4, 8)
folded = torch.zeros(8, 6, 8)
"""


@pytest.mark.parametrize(
    ("expression", "shape"),
    [
        ("flash_attn_func(q, q, q, causal=True)", (2, 6, 4, 8)),
        ("flash_attn_qkvpacked_func(torch.zeros(2, 6, 3, 4, 8), causal=True)", (2, 6, 4, 8)),
        ("memory_efficient_attention(q, q, q, attn_bias=LowerTriangularMask())", (2, 6, 4, 8)),
        ("memory_efficient_attention(folded, folded, folded)", (8, 6, 8)),
    ],
)
def test_fused_kernels_keep_the_layout_of_the_query(expression, shape):
    assert traced(FUSED, expression) == shape


@pytest.mark.parametrize(
    ("call", "fits"),
    [
        ("flash_attn_func(q[:, :1], q, q)", True),
        ("memory_efficient_attention(q, q, q, attn_bias=torch.zeros(2, 4, 6, 6))", True),
        ("memory_efficient_attention(q, q, q, attn_bias=torch.zeros(2, 6, 4, 4))", False),
        ("memory_efficient_attention(folded, folded, folded, attn_bias=torch.zeros(6, 6))", True),
    ],
)
def test_a_mask_is_laid_on_the_sequence_of_the_call_s_own_layout(call, fits):
    source = make_source(f"{FUSED}\nout = {call}\n", "image_encoder.py")
    found = str(findings(source, all_rules()))
    assert ("mask-shape-mismatch" in found) is not fits
