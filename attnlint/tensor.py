"""A tensor as a trace knows it: axes made of atoms that keep their identity through transpose and view."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from attnlint import dims
from attnlint.dims import Dim, is_named, product

if TYPE_CHECKING:
    from attnlint.trace import OpCall

Kind = Literal["", "batch", "seq", "heads", "feature", "qkv"]


@dataclass(eq=False, slots=True)
class Atom:
    """A piece of an axis; it is itself and no other, wherever transpose and view carry it.

    What it counts and what the author calls it may be learnt after it was made; nothing else of it changes.

    `parent` is the atom that it was cut from or stands for, and `part` how: `split 0/2` for the first of two pieces
    of a view, `rows`/`columns` for the free axes of a product, `slice` and `joined` for a part or an extension.
    """

    size: Dim
    kind: Kind = ""
    parent: Atom | None = None
    part: str = ""
    name: str = ""

    def learn(self, kind: Kind, name: str = "", size: Dim | None = None) -> None:
        """Take what the author's names say of it, where nothing was known."""
        self.kind = self.kind or kind
        self.name = self.name or name
        if size is not None and self.size.name.startswith("?"):
            self.size = size

    @property
    def root(self) -> Atom:
        """The atom that this one came from in the first place."""
        atom = self
        while atom.parent is not None:
            atom = atom.parent
        return atom

    def derived(self, part: str, size: Dim | None = None, kind: Kind | None = None) -> Atom:
        """A new atom that stands for this one."""
        name = self.name if size is None else ""
        return Atom(self.size if size is None else size, self.kind if kind is None else kind, self, part, name)


@dataclass(frozen=True, eq=False, slots=True)
class Axis:
    """A product of atoms, outermost first, as in einops' `(heads head_dim)`; no atom at all is size 1."""

    atoms: tuple[Atom, ...] = ()

    @property
    def size(self) -> Dim:
        """The product of the atoms' sizes."""
        return product(tuple(atom.size for atom in self.atoms))

    @property
    def kind(self) -> Kind:
        """What the axis counts: its one atom's kind, `feature` for fused heads and features, else unknown."""
        kinds = {atom.kind for atom in self.atoms}
        if len(kinds) == 1:
            return next(iter(kinds))
        return "feature" if kinds == {"heads", "feature"} else ""

    @property
    def is_one(self) -> bool:
        """Whether the axis is known to have size 1."""
        return not self.atoms

    def same(self, other: Axis) -> bool:
        """Whether both are made of the very same atoms."""
        return len(self.atoms) == len(other.atoms) and all(a is b for a, b in zip(self.atoms, other.atoms, strict=True))


def axis(size: Dim, kind: Kind = "") -> Axis:
    """A new axis of one atom; an axis of size 1 has none."""
    return Axis() if size.value == 1 else Axis((Atom(size, kind),))


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """The axes of a tensor; `open` says that there may be more of them in front.

    `Shape((), open=True)` is the shape of which nothing is known.
    """

    axes: tuple[Axis, ...] = ()
    open: bool = False

    @property
    def rank(self) -> int | None:
        """The number of axes, where it is known."""
        return None if self.open else len(self.axes)

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return not self.open or bool(self.axes)

    def at(self, position: int) -> Axis | None:
        """The axis at a position, which may be negative; None where it is not known or not there."""
        place = self.place(position)
        return None if place is None else self.axes[place]

    def place(self, position: int) -> int | None:
        """The index into `axes` of a position; None where that is not known."""
        if self.open and position >= 0:
            return None
        if -len(self.axes) <= position < len(self.axes):
            return position % len(self.axes)
        return None


_SAME_SHAPE = frozenset({"norm", "dropout", "identity", "cast", "activation", "mul", "div", "add"})

UNKNOWN_SHAPE = Shape((), open=True)


