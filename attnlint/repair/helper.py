"""A function that masks, called on the weights: called on the scores, with a fill that blocks there."""

from __future__ import annotations

import libcst as cst

from attnlint.attention.late_masks import LateMask, written
from attnlint.attention.places import place_in
from attnlint.attention.sites import AttentionSite
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import calls, tree, words
from attnlint.repair.draft import Draft
from attnlint.repair.masking import Late, between, fill_of, late_in, take_off, value_in


def called_first(draft: Draft, site: AttentionSite, late: LateMask) -> bool:
    """Move the call of a function that masks in front of the softmax; whether that could be done."""
    op = late.use.op
    call, softmax = calls.call_at(place_in(op, site.op.frame)), calls.call_at(place_in(site.op, op.frame))
    inner = late_in(draft, op)
    given = calls.arguments(draft, softmax) if softmax is not None else []
    weights = _weights(call, softmax) if call is not None and softmax is not None else None
    if call is None or softmax is None or inner is None or weights is None or not given:
        return False
    product = site.product
    if product is not None and place_in(site.op, op.frame) != site.op.site and place_in(product, op.frame) == softmax:
        # The function that the softmax is in makes the scores too: its caller has none to mask.
        return False
    fills = _fills(draft, late, inner, call, given[0])
    return fills is not None and _exchange(draft, call, softmax, weights, given[0], fills)


def _weights(call: Site, softmax: Site) -> Site | None:
    """The argument of a call that the weights are: the softmax itself, or the name that it was given."""
    parent = next(tree.around(softmax), None)
    target = parent.node.targets[0].target if parent is not None and isinstance(parent.node, cst.Assign) else None
    name = target.value if isinstance(target, cst.Name) else ""
    for each in calls.positional(call):
        if _holds(each, softmax) or (name and isinstance(each.node, cst.Name) and each.node.value == name):
            return each
    return None


def _holds(outer: Site, inner: Site) -> bool:
    return outer == inner or any(each == outer for each in tree.around(inner))


def _fills(draft: Draft, late: LateMask, inner: Late, call: Site, scores: Site) -> dict[Site, str] | None:
    """What the call must be given so that the function writes what blocks; None where it cannot be made to.

    A number that stands in the function, or a product with the mask, is replaced there.
    """
    op, value = late.use.op, written(late.use.op)
    if value is not None and value < -1e3:
        return {}
    library = draft.library(op.site, op.output, *op.inputs)
    users = draft.trace.uses(op.output) if op.output is not None else []
    if op.name == "mul" and any(user.name in {"add", "sub"} for user in users):
        # `w * b - 1e10 * (1 - b)`: a mask for scores already, written as a sum.
        return {}
    if op.name == "mul":
        how = writing(library)
        x = tree.operand(inner.weights) if how.masked.startswith("{x}.") else tree.source(inner.weights)
        blocked = f"{tree.operand(inner.mask, tree.COMPARED)} == 0"
        draft.replace(inner.whole, draft.written(how.masked, how, op.site, x=x, blocked=blocked, fill="-1e9"))
        return {}
    place = value_in(draft, op, inner)
    if place is None:
        return None
    if isinstance(place.node, cst.Name) and place.node.value in words.parameters(place):
        passed = calls.of_keyword(call, place.node.value)
        return {passed: fill_of(draft, library, late, inner, scores)} if passed is not None else None
    draft.replace(place, fill_of(draft, library, late, inner, inner.weights))
    return {}


def _exchange(draft: Draft, call: Site, softmax: Site, weights: Site, scores: Site, fills: dict[Site, str]) -> bool:
    first = tree.spliced(call, {weights: tree.source(scores), **fills})
    if _holds(weights, softmax):
        turned = tree.spliced(softmax, {scores: first})
        draft.replace(call, turned if weights == softmax else tree.spliced(weights, {softmax: turned}))
        return True
    normalised, masked = tree.statement(softmax), tree.statement(call)
    inside = between(normalised, masked) if normalised is not None and masked is not None else None
    if normalised is None or masked is None or inside is None:
        return False
    if any(tree.assigned(each) & tree.names(call) for each in inside):
        return False
    if isinstance(scores.node, cst.Name) and not tree.is_read_after(normalised, scores.node.value):
        draft.before(normalised, f"{scores.node.value} = {first}")
    else:
        draft.replace(scores, first)
    take_off(draft, Late(call, weights, weights), masked)
    return True
