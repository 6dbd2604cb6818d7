"""One trace over one entry point: the parts of the interpreter, and what they all need of each other."""

from __future__ import annotations

from attnlint import dims, ir
from attnlint.interpret.attributes import Attributes
from attnlint.interpret.binding import Binding
from attnlint.interpret.builtins import Builtins
from attnlint.interpret.calls import Calls
from attnlint.interpret.composed import Composed
from attnlint.interpret.expressions import MAX_ROUNDS, Expressions
from attnlint.interpret.joining import join_all
from attnlint.interpret.modules import Modules
from attnlint.interpret.naming import Naming
from attnlint.interpret.statements import Statements
from attnlint.interpret.subscripts import Subscripts, holds_weights
from attnlint.interpret.transforms import Transforms
from attnlint.interpret.variables import Variables
from attnlint.ir import Site
from attnlint.machine import Machine
from attnlint.ops.signature import as_tensor
from attnlint.state import Journal, Scope
from attnlint.tensor import Tensor
from attnlint.values import (
    Choice,
    ClassValue,
    Const,
    Func,
    Instance,
    Layer,
    Mapping,
    Seq,
    ShapeOf,
    Size,
    Unknown,
    Value,
    as_int,
    integer,
    is_none,
)  # fmt: skip


class Interpreter:
    """Holds the machine and the evaluators; each of these is small and knows the others through here."""

    def __init__(self, machine: Machine) -> None:
        self.m = machine
        self.returns: list[Value] = []
        self.yields: list[Value] = []
        self.attributes = Attributes(self)
        self.naming = self.names = Naming(self)
        self.modules = Modules(self)
        self.builtins = Builtins(self)
        self.subscripts = Subscripts(self)
        self.binding = Binding(self)
        self.calls = Calls(self)
        self.transforms = Transforms(self)
        self.variables = Variables(self)
        self.composed = Composed(self)
        self.expr = Expressions(self)
        self.statements = Statements(self)

    def force(self, holder: Scope, name: str) -> Value:
        """The value of a name in a scope; a definition is parsed when it is first read."""
        return self.naming.force(holder, name)

    def returned(self, value: Value, site: Site) -> None:
        """A return statement of the function that runs."""
        self.returns.append(value)
        self.m.trace.returns.append((self.m.frame, value, site))

    def join(self, values: list[Value], site: Site) -> Value:
        """One value for several possible ones."""
        return join_all(self.m, values, site)

    def as_operand(self, value: Value, site: Site) -> Value:
        """A value as an op takes it: of a choice the tensors, joined; sizes and constants as they are."""
        if isinstance(value, Choice):
            tensors = [option for option in value.options if isinstance(option, Tensor | Unknown)]
            if tensors:
                joined = self.join(list(tensors), site)
                return joined if isinstance(joined, Tensor) else (as_tensor(joined) or joined)
            kept = [option for option in value.options if not is_none(option)]
            return kept[0] if len(kept) == 1 else value
        return value

    def shape_items(self, value: Value) -> Value:
        """A shape as a tuple of sizes."""
        if not isinstance(value, ShapeOf):
            return value
        shape = value.tensor.shape
        return Unknown("a shape that is not known") if shape.open else Seq([Size(a.size) for a in shape.axes])

    def items(self, value: Value, count: int | None, site: Site) -> list[Value]:
        """The items that a value is unpacked to, `count` of them where that is known."""
        value = self.shape_items(value)
        if isinstance(value, Choice):
            value = self.as_operand(value, site)
            if isinstance(value, Choice):
                lists = [option for option in value.options if isinstance(option, Seq)]
                value = self.join(list(lists), site) if lists else value
        if isinstance(value, Seq):
            if value.many and value.items and count is not None:
                return [self._another(value.items[0], site) for _ in range(count)]
            return list(value.items)
        if isinstance(value, Mapping):
            return [Const(key) for key in value.items]
        if isinstance(value, Tensor):
            parts = self.m.emit("unbind", {"x": value, "axis": integer(0)}, site, "unpack")
            if isinstance(parts, Seq) and not parts.many and (count is None or len(parts.items) == count):
                return list(parts.items)
            if count is not None:
                return [
                    self.m.emit("index", {"x": value, "items": Seq([integer(n)])}, site, "unpack") for n in range(count)
                ]
            return [parts.items[0]] if isinstance(parts, Seq) and parts.items else []
        found = []
        for number in range(count or 0):
            item = self.subscripts.get(value, [integer(number)], site)
            found.append(item)
        return found

    def _another(self, value: Value, site: Site) -> Value:
        """One more value like the example that stands for many: a tensor of its own."""
        if not isinstance(value, Tensor):
            return value
        return self.m.give("identity", {"x": value}, site, value.shape)

    def lay_out(self, value: Value, site: Site) -> list[Value]:
        """What `*value` puts into a display or call."""
        value = self.shape_items(value)
        if isinstance(value, Seq | Tensor) and not (isinstance(value, Seq) and value.many):
            return self.items(value, None, site)
        if isinstance(value, Seq) and value.items and isinstance(value.items[0], Instance | Layer):
            # `nn.Sequential(*[Block() for _ in range(n)])`: one block stands for all.
            return list(value.items)
        if isinstance(value, Unknown) and value.reason.startswith("a part of a shape"):
            # A view reads this as sizes that it does not know, in front of those that it does.
            return [Seq([], many=True)]
        return [Unknown("a starred value that is not followed")]

    def rounds(self, iterable: Value, site: Site, loop: Site, most: int = MAX_ROUNDS) -> tuple[list[Value], bool]:
        """The values that a loop's target takes, `most` of them one by one, and whether there may be any number."""
        iterable = self.shape_items(iterable)
        if isinstance(iterable, Choice):
            lists = [option for option in iterable.options if isinstance(option, Seq)]
            iterable = lists[0] if lists else iterable
        if isinstance(iterable, Layer) and isinstance(iterable.config.get("children"), Seq):
            iterable = iterable.config["children"]
        if isinstance(iterable, Seq) and not iterable.many and len(iterable.items) <= most:
            return list(iterable.items), False
        if isinstance(iterable, Seq) and iterable.items:
            first = iterable.items[0]
            return [first, iterable.items[-1]], True
        if isinstance(iterable, Seq):
            return [], not iterable.many
        if isinstance(iterable, Const) and isinstance(iterable.value, str) and len(iterable.value) <= MAX_ROUNDS + 2:
            return [Const(letter) for letter in iterable.value], False
        if isinstance(iterable, Mapping) and iterable.items and len(iterable.items) <= most:
            return [Const(key) for key in iterable.items], False
        if isinstance(iterable, Tensor):
            parts = self.m.emit("unbind", {"x": iterable, "axis": integer(0)}, site, "iterate")
            items = list(parts.items[:1]) if isinstance(parts, Seq) else []
            return (items or [self.m.unknown("an item of a tensor", site, {"x": iterable})]) * 2, True
        del loop
        item = self.m.unknown("an item of a value that is not followed", site, {"x": iterable})
        item.weights = isinstance(iterable, Unknown) and holds_weights(iterable)
        return [item, item], True

    def counting(self, stop: Value) -> Seq:
        """What `range` gives: its numbers where there are few, else one that stands for all."""
        number = as_int(stop)
        if number is not None and 0 <= number <= MAX_ROUNDS:
            return Seq([integer(n) for n in range(number)], "list")
        return Seq([Size(dims.unknown("a loop's counter"))], "list", many=True)

    def make_class(self, node: ir.Class, scope: Scope) -> ClassValue:
        """Run a class's body for its members."""
        inner = scope.child("class")
        bases = tuple(self.expr(base, scope) for base in node.bases)
        # A class outlives the branch and the trace that first reads it.
        journal, self.m.journal = self.m.journal, Journal()
        self.statements.block(node.body, inner)
        self.m.journal = journal
        cls = ClassValue(node, scope, bases, inner.names)
        for name, value in list(inner.names.items()):
            if isinstance(value, Func) and value.owner is None:
                inner.names[name] = Func(value.node, scope if value.scope is inner else value.scope, None, cls)
        if self.m.own is not None and scope.kind == "module":
            for name in inner.names:
                inner.names[name] = self.m.own.defined(scope.path, f"{node.name}.{name}") or inner.names[name]
        return cls

    def decorator_name(self, expr: ir.Expr) -> str:
        """The dotted text of a decorator, without its arguments."""
        match expr:
            case ir.Name(_, name):
                return name
            case ir.Attr(_, value, name):
                return f"{self.decorator_name(value)}.{name}"
            case ir.Call(_, func):
                return self.decorator_name(func)
            case _:
                return ""
