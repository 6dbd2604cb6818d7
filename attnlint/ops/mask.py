"""Ops that choose between values, and those that blank a triangle."""

from __future__ import annotations

from attnlint.ops.axes import NO_SHAPE, broadcast, dtype_of, keep, promote, unknown
from attnlint.ops.signature import Args, Result, op, shape_of
from attnlint.tensor import Shape


@op("where")
def where(args: Args) -> Result:
    """Three operands broadcast, the values' axes before the condition's; with a condition alone, its indices."""
    cond, left, right = (args.values.get(name) for name in ("cond", "a", "b"))
    if not args.given("a") or not args.given("b"):
        return unknown("the number of indices depends on the data")
    values, asked = broadcast([shape_of(left), shape_of(right)]), shape_of(cond)
    # A condition of which nothing is known is a mask on values of a known rank, and adds no axis to them.
    known_rank = (values[0].rank or 0) >= 2 and not asked.known
    shape, clashes = values if known_rank else broadcast([shape_of(left), shape_of(right), asked])
    reason = "" if shape.known else "the shapes of its operands are not known"
    return Result(shape, dtype=promote(left, right), notes={"clash": clashes} if clashes else {}, reason=reason)


@op("masked_fill")
def masked_fill(args: Args) -> Result:
    """The shape stays; the mask has to broadcast to it."""
    shape, mask = args.shape("x"), args.shape("mask")
    dtype = dtype_of(args.values.get("x"))
    joint, clashes = broadcast([shape, mask])
    notes: dict[str, object] = {"clash": clashes} if clashes else {}
    if shape.open and not mask.open and len(joint.axes) > len(shape.axes):
        return Result(Shape(joint.axes, open=True), dtype=dtype, notes=notes)
    if not shape.open and not mask.open and len(mask.axes) <= len(shape.axes):
        return Result(Shape(joint.axes), dtype=dtype, notes=notes)
    if not shape.open and not mask.open:
        return Result(joint, dtype=dtype, notes={**notes, "grown": True})
    return Result(shape, dtype=dtype, notes=notes, reason="" if shape.known else NO_SHAPE)


@op("tril", "triu")
def triangle(args: Args) -> Result:
    """The shape stays; the other triangle becomes 0."""
    return keep(args)
