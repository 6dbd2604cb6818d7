"""What transfer functions share: positions, labels, dtypes, and the merging of axes that must agree."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attnlint import dims
from attnlint.dims import Answer, Dim, is_named
from attnlint.names import is_head_dim, kind_of
from attnlint.ops.signature import Args, Result, as_tensor, shape_of
from attnlint.tensor import UNKNOWN_SHAPE, Atom, Axis, Kind, Shape, Tensor, axis
from attnlint.values import Const, Ref, Seq, Size, Unknown, Value, as_str

NO_SHAPE = "the shape of its input is not known"


def unknown(reason: str = NO_SHAPE, **notes: object) -> Result:
    """A result of which nothing is known, and why."""
    return Result(UNKNOWN_SHAPE, notes=notes, reason=reason)


def keep(args: Args, name: str = "x") -> Result:
    """The shape and dtype of an input as they are."""
    shape = args.shape(name)
    return Result(shape, dtype=dtype_of(args.values.get(name)), reason="" if shape.known else NO_SHAPE)


def anonymous(kind: Kind = "") -> Axis:
    """A new axis of which nothing is known but perhaps what it counts."""
    return Axis((Atom(dims.unknown(), kind),))


def fresh(size: Dim | None, kind: Kind = "") -> Axis:
    """A new axis of a size that may not be known."""
    return anonymous(kind) if size is None else axis(size, kind)


def label_of(value: Value | None) -> str:
    """The author's name for a size."""
    if isinstance(value, Size):
        return value.label or (value.dim.name if is_named(value.dim) else "")
    return value.name if isinstance(value, Unknown) else ""


def kind_of_value(value: Value | None) -> Kind:
    """What an axis of this size counts, going by the size's name and, failing that, by the symbol's."""
    kind = kind_of(label_of(value))
    if not kind and isinstance(value, Size) and is_named(value.dim):
        kind = kind_of(value.dim.name)
    return kind


def says_head_dim(value: Value | None) -> bool:
    """Whether the author's name for a size says that it is the width of one head."""
    return is_head_dim(label_of(value))


def derived_axis(one: Axis, part: str, size: Dim, kind: Kind | None = None) -> Axis:
    """A new axis that stands for another with a new size; it remembers its parent where that is one atom."""
    if size.value == 1:
        return Axis()
    chosen = one.kind if kind is None else kind
    if len(one.atoms) == 1:
        return Axis((one.atoms[0].derived(part, size, chosen),))
    return Axis((Atom(size, chosen, None, part),))


def replace(shape: Shape, place: int, *axes: Axis) -> Shape:
    """The shape with the axis at an index replaced by others, or by none."""
    return Shape((*shape.axes[:place], *axes, *shape.axes[place + 1 :]), shape.open)


_PRODUCTS = {"rows", "columns"}


def _worth(one: Axis) -> int:
    """How much an axis tells: its sizes, then what it counts."""
    named = all(atom.size.value is not None or is_named(atom.size) or len(atom.size.symbols) > 1 for atom in one.atoms)
    return (1 if named else 0) + (2 if one.kind else 0)


def _from_product(one: Axis) -> bool:
    return any(atom.part in _PRODUCTS for atom in one.atoms)


def pick(left: Axis, right: Axis) -> Axis:
    """Of two axes that must agree, the one that tells more; the left one of two as good."""
    if left.is_one or right.is_one:
        return right if left.is_one else left
    if _from_product(right) and not _from_product(left) and all(atom.parent is None for atom in left.atoms):
        return right
    # An axis that came from somewhere keeps its identity, whatever the other may tell.
    fresh_left = len(left.atoms) == 1 and left.atoms[0].parent is None
    return right if fresh_left and _worth(left) < 2 and _worth(right) > _worth(left) else left


def clash(left: Axis, right: Axis) -> bool:
    """Whether two axes provably do not broadcast."""
    if left.is_one or right.is_one:
        return False
    mine, theirs = left.size, right.size
    return dims.equal(mine, theirs) is Answer.NO and 1 not in (mine.value, theirs.value)


