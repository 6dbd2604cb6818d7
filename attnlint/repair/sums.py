"""Positions added to the embedding in the place of a concatenation."""

from __future__ import annotations

import libcst as cst

from attnlint.diagnostic import Fix
from attnlint.ir import Site
from attnlint.repair import calls, tree
from attnlint.repair.draft import Draft
from attnlint.repair.wanted import if_wanted
from attnlint.trace import OpCall, Trace

TITLE = "add the positions to the embedding"


# What an author who wants both side by side would do instead.
BESIDE = Fix("keep both side by side, and make the next layer for 2 * d_model features")


@if_wanted
def added(trace: Trace, concat: OpCall) -> Fix | None:
    """`a + b` for the concatenation of two, or the layer that adds for the one that concatenates."""
    draft = Draft(trace)
    call = calls.call_at(concat.site)
    parts = _parts(draft, call) if call is not None else []
    if call is None or len(parts) != 2:
        return None
    layer = _layer(call)
    if layer is not None:
        node = layer.node
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            draft.replace(layer, f"{tree.source(tree.at(layer, node.func.value))}.Add()")
            return draft.fix(TITLE)
    one, other = parts
    draft.replace(call, f"{tree.operand(one, tree.SUM)} + {tree.operand(other, tree.SUM + 1)}", tree.SUM)
    return draft.fix(TITLE)


def _layer(call: Site) -> Site | None:
    """The layer that is made and called at once."""
    node = call.node
    assert isinstance(node, cst.Call)
    return tree.at(call, node.func) if isinstance(node.func, cst.Call) else None


def _parts(draft: Draft, call: Site) -> list[Site]:
    """What a call puts side by side: the items of its list, or its arguments one by one."""
    given = calls.arguments(draft, call) if _layer(call) is None else calls.positional(call)
    first = given[0].node if given else None
    if isinstance(first, cst.List | cst.Tuple):
        if any(isinstance(each, cst.StarredElement) for each in first.elements):
            return []
        return [tree.at(call, each.value) for each in first.elements]
    kept = [each for each in given if not isinstance(each.node, cst.Integer | cst.UnaryOperation | cst.SimpleString)]
    return kept[:2] if len(kept) == 2 else []
