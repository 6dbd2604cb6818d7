"""Parts of arrays that are cut or written at places known only at run time, and ramps along an axis."""

from __future__ import annotations

from attnlint import dims
from attnlint.dims import Answer, Dim
from attnlint.ops.axes import NO_SHAPE, derived_axis, dtype_named, dtype_of, fresh, keep, kind_of_value, pick, replace
from attnlint.ops.create import axes_of, sized
from attnlint.ops.signature import Args, Result, op
from attnlint.ops.view import size_list
from attnlint.tensor import UNKNOWN_SHAPE, Axis, Shape
from attnlint.values import as_dim, as_int


@op("dynamic_update_slice")
def dynamic_update_slice(args: Args) -> Result:
    """Write an array into a larger one: the larger one's shape stays."""
    return keep(args)


def _cut(one: Axis, size: Dim | None) -> Axis:
    """What a cut of this size leaves of an axis: the axis itself where it takes all of it."""
    if size is not None and dims.equal(one.size, size) is Answer.YES:
        return one
    return derived_axis(one, "slice", size if size is not None else dims.unknown())


@op("dynamic_slice")
def dynamic_slice(args: Args) -> Result:
    """Cut a box of the sizes given."""
    shape = args.shape("x")
    dtype = dtype_of(args.values.get("x"))
    sizes = size_list(args.values.get("sizes"))
    if sizes is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason="the sizes of the slice are not known")
    if shape.rank != len(sizes):
        return Result(Shape(axes_of(sizes)), dtype=dtype)
    axes = tuple(_cut(one, as_dim(size)) for one, size in zip(shape.axes, sizes, strict=True))
    return Result(Shape(axes), dtype=dtype)


@op("slice_in_dim")
def slice_in_dim(args: Args) -> Result:
    """Cut a length out of one axis."""
    size = args.dim("size") if args.given("size") else dims.const(1)
    return _along(args, size)


@op("narrow_to")
def narrow_to(args: Args) -> Result:
    """Cut one axis from a start to an end."""
    start = args.dim("start") if args.given("start") else dims.const(0)
    stop = args.dim("stop")
    return _along(args, None if start is None or stop is None or args.given("stride") else stop - start)


def _along(args: Args, size: Dim | None) -> Result:
    shape = args.shape("x")
    dtype = dtype_of(args.values.get("x"))
    position = args.int("axis", 0)
    place = None if position is None else shape.place(position)
    if place is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
    return Result(replace(shape, place, _cut(shape.axes[place], size)), dtype=dtype)


@op("iota")
def iota(args: Args) -> Result:
    """A ramp along one axis of an array of these sizes."""
    sizes = size_list(args.values.get("sizes"))
    dtype = dtype_named(args.values.get("dtype")) or "int32"
    if sizes is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason="the sizes that it is made with are not known")
    return Result(Shape(axes_of(sizes)), dtype=dtype)


@op("broadcast_in_dim")
def broadcast_in_dim(args: Args) -> Result:
    """Stretch an array to new sizes; `places` says which of these its axes become."""
    shape, sizes, places = args.shape("x"), size_list(args.values.get("sizes")), args.ints("places")
    dtype = dtype_of(args.values.get("x"))
    if sizes is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason="the sizes that it expands to are not known")
    axes = [fresh(as_dim(size), kind_of_value(size)) for size in sizes]
    if places is not None and shape.rank == len(places) and all(0 <= place < len(axes) for place in places):
        for one, place in zip(shape.axes, places, strict=True):
            axes[place] = pick(one, axes[place])
    return Result(Shape(tuple(axes)), dtype=dtype)


@op("categorical")
def categorical(args: Args) -> Result:
    """Draw an index along one axis, which is gone."""
    shape = args.shape("x")
    position = args.int("axis", -1)
    place = None if position is None or args.given("sizes") else shape.place(position)
    notes: dict[str, object] = {"random": True}
    if place is None:
        return Result(UNKNOWN_SHAPE, dtype="int32", notes=notes, reason=NO_SHAPE)
    return Result(replace(shape, place), dtype="int32", notes=notes)


@op("map_over")
def map_over(args: Args) -> Result:
    """One example of an array that a function is mapped over: without the mapped axis."""
    shape = args.shape("x")
    position = args.int("axis", 0)
    place = None if position is None else shape.place(position)
    dtype = dtype_of(args.values.get("x"))
    if place is None and shape.open and position == 0:
        # One axis fewer in front of the known ones, of which there may be none.
        return Result(Shape(shape.axes, open=True), dtype=dtype, reason="" if shape.known else NO_SHAPE)
    if place is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
    return Result(replace(shape, place), dtype=dtype, notes={"mapped": shape.axes[place]})


@op("map_back")
def map_back(args: Args) -> Result:
    """What a function gave for each example, with the mapped axis put in; `like` is the array that was mapped."""
    shape, like = args.shape("x"), args.shape("like")
    dtype = dtype_of(args.values.get("x"))
    origin = args.int("origin", 0)
    here = None if origin is None else like.at(origin)
    mapped = here if here is not None else sized(args.values["size"]) if args.given("size") else fresh(None)
    position = as_int(args.values.get("axis"))
    place = 0 if position is None else position
    if shape.open and place >= 0:
        # The mapped axis is somewhere in front of the last ones, which stay the last ones.
        return Result(Shape(shape.axes if place == 0 else (), open=True), dtype=dtype)
    place = place if place >= 0 else len(shape.axes) + 1 + place
    axes = (*shape.axes[:place], mapped, *shape.axes[place:])
    return Result(Shape(axes, shape.open), dtype=dtype)
