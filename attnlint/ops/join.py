"""Ops that put arrays together along an axis or take one apart."""

from __future__ import annotations

from fractions import Fraction

from attnlint import dims
from attnlint.dims import Answer, Dim
from attnlint.ops.axes import (
    all_axes,
    anonymous,
    derived_axis,
    dtype_of,
    is_many,
    learn_rank,
    pick,
    promote,
    replace,
    unknown,
)
from attnlint.ops.signature import Args, Result, op, shape_of
from attnlint.tensor import Axis, Shape, axis
from attnlint.values import Const, Seq, Size, Value, as_dim, as_int

_MOST_PARTS = 64


def _align(values: list[Value]) -> list[Shape]:
    """The shapes of arrays that must have one rank; one whose rank is not known is learnt to have it."""
    ranks = {shape.rank for shape in map(shape_of, values) if shape.rank is not None}
    if len(ranks) == 1:
        rank = ranks.pop()
        return [learn_rank(value, rank) for value in values]
    return [shape_of(value) for value in values]


@op("concat")
def concat(args: Args) -> Result:
    """Join arrays along an axis, whose atom is new; the other axes have to agree."""
    source = args.values.get("xs")
    values = all_axes(source)
    if not values:
        return unknown("what it joins is not known")
    position = args.int("axis") if args.given("axis") else None
    if position is None:
        return _flat_concat(args, values)
    shapes = _align(values)
    dtype = promote(*values)
    param = True if all(getattr(value, "param", False) for value in values) else None
    parts = [shape.at(position) for shape in shapes]
    if any(part is None for part in parts):
        return Result(Shape((), open=True), dtype=dtype, param=param, reason="the axis that it joins is not known")
    joined = [part for part in parts if part is not None]
    many = is_many(source)
    total = dims.unknown() if many else _sum([part.size for part in joined])
    best = _longest(joined)
    new = axis(total) if best.is_one and not best.kind else derived_axis(best, "joined", total)
    axes, clashes = _merge(shapes, position, new)
    notes: dict[str, object] = {"axis_atoms": joined, "position": position, "open_list": many}
    if clashes:
        notes["clash"] = clashes
    return Result(Shape(axes, any(shape.open for shape in shapes)), dtype=dtype, param=param, notes=notes)


def _flat_concat(args: Args, values: list[Value]) -> Result:
    del args
    shapes = [shape_of(value) for value in values]
    if any(shape.open for shape in shapes):
        return unknown("the axis that it joins is not known")
    sizes = [dims.product([one.size for one in shape.axes]) for shape in shapes]
    return Result(Shape((axis(_sum(sizes)),)), dtype=promote(*values))


def _sum(sizes: list[Dim]) -> Dim:
    total = dims.const(0)
    for size in sizes:
        total = total + size
    return total


def _longest(axes: list[Axis]) -> Axis:
    """The axis that tells most of those that are joined."""
    return max(axes, key=lambda one: (bool(one.kind), len(one.atoms) == 1, (one.size.value or 10**9) != 1))


def _merge(shapes: list[Shape], position: int, new: Axis) -> tuple[tuple[Axis, ...], tuple[int, ...]]:
    """The axes of what is joined, counted from the end, and the positions where they provably disagree."""
    width = max(len(shape.axes) for shape in shapes)
    place = position if position < 0 else position - width
    axes: list[Axis] = []
    clashes: list[int] = []
    for here in range(-width, 0):
        if here == place:
            axes.append(new)
            continue
        found = [one for shape in shapes if (one := shape.at(here)) is not None]
        result = found[0]
        for other in found[1:]:
            if dims.equal(result.size, other.size) is Answer.NO:
                clashes.append(here)
            result = pick(result, other)
        axes.append(result)
    return tuple(axes), tuple(dict.fromkeys(clashes))


@op("stack")
def stack(args: Args) -> Result:
    """Join arrays along a new axis."""
    source = args.values.get("xs")
    values = all_axes(source)
    position = args.int("axis", 0)
    if not values or position is None:
        return unknown("what it stacks is not known")
    shapes = _align(values)
    if any(shape.open for shape in shapes) and (position >= 0 or not shapes[0].axes):
        return Result(dtype=promote(*values), reason="the shape of what it stacks is not known")
    width = max(len(shape.axes) for shape in shapes)
    axes, _ = _merge(shapes, width + 1, Axis()) if width else ((), ())
    new = anonymous() if is_many(source) else axis(dims.const(len(values)))
    place = position if position >= 0 else position + width + 1
    if not 0 <= place <= width:
        return unknown("it stacks along an axis that is not there")
    shape = Shape((*axes[:place], new, *axes[place:]), any(shape.open for shape in shapes))
    return Result(shape, dtype=promote(*values))


def _parts(args: Args, place: int | None, sizes: list[Dim] | None, one: Dim | None) -> Result:
    """The parts of an array, by the sizes of each; `one` is the size of each where the number is not known."""
    shape = args.shape("x")
    dtype = dtype_of(args.values.get("x"))
    if place is None:
        count = len(sizes) if sizes is not None else 0
        reason = "the axis that it splits is not known"
        return Result(parts=(Shape((), open=True),) * count, dtype=dtype, notes={"many": not count}, reason=reason)
    whole = shape.axes[place]
    if sizes is None:
        size = one if one is not None else dims.unknown()
        return Result(
            replace(shape, place, _slice(whole, size)),
            parts=(),
            dtype=dtype,
            notes={"many": True, "split": whole},
        )
    parts = tuple(replace(shape, place, _slice(whole, size, number)) for number, size in enumerate(sizes))
    notes: dict[str, object] = {"split": whole}
    if dims.equal(_sum(sizes), whole.size) is Answer.NO:
        notes["mismatch"] = (whole.size, tuple(sizes))
    return Result(parts[0] if parts else Shape((), open=True), parts=parts, dtype=dtype, notes=notes)


