"""Expressions of libcst's tree as the IR's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from attnlint import ir
from attnlint.ir import Site
from attnlint.lower.piece import Piece

_BINARY = {
    cst.Add: "add", cst.Subtract: "sub", cst.Multiply: "mul", cst.Divide: "div", cst.FloorDivide: "floordiv",
    cst.Modulo: "mod", cst.Power: "pow", cst.MatrixMultiply: "matmul", cst.BitAnd: "and", cst.BitOr: "or",
    cst.BitXor: "xor", cst.LeftShift: "lshift", cst.RightShift: "rshift",
}  # fmt: skip
AUGMENTED = {
    cst.AddAssign: "add", cst.SubtractAssign: "sub", cst.MultiplyAssign: "mul", cst.DivideAssign: "div",
    cst.FloorDivideAssign: "floordiv", cst.ModuloAssign: "mod", cst.PowerAssign: "pow",
    cst.MatrixMultiplyAssign: "matmul", cst.BitAndAssign: "and", cst.BitOrAssign: "or", cst.BitXorAssign: "xor",
    cst.LeftShiftAssign: "lshift", cst.RightShiftAssign: "rshift",
}  # fmt: skip
_UNARY = {cst.Minus: "neg", cst.Plus: "pos", cst.Not: "not", cst.BitInvert: "invert"}
_COMPARE = {
    cst.Equal: "eq", cst.NotEqual: "ne", cst.LessThan: "lt", cst.LessThanEqual: "le", cst.GreaterThan: "gt",
    cst.GreaterThanEqual: "ge", cst.Is: "is", cst.IsNot: "is not", cst.In: "in", cst.NotIn: "not in",
}  # fmt: skip


class ExpressionLowering:
    """Lowers the expressions of one piece; one small method a kind of node, found by its type."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self._table: dict[type[cst.CSTNode], Callable[[Any, Site], ir.Expr]] = {
            cst.Name: lambda n, s: _name(n, s),
            cst.Attribute: lambda n, s: ir.Attr(s, self(n.value), n.attr.value),
            cst.Call: self._call,
            cst.Subscript: self._subscript,
            cst.Integer: lambda n, s: ir.Const(s, int(n.value.replace("_", ""), 0)),
            cst.Float: lambda n, s: ir.Const(s, float(n.value)),
            cst.SimpleString: lambda n, s: ir.Const(s, n.evaluated_value),
            cst.ConcatenatedString: self._concatenated,
            cst.FormattedString: self._formatted,
            cst.Ellipsis: lambda n, s: ir.Const(s, ...),
            cst.Tuple: lambda n, s: ir.Display(s, "tuple", self._elements(n.elements)),
            cst.List: lambda n, s: ir.Display(s, "list", self._elements(n.elements)),
            cst.Set: lambda n, s: ir.Display(s, "set", self._elements(n.elements)),
            cst.Dict: self._dict,
            cst.BinaryOperation: lambda n, s: ir.Bin(s, _BINARY[type(n.operator)], self(n.left), self(n.right)),
            cst.UnaryOperation: lambda n, s: ir.Unary(s, _UNARY[type(n.operator)], self(n.expression)),
            cst.BooleanOperation: self._boolean,
            cst.Comparison: self._comparison,
            cst.IfExp: lambda n, s: ir.IfExp(s, self(n.test), self(n.body), self(n.orelse)),
            cst.Lambda: lambda n, s: ir.Lambda(s, self.params(n.params), self(n.body)),
            cst.GeneratorExp: self._comprehension,
            cst.ListComp: self._comprehension,
            cst.SetComp: self._comprehension,
            cst.DictComp: self._comprehension,
            cst.NamedExpr: lambda n, s: ir.Walrus(s, self(n.target), self(n.value)),
            cst.Await: lambda n, s: self(n.expression),
            cst.Yield: self._yield,
        }

    def __call__(self, node: cst.CSTNode) -> ir.Expr:
        """Lower one expression; a kind that is not followed says so."""
        site = Site(self.piece, node)
        lower = self._table.get(type(node))
        if lower is None:
            return ir.Opaque(site, f"{type(node).__name__} is not followed")
        return lower(node, site)

    def params(self, node: cst.Parameters) -> tuple[ir.Param, ...]:
        """Lower a parameter list, in the order of the source."""
        found = [self._param(p) for p in [*node.posonly_params, *node.params]]
        if isinstance(node.star_arg, cst.Param):
            found.append(self._param(node.star_arg, "*"))
        found.extend(self._param(p, keyword_only=True) for p in node.kwonly_params)
        if node.star_kwarg is not None:
            found.append(self._param(node.star_kwarg, "**"))
        return tuple(found)

    def text(self, node: cst.CSTNode) -> str:
        """The source text of a node."""
        return self.piece.module.code_for_node(node).strip()

    def _param(self, node: cst.Param, kind: str = "", keyword_only: bool = False) -> ir.Param:
        annotation = self.text(node.annotation.annotation) if node.annotation else ""
        default = self(node.default) if node.default else None
        comment = ""
        for space in (getattr(node.comma, "whitespace_after", None), node.whitespace_after_param):
            first = getattr(space, "first_line", None)
            if first is not None and first.comment is not None:
                comment = first.comment.value
        return ir.Param(node.name.value, default, annotation, kind, comment, keyword_only)

    def _call(self, node: cst.Call, site: Site) -> ir.Expr:
        args = tuple(ir.Arg(self(arg.value), arg.keyword.value if arg.keyword else None, arg.star) for arg in node.args)
        return ir.Call(site, self(node.func), args)

    def _subscript(self, node: cst.Subscript, site: Site) -> ir.Expr:
        items = tuple(self._subscript_item(element.slice, site) for element in node.slice)
        is_tuple = len(items) > 1 or isinstance(node.slice[0].comma, cst.Comma)
        if len(items) == 1 and isinstance(items[0], ir.Display) and items[0].kind == "tuple":
            return ir.Index(site, self(node.value), items[0].items, True)
        return ir.Index(site, self(node.value), items, is_tuple)

    def _subscript_item(self, node: cst.BaseSlice, site: Site) -> ir.Expr:
        if isinstance(node, cst.Index):
            value = self(node.value)
            return ir.Starred(value.site, value) if node.star else value
        assert isinstance(node, cst.Slice)
        ends = [self(end) if end is not None else None for end in (node.lower, node.upper, node.step)]
        return ir.Slice(Site(self.piece, node), *ends)

    def _elements(self, elements: Sequence[cst.BaseElement]) -> tuple[ir.Expr, ...]:
        lowered = []
        for element in elements:
            value = self(element.value)
            lowered.append(ir.Starred(value.site, value) if isinstance(element, cst.StarredElement) else value)
        return tuple(lowered)

    def _dict(self, node: cst.Dict, site: Site) -> ir.Expr:
        items: list[tuple[ir.Expr | None, ir.Expr]] = []
        for element in node.elements:
            key = self(element.key) if isinstance(element, cst.DictElement) else None
            items.append((key, self(element.value)))
        return ir.DictDisplay(site, tuple(items))

    def _concatenated(self, node: cst.ConcatenatedString, site: Site) -> ir.Expr:
        sides = (node.left, node.right)
        if not any(isinstance(side, cst.FormattedString | cst.ConcatenatedString) for side in sides):
            return ir.Const(site, node.evaluated_value)
        parts = [self(side) for side in sides]
        inner = tuple(each for part in parts if isinstance(part, ir.Opaque) for each in part.inner)
        is_formatted = any(isinstance(part, ir.Opaque) for part in parts)
        return ir.Opaque(site, "an f-string", inner) if is_formatted else ir.Const(site, node.evaluated_value)

    def _formatted(self, node: cst.FormattedString, site: Site) -> ir.Expr:
        inner = tuple(self(part.expression) for part in node.parts if isinstance(part, cst.FormattedStringExpression))
        return ir.Opaque(site, "an f-string", inner)

    def _boolean(self, node: cst.BooleanOperation, site: Site) -> ir.Expr:
        kind = "and" if isinstance(node.operator, cst.And) else "or"
        return ir.BoolOp(site, kind, self(node.left), self(node.right))

    def _comparison(self, node: cst.Comparison, site: Site) -> ir.Expr:
        rest = tuple((_COMPARE[type(target.operator)], self(target.comparator)) for target in node.comparisons)
        return ir.Compare(site, self(node.left), rest)

    def _comprehension(self, node: Any, site: Site) -> ir.Expr:
        kinds: dict[type, str] = {cst.ListComp: "list", cst.SetComp: "set", cst.DictComp: "dict"}
        kind = kinds.get(type(node), "generator")
        clauses = []
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            tests = tuple(self(test.test) for test in clause.ifs)
            clauses.append((self(clause.target), self(clause.iter), tests))
            clause = clause.inner_for_in
        if kind == "dict":
            return ir.Comp(site, kind, self(node.value), tuple(clauses), self(node.key))
        return ir.Comp(site, kind, self(node.elt), tuple(clauses))

    def _yield(self, node: cst.Yield, site: Site) -> ir.Expr:
        value = getattr(node.value, "item", node.value)
        return ir.Opaque(site, "a yield", (self(value),) if value is not None else ())


def _name(node: cst.Name, site: Site) -> ir.Expr:
    if node.value in _CONSTANTS:
        return ir.Const(site, _CONSTANTS[node.value])
    return ir.Name(site, node.value)


_CONSTANTS: dict[str, object] = {"None": None, "True": True, "False": False}
