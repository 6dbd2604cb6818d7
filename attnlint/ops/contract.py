"""Products: matmul and its relatives, einsum, tensordot, and the linear layer."""

from __future__ import annotations

from attnlint import dims
from attnlint.dims import Answer
from attnlint.ops.axes import (
    NO_SHAPE,
    anonymous,
    broadcast,
    dtype_of,
    fresh,
    kind_of_value,
    label_of,
    learn_rank,
    learn_suffix,
    promote,
)
from attnlint.ops.match import target_of
from attnlint.ops.pieces import HEAD_DIM, fresh_axes
from attnlint.ops.signature import Args, Ints, Result, as_tensor, op
from attnlint.tensor import UNKNOWN_SHAPE, Atom, Axis, Kind, Shape
from attnlint.values import Seq, Value, as_dim


def free(one: Axis, part: str) -> Axis:
    """The free axis of a product: new atoms that stand for its own, but those of an earlier product stay."""
    return Axis(tuple(atom if atom.part == part else atom.derived(part) for atom in one.atoms))


def features(one: Axis) -> Axis:
    """The new axis that multiplying with a weight gives."""
    if one.is_one:
        return Axis()
    first = one.atoms[0]
    kind: Kind = one.kind if one.kind in ("heads", "qkv") else "feature"
    return Axis((Atom(one.size, kind, first if len(one.atoms) == 1 else None, "projected"),))


def is_weight(value: Value | None, shape: Shape) -> bool:
    """Whether an operand is a matrix of weights."""
    tensor = as_tensor(value)
    return tensor is not None and tensor.param and (shape.rank == 2 or (shape.open and len(shape.axes) <= 2))


def _batch(left: Shape, right: Shape) -> tuple[Shape, tuple[int, ...]]:
    """The axes in front of a product's last two; an operand of unknown rank is taken to add none to known ones."""
    mine, theirs = Shape(left.axes[:-2], left.open), Shape(right.axes[:-2], right.open)
    if mine.open and not mine.axes and theirs.rank:
        return theirs, ()
    if theirs.open and not theirs.axes and mine.rank:
        return mine, ()
    return broadcast([mine, theirs])


def _product(args: Args, left: Shape, right: Shape) -> Result:
    one, other = args.values.get("a"), args.values.get("b")
    dtype = promote(one, other)
    if left.rank == 0 or right.rank == 0:
        return Result(broadcast([left, right])[0], dtype=dtype)
    inner = left.at(-1)
    outer = right.axes[0] if right.rank == 1 else right.at(-2)
    notes: dict[str, object] = {"contracted": (inner, outer), "clash": _differ(inner, outer)}
    weight, flipped = is_weight(other, right), is_weight(one, left) and not is_weight(other, right)
    if weight and right.open and not left.open:
        # A weight of which nothing is known is a matrix: it adds no axes to an activation's.
        right = Shape((anonymous(), anonymous(), *right.axes)[-2:])
    rows = None if left.rank == 1 else left.at(-2)
    columns = None if right.rank == 1 else right.at(-1)
    if rows is None and left.rank != 1 and not weight:
        rows = anonymous()
    if columns is None and right.rank != 1:
        columns = anonymous()
    batch = _batch(left, right)
    if batch[1]:
        notes["batch_clash"] = tuple(position - 2 for position in batch[1])
    notes["batch"] = batch[0].axes
    kept: list[Axis] = []
    if rows is not None:
        kept.append(features(rows) if flipped else rows if weight else free(rows, "rows"))
    if columns is not None:
        kept.append(columns if flipped else features(columns) if weight else free(columns, "columns"))
    if not left.known and not right.known:
        return Result(UNKNOWN_SHAPE, dtype=dtype, notes=notes, reason="the shapes of its operands are not known")
    notes["projection"] = weight or flipped
    return Result(Shape((*batch[0].axes, *kept), batch[0].open), dtype=dtype, notes=notes)


def _differ(one: Axis | None, other: Axis | None) -> bool:
    return one is not None and other is not None and dims.equal(one.size, other.size) is Answer.NO


@op("matmul")
def matmul(args: Args) -> Result:
    """The last axis with the last but one; all others before them broadcast.

    Both have at least one axis, and one of unknown rank is taken to be a matrix or a stack of them.
    """
    left, right = (learn_suffix(args.values.get(name), 1) for name in ("a", "b"))
    return _product(args, left, right)


@op("bmm")
def bmm(args: Args) -> Result:
    """As matmul; both operands have three axes."""
    return _product(args, learn_rank(args.values.get("a"), 3), learn_rank(args.values.get("b"), 3))