@dataclass(eq=False, slots=True)
class Tensor:
    """An array that the trace follows.

    `shape` may be learnt later, when the author unpacks it or gives it in a comment: see `learn`.
    `param` is set for weights, buffers and other arrays that are no activation; `library` is the package it belongs to.
    """

    shape: Shape = UNKNOWN_SHAPE
    op: OpCall | None = None
    dtype: str = ""
    param: bool = False
    library: str = ""
    name: str = ""
    aliases: list[str] = field(default_factory=list)
    maybe_none: bool = False

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes that are known, the last ones where the shape is open."""
        return self.shape.axes

    @property
    def rank(self) -> int | None:
        """The number of axes, where it is known."""
        return self.shape.rank

    def learn(self, shape: Shape) -> bool:
        """Take a shape from what the author wrote, where it says more than was known; whether it did."""
        if not self.shape.open or (shape.open and len(shape.axes) <= len(self.shape.axes)):
            return False
        if len(shape.axes) < len(self.shape.axes):
            return False
        kept = self.shape.axes
        front = shape.axes[: len(shape.axes) - len(kept)]
        self.shape = Shape((*front, *kept), shape.open)
        self._tell_source()
        return True

    def _tell_source(self) -> None:
        """What is learnt of a result holds for what it was made from: the ids of an embedding, an array of a norm."""
        op = self.op
        if op is None or self.shape.open:
            return
        if op.name == "embedding" and (ids := op.tensor("ids")) is not None:
            ids.learn(Shape(self.shape.axes[:-1]))
        elif op.name == "linear" and (inner := op.tensor("x")) is not None:
            made, summed = op.notes.get("made", 1), op.notes.get("summed", 1)
            self._tell_input(inner, int(str(made)), int(str(summed)))
        elif op.notes.get("projection") and (inner := op.tensor("a")) is not None and not inner.param:
            self._tell_input(inner, 1, 1)
        elif op.name in _SAME_SHAPE:
            for inner in op.inputs:
                if inner.shape.open and not inner.param:
                    inner.learn(self.shape)
                    return

    def _tell_input(self, inner: Tensor, made: int, summed: int) -> None:
        """The input of a projection, which summed some of its last axes and made others in their place."""
        front = self.shape.axes[: len(self.shape.axes) - made]
        last = inner.shape.axes[-summed:] if len(inner.shape.axes) >= summed else ()
        behind = last or tuple(Axis((Atom(dims.unknown(), "feature"),)) for _ in range(summed))
        inner.learn(Shape((*front, *behind)))


def show_axis(one: Axis) -> str:
    """An axis in the field's notation: the author's own symbol, a role, a number, or a product in brackets."""
    if one.is_one:
        return "1"
    if len(one.atoms) > 1 and is_named(one.size):
        return one.size.name
    names = [_show_atom(atom) for atom in one.atoms]
    return names[0] if len(names) == 1 else f"({' '.join(names)})"


def _show_atom(atom: Atom) -> str:
    if atom.kind == "heads":
        return "heads"
    if atom.kind == "feature" and _is_head_dim(atom):
        return "head_dim"
    if is_named(atom.size) or atom.name:
        return atom.size.name if is_named(atom.size) else atom.name
    if atom.size.value is not None:
        return str(atom.size.value)
    if atom.kind == "seq":
        role = {"rows": "q_len", "columns": "k_len"}.get(atom.part)
        return role or "seq"
    if any(not symbol.name.startswith("?") for symbol in atom.size.symbols) and "?" not in str(atom.size):
        return str(atom.size)
    return atom.kind or "?"


def _is_head_dim(atom: Atom) -> bool:
    current: Atom | None = atom
    while current is not None:
        if current.part == "head_dim":
            return True
        current = current.parent
    return False


def show_shape(shape: Shape) -> str:
    """A shape as `[B heads T head_dim]`, with `...` for axes that may stand in front; `[?]` for none known."""
    if not shape.known:
        return "[?]"
    front = ["..."] if shape.open else []
    return f"[{' '.join([*front, *(show_axis(one) for one in shape.axes)])}]"
