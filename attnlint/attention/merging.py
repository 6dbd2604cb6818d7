"""What becomes of the heads of a context: concatenated, or reduced, picked and summed away."""

from __future__ import annotations

import re

from attnlint import dims
from attnlint.attention.heads import context_of
from attnlint.attention.lineage import PRODUCTS, ancestors, carried, consumers, is_carrier, source
from attnlint.attention.roles import role
from attnlint.attention.sites import AttentionSite
from attnlint.dims import Answer
from attnlint.names import is_head_dim, kind_of
from attnlint.ops.pieces import HEAD_DIM
from attnlint.tensor import Axis, Tensor
from attnlint.trace import OpCall, Trace
from attnlint.values import Seq, as_int

VERBS = {
    "mean": "averaged", "nanmean": "averaged", "median": "averaged", "sum": "summed", "nansum": "summed",
    "max": "maximised", "amax": "maximised", "min": "minimised", "amin": "minimised", "einops_reduce": "reduced",
}  # fmt: skip
_GRAPH = re.compile(r"\bgats?\b|gat(?:v2)?(?:conv|layer|head)|graph ?att|adjacen|\badj\b", re.I)
_ONE_HEAD = re.compile(r"(?<!multi)(?<!multi_)head(?!s)", re.I)


def gone(op: OpCall) -> tuple[Axis | None, str]:
    """The heads axis that an op takes away, and how a reader would say it."""
    if op.name in VERBS and not op.notes.get("all"):
        reduced = op.notes.get("reduced")
        axes = reduced if isinstance(reduced, tuple) else ()
        if len(axes) == 1 and axes[0].kind == "heads":
            return axes[0], VERBS[op.name]
    if op.name == "index":
        dropped = op.notes.get("dropped")
        for axis, item in dropped if isinstance(dropped, tuple) else ():
            if axis.kind == "heads" and as_int(item) is not None and not op.loops:
                return axis, "dropped but for one"
    return None, ""


def reduces_a_stack(op: OpCall, mixes: dict[OpCall, AttentionSite]) -> OpCall | None:
    """The mix of one of the heads, each a module or a round of its own, that are put on an axis that goes."""
    positions = op.notes.get("positions")
    if isinstance(op.args.get("x"), Seq):
        return _of_heads(op.inputs, mixes) if positions == (0,) else None
    taken = op.tensor("x")
    stack = taken.op if taken is not None else None
    if stack is None or stack.name != "stack" or taken is None:
        return None
    axis = as_int(stack.args.get("axis")) or 0
    return _of_heads(stack.inputs, mixes) if positions in [(axis,), (taken.shape.place(axis),)] else None


def _of_heads(tensors: tuple[Tensor, ...], mixes: dict[OpCall, AttentionSite]) -> OpCall | None:
    """The mix that the first of tensors comes from, where it is the context of one head and narrower than the model."""
    mix = context_of(tensors[0], mixes) if tensors else None
    if mix is None or not _is_one_head(mix):
        return None
    last = tensors[0].shape.at(-1)
    return None if last is not None and _is_as_wide_as_the_model(last, mixes[mix]) else mix


def summed_at_once(trace: Trace, op: OpCall, mixes: dict[OpCall, AttentionSite]) -> OpCall | None:
    """The mix of a head in `sum(head(x) for head in heads)`, where the sum goes straight into the output projection."""
    mix = _of_heads(op.inputs, mixes)
    if mix is None or op.output is None:
        return None
    users = trace.uses(op.output)
    return mix if any(user.name == "linear" or _is_weight(user.tensor("b")) for user in users) else None


def _is_one_head(mix: OpCall) -> bool:
    """Whether an attention is that of one head: in a class or function of that name, or in a loop over the heads."""
    frames = list(mix.frame.stack)
    if any(_ONE_HEAD.search(frame.qualname) for frame in frames):
        return True
    return bool(mix.loops) and any(kind_of(name) == "heads" for frame in frames for name in frame.params)


def is_context(tensor: Tensor, heads: Axis, mixes: dict[OpCall, AttentionSite]) -> bool:
    """Whether a tensor mixes values, or is said to be the heads' output by a fragment: features stand last in it."""
    last = tensor.shape.at(-1)
    if last is None or last is heads:
        return False
    mix = context_of(tensor, mixes)
    if mix is not None:
        return last.kind not in ("seq", "heads") and not _is_as_wide_as_the_model(last, mixes[mix])
    origin = tensor.op
    outside = (
        origin is not None and origin.name == "input" and (origin.notes.get("free") or origin.notes.get("parameter"))
    )
    return bool(outside) and not role(tensor) and len(tensor.axes) >= 3 and _is_head_dim(last)


