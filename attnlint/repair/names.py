"""Where a name gets its value: the assignment, the constructor's line, the default, the field of a class."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from attnlint.ir import Site
from attnlint.lower.piece import parse_piece
from attnlint.repair import tree, words
from attnlint.repair.draft import parts_of
from attnlint.trace import Trace


def definition(trace: Trace, expression: Site, *, to_number: bool = False, depth: int = 5) -> Site | None:
    """The expression that a name or attribute has its value from, through other names of the same file.

    The walk ends before a parameter without a default, or, where `to_number` says so, only at a number.
    """
    found = next(_sources(trace, expression), None)
    if found is None or depth == 0:
        return None
    if isinstance(found.node, cst.Name | cst.Attribute):
        further = definition(trace, found, to_number=to_number, depth=depth - 1)
        if further is not None and (to_number or not _is_default(found, further)):
            return further
    return None if to_number and not isinstance(found.node, cst.Integer) else found


def number(trace: Trace, expression: Site) -> int | None:
    """The whole number that a name has in the end."""
    place = expression if isinstance(expression.node, cst.Integer) else definition(trace, expression, to_number=True)
    return int(place.node.value, 0) if place is not None and isinstance(place.node, cst.Integer) else None


def readable(trace: Trace, expression: Site, place: Site) -> str:
    """How the value of an expression can be read at another place; empty where it cannot."""
    text = tree.source(expression)
    if tree.function(expression) == tree.function(place) or isinstance(expression.node, cst.Integer):
        return text
    if isinstance(expression.node, cst.Name):
        # A name of the module is the same everywhere, and a parameter of the same name is taken for the same.
        module_wide = not _is_local(expression)
        return text if module_wide or text in words.parameters(place) else _through(trace, expression, place)
    return _through(trace, expression, place)


def _through(trace: Trace, expression: Site, place: Site) -> str:
    for source in _sources(trace, expression):
        if tree.function(source) != tree.function(place):
            further = readable(trace, source, place) if tree.simple(source) else ""
            if further:
                return further
            continue
        before = source.span < place.span and tree.statement(source) != tree.statement(place)
        if before and isinstance(expression.node, cst.Attribute):
            return tree.source(expression)
        return tree.source(source) if tree.simple(source) else f"({tree.source(source)})"
    return ""


def _is_default(name: Site, found: Site) -> bool:
    """Whether what was found is the default of a parameter, which says nothing of how it is computed."""
    return isinstance(name.node, cst.Name) and words.parameters(name).get(name.node.value) == found


def _is_local(name: Site) -> bool:
    node = tree.node_of(name)
    assert isinstance(node, cst.Name)
    function = tree.function(name)
    return function is not None and (node.value in words.parameters(name) or node.value in tree.assigned(function))


def _sources(trace: Trace, expression: Site) -> Iterator[Site]:
    """The expressions that may have given a name or attribute its value, the nearest first."""
    node = expression.node
    if isinstance(node, cst.Name):
        yield from _of_name(trace, expression, node.value)
    elif isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
        owner = words.owner_of(expression)
        if owner is None or node.value.value != words.this_of(expression):
            return
        yield from _assignments(owner, lambda target: _attribute(target) == node.attr.value)
        for statement in _body(owner):
            yield from _fields(statement, node.attr.value)


def _of_name(trace: Trace, expression: Site, name: str) -> Iterator[Site]:
    function = tree.function(expression)
    if function is not None:
        local = list(_assignments(function, lambda target: _name(target) == name))
        yield from reversed([each for each in local if each.span < expression.span])
        default = words.parameters(expression).get(name)
        if default is not None:
            yield default
        if name in words.parameters(expression):
            return
    for part in parts_of(trace.text_of(expression), expression.path).parts:
        if part.kind == "code" and name in part.words:
            piece = parse_piece(part.text, part.first_row, expression.path)
            yield from _assignments(Site(piece, piece.module), lambda target: _name(target) == name)


def _name(target: cst.CSTNode) -> str:
    return target.value if isinstance(target, cst.Name) else ""


def _attribute(target: cst.CSTNode) -> str:
    return target.attr.value if isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name) else ""


def _body(owner: Site) -> list[Site]:
    node = owner.node
    inner = node.body.body if isinstance(node, cst.ClassDef) else ()
    return [tree.at(owner, each) for each in inner]


def _fields(statement: Site, name: str) -> Iterator[Site]:
    """The value of a field of a class, as in `num_heads: int = 12`."""
    node = statement.node
    for each in node.body if isinstance(node, cst.SimpleStatementLine) else ():
        if isinstance(each, cst.AnnAssign) and _name(each.target) == name and each.value is not None:
            yield tree.at(statement, each.value)


def _assignments(within: Site, wanted: Callable[[cst.CSTNode], bool]) -> Iterator[Site]:
    """The values that are assigned within a node to the targets that are wanted, those of tuples one by one."""
    queue = [tree.node_of(within)]
    while queue:
        node = queue.pop(0)
        if isinstance(node, cst.Assign):
            for target in node.targets:
                yield from (tree.at(within, value) for one, value in pairs(target.target, node.value) if wanted(one))
        elif isinstance(node, cst.AnnAssign) and node.value is not None and wanted(node.target):
            yield tree.at(within, node.value)
        queue.extend(node.children)


def pairs(target: cst.CSTNode, value: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """The targets of an assignment, each with its value; a tuple that is unpacked has none of its own."""
    if isinstance(target, cst.Tuple | cst.List) and isinstance(value, cst.Tuple | cst.List):
        for one, other in zip(target.elements, value.elements, strict=False):
            yield from pairs(one.value, other.value)
    elif not isinstance(target, cst.Tuple | cst.List):
        yield target, value
