"""Products of scores or weights that leave a row a query and a column a key: heads mixed with each other, and sums."""

from __future__ import annotations

from attnlint.attention.lineage import PRODUCTS, ancestors, contracted_axis, is_carrier, operands
from attnlint.tensor import Atom, Axis, Tensor
from attnlint.trace import OpCall

_PIECES = frozenset({"rows", "columns", "slice", "tiled", "joined", "interleaved"})
_DEEPEST = 3


def mixed_heads(op: OpCall, depth: int = _DEEPEST) -> Tensor | None:
    """The scores or weights whose heads a product mixes, as in talking heads; None where it does anything else."""
    pair, result = operands(op) if op.name in PRODUCTS else None, op.output
    if pair is None or result is None or depth == 0:
        return None
    for number, tensor in enumerate(pair):
        summed = contracted_axis(op, number)
        if summed is None or tensor.shape.open:
            continue
        made = _made_by_mixing(tensor, op, depth)
        others = [axis for axis in tensor.axes if axis is not summed]
        if _parts(summed, made):
            continue
        rows = [axis for axis in others if "rows" in _parts(axis, made)]
        columns = [axis for axis in others if "columns" in _parts(axis, made)]
        if any(
            one is not other and comes_from(result.axes, one) and comes_from(result.axes, other)
            for one in rows
            for other in columns
        ):
            return tensor
    return None


def sums_queries(op: OpCall, weights: int) -> bool:
    """Whether a product adds weights up over their queries, and what it multiplies with has no features to mix."""
    pair, summed = operands(op), contracted_axis(op, weights)
    if pair is None or summed is None or {atom.part for atom in summed.atoms} != {"rows"}:
        return False
    other = pair[1 - weights]
    letters = op.notes.get("letters")
    if isinstance(letters, tuple):
        inputs = [set(names) for names, given in zip(letters[0], op.inputs, strict=False) if given in pair]
        return len(inputs) == 2 and inputs[1 - weights] <= inputs[weights]
    shape = other.shape
    free = shape.at(-1 if weights == 0 else -2)
    return shape.rank == 1 or (free is not None and free.is_one)


def comes_from(axes: tuple[Axis, ...], source: Axis) -> bool:
    """Whether one of the axes stands for another one, as the free axes of a product do for its operands'."""
    return any(set(_chain(atom)) & set(source.atoms) for axis in axes for atom in axis.atoms)


def _chain(atom: Atom) -> list[Atom]:
    found, current = [atom], atom
    while current.part in _PIECES and current.parent is not None:
        current = current.parent
        found.append(current)
    return found


def _parts(axis: Axis, made: set[Atom]) -> set[str]:
    """Whether an axis was a row or a column of some product; that of mixed heads is neither."""
    chain = [one for atom in axis.atoms for one in _chain(atom)]
    return set() if made & set(chain) else {one.part for one in chain} & {"rows", "columns"}


def _made_by_mixing(tensor: Tensor, before: OpCall, depth: int) -> set[Atom]:
    made: set[Atom] = set()
    for op in ancestors(tensor, lambda o: is_carrier(o) or o.name == "softmax", 20):
        source = mixed_heads(op, depth - 1) if op is not before and op.index < before.index else None
        if source is not None and op.output is not None:
            new = [axis for axis in op.output.axes if not any(comes_from((axis,), old) for old in source.axes)]
            made.update(atom for axis in new for atom in axis.atoms)
    return made
