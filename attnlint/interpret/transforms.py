"""Functions that take functions: mapped over an axis, scanned, branched on, or wrapped without a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING

from attnlint import ir
from attnlint.frameworks import resolved
from attnlint.interpret.control_flow import ControlFlow
from attnlint.interpret.subscripts import holds_weights
from attnlint.ir import Site
from attnlint.ops.signature import as_tensor
from attnlint.state import Scope
from attnlint.tensor import Tensor
from attnlint.values import (
    NONE,
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
    Size,
    Unknown,
    Value,
    as_int,
    integer,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

Handler = Callable[[list[Value], dict[str, Value], Site], "Value | None"]
MAPPED = "vmap"
_ROOTS = frozenset({"jax", "flax", "equinox", "haiku", "mlx"})
_MAPS = frozenset({"vmap", "pmap", "filter_vmap", "filter_pmap"})
_TORCH_MAPS = frozenset({"torch.vmap", "torch.func.vmap"})
_TORCH_NAMES = {"in_dims": "in_axes", "out_dims": "out_axes"}
_SAME = frozenset(
    """jit pjit checkpoint remat filter_jit filter_checkpoint custom_vjp custom_jvp named_call shard_map transform
    without_apply_rng transform_with_state ensure_compile_time_eval add_metadata_axis with_partitioning""".split()
)
_CALLABLE = (Func, ClassValue, Instance, Layer, Partial, Ref, Native, Method)


class Transforms:
    """Carries out transformations of functions on the trace's values."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self._handlers: dict[str, Handler] = {
            "jax.lax.scan": self._scan,
            "keras.ops.scan": self._scan,
            "jax.lax.map": self._map,
            "keras.ops.map": self._map,
            "keras.ops.vectorized_map": self._map,
            "tensorflow.map_fn": self._map,
            "tensorflow.vectorized_map": self._map,
            "jax.tree_util.tree_map": self._tree_map,
            "jax.tree.map": self._tree_map,
            "jax.tree_map": self._tree_map,
            "jax.eval_shape": self._call_first,
            **ControlFlow(interpreter).handlers,
        }

    def call(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """What a transformation gives; None where the name is none of one."""
        dotted = resolved(dotted)
        root, tail = dotted.partition(".")[0], dotted.rpartition(".")[2]
        handler = self._handlers.get(dotted)
        if handler is not None:
            return handler(args, kwargs, site)
        if root not in _ROOTS and dotted not in _TORCH_MAPS:
            return None
        func = args[0] if args else kwargs.get("f", kwargs.get("fun"))
        if not isinstance(func, _CALLABLE):
            return None
        if tail in _MAPS:
            axes: dict[str, Value] = dict(zip(("in_axes", "out_axes"), args[1:], strict=False))
            axes |= {_TORCH_NAMES.get(name, name): value for name, value in kwargs.items()}
            return self._lifted(func, axes) if isinstance(func, ClassValue) else Partial(func, (), axes, MAPPED)
        if tail in _SAME or (tail == "scan" and root != "jax"):
            return func
        if tail in {"grad", "value_and_grad", "filter_grad", "filter_value_and_grad"}:
            return Native(tail, lambda given, named, at: self._gradient(tail, func, given, named, at))
        return None

    def _lifted(self, cls: ClassValue, axes: dict[str, Value]) -> Value:
        """A class whose objects are mapped when they are called, each example with weights of its own."""

        def make(args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
            return Partial(self.i.calls.call(cls, args, kwargs, site), (), axes, MAPPED)

        return Native(f"a mapped {cls.name}", make)

    def decorated(self, func: Func, scope: Scope) -> Value:
        """A function as its decorators leave it: mapped, where one of them maps it."""
        for decorator in reversed(getattr(func.node, "decorators", ())):
            name = self.i.decorator_name(decorator)
            inner = decorator.args[0].value if isinstance(decorator, ir.Call) and decorator.args else None
            if name.rpartition(".")[2] == "partial" and inner is not None:
                name = self.i.decorator_name(inner)
            if name.rpartition(".")[2] in _MAPS:
                made = self.i.calls.call(self.i.expr(decorator, scope), [func], {}, func.node.site)
                return made if isinstance(made, Partial) and made.wrap == MAPPED else func
            func = self._wrapped(func, decorator, scope)
        return func

    def _wrapped(self, func: Func, decorator: ir.Expr, scope: Scope) -> Func:
        """What a decorator of the project makes of a function, where it names the arguments that it passes on.

        One that passes on whatever comes is taken to change nothing of them.
        """
        plain = decorator.func if isinstance(decorator, ir.Call) else decorator
        if not isinstance(plain, ir.Name) or scope.holder(plain.id) is None:
            return func
        decorating = self.i.expr(plain, scope)
        if not isinstance(decorating, Func) or not isinstance(decorating.node, ir.Function):
            return func
        if not any(_passes_on(wrapper, outer) for wrapper, outer in _wrappers(decorating.node, frozenset())):
            return func
        # A method does not see the names of its class's body.
        inner = Func(func.node, scope.parent, None, func.owner) if scope.kind == "class" and scope.parent else func
        made = self.i.calls.call(self.i.expr(decorator, scope), [inner], {}, func.node.site)
        if not isinstance(made, Func) or made.node is func.node or not _names_arguments(made.node):
            return func
        # Every function has a wrapper of its own, so that one that was visited does not stand for another's.
        self.i.m.ties.lasting = True
        return Func(replace(made.node), made.scope)

    def unwrapped(self, value: Value) -> Value:
        """What is mapped over an axis is begun at as its author wrote it: with one example."""
        return value.func if isinstance(value, Partial) and value.wrap == MAPPED else value

    def mapped(self, made: Partial, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """Call a mapped function: on one example without the mapped axis, which the result has again."""
        axes = made.kwargs.get("in_axes", integer(0))
        given: list[tuple[Tensor, int]] = []
        inner = [self._over(arg, _axis_for(axes, n), site, given) for n, arg in enumerate(args)]
        named = {name: self._over(arg, integer(0), site, given) for name, arg in kwargs.items()}
        result = self.i.calls.call(made.func, inner, named, site)
        size = {"size": made.kwargs["axis_size"]} if "axis_size" in made.kwargs else {}
        return self._back(result, made.kwargs.get("out_axes", integer(0)), given, site, **size)

    def _over(self, value: Value, axis: Value, site: Site, given: list[tuple[Tensor, int]]) -> Value:
        """One example of an argument; `given` collects the arrays that have the mapped axis."""
        if is_none(axis):
            return value
        if isinstance(value, Unknown) and value.tensor is None and holds_weights(value):
            return Unknown(f"one of {value.name}", value.name, weights=True)
        if isinstance(value, Seq):
            items = [self._over(item, _axis_for(axis, n), site, given) for n, item in enumerate(value.items)]
            return Seq(items, value.kind, value.many)
        if isinstance(value, Mapping):
            parts = {k: self._over(v, _axis_of_key(axis, k), site, given) for k, v in value.items.items()}
            return Mapping(parts, value.open)
        tensor = (
            as_tensor(value) if isinstance(value, Tensor) or (isinstance(value, Unknown) and not value.attrs) else None
        )
        position = as_int(axis)
        if tensor is None or position is None:
            return value
        given.append((tensor, position))
        one = self.i.m.emit("map_over", {"x": tensor, "axis": axis}, site, "vmap")
        if isinstance(one, Tensor):
            one.name, one.param = tensor.name, tensor.param
        return one

    def _back(self, value: Value, axis: Value, given: list[tuple[Tensor, int]], site: Site, **size: Value) -> Value:
        """A result with the mapped axis put in again."""
        if is_none(axis):
            return value
        if isinstance(value, Seq):
            items = [self._back(item, _axis_for(axis, n), given, site, **size) for n, item in enumerate(value.items)]
            return Seq(items, value.kind, value.many)
        if isinstance(value, Mapping):
            return Mapping({k: self._back(v, axis, given, site, **size) for k, v in value.items.items()}, value.open)
        if not isinstance(value, Tensor):
            return value
        args: dict[str, Value] = {"x": value, "axis": axis, **size}
        known = next((pair for pair in given if pair[0].shape.at(pair[1]) is not None), None)
        if known is not None:
            args.update(like=known[0], origin=integer(known[1]))
        return self.i.m.emit("map_back", args, site, "vmap")

    def _scan(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        names = ("f", "init", "xs", "length")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        func, carry, xs = given.get("f"), given.get("init", NONE), given.get("xs", NONE)
        if func is None:
            return None
        mapped: list[tuple[Tensor, int]] = []
        one = self._over(xs, integer(0), site, mapped)
        with self.i.m.within(loop=site):
            for _ in range(2):
                carry, each = self.i.items(self.i.calls.call(func, [carry, one], {}, site), 2, site)[:2]
        length = given.get("length")
        size: dict[str, Value] = {"size": length} if isinstance(length, Size) else {}
        return Seq([carry, self._back(each, integer(0), mapped, site, **size)])

    def _map(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        if len(args) < 2:
            return None
        mapped: list[tuple[Tensor, int]] = []
        one = self._over(args[1], integer(0), site, mapped)
        with self.i.m.within(loop=site):
            result = self.i.calls.call(args[0], [one], {}, site)
        return self._back(result, integer(0), mapped, site)

    def _tree_map(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        if len(args) < 2:
            return None
        first = args[1]
        if isinstance(first, Seq) and all(isinstance(other, Seq) for other in args[2:]):
            rows = zip(*(arg.items for arg in args[1:] if isinstance(arg, Seq)), strict=False)
            return Seq([self._mapped_leaf(args[0], list(row), site) for row in rows], first.kind, first.many)
        if isinstance(first, Mapping) and len(args) == 2:
            return Mapping({k: self._mapped_leaf(args[0], [v], site) for k, v in first.items.items()}, first.open)
        # Trees of other kinds, or of which one is not in sight, are not followed into their leaves.
        return first if isinstance(first, Unknown | Seq | Mapping) else self._mapped_leaf(args[0], args[1:], site)

    def _mapped_leaf(self, func: Value, row: list[Value], site: Site) -> Value:
        if isinstance(row[0], Seq | Mapping):
            return self._tree_map([func, *row], {}, site) or row[0]
        return self.i.calls.call(func, row, {}, site)

    def _call_first(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        return self.i.calls.call(args[0], args[1:], kwargs, site) if args else None

    def _gradient(self, name: str, func: Value, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """Run the function for its trace; its gradients are of no interest."""
        result = self.i.calls.call(func, args, kwargs, site)
        gradients = Unknown("gradients")
        return Seq([result, gradients]) if "value" in name else gradients


def _wrappers(node: ir.Function, above: frozenset[str]) -> Iterator[tuple[ir.Function, frozenset[str]]]:
    """The functions that stand in a decorator, those in them too, with what the functions around them are given."""
    outer = above | {param.name for param in node.params}
    for inner in node.body:
        if isinstance(inner, ir.Function):
            yield inner, outer
            yield from _wrappers(inner, outer)


def _passes_on(wrapper: ir.Function, outer: frozenset[str]) -> bool:
    """Whether a function names its arguments and calls what is decorated: others write documentation, or register."""
    return _names_arguments(wrapper) and any(_calls(stmt, outer) for stmt in wrapper.body)


def _calls(node: object, names: frozenset[str]) -> bool:
    """Whether one of some names is called anywhere in a piece of code."""
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Name) and node.func.id in names:
        return True
    if isinstance(node, tuple):
        return any(_calls(each, names) for each in node)
    if not is_dataclass(node) or isinstance(node, Site):
        return False
    return any(_calls(getattr(node, each.name), names) for each in fields(node))


def _names_arguments(node: ir.Function | ir.Lambda) -> bool:
    return bool({param.name for param in node.params if not param.kind} - {"self", "func", "fn", "f", "cls"})


def _axis_for(axes: Value, number: int) -> Value:
    """The axis of one argument or item: `axes` is one for all, or one each."""
    if isinstance(axes, Seq):
        return axes.items[number] if number < len(axes.items) else NONE
    return axes


def _axis_of_key(axes: Value, key: str) -> Value:
    return axes.items.get(key, NONE) if isinstance(axes, Mapping) else axes
