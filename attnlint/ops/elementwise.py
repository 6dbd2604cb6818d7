"""Ops that work on each element: the shape stays, or two shapes broadcast."""

from __future__ import annotations

from attnlint.ops.axes import NO_SHAPE, all_axes, broadcast_values, dtype_named, dtype_of, keep, promote
from attnlint.ops.signature import Args, Result, as_tensor, op
from attnlint.tensor import UNKNOWN_SHAPE, Shape, Tensor
from attnlint.values import Value

UNARY = (
    "exp expm1 exp2 log log1p log2 sqrt rsqrt square neg abs tanh sigmoid relu gelu silu softplus elu leaky_relu sin "
    "cos tan arctan erf floor ceil round sign reciprocal cumsum cumprod clip identity nan_to_num dropout activation "
    "rotate norm normalize roll flip sort contiguous"
)
TESTS = "not isnan isinf isfinite"
ARITHMETIC = "sub mul div floordiv mod pow maximum minimum atan2"
LOGIC = "and or xor"
COMPARISONS = "eq ne lt le gt ge"


@op(*UNARY.split())
def unary(args: Args) -> Result:
    """The shape and the dtype stay."""
    return keep(args)


@op(*TESTS.split())
def test(args: Args) -> Result:
    """The shape stays; the result is a truth value a place."""
    result = keep(args)
    return Result(result.shape, dtype="bool", reason=result.reason)


@op("cast")
def cast(args: Args) -> Result:
    """The shape stays, and the dtype is the one given, by name or as another tensor's."""
    result = keep(args)
    wanted = args.values.get("dtype")
    dtype = dtype_of(wanted) if isinstance(wanted, Tensor) else dtype_named(wanted)
    # `x.to(device, dtype)` gives the dtype second.
    dtype = dtype or dtype_named(args.values.get("then"))
    param = True if getattr(args.values.get("x"), "param", False) else None
    return Result(result.shape, dtype=dtype or result.dtype, param=param, reason=result.reason)


def _learn_residual(args: Args) -> None:
    """`x + f(x)`: features of which not all axes are known have those of what is added to them."""
    pair = [as_tensor(args.values.get(name)) for name in ("a", "b")]
    for mine, other in (pair, pair[::-1]):
        if mine is None or other is None or mine.param or other.param or other.shape.open or not mine.shape.open:
            continue
        front = other.axes[: len(other.axes) - len(mine.axes)]
        last = (mine.shape.at(-1), other.shape.at(-1))
        features = all(one is not None and one.kind == "feature" for one in last)
        if len(other.axes) >= 3 and features and front and not any(one.is_one for one in front):
            mine.learn(Shape((*front, *mine.axes)))


def _binary(args: Args, dtype: str) -> Result:
    values: list[Value | None] = [args.values.get("a"), args.values.get("b")]
    shape, clashes = broadcast_values(values)
    notes: dict[str, object] = {"clash": clashes} if clashes else {}
    reason = "" if shape.known else "the shapes of its operands are not known"
    tensors = [value for value in values if isinstance(value, Tensor)]
    param = True if tensors and all(tensor.param for tensor in tensors) else None
    return Result(shape, dtype=dtype, param=param, notes=notes, reason=reason)


@op(*ARITHMETIC.split())
def arithmetic(args: Args) -> Result:
    """Two operands broadcast; either may be a number."""
    return _binary(args, promote(args.values.get("a"), args.values.get("b")))


@op("add")
def add(args: Args) -> Result:
    """As arithmetic; a residual sum tells the shape of its input."""
    _learn_residual(args)
    return arithmetic(args)


@op(*LOGIC.split())
def logic(args: Args) -> Result:
    """As arithmetic; truth values give truth values."""
    return _binary(args, promote(args.values.get("a"), args.values.get("b")))


@op(*COMPARISONS.split())
def comparison(args: Args) -> Result:
    """As arithmetic; the result is a truth value a place."""
    return _binary(args, "bool")


@op("sum_of")
def sum_of(args: Args) -> Result:
    """The sum of a list of arrays, which broadcast."""
    values = all_axes(args.values.get("xs"))
    shape, clashes = broadcast_values(values)
    notes: dict[str, object] = {"clash": clashes} if clashes else {}
    known = shape if values else UNKNOWN_SHAPE
    return Result(known, dtype=promote(*values), notes=notes, reason="" if known.known else NO_SHAPE)


@op("join")
def join(args: Args) -> Result:
    """The same name on two paths: the shape is what whoever joins them makes of both."""
    left, right = args.values.get("a"), args.values.get("b")
    same = dtype_of(left) if dtype_of(left) == dtype_of(right) else ""
    return Result(dtype=same)
