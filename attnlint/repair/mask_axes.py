"""A mask with the axes of the scores that it meets: padding on the keys, batch on the batch, square in tokens."""

from __future__ import annotations

import libcst as cst

from attnlint.attention.mask_fit import mask_tensor, scores_shape
from attnlint.attention.masks import ancestors_of_mask
from attnlint.attention.sites import AttentionSite, MaskUse
from attnlint.diagnostic import Fix
from attnlint.dims import Answer, equal
from attnlint.ir import Site
from attnlint.repair import calls, tree, widths, words
from attnlint.repair.draft import Draft
from attnlint.repair.spread import over_heads
from attnlint.repair.wanted import if_wanted
from attnlint.tensor import Axis, Shape, Tensor
from attnlint.trace import OpCall, Trace

TITLE = "give the mask the axes of the scores"
_SHAPING = frozenset({"index", "expand_dims", "reshape", "rearrange", "unsqueeze"})


@if_wanted
def fitted(trace: Trace, use: MaskUse, site: AttentionSite | None) -> Fix | None:
    """The mask of a use laid out as the scores are."""
    draft, mask, scores = Draft(trace), mask_tensor(use.mask), scores_shape(use, site)
    if mask is None or scores is None:
        return None
    made = ancestors_of_mask(mask)
    place = _operand(draft, use)
    if (mask.rank or 0) > 4 and _of_ids(draft, made):
        # Made of embeddings, which have one axis more than the token ids that it wants.
        return draft.fix("make the mask of the tokens, without their features")
    if any(axis.kind == "feature" for axis in mask.shape.axes[-2:]):
        _square(draft, made, scores, mask)
    elif place is not None and mask.rank == 3 and len(scores.axes) == 3 and _is_folded(mask, scores):
        over_heads(draft, place, scores.axes[0], mask.axes[0], use.op)
    elif (step := _shaped(made)) is not None and len(scores.axes) in (3, 4):
        draft.is_refused = step.output is not None and len({user.site for user in trace.uses(step.output)}) > 1
        _laid_out(draft, step, len(scores.axes))
    elif place is not None and mask.rank in (2, 3) and len(scores.axes) in (3, 4):
        _indexed(draft, place, mask.rank or 2, len(scores.axes))
    return draft.fix(TITLE)


@if_wanted
def squared(trace: Trace, op: OpCall, mask: Tensor) -> Fix | None:
    """A causal mask by itself, as long as it is wide."""
    draft = Draft(trace)
    right = next((axis for axis in mask.axes if axis.kind != "feature"), None)
    wrong = next((axis for axis in mask.axes if axis.kind == "feature"), None)
    if right is not None and wrong is not None:
        _exchange(draft, op.site, wrong, _named(draft, op.site, right))
    return draft.fix(TITLE)


def _is_folded(mask: Tensor, scores: Shape) -> bool:
    mine, theirs = mask.axes[0], scores.axes[0]
    return not scores.open and not mine.is_one and equal(mine.size, theirs.size) is not Answer.YES


def _operand(draft: Draft, use: MaskUse) -> Site | None:
    """The expression of the mask where it meets the scores."""
    node, site = use.op.site.node, use.op.site
    if isinstance(node, cst.AugAssign):
        return tree.at(site, node.value)
    if isinstance(node, cst.BinaryOperation):
        left = use.op.tensor("a") is use.mask
        return tree.at(site, node.left if left else node.right)
    call = calls.call_at(site)
    if call is None:
        return None
    given = calls.arguments(draft, call)
    place = {"where": 0, "masked_fill": 1, "add": 1}.get(use.op.name)
    if place is not None and place < len(given):
        return given[place]
    return calls.of_keyword(call, "attn_mask", "mask", "attention_mask", "bias")


def _shaped(made: list[OpCall]) -> OpCall | None:
    """The op that gave a mask the axes that it has."""
    for op in made:
        inner, output = op.tensor("x"), op.output
        if op.name in {"reshape", "rearrange"} and _has_ones(op):
            return op
        before, after = (tensor.rank if tensor is not None else None for tensor in (inner, output))
        if op.name in {"index", "expand_dims"} and before is not None and after is not None and after > before:
            return op
    return None


def _has_ones(op: OpCall) -> bool:
    return op.output is not None and any(axis.is_one for axis in op.output.axes)


