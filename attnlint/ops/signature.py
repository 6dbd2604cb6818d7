"""How an op is declared: a name, a transfer function from arguments to a result, and nothing of any library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from attnlint.dims import Dim
from attnlint.tensor import UNKNOWN_SHAPE, Shape, Tensor
from attnlint.values import Const, Seq, ShapeOf, Size, Unknown, Value, as_bool, as_dim, as_int, as_str, is_none

Ints = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Args:
    """The arguments of one op call under their canonical names, read as what the op needs."""

    values: dict[str, Value]

    def given(self, name: str) -> bool:
        """Whether the caller passed it, and not as None."""
        return name in self.values and not is_none(self.values[name])

    def tensor(self, name: str) -> Tensor | None:
        """The argument as a tensor; an unknown is one of unknown shape; None where it is something else."""
        return as_tensor(self.values.get(name))

    def shape(self, name: str) -> Shape:
        """The argument's shape: of a tensor, of a number (no axes), or unknown."""
        return shape_of(self.values.get(name))

    def int(self, name: str, default: int | None = None) -> int | None:
        """The argument as a known whole number; the default only where it was not given."""
        return as_int(self.values[name]) if self.given(name) else default

    def dim(self, name: str) -> Dim | None:
        """The argument as a size."""
        return as_dim(self.values.get(name))

    def flag(self, name: str, default: bool = False) -> bool | None:
        """The argument's truth; None where it is not known."""
        return as_bool(self.values[name]) if name in self.values else default

    def text(self, name: str) -> str | None:
        """The argument as a known string."""
        return as_str(self.values.get(name))

    def items(self, name: str) -> list[Value] | None:
        """The argument as a list: of a tuple or list, of varargs that hold one, or of one lone value."""
        value = self.values.get(name)
        if isinstance(value, Seq) and len(value.items) == 1 and isinstance(value.items[0], Seq | ShapeOf):
            value = value.items[0]
        if isinstance(value, ShapeOf):
            shape = value.tensor.shape
            return None if shape.open else [Size(axis.size) for axis in shape.axes]
        if isinstance(value, Seq):
            return None if value.many else list(value.items)
        return None if value is None or isinstance(value, Unknown) else [value]

    def ints(self, name: str) -> Ints | None:
        """The argument as known whole numbers."""
        items = self.items(name)
        found = [as_int(item) for item in items or ()]
        return None if items is None or None in found else tuple(n for n in found if n is not None)


@dataclass(frozen=True, slots=True)
class Result:
    """What an op gives: a shape or, for an op of several results, one shape each.

    `notes` are facts about this very call that a rule may ask for. `param` marks weights and tables.
    `reason` says why nothing is known of the shape.
    """

    shape: Shape = UNKNOWN_SHAPE
    parts: tuple[Shape, ...] | None = None
    dtype: str = ""
    param: bool | None = None
    notes: dict[str, object] = field(default_factory=dict)
    reason: str = ""


Transfer = Callable[[Args], Result]
OPS: dict[str, Transfer] = {}


def op(*names: str) -> Callable[[Transfer], Transfer]:
    """Register a transfer function under its canonical names."""

    def register(transfer: Transfer) -> Transfer:
        for name in names:
            OPS[name] = transfer
        return transfer

    return register


def as_tensor(value: Value | None) -> Tensor | None:
    """A value as a tensor; an unknown value becomes one, and stays the same one."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Unknown):
        if value.tensor is None:
            value.tensor = Tensor(op=value.op, name=value.name, maybe_none=value.maybe_none, param=value.weights)
        return value.tensor
    return None


def shape_of(value: Value | None) -> Shape:
    """The shape of a value that is used as a tensor: a number has no axes, a list of numbers one."""
    if isinstance(value, Size) or (isinstance(value, Const) and isinstance(value.value, int | float)):
        return Shape(())
    tensor = as_tensor(value)
    return tensor.shape if tensor is not None else UNKNOWN_SHAPE