def _is_head_dim(axis: Axis) -> bool:
    return any(a.part == HEAD_DIM or is_head_dim(a.name or a.size.name) for a in axis.atoms)


def _is_as_wide_as_the_model(last: Axis, site: AttentionSite) -> bool:
    """Whether each head answers with as many features as the model has: then the heads are alternatives."""
    if site.value is None or _is_head_dim(last):
        return False
    origin = source(site.value)
    model = origin.shape.at(-1)
    projected = origin.op is not None and origin.op.name in PRODUCTS
    if any(axis.kind == "heads" for axis in origin.axes):
        # What comes in is split into heads already, so that its features are those of one head.
        return False
    return model is not None and not projected and dims.equal(model.size, last.size) is Answer.YES


def may_be_meant(trace: Trace, op: OpCall, taken: Tensor, mixes: dict[OpCall, AttentionSite]) -> bool:
    """Graph attention, heads that another path concatenates, and heads that are taken one by one."""
    if any(_GRAPH.search(f"{frame.qualname} {frame.text} {' '.join(frame.params)}") for frame in op.frame.stack):
        return True
    mix = context_of(taken, mixes)
    for other in consumers(trace, taken, lambda o: o.name in {"transpose", "permute", "contiguous", "identity"}, 30):
        if other is not op and other.name in {"reshape", "flatten", "rearrange", "index", "select", "unbind", "split"}:
            return True
    if op.name == "index" and op.output is not None:
        return any(user.name in {"concat", "hstack", "stack"} for user in consumers(trace, op.output, is_carrier, 20))
    return mix is not None and mix.site == op.site


def sums_heads(mix: OpCall) -> bool:
    """Whether the einsum that mixes the values sums over the heads too."""
    contracted = mix.notes.get("contracted")
    if not isinstance(contracted, tuple) or len(contracted) < 2 or not isinstance(contracted[0], tuple):
        return False
    return any(one.kind == "heads" and other.kind == "heads" for _, one, other in contracted)


def summed_in_loop(trace: Trace, op: OpCall, mixes: dict[OpCall, AttentionSite]) -> OpCall | None:
    """The mix of a head in `total += head(x)`, where the total goes straight into the output projection."""
    total, part = op.tensor("a"), op.tensor("b")
    if total is None or part is None or op.output is None:
        return None
    mix = part.op if part.op in mixes else None
    steps = list(ancestors(total, _adds, 12))
    # A sum that a loop begins at the number 0 has nothing but the heads in it.
    from_zero = mix is not None and _repeats(trace, mix) and any(_begins_at_zero(step) for step in steps)
    if mix is None or not (_is_one_head(mix) or from_zero):
        return None
    if not from_zero and not any(step.name in {"zeros", "zeros_like"} for step in steps):
        return None
    totals = _totals(op, trace)
    for user in consumers(trace, op.output, _adds, 12):
        linear = user.name == "linear"
        taken = user.tensor("x") if linear else user.tensor("a") if user.name in {"matmul", "dot"} else None
        if taken in totals and (linear or _is_weight(user.tensor("b"))):
            return mix
    return None


def _repeats(trace: Trace, mix: OpCall) -> bool:
    """Whether an op is carried out for each round of a loop, be these known one by one or not."""
    return bool(mix.loops) or any(o is not mix and o.site == mix.site and o.frame is mix.frame for o in trace.ops)


def _begins_at_zero(op: OpCall) -> bool:
    return op.name == "add" and any(as_int(op.args.get(name)) == 0 for name in ("a", "b"))


def _adds(op: OpCall) -> bool:
    return op.name in {"join", "add"} or (op.name in {"div", "mul"} and not isinstance(op.args.get("b"), Tensor))


def _is_weight(tensor: Tensor | None) -> bool:
    return tensor is not None and (tensor.param or (tensor.op is not None and tensor.op.name in {"rand", "parameter"}))


def _totals(op: OpCall, trace: Trace) -> list[Tensor]:
    assert op.output is not None
    found = [op.output]
    for user in consumers(trace, op.output, _adds, 12):
        if _adds(user) and user.output is not None and any(t in found for t in carried(user)):
            found.append(user.output)
    return found
