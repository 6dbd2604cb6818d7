"""Whether a product of query and key contracts their features and leaves a row a query and a column a key."""

from __future__ import annotations

from dataclasses import dataclass

from attnlint.attention.lineage import LAYOUT, contracted_axis, operands
from attnlint.attention.roles import role
from attnlint.attention.sites import AttentionSite
from attnlint.dims import Answer, equal
from attnlint.tensor import Axis, Tensor, show_axis, show_shape
from attnlint.trace import OpCall
from attnlint.values import is_none

_TURNS = frozenset({"transpose", "permute", "transpose_all", "matrix_transpose", "moveaxis", "rearrange"})


@dataclass(frozen=True, slots=True)
class WrongProduct:
    """What is wrong with a product of query and key; `certain` where sizes or identities prove it.

    `among` is what attends to each other in the place of the positions: heads, or entries of the batch.
    """

    message: str
    certain: bool
    turn: OpCall | None = None
    among: str = ""


def wrong_product(product: OpCall, site: AttentionSite | None = None) -> WrongProduct | None:
    """The fault of a product of query and key; None where there is none that can be told."""
    pair = operands(product)
    if pair is None or product.name == "einsum":
        return None
    left, right = pair
    if product.name == "dot" and (left.rank or 0) >= 3 and (right.rank or 0) >= 3:
        text = "`dot` pairs each row with the matrices of every entry of the batch"
        return WrongProduct(f"{text}: {show_shape(left.shape)} · {show_shape(right.shape)}; use matmul", True)
    turn = last_turn(right) or last_turn(left)
    reversed_all = _reversed(right) or _reversed(left)
    if reversed_all is not None:
        inner = reversed_all.tensor("x")
        shape = show_shape(inner.shape) if inner is not None else ""
        return WrongProduct(
            f"`.T` reverses every axis of a tensor of shape {shape}, the batch axis too", True, reversed_all
        )
    mine, theirs = contracted_axis(product, 0), contracted_axis(product, 1)
    if mine is None or theirs is None:
        return None
    if product.notes.get("clash") is True or _by_kind(mine, theirs):
        certain = product.notes.get("clash") is True or _known_kinds(left, right)
        text = (
            f"the product of query and key contracts {show_axis(mine)} of the query with {show_axis(theirs)} of the key"
        )
        text += f": {show_shape(left.shape)} @ {show_shape(right.shape)}"
        return WrongProduct(text, certain, turn)
    if _meets_positions(left, theirs, mine):
        text = f"the product of query and key contracts {show_axis(mine)} of the query with the key's positions"
        return WrongProduct(f"{text}: {show_shape(left.shape)} @ {show_shape(right.shape)}", True, turn)
    heads = _heads_on_heads(product)
    if heads is not None:
        return heads
    if site is not None and (_mix_clashes(site, mine.kind == theirs.kind == "seq") or _mixes_what_is_gone(site, mine)):
        scores = show_shape(product.output.shape) if product.output is not None else ""
        text = f"the product of query and key sums over the positions: the scores are {scores}, not [q_len, k_len]"
        return WrongProduct(text, True, turn)
    return None


def _heads_on_heads(product: OpCall) -> WrongProduct | None:
    """Scores between the heads of one position: the positions were left among the batch axes."""
    shape = product.output.shape if product.output is not None else None
    if shape is None or len(shape.axes) < 2 or not is_query_key(product):
        return None
    if shape.rank == 2 and shape.axes[-1].kind == shape.axes[-2].kind == "batch":
        text = f"the scores are {show_shape(shape)}: entries of the batch attend to each other"
        return WrongProduct(text, False, among="batch")
    if shape.axes[-1].kind == shape.axes[-2].kind == "heads":
        text = (
            f"the scores are {show_shape(shape)}: heads attend to heads, since the positions were not moved behind them"
        )
        return WrongProduct(text, False, among="heads")
    return None


def swapped(site: AttentionSite) -> bool:
    """Whether keys multiply queries and the weights are then used as if queries multiplied keys."""
    if site.product is None or site.softmax is None or site.roles != ("k", "q") or not site.mixes:
        return False
    axes, mixed = site.softmax.axes, site.mixed_axes
    if not axes or not mixed:
        return False
    parts = {atom.part for axis in (*axes, *mixed) for atom in axis.atoms}
    return parts == {"columns"}


def last_turn(tensor: Tensor) -> OpCall | None:
    """The transpose that gave a tensor its layout, right before it is used."""
    op = tensor.op
    for _ in range(6):
        if op is None:
            return None
        if op.name in _TURNS:
            return op
        if op.name not in LAYOUT:
            return None
        inner = op.tensor("x")
        op = inner.op if inner is not None else None
    return None


def _reversed(tensor: Tensor) -> OpCall | None:
    op = tensor.op
    if op is not None and (op.name == "transpose_all" or (op.name == "permute" and is_none(op.args.get("perm")))):
        inner = op.tensor("x")
        rank = inner.rank if inner is not None else None
        if (rank is not None and rank >= 3) or (inner is not None and rank is None and len(inner.axes) >= 3):
            return op
    return None


def _meets_positions(query: Tensor, theirs: Axis, mine: Axis) -> bool:
    """Whether the key is contracted over the very axis that the query keeps as its positions."""
    rows = query.shape.at(-2)
    if rows is None or len(rows.atoms) != 1 or len(theirs.atoms) != 1 or mine.same(theirs) or rows.same(mine):
        return False
    one, other = rows.atoms[0], theirs.atoms[0]
    return one is other or (one.part == other.part == "" and one.root is other.root)


def _by_kind(mine: Axis, theirs: Axis) -> bool:
    """A feature axis that meets an axis of positions, batch or heads, whose sizes are not known to be equal."""
    if equal(mine.size, theirs.size) is Answer.YES and mine.size.value is None:
        # Two numbers may agree by chance; one symbol is one size.
        return False
    kinds = {mine.kind, theirs.kind}
    if "heads" in kinds and not all(are_heads(axis) for axis in (mine, theirs)):
        return False
    return "feature" in kinds and bool(kinds & {"seq", "batch", "heads"})


def are_heads(axis: Axis) -> bool:
    """Whether an axis of heads is told by more than one letter, since H is a head dimension to some."""
    return all(atom.kind != "heads" or atom.part or len(atom.size.name or atom.name) > 1 for atom in axis.atoms)


def _known_kinds(left: Tensor, right: Tensor) -> bool:
    return not left.shape.open and not right.shape.open


def _mix_clashes(site: AttentionSite, by_kind: bool) -> bool:
    for mix in site.mixes:
        pair = [contracted_axis(mix, 0), contracted_axis(mix, 1)]
        one, other = pair
        if mix.notes.get("clash") is True or (
            by_kind and one is not None and other is not None and _by_kind(one, other)
        ):
            return True
    return False


def _mixes_what_is_gone(site: AttentionSite, summed: Axis) -> bool:
    """Whether the values are mixed over the very axis that the product summed over, with other axes of features."""
    for mix in site.mixes:
        place = site.weights_at(mix)
        weights, values = contracted_axis(mix, place), contracted_axis(mix, 1 - place)
        if weights is None or values is None or weights.kind != "feature" or values.kind == "feature":
            continue
        if equal(values.size, summed.size) is Answer.YES and equal(weights.size, summed.size) is not Answer.YES:
            return True
    return False


def is_query_key(product: OpCall) -> bool:
    """Whether by their names a product's operands are a query and a key."""
    pair = operands(product)
    return pair is not None and {role(pair[0]), role(pair[1])} == {"q", "k"}
