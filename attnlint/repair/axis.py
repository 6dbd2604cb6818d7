"""A softmax turned to the keys: the axis that it is given, made with, or takes by default."""

from __future__ import annotations

import libcst as cst

from attnlint.attention.lineage import ancestors
from attnlint.attention.places import home_of, place_in
from attnlint.attention.sites import AttentionSite
from attnlint.attention.weights_axis import key_place
from attnlint.diagnostic import Fix
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import calls, tree
from attnlint.repair.draft import Draft
from attnlint.repair.wanted import if_wanted
from attnlint.trace import OpCall
from attnlint.values import Layer

_AXIS = ("dim", "axis")
_BRACKETED = "[{}]"


@if_wanted
def over_keys(site: AttentionSite) -> Fix | None:
    """The softmax of an attention over the keys' axis, wherever its axis is said."""
    draft, softmax = Draft(site.trace), site.softmax
    if softmax is None:
        return None
    axis = str(key_place(site))
    place = place_in(softmax.op, home_of(softmax.op, site.product))
    if _merged(draft, softmax.op):
        return draft.fix("normalise each query's scores alone")
    if place != softmax.op.site and _through(draft, place, softmax.op, axis):
        return draft.fix(f"normalise over axis {axis}, the keys'")
    if softmax.written:
        _of_written(draft, site, axis)
    else:
        _of_call(draft, softmax.op, axis)
    return draft.fix(f"normalise over axis {axis}, the keys'")


def _of_call(draft: Draft, op: OpCall, axis: str) -> None:
    layer = op.args.get("layer") or op.notes.get("layer")
    if isinstance(layer, Layer) and any(o.notes.get("layer") is layer and o.site != op.site for o in draft.trace.ops):
        # The layer is called elsewhere too, where its axis may be right.
        return
    made = isinstance(layer, Layer) and layer.site is not None
    call = calls.call_at(layer.site) if isinstance(layer, Layer) and layer.site is not None else calls.call_at(op.site)
    if call is None:
        return
    of_own = op.notes.get("axis_of_own")
    if isinstance(of_own, list):
        _of_own(draft, call, of_own, axis)
        return
    pattern = calls.pattern(call)
    if pattern is not None:
        _of_pattern(draft, pattern)
        return
    keywords = _keywords(op)
    place = 0 if made or calls.is_method(draft, call) else 1
    given = calls.given(call, keywords, place)
    if not made and given is not None and _is_handed_in(draft, op, given, axis):
        return
    calls.give(draft, call, keywords, place, axis)


def _is_handed_in(draft: Draft, op: OpCall, given: Site, axis: str) -> bool:
    """Whether the axis is a parameter that the caller at hand gives: it is set there, since others give their own."""
    function, node = tree.function(op.site), given.node
    call = calls.call_at(op.frame.site) if op.frame.site is not None and op.frame.caller is not None else None
    if function is None or call is None or not isinstance(function.node, cst.FunctionDef):
        return False
    params = [each.name.value for each in function.node.params.params]
    if op.frame.begins or not isinstance(node, cst.Name) or node.value not in params:
        return False
    place = calls.given(call, (node.value,), params.index(node.value) - (params[0] in {"self", "cls"}))
    if place is None:
        return False
    if isinstance(place.node, cst.Integer | cst.UnaryOperation):
        draft.replace(place, axis)
    return True


def _of_own(draft: Draft, call: Site, is_axis: list[bool], axis: str) -> None:
    """A function of the project that its configuration calls a softmax: its axis where it stands, and no new one."""
    given = calls.positional(call)
    place = calls.of_keyword(call, *_AXIS)
    if place is None and len(given) == len(is_axis) and sum(is_axis) == 1:
        place = given[is_axis.index(True)]
    if place is not None:
        draft.replace(place, axis)


def _keywords(op: OpCall) -> tuple[str, ...]:
    """The words for an axis, that of the library of an op first."""
    word = writing(op.output.library if op.output is not None else "").axis
    return (word, *(each for each in _AXIS if each != word))


