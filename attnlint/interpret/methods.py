"""Calls of methods: of tensors by their library's spelling, of lists, dicts and layers as Python has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.frameworks import ARRAY_API, method
from attnlint.ir import Site
from attnlint.ops.signature import as_tensor
from attnlint.tensor import Tensor
from attnlint.values import (
    NONE,
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
    Unknown,
    Value,
    as_str,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

_AT_UPDATES = frozenset({"set", "add", "multiply", "mul", "divide", "min", "max", "apply"})


class Methods:
    """Finds out what a bound method of a value does."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter

    def call(self, bound: Method, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """`owner.name(*args, **kwargs)`."""
        owner, name = self.i.m.settled(bound.owner), bound.name
        if isinstance(owner, Choice):
            owner = self.i.as_operand(owner, site)
        match owner:
            case Method(Seq(items), "at[]") if name in _AT_UPDATES:
                value = args[0] if args else NONE
                return self.i.m.emit("setitem", {"x": items[0], "items": items[1], "value": value}, site, "at")
            case Tensor() | Unknown():
                return self._of_tensor(owner, name, args, kwargs, site)
            case Seq():
                return self._of_list(owner, name, args, site)
            case Mapping():
                return self._of_dict(owner, name, args, kwargs, site)
            case ShapeOf():
                return self._of_shape(owner, name)
            case Size():
                return (
                    owner
                    if name in {"item", "float", "to", "long", "int", "type", "astype"}
                    else Unknown(f"{name} of a number")
                )
            case Const(str(text)):
                return self._of_text(text, name, args)
            case Instance():
                native = self.i.builtins.of_object(owner, name)
                return self.i.calls.call(native, args, kwargs, site) if native is not None else owner
            case Layer():
                return self._of_layer(owner, name, args)
        return self.i.m.unknown(f"the method {name} is not followed", site, {"x": owner})

    def _of_shape(self, owner: ShapeOf, name: str) -> Value:
        if name == "as_list":
            return owner
        if name == "numel" and owner.tensor.rank is not None:
            return Size(dims.product([axis.size for axis in owner.tensor.axes]))
        return Unknown(f"{name} of a shape")

    def _of_layer(self, owner: Layer, name: str, args: list[Value]) -> Value:
        children = owner.config.get("children")
        if name == "add" and args and isinstance(children, Seq):
            self.i.m.journal.write(children.items, len(children.items), args[0])
        return owner

    def _of_tensor(self, owner: Value, name: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        tensor = as_tensor(owner)
        assert tensor is not None
        if name in {"size", "dim", "numel", "item", "ndimension", "get_shape", "nelement"}:
            return self._asked(tensor, name, [*args, *kwargs.values()], site)
        if name in {"backward", "zero_grad", "register_hook", "retain_grad", "requires_grad_", "fill_diagonal_"}:
            return tensor
        if name == "__array_namespace__":
            return Ref(ARRAY_API)
        if name == "sequential" and args:
            value: Value = tensor
            for one in self.i.items(args[0], None, site):
                value = self.i.calls.call(one, [value], {}, site)
            return value
        library = tensor.library or self.i.modules.library(site.path)
        if name == "transpose" and (len(args) > 2 or not (args or kwargs)):
            # A whole permutation or a reversal, which torch's method is not.
            library = library if library not in {"", "torch"} else "numpy"
        spelling = method(library, name, tuple(kwargs))
        if spelling is None:
            inputs = {"x": tensor, **{str(n): value for n, value in enumerate(args)}}
            return self.i.m.unknown(f"the method {name} is not known", site, inputs, name)
        return self.i.calls.spelled(spelling, [tensor, *args], kwargs, site, name)

    def _asked(self, tensor: Tensor, name: str, args: list[Value], site: Site) -> Value:
        if name in {"size", "get_shape"}:
            shape = ShapeOf(tensor)
            return self.i.subscripts.get(shape, args[:1], site) if args else shape
        if name in {"dim", "ndimension"}:
            return self.i.attributes.get(tensor, "ndim", site)
        if name in {"numel", "nelement"} and tensor.rank is not None:
            return Size(dims.product([axis.size for axis in tensor.axes]))
        return Unknown(f"the {name} of a tensor")

    def _of_list(self, owner: Seq, name: str, args: list[Value], site: Site) -> Value:
        m = self.i.m
        if name in {"append", "add", "appendleft"} and args:
            if m.loops and owner.items and owner.many:
                return NONE
            m.journal.write(owner.items, len(owner.items), args[0])
            if m.loops:
                owner.many = True
        elif name in {"extend", "update"} and args:
            for item in self.i.items(args[0], None, site):
                m.journal.write(owner.items, len(owner.items), item)
        elif name == "insert" and len(args) == 2:
            m.journal.write(owner.items, len(owner.items), args[1])
        elif name in {"pop", "popleft"}:
            return (
                owner.items[-1 if name == "pop" and not args else 0]
                if owner.items
                else Unknown("an item of an empty list")
            )
        elif name == "copy":
            return Seq(list(owner.items), owner.kind, owner.many)
        elif name in {"index", "count"}:
            return Unknown("a position in a list")
        return NONE

    def _of_dict(self, owner: Mapping, name: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        key = as_str(args[0]) if args else None
        if name in {"get", "pop", "setdefault"} and args:
            if key is not None and key in owner.items:
                return owner.items[key]
            default = args[1] if len(args) > 1 else NONE
            if name == "setdefault" and key is not None:
                self.i.m.journal.write(owner.items, key, default)
            return Unknown(f"the item {key}", key or "", maybe_none=True) if owner.open or key is None else default
        if name == "items":
            pairs: list[Value] = [Seq([Const(k), v]) for k, v in owner.items.items()]
            return Seq(pairs, "list", owner.open)
        if name in {"keys", "values"}:
            listed: list[Value] = [Const(k) for k in owner.items] if name == "keys" else list(owner.items.values())
            return Seq(listed, "list", owner.open)
        if name == "update":
            given = args[0].items if args and isinstance(args[0], Mapping) else {}
            for k, v in {**given, **kwargs}.items():
                self.i.m.journal.write(owner.items, k, v)
            owner.open |= bool(args) and not isinstance(args[0], Mapping)
            return NONE
        if name == "copy":
            return Mapping(dict(owner.items), owner.open)
        if name in owner.items:
            return self.i.calls.call(owner.items[name], args, kwargs, site)
        return Unknown(f"the method {name} of a dict")

    def _of_text(self, text: str, name: str, args: list[Value]) -> Value:
        if name in {"lower", "upper", "strip"}:
            return Const(getattr(text, name)())
        if name in {"startswith", "endswith"} and (what := as_str(args[0] if args else None)) is not None:
            return Const(getattr(text, name)(what))
        if name == "split" and (not args or as_str(args[0]) is not None):
            return Seq([Const(part) for part in text.split(as_str(args[0]) if args else None)], "list")
        return Unknown(f"{name} of a string")
