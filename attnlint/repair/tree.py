"""Where a node of the source stands: around it, in its statement and its function, and how tightly it binds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

import libcst as cst

from attnlint.diagnostic import Span
from attnlint.ir import Site
from attnlint.lower.piece import Piece
from attnlint.rows import lines_of

# How tightly Python's operators bind, loosest first; what is written in one piece binds tightest.
LOOSEST, COMPARED, SUM, PRODUCT, UNARY, POWER, PRIMARY = 0, 6, 10, 11, 12, 13, 15
_OPERATORS: dict[type[cst.CSTNode], int] = {
    cst.BitOr: COMPARED, cst.BitXor: 7, cst.BitAnd: 8, cst.LeftShift: 9, cst.RightShift: 9,
    cst.Add: SUM, cst.Subtract: SUM,
    cst.Multiply: PRODUCT, cst.Divide: PRODUCT, cst.FloorDivide: PRODUCT, cst.Modulo: PRODUCT,
    cst.MatrixMultiply: PRODUCT, cst.Power: POWER, cst.And: 3, cst.Or: 2,
}  # fmt: skip
_OTHERS: dict[type[cst.CSTNode], int] = {
    cst.Lambda: 0, cst.IfExp: 1, cst.NamedExpr: 0, cst.Comparison: 5, cst.UnaryOperation: UNARY, cst.Await: 14,
    cst.Yield: 0,
}  # fmt: skip

Node = TypeVar("Node", bound=cst.CSTNode)


@lru_cache(maxsize=16)
def _parents(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    queue: list[cst.CSTNode] = [module]
    while queue:
        node = queue.pop()
        for child in node.children:
            found[child] = node
            queue.append(child)
    return found


def piece_of(site: Site) -> Piece:
    """The piece of source that a place is in."""
    assert isinstance(site.piece, Piece)
    return site.piece


def node_of(site: Site) -> cst.CSTNode:
    """The node of libcst's tree that stands at a place."""
    assert isinstance(site.node, cst.CSTNode)
    return site.node


def around(site: Site) -> Iterator[Site]:
    """The nodes that a place stands in, from the nearest outwards."""
    parents = _parents(piece_of(site).module)
    node = parents.get(node_of(site))
    while node is not None:
        yield Site(site.piece, node)
        node = parents.get(node)


def at(site: Site, node: cst.CSTNode) -> Site:
    """The place of another node of the same piece."""
    return Site(site.piece, node)


def statement(site: Site) -> Site | None:
    """The statement that a place stands in; None where it shares its line with the head of its block."""
    for each in (site, *around(site)):
        node = each.node
        if isinstance(node, cst.SimpleStatementSuite):
            return None
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            return each
    return None


def function(site: Site) -> Site | None:
    """The function that a place stands in; None at module level."""
    return next((each for each in around(site) if isinstance(each.node, cst.FunctionDef)), None)


def only_target(site: Site) -> Site | None:
    """What an expression is assigned to, where it is the whole value of an assignment to one target."""
    parent = next(around(site), None)
    node = parent.node if parent is not None else None
    return at(site, node.targets[0].target) if isinstance(node, cst.Assign) and len(node.targets) == 1 else None


def shares_its_line(statement: Site) -> bool:
    """Whether several statements stand on one line, so that none of them can be taken by its lines."""
    node = statement.node
    return isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1


def comment_behind(statement: Site) -> str:
    """The comment at the end of a simple statement's line."""
    node = statement.node
    comment = node.trailing_whitespace.comment if isinstance(node, cst.SimpleStatementLine) else None
    return comment.value if comment is not None else ""