@op("dot")
def dot(args: Args) -> Result:
    """NumPy's `dot`: as matmul up to two axes; beyond, every pair of the other axes is kept."""
    left, right = args.shape("a"), args.shape("b")
    if (right.rank or 0) <= 2 or left.rank == 1 or left.open or right.open:
        if right.open and right.axes and not left.open and len(left.axes) > 2:
            return Result(UNKNOWN_SHAPE, dtype=promote(args.values.get("a"), args.values.get("b")), reason=NO_SHAPE)
        if left.rank == 1 and (right.rank or 0) > 2:
            return _all_pairs(args, left, right)
        return _product(args, left, right)
    return _all_pairs(args, left, right)


def _all_pairs(args: Args, left: Shape, right: Shape) -> Result:
    inner, outer = left.axes[-1], right.axes[-2]
    rows = tuple(free(one, "rows") for one in left.axes[:-1])
    columns = tuple(free(one, "columns") for place, one in enumerate(right.axes) if place != len(right.axes) - 2)
    notes: dict[str, object] = {"contracted": (inner, outer), "clash": _differ(inner, outer), "batch": ()}
    return Result(Shape((*rows, *columns)), dtype=promote(args.values.get("a"), args.values.get("b")), notes=notes)


@op("inner")
def inner(args: Args) -> Result:
    """The last axes of both; every pair of the others is kept."""
    left, right = args.shape("a"), args.shape("b")
    if left.open or right.open or not left.axes or not right.axes:
        return Result(UNKNOWN_SHAPE, reason=NO_SHAPE)
    one, other = left.axes[-1], right.axes[-1]
    rows = tuple(free(axis, "rows") for axis in left.axes[:-1])
    columns = tuple(free(axis, "columns") for axis in right.axes[:-1])
    notes: dict[str, object] = {"contracted": (one, other), "clash": _differ(one, other), "batch": ()}
    return Result(Shape((*rows, *columns)), dtype=promote(args.values.get("a"), args.values.get("b")), notes=notes)


@op("outer")
def outer(args: Args) -> Result:
    """Every pair of elements of two flat arrays."""
    axes = []
    for name, part in (("a", "rows"), ("b", "columns")):
        shape = args.shape(name)
        axes.append(free(shape.axes[0], part) if shape.rank == 1 else anonymous())
    return Result(Shape(tuple(axes)), dtype=promote(args.values.get("a"), args.values.get("b")))


@op("tensordot")
def tensordot(args: Args) -> Result:
    """Contract the axes given: a number of them, or a list for each side."""
    left, right = args.shape("a"), args.shape("b")
    named = _sides(args)
    if is_weight(args.values.get("b"), right) and named is not None and named[1] == (0,) and len(named[0]) == 1:
        # A dense layer that is written as a contraction of the last axis.
        last = named[0][0]
        left = learn_suffix(args.values.get("a"), 1) if last == -1 else learn_rank(args.values.get("a"), last + 1)
        if left.place(last) == len(left.axes) - 1:
            return _product(args, left, right)
    pairs = _tensordot_axes(args, left, right)
    if pairs is None or left.open or right.open:
        return Result(UNKNOWN_SHAPE, reason="the axes that it contracts are not known")
    mine, theirs = pairs
    rows = tuple(free(one, "rows") for place, one in enumerate(left.axes) if place not in mine)
    columns = tuple(free(one, "columns") for place, one in enumerate(right.axes) if place not in theirs)
    contracted = [(left.axes[m], right.axes[t]) for m, t in zip(mine, theirs, strict=True)]
    notes: dict[str, object] = {"clash": any(_differ(*pair) for pair in contracted), "batch": ()}
    if len(contracted) == 1:
        notes["contracted"] = contracted[0]
    return Result(Shape((*rows, *columns)), dtype=promote(args.values.get("a"), args.values.get("b")), notes=notes)


def _sides(args: Args) -> tuple[Ints, Ints] | None:
    """The axes that each operand gives: a list or a single one for each."""
    sides = [Args({"side": side}) for side in args.items("axes") or ()]
    found = [side.ints("side") or ((one,) if (one := side.int("side")) is not None else None) for side in sides]
    return (found[0], found[1]) if len(found) == 2 and found[0] is not None and found[1] is not None else None


def _tensordot_axes(args: Args, left: Shape, right: Shape) -> tuple[list[int], list[int]] | None:
    count = args.int("axes", 2)
    if (count is not None and not args.given("axes")) or isinstance(count, int):
        low = len(left.axes) - count
        fits = 0 <= count <= min(len(left.axes), len(right.axes))
        return (list(range(low, len(left.axes))), list(range(count))) if fits else None
    sides = _sides(args)
    if sides is None or len(sides[0]) != len(sides[1]):
        return None
    mine, theirs = sides
    here, there = [left.place(m) for m in mine], [right.place(t) for t in theirs]
    if None in here or None in there:
        return None
    return [m for m in here if m is not None], [t for t in there if t is not None]


