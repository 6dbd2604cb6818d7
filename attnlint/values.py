"""What a name can stand for in a trace, besides a tensor: constants, sizes, containers, code, and the unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.dims import Dim
from attnlint.tensor import Tensor

if TYPE_CHECKING:
    from attnlint import ir
    from attnlint.index import FileIndex, Part
    from attnlint.state import Scope
    from attnlint.trace import OpCall


@dataclass(frozen=True, eq=False, slots=True)
class Const:
    """A Python constant that is no whole number: None, a bool, a float, a string, `...`."""

    value: object


@dataclass(frozen=True, eq=False, slots=True)
class Size:
    """A number that the trace can calculate with; `label` is the last name that the author gave it."""

    dim: Dim
    label: str = ""


@dataclass(eq=False, slots=True)
class Seq:
    """A tuple or list. With `many`, `items` holds one example of an unknown number of like items.

    `items` is written only through the state's journal, so that branches can be undone.
    """

    items: list[Value]
    kind: str = "tuple"
    many: bool = False


@dataclass(eq=False, slots=True)
class Mapping:
    """A dict whose string keys are known; `open` says that there may be others."""

    items: dict[str, Value]
    open: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class SliceValue:
    """A slice as an index."""

    lower: Value | None
    upper: Value | None
    step: Value | None


@dataclass(frozen=True, eq=False, slots=True)
class ShapeOf:
    """The shape of a tensor as the author's code sees it, before it is unpacked."""

    tensor: Tensor


@dataclass(frozen=True, eq=False, slots=True)
class Func:
    """A function or lambda of the project with the scope that it closes over; `this` binds a method."""

    node: ir.Function | ir.Lambda
    scope: Scope
    this: Value | None = None
    owner: ClassValue | None = None

    @property
    def name(self) -> str:
        """The function's own name."""
        return getattr(self.node, "name", "<lambda>")


# The methods that calling an object runs, in the order in which the frameworks look for them.
CALLED = ("forward", "call", "__call__")


@dataclass(eq=False, slots=True)
class ClassValue:
    """A class of the project: its bases, and its body's names once it has been run."""

    node: ir.Class
    scope: Scope
    bases: tuple[Value, ...]
    members: dict[str, Value]

    @property
    def name(self) -> str:
        """The class's own name."""
        return self.node.name


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a project's class; attributes are written only through the state's journal."""

    cls: ClassValue
    attrs: dict[str, Value] = field(default_factory=dict)
    name: str = ""
    ready: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Ref:
    """Something of another package, by its dotted name, as in `torch.nn.functional.softmax`."""

    dotted: str


@dataclass(eq=False, slots=True)
class Layer:
    """A layer of a framework: `kind` is its canonical name and `config` what it was made with."""

    kind: str
    config: dict[str, Value]
    dotted: str
    attrs: dict[str, Value] = field(default_factory=dict)
    name: str = ""
    site: ir.Site | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Lazy:
    """A name that is not looked into yet: a definition of the file, an imported name, or a name of another module."""

    target: Part | str | tuple[ModuleValue, str]


@dataclass(eq=False, slots=True)
class ModuleValue:
    """Another file of the project; `asked` are the names that its own statements were run for.

    `library` is the one whose arrays it works with, once that was asked.
    """

    index: FileIndex
    scope: Scope
    dotted: str
    asked: set[str] = field(default_factory=set)
    library: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Method:
    """A method of a tensor or container that is not called yet."""

    owner: Value
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Partial:
    """A callable with some arguments given; `wrap` names what stands around it, such as `vmap`."""

    func: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]
    wrap: str = "partial"


@dataclass(frozen=True, eq=False, slots=True)
class Native:
    """A Python builtin that the trace carries out itself."""

    name: str
    run: Callable[..., Value]


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """One of several values, by the path taken; the options are of different sorts."""

    options: tuple[Value, ...]


@dataclass(eq=False, slots=True)
class Unknown:
    """A value that is not known, and why. It becomes a tensor or a size when it is used as one, and stays the same one.

    `name` is the author's name for it, `free` says that the name came from nowhere (a tutorial's fragment),
    `parameter` that it is an argument of the code that the trace began at, and `maybe_none` that None is its default.
    `weights` says that it is one of a model's weights, or a tree of them.
    """

    reason: str
    name: str = ""
    free: bool = False
    parameter: bool = False
    maybe_none: bool = False
    default: int | None = None
    op: OpCall | None = None
    attrs: dict[str, Value] = field(default_factory=dict)
    tensor: Tensor | None = None
    size: Dim | None = None
    annotation: str = ""
    weights: bool = False


Value = (
    Tensor | Const | Size | Seq | Mapping | SliceValue | ShapeOf | Func | ClassValue | Instance | Ref | Layer
    | Method | Partial | Native | Choice | Unknown | Lazy | ModuleValue
)  # fmt: skip

NONE = Const(None)


def as_dim(value: Value | None) -> Dim | None:
    """The size that a value stands for; an unknown becomes a symbol of its own; None where it is no number."""
    match value:
        case Size(dim):
            return dim
        case Unknown():
            if value.size is None:
                value.size = dims.symbol(value.name, value.default) if value.name else dims.unknown(value.reason)
            return value.size
        case Const(bool(flag)):
            return dims.const(int(flag))
        case Const(float(number)) if number == number and abs(number) < 1e30:
            return dims.const(Fraction(number).limit_denominator(10**12)) if number else dims.const(0)
        case Choice(options):
            found = [as_dim(option) for option in options if not is_none(option)]
            return found[0] if len(found) == 1 else None
        case Tensor() if value.rank == 0:
            return dims.unknown("a number computed at run time")
        case _:
            return None


def as_int(value: Value | None) -> int | None:
    """The whole number that a value is; None where it is not known."""
    match value:
        case Size(dim):
            return dim.value
        case Const(bool(flag)):
            return int(flag)
        case Const(float(number)) if number.is_integer():
            return int(number)
        case _:
            return None


def as_bool(value: Value | None) -> bool | None:
    """The truth of a value; None where it is not known."""
    match value:
        case Const(constant):
            return bool(constant)
        case Size(dim):
            return None if dim.number is None else bool(dim.number)
        case Seq(items, _, False):
            return bool(items)
        case Mapping(items, False):
            return bool(items)
        case Func() | ClassValue() | Ref() | Layer() | Native() | Partial() | Method():
            return True
        case _:
            return None


def as_float(value: Value | None) -> float | None:
    """The number that a value is, infinities too; None where it is not known."""
    match value:
        case Size(dim):
            return None if dim.number is None else float(dim.number)
        case Const(bool()):
            return None
        case Const(float(number)):
            return number
        case Ref(dotted) if dotted.rpartition(".")[2] in {"inf", "Inf", "infty"}:
            return float("inf")
        case _:
            return None


def as_str(value: Value | None) -> str | None:
    """The text that a value is; None where it is not known."""
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def is_none(value: Value | None) -> bool:
    """Whether a value is known to be None."""
    return value is None or (isinstance(value, Const) and value.value is None)


def integer(number: int, label: str = "") -> Size:
    """A known whole number."""
    return Size(dims.const(number), label)
