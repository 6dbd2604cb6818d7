"""Calls: the project's own code is inlined, a library's spelling becomes an op, anything else is an unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attnlint import ir
from attnlint.frameworks import function, layer, maker_of, random_method
from attnlint.frameworks.spelling import Parameter, Spelling
from attnlint.interpret.arguments import bind, bind_parameters
from attnlint.interpret.einx import REWRITES
from attnlint.interpret.external import External
from attnlint.interpret.guesses import Guesses
from attnlint.interpret.methods import Methods
from attnlint.interpret.objects import Objects
from attnlint.ir import Site
from attnlint.machine import MAX_DEPTH
from attnlint.state import Scope
from attnlint.tensor import Tensor
from attnlint.trace import CallRecord, Frame
from attnlint.values import (
    NONE,
    Choice,
    ClassValue,
    Func,
    Instance,
    Layer,
    Mapping,
    Method,
    Native,
    Partial,
    Ref,
    Seq,
    Unknown,
    Value,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter


class Calls:
    """Evaluates call expressions and calls values."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self.external = External(interpreter)
        self.methods = Methods(interpreter)
        self.objects = Objects(interpreter)
        self.guesses = Guesses(interpreter)

    def evaluate(self, expr: ir.Call, scope: Scope) -> Value:
        """The value of a call expression."""
        if isinstance(expr.func, ir.Name) and expr.func.id in {"locals", "globals", "vars", "super"}:
            return Unknown(f"{expr.func.id}() is not followed")
        func = self.i.expr(expr.func, scope)
        args: list[Value] = []
        kwargs: dict[str, Value] = {}
        for arg in expr.args:
            value = self.i.expr(arg.value, scope)
            if arg.star == "*":
                args.extend(self.i.lay_out(value, expr.site))
            elif arg.star == "**":
                if isinstance(value, Mapping):
                    kwargs.update(value.items)
                if not isinstance(value, Mapping) or value.open:
                    kwargs.setdefault("**", value)
            elif arg.keyword is not None:
                kwargs[arg.keyword] = value
            else:
                args.append(value)
        result = self.call(func, args, kwargs, expr.site, self.i.decorator_name(expr.func))
        out = kwargs.get("out")
        if isinstance(out, Tensor):
            self.i.m.replace(out, result)
        return result

    def call(self, func: Value, args: list[Value], kwargs: dict[str, Value], site: Site, name: str = "") -> Value:
        """Call any value."""
        match func:
            case Func():
                result = self.inline(func, args, kwargs, site)
            case ClassValue():
                result = self.objects.instantiate(func, args, kwargs, site)
            case Instance():
                result = self._through_object(func, args, kwargs, site)
            case Ref(dotted):
                return self.library(dotted, args, kwargs, site)
            case Layer():
                return self._layer(func, args, kwargs, site)
            case Method():
                return self.methods.call(func, args, kwargs, site)
            case Native(_, run):
                return run(args, kwargs, site)
            case Partial(wrap="vmap"):
                return self.i.transforms.mapped(func, args, kwargs, site)
            case Partial(inner, first, named):
                return self.call(inner, [*first, *args], {**named, **kwargs}, site, name)
            case Choice(options):
                kept = [option for option in options if not is_none(option)]
                return self.i.join([self.call(option, args, kwargs, site, name) for option in kept[:3]], site)
            case _:
                result = self.guesses.call(func, args, kwargs, site, name)
        m = self.i.m
        record = CallRecord(func, name, tuple(args), kwargs, result, site, m.frame, len(m.trace.ops), m.loops)
        m.trace.calls.append(record)
        return result

    def inline(self, func: Func, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """Run the body of a function of the project on these arguments."""
        m, node = self.i.m, func.node
        if m.depth >= MAX_DEPTH or m.active.count(node) >= 2:
            return m.unknown(f"{func.name} is called too deeply", site, _named(args, kwargs), func.name)
        m.step()
        m.visited.add(node)
        scope = func.scope.child()
        if func.owner is not None:
            scope.names["__owner__"] = func.owner
            scope.names["__class__"] = func.owner
        if func.this is not None:
            scope.names["__this__"] = func.this
            args = [func.this, *args]
        bind_parameters(self.i, node, func.scope, scope, args, kwargs)
        if isinstance(node, ir.Lambda):
            return self._in_frame(func, site, lambda: self.i.expr(node.body, scope))
        return self._in_frame(func, site, lambda: self._run_body(node, scope, site))

    def _in_frame(self, func: Func, site: Site, run: Callable[[], Value]) -> Value:
        m, node = self.i.m, func.node
        outer, depth = m.frame, m.depth
        text = "" if isinstance(node, ir.Lambda) else "\n".join((node.docstring, *node.comments))
        owner = func.owner.name if func.owner is not None else ""
        if func.owner is not None:
            text += "\n" + "\n".join((func.owner.node.docstring, *func.owner.node.comments))
        names = tuple(p.name for p in node.params)
        m.frame = Frame(func.name, owner, text, outer, site, names, begins=site is node.site)
        m.depth += 1
        m.active.append(node)
        try:
            return run()
        finally:
            m.frame, m.depth = outer, depth
            m.active.pop()

    def _run_body(self, node: ir.Function, scope: Scope, site: Site) -> Value:
        saved = self.i.returns, self.i.yields
        self.i.returns, self.i.yields = [], []
        self.i.statements.block(node.body, scope)
        returns, yields = self.i.returns, self.i.yields
        self.i.returns, self.i.yields = saved
        if yields:
            return Seq([self.i.join(yields, site)], "list", many=True)
        return self.i.join(returns, site) if returns else NONE

    def through_super(self, name: str, scope: Scope, site: Site) -> Value:
        """`super().name`: the member that the bases of the running method's class give."""
        holder, class_holder = scope.holder("__this__"), scope.holder("__owner__")
        this = holder.names["__this__"] if holder else None
        owner = class_holder.names["__owner__"] if class_holder else None
        if isinstance(owner, ClassValue) and this is not None:
            cls = this.cls if isinstance(this, Instance) else owner
            found = self.i.attributes.after(cls, owner, name)
            if found is not None:
                return self.i.attributes.bind(found[0], this, found[1], site)
        if name in {"__init__", "__post_init__", "build", "setup", "__init_subclass__"}:
            return Native(name, lambda args, kwargs, site: NONE)
        if isinstance(this, Instance):
            native = self.i.builtins.of_object(this, name)
            if native is not None:
                return native
        return Unknown(f"super().{name} is defined elsewhere", name)

    def symbolic_instance(self, cls: ClassValue, site: Site) -> Value:
        """An object of a class whose constructor got nobody-knows-what."""
        return self.objects.symbolic(cls, site)

    def _through_object(self, this: Instance, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        called = self.i.attributes.called(this.cls)
        if called is not None:
            name, holder = called
            self.objects.build(this, args[0] if args else next(iter(kwargs.values()), NONE), site)
            bound = self.i.attributes.bind(holder.members[name], this, holder, site)
            return self.call(bound, args, kwargs, site, name)
        base = next((b for b in this.cls.bases if isinstance(b, Ref) and layer(b.dotted)), None)
        if isinstance(base, Ref):
            return self._layer(Layer(layer(base.dotted).op, {}, base.dotted), args, kwargs, site)  # type: ignore[union-attr]
        return self.i.m.unknown(f"{this.cls.name} is not callable as far as its code shows", site, _named(args, kwargs))

    def library(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """Call something of another package, or what the project says is an op."""
        meant = self.i.m.own.call(self.i, dotted, args, kwargs, site) if self.i.m.own is not None else None
        if meant is not None:
            return meant
        known = self.external.call(dotted, args, kwargs, site)
        if known is not None:
            return known
        spelling = function(dotted) or _of_generator(dotted)
        if spelling is not None:
            return self.spelled(spelling, args, kwargs, site, dotted)
        return self.made(dotted, args, kwargs, site) or self.guesses.external(dotted, args, kwargs, site)

    def made(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Layer | None:
        """A layer of a library, made with these arguments; None where the name is no layer's."""
        spelling = layer(dotted)
        if spelling is None:
            return None
        config = {**spelling.defaults, **bind(spelling.init, args, kwargs), **spelling.fixed}
        return Layer(spelling.op, config, dotted, site=site)

    def spelled(self, spelling: Spelling, args: list[Value], kwargs: dict[str, Value], site: Site, text: str) -> Value:
        """Carry out the op that a spelling stands for."""
        bound = {**spelling.defaults, **bind(spelling.params, args, kwargs), **spelling.fixed}
        bound = {name: self.i.as_operand(self.i.m.settled(value), site) for name, value in bound.items()}
        other = REWRITES.get(spelling.op)
        result = other(self.i, bound, site, text) if other else self._emitted(spelling, bound, site, text)
        first = bound.get(spelling.params[0].name) if spelling.params else None
        if spelling.inplace and first is not None:
            self.i.m.replace(first, result)
        return result

    def _emitted(self, spelling: Spelling, bound: dict[str, Value], site: Site, text: str) -> Value:
        return self.i.m.emit(spelling.op, bound, site, text, maker_of(text))

    def _layer(self, made: Layer, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        children = made.config.get("children")
        if made.kind == "sequential" and isinstance(children, Seq):
            value = args[0] if args else NONE
            for child in children.items:
                # An input among the layers says what shape comes in and does nothing.
                value = value if isinstance(child, Tensor) else self.call(child, [value], {}, site)
            return value
        spelling = layer(made.dotted)
        call: tuple[Parameter, ...] = spelling.call if spelling else ()
        bound = {**made.config, **bind(call, args, kwargs)}
        bound = {name: self.i.as_operand(self.i.m.settled(value), site) for name, value in bound.items()}
        other = REWRITES.get(made.kind)
        if other is not None:
            result = other(self.i, bound, site, made.name or made.dotted)
            if isinstance(result, Tensor) and result.op is not None and result.op.site == site:
                result.op.notes.setdefault("layer", made)
            return result
        result = self.i.m.emit(made.kind, bound, site, made.name or made.dotted)
        self.i.m.trace.ops[-1].notes.setdefault("layer", made)
        return result


def _of_generator(dotted: str) -> Spelling | None:
    """A method of a random generator, as `rng.normal`."""
    owner, _, name = dotted.rpartition(".")
    return random_method(name) if owner.endswith(("default_rng()", "RandomState()", "Generator()")) else None


def _named(args: list[Value], kwargs: dict[str, Value]) -> dict[str, Value]:
    return {**{str(n): value for n, value in enumerate(args)}, **kwargs}
