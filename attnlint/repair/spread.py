"""A mask of a batch for scores in which the heads are folded into it: repeated or tiled, as the heads lie."""

from __future__ import annotations

from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import tree, words
from attnlint.repair.draft import Draft
from attnlint.tensor import Axis
from attnlint.trace import OpCall

# Batch-major scores have the heads of one entry side by side; head-major ones have the whole batch for each head.
_REPEATED = {
    "torch": "{x}.repeat_interleave({heads}, dim=0)",
    "numpy": "{m}.repeat({x}, {heads}, axis=0)",
    "jax": "{m}.repeat({x}, {heads}, axis=0)",
    "tensorflow": "{m}.repeat({x}, {heads}, axis=0)",
    "keras": "{m}.repeat({x}, {heads}, axis=0)",
    "mlx": "{m}.repeat({x}, {heads}, axis=0)",
}
_TILED = {
    "torch": "{x}.repeat({heads}, 1, 1)",
    "numpy": "{m}.tile({x}, ({heads}, 1, 1))",
    "jax": "{m}.tile({x}, ({heads}, 1, 1))",
    "tensorflow": "{m}.tile({x}, [{heads}, 1, 1])",
    "keras": "{m}.tile({x}, ({heads}, 1, 1))",
    "mlx": "{m}.tile({x}, ({heads}, 1, 1))",
}


def over_heads(draft: Draft, place: Site, folded: Axis, batch: Axis, op: OpCall) -> None:
    """Give each head the mask of its entry of the batch."""
    library = draft.library(place, op.output, *op.inputs)
    is_batch_major = [atom.kind for atom in folded.atoms] == ["batch", "heads"]
    how = (_REPEATED if is_batch_major else _TILED).get(library, "")
    heads = words.named(draft.trace, place, folded.size / batch.size, "heads")
    if not how or not heads:
        return
    x = tree.operand(place) if how.startswith("{x}.") else tree.source(place)
    draft.replace(place, draft.written(how, writing(library), place, x=x, heads=heads))