def _slice(whole: Axis, size: Dim, number: int = 0) -> Axis:
    if dims.equal(whole.size, size) is Answer.YES:
        return whole
    return derived_axis(whole, "slice" if number == 0 else f"slice {number}", size)


def _place(args: Args) -> int | None:
    position = args.int("axis", 0)
    return None if position is None else args.shape("x").place(position)


def _whole_number(quotient: Dim) -> int | None:
    """A quotient as a number of parts, rounded up; None where it is none or there would be too many."""
    number: Fraction | None = quotient.number
    if number is None or not 0 < number <= _MOST_PARTS:
        return None
    return -((-number.numerator) // number.denominator)


@op("split")
def split(args: Args) -> Result:
    """torch's `split`: parts of a size, or of the sizes given. NumPy's: `sections` equal parts or cuts at indices."""
    place = _place(args)
    shape = args.shape("x")
    if args.given("sections"):
        return _sections(args, place)
    value = args.values.get("sizes")
    if isinstance(value, Seq) and not value.many:
        sizes = [as_dim(item) for item in value.items]
        return _parts(args, place, [size if size is not None else dims.unknown() for size in sizes], None)
    each = as_dim(value)
    if each is None or place is None:
        return _parts(args, place, None, each)
    whole = shape.axes[place].size
    count = _whole_number(whole / each) if each.terms else None
    if count is None:
        return _parts(args, place, None, each)
    return _parts(args, place, [*[each] * (count - 1), whole - each * dims.const(count - 1)], None)


def _sections(args: Args, place: int | None) -> Result:
    value = args.values["sections"]
    whole = None if place is None else args.shape("x").axes[place].size
    if isinstance(value, Seq) and not value.many:
        cuts = [as_dim(item) for item in value.items]
        ends = [*cuts, whole]
        sizes = [
            end - begin if end is not None and begin is not None else dims.unknown()
            for begin, end in zip([dims.const(0), *cuts], ends, strict=True)
        ]
        return _parts(args, place, sizes, None)
    count = as_int(value)
    if count is None or not 0 < count <= _MOST_PARTS:
        each = as_dim(value)
        return _parts(args, place, None, whole / each if whole is not None and each is not None else None)
    if whole is None:
        return _parts(args, place, [dims.unknown()] * count, None)
    result = _parts(args, place, _equal_parts(whole, count), None)
    if args.flag("equal") and whole.value is not None and whole.value % count:
        result.notes.update(uneven=(whole, count))
    return result


def _equal_parts(whole: Dim, count: int) -> list[Dim]:
    """So many parts; where a known size does not divide, the first ones are longer by one, as in `array_split`."""
    if whole.value is None:
        return [whole / dims.const(count)] * count
    each, over = divmod(whole.value, count)
    return [dims.const(each + (number < over)) for number in range(count)]


@op("chunk")
def chunk(args: Args) -> Result:
    """torch's `chunk`: parts of one size, rounded up, the last one shorter."""
    place = _place(args)
    count = args.int("chunks")
    whole = None if place is None else args.shape("x").axes[place].size
    if count is None or not 0 < count <= _MOST_PARTS:
        return _parts(args, place, None, None)
    if whole is None:
        return _parts(args, place, [dims.unknown()] * count, None)
    if whole.value is None:
        return _parts(args, place, [whole / dims.const(count)] * count, None)
    each = -(-whole.value // count) or 1
    sizes = [dims.const(min(each, whole.value - low)) for low in range(0, whole.value, each)]
    return _parts(args, place, sizes, None)


@op("unbind")
def unbind(args: Args) -> Result:
    """One part a position of an axis, which is gone."""
    place = _place(args)
    shape = args.shape("x")
    dtype = dtype_of(args.values.get("x"))
    if place is None:
        return Result(parts=(), dtype=dtype, notes={"many": True}, reason="the axis that it unbinds is not known")
    part = replace(shape, place)
    count = shape.axes[place].size.value
    notes: dict[str, object] = {"dropped": (shape.axes[place],)}
    if count is None or count > _MOST_PARTS:
        return Result(part, parts=(), dtype=dtype, notes={**notes, "many": True})
    return Result(part, parts=(part,) * count, dtype=dtype, notes=notes)


@op("hstack", "vstack")
def hstack(args: Args) -> Result:
    """NumPy's `hstack`: along axis 1, or 0 where there is only one; see `vstack` in the table for the other."""
    values = all_axes(args.values.get("xs"))
    ranks = {shape_of(value).rank for value in values}
    vertical = args.flag("vertical")
    if vertical and ranks == {1}:
        return stack(Args({"xs": args.values["xs"], "axis": Size(dims.const(0))}))
    position = 0 if vertical or ranks == {1} else 1
    xs = args.values.get("xs")
    return concat(Args({"xs": xs if xs is not None else Const(None), "axis": Size(dims.const(position))}))