def _laid_out(draft: Draft, step: OpCall, rank: int) -> None:
    """The step that shapes a padding mask, so that its batch comes first and its keys last."""
    node, site = step.site.node, step.site
    if isinstance(node, cst.Subscript):
        if len(node.slice) > 1:
            new = next((each for each in map(_index_of, node.slice) if _is_new(each)), "None")
            base = tree.operand(tree.at(site, node.value))
            draft.replace(site, f"{base}[:, {', '.join([new] * (rank - 2))}, :]")
        return
    call = calls.call_at(site)
    if call is None:
        return
    given = calls.arguments(draft, call)
    if step.name == "rearrange" and len(given) > 1:
        _rearranged(draft, given[1], rank)
    elif step.name == "reshape":
        _reshaped(draft, given, rank)
    elif calls.function_name(call) == "unsqueeze" and calls.is_method(draft, call):
        array = given[0]
        while (inner := calls.call_at(array)) is not None and calls.function_name(inner) == "unsqueeze":
            array = calls.arguments(draft, inner)[0]
        steps = "".join(f".unsqueeze({n})" for n in range(1, rank - 1))
        draft.replace(call, f"{tree.operand(array)}{steps}")
    elif given:
        draft.replace(call, f"{tree.operand(given[0])}[:, {', '.join(['None'] * (rank - 2))}, :]")


def _index_of(element: cst.SubscriptElement) -> str:
    inner = element.slice
    return cst.Module([]).code_for_node(inner.value) if isinstance(inner, cst.Index) else ":"


def _is_new(text: str) -> bool:
    return text == "None" or text.endswith("newaxis")


def _rearranged(draft: Draft, pattern: Site, rank: int) -> None:
    text = tree.source(pattern)
    head, arrow, tail = text.rstrip("'\"").partition("->")
    names = [name for name in tail.split() if name.isidentifier()]
    if arrow and len(names) == 2:
        ones = " ".join(["1"] * (rank - 2))
        draft.replace(pattern, f"{head}-> {names[0]} {ones} {names[1]}{text[-1]}")


def _reshaped(draft: Draft, given: list[Site], rank: int) -> None:
    sizes = calls.listed(given[1:])
    kept = [tree.source(each) for each in sizes if tree.source(each) != "1"]
    if len(kept) == 2 and len(sizes) == rank:
        for place, text in zip(sizes, [kept[0], *["1"] * (rank - 2), kept[1]], strict=True):
            if tree.source(place) != text:
                draft.replace(place, text)


def _indexed(draft: Draft, place: Site, mine: int, rank: int) -> None:
    """A mask as it is, [batch, keys] or [batch, queries, keys], with the axes that it lacks."""
    new = ", ".join([":", *["None"] * (rank - mine)] + ([":"] if mine == 2 else []))
    if rank > mine:
        draft.replace(place, f"{tree.operand(place)}[{new}]")


def _square(draft: Draft, made: list[OpCall], scores: Shape, mask: Tensor) -> None:
    """A causal mask that is made with a size of features, made with that of the tokens."""
    wrong = next((axis for axis in mask.axes if axis.kind == "feature"), None)
    tokens = scores.at(-1)
    for op in reversed(made):
        call = calls.call_at(op.site)
        if wrong is not None and tokens is not None and call is not None:
            _exchange(draft, call, wrong, _named(draft, call, tokens))
            if draft.edits:
                return


def _of_ids(draft: Draft, made: list[OpCall]) -> bool:
    for op in made:
        call = calls.call_at(op.site) if op.name == "causal_mask" and "ids" in op.args else None
        given = calls.positional(call) if call is not None else []
        if given and tree.simple(given[0]):
            draft.replace(given[0], f"{tree.source(given[0])}[..., 0]")
            return True
    return False


def _exchange(draft: Draft, made: Site, wrong: Axis, text: str) -> None:
    for place in [*widths.sizes_in(draft, made, wrong.size), *_free(draft, made, wrong)] if text else ():
        draft.replace(place, text)


def _free(draft: Draft, made: Site, wrong: Axis) -> list[Site]:
    """The places of a size in a fragment, where its name comes from nowhere."""
    name = wrong.size.name
    if not draft.trace.is_fragment or not name.isidentifier():
        return []
    return [tree.at(made, node) for node in widths.expressions(tree.node_of(made)) if _is_name(node, name)]


def _is_name(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _named(draft: Draft, place: Site, axis: Axis) -> str:
    found = words.named(draft.trace, place, axis.size, "seq")
    name = axis.size.name
    return found or (name if draft.trace.is_fragment and name.isidentifier() else "")
