"""Layers that are no plain op: embeddings, convolutions, pooling, recurrent layers, losses, sampling."""

from __future__ import annotations

from attnlint import dims
from attnlint.dims import Answer, Dim
from attnlint.ops.axes import NO_SHAPE, anonymous, dtype_of, fresh, learn_rank, replace
from attnlint.ops.signature import Args, Result, op
from attnlint.tensor import UNKNOWN_SHAPE, Axis, Kind, Shape
from attnlint.values import Const, Seq, as_dim, as_int, as_str, is_none


@op("embedding")
def embedding(args: Args) -> Result:
    """A vector an id: the ids' axes and a new last one of features."""
    ids = args.shape("ids")
    size = args.dim("dim") if args.given("dim") else None
    if args.given("weight"):
        last = args.shape("weight").at(-1)
        size = last.size if last is not None else size
    return Result(Shape((*ids.axes, fresh(size, "feature")), ids.open))


@op("conv")
def conv(args: Args) -> Result:
    """A convolution over `dims` axes; the one in front of them counts channels, or the one behind them."""
    kernel = args.values.get("kernel")
    spatial = args.int("dims", len(kernel.items) if isinstance(kernel, Seq) else 1) or 1
    shape = args.shape("x")
    if shape.open:
        shape = learn_rank(args.values.get("x"), spatial + 2)
    dtype = dtype_of(args.values.get("x"))
    last = args.flag("channels_last")
    place, first = shape.place(-1 if last else -spatial - 1), shape.place(-spatial - 1 if last else -spatial)
    if place is None or first is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
    notes = _expect(shape.axes[place], args.dim("in") if args.given("in") else None)
    sizes = [_convolved(shape.axes[first + number], args, number) for number in range(spatial)]
    channels = fresh(args.dim("out") if args.given("out") else None, "feature")
    axes = (*sizes, channels) if last else (channels, *sizes)
    return Result(Shape((*shape.axes[: min(place, first)], *axes), shape.open), dtype=dtype, notes=notes)


def _expect(one: Axis | None, expected: Dim | None) -> dict[str, object]:
    """Whether an axis provably has another size than a layer was made for."""
    if one is None or expected is None:
        return {"clash": False}
    wrong = dims.equal(one.size, expected) is Answer.NO
    return {"clash": wrong, "expected": expected, "found": one.size}


def _each(args: Args, name: str, number: int, default: int) -> int | None:
    value = args.values.get(name)
    if value is None:
        return default
    if isinstance(value, Seq) and not value.many and value.items:
        value = value.items[min(number, len(value.items) - 1)]
    return 0 if (as_str(value) or "").lower() == "valid" else as_int(value)


def _convolved(one: Axis, args: Args, number: int) -> Axis:
    kernel = _each(args, "kernel", number, 1)
    stride, padding = _each(args, "stride", number, 1), _each(args, "padding", number, 0)
    dilation = _each(args, "dilation", number, 1)
    plain = stride == 1 and kernel is not None and padding is not None and dilation is not None
    if plain and kernel is not None and padding is not None and dilation is not None:
        grown = 2 * padding - dilation * (kernel - 1)
        if grown == 0:
            return one
        return fresh(one.size + dims.const(grown), one.kind or "seq")
    if (args.text("padding") or "").lower() == "same" and stride == 1:
        return one
    size = _strided(one.size, args, number)
    return fresh(size, "seq")


