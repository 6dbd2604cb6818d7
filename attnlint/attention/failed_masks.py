"""Causal masks that are there and block nothing of the future: dropped, turned round, or filled with 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from attnlint.attention.masks import classify
from attnlint.attention.sites import AttentionSite
from attnlint.tensor import Tensor
from attnlint.trace import OpCall, tensors_in
from attnlint.values import Value, as_float

_SAME = frozenset({"identity", "cast", "reshape", "expand_dims", "index", "contiguous", "expand", "broadcast_to"})
_BLOCKED = -1e3


@dataclass(frozen=True, slots=True)
class FailedMask:
    """The op that should have blocked the future, why it does not, and what would."""

    op: OpCall
    message: str
    advice: str


def failed_mask(site: AttentionSite) -> FailedMask | None:
    """The causal mask of an attention's scores that certainly leaves the future open; None where there is none."""
    if site.kind != "written" or site.unseen or not site.products:
        return None
    if not site.masks:
        return next(_dropped(site), None)
    if len(site.masks) > 1 or site.masks[0].op.name not in {"masked_fill", "where"}:
        return None
    op = site.masks[0].op
    below = _below_the_diagonal(op.args.get("mask", op.args.get("cond")))
    fill, blocked = _filled(op)
    if below is None or fill is None:
        return None
    if fill == 0:
        advice = "fill with float('-inf'): what the softmax gives for a score of 0 is exp(0) = 1 before it is divided"
        return FailedMask(op, "the causal mask fills the scores with 0, which the softmax does not block", advice)
    if fill < _BLOCKED and below is blocked:
        text = "the causal mask is the wrong way round: it blocks each position and all before it, and leaves the rest"
        return FailedMask(op, text, "negate the mask: what is to be blocked is above the diagonal")
    return None


def is_dropped(site: AttentionSite) -> bool:
    """Whether a causal mask is applied to the scores and what comes out is used nowhere in the trace."""
    return next(_unused(site), None) is not None


def _unused(site: AttentionSite) -> Iterator[OpCall]:
    on_way = {*site.products, *site.steps}
    for op in site.trace.ops:
        if op.name not in {"masked_fill", "where"} or op in on_way or op.output is None or site.trace.uses(op.output):
            continue
        mask = op.args.get("mask", op.args.get("cond"))
        if any(t.op in on_way for t in op.inputs) and classify(mask).causal:
            yield op


def _dropped(site: AttentionSite) -> Iterator[FailedMask]:
    """Masking ops whose result no name holds, no call takes and no return gives."""
    trace = site.trace
    if trace.is_script:
        # The last line of a notebook's cell shows what it gives.
        return
    kept = {t for binding in trace.bindings for t in tensors_in([binding.value])}
    kept |= {t for _, value, _ in trace.returns for t in tensors_in([value])}
    kept |= {t for cell in trace.cells for t in tensors_in([cell.new])}
    kept |= {t for call in trace.calls for t in tensors_in([*call.args, *call.kwargs.values()])}
    frames = [site.op.frame, *(product.frame for product in site.products)]
    for op in _unused(site):
        if op.output not in kept and op.frame in frames and op.branches == site.op.branches:
            text = "the causal mask is lost: this gives masked scores back and does not change those that it is given"
            yield FailedMask(op, text, "assign what it gives, or mask in place (`masked_fill_`)")


def _filled(op: OpCall) -> tuple[float | None, bool]:
    """The number that takes the place of scores, and whether it does where the mask is true."""
    if op.name == "masked_fill":
        return as_float(op.args.get("value")), True
    for name, blocked in (("a", True), ("b", False)):
        number = as_float(op.args.get(name))
        if number is not None:
            return number, blocked
    return None, True


def _below_the_diagonal(mask: Value | None) -> bool | None:
    """What a causal mask has on and below the diagonal, where the rest has the opposite; None for any other mask."""
    tensor = mask if isinstance(mask, Tensor) else None
    truth = True
    for _ in range(16):
        op = tensor.op if tensor is not None else None
        if op is None:
            return None
        if op.name in {"tril", "triu"}:
            return _of_ones(op, truth)
        inner, flips = _passed(op)
        if inner is None:
            return None
        tensor, truth = inner, truth is not flips
    return None


def _of_ones(op: OpCall, truth: bool) -> bool | None:
    made, offset = op.tensor("x"), as_float(op.args.get("k")) if "k" in op.args else 0.0
    if made is None or made.op is None or made.op.name != "ones" or offset != (op.name == "triu"):
        return None
    return truth is (op.name == "tril")


def _passed(op: OpCall) -> tuple[Tensor | None, bool]:
    """The mask that an op passes on, and whether it turns true and false round."""
    if op.name in _SAME:
        return op.tensor("x"), False
    if op.name == "not":
        return op.tensor("x"), True
    number = as_float(op.args.get("b"))
    if op.name in {"eq", "ne", "gt"} and number in {0.0, 1.0}:
        flips = (op.name == "eq") is (number == 0)
        return (None, False) if op.name == "gt" and number else (op.tensor("a"), flips and op.name != "gt")
    if op.name == "sub" and as_float(op.args.get("a")) == 1:
        return op.tensor("b"), True
    return None, False
