"""A product of query and key that contracts the features: the key's last two axes exchanged, and only these."""

from __future__ import annotations

import libcst as cst

from attnlint.attention.lineage import operands
from attnlint.attention.products import WrongProduct, last_turn
from attnlint.attention.roles import role
from attnlint.diagnostic import Fix
from attnlint.dims import Answer, equal
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import calls, tree
from attnlint.repair.draft import Draft
from attnlint.repair.places import base, factors
from attnlint.repair.wanted import if_wanted
from attnlint.tensor import Tensor
from attnlint.trace import OpCall, Trace

_TURNING = frozenset("transpose permute swapaxes swapdims permute_dimensions permute_dims moveaxis movedim".split())
TITLE = "swap the key's last two axes, and only these"


@if_wanted
def contracted(trace: Trace, product: OpCall, wrong: WrongProduct) -> Fix | None:
    """The product with its key turned by the last two axes."""
    if wrong.among:
        return None
    draft = Draft(trace)
    turn = wrong.turn
    call = calls.call_at(product.site)
    if product.name == "dot" and call is not None and _is_dot_of_matrices(product):
        _as_matmul(draft, call)
        return draft.fix("multiply matrix by matrix, entry by entry")
    axes = calls.of_keyword(call, "axes") if call is not None else None
    if axes is not None and product.name in {"bmm", "batch_dot", "matmul", "einsum"}:
        draft.replace(axes, "(2, 2)" if isinstance(axes.node, cst.Tuple) else "[2, 2]")
        return draft.fix("contract the features of both")
    sides, pair = factors(draft, product), operands(product)
    queries = last_turn(pair[0]) if pair is not None else None
    is_back = queries is not None and sides is not None and _turned_back(draft, queries, sides[0])
    if turn is not None and not is_back and not (pair is not None and _splits_heads(turn) and _fits(*pair)):
        if turn.output is not None and len({user.site for user in trace.uses(turn.output)}) > 1:
            # Something else reads what the wrong transpose gives.
            return None
        _turned(draft, turn)
        return draft.fix(TITLE)
    if sides is None:
        return None
    transposed = _written_by(call, product)
    if transposed and call is not None:
        calls.add(draft, call, f"{transposed}=True")
        return draft.fix(TITLE)
    keys = sides[0] if _keys_come_first(product) else sides[1]
    draft.replace(keys, _swapped(draft, keys, product))
    return draft.fix(TITLE)


def _splits_heads(turn: OpCall) -> bool:
    """Whether it brings the heads forward that a reshape has just made, and is not meant for the product."""
    inner = turn.tensor("x")
    made = inner is not None and inner.op is not None and inner.op.name in {"reshape", "unflatten"}
    return made and inner is not None and any(axis.kind == "heads" for axis in inner.axes)


def _fits(query: Tensor, key: Tensor) -> bool:
    """Whether a key has the query's own layout, so that nothing but the exchange of its last two axes is missing."""
    if query.rank is None or query.rank != key.rank or query.rank < 2:
        return False
    same = [equal(one.size, other.size) is Answer.YES for one, other in zip(query.axes, key.axes, strict=True)]
    return all(same[:-2]) and same[-1] and key.axes[-2].kind in {"seq", ""}


def _turned_back(draft: Draft, turn: OpCall, query: Site) -> bool:
    """The query as it was, where it is turned in the product in the key's place; whether that was so."""
    inside = turn.site == query or any(each == query for each in tree.around(turn.site))
    node = turn.site.node
    call = calls.call_at(turn.site)
    given = calls.arguments(draft, call)[:1] if call is not None else []
    base = tree.at(turn.site, node.value) if isinstance(node, cst.Attribute) else next(iter(given), None)
    if not inside or base is None or _splits_heads(turn):
        return False
    draft.replace(turn.site, tree.source(base), tree.strength(base))
    return True


@if_wanted
def exchanged(trace: Trace, product: OpCall) -> Fix | None:
    """`k @ qᵀ` with query and key in each other's place."""
    draft = Draft(trace)
    sides = factors(draft, product)
    one, other = (base(sides[0]), base(sides[1])) if sides is not None else (None, None)
    if one is None or other is None:
        return None
    draft.replace(one, tree.source(other))
    draft.replace(other, tree.source(one))
    return draft.fix("multiply the query by the transposed key")


def _is_dot_of_matrices(product: OpCall) -> bool:
    return all((tensor.rank or 0) >= 3 for tensor in product.inputs)


def _as_matmul(draft: Draft, call: Site) -> None:
    node = call.node
    assert isinstance(node, cst.Call)
    given = calls.arguments(draft, call)
    if calls.is_method(draft, call) and len(given) == 2:
        draft.replace(
            call, f"{tree.operand(given[0], tree.PRODUCT)} @ {tree.operand(given[1], tree.UNARY)}", tree.PRODUCT
        )
    elif isinstance(node.func, cst.Attribute):
        draft.replace(tree.at(call, node.func.attr), "matmul")


def _written_by(call: Site | None, product: OpCall) -> str:
    """The word by which this very product takes its second operand transposed."""
    library = product.output.library if product.output is not None else ""
    named = call is not None and calls.function_name(call) == "matmul" and library == "tensorflow"
    return "transpose_b" if named else ""


def _keys_come_first(product: OpCall) -> bool:
    pair = product.inputs[:2]
    return len(pair) == 2 and (role(pair[0]), role(pair[1])) == ("k", "q")


def _swapped(draft: Draft, array: Site, product: OpCall) -> str:
    how = writing(draft.library(array, *product.inputs, product.output))
    x = tree.operand(array) if how.swap.startswith("{x}") else tree.source(array)
    return draft.written(how.swap, how, array, x=x)


def _turned(draft: Draft, turn: OpCall) -> None:
    """Another transpose in the place of a wrong one, in the manner of the one that is there."""
    site = turn.site
    node = site.node
    if isinstance(node, cst.Attribute):
        base = tree.at(site, node.value)
        draft.replace(site, _swapped(draft, base, turn))
        return
    call = calls.call_at(site)
    given = calls.arguments(draft, call) if call is not None else []
    if call is None or not given:
        return
    array, rest = given[0], given[1:]
    if turn.name == "rearrange" and rest and _rearranged(draft, rest[0]):
        return
    if calls.function_name(call) in _TURNING and len(rest) == 2 and turn.name == "transpose":
        draft.replace(rest[0], "-2")
        draft.replace(rest[1], "-1")
        return
    draft.replace(call, _swapped(draft, array, turn))


def _rearranged(draft: Draft, pattern: Site) -> bool:
    """`'b h n d -> b n h d'` as `'b h n d -> b h d n'`."""
    text = tree.source(pattern)
    head, arrow, _ = text.partition("->")
    quote = text[-1]
    names = head.strip().lstrip("rRbBuU").strip("'\"").split()
    if not arrow or len(names) < 2 or any("(" in name for name in names):
        return False
    draft.replace(pattern, f"{head}-> {' '.join([*names[:-2], names[-1], names[-2]])}{quote}")
    return True