@op("linear")
def linear(args: Args) -> Result:
    """A linear layer: the last axis becomes a new one of `out` features; all others stay.

    The functional form has a weight `[out, in]` in place of the sizes, or a `kernel` that lies as `[in, out]`.
    """
    shape = args.shape("x")
    dtype = dtype_of(args.values.get("x"))
    if isinstance(args.values.get("out"), Seq) or args.ints("axis") not in (None, (), (-1,)):
        return _general(args, shape, dtype)
    size, expected, label = as_dim(args.values.get("out")), as_dim(args.values.get("in")), args.values.get("out")
    weight = args.shape("weight")
    if args.given("weight") and weight.rank == 2:
        size, expected = weight.axes[0].size, weight.axes[1].size
    kernel = args.shape("kernel")
    if args.given("kernel") and kernel.rank == 2:
        size, expected = kernel.axes[1].size, kernel.axes[0].size
    named = kind_of_value(label)
    new = fresh(size, named if named == "heads" else "feature")
    found = shape.at(-1)
    if found is not None and len(found.atoms) == 1 and found.atoms[0].part == HEAD_DIM and size is not None:
        # A layer on each head, of the head's own width, gives that width again.
        same = dims.equal(size, found.size) is Answer.YES
        new = Axis((Atom(size, "feature", None, HEAD_DIM),)) if same and size.value != 1 else new
    for atom in new.atoms:
        atom.learn(atom.kind, label_of(label))
    notes: dict[str, object] = {"clash": False}
    if found is not None and expected is not None:
        wrong = dims.equal(found.size, expected) is Answer.NO
        notes = {"clash": wrong, "expected": expected, "found": found.size}
    return Result(Shape((*shape.axes[:-1], new), shape.open), dtype=dtype, notes=notes)


def _general(args: Args, shape: Shape, dtype: str) -> Result:
    """A linear layer that sums over the axes given and puts axes of several sizes at the end."""
    given = args.items("out")
    targets = [target_of(item) for item in given or ()]
    axes = fresh_axes(targets, targets)
    if len(targets) == 1 and axes[0].kind == "":
        axes = [fresh(targets[0].size, "feature")]
    positions = args.ints("axis") if args.given("axis") else (-1,)
    if given is None or positions is None:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason="the axes that it sums over are not known")
    if shape.open and max(positions) < 0:
        shape = learn_suffix(args.values.get("x"), max(-position for position in positions))
    places = [shape.place(position) for position in positions]
    sums: dict[str, object] = {"clash": False, "summed": len(places), "made": len(axes)}
    if None in places:
        return Result(Shape(tuple(axes), open=True), dtype=dtype, notes=sums, reason="" if axes else NO_SHAPE)
    kept = tuple(one for place, one in enumerate(shape.axes) if place not in places)
    return Result(Shape((*kept, *axes), shape.open), dtype=dtype, notes=sums)


@op("dot_general")
def dot_general(args: Args) -> Result:
    """Contract and batch the axes that two pairs of lists name; the batch axes come first."""
    left, right, numbers = args.shape("a"), args.shape("b"), args.items("numbers")
    dtype = promote(args.values.get("a"), args.values.get("b"))
    notes: dict[str, object]
    if is_weight(args.values.get("b"), right) and left.open:
        # A dense layer that is written as a contraction: the last axis becomes features.
        notes = {"clash": False, "projection": True}
        return Result(
            Shape((*left.axes[:-1], features(right.at(-1) or anonymous())), open=True), dtype=dtype, notes=notes
        )
    lists = [inner for pair in numbers or () for inner in (Args({"pair": pair}).items("pair") or ())]
    read = [Args({"list": one}).ints("list") for one in lists]
    if len(read) != 4 or None in read or left.open or right.open:
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason="the axes that it contracts are not known")
    summed, others, batch, theirs = (tuple(place for place in one or ()) for one in read)
    places = ((left, (*summed, *batch)), (right, (*others, *theirs)))
    if any(not 0 <= place < len(shape.axes) for shape, found in places for place in found):
        return Result(UNKNOWN_SHAPE, dtype=dtype, reason="it contracts an axis that is not there")
    rows = tuple(free(a, "rows") for n, a in enumerate(left.axes) if n not in places[0][1])
    columns = tuple(free(a, "columns") for n, a in enumerate(right.axes) if n not in places[1][1])
    shared = tuple(left.axes[place] for place in batch)
    pairs = [(left.axes[one], right.axes[other]) for one, other in zip(summed, others, strict=False)]
    notes = {"clash": any(_differ(*pair) for pair in pairs), "batch": shared}
    notes["projection"] = is_weight(args.values.get("b"), right) or is_weight(args.values.get("a"), left)
    if len(pairs) == 1:
        notes["contracted"] = pairs[0]
    return Result(Shape((*shared, *rows, *columns)), dtype=dtype, notes=notes)


@op("baddbmm", "addmm")
def baddbmm(args: Args) -> Result:
    """A product with something added to it: `x + a @ b`."""
    return bmm(args) if args.shape("a").rank == 3 else matmul(args)
