"""Indexing, slicing, and picking by index."""

from __future__ import annotations

from dataclasses import dataclass, field

from attnlint import dims
from attnlint.dims import Answer, Dim
from attnlint.ops.axes import NO_SHAPE, anonymous, broadcast, derived_axis, dtype_of, keep, learn_rank
from attnlint.ops.signature import Args, Result, op
from attnlint.tensor import UNKNOWN_SHAPE, Axis, Shape, Tensor, axis
from attnlint.values import Const, Seq, Size, SliceValue, Unknown, Value, as_dim, as_int, is_none


def _is_full(item: Value) -> bool:
    return isinstance(item, SliceValue) and is_none(item.lower) and is_none(item.upper) and is_none(item.step)


def _is_ellipsis(item: Value) -> bool:
    return isinstance(item, Const) and item.value is ...


def _is_mask(item: Value) -> bool:
    return isinstance(item, Tensor) and item.dtype == "bool"


def _consumes(item: Value) -> int:
    """How many axes an index takes."""
    if is_none(item) or _is_ellipsis(item):
        return 0
    if _is_mask(item) and isinstance(item, Tensor):
        return len(item.axes) if item.rank is not None else 1
    return 1


@dataclass(slots=True)
class _Reading:
    """What has been read of an index, axis by axis."""

    axes: list[Axis] = field(default_factory=list)
    dropped: list[tuple[Axis, Value]] = field(default_factory=list)
    slices: list[tuple[Axis, Axis, SliceValue]] = field(default_factory=list)
    advanced: list[Shape] = field(default_factory=list)
    spot: int | None = None
    lost: bool = False


def _read(reading: _Reading, items: list[Value], axes: list[Axis]) -> None:
    """Read indices against axes, in order; they are as many as the indices take."""
    left = list(axes)
    for item in items:
        if is_none(item):
            reading.axes.append(Axis())
            continue
        taken = [left.pop(0) for _ in range(min(_consumes(item), len(left)))]
        if not taken:
            reading.lost = True
        elif isinstance(item, SliceValue):
            new = _sliced(taken[0], item)
            reading.slices.append((taken[0], new, item))
            reading.axes.append(new)
        elif isinstance(item, Size) or (isinstance(item, Tensor) and item.rank == 0):
            reading.dropped.append((taken[0], item))
        elif isinstance(item, Tensor | Seq):
            _advance(reading, item)
        else:
            # An index of unknown sort may drop the axis or keep it: only what comes after is known.
            reading.lost = True
            reading.axes.clear()


def _advance(reading: _Reading, item: Tensor | Seq) -> None:
    if _is_mask(item):
        shape = Shape((anonymous(),))
    elif isinstance(item, Seq):
        shape = Shape((anonymous() if item.many else axis(dims.const(len(item.items))),))
    else:
        shape = item.shape
    if reading.spot is None:
        reading.spot = len(reading.axes)
    elif reading.spot != len(reading.axes):
        reading.spot = 0
    reading.advanced.append(shape)


def _bound(value: Value | None, size: Dim, default: Dim) -> Dim | None:
    """One end of a slice, counted from the front."""
    if is_none(value):
        return default
    end = as_dim(value)
    if end is None:
        return None
    negative = end.number is not None and end.number < 0
    negative = negative or (len(end.terms) == 1 and end.terms[0][1] < 0)
    return size + end if negative else end


def _sliced(one: Axis, item: SliceValue) -> Axis:
    """The axis that a slice leaves."""
    if _is_full(item):
        return one
    size = one.size
    step = as_int(item.step) if not is_none(item.step) else 1
    numbers = [as_int(value) for value in (item.lower, item.upper)]
    plain = all(n is not None or is_none(v) for n, v in zip(numbers, (item.lower, item.upper), strict=True))
    if size.value is not None and plain and step:
        count = len(range(*slice(numbers[0], numbers[1], step).indices(size.value)))
        return one if count == size.value and step == 1 else derived_axis(one, "slice", dims.const(count))
    low, high = _bound(item.lower, size, dims.const(0)), _bound(item.upper, size, size)
    if low is None or high is None or (step is not None and step < 0 and not (is_none(item.lower) and plain)):
        return derived_axis(one, "slice", dims.unknown())
    length = high - low
    if step is None:
        every = as_dim(item.step)
        length = length / every if every is not None and every.terms else dims.unknown()
    elif abs(step) > 1:
        length = length / dims.const(abs(step))
    if step == 1 and dims.equal(length, size) is Answer.YES and not low.terms:
        return one
    return derived_axis(one, "slice", length)


def _expand(items: list[Value], shape: Shape) -> tuple[list[Value], list[Value], bool]:
    """The indices before and after the ellipsis, and whether there is one."""
    del shape
    place = next((place for place, item in enumerate(items) if _is_ellipsis(item)), None)
    if place is None:
        return items, [], False
    return items[:place], items[place + 1 :], True


