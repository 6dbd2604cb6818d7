"""A mask on weights as it stands in the source: the expression, the weights and the mask in it, what it writes."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from attnlint.attention.late_masks import LateMask, written
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import calls, tree
from attnlint.repair.draft import Draft
from attnlint.trace import OpCall


@dataclass(frozen=True, slots=True)
class Late:
    """A mask on weights as it stands in the source: the whole expression, the weights in it, and the mask."""

    whole: Site
    weights: Site
    mask: Site


def late_in(draft: Draft, op: OpCall) -> Late | None:
    """Where the parts of a masking op stand; None where it is not written as one expression or assignment."""
    node = op.site.node
    whole = op.site
    if isinstance(node, cst.AugAssign):
        return Late(whole, tree.at(whole, node.target), tree.at(whole, node.value))
    if isinstance(node, cst.BinaryOperation) and op.name in {"mul", "add", "sub"}:
        left, right = tree.at(whole, node.left), tree.at(whole, node.right)
        weights = op.tensor("a")
        first = weights is not None and (late_of(op) is weights)
        return Late(whole, left, right) if first else Late(whole, right, left)
    call = calls.call_at(whole)
    if op.name == "setitem" and isinstance(node, cst.Assign):
        target = node.targets[0].target
        if isinstance(target, cst.Subscript):
            return Late(whole, tree.at(whole, target.value), tree.at(whole, target.slice[0]))
        return None
    if call is None:
        return None
    given = calls.arguments(draft, call)
    if op.name in {"at_set", "setitem"}:
        inner = calls.receiver(call)
        item = inner.node if inner is not None else None
        if isinstance(item, cst.Subscript) and isinstance(item.value, cst.Attribute):
            return Late(call, tree.at(call, item.value.value), tree.at(call, item.slice[0]))
        return None
    if op.name == "where" and len(given) >= 3:
        return Late(call, given[2] if op.tensor("b") is late_of(op) else given[1], given[0])
    if op.name in {"masked_fill", "mul", "add"} and len(given) >= 2:
        return Late(call, given[0], given[1])
    if op.name in {"tril", "triu"} and given:
        return Late(call, given[0], given[0])
    return None


def late_of(op: OpCall) -> object:
    """The operand of a late mask that the weights are: the one that a softmax made."""
    for name in ("a", "b", "x"):
        tensor = op.tensor(name)
        if tensor is not None and tensor.op is not None and _is_of_weights(tensor.op):
            return tensor
    return op.tensor("a")


def _is_of_weights(op: OpCall, depth: int = 12) -> bool:
    made_by = {tensor.op.name for tensor in op.inputs if tensor.op is not None}
    if op.name == "softmax" or (op.name == "div" and "sum" in made_by):
        return True
    return depth > 0 and any(t.op is not None and _is_of_weights(t.op, depth - 1) for t in op.inputs)


def value_in(draft: Draft, op: OpCall, found: Late) -> Site | None:
    """What a call that masks writes where it blocks, as it stands in the source."""
    if not isinstance(found.whole.node, cst.Call):
        return None
    given = calls.arguments(draft, found.whole)
    place = 3 - given.index(found.weights) if op.name == "where" else 2 if op.name == "masked_fill" else 1
    return given[place] if place < len(given) else calls.of_keyword(found.whole, "value", "fill_value")


def fill_of(draft: Draft, library: str, late: LateMask, found: Late, scores: Site) -> str:
    """What blocks a score: -inf where no row can be blocked as a whole, and else the least number of its dtype."""
    value, place = written(late.use.op), value_in(draft, late.use.op, found)
    if value is not None and value < -1e3 and place is not None:
        return tree.source(place)
    if late.use.info.causal:
        module = writing(library).module
        infinite = {"torch": 'float("-inf")', "tinygrad": '-float("inf")'}.get(library)
        if infinite:
            return infinite
        return f"-{draft.module(module, scores)}.inf" if library in {"numpy", "jax", "mlx"} else "-1e9"
    if library == "torch" and tree.simple(scores):
        return f"{draft.module('torch', scores)}.finfo({tree.source(scores)}.dtype).min"
    return "-1e9"


def between(first: Site, last: Site) -> list[Site] | None:
    """The statements between two of one block; None where they do not stand in one, in this order."""
    statements = tree.block(first)
    if first not in statements or last not in statements:
        return None
    start, end = statements.index(first), statements.index(last)
    return statements[start + 1 : end] if start <= end else None


def take_off(draft: Draft, found: Late, masked: Site) -> None:
    """The weights as they were, and no statement where it would say `weights = weights`."""
    node = found.whole.node
    is_alone = isinstance(next(tree.around(found.whole), masked).node, cst.Expr)
    if isinstance(node, cst.AugAssign | cst.Assign) or is_alone or gives_back(found):
        draft.delete(masked)
    else:
        draft.replace(found.whole, tree.source(found.weights), tree.strength(found.weights))


def gives_back(found: Late) -> bool:
    """Whether the masked weights get the name that the weights had."""
    target = tree.only_target(found.whole)
    return target is not None and tree.source(target) == tree.source(found.weights)
