"""Ops that read the same elements in the same order under other sizes."""

from __future__ import annotations

from collections.abc import Sequence

from attnlint import dims
from attnlint.dims import Answer, product
from attnlint.ops.axes import NO_SHAPE, dtype_of, replace, unknown
from attnlint.ops.match import Target, fit, target_of
from attnlint.ops.pieces import cut, fresh_axes, fuse
from attnlint.ops.signature import Args, Result, op
from attnlint.tensor import UNKNOWN_SHAPE, Axis, Shape
from attnlint.values import Const, Seq, ShapeOf, Unknown, Value


def size_list(value: Value | None) -> list[Value] | None:
    """The sizes of a view, from varargs or one tuple; None where their number is not known."""
    if isinstance(value, Seq) and len(value.items) == 1 and isinstance(value.items[0], Seq | ShapeOf):
        value = value.items[0]
    if isinstance(value, ShapeOf):
        from attnlint.values import Size

        return None if value.tensor.shape.open else [Size(one.size) for one in value.tensor.shape.axes]
    if isinstance(value, Seq):
        splat = any(isinstance(item, Seq | ShapeOf) for item in value.items)
        return None if value.many or splat else list(value.items)
    return None if value is None or isinstance(value, Unknown) else [value]


def known_suffix(value: Value | None) -> list[Value]:
    """The sizes after the last splat of unknown length, as the 8 and 64 of `(*lead, 8, 64)`."""
    if isinstance(value, Seq) and len(value.items) == 1 and isinstance(value.items[0], Seq):
        value = value.items[0]
    if not isinstance(value, Seq) or value.many:
        return []
    suffix: list[Value] = []
    for item in reversed(value.items):
        if isinstance(item, Seq | ShapeOf | Const):
            break
        suffix.insert(0, item)
    return suffix


@op("reshape")
def reshape(args: Args) -> Result:
    """The same elements under other sizes; see `match` for what becomes of the axes."""
    shape = args.shape("x")
    dtype = dtype_of(args.values.get("x"))
    sizes = size_list(args.values.get("sizes"))
    if sizes is None:
        suffix = [target_of(item) for item in known_suffix(args.values.get("sizes"))]
        if not suffix:
            return Result(UNKNOWN_SHAPE, dtype=dtype, reason="the sizes of the view are not known")
        return Result(Shape(tuple(_from_right(shape, suffix)), open=True), dtype=dtype)
    targets = [target_of(item) for item in sizes]
    if sum(target.size is None for target in targets) > 1:
        return unknown("more than one size of the view is -1")
    if shape.open:
        return Result(Shape(tuple(_from_right(shape, targets))), dtype=dtype, notes={"assumed": True})
    found = fit(shape.axes, targets)
    return Result(Shape(found.axes), dtype=dtype, notes=found.notes)


def _from_right(shape: Shape, targets: Sequence[Target]) -> list[Axis]:
    """Fit the last axes of an array whose first axes are not known; the rest of the view is new."""
    axes: list[Axis] = []
    end = len(targets)
    for one in reversed(shape.axes):
        low = next((low for low in range(end - 1, -1, -1) if _makes(one, targets[low:end])), None)
        if low is None:
            break
        group = targets[low:end]
        if len(group) == 1:
            axes.insert(0, one)
        elif len(one.atoms) == 1:
            axes[0:0] = cut(one.atoms[0], group)
        else:
            axes[0:0] = fit([one], group).axes
        end = low
    return [*fresh_axes(targets[:end], targets), *axes]


def _makes(one: Axis, targets: Sequence[Target]) -> bool:
    if any(target.size is None for target in targets):
        return False
    return dims.equal(one.size, product(tuple(target.dim for target in targets))) is Answer.YES


@op("flatten")
def flatten(args: Args) -> Result:
    """Fuse the axes from `start` to `end`, both included."""
    shape = args.shape("x")
    dtype = dtype_of(args.values.get("x"))
    start, end = args.int("start", 0), args.int("end", -1)
    if shape.open and not args.given("start") and not args.given("end"):
        return Result(Shape(tuple(fresh_axes([Target(None)], [Target(None)]))), dtype=dtype)
    low = None if start is None else shape.place(start)
    high = None if end is None else shape.place(end)
    if shape.rank == 0:
        return Result(Shape((Axis(),)), dtype=dtype)
    if low is None or high is None or high < low:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
    atoms = tuple(atom for one in shape.axes[low : high + 1] for atom in one.atoms)
    axes = (*shape.axes[:low], Axis(fuse(atoms)), *shape.axes[high + 1 :])
    return Result(Shape(axes, shape.open), dtype=dtype)


@op("unflatten")
def unflatten(args: Args) -> Result:
    """Cut one axis into several."""
    shape = args.shape("x")
    dtype = dtype_of(args.values.get("x"))
    sizes = size_list(args.values.get("sizes"))
    position = args.int("axis")
    if sizes is None or position is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason="the sizes of the view are not known")
    targets = [target_of(item) for item in sizes]
    place = shape.place(position)
    if place is None:
        if position != -1 or not shape.open:
            return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
        return Result(Shape(tuple(fresh_axes(targets, targets)), open=True), dtype=dtype)
    found = fit([shape.axes[place]], targets)
    return Result(replace(shape, place, *found.axes), dtype=dtype, notes=found.notes)