@op("index")
def index(args: Args) -> Result:
    """`x[...]`: numbers drop axes, slices shorten them, None adds one, arrays pick."""
    items = _items(args)
    dtype = dtype_of(args.values.get("x"))
    # A table that is looked up by ids gives activations.
    looked_up = any(isinstance(item, Tensor) and not item.param for item in items or ())
    param = True if getattr(args.values.get("x"), "param", False) and not looked_up else None
    if items is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, param=param, reason="the index is not known")
    shape = _whole(args, items)
    before, after, has_ellipsis = _expand(items, shape)
    front, back = sum(map(_consumes, before)), sum(map(_consumes, after))
    reading = _Reading()
    if shape.open:
        result, reason = _open_index(reading, shape, before, after, has_ellipsis)
    elif front + back > len(shape.axes):
        return Result(UNKNOWN_SHAPE, dtype=dtype, notes={"too_many": True}, reason="it has more indices than axes")
    else:
        _read(reading, before, list(shape.axes[:front]))
        reading.axes.extend(shape.axes[front : len(shape.axes) - back])
        _read(reading, after, list(shape.axes[len(shape.axes) - back :]))
        result, reason = _place_advanced(reading), ""
    notes: dict[str, object] = {"dropped": tuple(reading.dropped), "slices": tuple(reading.slices)}
    reason = reason or ("an index is not known" if reading.lost else "")
    return Result(result, dtype=dtype, param=param, notes=notes, reason=reason if not result.known else "")


def _whole(args: Args, items: list[Value]) -> Shape:
    """The shape of what is indexed; one of unknown rank has the axes that a full index names.

    Whoever puts axes in and writes out the slices up to the end, as in `mask[:, None, None, :]`, names all there are.
    """
    shape = args.shape("x")
    slices, new = sum(map(_is_full, items)), sum(map(is_none, items))
    names_all = new >= 2 or (new == 1 and _is_full(items[-1]) and is_none(items[-2]))
    if not shape.open or len(shape.axes) > slices or slices < 2 or slices + new != len(items) or not names_all:
        return shape
    return learn_rank(args.values.get("x"), slices)


def _items(args: Args) -> list[Value] | None:
    value = args.values.get("items")
    if isinstance(value, Seq) and len(value.items) == 1 and isinstance(inner := value.items[0], Seq):
        # One tuple of index arrays is as many indices.
        value = inner if inner.kind == "tuple" and all(isinstance(one, Tensor) for one in inner.items) else value
    if isinstance(value, Seq):
        return None if value.many else list(value.items)
    return None if value is None or isinstance(value, Unknown) else [value]


def _open_index(
    reading: _Reading, shape: Shape, before: list[Value], after: list[Value], has_ellipsis: bool
) -> tuple[Shape, str]:
    """Index an array whose first axes are not known: only what an ellipsis ties to the end can be followed."""
    if not has_ellipsis:
        if all(is_none(item) or _is_full(item) for item in before) and len(before) == 1:
            return Shape(shape.axes, open=True), ""
        return UNKNOWN_SHAPE, NO_SHAPE
    back = sum(map(_consumes, after))
    missing = back - len(shape.axes)
    axes = [*(anonymous() for _ in range(missing)), *shape.axes]
    kept = axes[: len(axes) - back] if not sum(map(_consumes, before)) else []
    _read(reading, after, axes[len(axes) - back :])
    reading.axes[:0] = [] if reading.lost else kept
    placed = _place_advanced(reading)
    return Shape(placed.axes, open=True), ""


def _place_advanced(reading: _Reading) -> Shape:
    if not reading.advanced:
        return Shape(tuple(reading.axes), reading.lost)
    picked = broadcast(reading.advanced)[0]
    spot = reading.spot or 0
    if picked.open:
        return Shape((*picked.axes, *reading.axes[spot:]), open=True)
    return Shape((*reading.axes[:spot], *picked.axes, *reading.axes[spot:]), reading.lost)


@op("triangle_indices")
def triangle_indices(args: Args) -> Result:
    """The rows and the columns of a triangle's places."""
    del args
    count = anonymous()
    return Result(parts=(Shape((count,)), Shape((count,))), dtype="int64")


@op("setitem", "at_set")
def setitem(args: Args) -> Result:
    """Write into an array: its shape stays."""
    items = _items(args)
    result = keep(args)
    if items is None:
        return result
    inner = index(Args({"x": args.values["x"], "items": Seq(items)})) if args.given("x") else Result()
    notes: dict[str, object] = {"written": inner.shape, **inner.notes}
    return Result(result.shape, dtype=result.dtype, notes=notes, reason=result.reason)
