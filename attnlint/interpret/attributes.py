"""What `value.name` is, for every sort of value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.frameworks import layer, method
from attnlint.interpret.arguments import bind
from attnlint.interpret.joining import join_all
from attnlint.interpret.subscripts import holds_weights
from attnlint.ir import Site
from attnlint.ops.signature import as_tensor
from attnlint.tensor import Tensor
from attnlint.values import (
    CALLED,
    NONE,
    Choice,
    ClassValue,
    Const,
    Func,
    Instance,
    Layer,
    Mapping,
    Method,
    ModuleValue,
    Ref,
    Seq,
    ShapeOf,
    Size,
    Unknown,
    Value,
    integer,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

_CONSTANTS: dict[str, Value] = {
    "inf": Const(float("inf")), "Inf": Const(float("inf")), "nan": Const(float("nan")),
    "pi": Const(3.141592653589793), "e": Const(2.718281828459045), "newaxis": NONE, "NINF": Const(float("-inf")),
}  # fmt: skip
_HAVE_CONSTANTS = frozenset({"math", "numpy", "torch", "jax.numpy", "tensorflow", "mlx.core"})
_TENSOR_ONLY = frozenset({"shape", "ndim", "T", "mT"})


def lineage(cls: ClassValue) -> list[ClassValue]:
    """A class and its bases in the order in which Python asks them: each before its own bases, and only once.

    As far as they are in sight. Source: https://docs.python.org/3/howto/mro.html
    """
    bases = [base for base in cls.bases if isinstance(base, ClassValue)]
    rows = [*map(lineage, bases), bases]
    order = [cls]
    while rows := [row for row in rows if row]:
        free = (row[0] for row in rows if not any(row[0] in other[1:] for other in rows))
        following = next(free, rows[0][0])
        order.append(following)
        rows = [[one for one in row if one is not following] for row in rows]
    return order


class Attributes:
    """Looks up attributes."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter

    def get(self, owner: Value, name: str, site: Site) -> Value:
        """The attribute; an unknown one is the same unknown each time."""
        match owner:
            case Ref(dotted):
                constant = _CONSTANTS.get(name) if dotted in _HAVE_CONSTANTS else None
                return constant or Ref(f"{dotted}.{name}")
            case ModuleValue():
                return self.i.modules.member(owner, name)
            case Tensor():
                return self._of_tensor(owner, name, site)
            case Instance():
                return self.of_instance(owner, name, site)
            case ClassValue():
                return self._of_class(owner, name, site)
            case Layer():
                return self._of_layer(owner, name, site)
            case Unknown():
                return self._of_unknown(owner, name, site)
            case Choice(options):
                kept = [option for option in options if option is not NONE]
                return join_all(self.i.m, [self.get(option, name, site) for option in kept], site)
            case Seq() | Mapping() | ShapeOf() | Const() | Size():
                if (
                    isinstance(owner, Mapping)
                    and name in owner.items
                    and name not in {"items", "keys", "values", "get"}
                ):
                    return owner.items[name]
                return Method(owner, name)
            case Func() if name == "__name__":
                return Const(owner.name)
            case _:
                return Method(owner, name)

    def _of_class(self, owner: ClassValue, name: str, site: Site) -> Value:
        holder = self.owner_of(owner, name)
        if holder is None:
            return self._remembered(owner.members, name, owner.name, site)
        found = holder.members[name]
        if isinstance(found, Func) and found.this is None and self._is_classmethod(found):
            return Func(found.node, found.scope, owner, holder)
        return found

    def _is_classmethod(self, func: Func) -> bool:
        return any(self.i.decorator_name(each) == "classmethod" for each in getattr(func.node, "decorators", ()))

    def member(self, cls: ClassValue, name: str) -> Value | None:
        """A class's member, looked for in its bases too."""
        holder = self.owner_of(cls, name)
        return holder.members[name] if holder is not None else None

    def owner_of(self, cls: ClassValue, name: str) -> ClassValue | None:
        """The class of the bases that defines a member."""
        if name in cls.members:
            return cls
        return next((base for base in lineage(cls) if name in base.members), None)

    def called(self, cls: ClassValue) -> tuple[str, ClassValue] | None:
        """The method that calling an object of a class runs, and the class that defines it."""
        held = ((name, self.owner_of(cls, name)) for name in CALLED)
        return next(((name, holder) for name, holder in held if holder is not None), None)

    def lacks(self, owner: Instance, name: str) -> bool:
        """Whether an object surely has no such attribute: its class and all bases of it are in sight."""
        if name in owner.attrs or self.owner_of(owner.cls, name) is not None or not owner.ready:
            return False
        # Another method, or code outside of the class, may set it before this is asked.
        is_set = self.i.m.trace.says(rf"setattr\(|\.{re.escape(name)}\b[^=\n]*=(?!=)")
        return not is_set and self._in_sight(owner.cls) and self.member(owner.cls, "__getattr__") is None

    def _in_sight(self, cls: ClassValue) -> bool:
        return all(
            self._in_sight(base) if isinstance(base, ClassValue) else getattr(base, "dotted", "") == "builtins.object"
            for base in cls.bases
        )

    def after(self, cls: ClassValue, owner: ClassValue, name: str) -> tuple[Value, ClassValue] | None:
        """What `super()` finds for a member: in the order of the object's class, behind the class whose method asks."""
        order = lineage(cls)
        behind = order[order.index(owner) + 1 :] if owner in order else lineage(owner)[1:]
        holder = next((base for base in behind if name in base.members), None)
        return (holder.members[name], holder) if holder is not None else None

    def of_instance(self, owner: Instance, name: str, site: Site) -> Value:
        """An object's attribute, its class's method bound to it, or what an unseen base may give it."""
        if name in owner.attrs:
            return self.i.m.settled(owner.attrs[name])
        holder = self.owner_of(owner.cls, name)
        if holder is not None:
            return self.bind(holder.members[name], owner, holder, site)
        native = self.i.variables.of_object(owner, name) or self.i.builtins.of_object(owner, name)
        if native is not None:
            return native
        getter = self.member(owner.cls, "__getattr__")
        reason = f"{name} is not set in the code of {owner.cls.name}" if getter is None else "__getattr__ decides"
        return self._remembered(owner.attrs, name, reason, site)

    def bind(self, value: Value, this: Value, holder: ClassValue, site: Site) -> Value:
        """A member as it is seen through an object: a method bound to it, a property's value."""
        if not isinstance(value, Func) or value.this is not None:
            return value
        kinds = {self.i.decorator_name(d) for d in getattr(value.node, "decorators", ())}
        if "staticmethod" in kinds:
            return value
        if "classmethod" in kinds:
            return Func(value.node, value.scope, this.cls if isinstance(this, Instance) else this, holder)
        bound = Func(value.node, value.scope, this, holder)
        if kinds & {"property", "cached_property", "functools.cached_property"}:
            return self.i.calls.call(bound, [], {}, site)
        return bound

    def _of_tensor(self, owner: Tensor, name: str, site: Site) -> Value:
        match name:
            case "shape":
                return ShapeOf(owner)
            case "ndim" | "rank":
                return Size(dims.unknown("a rank")) if owner.rank is None else integer(owner.rank)
            case "size" if owner.library == "numpy" and owner.rank is not None:
                return Size(dims.product([axis.size for axis in owner.axes]))
            case "T" | "H":
                return self.i.m.emit("transpose_all", {"x": owner}, site, name)
            case "mT" | "mH":
                return self.i.m.emit("matrix_transpose", {"x": owner}, site, name)
            case "data" | "real" | "value":
                return owner
            case "dtype" | "device" | "is_cuda" | "requires_grad" | "training" | "itemsize" | "grad" | "dim":
                return Method(owner, name) if name == "dim" else Unknown(f"the {name} of a tensor", name)
            case "weight":
                return owner
            case _:
                return Method(owner, name)

    def _of_layer(self, owner: Layer, name: str, site: Site) -> Value:
        if name in owner.attrs:
            return owner.attrs[name]
        if name in {"weight", "bias", "kernel", "embeddings", "in_proj_weight"}:
            tensor = self.i.m.input(name, site, layer=True)
            tensor.param = True
            self.i.m.journal.write(owner.attrs, name, tensor)
            return tensor
        alias = {"in_features": "in", "out_features": "out", "embedding_dim": "dim", "num_embeddings": "num"}.get(
            name, name
        )
        if alias in owner.config:
            return owner.config[alias]
        turned = layer(f"{owner.dotted}.{name}")
        if turned is not None:
            # A method that uses the layer's weights as another layer, as an embedding's table for the logits.
            return Layer(turned.op, bind(turned.init, [], owner.config), f"{owner.dotted}.{name}", site=owner.site)
        if self.i.builtins.is_module_method(name) or (name == "add" and owner.kind == "sequential"):
            return Method(owner, name)
        return self._remembered(owner.attrs, name, owner.dotted, site)

    def _of_unknown(self, owner: Unknown, name: str, site: Site) -> Value:
        if name in owner.attrs:
            return owner.attrs[name]
        looks_like_tensor = name in _TENSOR_ONLY or (owner.tensor is not None and name not in owner.attrs)
        if looks_like_tensor or (name in {"size", "dim"} and not owner.attrs):
            tensor = as_tensor(owner)
            assert tensor is not None
            return self._of_tensor(tensor, name, site)
        if name == "at" and self.i.m.library == "jax":
            return Method(as_tensor(owner) or owner, name)
        if method(self.i.m.library, name) is not None and name not in {"update", "split", "index", "clip"}:
            return Method(owner, name)
        child = self._remembered(owner.attrs, name, owner.name or owner.reason, site)
        child.weights = holds_weights(owner)
        return child

    def _remembered(self, store: dict[str, Value], name: str, where: str, site: Site) -> Unknown:
        value = Unknown(f"{where}.{name}" if where else name, name)
        self.i.m.journal.write(store, name, value)
        del site
        return value
