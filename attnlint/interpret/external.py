"""Calls of libraries that make no tensor: containers of layers, wrappers of functions, arithmetic on sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.frameworks import ARRAY_API
from attnlint.interpret.numbers import arithmetic, could_be_tensor
from attnlint.ir import Site
from attnlint.values import (
    NONE,
    ClassValue,
    Const,
    Func,
    Instance,
    Layer,
    Mapping,
    Native,
    Partial,
    Ref,
    Seq,
    Size,
    Unknown,
    Value,
    as_dim,
)

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

_WRAPPERS = frozenset(
    """jit compile script no_grad remat checkpoint_wrapper named_call wraps lru_cache cache njit export
    autocast_function""".split()
)
_SCALAR_FUNCTIONS = frozenset({"sqrt", "power", "rsqrt"})
_CASTS = frozenset({"float32", "float64", "float16", "bfloat16", "int32", "int64", "Size"})

Handler = Callable[[str, list[Value], dict[str, Value], Site], "Value | None"]


class External:
    """Finds what a call of another package does where no op stands for it; one handler a name."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self._handlers: dict[str, Handler] = {
            "Sequential": self._sequential,
            "ModuleList": self._module_list,
            "ModuleDict": self._namespace,
            "OrderedDict": self._namespace,
            "SimpleNamespace": self._namespace,
            "default_rng": self._generator,
            "RandomState": self._generator,
            "partial": self._partial,
            "deepcopy": self._copy,
            "copy": self._copy,
            "field": self._field,
            "replace": self._replaced,
            "finfo": self._limits,
            "iinfo": self._limits,
            "checkpoint": self._checkpoint,
            "value_and_grad": self._with_gradients,
            "array_namespace": self._namespace_of_arrays,
            "get_namespace": self._namespace_of_arrays,
            "get_array_module": self._namespace_of_arrays,
        }

    def call(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """The result of a call; None where it is an op, or nothing that is known here."""
        tail = dotted.rpartition(".")[2]
        on_number = tail in _SCALAR_FUNCTIONS and args and not could_be_tensor(args[0])
        if on_number or dotted.startswith(("builtins.", "math.")):
            return self._mathematics(tail, args, site)
        made = self.i.transforms.call(dotted, args, kwargs, site) or self.i.composed.call(dotted, args, kwargs, site)
        if made is not None:
            return made
        handler = self._handlers.get(tail)
        if handler is not None:
            return handler(dotted, args, kwargs, site)
        if tail in _CASTS and args:
            return args[0]
        if tail in _WRAPPERS and args and isinstance(args[0], Func | Instance | Partial | ClassValue | Layer):
            return args[0]
        return None

    def _sequential(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        listed, many = list(args), False
        if len(args) == 1 and isinstance(args[0], Seq):
            listed, many = list(args[0].items), args[0].many
        elif len(args) == 1 and isinstance(args[0], Mapping):
            listed = list(args[0].items.values())
        return Layer("sequential", {"children": Seq(listed, "list", many)}, dotted, site=site)

    def _module_list(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return args[0] if args and isinstance(args[0], Seq) else Seq([], "list")

    def _namespace(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return args[0] if args and isinstance(args[0], Mapping) else Mapping(dict(kwargs), not kwargs)

    def _generator(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return Ref(f"{dotted}()")

    def _partial(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        return Partial(args[0], tuple(args[1:]), dict(kwargs)) if args else None

    def _namespace_of_arrays(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return Ref(ARRAY_API)

    def _copy(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        return args[0] if args and dotted.startswith("copy.") else None

    def _field(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        if not dotted.startswith("dataclasses"):
            return None
        if "default" in kwargs:
            return kwargs["default"]
        factory = kwargs.get("default_factory")
        return self.i.calls.call(factory, [], {}, site) if factory is not None else Unknown("a field's default")

    def _replaced(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """`dataclasses.replace`: the same record with other values in some of its fields."""
        if not dotted.startswith("dataclasses") or not args or not isinstance(args[0], Instance):
            return None
        return Instance(args[0].cls, {**args[0].attrs, **kwargs}, ready=args[0].ready)

    def _limits(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return Mapping({"min": Const(-3.4e38), "max": Const(3.4e38), "eps": Const(1e-7)}, open=True)

    def _checkpoint(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        if len(args) < 2:
            return None
        plain = {key: value for key, value in kwargs.items() if key not in {"use_reentrant", "preserve_rng_state"}}
        return self.i.calls.call(args[0], args[1:], plain, site)

    def _with_gradients(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """A function, the last argument, that gives its result and the gradients of it."""
        if not args:
            return None

        def run(given: list[Value], named: dict[str, Value], at: Site) -> Value:
            return Seq([self.i.calls.call(args[-1], given, named, at), Unknown("the gradients")])

        return Native("value_and_grad", run)

    def _mathematics(self, name: str, args: list[Value], site: Site) -> Value:
        first = args[0] if args else NONE
        if could_be_tensor(first) and name in {"sqrt", "exp", "log", "rsqrt"}:
            return self.i.m.emit(name, {"x": self.i.as_operand(first, site)}, site, name)
        match name:
            case "sqrt":
                return arithmetic("pow", first, Const(0.5)) or Unknown("a root")
            case "rsqrt":
                return arithmetic("pow", first, Const(-0.5)) or Unknown("a root")
            case "pow" | "power" if len(args) > 1:
                return self.i.expr.binary("pow", first, args[1], site)
            case "prod" if isinstance(first, Seq) and not first.many:
                sizes = [size for size in map(as_dim, first.items) if size is not None]
                return Size(dims.product(sizes)) if len(sizes) == len(first.items) else Unknown("a product")
        number = as_dim(first)
        if number is None or name.endswith(("Error", "Exception", "Warning")):
            return Unknown(f"{name} is not followed")
        return Size(dims.unknown(f"{name} of {number}"))
