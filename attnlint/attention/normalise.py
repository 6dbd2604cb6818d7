"""Recognises what turns scores into weights: a library's softmax, or one that is written out."""

from __future__ import annotations

from dataclasses import dataclass

from attnlint.attention.lineage import ancestors
from attnlint.tensor import Axis, Tensor
from attnlint.trace import OpCall

_NEUTRAL = frozenset(
    {"identity", "cast", "expand_dims", "index", "reshape", "clip", "maximum", "squeeze", "expand", "nan_to_num"}
)
_ON_THE_WAY = _NEUTRAL | {"mul", "masked_fill", "where", "setitem", "add", "dropout", "join"}


@dataclass(frozen=True, eq=False, slots=True)
class Normaliser:
    """A softmax: its input and output, and the axes that it sums over.

    `axes` is None where they are not known. `whole` says that it sums over everything; `written` that it is no
    library's op; `keeps` is False for a written one whose sum loses the axis.
    """

    op: OpCall
    scores: Tensor
    weights: Tensor
    axes: tuple[Axis, ...] | None
    whole: bool = False
    written: bool = False
    keeps: bool = True
    stable: bool = True
    exponential: OpCall | None = None


def normaliser(op: OpCall) -> Normaliser | None:
    """The softmax that an op is or completes; None where it is none."""
    if op.name == "softmax":
        scores = op.tensor("x")
        if scores is None or op.output is None:
            return None
        axis = op.notes.get("axis")
        axes = (axis,) if isinstance(axis, Axis) else None
        return Normaliser(op, scores, op.output, axes, whole=bool(op.notes.get("whole")))
    if op.name == "div" and op.output is not None:
        return _written(op)
    if op.name == "exp" and op.output is not None:
        return _by_logarithm(op, op.output)
    return None


def _by_logarithm(op: OpCall, weights: Tensor) -> Normaliser | None:
    """`exp(log_softmax(x))` and `exp(x - logsumexp(x))`, the latter written out too."""
    power = op.tensor("x")
    inner = power.op if power is not None else None
    if inner is None:
        return None
    if inner.name == "log_softmax":
        scores, axis = inner.tensor("x"), inner.notes.get("axis")
        axes = (axis,) if isinstance(axis, Axis) else None
        return Normaliser(op, scores, weights, axes, whole=bool(inner.notes.get("whole"))) if scores else None
    scores, below = (inner.tensor("a"), inner.tensor("b")) if inner.name == "sub" else (None, None)
    if scores is None or below is None:
        return None
    reshaped = False
    for step in ancestors(below, lambda o: o.name in _NEUTRAL | {"log"}, 12):
        summed = step.tensor("x")
        if step.name == "sum" and summed is not None and summed.op is not None and summed.op.name == "exp":
            summed = summed.op.tensor("x")
        elif step.name != "logsumexp":
            reshaped |= step.name != "log"
            continue
        if summed is scores:
            reduced, whole = step.notes.get("reduced"), bool(step.notes.get("all"))
            axes = reduced if isinstance(reduced, tuple) and reduced and not whole else None
            keeps = bool(step.notes.get("keepdims")) or reshaped
            return Normaliser(op, scores, weights, axes, whole, True, keeps, step.name == "logsumexp", op)
    return None


def renormalises(op: OpCall) -> tuple[Axis, ...] | None:
    """The axes that a division by the sum of its own numerator makes sum to one; None where it is none."""
    if op.name != "div":
        return None
    total = _sum_below(op)
    if total is None:
        return None
    reduced = total.notes.get("reduced")
    return reduced if isinstance(reduced, tuple) else ()


def _written(op: OpCall) -> Normaliser | None:
    total, above = _sum_below(op), op.tensor("a")
    if total is None or above is None or op.output is None:
        return None
    power = _exponential(above)
    if power is None:
        return None
    scores = power.tensor("x")
    if scores is None:
        return None
    stable, inner = False, scores.op
    if inner is not None and inner.name == "sub":
        subtracted, kept = inner.tensor("b"), inner.tensor("a")
        if subtracted is not None and kept is not None and _is_maximum(subtracted):
            stable, scores = True, kept
    reduced = total.notes.get("reduced")
    whole = bool(total.notes.get("all"))
    axes = reduced if isinstance(reduced, tuple) and reduced and not whole else None
    below = op.tensor("b")
    keeps = bool(total.notes.get("keepdims")) or (below is not None and below.op is not total)
    return Normaliser(op, scores, op.output, axes, whole, True, keeps, stable, power)


def _sum_below(op: OpCall) -> OpCall | None:
    """The sum in a denominator, where it sums what stands in the numerator."""
    above, below = op.tensor("a"), op.tensor("b")
    if above is None or below is None:
        return None
    for step in ancestors(below, lambda o: o.name in _NEUTRAL | {"add"}, 12):
        if step.name in {"sum", "nansum"}:
            summed = step.tensor("x")
            if summed is not None and (summed is above or _same_origin(summed, above)):
                return step
    return None


def _same_origin(one: Tensor, other: Tensor) -> bool:
    mine, theirs = _exponential(one), _exponential(other)
    if mine is not None and theirs is not None:
        return mine is theirs or mine.tensor("x") is theirs.tensor("x")
    return _stripped(one) is _stripped(other)


def _stripped(tensor: Tensor) -> Tensor:
    while tensor.op is not None and tensor.op.name in {"identity", "cast"}:
        inner = tensor.op.tensor("x")
        if inner is None:
            break
        tensor = inner
    return tensor


def _exponential(tensor: Tensor) -> OpCall | None:
    return next((op for op in ancestors(tensor, lambda o: o.name in _ON_THE_WAY, 16) if op.name == "exp"), None)


def _is_maximum(tensor: Tensor) -> bool:
    neutral = _NEUTRAL | {"identity"}
    return any(op.name in {"max", "amax", "maximum"} for op in ancestors(tensor, lambda o: o.name in neutral, 6))