def broadcast(shapes: Sequence[Shape]) -> tuple[Shape, tuple[int, ...]]:
    """The shape that shapes broadcast to, and the positions, from the end, where they provably do not.

    An input of wholly unknown shape is taken to add no axis to one of rank 3 or more: it is a mask or a bias.
    """
    width = max((len(shape.axes) for shape in shapes), default=0)
    closed = max((len(shape.axes) for shape in shapes if not shape.open), default=0)
    is_open = any(shape.open and (shape.axes or closed < 3) for shape in shapes)
    if closed >= 3 and all(len(shape.axes) <= closed for shape in shapes if shape.open):
        is_open = False
    axes: list[Axis] = []
    clashes: list[int] = []
    for position in range(-width, 0):
        here = [found for shape in shapes if (found := shape.at(position)) is not None]
        result = here[0]
        for other in here[1:]:
            if clash(result, other):
                clashes.append(position)
            result = pick(result, other)
        hidden = any(shape.open and shape.at(position) is None for shape in shapes)
        axes.append(anonymous() if hidden and result.is_one else result)
    return Shape(tuple(axes), is_open), tuple(dict.fromkeys(clashes))


def order_by_role(values: Sequence[Value | None]) -> list[Value | None]:
    """The values with activations in front of weights and tables, so that broadcasting keeps an activation's axes."""
    return sorted(values, key=lambda value: isinstance(value, Tensor) and value.param)


def broadcast_values(values: Sequence[Value | None]) -> tuple[Shape, tuple[int, ...]]:
    """As `broadcast`, of argument values; a weight of which nothing is known adds no axis to an activation's."""
    ordered = order_by_role(values)
    shapes = [shape_of(value) for value in ordered]
    if any((shape.rank or 0) >= 2 for shape in shapes):
        kept = [s for v, s in zip(ordered, shapes, strict=True) if s.known or not getattr(v, "param", False)]
        shapes = kept or shapes
    return broadcast(shapes)


_DTYPES = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "bool_": "bool",
    "FloatTensor": "float32",
    "BoolTensor": "bool",
    "LongTensor": "int64",
    "HalfTensor": "float16",
    "ByteTensor": "uint8",
    "byte": "uint8",
}


def dtype_named(value: Value | None) -> str:
    """The dtype that a dtype argument names, such as `torch.half` or `"float16"`; empty where it is not known."""
    text = value.dotted if isinstance(value, Ref) else as_str(value) or str(getattr(value, "name", ""))
    name = text.rpartition(".")[2]
    name = _DTYPES.get(name, name)
    return name if re.fullmatch(r"bool|(bfloat|float|u?int|complex)\d+", name) else ""


def dtype_of(value: Value | None) -> str:
    """The dtype of an operand; empty where it is not known."""
    tensor = value if isinstance(value, Tensor) else value.tensor if isinstance(value, Unknown) else None
    return tensor.dtype if tensor is not None else ""


def promote(*values: Value | None) -> str:
    """The dtype of an arithmetic result; numbers of Python leave an array's dtype alone, but for floats on ints."""
    found = [dtype_of(value) for value in values if not isinstance(value, Size | Const)]
    if not found or "" in found:
        return ""
    best = max(found, key=_rank)
    real = any(isinstance(value, Const) and isinstance(value.value, float) for value in values)
    return "float32" if real and _rank(best)[0] < 2 else best


def _rank(dtype: str) -> tuple[int, int]:
    group = 2 if "float" in dtype else 0 if dtype == "bool" else 1
    digits = "".join(letter for letter in dtype if letter.isdigit())
    return group, int(digits or 0)


def all_axes(value: Value | None) -> list[Value]:
    """The tensors of a list argument: of a list or tuple, also of varargs that hold one; one example where many."""
    if isinstance(value, Seq) and len(value.items) == 1 and isinstance(value.items[0], Seq):
        value = value.items[0]
    if isinstance(value, Seq):
        return list(value.items)
    return [] if value is None else [value]


def is_many(value: Value | None) -> bool:
    """Whether a list argument is of unknown length."""
    if isinstance(value, Seq) and len(value.items) == 1 and isinstance(value.items[0], Seq):
        value = value.items[0]
    return value is None or not isinstance(value, Seq) or value.many


def learn_rank(value: Value | None, rank: int) -> Shape:
    """Make a tensor whose rank is not known have this rank, and give its shape."""
    tensor = as_tensor(value)
    if tensor is None:
        return shape_of(value)
    if tensor.shape.open and len(tensor.shape.axes) <= rank:
        tensor.learn(Shape(tuple(anonymous() for _ in range(rank))))
    return tensor.shape


def learn_suffix(value: Value | None, count: int) -> Shape:
    """Make a tensor have at least so many known last axes, and give its shape."""
    tensor = as_tensor(value)
    if tensor is None:
        return shape_of(value)
    if tensor.shape.open and len(tensor.shape.axes) < count:
        tensor.learn(Shape(tuple(anonymous() for _ in range(count)), open=True))
    return tensor.shape