def _of_pattern(draft: Draft, pattern: Site) -> None:
    """einx: brackets around the name of the last axis."""
    text = tree.source(pattern)
    quote = text[-1]
    words = text.rstrip(quote).replace("[", "").replace("]", "").split(" ")
    words[-1] = _BRACKETED.format(words[-1])
    draft.replace(pattern, " ".join(words) + text[len(text.rstrip(quote)) :])


def _of_written(draft: Draft, site: AttentionSite, axis: str) -> None:
    """A softmax that is written out: the axis of its sum, and of the maximum that keeps it stable."""
    softmax = site.softmax
    assert softmax is not None
    below = softmax.op.tensor("b")
    steps = ancestors(below, lambda _: True, 12) if below is not None else ()
    total = next((step for step in steps if step.name in {"sum", "nansum"}), None)
    if total is None:
        return
    _reduces(draft, total, axis)
    scores = softmax.exponential.tensor("x") if softmax.exponential is not None else None
    shifted = scores.op if scores is not None else None
    largest = shifted.tensor("b") if shifted is not None and shifted.name == "sub" else None
    step = largest.op if largest is not None else None
    is_maximum = step is not None and step.name in {"max", "amax"} and not step.notes.get("all")
    if step is not None and is_maximum and step.notes.get("reduced") == total.notes.get("reduced"):
        _reduces(draft, step, axis)


def _reduces(draft: Draft, op: OpCall, axis: str) -> None:
    call = calls.call_at(op.site)
    if call is None:
        return
    keywords = _keywords(op)
    word = keywords[0]
    place = 0 if calls.is_method(draft, call) else 1
    loses = not op.notes.get("keepdims") and not calls.of_keyword(call, "keepdims", "keepdim")
    kept = ("keepdim=True" if word == "dim" else "keepdims=True") if loses else ""
    if calls.of_keyword(call, *keywords) is None and place >= len(calls.positional(call)):
        # Both at once: two insertions at one place have no order.
        calls.add(draft, call, ", ".join(filter(None, [f"{word}={axis}", kept])))
        return
    calls.give(draft, call, keywords, place, axis)
    if kept:
        calls.add(draft, call, kept)


def _through(draft: Draft, place: Site, op: OpCall, axis: str) -> bool:
    """The axis handed to the function that the softmax is in, where it takes one."""
    call, function = calls.call_at(place), tree.function(op.site)
    if call is None or function is None or not isinstance(function.node, cst.FunctionDef):
        return False
    params = [each.name.value for each in function.node.params.params]
    word = next((each for each in params if each in _AXIS), None)
    if word is None or word not in tree.names(tree.statement(op.site) or op.site):
        return False
    first = params.index(word) - (params[0] in {"self", "cls"})
    calls.give(draft, call, (word,), first, axis)
    return True


def _merged(draft: Draft, op: OpCall) -> bool:
    """`softmax(scores.view(B, -1)).view(B, N, N)`: the scores as they are, along their last axis."""
    call = calls.call_at(op.site)
    given = calls.arguments(draft, call) if call is not None else []
    flat = calls.call_at(given[0]) if given else None
    if call is None or flat is None or calls.function_name(flat) not in {"view", "reshape", "flatten"}:
        return False
    outer = next(tree.around(next(tree.around(call), call)), None)
    back = outer if outer is not None and isinstance(outer.node, cst.Call) else None
    if back is None or calls.receiver(back) != call or calls.function_name(back) not in {"view", "reshape"}:
        return False
    scores = calls.receiver(flat)
    if scores is None or not calls.is_method(draft, flat) or calls.is_method(draft, call):
        return False
    word = _keywords(op)[0]
    node = call.node
    assert isinstance(node, cst.Call)
    draft.replace(back, f"{tree.source(tree.at(call, node.func))}({tree.source(scores)}, {word}=-1)")
    return True
