"""Ops that take axes away, and those that normalise over one."""

from __future__ import annotations

from attnlint.ops.axes import NO_SHAPE, broadcast_values, dtype_of, keep, learn_suffix, unknown
from attnlint.ops.signature import Args, Result, op
from attnlint.tensor import UNKNOWN_SHAPE, Axis, Shape, Tensor

REDUCTIONS = (
    "sum mean prod any all var std logsumexp argmax argmin median count_nonzero vector_norm max min nansum nanmean"
)
_DTYPES = {"any": "bool", "all": "bool", "argmax": "int64", "argmin": "int64", "count_nonzero": "int64"}


def _reduced(shape: Shape, positions: tuple[int, ...], keepdims: bool) -> tuple[Shape, tuple[Axis, ...]] | None:
    """The shape without the axes at positions, and those axes; None where they cannot be found."""
    places = [shape.place(position) for position in positions]
    if None in places:
        return None
    gone = {place for place in places if place is not None}
    axes = [Axis() if place in gone else one for place, one in enumerate(shape.axes) if keepdims or place not in gone]
    return Shape(tuple(axes), shape.open), tuple(shape.axes[place] for place in sorted(gone))


def _reduce(args: Args, dtype: str) -> Result:
    shape = args.shape("x")
    keepdims = bool(args.flag("keepdims"))
    if not args.given("axis"):
        notes: dict[str, object] = {"reduced": shape.axes, "all": True, "keepdims": keepdims}
        if not keepdims:
            return Result(Shape(()), dtype=dtype, notes=notes)
        if shape.open:
            return Result(UNKNOWN_SHAPE, dtype=dtype, notes=notes, reason=NO_SHAPE)
        return Result(Shape((Axis(),) * len(shape.axes)), dtype=dtype, notes=notes)
    positions = args.ints("axis")
    if positions and max(positions) < 0:
        shape = learn_suffix(args.values.get("x"), max(-position for position in positions))
    base: dict[str, object] = {"reduced": (), "all": False, "keepdims": keepdims, "positions": positions}
    found = None if positions is None else _reduced(shape, positions, keepdims)
    if found is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, notes=base, reason="the axis that it reduces is not known")
    return Result(found[0], dtype=dtype, notes={**base, "reduced": found[1]})


def _register(name: str) -> None:
    @op(name)
    def reduce(args: Args) -> Result:
        """Take the axes away; torch's `max` and `min` over an axis give the values and the indices."""
        if isinstance(args.values.get("axis"), Tensor):
            shape, clashes = broadcast_values([args.values.get("x"), args.values.get("axis")])
            return Result(shape, notes={"clash": clashes} if clashes else {}, reason="" if shape.known else NO_SHAPE)
        result = _reduce(args, _DTYPES.get(name) or dtype_of(args.values.get("x")))
        if args.flag("values_indices") and args.given("axis"):
            parts = (result.shape, result.shape)
            return Result(result.shape, parts=parts, dtype=result.dtype, notes=result.notes, reason=result.reason)
        return result


for _name in REDUCTIONS.split():
    _register(_name)


@op("softmax", "log_softmax")
def softmax(args: Args) -> Result:
    """The shape stays; the note `axis` is the one that it normalises over.

    `legacy` stands for the axis that torch takes where none is given: 0 of 0, 1 or 3 axes, else 1.
    """
    result = keep(args)
    shape = result.shape
    given = args.given("axis")
    notes: dict[str, object] = {"axis": None, "default": not given, "whole": False}
    position = args.int("axis")
    if not given and args.flag("legacy"):
        position = None if shape.rank is None else 0 if shape.rank in (0, 1, 3) else 1
    elif not given:
        notes["whole"] = True
    if position is not None:
        if position < 0 and shape.open:
            # It cannot normalise over an axis that is not there.
            shape = learn_suffix(args.values.get("x"), -position)
        notes["axis"] = shape.at(position)
        notes["position"] = position
    notes["over"] = args.ints("axis") if given else None
    return Result(shape, dtype=result.dtype, notes=notes, reason="" if shape.known else result.reason)


@op("bincount")
def bincount(args: Args) -> Result:
    """One count a value; how many values there are is not known."""
    del args
    return unknown("its length depends on the data")
