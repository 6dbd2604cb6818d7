"""A mask taken off the weights and put on the scores, in its own words and with what blocks before a softmax."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from attnlint.attention.late_masks import LateMask, written
from attnlint.attention.places import place_in
from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Fix
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import calls, tree
from attnlint.repair.draft import Draft
from attnlint.trace import OpCall

TITLE = "mask the scores before the softmax"


@dataclass(frozen=True, slots=True)
class _Late:
    """A mask on weights as it stands in the source: the whole expression, the weights in it, and the mask."""

    whole: Site
    weights: Site
    mask: Site


def before_softmax(site: AttentionSite, late: LateMask) -> Fix | None:
    """The mask of an attention moved from its weights to its scores."""
    op = late.use.op
    draft = Draft(site.trace)
    found = _late(draft, op)
    call = calls.call_at(place_in(site.op, op.frame))
    given = calls.arguments(draft, call) if call is not None else []
    if found is None or call is None or not given:
        return None
    normalised, masked = tree.statement(call), tree.statement(found.whole)
    if normalised is None or masked is None:
        return None
    scores = given[0]
    text = _masked(draft, op, late, found, scores)
    if not text:
        return None
    between = _between(normalised, masked)
    if between is not None and not any(tree.assigned(each) & tree.names(found.mask) for each in between):
        _move_mask(draft, found, scores, text, normalised, masked)
    elif between is not None and not _move_softmax(draft, call, found, scores, text, normalised, masked, between):
        return None
    return draft.fix(TITLE)


def _late(draft: Draft, op: OpCall) -> _Late | None:
    node = op.site.node
    whole = op.site
    if isinstance(node, cst.AugAssign):
        return _Late(whole, tree.at(whole, node.target), tree.at(whole, node.value))
    if isinstance(node, cst.BinaryOperation) and op.name in {"mul", "add", "sub"}:
        left, right = tree.at(whole, node.left), tree.at(whole, node.right)
        weights = op.tensor("a")
        first = weights is not None and (late_of(op) is weights)
        return _Late(whole, left, right) if first else _Late(whole, right, left)
    call = calls.call_at(whole)
    if op.name == "setitem" and isinstance(node, cst.Assign):
        target = node.targets[0].target
        if isinstance(target, cst.Subscript):
            return _Late(whole, tree.at(whole, target.value), tree.at(whole, target.slice[0]))
        return None
    if call is None:
        return None
    given = calls.arguments(draft, call)
    if op.name in {"at_set", "setitem"}:
        inner = calls.receiver(call)
        item = inner.node if inner is not None else None
        if isinstance(item, cst.Subscript) and isinstance(item.value, cst.Attribute):
            return _Late(call, tree.at(call, item.value.value), tree.at(call, item.slice[0]))
        return None
    if op.name == "where" and len(given) >= 3:
        return _Late(call, given[2] if op.tensor("b") is late_of(op) else given[1], given[0])
    if op.name in {"masked_fill", "mul", "add"} and len(given) >= 2:
        return _Late(call, given[0], given[1])
    if op.name in {"tril", "triu"} and given:
        return _Late(call, given[0], given[0])
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


def _masked(draft: Draft, op: OpCall, late: LateMask, found: _Late, scores: Site) -> str:
    """The scores with the mask on them."""
    library = draft.library(scores, op.output, *op.inputs)
    how = writing(library)
    module = draft.module(how.module, scores) if "{m}" in how.masked else ""
    fill = _fill(draft, library, late, found, scores)
    if op.name in {"add", "sub"}:
        return tree.spliced(found.whole, {found.weights: tree.operand(scores, tree.SUM)})
    if isinstance(found.whole.node, cst.Call) and op.name in {"masked_fill", "where", "at_set", "setitem"}:
        return tree.spliced(found.whole, _replaced(draft, op, found, scores, fill))
    array = tree.operand(scores) if how.masked.startswith("{x}.") else tree.operand(scores, tree.SUM + 1)
    array = tree.source(scores) if "{x})" in how.masked else array
    if op.name in {"tril", "triu"}:
        ones = f"{module}.ones_like({tree.source(scores)})" if module else ""
        blocked = f"{tree.spliced(found.whole, {found.weights: ones})} == 0" if ones else ""
    elif op.name == "setitem":
        blocked = tree.source(found.mask)
    else:
        blocked = f"{tree.operand(found.mask, 6)} == 0"
    return how.masked.format(x=array, blocked=blocked, m=module, fill=fill) if blocked else ""


def _replaced(draft: Draft, op: OpCall, found: _Late, scores: Site, fill: str) -> dict[Site, str]:
    """What stands where in a call that masks, once it masks the scores."""
    parts = {found.weights: tree.operand(scores) if _is_receiver(found) else tree.source(scores)}
    value = _value(draft, op, found)
    return {**parts, value: fill} if value is not None else parts


def _value(draft: Draft, op: OpCall, found: _Late) -> Site | None:
    """What a call that masks writes where it blocks, as it stands in the source."""
    if not isinstance(found.whole.node, cst.Call):
        return None
    given = calls.arguments(draft, found.whole)
    place = 3 - given.index(found.weights) if op.name == "where" else 2 if op.name == "masked_fill" else 1
    return given[place] if place < len(given) else calls.of_keyword(found.whole, "value", "fill_value")


def _is_receiver(found: _Late) -> bool:
    parent = next(tree.around(found.weights), None)
    return parent is not None and isinstance(parent.node, cst.Attribute)


def _fill(draft: Draft, library: str, late: LateMask, found: _Late, scores: Site) -> str:
    """What blocks a score: -inf where no row can be blocked as a whole, and else the least number of its dtype."""
    value, place = written(late.use.op), _value(draft, late.use.op, found)
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


def _between(first: Site, last: Site) -> list[Site] | None:
    """The statements between two of one block; None where they do not stand in one, in this order."""
    statements = tree.block(first)
    if first not in statements or last not in statements:
        return None
    start, end = statements.index(first), statements.index(last)
    return statements[start + 1 : end] if start <= end else None


def _move_mask(draft: Draft, found: _Late, scores: Site, text: str, normalised: Site, masked: Site) -> None:
    if isinstance(scores.node, cst.Name):
        name = scores.node.value
        if isinstance(found.whole.node, cst.Assign):
            text = f"{name}[{tree.source(found.mask)}] = {_written_value(text)}"
            draft.before(normalised, text)
        else:
            draft.before(normalised, f"{name} = {text}")
    else:
        is_sum = isinstance(found.whole.node, cst.BinaryOperation | cst.AugAssign) and " + " in text
        draft.replace(scores, text, tree.SUM if is_sum else tree.PRIMARY)
    _take_off(draft, found, masked)


def _written_value(text: str) -> str:
    """The fill of an assignment to items, as the masked scores have it."""
    for value in ("-np.inf", 'float("-inf")'):
        if value in text:
            return value
    return "-1e9"


def _take_off(draft: Draft, found: _Late, masked: Site) -> None:
    """The weights as they were, and no statement where it would say `weights = weights`."""
    node = found.whole.node
    if isinstance(node, cst.AugAssign | cst.Assign):
        draft.delete(masked)
        return
    parent = next(tree.around(found.whole), None)
    outer = parent.node if parent is not None else None
    same = isinstance(outer, cst.Assign) and len(outer.targets) == 1
    if same and isinstance(outer, cst.Assign) and parent is not None:
        target = tree.source(tree.at(parent, outer.targets[0].target))
        if target == tree.source(found.weights):
            draft.delete(masked)
            return
    draft.replace(found.whole, tree.source(found.weights), tree.strength(found.weights))


def _move_softmax(
    draft: Draft, call: Site, found: _Late, scores: Site, text: str, normalised: Site, masked: Site, between: list[Site]
) -> bool:
    """The softmax taken to where the mask is, when nothing in between reads its weights."""
    parent = next(tree.around(call), None)
    outer = parent.node if parent is not None else None
    if parent is None or not isinstance(outer, cst.Assign) or len(outer.targets) != 1:
        return False
    target = tree.source(tree.at(parent, outer.targets[0].target))
    if target != tree.source(found.weights) or not target.isidentifier():
        return False
    moved = tree.names(scores)
    if any(target in tree.names(each) or tree.assigned(each) & moved for each in between):
        return False
    draft.delete(normalised)
    if isinstance(scores.node, cst.Name):
        draft.before(masked, f"{scores.node.value} = {text}")
        softmax = tree.source(call)
    else:
        inner = f"({text})" if _is_method_of(call, scores) else text
        softmax = tree.spliced(call, {scores: inner})
    if isinstance(found.whole.node, cst.AugAssign | cst.Assign):
        return False
    draft.replace(found.whole, softmax)
    return True


def _is_method_of(call: Site, scores: Site) -> bool:
    return calls.receiver(call) == scores
