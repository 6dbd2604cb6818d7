"""Masks that meet the weights when the softmax has already spread them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from attnlint.attention.lineage import ancestors, is_carrier
from attnlint.attention.masks import MaskInfo, ancestors_of_mask
from attnlint.attention.normalise import renormalises
from attnlint.attention.sites import AttentionSite, MaskUse, mask_use
from attnlint.tensor import Tensor
from attnlint.trace import OpCall, tensors_in
from attnlint.values import NONE, Seq, Value, as_float, as_int

_OTHER_MASKS = re.compile(
    r"drop|(?<![a-z])heads?(?![a-z])|prun|gate|rand|keep_prob|expert|nan|query_mask|q_mask|layer", re.I
)
_AHEAD = re.compile(r"look_?ahead", re.I)


_SPOILT = "the weights are masked after the softmax, so that the rows no longer sum to 1"


@dataclass(frozen=True, slots=True)
class LateMask:
    """A mask on weights: where, and whether it writes what only scores may hold."""

    use: MaskUse
    certain: bool
    text: str


def late_mask(site: AttentionSite) -> LateMask | None:
    """The first mask that meets the weights of an attention with no right one before; None where there is none."""
    if site.softmax is None or any(use.info.is_mask or use.info.unseen for use in site.masks):
        return None
    weights = {site.softmax.op, *site.after}
    for op in sorted(site.after, key=lambda op: op.index):
        if op.name in {"tril", "triu"} and not _renormalised(op, site):
            return LateMask(MaskUse(op, NONE, MaskInfo(causal=True)), False, _SPOILT)
        use = mask_use(op, weights)
        if use is None or not _blocks(use) or _is_of_another_kind(use, site) or _renormalised(op, site):
            continue
        value = written(op)
        if value is not None and value < -1e3:
            return LateMask(
                use, True, f"{value:g} is written into the weights, which the softmax has already made sum to 1"
            )
        if op.name in {"add", "sub"}:
            return LateMask(use, True, "the mask is added to the weights, which the softmax has already made sum to 1")
        return LateMask(use, False, _SPOILT)
    return None


def _blocks(use: MaskUse) -> bool:
    """Whether it is a mask of positions; a factor or term that is not called or made as a mask is none."""
    if use.op.name in {"masked_fill", "where", "setitem", "at_set"}:
        return use.info.is_mask or use.info.unseen
    return use.info.is_mask


def _is_of_another_kind(use: MaskUse, site: AttentionSite) -> bool:
    """Dropout and head masks, masks of queries, clean-up of rows with nothing to attend to, and sparse attention."""
    mask = _tensor(use.mask)
    value = written(use.op)
    if value is not None and value not in {0.0} and value > -1e3:
        return True
    if mask is None:
        return True
    made = ancestors_of_mask(mask)
    names = {mask.name, *mask.aliases, *(op.spelling for op in made), *(op.name for op in made)}
    if any(_OTHER_MASKS.search(_AHEAD.sub("", name)) for name in names):
        return True
    if any(
        op.name in {"rand", "rand_like", "isnan", "all", "any", "topk", "dropout", "isinf", "isfinite"} for op in made
    ):
        return True
    assert site.softmax is not None
    if any(op is site.softmax.op or op in site.products for op in made):
        return True
    last = mask.shape.at(-1)
    if last is not None and last.is_one:
        return True
    return any(op.name == "expand_dims" and op.args.get("axis") is not None and _is_last(op) for op in made[:2])


def _is_last(op: OpCall) -> bool:
    return as_int(op.args.get("axis")) == -1


def _renormalised(op: OpCall, site: AttentionSite) -> bool:
    """Whether the rows are made to sum to 1 again behind the mask."""
    for later in site.trace.ops:
        if (
            later.name == "div"
            and later.index > op.index
            and renormalises(later) is not None
            and _comes_from(later, op)
        ):
            return True
    return False


def _comes_from(step: OpCall, op: OpCall) -> bool:
    above = step.tensor("a")
    return above is not None and any(before is op for before in ancestors(above, is_carrier, 30))


def written(op: OpCall) -> float | None:
    """The number that a mask writes where it blocks."""
    if op.name == "masked_fill":
        return as_float(op.args.get("value"))
    if op.name in {"setitem", "at_set"}:
        return as_float(op.args.get("value"))
    if op.name == "where":
        numbers = [as_float(op.args.get(name)) for name in ("a", "b")]
        return next((number for number in numbers if number is not None), None)
    return None


def _tensor(mask: Value) -> Tensor | None:
    if isinstance(mask, Seq):
        return next(tensors_in([mask]), None)
    return mask if isinstance(mask, Tensor) else getattr(mask, "tensor", None)