def is_deferred(site: Site) -> bool:
    """Whether an expression is carried out by itself, or not at all: in a lambda, a comprehension, a choice."""
    for each in around(site):
        if isinstance(each.node, cst.Lambda | cst.BaseComp | cst.IfExp | cst.BooleanOperation):
            return True
        if isinstance(each.node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            return False
    return False


def is_read_after(statement: Site, name: str) -> bool:
    """Whether a name that a statement reads is read again, in it or behind it, before it is given another value."""
    within = [n.value for n in inside(statement, cst.Assign)]
    if any(sum(each.value == name for each in inside(at(statement, value), cst.Name)) > 1 for value in within):
        return True
    scope = function(statement) or next((e for e in around(statement) if isinstance(e.node, cst.Module)), None)
    later = inside(scope, cst.SimpleStatementLine) if scope is not None else ()
    behind = sorted((at(statement, n) for n in later), key=lambda each: each.span)
    for each in behind:
        if each.span <= statement.span or name not in names(each):
            continue
        values = [n.value for n in inside(each, cst.Assign) if isinstance(n.value, cst.CSTNode)]
        read = any(name in names(at(each, value)) for value in values)
        return read or name not in assigned(each) or not values
    return False


def block(site: Site) -> list[Site]:
    """The statements of the block that a statement stands in, itself among them."""
    parent = next(around(site), None)
    body = getattr(parent.node, "body", ()) if parent is not None else ()
    return [at(site, node) for node in body if isinstance(node, cst.CSTNode)] if isinstance(body, tuple | list) else []


def _slice(piece: Piece, span: Span) -> str:
    lines = lines_of(piece.text)
    rows = lines[span.row - piece.first_row : span.end_row - piece.first_row + 1]
    rows[-1] = rows[-1][: span.end_column - 1]
    rows[0] = rows[0][span.column - 1 :]
    return "".join(rows)


def source(site: Site) -> str:
    """The source text of a node, without parentheses around it."""
    return _slice(piece_of(site), site.span)


def whole_span(site: Site) -> Span:
    """The span of a node with the parentheses around it."""
    node = node_of(site)
    left: tuple[cst.CSTNode, ...] = tuple(getattr(node, "lpar", ()))
    right: tuple[cst.CSTNode, ...] = tuple(getattr(node, "rpar", ()))
    if not left:
        return site.span
    first, last = at(site, left[0]).span, at(site, right[-1]).span
    return Span(first.row, first.column, last.end_row, last.end_column)


def is_enclosed(site: Site) -> bool:
    """Whether a node has parentheses of its own around it."""
    return bool(getattr(node_of(site), "lpar", ()))


def strength(site: Site) -> int:
    """How tightly a node binds, from `LOOSEST` to `PRIMARY`."""
    node = node_of(site)
    if is_enclosed(site):
        return PRIMARY
    if isinstance(node, cst.BinaryOperation | cst.BooleanOperation):
        return _OPERATORS[type(node.operator)]
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        return 4
    if isinstance(node, cst.Tuple):
        return LOOSEST
    return _OTHERS.get(type(node), PRIMARY)


def holds_lines(site: Site, text: str) -> bool:
    """Whether the parentheses around a node keep lines together, or a word before it apart."""
    span = whole_span(site)
    before = _slice(piece_of(site), Span(span.row, 1, span.row, span.column))[-1:]
    return "\n" in text or span.row != span.end_row or before.isalnum()


def bare(site: Site, level: int) -> str:
    """The source text of a node for a place that has the parentheses which are around it, if any."""
    node = node_of(site)
    inner = at(site, node.with_changes(lpar=(), rpar=())) if is_enclosed(site) else site
    text = source(site)
    return text if strength(inner) >= level else f"({text})"


def operand(site: Site, level: int = PRIMARY) -> str:
    """The source text of a node as it may stand where something that binds at least so tightly is wanted."""
    if is_enclosed(site):
        return _slice(piece_of(site), whole_span(site))
    text = source(site)
    return text if strength(site) >= level else f"({text})"


def wanted(site: Site) -> int:
    """How tightly what takes the place of a node must bind."""
    node = node_of(site)
    parent = next(around(site), None)
    if parent is None or is_enclosed(site):
        return LOOSEST
    outer = parent.node
    if isinstance(outer, cst.Attribute | cst.Subscript) and outer.value is node:
        return PRIMARY
    if isinstance(outer, cst.Call) and outer.func is node:
        return PRIMARY
    if isinstance(outer, cst.BinaryOperation):
        level = _OPERATORS[type(outer.operator)]
        return level + (outer.right is node)
    if isinstance(outer, cst.UnaryOperation):
        return UNARY
    if isinstance(outer, cst.Comparison | cst.ComparisonTarget):
        return COMPARED
    return LOOSEST


def spliced(site: Site, parts: dict[Site, str]) -> str:
    """The source text of a node with other text in the place of some nodes within it, parentheses and all."""
    text = source(site)
    start = site.span
    starts = [0]
    for line in lines_of(text):
        starts.append(starts[-1] + len(line))

    def offset(row: int, column: int) -> int:
        return starts[row - start.row] + column - (start.column if row == start.row else 1)

    spans = {part: whole_span(part) for part in parts}
    for part in sorted(parts, key=lambda each: spans[each], reverse=True):
        span = spans[part]
        first, last = offset(span.row, span.column), offset(span.end_row, span.end_column)
        text = text[:first] + parts[part] + text[last:]
    return text


def assigned(statement: Site) -> set[str]:
    """The names that a statement gives a value to."""
    found: set[str] = set()
    for node in _within(statement):
        if isinstance(node, cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.For):
            target = node.target
            for each in target.elements if isinstance(target, cst.Tuple | cst.List) else [target]:
                inner = getattr(each, "value", each) if not isinstance(each, cst.Name) else each
                found.update([inner.value] if isinstance(inner, cst.Name) else [])
    return found


def simple(site: Site) -> bool:
    """Whether a node is a name, an attribute or an item of one, so that it may be written twice."""
    node = node_of(site)
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def inside(site: Site, kind: type[Node]) -> Iterator[Node]:
    """The nodes of one kind within a node, itself among them, in no order."""
    return (node for node in _within(site) if isinstance(node, kind))


def _within(site: Site) -> Iterator[cst.CSTNode]:
    queue = [node_of(site)]
    while queue:
        node = queue.pop()
        yield node
        queue.extend(node.children)


def names(site: Site) -> set[str]:
    """Every name that stands in a node."""
    return {node.value for node in inside(site, cst.Name)}


def names_around(site: Site) -> set[str]:
    """Every name in the function that a place stands in; none at module level."""
    here = function(site)
    return names(here) if here is not None else set()
