"""Each op's shape rule against NumPy itself, on small arrays of any shape."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlint import dims
from attnlint.frameworks import function, method
from attnlint.interpret.arguments import bind
from attnlint.ops import OPS, Args
from attnlint.tensor import Shape, Tensor, axis
from attnlint.values import NONE, Const, Seq, SliceValue, integer

shapes = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)


def abstract(value):
    """A NumPy value, a number, a slice or a tuple of them as the trace has it."""
    if isinstance(value, np.ndarray):
        dtype = "bool" if value.dtype == bool else "float64" if value.dtype == float else "int64"
        return Tensor(Shape(tuple(axis(dims.const(n)) for n in value.shape)), dtype=dtype)
    if isinstance(value, slice):
        return SliceValue(abstract(value.start), abstract(value.stop), abstract(value.step))
    if isinstance(value, tuple | list):
        return Seq([abstract(item) for item in value], type(value).__name__)
    return integer(value) if isinstance(value, int) and not isinstance(value, bool) else Const(value)


def traced(spelling, *args, **kwargs):
    bound = bind(spelling.params, [abstract(a) for a in args], {name: abstract(v) for name, v in kwargs.items()})
    return OPS[spelling.op](Args({**spelling.defaults, **bound, **spelling.fixed}))


def numbers(shape):
    sizes = tuple(one.size.value for one in shape.axes)
    assert not shape.open
    assert None not in sizes
    return sizes


def agrees(name, *args, **kwargs):
    """The named function gives the shape, or shapes, that NumPy gives."""
    target = np
    for part in name.split("."):
        target = getattr(target, part)
    real = target(*args, **kwargs)
    result = traced(function(f"numpy.{name}"), *args, **kwargs)
    if isinstance(real, list | tuple):
        assert [numbers(part) for part in result.parts] == [part.shape for part in real]
    else:
        assert numbers(result.shape) == real.shape


def method_agrees(name, x, *args, **kwargs):
    assert numbers(traced(method("numpy", name), x, *args, **kwargs).shape) == getattr(x, name)(*args, **kwargs).shape


@st.composite
def arrays(draw, shape=shapes):
    return np.ones(draw(shape))


@st.composite
def with_axis(draw):
    x = draw(arrays())
    return x, draw(st.integers(-x.ndim, x.ndim - 1))


@st.composite
def broadcastable(draw):
    whole = draw(shapes)
    sides = []
    for _ in range(3):
        cut = draw(st.integers(0, len(whole)))
        sides.append(np.ones([draw(st.sampled_from([1, n])) for n in whole[cut:]]))
    return sides


@given(broadcastable())
def test_broadcasting(sides):
    for name in ("add", "multiply", "maximum", "less_equal", "power"):
        agrees(name, sides[0], sides[1])
    agrees("where", np.asarray(sides[0] > 0), sides[1], sides[2])


@given(arrays(), arrays())
def test_a_clash_is_noted_exactly_where_numpy_refuses(x, y):
    try:
        np.add(x, y)
    except ValueError:
        assert traced(function("numpy.add"), x, y).notes["clash"]
    else:
        assert "clash" not in traced(function("numpy.add"), x, y).notes


@given(with_axis(), st.booleans())
def test_reductions(case, keepdims):
    x, position = case
    for name in ("sum", "mean", "max", "any", "var", "std", "argmax", "prod"):
        agrees(name, x, axis=position, keepdims=keepdims)
        method_agrees(name, x, axis=position, keepdims=keepdims)
    assert numbers(traced(function("numpy.sum"), x).shape) == ()
    agrees("sum", x, axis=tuple(range(x.ndim)), keepdims=keepdims)


@given(with_axis())
def test_axis_keepers(case):
    x, position = case
    for name in ("cumsum", "sort", "argsort"):
        agrees(name, x, axis=position)
    for name in ("exp", "tanh", "isnan", "negative", "zeros_like", "triu" if x.ndim > 1 else "square"):
        agrees(name, x)


@given(with_axis(), st.data())
def test_reordering(case, data):
    x, position = case
    other = data.draw(st.integers(-x.ndim, x.ndim - 1))
    agrees("swapaxes", x, position, other)
    agrees("moveaxis", x, position, other)
    agrees("expand_dims", x, position)
    order = data.draw(st.permutations(range(x.ndim)))
    agrees("transpose", x, tuple(order))
    agrees("transpose", x)
    method_agrees("transpose", x, *order)
    method_agrees("transpose", x, tuple(order))
    agrees("squeeze", x)


@given(with_axis(), st.integers(1, 3))
def test_repeating(case, times):
    x, position = case
    agrees("repeat", x, times, axis=position)
    agrees("tile", x, (times, 1, times))
    agrees("broadcast_to", x, (times, *x.shape))


@given(with_axis(), st.data())
def test_joining(case, data):
    x, position = case
    longer = list(x.shape)
    longer[position] = data.draw(st.integers(1, 4))
    agrees("concatenate", [x, np.ones(longer)], axis=position)
    agrees("stack", [x, x], axis=position)
    agrees("vstack", [x, x])
    agrees("hstack", [x, x])
    count = data.draw(st.integers(1, x.shape[position]))
    agrees("array_split", x, count, axis=position)
    agrees("array_split", x, [count], axis=position)


@given(st.lists(st.integers(1, 4), min_size=0, max_size=2), st.tuples(*[st.integers(1, 4)] * 3))
def test_matmul(batch, sizes):
    n, k, m = sizes
    left, right = np.ones((*batch, n, k)), np.ones((*batch, k, m))
    agrees("matmul", left, right)
    agrees("matmul", left, right[(0,) * len(batch)])
    agrees("matmul", left, np.ones(k))
    agrees("matmul", np.ones(k), right)
    agrees("dot", left, right)
    agrees("dot", left, np.ones(k))
    agrees("inner", left, np.ones((m, k)))
    agrees("tensordot", left, np.ones((k, m)), 1)
    agrees("tensordot", left, np.ones((m, k)), ([-1], [-1]))
    assert traced(function("numpy.matmul"), left, right).notes["clash"] is False
    assert traced(function("numpy.matmul"), left, np.ones((k + 1, m))).notes["clash"] is True


@given(st.tuples(*[st.integers(1, 4)] * 5))
def test_einsum(sizes):
    b, h, i, j, d = sizes
    agrees("einsum", "bhid,bhjd->bhij", np.ones((b, h, i, d)), np.ones((b, h, j, d)))
    agrees("einsum", "...id,...jd->...ij", np.ones((b, h, i, d)), np.ones((b, h, j, d)))
    agrees("einsum", "btd,dnh->btnh", np.ones((b, i, d)), np.ones((d, h, j)))
    agrees("einsum", "ij,jk", np.ones((i, j)), np.ones((j, d)))
    agrees("einsum", "zbhij -> bhzij".replace(" ", ""), np.ones((1, b, h, i, j)))


@st.composite
def regrouped(draw):
    """A shape and another one of as many elements: primes dealt out anew."""
    primes = draw(st.lists(st.sampled_from([2, 3, 5]), max_size=5))
    sides = []
    for _ in range(2):
        dealt = draw(st.permutations(primes))
        cuts = sorted(draw(st.lists(st.integers(0, len(primes)), max_size=3)))
        bounds = [0, *cuts, len(primes)]
        sides.append(tuple(int(np.prod(dealt[a:b])) for a, b in itertools.pairwise(bounds)))
    return sides


@given(regrouped(), st.data())
def test_reshape(sides, data):
    x, goal = np.ones(sides[0]), sides[1]
    agrees("reshape", x, goal)
    method_agrees("reshape", x, *goal)
    place = data.draw(st.integers(0, len(goal) - 1))
    method_agrees("reshape", x, *goal[:place], -1, *goal[place + 1 :])
    method_agrees("ravel", x)
    result = traced(method("numpy", "reshape"), x, *goal)
    assert "mismatch" not in result.notes


@given(arrays(), shapes)
def test_reshape_notes_a_mismatch_exactly_where_numpy_refuses(x, goal):
    assert ("mismatch" in traced(method("numpy", "reshape"), x, *goal).notes) == (x.size != int(np.prod(goal)))


@given(regrouped())
def test_a_clean_reshape_keeps_which_element_stands_where(sides):
    """Where the axes are said to be made of whole pieces, their order reads the elements as NumPy does."""
    x = abstract(np.ones(sides[0]))
    result = OPS["reshape"](Args({"x": x, "sizes": abstract(sides[1])}))
    if "scrambled" not in result.notes:
        roots = [atom.root for one in result.shape.axes for atom in one.atoms]
        order = [atom for one in x.axes for atom in one.atoms]
        places = [order.index(root) for root in roots]
        assert places == sorted(places)


indices = st.one_of(
    st.just(slice(None)),
    st.just(None),
    st.just(0),
    st.just(-1),
    st.builds(
        slice,
        st.one_of(st.none(), st.integers(-4, 4)),
        st.one_of(st.none(), st.integers(-4, 4)),
        st.sampled_from([None, 1, 2, -1]),
    ),
)


@given(arrays(), st.lists(indices, max_size=4), st.booleans(), st.data())
def test_indexing(x, items, dots, data):
    items = items[: x.ndim]
    if dots:
        items.insert(data.draw(st.integers(0, len(items))), ...)
    if not items:
        return
    real = x[tuple(items)]
    given_items = Seq([NONE if item is None else abstract(item) for item in items])
    result = OPS["index"](Args({"x": abstract(x), "items": given_items}))
    assert numbers(result.shape) == np.shape(real)


def test_indexing_with_arrays():
    x = np.ones((4, 5, 6))
    for items in ((np.array([0, 1, 2]),), (slice(None), np.array([[0, 1]])), ([0, 1], slice(None), [2, 3])):
        given_items = Seq([abstract(item) for item in items])
        assert numbers(OPS["index"](Args({"x": abstract(x), "items": given_items})).shape) == x[items].shape
    table = OPS["index"](Args({"x": abstract(x), "items": Seq([abstract(np.ones((4, 5), bool))])}))
    assert table.shape.rank == 2
    assert table.shape.axes[1].size.value == 6


@pytest.mark.parametrize("args", [(5,), (2, 9), (2, 9, 2), (9, 2, -3)])
def test_arange(args):
    agrees("arange", *args)


@given(shapes)
def test_makers(shape):
    for name in ("zeros", "ones", "empty"):
        agrees(name, shape)
    agrees("full", shape, 1.5)
    agrees("random.randn", *shape)
    agrees("random.normal", 0, 1, size=shape)
    agrees("eye", shape[0])
    agrees("eye", shape[0], shape[-1])
    assert numbers(traced(function("numpy.array"), np.ones(shape).tolist()).shape) == shape


@given(arrays(), st.data())
def test_take_along_axis(x, data):
    position = data.draw(st.integers(0, x.ndim - 1))
    agrees("take_along_axis", x, np.zeros(x.shape, int), axis=position)
    agrees("take", x, np.zeros((2, 3), int), axis=position)


def test_scipys_softmax_takes_the_whole_array():
    assert traced(function("scipy.special.softmax"), np.ones((2, 3))).notes["whole"] is True
    assert traced(function("scipy.special.softmax"), np.ones((2, 3)), axis=1).notes["whole"] is False
