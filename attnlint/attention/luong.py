"""The dot attention between states of Luong et al. (2015, https://arxiv.org/abs/1508.04025), which has no scale."""

from __future__ import annotations

from attnlint.attention.lineage import LAYOUT, carried
from attnlint.attention.sites import AttentionSite
from attnlint.tensor import Tensor
from attnlint.values import as_int


def attends_to_states(site: AttentionSite) -> bool:
    """Whether one state of each entry of a batch asks states that are keys and values in one, with no heads."""
    scores = site.product.output if site.product is not None else None
    if scores is None or site.query is None or site.key is None or site.value is None:
        return False
    axes = [axis for axis in scores.axes if not axis.is_one]
    parts = {atom.part for axis in axes for atom in axis.atoms}
    one = {"rows", "columns"} - parts if not scores.shape.open else _is_one_state(site.query)
    if not one or any(axis.kind == "heads" for axis in axes):
        return False
    mine, theirs, mixed = (_laid_out(tensor) for tensor in (site.query, site.key, site.value))
    return mine is not theirs and mixed in (mine, theirs) and not (mine.param or theirs.param)


def _is_one_state(tensor: Tensor) -> bool:
    """Whether an axis of one query is put behind the batch axis of a state whose shape is not known."""
    op = tensor.op
    return op is not None and op.name == "expand_dims" and as_int(op.args.get("axis")) == 1


def _laid_out(tensor: Tensor) -> Tensor:
    """What a tensor is behind changes of its layout."""
    while tensor.op is not None and tensor.op.name in LAYOUT:
        inner = carried(tensor.op)
        if not inner:
            break
        tensor = inner[0]
    return tensor
