"""Picking along an axis, sorting, and writing at an index."""

from __future__ import annotations

from attnlint import dims
from attnlint.dims import Answer
from attnlint.ops.axes import NO_SHAPE, anonymous, derived_axis, dtype_of, fresh, keep, replace
from attnlint.ops.signature import Args, Result, op, shape_of
from attnlint.tensor import UNKNOWN_SHAPE, Axis, Shape
from attnlint.values import Const, Seq, Value, as_dim, is_none


@op("gather", "take_along_axis")
def gather(args: Args) -> Result:
    """Pick along an axis by an index of the same rank: the index's shape."""
    shape, chosen = args.shape("x"), args.shape("index")
    dtype = dtype_of(args.values.get("x"))
    position = args.int("axis")
    place = None if position is None else shape.place(position)
    if place is None or len(chosen.axes) != len(shape.axes):
        return Result(chosen, dtype=dtype, reason="" if chosen.known else NO_SHAPE)
    pairs = zip(shape.axes, chosen.axes, strict=True)
    axes = tuple(
        mine if number != place and dims.equal(mine.size, theirs.size) is Answer.YES else theirs
        for number, (mine, theirs) in enumerate(pairs)
    )
    return Result(Shape(axes), dtype=dtype)


@op("take")
def take(args: Args) -> Result:
    """Pick along an axis by an index of any shape, which takes the axis' place."""
    shape, chosen = args.shape("x"), shape_of(args.values.get("index"))
    if isinstance(args.values.get("index"), Seq):
        chosen = Shape((anonymous(),))
    position = args.int("axis")
    dtype = dtype_of(args.values.get("x"))
    if not args.given("axis"):
        return Result(chosen, dtype=dtype, reason="" if chosen.known else NO_SHAPE)
    place = None if position is None else shape.place(position)
    if place is None or chosen.open:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
    return Result(replace(shape, place, *chosen.axes), dtype=dtype)


@op("topk")
def topk(args: Args) -> Result:
    """The largest along an axis: the values and their indices."""
    shape = args.shape("x")
    position = args.int("axis", -1)
    place = None if position is None else shape.place(position)
    if place is None:
        return Result(parts=(UNKNOWN_SHAPE, UNKNOWN_SHAPE), reason=NO_SHAPE)
    size = args.dim("k")
    one = derived_axis(shape.axes[place], "slice", size if size is not None else dims.unknown())
    result = replace(shape, place, one)
    return Result(result, parts=(result, result), dtype=dtype_of(args.values.get("x")), notes={"axis": one})


@op("argsort")
def argsort(args: Args) -> Result:
    """The shape stays; the result is indices."""
    result = keep(args)
    return Result(result.shape, dtype="int64", reason=result.reason)


@op("sort_indices")
def sort_indices(args: Args) -> Result:
    """torch's `sort`: the values and their indices."""
    result = keep(args)
    return Result(result.shape, parts=(result.shape, result.shape), dtype=result.dtype, reason=result.reason)


@op("one_hot")
def one_hot(args: Args) -> Result:
    """A new last axis of classes."""
    shape = args.shape("x")
    return Result(Shape((*shape.axes, fresh(args.dim("classes"))), shape.open))


@op("meshgrid")
def meshgrid(args: Args) -> Result:
    """One array a range, each with an axis for all of them; `xy` swaps the first two."""
    value = args.values.get("xs")
    items = value.items if isinstance(value, Seq) and not value.many else []
    if len(items) == 1 and isinstance(items[0], Seq):
        items = items[0].items
    if not items:
        return Result(UNKNOWN_SHAPE, parts=(), notes={"many": True}, reason="its ranges are not known")
    axes = [found if (found := shape_of(item).at(-1)) is not None else anonymous() for item in items]
    if args.text("indexing") == "xy" and len(axes) > 1:
        axes[0], axes[1] = axes[1], axes[0]
    shape = Shape(tuple(axes))
    return Result(shape, parts=(shape,) * len(items))


@op("select")
def select(args: Args) -> Result:
    """One position of an axis, which is gone."""
    shape = args.shape("x")
    position = args.int("axis")
    place = None if position is None else shape.place(position)
    dtype = dtype_of(args.values.get("x"))
    if place is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
    where = args.values.get("index", Const(None))
    return Result(replace(shape, place), dtype=dtype, notes={"dropped": ((shape.axes[place], where),)})


@op("narrow")
def narrow(args: Args) -> Result:
    """A slice of a length."""
    shape = args.shape("x")
    position = args.int("axis")
    place = None if position is None else shape.place(position)
    dtype = dtype_of(args.values.get("x"))
    size = args.dim("length")
    if place is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
    one = derived_axis(shape.axes[place], "slice", size if size is not None else dims.unknown())
    return Result(replace(shape, place, one), dtype=dtype)


@op("shrink")
def shrink(args: Args) -> Result:
    """A range of each axis; None keeps an axis whole."""
    shape, ranges = args.shape("x"), args.items("ranges")
    dtype = dtype_of(args.values.get("x"))
    if ranges is None or shape.rank != len(ranges):
        return Result(Shape(tuple(anonymous() for _ in ranges or ()), ranges is None), dtype=dtype, reason=NO_SHAPE)
    axes = [_within(one, ends) for one, ends in zip(shape.axes, ranges, strict=True)]
    return Result(Shape(tuple(axes)), dtype=dtype)


def _within(one: Axis, ends: Value) -> Axis:
    """The part of an axis between two ends."""
    if is_none(ends):
        return one
    pair = [as_dim(item) for item in ends.items] if isinstance(ends, Seq) and not ends.many else []
    start, stop = pair if len(pair) == 2 else (None, None)
    size = stop - start if start is not None and stop is not None else dims.unknown()
    return derived_axis(one, "slice", size)


@op("scatter", "copy_into")
def scatter(args: Args) -> Result:
    """Write values into an array: its shape stays."""
    return keep(args)


@op("masked_select")
def masked_select(args: Args) -> Result:
    """The elements where a mask holds: one axis, whose length depends on the data."""
    return Result(Shape((anonymous(),)), dtype=dtype_of(args.values.get("x")))


@op("unknown_shape")
def unknown_shape(args: Args) -> Result:
    """An op whose shape is not followed."""
    return Result(UNKNOWN_SHAPE, dtype=dtype_of(args.values.get("x")), reason="this op's shape is not followed")
