"""Tensors: axes made of atoms, what is learnt of an unknown shape, and how it is shown."""

from attnlint import dims
from attnlint.tensor import UNKNOWN_SHAPE, Atom, Axis, Shape, Tensor, axis, show_shape

B, T = dims.symbol("B"), dims.symbol("T")


def test_an_axis_of_size_one_has_no_atom():
    assert axis(dims.const(1)).is_one
    assert axis(dims.const(1)).size.value == 1


def test_the_size_of_a_composed_axis_is_the_product():
    both = Axis((Atom(dims.const(8), "heads"), Atom(dims.const(64), "feature")))
    assert both.size.value == 512
    assert both.kind == "feature"


def test_an_open_shape_is_counted_from_its_end():
    shape = Shape((axis(B), axis(T)), open=True)
    assert shape.at(-1) is shape.axes[1]
    assert shape.at(0) is None
    assert shape.at(-3) is None
    assert shape.rank is None


def test_learning_adds_axes_in_front_and_keeps_the_known_ones():
    last = axis(dims.const(64), "feature")
    tensor = Tensor(Shape((last,), open=True))
    assert tensor.learn(Shape((axis(B), axis(T), axis(dims.unknown()))))
    assert tensor.rank == 3
    assert tensor.axes[2] is last
    assert not tensor.learn(Shape((axis(B),)))


def test_learning_nothing_new_changes_nothing():
    tensor = Tensor(Shape((axis(B), axis(T)), open=True))
    assert not tensor.learn(UNKNOWN_SHAPE)
    assert len(tensor.axes) == 2


def test_a_derived_atom_knows_where_it_came_from():
    whole = Atom(dims.const(512), "feature")
    heads = whole.derived("split 0/2", dims.const(8), "heads")
    row = heads.derived("rows")
    assert row.root is whole
    assert row.size.value == 8
    assert row.kind == "heads"


def test_shapes_are_shown_in_the_fields_notation():
    heads = Atom(dims.const(8), "heads")
    width = Atom(dims.const(64), "feature", None, "head_dim")
    assert show_shape(Shape((axis(B), axis(T), Axis((heads, width))))) == "[B T (heads head_dim)]"
    assert show_shape(Shape((axis(T),), open=True)) == "[... T]"
    assert show_shape(UNKNOWN_SHAPE) == "[?]"
    assert show_shape(Shape((Axis(), axis(dims.const(4))))) == "[1 4]"
