"""The shapes that JAX's and Flax's spellings give: as their documentation says, and as the libraries compute them."""

import numpy as np
import pytest

from attnlint import dims
from attnlint.frameworks import arrays_of, function, layer, method
from attnlint.index import index
from attnlint.interpret.arguments import bind
from attnlint.interpret.entries import trace_file
from attnlint.ops import OPS, Args
from attnlint.tensor import Shape, Tensor, axis
from attnlint.values import Const, Seq, SliceValue, integer


def array(*sizes, dtype="float32"):
    return Tensor(Shape(tuple(axis(dims.const(n)) for n in sizes)), dtype=dtype)


def abstract(value):
    if isinstance(value, Tensor):
        return value
    if isinstance(value, slice):
        return SliceValue(abstract(value.start), abstract(value.stop), abstract(value.step))
    if isinstance(value, tuple | list):
        return Seq([abstract(item) for item in value], type(value).__name__)
    return integer(value) if isinstance(value, int) and not isinstance(value, bool) else Const(value)


def result(dotted, *args, **kwargs):
    spelling = function(dotted)
    assert spelling is not None, dotted
    bound = bind(spelling.params, [abstract(a) for a in args], {name: abstract(v) for name, v in kwargs.items()})
    return OPS[spelling.op](Args({**spelling.defaults, **bound, **spelling.fixed}))


def numbers(shape):
    assert not shape.open
    return tuple(one.size.value for one in shape.axes)


def layer_result(dotted, config, *args, **kwargs):
    made = layer(dotted)
    assert made is not None, dotted
    init = bind(made.init, [], {name: abstract(v) for name, v in config.items()})
    call = bind(made.call, [abstract(a) for a in args], {name: abstract(v) for name, v in kwargs.items()})
    return OPS[made.op](Args({**made.defaults, **init, **made.fixed, **call}))


def shape_of_name(text, name):
    """The shape of the last tensor of that name that the trace of a file has."""
    found = [b.value for trace in trace_file(index(text)) for b in trace.bindings if b.name == name]
    assert found, name
    return numbers(found[-1].shape)


