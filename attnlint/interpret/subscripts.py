"""What `value[index]` is, and what assigning to it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attnlint import dims, ir
from attnlint.ir import Site
from attnlint.names import is_tree_name
from attnlint.ops.signature import as_tensor
from attnlint.state import Scope
from attnlint.tensor import Atom, Axis, Shape, Tensor
from attnlint.trace import Cell
from attnlint.values import (
    Choice,
    Const,
    Instance,
    Layer,
    Mapping,
    Method,
    Ref,
    Seq,
    ShapeOf,
    Size,
    SliceValue,
    Unknown,
    Value,
    as_int,
    as_str,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter


_COUNTER = re.compile(r"^(?:[ijkln]|layer\w*|block\w*|depth|level|)$")


class Subscripts:
    """Reads and writes items."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter

    def evaluate(self, expr: ir.Index, scope: Scope) -> Value:
        """The value of a subscript expression."""
        owner = self.i.expr(expr.value, scope)
        items = self.i.expr.spread(expr.items, scope)
        return self.get(owner, items, expr.site, expr.is_tuple)

    def get(self, owner: Value, items: list[Value], site: Site, is_tuple: bool = False) -> Value:
        """`owner[items]`."""
        first = items[0] if items else None
        match owner:
            case Tensor():
                return self.i.m.emit("index", {"x": owner, "items": Seq(items)}, site, "[]")
            case Seq():
                return self._of_list(owner, first, site)
            case ShapeOf():
                return self._of_shape(owner, first, site)
            case Mapping():
                return self._of_dict(owner, _key(first))
            case Choice(options):
                kept = [option for option in options if not is_none(option)]
                return self.i.join([self.get(option, items, site, is_tuple) for option in kept], site)
            case Unknown():
                return self._of_unknown(owner, items, site, is_tuple)
            case Ref(dotted):
                return Ref(f"{dotted}[]")
            case Method(tensor, "at"):
                return Method(Seq([tensor, Seq(items)]), "at[]")
            case Instance() if (getter := self.i.attributes.member(owner.cls, "__getitem__")) is not None:
                bound = self.i.attributes.bind(getter, owner, owner.cls, site)
                return self.i.calls.call(bound, [Seq(items) if is_tuple else items[0]], {}, site)
            case Layer("sequential", {"children": Seq() as children}):
                return self._of_list(children, first, site)
            case Const(str()):
                return Unknown("a part of a string")
        return self.i.m.unknown("an item of a value that is not followed", site, {"x": owner})

    def set(self, owner: Value, items: list[Value], value: Value, site: Site) -> None:
        """`owner[items] = value`: in place for a tensor, by key for a dict, by position for a list."""
        m = self.i.m
        if isinstance(owner, Choice):
            for option in owner.options:
                self.set(option, items, value, site)
            return
        tensor = as_tensor(owner) if isinstance(owner, Tensor | Unknown) and not _is_dict_like(owner, items) else None
        if tensor is not None:
            m.replace(tensor, m.emit("setitem", {"x": tensor, "items": Seq(items), "value": value}, site, "[]="))
        elif isinstance(owner, Mapping):
            key = _key(items[0])
            self._record(owner, key or "?", owner.items.get(key or ""), value, site)
            if key is None:
                owner.open = True
            else:
                m.journal.write(owner.items, key, value)
        elif isinstance(owner, Unknown) and (key := as_str(items[0])) is not None:
            self._record(owner, key, owner.attrs.get(f"[{key}]"), value, site)
            m.journal.write(owner.attrs, f"[{key}]", value)
        elif isinstance(owner, Seq):
            position = as_int(items[0])
            self._record(owner, "", owner.items[0] if owner.items else None, value, site)
            if position is not None and -len(owner.items) <= position < len(owner.items) and not owner.many:
                m.journal.write(owner.items, position % len(owner.items), value)
            elif owner.items:
                m.journal.write(owner.items, 0, self.i.join([owner.items[0], value], site))
        elif isinstance(owner, Instance):
            setter = self.i.attributes.member(owner.cls, "__setitem__")
            if setter is not None:
                self.i.calls.call(self.i.attributes.bind(setter, owner, owner.cls, site), [items[0], value], {}, site)

    def _record(self, owner: Value, key: str, old: Value | None, new: Value, site: Site) -> None:
        """A write to a dict's item is a cell like an attribute, named `[key]`."""
        m = self.i.m
        m.trace.cells.append(Cell(owner, f"[{key}]", old, new, site, m.frame, len(m.trace.ops), m.loops, m.branches))

    def _of_dict(self, owner: Mapping, key: str | None) -> Value:
        if key is not None and key in owner.items:
            return owner.items[key]
        registered = self.i.modules.registered(key) if key else None
        if registered is not None:
            return registered
        value = Unknown(f"no item {key!r} was put in" if key else "the key is not known", key or "")
        if key is not None:
            self.i.m.journal.write(owner.items, key, value)
        return value

    def _of_list(self, owner: Seq, first: Value | None, site: Site) -> Value:
        if isinstance(first, SliceValue):
            ends = [None if end is None else as_int(end) for end in (first.lower, first.upper, first.step)]
            known = all(
                end is not None or given is None
                for end, given in zip(ends, (first.lower, first.upper, first.step), strict=True)
            )
            if owner.many or not known:
                return Seq(owner.items[:1], owner.kind, many=True)
            return Seq(owner.items[slice(*ends)], owner.kind)
        position = as_int(first)
        if owner.many and owner.items:
            return owner.items[0]
        if position is not None and -len(owner.items) <= position < len(owner.items):
            return owner.items[position]
        if position is None and owner.items:
            return self.i.join(list(owner.items[:4]), site)
        return self.i.m.unknown("an item of a list that is not known", site)

    def _of_shape(self, owner: ShapeOf, first: Value | None, site: Site) -> Value:
        tensor = owner.tensor
        if isinstance(first, SliceValue):
            return self._shape_slice(tensor, first)
        position = as_int(first)
        if position is None:
            return Size(dims.unknown("a size at an unknown position"))
        if position < 0 and tensor.shape.open and len(tensor.axes) < -position:
            missing = -position - len(tensor.axes)
            front = tuple(
                Axis(
                    (
                        Atom(
                            dims.unknown(),
                        ),
                    )
                )
                for _ in range(missing)
            )
            tensor.learn(Shape((*front, *tensor.axes), open=True))
        axis = tensor.shape.at(position)
        if axis is not None:
            label = axis.size.name if not axis.size.name.startswith("?") else ""
            return Size(axis.size, label)
        key = f"{id(tensor)}[{position}]"
        if key not in self.i.m.symbols:
            self.i.m.symbols[key] = dims.unknown(f"size {position} of a tensor of unknown rank")
        return Size(self.i.m.symbols[key])

    def _shape_slice(self, tensor: Tensor, index: SliceValue) -> Value:
        if not tensor.shape.open:
            sizes: list[Value] = [Size(axis.size) for axis in tensor.axes]
            ends = [None if end is None else as_int(end) for end in (index.lower, index.upper, index.step)]
            given = (index.lower, index.upper, index.step)
            if all(end is not None or value is None for end, value in zip(ends, given, strict=True)):
                return Seq(sizes[slice(*ends)])
        lower, upper = as_int(index.lower), index.upper
        if lower is not None and lower < 0 and upper is None and len(tensor.axes) >= -lower:
            return Seq([Size(axis.size) for axis in tensor.axes[lower:]])
        return Unknown("a part of a shape that is not known")

    def _of_unknown(self, owner: Unknown, items: list[Value], site: Site, is_tuple: bool) -> Value:
        key = as_str(items[0]) if items else None
        if key is not None:
            store = f"[{key}]"
            if store not in owner.attrs:
                child = Unknown(f"{owner.name or owner.reason}[{key!r}]", key, weights=holds_weights(owner))
                self.i.m.journal.write(owner.attrs, store, child)
            return owner.attrs[store]
        position = as_int(items[0]) if len(items) == 1 else None
        sliced = is_tuple or any(isinstance(item, SliceValue | Tensor) or is_none(item) for item in items)
        if not sliced and owner.weights and isinstance(items[0], Unknown) and not _COUNTER.match(items[0].name):
            # A table of embeddings, looked up by ids.
            sliced, items = True, [as_tensor(items[0]) or items[0]]
        if owner.tensor is not None or sliced:
            return self.get(as_tensor(owner) or owner, items, site, is_tuple)
        store = f"[{position}]" if position is not None else "[?]"
        if store not in owner.attrs:
            item = self.i.m.unknown(f"an item of {owner.name or owner.reason}", site, {"x": owner})
            item.name, item.weights = owner.name, holds_weights(owner)
            self.i.m.journal.write(owner.attrs, store, item)
        return owner.attrs[store]


def holds_weights(owner: Unknown) -> bool:
    """Whether the items of a value are weights: of a tree of them, by its name or as a branch of one."""
    return owner.weights or is_tree_name(owner.name)


def _is_dict_like(owner: Value, items: list[Value]) -> bool:
    return isinstance(owner, Unknown) and owner.tensor is None and bool(items) and as_str(items[0]) is not None


def _key(value: Value | None) -> str | None:
    """The key of a dict's item: a text, or a number as text."""
    number = as_int(value) if isinstance(value, Size) else None
    return str(number) if number is not None else as_str(value)
