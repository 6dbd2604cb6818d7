"""Ops that make arrays from sizes, ranges, lists, or after another array."""

from __future__ import annotations

from fractions import Fraction

from attnlint import dims
from attnlint.dims import Dim
from attnlint.ops.axes import NO_SHAPE, derived_axis, dtype_named, dtype_of, fresh, keep, kind_of_value, label_of
from attnlint.ops.signature import Args, Result, op
from attnlint.ops.view import known_suffix, size_list
from attnlint.tensor import UNKNOWN_SHAPE, Axis, Shape, Tensor, axis
from attnlint.values import Const, Seq, Size, Unknown, Value, as_dim, as_int


def axes_of(sizes: list[Value]) -> tuple[Axis, ...]:
    """New axes of these sizes."""
    return tuple(sized(item) for item in sizes)


def sized(item: Value | None) -> Axis:
    """A new axis of a size, under the author's name for it."""
    kind = kind_of_value(item)
    one = fresh(as_dim(item), kind)
    for atom in one.atoms:
        atom.learn(kind, label_of(item))
    return one


def _made(args: Args, notes: dict[str, object] | None = None, param: bool | None = None) -> Result:
    sizes = size_list(args.values.get("sizes"))
    dtype = dtype_named(args.values.get("dtype"))
    if sizes is None:
        suffix = known_suffix(args.values.get("sizes"))
        shape = Shape(axes_of(suffix), open=True)
        reason = "the sizes that it is made with are not known"
        return Result(shape, dtype=dtype, param=param, notes=notes or {}, reason=reason)
    return Result(Shape(axes_of(sizes)), dtype=dtype, param=param, notes=notes or {})


# Arrays with nothing of the data in them.
FRESH = frozenset({"zeros", "empty", "zeros_like", "empty_like"})


@op("zeros", "ones", "full", "empty")
def filled(args: Args) -> Result:
    """An array of one value."""
    result = _made(args)
    value = args.values.get("value")
    if not result.dtype and isinstance(value, Const) and isinstance(value.value, bool):
        return Result(result.shape, dtype="bool", notes=result.notes, reason=result.reason)
    return result


@op("weight")
def weight(args: Args) -> Result:
    """A weight made with sizes."""
    return _made(args, param=True)


@op("rand", "randint")
def rand(args: Args) -> Result:
    """An array of random numbers; one number where no size is given."""
    if not args.given("sizes"):
        return Result(Shape(()), notes={"random": True})
    return _made(args, {"random": True})


@op("eye")
def eye(args: Args) -> Result:
    """An identity matrix."""
    n = args.values.get("n")
    m = args.values["m"] if args.given("m") else n
    if n is None or m is None:
        return Result(UNKNOWN_SHAPE, reason="its size is not known")
    return Result(Shape(axes_of([n, m])), dtype=dtype_named(args.values.get("dtype")))


@op("causal_mask")
def causal_mask(args: Args) -> Result:
    """A square mask over positions; of token ids `[batch, length]` it is `[batch, 1, length, length]`."""
    if args.given("ids"):
        ids = args.shape("ids")
        last = ids.at(-1)
        rows, columns = (
            Axis() if last is None else derived_axis(last, part, last.size) for part in ("rows", "columns")
        )
        if last is None:
            rows, columns = fresh(None, "seq"), fresh(None, "seq")
        return Result(Shape((*ids.axes[:-1], Axis(), rows, columns), ids.open))
    size = args.values.get("size")
    if size is None:
        return Result(UNKNOWN_SHAPE, reason="its size is not known")
    return Result(Shape(tuple(fresh(as_dim(size), kind_of_value(size) or "seq") for _ in range(2))))


@op("arange")
def arange(args: Args) -> Result:
    """A range; with one number, from 0 to it."""
    start, stop, step = (args.values[name] if args.given(name) else None for name in ("start", "stop", "step"))
    if stop is None:
        start, stop = None, start
    dtype = dtype_named(args.values.get("dtype")) or ("int64" if isinstance(stop, Size) else "")
    count = _count(as_dim(start) if start is not None else dims.const(0), as_dim(stop), as_dim(step))
    kind = kind_of_value(stop) if start is None or as_int(start) == 0 else ""
    return Result(Shape((fresh(count, kind),)), dtype=dtype)


def _count(start: Dim | None, stop: Dim | None, step: Dim | None) -> Dim | None:
    if start is None or stop is None:
        return None
    span = stop - start
    if step is None:
        return span
    if span.number is not None and step.number:
        quotient: Fraction = span.number / step.number
        return dims.const(max(0, -((-quotient.numerator) // quotient.denominator)))
    return span / step if step.terms else None


@op("linspace")
def linspace(args: Args) -> Result:
    """Numbers at equal distances."""
    count = args.values.get("count")
    return Result(Shape((fresh(as_dim(count), kind_of_value(count)),)))


@op("zeros_like", "ones_like", "full_like", "empty_like")
def like(args: Args) -> Result:
    """An array of one value with another's shape."""
    result = keep(args)
    dtype = dtype_named(args.values.get("dtype")) or result.dtype
    return Result(result.shape, dtype=dtype, reason=result.reason)


@op("rand_like")
def rand_like(args: Args) -> Result:
    """Random numbers with another's shape."""
    result = keep(args)
    return Result(result.shape, dtype=result.dtype, notes={"random": True}, reason=result.reason)


@op("array")
def array(args: Args) -> Result:
    """An array from nested lists, a number, or another array."""
    data = args.values.get("data")
    dtype = dtype_named(args.values.get("dtype"))
    if isinstance(data, Tensor | Unknown):
        result = keep(args, "data")
        param = True if isinstance(data, Tensor) and data.param else None
        return Result(result.shape, dtype=dtype or result.dtype, param=param, reason=result.reason)
    shape = _nested(data)
    return Result(shape, dtype=dtype or _leaf(data), reason="" if shape.known else "its contents are not known")


def _nested(value: Value | None) -> Shape:
    if isinstance(value, Size | Const):
        return Shape(())
    if isinstance(value, Tensor):
        return value.shape
    if not isinstance(value, Seq):
        return UNKNOWN_SHAPE
    inner = _nested(value.items[0]) if value.items else Shape(())
    length = fresh(None) if value.many else axis(dims.const(len(value.items)))
    if inner.open:
        return inner if inner.axes else UNKNOWN_SHAPE
    return Shape((length, *inner.axes))


def _leaf(value: Value | None) -> str:
    while isinstance(value, Seq) and value.items:
        value = value.items[0]
    if isinstance(value, Size):
        return "int64"
    if isinstance(value, Const):
        return "bool" if isinstance(value.value, bool) else "float64" if isinstance(value.value, float) else ""
    return dtype_of(value)


@op("parameter")
def parameter(args: Args) -> Result:
    """A weight: the data's shape."""
    result = array(Args({"data": args.values["data"]})) if args.given("data") else Result(reason=NO_SHAPE)
    return Result(result.shape, dtype=result.dtype, param=True, reason=result.reason)
