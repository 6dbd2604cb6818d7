"""Ops that reorder, add, drop or repeat axes."""

from __future__ import annotations

from attnlint import dims
from attnlint.ops.axes import (
    NO_SHAPE,
    anonymous,
    derived_axis,
    dtype_of,
    fresh,
    keep,
    kind_of_value,
    learn_rank,
    learn_suffix,
    pick,
    replace,
)
from attnlint.ops.signature import Args, Result, op, shape_of
from attnlint.ops.view import size_list
from attnlint.tensor import UNKNOWN_SHAPE, Axis, Shape
from attnlint.values import ShapeOf, Value, as_dim, as_int


def _result(args: Args, shape: Shape | None, reason: str = NO_SHAPE, **notes: object) -> Result:
    dtype = dtype_of(args.values.get("x"))
    param = getattr(args.values.get("x"), "param", None) or None
    if shape is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, param=param, notes=notes, reason=reason)
    return Result(shape, dtype=dtype, param=param, notes=notes, reason="" if shape.known else reason)


@op("transpose")
def transpose(args: Args) -> Result:
    """Swap two axes. A tensor of unknown shape is learnt to have them."""
    one, other = args.int("axis0"), args.int("axis1")
    value = args.values.get("x")
    if one is None or other is None:
        return _result(args, None, "the axes that it swaps are not known")
    shape = args.shape("x")
    if one < 0 and other < 0:
        shape = learn_suffix(value, max(-one, -other))
    elif {one, other} == {2, 3}:
        shape = learn_rank(value, 4)
    elif {one, other} == {1, 2} and shape.open and [axis.kind for axis in shape.axes[-2:]] == ["heads", "feature"]:
        # Heads that move to axis 1 from where a view put them: batch and positions stand in front.
        shape = Shape((anonymous("batch"), anonymous("seq"), *shape.axes[-2:]))
    places = (shape.place(one), shape.place(other))
    if places[0] is None or places[1] is None:
        return _result(args, None)
    axes = list(shape.axes)
    axes[places[0]], axes[places[1]] = axes[places[1]], axes[places[0]]
    return _result(args, Shape(tuple(axes), shape.open))


@op("permute")
def permute(args: Args) -> Result:
    """Put the axes in the order given, all of them."""
    if not args.given("perm"):
        return transpose_all(args)
    order = args.ints("perm")
    if order is None:
        return _result(args, None, "the order of the axes is not known")
    shape = learn_rank(args.values.get("x"), len(order))
    places = [shape.place(position) for position in order]
    if shape.rank != len(order) or None in places or len(set(places)) != len(places):
        return _result(args, None, "the permutation does not fit the number of axes")
    return _result(args, Shape(tuple(shape.axes[place] for place in places if place is not None)))


@op("transpose_all")
def transpose_all(args: Args) -> Result:
    """Reverse all axes; `.T` on a matrix."""
    shape = args.shape("x")
    if shape.open:
        return _result(args, None)
    return _result(args, Shape(shape.axes[::-1]), rank=shape.rank)


@op("matrix_transpose")
def matrix_transpose(args: Args) -> Result:
    """Swap the last two axes."""
    shape = learn_suffix(args.values.get("x"), 2)
    if len(shape.axes) < 2:
        return _result(args, None)
    return _result(args, Shape((*shape.axes[:-2], shape.axes[-1], shape.axes[-2]), shape.open))


@op("moveaxis")
def moveaxis(args: Args) -> Result:
    """Take axes out and put them in elsewhere; the others keep their order."""
    shape = args.shape("x")
    source, goal = args.ints("source"), args.ints("destination")
    if source is None or goal is None or len(source) != len(goal):
        return _result(args, None, "the axes that it moves are not known")
    if shape.open:
        return _result(args, None)
    rank = len(shape.axes)
    if any(not -rank <= position < rank for position in (*source, *goal)):
        return _result(args, None, "it moves an axis that is not there")
    moved = dict(zip((g % rank for g in goal), (s % rank for s in source), strict=True))
    others = iter([place for place in range(rank) if place not in moved.values()])
    order = [moved[place] if place in moved else next(others) for place in range(rank)]
    return _result(args, Shape(tuple(shape.axes[place] for place in order)))


