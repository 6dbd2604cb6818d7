"""Weights and variables that a module asks its framework for, instead of making them itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnlint.frameworks import library_of
from attnlint.ir import Site
from attnlint.tensor import Tensor
from attnlint.values import (
    NONE,
    ClassValue,
    Instance,
    Native,
    Ref,
    Seq,
    ShapeOf,
    Unknown,
    Value,
    as_bool,
    as_str,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

_SILENT = frozenset({"has_variable", "is_initializing", "make_rng", "has_rng", "is_mutable_collection", "get_variable"})
_NOTHING = frozenset({"sow", "put_variable", "perturb"})


class Variables:
    """What the functional modules of JAX give to the objects of their classes."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter

    def of_object(self, this: Instance, name: str) -> Value | None:
        """A method that every module has whose weights live outside of it; None for others."""
        if not _is_functional(this.cls):
            return None
        match name:
            case "param":
                return Native(name, lambda args, kwargs, site: self.parameter(args, site))
            case "variable":
                return Native(name, lambda args, kwargs, site: self._variable(args, site))
            case "apply":
                return Native(name, lambda args, kwargs, site: self._apply(this, args, kwargs, site))
            case "init" | "init_with_output" | "bind" | "tabulate":
                return Native(
                    name, lambda args, kwargs, site: this if name == "bind" else Unknown("its weights", "params")
                )
        if name in _SILENT:
            return Native(name, lambda args, kwargs, site: Unknown(f"the module's {name}"))
        return Native(name, lambda args, kwargs, site: NONE) if name in _NOTHING else None

    def parameter(self, args: list[Value], site: Site) -> Value:
        """`self.param(name, init, *shape)`: an array of weights."""
        name = as_str(args[0]) if args else None
        init, rest = (args[1] if len(args) > 1 else NONE), args[2:]
        if rest and isinstance(rest[0], Seq | ShapeOf):
            data = self.i.m.emit("rand", {"sizes": rest[0]}, site, "init")
        else:
            data = self.i.calls.call(init, [Unknown("a random key"), *rest], {}, site)
        made = self.i.m.emit("parameter", {"data": data}, site, "param")
        if isinstance(made, Tensor):
            made.param, made.name = True, name or ""
        return made

    def _variable(self, args: list[Value], site: Site) -> Value:
        """`self.variable(collection, name, init, *args)`: a holder whose `value` may be read and set."""
        name = as_str(args[1]) if len(args) > 1 else None
        holder = Unknown("a variable of the module", name or "")
        init = args[2] if len(args) > 2 else NONE
        first = Unknown("what it was set to before", name or "") if is_none(init) else None
        holder.attrs["value"] = first or self.i.calls.call(init, args[3:], {}, site)
        if isinstance(holder.attrs["value"], Tensor):
            holder.attrs["value"].name = name or ""
        return holder

    def _apply(self, this: Instance, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """`model.apply(weights, *args)` calls the model; with `mutable` it gives the new variables too."""
        own = {
            key: value
            for key, value in kwargs.items()
            if key not in {"rngs", "mutable", "method", "capture_intermediates"}
        }
        method = kwargs.get("method")
        target: Value = this
        if method is not None and not is_none(method):
            named = as_str(method) or getattr(method, "name", "")
            target = self.i.attributes.get(this, named, site) if named else this
        result = self.i.calls.call(target, args[1:], own, site)
        mutable = kwargs.get("mutable")
        if mutable is None or is_none(mutable) or as_bool(mutable) is False:
            return result
        return Seq([result, Unknown("the model's new variables", "variables")])


def _is_functional(cls: ClassValue) -> bool:
    """Whether a class is a module of Flax or Haiku, itself or by a base that another file defines."""
    for base in cls.bases:
        if isinstance(base, ClassValue):
            if _is_functional(base):
                return True
        elif isinstance(base, Ref) and library_of(base.dotted) in {"flax", "haiku"} and ".nnx" not in base.dotted:
            return True
    return False
