"""Makes objects of the project's classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnlint import ir
from attnlint.ir import Site
from attnlint.ops.signature import as_tensor
from attnlint.tensor import Tensor
from attnlint.values import (
    ClassValue,
    Const,
    Func,
    Instance,
    Mapping,
    Native,
    Ref,
    Seq,
    ShapeOf,
    Size,
    Unknown,
    Value,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

# Marks an object whose weights are made; no author can write an attribute of that name.
_BUILT = "build()"
# What is made in these is a part of another object.
_MAKERS = frozenset({"__init__", "__post_init__", "setup", "build"})
_DICTS = frozenset({"collections.OrderedDict", "collections.UserDict", "argparse.Namespace"})
_ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.Flag", "typing.Protocol", "abc.ABC"})


class Objects:
    """Runs constructors; what other methods may set later is unknown until they do."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self._symbolic: dict[ClassValue, Instance] = {}
        self._later: dict[ClassValue, set[str]] = {}

    def instantiate(self, cls: ClassValue, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """`cls(*args, **kwargs)`."""
        if any(isinstance(base, Ref) and base.dotted in _ENUMS - {"abc.ABC"} for base in cls.bases):
            return Unknown(f"a member of {cls.name}")
        if self._is_dict(cls) and (not args or isinstance(args[0], Mapping)):
            given = dict(args[0].items) if args and isinstance(args[0], Mapping) else {}
            return Mapping({**given, **kwargs}, bool(args) and isinstance(args[0], Mapping) and args[0].open)
        this = Instance(cls)
        init = self.i.attributes.owner_of(cls, "__init__")
        if init is not None:
            member = init.members["__init__"]
            if isinstance(member, Func):
                self.i.calls.inline(Func(member.node, member.scope, this, init), args, kwargs, site)
        else:
            self._fields(this, args, dict(kwargs), site)
        for name in ("__post_init__", "setup"):
            holder = self.i.attributes.owner_of(cls, name)
            if holder is not None and isinstance(holder.members[name], Func):
                self.i.calls.call(self.i.attributes.bind(holder.members[name], this, holder, site), [], {}, site)
        self._forget(this)
        if not any(frame.owner and frame.name in _MAKERS for frame in self.i.m.frame.stack):
            self.i.m.made.append(this)
        return this

    def _is_dict(self, cls: ClassValue) -> bool:
        """Whether a class is a dict whose items are attributes too, and nothing more."""
        own = all(name.startswith("__") and name != "__init__" for name in cls.members)
        return own and any(
            (isinstance(base, Native) and base.name == "dict") or (isinstance(base, Ref) and base.dotted in _DICTS)
            for base in cls.bases
        )

    def build(self, this: Instance, given: Value, site: Site) -> None:
        """Run the method that makes an object's weights once its first input's shape is known, if it has one."""
        holder = self.i.attributes.owner_of(this.cls, "build")
        if holder is None or _BUILT in this.attrs:
            return
        self.i.m.journal.write(this.attrs, _BUILT, Const(True))
        member = holder.members["build"]
        if isinstance(member, Func) and (params := [p for p in member.node.params[1:] if not p.kind]):
            others: list[Value] = [Unknown("an input's shape", p.name) for p in params[1:] if p.default is None]
            bound = self.i.attributes.bind(member, this, holder, site)
            self.i.calls.call(bound, [_shapes(given), *others], {}, site)

    def symbolic(self, cls: ClassValue, site: Site) -> Value:
        """An object whose constructor's arguments are parameters of the entry point; one for each class."""
        if cls in self._symbolic:
            return self._symbolic[cls]
        this = Instance(cls, ready=False)
        self._symbolic[cls] = this
        init = self.i.attributes.owner_of(cls, "__init__")
        kwargs: dict[str, Value] = {}
        if init is not None and isinstance(init.members["__init__"], Func):
            node = init.members["__init__"].node
            kwargs = self.parameters(node, init.members["__init__"], site, skip_first=True)
        else:
            for name, default, annotation in self._declared(cls):
                param = ir.Param(name, default, annotation)
                kwargs[name] = self.i.names.parameter(param, cls.scope, site, cls.name, cls.node.docstring)
        made = self.instantiate(cls, [], kwargs, site)
        if isinstance(made, Instance):
            self._symbolic[cls] = made
        return made

    def parameters(self, node: ir.Function | ir.Lambda, func: Func, site: Site, skip_first: bool) -> dict[str, Value]:
        """A value for each parameter of code that the trace begins at."""
        docs = getattr(node, "docstring", "")
        if func.owner is not None:
            docs += "\n" + func.owner.node.docstring
        found: dict[str, Value] = {}
        for param in node.params[1:] if skip_first else node.params:
            if not param.kind:
                found[param.name] = self.i.names.parameter(param, func.scope, node.site, func.name, docs)
        return found

    def _declared(self, cls: ClassValue) -> list[tuple[str, ir.Expr | None, str]]:
        """The annotated fields of a dataclass, a Flax module or a named tuple, bases first."""
        found: dict[str, tuple[str, ir.Expr | None, str]] = {}
        for base in cls.bases:
            if isinstance(base, ClassValue):
                found.update((field[0], field) for field in self._declared(base))
        for stmt in cls.node.body:
            if not isinstance(stmt, ir.Assign) or not stmt.annotation or "ClassVar" in stmt.annotation:
                continue
            if isinstance(stmt.targets[0], ir.Name):
                found[stmt.targets[0].id] = (stmt.targets[0].id, stmt.value, stmt.annotation)
        return list(found.values())

    def _fields(self, this: Instance, args: list[Value], kwargs: dict[str, Value], site: Site) -> None:
        rest = list(args)
        for name, default, _ in self._declared(this.cls):
            value: Value
            if rest:
                value = rest.pop(0)
            elif name in kwargs:
                value = kwargs.pop(name)
            elif default is not None:
                value = self._default(self.i.expr(default, this.cls.scope))
            else:
                value = Unknown(f"{name} was not passed to {this.cls.name}", name)
            if isinstance(value, Size):
                value = Size(value.dim, name)
            self.i.m.journal.write(this.attrs, name, value)
        for name, value in kwargs.items():
            self.i.m.journal.write(this.attrs, name, value)
        self.i.m.trace.records[this] = list(this.attrs.values())
        del site

    def _default(self, value: Value) -> Value:
        """A field's default; `field(default=...)` is the value inside."""
        if isinstance(value, Mapping) and "__field__" in value.items:
            return value.items.get("default", Unknown("a field's default"))
        return value

    def _forget(self, this: Instance) -> None:
        """What another method assigns may be anything by the time that a method runs."""
        for value in this.attrs.values():
            if isinstance(value, Mapping) and not value.items:
                value.open = True
        if this.cls not in self._later:
            self._later[this.cls] = later_attributes(this.cls)
        for name in self._later[this.cls]:
            if name not in this.attrs:
                continue
            value = this.attrs[name]
            if is_none(value):
                unknown = Unknown(f"{name} is set by another method", name, maybe_none=True)
                self.i.m.journal.write(this.attrs, name, unknown)
            elif isinstance(value, Const):
                self.i.m.journal.write(this.attrs, name, Unknown(f"{name} is set by another method", name))


def _shapes(given: Value) -> Value:
    """The shape of an input, or the shapes of a list of them."""
    if isinstance(given, Seq):
        return Seq([_shapes(item) for item in given.items], given.kind, given.many)
    if isinstance(given, Mapping):
        return Mapping({name: _shapes(item) for name, item in given.items.items()}, given.open)
    # What may be a list or a dict of tensors must not become one tensor by being asked for its shape.
    tensor = as_tensor(given) if isinstance(given, Tensor) or getattr(given, "tensor", None) else None
    return ShapeOf(tensor) if tensor is not None else Unknown("the input's shape", "input_shape")


def later_attributes(cls: ClassValue) -> set[str]:
    """The attributes of `self` that methods other than the constructor assign."""
    found: set[str] = set()
    for stmt in cls.node.body:
        if isinstance(stmt, ir.Function) and stmt.name not in {"__init__", "build", "setup", "__post_init__"}:
            found |= _assigned(stmt.body)
    for base in cls.bases:
        if isinstance(base, ClassValue):
            found |= later_attributes(base)
    return found


def _assigned(block: ir.Block) -> set[str]:
    found: set[str] = set()
    for stmt in block:
        match stmt:
            case ir.Assign(_, targets):
                for target in targets:
                    found |= _self_names(target)
            case ir.If() | ir.Loop():
                found |= _assigned(stmt.body) | _assigned(stmt.orelse)
            case ir.With():
                found |= _assigned(stmt.body)
            case ir.Try():
                found |= _assigned(stmt.body) | _assigned(stmt.orelse) | _assigned(stmt.final)
    return found


def _self_names(target: ir.Expr) -> set[str]:
    match target:
        case ir.Attr(_, ir.Name(_, "self"), name):
            return {name}
        case ir.Display(_, _, items):
            return set().union(*(_self_names(item) for item in items)) if items else set()
        case _:
            return set()