@op("expand_dims")
def expand_dims(args: Args) -> Result:
    """Put in axes of size 1."""
    shape = args.shape("x")
    positions = args.ints("axis")
    if positions is None:
        return _result(args, None, "where it puts the axis is not known")
    for position in sorted(positions):
        count = len(shape.axes) + 1
        if position >= 0:
            if shape.open or position >= count:
                return _result(args, None)
            place = position
        else:
            place = count + position
            if place < 0 or (place == 0 and shape.open):
                return _result(args, None)
        shape = Shape((*shape.axes[:place], Axis(), *shape.axes[place:]), shape.open)
    return _result(args, shape)


@op("squeeze")
def squeeze(args: Args) -> Result:
    """Drop axes of size 1: the ones given, or all."""
    shape = args.shape("x")
    if not args.given("axis"):
        if shape.open:
            return _result(args, None)
        return _result(args, Shape(tuple(one for one in shape.axes if not one.is_one)))
    positions = args.ints("axis")
    places = [shape.place(position) for position in positions or ()]
    if positions is None or None in places:
        return _result(args, None)
    # torch leaves an axis alone that is longer than 1; one of unknown size is meant to be 1.
    gone = {place for place in places if place is not None and (shape.axes[place].size.value or 1) == 1}
    return _result(args, Shape(tuple(a for place, a in enumerate(shape.axes) if place not in gone), shape.open))


@op("expand", "broadcast_to")
def expand(args: Args) -> Result:
    """Stretch axes of size 1 to the sizes given; -1 keeps one."""
    shape = args.shape("x")
    asked = args.values.get("sizes")
    sizes = size_list(asked)
    if sizes is None and isinstance(asked, ShapeOf):
        return expand_as(Args({**args.values, "other": asked.tensor}))
    if sizes is None:
        return _result(args, None, "the sizes that it expands to are not known")
    axes = []
    for place, item in enumerate(sizes):
        here = shape.at(place - len(sizes))
        size = as_dim(item)
        if size is not None and size.value == -1:
            axes.append(here if here is not None else anonymous())
        else:
            wanted = fresh(size, kind_of_value(item))
            axes.append(wanted if here is None else pick(here, wanted))
    return _result(args, Shape(tuple(axes)))


@op("expand_as")
def expand_as(args: Args) -> Result:
    """Stretch axes of size 1 to another tensor's."""
    shape, other = args.shape("x"), args.shape("other")
    places = range(-len(other.axes), 0)
    pairs = [(shape.at(place), other.axes[place]) for place in places]
    axes = tuple(goal if here is None else pick(here, goal) for here, goal in pairs)
    return _result(args, Shape(axes, other.open))


@op("view_as")
def view_as(args: Args) -> Result:
    """The other tensor's shape."""
    return _result(args, args.shape("other"))


@op("tile")
def tile(args: Args) -> Result:
    """Repeat the whole array along its axes."""
    shape = args.shape("x")
    repeats = size_list(args.values.get("repeats"))
    if repeats is None or (shape.open and len(repeats) > len(shape.axes)):
        return _result(args, None)
    width = max(len(repeats), len(shape.axes))
    axes = []
    for position in range(-width, 0):
        here = shape.at(position) or Axis()
        times: Value | None = repeats[position] if position >= -len(repeats) else None
        axes.append(here if times is None or as_int(times) == 1 else _repeated(here, times, "tiled"))
    return _result(args, Shape(tuple(axes), shape.open))


def _repeated(one: Axis, times: Value, part: str) -> Axis:
    count = as_dim(times)
    if one.is_one:
        return fresh(count, kind_of_value(times))
    return derived_axis(one, part, one.size * count if count is not None else dims.unknown())


@op("repeat_interleave")
def repeat_interleave(args: Args) -> Result:
    """Repeat each element; without an axis, of the flat array."""
    shape = args.shape("x")
    times = args.values.get("repeats")
    if not args.given("axis"):
        return _result(args, Shape((anonymous(),)))
    position = args.int("axis")
    place = None if position is None else shape.place(position)
    if place is None or times is None:
        return _result(args, None)
    if as_int(times) == 1:
        return keep(args)
    return _result(args, replace(shape, place, _repeated(shape.axes[place], times, "interleaved")))


@op("broadcast_tensors")
def broadcast_tensors(args: Args) -> Result:
    """Each tensor with the shape that all of them broadcast to."""
    from attnlint.ops.axes import all_axes, broadcast, is_many

    shapes = [shape_of(value) for value in all_axes(args.values.get("xs"))]
    if is_many(args.values.get("xs")) or not shapes:
        return _result(args, None)
    shape, clashes = broadcast(shapes)
    return Result(shape, parts=(shape,) * len(shapes), notes={"clash": clashes} if clashes else {})
