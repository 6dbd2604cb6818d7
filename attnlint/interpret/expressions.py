"""Evaluates expressions of the IR to values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attnlint import dims, ir
from attnlint.interpret.binding import mark_parameters, mark_weight
from attnlint.interpret.joining import join
from attnlint.interpret.numbers import arithmetic, compare, could_be_tensor, is_number
from attnlint.ir import Site
from attnlint.state import Scope
from attnlint.tensor import Tensor
from attnlint.trace import Branch
from attnlint.values import (
    NONE,
    Choice,
    Const,
    Func,
    Instance,
    Lazy,
    Mapping,
    Seq,
    ShapeOf,
    Size,
    SliceValue,
    Unknown,
    Value,
    as_bool,
    as_dim,
    as_str,
    integer,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

_COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})

# So many items of a dict are followed one by one, and so many rounds of anything else.
MAX_ITEMS, MAX_ROUNDS = 40, 6
# An attribute or item of something unknown is a number where it meets one, unless it is called what no number is.
_TENSORS = re.compile(r"mask|bias|logits|scores|_ids$|tokens$|embeddings?$", re.I)


class Expressions:
    """One small method a kind of expression."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self._table: dict[type[Any], Callable[[Any, Scope], Value]] = {
            ir.Const: lambda e, s: constant(e.value),
            ir.Name: self._name,
            ir.Attr: self._attr,
            ir.Call: lambda e, s: self.i.calls.evaluate(e, s),
            ir.Index: lambda e, s: self.i.subscripts.evaluate(e, s),
            ir.Slice: self._slice,
            ir.Display: self._display,
            ir.DictDisplay: self._dict,
            ir.Bin: self._bin,
            ir.Unary: self._unary,
            ir.Compare: self._compare,
            ir.BoolOp: self._bool_op,
            ir.IfExp: self._if,
            ir.Lambda: lambda e, s: Func(e, s),
            ir.Comp: self._comprehension,
            ir.Starred: lambda e, s: self(e.value, s),
            ir.Walrus: self._walrus,
            ir.Opaque: self._opaque,
        }

    def __call__(self, expr: ir.Expr, scope: Scope) -> Value:
        """The value of an expression, as it stands after every in-place op so far."""
        value = self._table[type(expr)](expr, scope)
        return self.i.m.settled(value) if self.i.m.inplace else value

    def _name(self, expr: ir.Name, scope: Scope) -> Value:
        holder = scope.holder(expr.id)
        if holder is not None:
            value = holder.names[expr.id]
            if isinstance(value, Lazy | Choice):
                value = self.i.force(holder, expr.id)
            if isinstance(value, Unknown) and value.free:
                self.i.m.trace.is_fragment = True
            return value
        own = self.i.modules.own(expr.id, scope)
        return own if own is not None else self.i.names.free(expr.id, expr.site)

    def _attr(self, expr: ir.Attr, scope: Scope) -> Value:
        value = expr.value
        if isinstance(value, ir.Call) and isinstance(value.func, ir.Name) and value.func.id == "super":
            return self.i.calls.through_super(expr.name, scope, expr.site)
        return self.i.attributes.get(self(value, scope), expr.name, expr.site)

    def _slice(self, expr: ir.Slice, scope: Scope) -> Value:
        ends = [self(end, scope) if end is not None else None for end in (expr.lower, expr.upper, expr.step)]
        return SliceValue(*ends)

    def _display(self, expr: ir.Display, scope: Scope) -> Value:
        return Seq(self.spread(expr.items, scope), "tuple" if expr.kind == "tuple" else "list")

    def spread(self, exprs: tuple[ir.Expr, ...], scope: Scope) -> list[Value]:
        """Items of a display or call, starred ones laid out; one that cannot be laid out becomes one unknown."""
        items: list[Value] = []
        for expr in exprs:
            value = self(expr, scope)
            if isinstance(expr, ir.Starred):
                items.extend(self.i.lay_out(value, expr.site))
            else:
                items.append(value)
        return items

    def _dict(self, expr: ir.DictDisplay, scope: Scope) -> Value:
        result = Mapping({})
        for key, item in expr.items:
            value = self(item, scope)
            if key is None:
                if isinstance(value, Mapping):
                    result.items.update(value.items)
                result.open |= not isinstance(value, Mapping) or value.open
                continue
            name = as_str(self(key, scope))
            if name is None:
                result.open = True
            else:
                result.items[name] = value
                mark_weight(name, value)
                mark_parameters(name, value)
        return result

    def _bin(self, expr: ir.Bin, scope: Scope) -> Value:
        return self.binary(expr.op, self(expr.left, scope), self(expr.right, scope), expr.site)

    def binary(self, op: str, one: Value, other: Value, site: Site) -> Value:
        """An operator on two values: an op of the trace where a tensor takes part."""
        if op in {"floordiv", "mod", "pow"} and not isinstance(one, Tensor) and not isinstance(other, Tensor):
            one, other = self._as_number(one), self._as_number(other)
        if isinstance(one, ShapeOf) or isinstance(other, ShapeOf):
            one, other = self.i.shape_items(one), self.i.shape_items(other)
        tensors = isinstance(one, Tensor) or isinstance(other, Tensor)
        if tensors or (could_be_tensor(one) and could_be_tensor(other)) or op == "matmul":
            return self.emit_binary(op, one, other, site)
        if could_be_tensor(one) or could_be_tensor(other):
            unknown, number = (one, other) if could_be_tensor(one) else (other, one)
            if isinstance(unknown, Unknown) and self._reads_as_number(unknown) and is_number(number):
                unknown.size = unknown.size or as_dim(unknown)
            elif is_number(number) or isinstance(number, Choice):
                return self.emit_binary(op, one, other, site)
        result = arithmetic(op, one, other)
        if result is not None:
            return result
        inputs = {"a": one, "b": other}
        return self.i.m.unknown(f"{op} of values that are not followed", site, inputs)

    def emit_binary(self, op: str, one: Value, other: Value, site: Site) -> Value:
        """An elementwise op or a product; a choice between a tensor and None is the tensor."""
        args = {"a": self.i.as_operand(one, site), "b": self.i.as_operand(other, site)}
        return self.i.m.emit(op, args, site, op)

    def _reads_as_number(self, value: Unknown) -> bool:
        if value.tensor is not None or value.op is not None or _TENSORS.search(value.name):
            return False
        return not value.free and not value.parameter

    def _as_number(self, value: Value) -> Value:
        if isinstance(value, Unknown) and value.tensor is None:
            dim = as_dim(value)
            return Size(dim, value.name) if dim is not None else value
        return value

    def _unary(self, expr: ir.Unary, scope: Scope) -> Value:
        value = self(expr.value, scope)
        if expr.op == "not":
            truth = as_bool(value) if not is_none(value) else False
            return Const(not truth) if truth is not None else self.undecided("not", value, expr.site)
        if could_be_tensor(value):
            name = {"neg": "neg", "invert": "not", "pos": "identity"}[expr.op]
            return self.i.m.emit(name, {"x": self.i.as_operand(value, expr.site)}, expr.site, expr.op)
        if isinstance(value, Const) and isinstance(value.value, float):
            return Const(-value.value) if expr.op == "neg" else value
        dim = as_dim(value)
        if dim is not None and expr.op in {"neg", "pos"}:
            return Size(dims.const(0) - dim if expr.op == "neg" else dim)
        if isinstance(value, Const) and isinstance(value.value, int) and expr.op == "invert":
            return Const(not value.value) if isinstance(value.value, bool) else integer(~value.value)
        return self.i.m.unknown(f"{expr.op} of a value that is not followed", expr.site, {"x": value})

    def undecided(self, text: str, value: Value, site: Site) -> Unknown:
        """A truth that depends on what happens at run time; what it depends on is kept in its name."""
        del site
        name = value.name if isinstance(value, Unknown | Tensor) else ""
        return Unknown("a truth that is decided at run time", f"{text} {name}".strip())

    def _compare(self, expr: ir.Compare, scope: Scope) -> Value:
        left, answers = self(expr.left, scope), []
        for op, right_expr in expr.rest:
            right = self(right_expr, scope)
            tensor = isinstance(left, Tensor) or isinstance(right, Tensor)
            maybe = could_be_tensor(left) and (could_be_tensor(right) or is_number(right))
            text = isinstance(right, Const) and isinstance(right.value, str | bytes)
            if op in _COMPARISONS and not is_none(left) and not is_none(right) and (tensor or maybe) and not text:
                return self.emit_binary(op, left, right, expr.site)
            answers.append(compare(op, left, right))
            left = right
        if all(answer is True for answer in answers):
            return Const(True)
        if any(answer is False for answer in answers):
            return Const(False)
        return self.undecided("compare", left, expr.site)

    def _bool_op(self, expr: ir.BoolOp, scope: Scope) -> Value:
        left = self(expr.left, scope)
        truth = as_bool(left) if not is_none(left) else False
        if truth is not None:
            return self(expr.right, scope) if truth is (expr.op == "and") else left
        right = self(expr.right, scope)
        if isinstance(left, Unknown) and left.tensor is None and expr.op == "or" and not isinstance(right, Const):
            return right if left.maybe_none and not left.attrs else Choice((left, right))
        if isinstance(right, Const) and isinstance(right.value, bool):
            return right if right.value is (expr.op == "or") else self.undecided(expr.op, left, expr.site)
        return Choice((left, right)) if not isinstance(left, Tensor) else join(self.i.m, left, right, expr.site)

    def _if(self, expr: ir.IfExp, scope: Scope) -> Value:
        truth = self.i.statements.truth(expr.test, scope)
        if truth is not None:
            return self(expr.body if truth else expr.orelse, scope)
        m = self.i.m
        values, changes = [], []
        for wanted, branch in ((True, expr.body), (False, expr.orelse)):
            mark = m.journal.mark()
            self.i.statements.narrow(expr.test, wanted, scope)
            with m.within(branch=Branch(expr.site, int(wanted))):
                values.append(self(branch, scope))
            changes.append(m.journal.undo(mark))
        m.journal.merge(changes[0], changes[1], lambda a, b: join(m, a, b, expr.site))
        return join(m, values[0], values[1], expr.site)

    def _comprehension(self, expr: ir.Comp, scope: Scope) -> Value:
        inner = scope.child()
        items = self._clause(expr, 0, inner)
        if items.many and len(items.items) == 1 and self._is_state(items.items[0]):
            # What one of them keeps is not what another keeps.
            items = Seq([*items.items, *self._clause(expr, 0, scope.child()).items], "list", many=True)
        if expr.kind == "dict":
            keys = [as_str(pair.items[0]) for pair in items.items if isinstance(pair, Seq)]
            values = [pair.items[1] for pair in items.items if isinstance(pair, Seq)]
            known = {key: value for key, value in zip(keys, values, strict=True) if key is not None}
            for key, value in known.items():
                mark_parameters(key, value)
            return Mapping(known, items.many or None in keys)
        return Seq(items.items, "tuple" if expr.kind == "generator" else "list", items.many)

    def _is_state(self, value: Value) -> bool:
        """Whether a value is an object that is no layer, such as a cache."""
        return isinstance(value, Instance) and self.i.attributes.called(value.cls) is None

    def _clause(self, expr: ir.Comp, depth: int, scope: Scope) -> Seq:
        if depth == len(expr.clauses):
            element = self(expr.element, scope)
            return Seq([Seq([self(expr.key, scope), element]) if expr.key is not None else element])
        target, iterable, tests = expr.clauses[depth]
        most = MAX_ITEMS if expr.kind == "dict" else MAX_ROUNDS
        rounds, many = self.i.rounds(self(iterable, scope), iterable.site, expr.site, most)
        found: list[Value] = []
        for item in rounds[:1] if many else rounds:
            self.i.binding.assign(target, item, scope, expr.site)
            kept = [self.i.statements.truth(test, scope) for test in tests]
            if False in kept and not many:
                continue
            with self.i.m.within(loop=expr.site if many else None):
                inner = self._clause(expr, depth + 1, scope)
            found.extend(inner.items)
            many |= inner.many or None in kept
        return Seq(found[:1] if many else found, "list", many)

    def _walrus(self, expr: ir.Walrus, scope: Scope) -> Value:
        value = self(expr.value, scope)
        self.i.binding.assign(expr.target, value, scope, expr.site)
        return value

    def _opaque(self, expr: ir.Opaque, scope: Scope) -> Value:
        values = [self(inner, scope) for inner in expr.inner]
        if expr.reason == "a yield":
            self.i.yields.append(values[0] if values else NONE)
        if expr.reason == "an f-string":
            return Unknown("an f-string")
        return self.i.m.unknown(expr.reason, expr.site, {str(n): value for n, value in enumerate(values)})


def constant(value: object) -> Value:
    """A literal as a value: whole numbers are sizes."""
    return integer(value) if isinstance(value, int) and not isinstance(value, bool) else Const(value)
