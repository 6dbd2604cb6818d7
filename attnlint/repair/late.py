"""A mask taken off the weights and put on the scores, in its own words and with what blocks before a softmax."""

from __future__ import annotations

import libcst as cst

from attnlint.attention.late_masks import LateMask
from attnlint.attention.places import place_in
from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Fix
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import calls, helper, tree
from attnlint.repair.draft import Draft
from attnlint.repair.masking import Late, between, fill_of, gives_back, late_in, take_off, value_in
from attnlint.repair.wanted import if_wanted
from attnlint.trace import OpCall

TITLE = "mask the scores before the softmax"


@if_wanted
def before_softmax(site: AttentionSite, late: LateMask) -> Fix | None:
    """The mask of an attention moved from its weights to its scores."""
    op = late.use.op
    draft = Draft(site.trace)
    if place_in(op, site.op.frame) != op.site:
        return draft.fix(TITLE) if helper.called_first(draft, site, late) else None
    found = late_in(draft, op)
    call = calls.call_at(place_in(site.op, op.frame))
    given = calls.arguments(draft, call) if call is not None else []
    if found is None or call is None or not given:
        return None
    normalised, masked = tree.statement(call), tree.statement(found.whole)
    if normalised is None or masked is None or tree.is_deferred(call) != tree.is_deferred(found.whole):
        return None
    if isinstance(next(tree.around(found.whole), call).node, cst.IfExp) or _has_scores_inside(site, op, call):
        return None
    scores = given[0]
    text = _masked(draft, op, late, found, scores)
    if not text:
        return None
    inside = between(normalised, masked)
    if inside is None:
        return draft.fix(TITLE) if _under_condition(draft, found, scores, text, normalised, masked) else None
    if not any(tree.assigned(each) & tree.names(found.mask) for each in inside):
        _move_mask(draft, found, scores, text, normalised, masked)
    elif not _move_softmax(draft, call, found, scores, text, normalised, masked, inside):
        return None
    return draft.fix(TITLE)


def _has_scores_inside(site: AttentionSite, op: OpCall, call: Site) -> bool:
    """Whether the function that the softmax is in makes the scores too, so that its caller has none to mask."""
    inside = place_in(site.op, op.frame) != site.op.site
    return inside and site.product is not None and place_in(site.product, op.frame) == call


def _masked(draft: Draft, op: OpCall, late: LateMask, found: Late, scores: Site) -> str:
    """The scores with the mask on them."""
    library = draft.library(scores, op.output, *op.inputs)
    how = writing(library)
    module = draft.module(how.module, scores) if "{m}" in how.masked else ""
    fill = fill_of(draft, library, late, found, scores)
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
        blocked = f"{tree.operand(found.mask, tree.COMPARED)} == 0"
    return how.masked.format(x=array, blocked=blocked, m=module, fill=fill) if blocked else ""


def _replaced(draft: Draft, op: OpCall, found: Late, scores: Site, fill: str) -> dict[Site, str]:
    """What stands where in a call that masks, once it masks the scores."""
    parts = {found.weights: tree.operand(scores) if _is_receiver(found) else tree.source(scores)}
    value = value_in(draft, op, found)
    return {**parts, value: fill} if value is not None else parts


def _is_receiver(found: Late) -> bool:
    parent = next(tree.around(found.weights), None)
    return parent is not None and isinstance(parent.node, cst.Attribute)


def _move_mask(draft: Draft, found: Late, scores: Site, text: str, normalised: Site, masked: Site) -> None:
    inline = tree.is_deferred(scores) or (
        isinstance(scores.node, cst.Name) and tree.is_read_after(normalised, scores.node.value)
    )
    if inline and isinstance(found.whole.node, cst.Assign):
        draft.is_refused = True
    if isinstance(scores.node, cst.Name) and not inline:
        name = scores.node.value
        if isinstance(found.whole.node, cst.Assign):
            text = f"{name}[{tree.source(found.mask)}] = {_written_value(text)}"
            draft.before(normalised, text)
        else:
            draft.before(normalised, f"{name} = {text}")
    else:
        is_sum = isinstance(found.whole.node, cst.BinaryOperation | cst.AugAssign) and " + " in text
        draft.replace(scores, text, tree.SUM if is_sum else tree.PRIMARY)
    take_off(draft, found, masked)


def _written_value(text: str) -> str:
    """The fill of an assignment to items, as the masked scores have it."""
    for value in ("-np.inf", 'float("-inf")'):
        if value in text:
            return value
    return "-1e9"


def _move_softmax(
    draft: Draft, call: Site, found: Late, scores: Site, text: str, normalised: Site, masked: Site, inside: list[Site]
) -> bool:
    """The softmax taken to where the mask is, when nothing in between reads its weights."""
    place = tree.only_target(call)
    target = tree.source(place) if place is not None else ""
    if target != tree.source(found.weights) or not target.isidentifier():
        return False
    moved = tree.names(scores)
    if any(target in tree.names(each) or tree.assigned(each) & moved for each in inside):
        return False
    draft.delete(normalised)
    if isinstance(scores.node, cst.Name) and not tree.is_read_after(masked, scores.node.value):
        draft.before(masked, f"{scores.node.value} = {text}")
        softmax = tree.source(call)
    else:
        inner = f"({text})" if calls.receiver(call) == scores else text
        softmax = tree.spliced(call, {scores: inner})
    if isinstance(found.whole.node, cst.AugAssign | cst.Assign):
        return False
    draft.replace(found.whole, softmax)
    return True


def _under_condition(draft: Draft, found: Late, scores: Site, text: str, normalised: Site, masked: Site) -> bool:
    """The mask of `if mask is not None:` moved with its condition, where it is all that the condition guards."""
    guard = next((each for each in tree.around(masked) if isinstance(each.node, cst.If)), None)
    node = guard.node if guard is not None else None
    if guard is None or not isinstance(node, cst.If) or node.orelse is not None or len(node.body.body) != 1:
        return False
    inside = between(normalised, guard)
    if inside is None or not isinstance(scores.node, cst.Name) or not _only_masks(found):
        return False
    taken = tree.names(found.mask) | tree.names(tree.at(guard, node.test))
    if any(tree.assigned(each) & taken for each in inside):
        return False
    name = scores.node.value
    if tree.is_read_after(normalised, name):
        return False
    draft.before(normalised, f"if {tree.source(tree.at(guard, node.test))}:", f"    {name} = {text}")
    draft.delete(guard)
    return True


def _only_masks(found: Late) -> bool:
    """Whether a statement does nothing but give the weights back masked."""
    return isinstance(found.whole.node, cst.AugAssign) or gives_back(found)