X = (2, 5, 8)
CALLS = {
    "jax.numpy.swapaxes": ((array(*X), 1, 2), {}),
    "jax.numpy.moveaxis": ((array(*X), 0, -1), {}),
    "jax.numpy.concatenate": (([array(2, 5, 8), array(2, 3, 8)],), {"axis": 1}),
    "jax.numpy.einsum": (("bqd,bkd->bqk", array(2, 5, 8), array(2, 7, 8)), {}),
    "jax.numpy.take_along_axis": ((array(2, 5), array(2, 3, dtype="int32")), {"axis": 1}),
    "jax.numpy.where": ((array(5, 1, dtype="bool"), array(2, 1, 7), array(5, 7)), {}),
    "jax.numpy.tile": ((array(1, 1, 8), (2, 3, 1)), {}),
    "jax.numpy.repeat": ((array(2, 5, 8), 3), {"axis": 1}),
    "jax.numpy.expand_dims": ((array(2, 5), (1, 2)), {}),
    "jax.nn.softmax": ((array(*X),), {"axis": -1}),
    "jax.nn.one_hot": ((array(2, 5, dtype="int32"), 11), {}),
    "jax.nn.logsumexp": ((array(*X),), {"axis": -1, "keepdims": True}),
    "jax.nn.gelu": ((array(*X),), {}),
    "jax.nn.dot_product_attention": ((array(2, 5, 4, 8), array(2, 7, 4, 8), array(2, 7, 4, 8)), {}),
    "jax.lax.dot_general": ((array(2, 5, 8), array(2, 7, 8), (((2,), (2,)), ((0,), (0,)))), {}),
    "jax.lax.dynamic_slice": ((array(2, 5, 8), (0, 1, 0), (2, 3, 8)), {}),
    "jax.lax.dynamic_slice_in_dim": ((array(2, 5, 8), 1, 3), {"axis": 1}),
    "jax.lax.dynamic_update_slice": ((array(2, 5, 8), array(2, 1, 8), (0, 3, 0)), {}),
    "jax.lax.dynamic_update_slice_in_dim": ((array(2, 5, 8), array(2, 1, 8), 3), {"axis": 1}),
    "jax.lax.broadcasted_iota": (("int32", (5, 7), 1), {}),
    "jax.lax.broadcast_in_dim": ((array(5, 8), (2, 5, 3, 8), (1, 3)), {}),
    "jax.lax.slice_in_dim": ((array(2, 5, 8), 1, 4), {"axis": 1}),
    "jax.lax.transpose": ((array(2, 5, 8), (1, 0, 2)), {}),
    "jax.lax.select": ((array(2, 5, dtype="bool"), array(2, 5), array(2, 5)), {}),
    "jax.lax.expand_dims": ((array(2, 5), (0, 3)), {}),
    "jax.lax.squeeze": ((array(2, 1, 5), (1,)), {}),
    "jax.lax.rsqrt": ((array(2, 5),), {}),
}
DOCUMENTED = {
    "jax.numpy.swapaxes": (2, 8, 5),
    "jax.numpy.einsum": (2, 5, 7),
    "jax.nn.one_hot": (2, 5, 11),
    "jax.nn.dot_product_attention": (2, 5, 4, 8),
    "jax.lax.dot_general": (2, 5, 7),
    "jax.lax.dynamic_slice": (2, 3, 8),
    "jax.lax.dynamic_slice_in_dim": (2, 3, 8),
    "jax.lax.dynamic_update_slice": (2, 5, 8),
    "jax.lax.broadcasted_iota": (5, 7),
    "jax.lax.broadcast_in_dim": (2, 5, 3, 8),
    "jax.lax.slice_in_dim": (2, 3, 8),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_functions_as_documented(name):
    args, kwargs = CALLS[name]
    assert numbers(result(name, *args, **kwargs).shape) == DOCUMENTED[name]


@pytest.mark.frameworks
@pytest.mark.parametrize("name", CALLS)
def test_functions_as_computed(name):
    import jax

    args, kwargs = CALLS[name]
    target = jax
    for part in name.split(".")[1:]:
        target = getattr(target, part)

    def real(value):
        if isinstance(value, Tensor):
            return np.zeros(numbers(value.shape), dtype=value.dtype)
        if isinstance(value, list):
            return [real(item) for item in value]
        return value

    computed = jax.eval_shape(lambda: target(*map(real, args), **kwargs))
    assert numbers(result(name, *args, **kwargs).shape) == computed.shape


def test_softmax_takes_the_last_axis_by_default():
    assert result("jax.nn.softmax", array(*X)).notes["position"] == -1


def test_a_method_of_an_array_is_numpys():
    assert method("jax", "transpose") is method("numpy", "transpose")
    assert method("jax", "view") is not method("torch", "view")
    assert method("jax", "masked_fill") is None
    assert arrays_of("flax.linen.Dense") == arrays_of("jax.numpy.einsum") == "jax"


def test_cupy_is_numpy_under_another_root():
    assert function("cupy.einsum") is function("numpy.einsum")
    assert function("cupyx.scipy.special.softmax") is function("scipy.special.softmax")


LAYERS = [
    ("flax.linen.Dense", {"features": 7}, (array(*X),), {}, (2, 5, 7)),
    ("flax.linen.DenseGeneral", {"features": (4, 3)}, (array(*X),), {}, (2, 5, 4, 3)),
    ("flax.linen.DenseGeneral", {"features": 6, "axis": (-2, -1)}, (array(2, 5, 4, 3),), {}, (2, 5, 6)),
    ("flax.linen.Embed", {"num_embeddings": 11, "features": 8}, (array(2, 5, dtype="int32"),), {}, (2, 5, 8)),
    ("flax.linen.LayerNorm", {}, (array(*X),), {}, X),
    ("flax.linen.SelfAttention", {"num_heads": 4}, (array(*X),), {}, X),
    ("flax.linen.MultiHeadDotProductAttention", {"num_heads": 4}, (array(*X), array(2, 7, 8)), {}, X),
    ("flax.linen.MultiHeadDotProductAttention", {"num_heads": 4, "out_features": 6}, (array(*X),), {}, (2, 5, 6)),
    ("flax.linen.Conv", {"features": 6, "kernel_size": (4, 4), "strides": (4, 4), "padding": "VALID"},
     (array(2, 32, 32, 3),), {}, (2, 8, 8, 6)),
]  # fmt: skip


@pytest.mark.parametrize(("dotted", "config", "args", "kwargs", "expected"), LAYERS)
def test_layers_as_documented(dotted, config, args, kwargs, expected):
    found = layer_result(dotted, config, *args, **kwargs)
    assert found.parts is None
    assert numbers(found.shape) == expected


@pytest.mark.frameworks
@pytest.mark.parametrize(("dotted", "config", "args", "kwargs", "expected"), LAYERS)
@pytest.mark.filterwarnings("ignore:SelfAttention will be deprecated")
def test_layers_as_computed(dotted, config, args, kwargs, expected):
    import flax.linen as nn
    import jax

    real = [jax.ShapeDtypeStruct(numbers(a.shape), a.dtype) for a in args]
    module = getattr(nn, dotted.rpartition(".")[2])(**config)
    computed = jax.eval_shape(lambda *xs: module.init_with_output(jax.random.PRNGKey(0), *xs, **kwargs)[0], *real)
    assert computed.shape == expected


def test_a_mapped_function_sees_one_example_and_gives_all():
    text = """
import jax
import jax.numpy as jnp

def attention(q, k):
    scores = q @ k.T
    return jax.nn.softmax(scores)

q, k = jnp.ones((3, 4, 5, 8)), jnp.ones((3, 4, 7, 8))
first = jax.vmap(attention)(q[0], k[0])
second = jax.vmap(jax.vmap(attention))(q, k)
last = jax.vmap(attention, in_axes=(0, None), out_axes=-1)(q[0], k[0, 0])
"""
    assert shape_of_name(text, "scores") == (5, 7)
    assert shape_of_name(text, "first") == (4, 5, 7)
    assert shape_of_name(text, "second") == (3, 4, 5, 7)
    assert shape_of_name(text, "last") == (5, 7, 4)


def test_loops_carry_and_stack():
    text = """
import jax
import jax.numpy as jnp
from jax import lax

def step(attn, x):
    return jax.nn.softmax(attn + x), x * 2

carry, stacked = lax.scan(step, jnp.zeros((5, 7)), jnp.ones((3, 7)))
each = lax.map(lambda row: jax.nn.softmax(row)[:2], jnp.ones((3, 7)))
looped = lax.fori_loop(0, 4, lambda i, attn: jax.nn.softmax(attn), jnp.ones((5, 7)))
chosen = lax.cond(stacked.sum() > 0, lambda x: x * 2, lambda x: x, jnp.ones((5, 7)))
"""
    shapes = {name: shape_of_name(text, name) for name in ("carry", "stacked", "each", "looped", "chosen")}
    assert shapes == {"carry": (5, 7), "stacked": (3, 7), "each": (3, 2), "looped": (5, 7), "chosen": (5, 7)}


def test_masks_made_of_masks():
    text = """
import flax.linen as nn
import jax.numpy as jnp

ids = jnp.ones((2, 5), dtype=jnp.int32)
causal_mask = nn.make_causal_mask(ids)
padding_mask = nn.make_attention_mask(ids > 0, jnp.ones((2, 7)))
both = nn.combine_masks(causal_mask, None, nn.make_attention_mask(ids > 0, ids > 0))
"""
    assert shape_of_name(text, "causal_mask") == (2, 1, 5, 5)
    assert shape_of_name(text, "padding_mask") == (2, 1, 5, 7)
    assert shape_of_name(text, "both") == (2, 1, 5, 5)


def test_einx_marks_what_it_sums_by_brackets():
    text = """
import einx
import jax
import jax.numpy as jnp

q, k = jnp.ones((2, 5, 4, 8)), jnp.ones((2, 7, 4, 8))
scores = einx.dot("b q h [d], b k h [d] -> b h q k", q, k)
merged = einx.rearrange("b s h d -> b s (h d)", q)
attn = jax.nn.softmax(scores)
"""
    assert shape_of_name(text, "scores") == (2, 4, 5, 7)
    assert shape_of_name(text, "merged") == (2, 5, 32)


def test_trees_that_do_not_match_are_no_endless_descent():
    text = """
import jax
import jax.numpy as jnp

def attention(params, x):
    return jax.tree_util.tree_map(lambda a, b: a + b, {"q": x}, params), jax.nn.softmax(x)

sums, attn = attention(None, jnp.ones((5, 7)))
"""
    assert shape_of_name(text, "attn") == (5, 7)


def test_a_lifted_loop_gives_its_body_the_module_and_what_goes_round():
    text = """
import flax.linen as nn
import jax
import jax.numpy as jnp

class Halting(nn.Module):
    @nn.compact
    def __call__(self, x):
        def body(mdl, carry):
            step, h = carry
            return step + 1, jax.nn.softmax(nn.Dense(5)(h), axis=-1)
        return nn.while_loop(lambda mdl, carry: carry[0] < 3, body, self, (0, x))[1]

attn = Halting()(jnp.ones((2, 7, 5)))
"""
    assert shape_of_name(text, "attn") == (2, 7, 5)
