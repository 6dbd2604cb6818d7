"""Where scores get their scale: before the product, after it, or nowhere that can be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from attnlint.attention.lineage import LAYOUT, PRODUCTS, ancestors
from attnlint.attention.masks import classify
from attnlint.attention.sites import AttentionSite
from attnlint.dims import Answer, const, equal
from attnlint.tensor import Tensor, show_axis
from attnlint.trace import OpCall
from attnlint.values import Choice, Const, Size, Unknown, Value, as_int

_NORMS = frozenset({"norm", "normalize", "sqrt", "rsqrt", "exp"})
_PASSES = LAYOUT | frozenset(
    """rotate dropout join add sub concat stack unbind activation setitem cast where mul div neg mean sum max pool
    repeat_interleave gather take""".split()
)


@dataclass(frozen=True, slots=True)
class Scaling:
    """The op that scales scores, and how a reader would say it."""

    op: OpCall
    text: str


def scaling(site: AttentionSite) -> Scaling | None:
    """The first op that scales the scores of an attention, or its query or key; None where none is seen."""
    for op in site.products:
        if op.name == "baddbmm" and "alpha" in op.args:
            return Scaling(op, "scaled inside the product")
    for op in site.steps:
        factor = scalar_factor(op)
        if factor is not None:
            return Scaling(op, f"scaled by {_show(op, factor, site)}")
    for tensor in (site.query, site.key):
        found = _before(tensor, site)
        if found is not None:
            return found
    return None


def hidden_scale(site: AttentionSite) -> bool:
    """Whether query or key come from where a scale could be that the trace does not see."""
    return any(_is_hidden(tensor) for tensor in (site.query, site.key))


def scalar_factor(op: OpCall) -> Value | None:
    """What an op multiplies or divides by, where that is a number or a learned temperature and no mask."""
    if op.name not in {"mul", "div", "pow"}:
        return None
    if any(_turns(tensor) for tensor in op.inputs) or any(is_one(op.args.get(name)) for name in ("a", "b")):
        return None
    for name in ("b", "a") if op.name == "mul" else ("b",):
        value = op.args.get(name)
        if isinstance(value, Size | Const | Choice) or (isinstance(value, Unknown) and value.tensor is None):
            return value
        tensor = value.tensor if isinstance(value, Unknown) else value
        if isinstance(tensor, Tensor) and _is_scalar_like(tensor) and not classify(tensor).is_mask:
            return tensor
    return None


def is_one(value: Value | None) -> bool:
    """Whether a factor is the number 1, which scales nothing."""
    return as_int(value) == 1


def _is_scalar_like(tensor: Tensor) -> bool:
    if tensor.rank == 0:
        return True
    if _turns(tensor):
        return False
    if tensor.param:
        return True
    if not tensor.shape.known:
        names = {op.name for op in ancestors(tensor, lambda _: True, 20)}
        return "unknown" not in names or "input" in names
    wide = [axis for axis in tensor.axes if not axis.is_one and axis.kind != "heads"]
    return not wide or any(op.name in _NORMS for op in ancestors(tensor, lambda _: True, 20))


def _turns(tensor: Tensor) -> bool:
    """Whether a factor is the sine or cosine of a rotation and no scale."""
    if re.search(r"(?:^|_)(?:cos|sin|freqs?|rope|rot)(?:_|$)", tensor.name, re.I):
        return True
    made = ancestors(tensor, lambda op: op.name in LAYOUT | {"cast", "concat", "stack", "repeat_interleave"}, 12)
    return any(op.name in {"cos", "sin"} or "polar" in op.spelling for op in made)


def _before(tensor: Tensor | None, site: AttentionSite) -> Scaling | None:
    if tensor is None:
        return None
    for op in ancestors(tensor, lambda o: o.name in _PASSES, 60):
        if op.name in _NORMS:
            return Scaling(op, "scaled by normalising query and key")
        factor = scalar_factor(op)
        if factor is not None:
            return Scaling(op, f"scaled by {_show(op, factor, site)}")
    return None


def _is_hidden(tensor: Tensor | None) -> bool:
    if tensor is None:
        return True
    for op in ancestors(tensor, lambda o: o.name in _PASSES, 60):
        # Recurrent states are bounded, and the dot attention between them is unscaled by design.
        if op.name in {"unknown", "rnn"} or (op.name == "conv" and not _has_heads(tensor)):
            return True
        if op.name in PRODUCTS and not op.notes.get("projection") and not _has_weight(op):
            return True
    return False


def _has_heads(tensor: Tensor) -> bool:
    """Whether a query is split into heads: non-local blocks, which are unscaled by design, are not."""
    axes = [
        axis
        for op in ancestors(tensor, lambda o: o.name in _PASSES, 12)
        if op.output is not None
        for axis in op.output.axes
    ]
    return any(atom.kind == "heads" for axis in axes for atom in axis.atoms)


def _has_weight(op: OpCall) -> bool:
    return any(tensor.param or _is_drawn(tensor) for tensor in op.inputs) or len(op.inputs) < 2


def _is_drawn(tensor: Tensor) -> bool:
    """Whether it is a matrix of random numbers, as weights are before they are trained."""
    made = list(ancestors(tensor, lambda op: op.name in {"cast", "mul", "div", "index"}, 6))
    return tensor.rank == 2 and any(op.name == "rand" for op in made)


def _show(op: OpCall, factor: Value, site: AttentionSite) -> str:
    """The factor as a reader would write it: `1/√head_dim` where it is the root of the query's last axis."""
    if not isinstance(factor, Size):
        return getattr(factor, "name", "") or "a factor"
    size = const(1) / factor.dim if op.name == "div" else factor.dim
    radicand = size.power(Fraction(-2))
    width = site.query.shape.at(-1) if site.query is not None else None
    if width is not None and equal(radicand, width.size) is Answer.YES:
        return f"1/√{show_axis(width)}"
    whole = all(power.denominator == 1 for monomial, _ in radicand.terms for _, power in monomial)
    if whole and "?" not in str(radicand):
        return f"1/√({radicand})"
    return re.sub(r"\?\(([^()]*)\)\*\*1/2", r"√\1", str(size)).replace("?", "")
