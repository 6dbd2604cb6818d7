"""What Python itself and a framework's module class do, carried out on the trace's values."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.interpret.numbers import could_be_tensor
from attnlint.ir import Site
from attnlint.tensor import Tensor
from attnlint.values import (
    NONE,
    Const,
    Instance,
    Mapping,
    Native,
    Ref,
    Seq,
    ShapeOf,
    Size,
    SliceValue,
    Unknown,
    Value,
    as_dim,
    as_int,
    as_str,
    integer,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

Run = Callable[[list[Value], dict[str, Value], Site], Value]
_SELF_RETURNING = frozenset(
    """to cuda cpu eval train half float double bfloat16 requires_grad_ apply type share_memory compile
    zero_grad""".split()
)
_MODULE_METHODS = _SELF_RETURNING | frozenset(
    """parameters named_parameters modules children state_dict load_state_dict named_modules register_forward_hook
    buffers""".split()
)

_FEEDS = frozenset("fit predict evaluate train_on_batch predict_on_batch test_on_batch".split())


class Builtins:
    """A table of natives by name, and what an unseen base class gives to an object."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self._natives: dict[str, Native] = {
            name: Native(name, run)
            for name, run in {
                "range": self._range, "len": self._len, "zip": self._zip, "map": self._map,
                "enumerate": self._enumerate, "list": self._list, "tuple": self._tuple, "reversed": self._reversed,
                "sorted": self._list, "dict": self._dict, "int": self._number, "float": self._float,
                "abs": self._abs, "round": self._number, "getattr": self._getattr, "hasattr": self._hasattr,
                "setattr": self._setattr, "isinstance": self._isinstance, "print": self._nothing, "next": self._next,
                "iter": self._first, "max": self._maximum, "min": self._minimum, "bool": self._bool,
                "type": self._type, "sum": self._sum, "str": self._text, "slice": self._slice,
            }.items()
        }  # fmt: skip

    def named(self, name: str) -> Native | None:
        """The native of that name."""
        return self._natives.get(name)

    def is_module_method(self, name: str) -> bool:
        """Whether every module of a framework has this method."""
        return name in _MODULE_METHODS

    def of_object(self, this: Instance, name: str) -> Value | None:
        """What an unseen base class gives to an object."""
        if name in {"register_buffer", "register_parameter", "add_module", "register_module"}:
            return Native(name, lambda args, kwargs, site: self._register(this, args, kwargs, site))
        if name in {"add_weight", "add_variable"}:
            return Native(name, self._add_weight)
        if name in _SELF_RETURNING:
            return Native(name, lambda args, kwargs, site: this)
        if name in _FEEDS:
            return Native(name, lambda args, kwargs, site: self._fed(this, args, kwargs, site))
        if name in _MODULE_METHODS:
            return Native(name, lambda args, kwargs, site: Unknown(f"the module's {name}"))
        return Unknown("whether it is training", "training") if name == "training" else None

    def _fed(self, this: Instance, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """A Keras model is called on what it is fed."""
        given = args[0] if args else kwargs.get("x")
        if isinstance(given, Tensor | Seq | Mapping):
            return self.i.calls.call(this, [given], {}, site)
        return Unknown("what feeding a model gives")

    def _register(self, this: Instance, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        name = as_str(args[0] if args else kwargs.get("name"))
        value = args[1] if len(args) > 1 else kwargs.get("tensor", kwargs.get("param", kwargs.get("module", NONE)))
        if name is not None:
            if isinstance(value, Tensor):
                value.param = True
                value.name = value.name or name
            self.i.m.journal.write(this.attrs, name, value)
        del site
        return NONE

    def _add_weight(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """A weight of a shape, which comes first or behind the weight's name."""
        sizes = kwargs.get("shape", next((arg for arg in args if as_str(arg) is None), Seq([])))
        made = self.i.m.emit("weight", {"sizes": Seq([]) if is_none(sizes) else sizes}, site, "add_weight")
        name = as_str(kwargs.get("name", args[0] if args else None))
        if isinstance(made, Tensor) and name:
            made.aliases.append(name)
        return made

    def _range(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        if len(args) > 1 and as_int(args[0]) == 0:
            return self.i.counting(args[1])
        return self.i.counting(args[0]) if len(args) == 1 else self.i.counting(NONE)

    def _len(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        value = args[0] if args else NONE
        if isinstance(value, Seq) and not value.many:
            return integer(len(value.items))
        if isinstance(value, Mapping) and not value.open:
            return integer(len(value.items))
        if isinstance(value, ShapeOf):
            return self.i.attributes.get(value.tensor, "ndim", site)
        if isinstance(value, Tensor):
            return self.i.subscripts.get(ShapeOf(value), [integer(0)], site)
        return Size(dims.unknown("a length"))

    def _zip(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        columns = [self.i.rounds(value, site, site) for value in args]
        many = any(flag for _, flag in columns)
        if many:
            # Of a list of any length there are the first and the last: of the others these too.
            columns = [([*items[:1], *items[-1:]] if items else [], flag) for items, flag in columns]
        length = min((len(items) for items, _ in columns), default=0)
        rows: list[Value] = [Seq([items[n] for items, _ in columns]) for n in range(length)]
        # One row stands for any number of them, unless objects go along that keep something of their own.
        kept = any(isinstance(items[-1], Instance) and items[-1] is not items[0] for items, _ in columns if items)
        return Seq(rows[:1] if many and not kept else rows, "list", many)

    def _map(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        if len(args) < 2:
            return Unknown("map without a list")
        rows = self._zip(args[1:], {}, site)
        assert isinstance(rows, Seq)
        called = [self.i.calls.call(args[0], list(row.items), {}, site) for row in rows.items if isinstance(row, Seq)]
        return Seq(called, "list", rows.many)

    def _enumerate(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        items, many = self.i.rounds(args[0] if args else NONE, site, site)
        rows: list[Value] = []
        for number, item in enumerate(items):
            rows.append(Seq([Size(dims.unknown("a counter")) if many else integer(number), item]))
        return Seq(rows[:1] if many else rows, "list", many)

    def _list(self, args: list[Value], kwargs: dict[str, Value], site: Site, kind: str = "list") -> Value:
        value = self.i.shape_items(args[0]) if args else Seq([])
        if isinstance(value, Seq):
            return Seq(list(value.items), kind, value.many)
        if isinstance(value, Tensor | Mapping):
            return Seq(self.i.items(value, None, site), kind, many=isinstance(value, Tensor))
        return Unknown("a list of a value that is not followed")

    def _tuple(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return self._list(args, kwargs, site, "tuple")

    def _dict(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        base = args[0].items if args and isinstance(args[0], Mapping) else {}
        return Mapping({**base, **kwargs}, bool(args) and not isinstance(args[0], Mapping))

    def _number(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        dim = as_dim(args[0]) if args else None
        if dim is None:
            return Unknown("a number")
        whole = dim.number
        label = args[0].label if isinstance(args[0], Size) else ""
        return Size(dims.const(int(whole)) if whole is not None else dim, label)

    def _float(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        value = args[0] if args else NONE
        text = as_str(value)
        if text is not None:
            try:
                return Const(float(text))
            except ValueError:
                return Unknown("a number")
        return value

    def _reversed(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        value = self._list(args, kwargs, site)
        return Seq(value.items[::-1], "list", value.many) if isinstance(value, Seq) else value

    def _first(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return args[0] if args else NONE

    def _abs(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        value = args[0] if args else NONE
        if isinstance(value, Tensor):
            return self.i.m.emit("abs", {"x": value}, site, "abs")
        number = value.dim.number if isinstance(value, Size) else None
        return Size(dims.const(abs(number))) if number is not None else value

    def _getattr(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        name = as_str(args[1]) if len(args) > 1 else None
        if name is None:
            return Unknown("an attribute whose name is not known")
        if len(args) > 2 and isinstance(args[0], Instance) and self.i.attributes.lacks(args[0], name):
            return args[2]
        value = self.i.attributes.get(args[0], name, site)
        if len(args) > 2 and isinstance(value, Unknown) and value.tensor is None and is_none(args[2]):
            value.maybe_none = True
        return value

    def _hasattr(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        name = as_str(args[1]) if len(args) > 1 else None
        if isinstance(args[0], Instance) and name is not None and name in args[0].attrs:
            return Const(True)
        return Unknown("whether an attribute is there")

    def _setattr(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        name = as_str(args[1]) if len(args) > 2 else None
        if name is not None and isinstance(args[0], Instance):
            self.i.m.journal.write(args[0].attrs, name, args[2])
        return NONE

    def _isinstance(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        if len(args) == 2 and isinstance(args[0], Tensor) and isinstance(args[1], Ref):
            kind = args[1].dotted.rpartition(".")[2]
            return (
                Const(True)
                if kind in {"Tensor", "ndarray"}
                else Const(False)
                if kind in {"int", "tuple", "list", "str"}
                else Unknown("a type")
            )
        return Unknown("whether it is of a type")

    def _nothing(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return NONE

    def _next(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        items, _ = self.i.rounds(args[0], site, site) if args else ([], False)
        return items[0] if items else Unknown("the next of nothing")

    def _maximum(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return self._extreme(args, max)

    def _minimum(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return self._extreme(args, min)

    def _extreme(self, args: list[Value], choose: Callable[[list[Fraction]], Fraction]) -> Value:
        numbers = [as_dim(value) for value in args]
        known = [n.number for n in numbers if n is not None and n.number is not None]
        if len(args) > 1 and len(known) == len(args):
            return Size(dims.const(choose(known)))
        return Size(dims.unknown("an extreme"))

    def _bool(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return args[0] if args else Const(False)

    def _type(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        value = args[0] if args else NONE
        return value.cls if isinstance(value, Instance) else Unknown("a type")

    def _sum(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        value = args[0] if args else NONE
        if isinstance(value, Seq) and value.items and any(could_be_tensor(item) for item in value.items):
            return self.i.m.emit("sum_of", {"xs": value}, site, "sum")
        if isinstance(value, Tensor):
            return self.i.m.emit("sum", {"x": value}, site, "sum")
        return Size(dims.unknown("a sum"))

    def _slice(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        ends: list[Value | None] = [None if is_none(value) else value for value in args[:3]]
        if len(ends) == 1:
            ends = [None, ends[0]]
        return SliceValue(*ends, *[None] * (3 - len(ends)))

    def _text(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        return Unknown("a text")
