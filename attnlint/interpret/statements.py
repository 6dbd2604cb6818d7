"""Runs statements of the IR; a branch that cannot be decided is taken both ways and joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attnlint import ir
from attnlint.interpret.joining import join
from attnlint.state import Change, Scope
from attnlint.tensor import Shape, Tensor, axis
from attnlint.trace import Branch
from attnlint.values import (
    NONE,
    Choice,
    Func,
    Instance,
    Lazy,
    ShapeOf,
    Unknown,
    Value,
    as_bool,
    as_dim,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter


class Statements:
    """Each method returns whether what stands behind the statement can be reached."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self._table: dict[type[ir.Stmt], Callable[[Any, Scope], bool]] = {
            ir.Assign: self._assign,
            ir.ExprStmt: self._expression,
            ir.Return: self._return,
            ir.If: self._if,
            ir.Loop: self._loop,
            ir.With: self._with,
            ir.Try: self._try,
            ir.Match: self._match,
            ir.Function: self._define,
            ir.Class: self._define,
            ir.Import: self._import,
            ir.Leave: self._leave,
            ir.Outer: self._outer,
        }

    def block(self, block: ir.Block, scope: Scope) -> bool:
        """Run statements in order."""
        m = self.i.m
        for statement in block:
            m.step()
            reached = self._run(statement, scope)
            if m.after is not None and m.frame.begins and scope.kind == "function":
                m.after()
            if not reached:
                return False
        if block.comments:
            self.i.binding.comments(block.comments, "", scope)
        return True

    def _run(self, stmt: ir.Stmt, scope: Scope) -> bool:
        comments = getattr(stmt, "comments", ())
        if comments and not isinstance(stmt, ir.Function | ir.Class):
            self.i.binding.comments(comments, "", scope)
        return self._table[type(stmt)](stmt, scope)

    def _expression(self, stmt: ir.ExprStmt, scope: Scope) -> bool:
        self.i.binding.comments((), stmt.trailing, scope)
        self.i.expr(stmt.value, scope)
        return True

    def _return(self, stmt: ir.Return, scope: Scope) -> bool:
        self.i.binding.comments((), stmt.trailing, scope)
        value = self.i.expr(stmt.value, scope) if stmt.value is not None else NONE
        self.i.returned(value, stmt.site)
        return False

    def _with(self, stmt: ir.With, scope: Scope) -> bool:
        for item, target in stmt.items:
            value = self.i.expr(item, scope)
            if target is not None:
                self.i.binding.assign(target, value, scope, stmt.site)
        return self.block(stmt.body, scope)

    def _match(self, stmt: ir.Match, scope: Scope) -> bool:
        self.i.expr(stmt.subject, scope)
        return self._branches([*stmt.cases, ir.Block()], scope, stmt)

    def _define(self, stmt: ir.Function | ir.Class, scope: Scope) -> bool:
        value: Value
        if isinstance(stmt, ir.Function):
            value = self.i.transforms.decorated(Func(stmt, scope), scope)
        else:
            value = self.i.make_class(stmt, scope)
        self.i.m.journal.write(scope.names, stmt.name, value)
        return True

    def _import(self, stmt: ir.Import, scope: Scope) -> bool:
        for local, dotted in stmt.names:
            self.i.m.journal.write(scope.names, local, Lazy(dotted))
        for module in stmt.star:
            self.i.modules.star(module, scope)
        return True

    def _assign(self, stmt: ir.Assign, scope: Scope) -> bool:
        self.i.binding.before(stmt, scope)
        if stmt.value is None:
            return True
        value = self.i.expr(stmt.value, scope)
        if stmt.op:
            before = self.i.expr(stmt.targets[0], scope)
            value = self.i.expr.binary(stmt.op, before, value, stmt.site)
            if isinstance(before, Tensor) and isinstance(value, Tensor):
                self.i.m.replace(before, value)
        if stmt.annotation:
            self.i.names.annotate(value, stmt.annotation, scope)
        self.i.binding.beside(stmt.targets, value, stmt.trailing, scope)
        for target in stmt.targets:
            self.i.binding.assign(target, value, scope, stmt.site, stmt.trailing)
        return True

    def _leave(self, stmt: ir.Leave, scope: Scope) -> bool:
        if stmt.value is not None and stmt.kind == "assert":
            self.i.expr(stmt.value, scope)
            self.narrow(stmt.value, True, scope, keep=True)
        return stmt.kind == "assert"

    def _outer(self, stmt: ir.Outer, scope: Scope) -> bool:
        for name in stmt.names:
            holder = scope.parent.holder(name) if stmt.nonlocal_ and scope.parent is not None else None
            scope.outer[name] = holder or scope.root
        return True

    def truth(self, test: ir.Expr, scope: Scope) -> bool | None:
        """Whether a condition holds; None where that is decided at run time."""
        value = self.i.expr(test, scope)
        return False if is_none(value) else as_bool(value)

    def _if(self, stmt: ir.If, scope: Scope) -> bool:
        truth = self.truth(stmt.test, scope)
        if truth is not None:
            with self.i.m.within(branch=Branch(stmt.site, int(not truth), decided=True)):
                return self.block(stmt.body if truth else stmt.orelse, scope)
        return self._branches([stmt.body, stmt.orelse], scope, stmt, stmt.test)

    def _branches(self, blocks: list[ir.Block], scope: Scope, stmt: ir.Stmt, test: ir.Expr | None = None) -> bool:
        m = self.i.m
        ends: list[list[Change]] = []
        for number, block in enumerate(blocks):
            mark = m.journal.mark()
            if test is not None:
                self.narrow(test, number == 0, scope)
            with m.within(branch=Branch(stmt.site, number)):
                reached = self.block(block, scope)
            changes = m.journal.undo(mark)
            if reached:
                ends.append(changes)
        if not ends:
            return False
        joined = ends[0]
        for changes in ends[1:]:
            mark = m.journal.mark()
            m.journal.merge(joined, changes, lambda a, b: join(m, a, b, stmt.site))
            joined = m.journal.undo(mark)
        if len(ends) == 1 and len(blocks) > 1:
            for change in joined:
                change.narrowed = False
        m.journal.redo(joined)
        return True

    def narrow(self, test: ir.Expr, holds: bool, scope: Scope, keep: bool = False) -> None:
        """What a condition tells of the names in it, on the branch where it holds or does not."""
        match test:
            case ir.Unary(_, "not", inner):
                self.narrow(inner, not holds, scope, keep)
            case ir.BoolOp(_, op, left, right) if (op == "and") is holds:
                self.narrow(left, holds, scope, keep)
                self.narrow(right, holds, scope, keep)
            case ir.Compare(_, left, ((("is" | "is not") as op, right),)) if _is_none_literal(right):
                self._settle(left, is_none_now=(op == "is") is holds, scope=scope, keep=keep)
            case ir.Compare(_, left, ((("eq" | "ne") as op, right),)) if (op == "eq") is holds:
                self._shape_is(left, right, scope)
            case ir.Name() | ir.Attr():
                value = self.i.expr(test, scope)
                if holds or (
                    isinstance(value, Choice) and all(is_none(o) or isinstance(o, Tensor) for o in value.options)
                ):
                    self._settle(test, is_none_now=not holds, scope=scope, keep=keep)

    def _shape_is(self, left: ir.Expr, right: ir.Expr, scope: Scope) -> None:
        """`if x.size() != (b, t, d): raise`: the author's own check is worth more than what was traced."""
        if not isinstance(left, ir.Call | ir.Attr) or not isinstance(right, ir.Display):
            return
        asked = self.i.expr(left, scope)
        sizes = [as_dim(self.i.expr(item, scope)) for item in right.items]
        if not isinstance(asked, ShapeOf) or None in sizes or any(isinstance(i, ir.Starred) for i in right.items):
            return
        known = asked.tensor.shape
        if known.open or len(known.axes) != len(sizes):
            asked.tensor.shape = Shape(tuple(axis(size) for size in sizes if size is not None))

    def _settle(self, target: ir.Expr, is_none_now: bool, scope: Scope, keep: bool) -> None:
        value = self.i.expr(target, scope)
        narrowed: Value
        if is_none_now:
            narrowed = NONE
        elif isinstance(value, Choice):
            options = tuple(option for option in value.options if not is_none(option))
            narrowed = options[0] if len(options) == 1 else Choice(options)
        else:
            return
        if narrowed is value or (isinstance(value, Tensor | Instance) and not is_none_now):
            return
        match target:
            case ir.Name(_, name):
                holder = scope.holder(name)
                if holder is not None:
                    self.i.m.journal.write(holder.names, name, narrowed, narrowing=not keep)
            case ir.Attr(_, owner_expr, name):
                owner = self.i.expr(owner_expr, scope)
                if isinstance(owner, Instance | Unknown) and name in owner.attrs:
                    self.i.m.journal.write(owner.attrs, name, narrowed, narrowing=not keep)

    def _loop(self, stmt: ir.Loop, scope: Scope) -> bool:
        m = self.i.m
        if stmt.target is None:
            truth = self.truth(stmt.iterable, scope)
            if truth is False:
                return self.block(stmt.orelse, scope)
            rounds: list[Value] = [NONE, NONE]
            many = True
        else:
            rounds, many = self.i.rounds(self.i.expr(stmt.iterable, scope), stmt.iterable.site, stmt.site)
        for item in rounds:
            if stmt.target is not None:
                self.i.binding.assign(stmt.target, item, scope, stmt.site)
            mark = m.journal.mark()
            with m.within(loop=stmt.site if many else None):
                reached = self.block(stmt.body, scope)
            if not reached:
                # Break, continue or return somewhere inside: what happened before it still stands.
                changes = m.journal.undo(mark)
                m.journal.redo(changes)
        self.block(stmt.orelse, scope)
        return True

    def _try(self, stmt: ir.Try, scope: Scope) -> bool:
        m = self.i.m
        reached = self.block(stmt.body, scope) and self.block(stmt.orelse, scope)
        for number, handler in enumerate(stmt.handlers):
            mark = m.journal.mark()
            with m.within(branch=Branch(stmt.site, number)):
                survived = self.block(handler, scope)
            changes = m.journal.undo(mark)
            if survived and reached:
                m.journal.merge([], changes, lambda a, b: join(m, a, b, stmt.site))
            elif survived:
                m.journal.redo(changes)
            reached |= survived
        return self.block(stmt.final, scope) and reached


def _is_none_literal(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and expr.value is None