def _strided(size: Dim, args: Args, number: int) -> Dim | None:
    """The length after a stride, where patches do not overlap or all sizes are known."""
    kernel, stride = _each(args, "kernel", number, 1), _each(args, "stride", number, 1)
    padding, dilation = _each(args, "padding", number, 0), _each(args, "dilation", number, 1)
    if size.value is not None and kernel and stride and padding is not None and dilation is not None:
        return dims.const((size.value + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1)
    width, step = as_dim(args.values.get("kernel")), as_dim(args.values.get("stride"))
    if width is not None and step is not None and dims.equal(width, step) is Answer.YES and not padding:
        return size / width if width.terms else None
    return None


@op("pool")
def pool(args: Args) -> Result:
    """Pooling: the last `dims` axes get new lengths."""
    spatial = args.int("dims", 1) or 1
    shape = args.shape("x")
    if len(shape.axes) < spatial:
        return Result(UNKNOWN_SHAPE, dtype=dtype_of(args.values.get("x")), reason=NO_SHAPE)
    new: list[Axis] = []
    for number in range(spatial):
        size = _each(args, "output", number, 0)
        new.append(fresh(dims.const(size)) if size else anonymous("seq"))
    return Result(Shape((*shape.axes[:-spatial], *new), shape.open), dtype=dtype_of(args.values.get("x")))


@op("pad")
def pad(args: Args) -> Result:
    """Padding by pairs that are counted from the last axis; a list of pairs counts from the first one."""
    shape = args.shape("x")
    widths = _pairs(args, len(shape.axes))
    dtype = dtype_of(args.values.get("x"))
    if widths is None:
        axes = tuple(anonymous(one.kind) for one in shape.axes)
        return Result(Shape(axes, shape.open), dtype=dtype, reason="the widths of the padding are not known")
    for number, pair in enumerate(widths):
        place = shape.place(-1 - number)
        if place is None:
            return Result(UNKNOWN_SHAPE, dtype=dtype, reason=NO_SHAPE)
        grown = sum(pair)
        if grown:
            one = shape.axes[place]
            size = one.size + dims.const(grown)
            atom = one.atoms[0].derived("joined", size) if len(one.atoms) == 1 else None
            shape = replace(shape, place, Axis((atom,)) if atom is not None else fresh(size, one.kind))
    return Result(shape, dtype=dtype)


def _pairs(args: Args, count: int) -> list[tuple[int, ...]] | None:
    """What is added before and after each axis, the last axis first; None where that is not known."""
    widths = args.ints("widths")
    if widths is not None and len(widths) == 1:
        return [widths * 2] * count
    if widths is not None:
        return list(zip(widths[::2], widths[1::2], strict=False))
    found: list[tuple[int, ...]] = []
    for item in reversed(args.items("widths") or [Const("")]):
        pair = (0, 0) if is_none(item) else Args({"pair": item}).ints("pair")
        if pair is None:
            return None
        found.append(pair)
    return found


@op("rnn")
def rnn(args: Args) -> Result:
    """A recurrent layer: the outputs of all steps, and the last state."""
    shape = args.shape("x")
    hidden = args.dim("hidden_size")
    twice = args.flag("bidirectional")
    size = None if hidden is None or twice is None else hidden * dims.const(2 if twice else 1)
    result = Shape((*shape.axes[:-1], fresh(size, "feature")), shape.open)
    notes = _expect(shape.at(-1), args.dim("input_size"))
    if "steps" in args.values:
        return _asked(args, result, notes)
    return Result(result, parts=(result, UNKNOWN_SHAPE), dtype=dtype_of(args.values.get("x")), notes=notes)


def _asked(args: Args, every: Shape, notes: dict[str, object]) -> Result:
    """Of a recurrent layer the outputs of all `steps` or only the last one's, and its `states` where `ends` asks."""
    dtype = dtype_of(args.values.get("x"))
    last = Shape((*every.axes[:-2], every.axes[-1]), every.open) if len(every.axes) >= 2 else UNKNOWN_SHAPE
    steps = args.flag("steps")
    first = UNKNOWN_SHAPE if steps is None else every if steps else last
    if not args.flag("ends"):
        return Result(first, dtype=dtype, notes=notes, reason="" if first.known else NO_SHAPE)
    count = (args.int("states", 1) or 1) * (2 if args.flag("bidirectional") else 1)
    return Result(first, parts=(first, *[UNKNOWN_SHAPE if count > 2 else last] * count), dtype=dtype, notes=notes)


@op("loss")
def loss(args: Args) -> Result:
    """A loss: one number, or one a target without a reduction."""
    if args.text("reduction") == "none":
        targets = args.shape("targets")
        return Result(targets, reason="" if targets.known else NO_SHAPE)
    return Result(Shape(()))


@op("multinomial", "sample")
def multinomial(args: Args) -> Result:
    """Drawn indices: the last axis becomes the number of draws."""
    shape = args.shape("x")
    count = fresh(args.dim("n") if args.given("n") else dims.const(1))
    notes: dict[str, object] = {"random": True}
    if not shape.axes:
        return Result(UNKNOWN_SHAPE, dtype="int64", notes=notes, reason=NO_SHAPE)
    return Result(Shape((*shape.axes[:-1], count), shape.open), dtype="int64", notes=notes)


@op("interpolate")
def interpolate(args: Args) -> Result:
    """Resampling: all axes but the first two get new lengths."""
    shape = args.shape("x")
    if shape.open:
        return Result(UNKNOWN_SHAPE, reason=NO_SHAPE)
    kind: Kind = "seq"
    return Result(Shape((*shape.axes[:2], *(anonymous(kind) for _ in shape.axes[2:]))))


@op("pairwise")
def pairwise(args: Args) -> Result:
    """Distances or similarities over one axis, which is gone."""
    from attnlint.ops.axes import broadcast_values

    shape, clashes = broadcast_values([args.values.get("a"), args.values.get("b")])
    place = shape.place(args.int("axis", 1) or 0)
    if place is None:
        return Result(UNKNOWN_SHAPE, reason=NO_SHAPE)
    return Result(replace(shape, place), notes={"clash": clashes} if clashes else {})


@op("cdist")
def cdist(args: Args) -> Result:
    """The distance of each row of one to each row of the other."""
    left, right = args.shape("a"), args.shape("b")
    if len(left.axes) < 2 or len(right.axes) < 2:
        return Result(UNKNOWN_SHAPE, reason=NO_SHAPE)
    return Result(Shape((*left.axes[:-1], right.axes[-2]), left.open))
