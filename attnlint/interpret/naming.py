"""What a name means that nothing in sight has bound: a builtin, a parameter, or a fragment's tensor."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from attnlint import dims, hints, ir
from attnlint.frameworks import ARRAY_API
from attnlint.ir import Site
from attnlint.names import kind_of
from attnlint.state import Scope
from attnlint.tensor import UNKNOWN_SHAPE, Atom, Axis, Shape
from attnlint.values import (
    Choice,
    ClassValue,
    Const,
    Func,
    Lazy,
    Mapping,
    Partial,
    Ref,
    Size,
    Unknown,
    Value,
    as_int,
    is_none,
)

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

_PACKAGES = {
    "np": "numpy", "numpy": "numpy", "torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "math": "math",
    "jnp": "jax.numpy", "jax": "jax", "tf": "tensorflow", "keras": "keras", "mx": "mlx.core",
    "xp": ARRAY_API,
}  # fmt: skip
_QUERIES = frozenset({"q", "query", "queries"})
_KEYS_VALUES = frozenset({"k", "v", "key", "keys", "value", "values"})
_LENGTHS = frozenset({"lengths", "lens", "seq_lens", "seq_lengths", "src_lengths", "src_lens", "valid_lens", "x_lens"})
_SCORES = frozenset({"scores", "score", "attn_scores", "attention_scores", "energy", "attn_logits", "logits_qk"})


class Naming:
    """Looks up names that are not plainly there, and makes the values that an entry point's parameters have."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter

    def force(self, holder: Scope, name: str) -> Value:
        """The value of a name; what was not looked into yet becomes the function, class or module that it is."""
        value = holder.names[name]
        if isinstance(value, Lazy):
            self._touched(holder, name)
            # An import that leads back here finds nothing, as it would while Python imports it.
            holder.names[name] = Unknown(f"{name} is imported in a circle", name)
            value = holder.names[name] = self._looked_into(value, holder, name)
        elif isinstance(value, Choice) and any(isinstance(option, Lazy) for option in value.options):
            self._touched(holder, name)
            options = (self._looked_into(o, holder, name) if isinstance(o, Lazy) else o for o in value.options)
            value = holder.names[name] = Choice(tuple(options))
        return value

    def _touched(self, holder: Scope, name: str) -> None:
        if holder.kind == "module":
            self.i.m.ties.touched.append(("name", holder.path, name))

    def _looked_into(self, lazy: Lazy, holder: Scope, name: str) -> Value:
        if isinstance(lazy.target, str):
            return self.i.modules.imported(lazy.target, holder.origin)
        if isinstance(lazy.target, tuple):
            return self.i.modules.member(*lazy.target)
        meant = self.i.m.own.defined(holder.path, name) if self.i.m.own is not None else None
        if meant is not None:
            return meant
        try:
            for stmt in lazy.target.lowered():
                if isinstance(stmt, ir.Function) and stmt.name == name:
                    return self.i.transforms.decorated(Func(stmt, holder), holder)
                if isinstance(stmt, ir.Class) and stmt.name == name:
                    return self.i.make_class(stmt, holder)
        except SyntaxError:
            if holder is self.i.m.globals:
                raise
        return Unknown(f"{name} is defined in a way that is not followed", name)

    def free(self, name: str, site: Site) -> Value:
        """The value of a name that nothing binds; the same one each time it is read."""
        scope = self.i.m.globals
        native = self.i.builtins.named(name)
        if native is not None:
            return native
        if name in self.i.m.index.imports:
            return self.i.modules.imported(self.i.m.index.imports[name], scope.path)
        value: Value
        if name in _PACKAGES:
            value = Ref(_PACKAGES[name])
        elif hasattr(builtins, name):
            value = Ref(f"builtins.{name}")
        else:
            value = self._fragment(name, site)
            self.i.m.free.append(name)
        scope.names[name] = value
        return value

    def _fragment(self, name: str, site: Site) -> Value:
        shape = self.i.binding.hinted(name)
        value = Unknown(f"{name} comes from nowhere", name, free=True)
        self.i.m.trace.is_fragment = True
        default = self._default_shape(name) if not shape.known else shape
        lower = name.lower()
        is_tensor = shape.known or default.known or lower in _SCORES or (not kind_of(name) and "mask" in lower)
        value.op = self.i.m.input(name, site, default, free=True).op
        if name in self.i.m.symbols and not default.known:
            # A comment has it among a shape's sizes: the code's size of that name is the same one.
            value.size = self.i.m.symbols[name]
        if is_tensor and value.op is not None:
            value.tensor = value.op.output
        return value

    def _default_shape(self, name: str) -> Shape:
        """The axes that a fragment's `Q`, `K`, `V` and `scores` must have by their very names."""
        lower, m = name.lower(), self.i.m
        if lower in _QUERIES | _KEYS_VALUES:
            role = "q" if lower in _QUERIES else "v" if lower.startswith("v") else "k"
            size = m.symbol("?len_q" if role == "q" else "?len_k")
            width = m.symbol("?d_v" if role == "v" else "?d_k")
            return Shape((Axis((Atom(size, "seq"),)), Axis((Atom(width, "feature"),))), open=True)
        if lower in _LENGTHS:
            return Shape((Axis((Atom(m.symbol("batch"), "batch"),)),))
        if lower in _SCORES:
            rows = Axis((Atom(m.symbol("?len_q"), "seq", None, "rows"),))
            return Shape((rows, Axis((Atom(m.symbol("?len_k"), "seq", None, "columns"),))), open=True)
        return UNKNOWN_SHAPE

    def parameter(self, param: ir.Param, scope: Scope, site: Site, owner: str, docs: str) -> Value:
        """What a parameter of an entry point is, as far as its name, default, annotation and documentation tell."""
        name, annotation = param.name, param.annotation
        default = self.i.expr(param.default, scope) if param.default is not None else None
        cls = self._annotated_class(annotation, scope)
        if cls is not None:
            return self.i.calls.symbolic_instance(cls, site)
        if name == "xp" and (default is None or is_none(default)):
            # By custom the namespace that the caller's arrays have.
            return Ref(ARRAY_API)
        if isinstance(default, Mapping) and default.items:
            # A configuration that stands as the default is what the sizes are unless a caller says otherwise.
            return Mapping({key: _by_default(key, item) for key, item in default.items.items()}, default.open)
        if isinstance(default, Func | Ref | Partial) and not (isinstance(default, Ref) and "dtype" in name):
            # A function that is given is most often the one that stands there.
            return default
        value = Unknown(f"{name} is a parameter of {owner}", name, parameter=True, annotation=annotation)
        value.maybe_none = default is not None and is_none(default)
        number = as_int(default) if isinstance(default, Size) else None
        if annotation == "int" or number is not None or (isinstance(default, Size) and not is_none(default)):
            value.size = dims.symbol(name, number)
            return Size(value.size, name)
        if default is None and owner == "__init__" and len(name) == 1 and kind_of(name):
            # Constructors are given sizes, not arrays, so that a single letter is one there.
            value.size = dims.symbol(name)
            return Size(value.size, name)
        if isinstance(default, Const) and isinstance(default.value, bool | str | float):
            return Unknown(value.reason, name, parameter=True, annotation=type(default.value).__name__)
        shape = self._documented(param, docs, scope)
        if not shape.known and owner != "__init__" and name in self.i.m.layouts:
            shape = hints.shape_of(self.i.m.layouts[name], lambda size: self.i.binding.size(size, scope))
        if owner == "__init__" and not annotation and not shape.known:
            # Constructors take sizes; what is used otherwise (a module, a configuration) is found out by its use.
            value.annotation = "constructor"
            return value
        op = self.i.m.input(name, site, shape, parameter=True, maybe_none=value.maybe_none).op
        value.op = op
        if shape.known and op is not None:
            value.tensor = op.output
            if value.tensor is not None:
                value.tensor.maybe_none = value.maybe_none
                self.i.m.told.add(value.tensor)
        return value

    def annotate(self, value: Value, annotation: str, scope: Scope) -> None:
        """Learn a shape from an annotation."""
        hint = hints.in_annotation(annotation)
        if hint is not None:
            self.i.binding.learn(value, hints.shape_of(hint, lambda name: self.i.binding.size(name, scope)))

    def _documented(self, param: ir.Param, docs: str, scope: Scope) -> Shape:
        hint = hints.in_annotation(param.annotation)
        if hint is None and param.comment:
            hint = next(iter(hints.in_comment(param.comment)), None)
        if hint is None:
            hint = next((h for h in hints.in_docstring(docs) if param.name in h.names), None)
        if hint is not None:
            return hints.shape_of(hint, lambda name: self.i.binding.size(name, scope))
        known = self.i.m.params.get(param.name) or self.i.binding.hinted(param.name)
        return known if known.known or param.name.lower() not in _SCORES | _LENGTHS else self._default_shape(param.name)

    def _annotated_class(self, annotation: str, scope: Scope) -> ClassValue | None:
        name = annotation.strip("\"'").partition("|")[0].strip()
        name = name.removeprefix("Optional[").rstrip("]")
        holder = scope.holder(name) if name.isidentifier() else None
        if holder is None:
            return None
        value = self.force(holder, name)
        return value if isinstance(value, ClassValue) else None


def _by_default(name: str, value: Value) -> Value:
    number = as_int(value) if isinstance(value, Size) else None
    return Size(dims.symbol(name, number), name) if number is not None else value
