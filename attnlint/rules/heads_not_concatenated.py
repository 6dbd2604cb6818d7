"""The heads' outputs averaged, summed, maximised or dropped, where they should stand side by side.

## Why is this bad?

Each head looks for something else and answers in `head_dim` features of its own. Concatenated, the answers keep their
places and the output projection weighs each of them; averaged or added, they are mixed before anything could tell them
apart, and `n_heads - 1` of `n_heads` features are lost. Nothing fails: the model trains, and is worse.

## Example

```python
import torch.nn as nn
import torch.nn.functional as F


class EncoderAttention(nn.Module):
    def __init__(self, dim, n_heads):
        super().__init__()
        self.n_heads, self.head_dim = n_heads, dim // n_heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(self.head_dim, dim)

    def forward(self, patches):
        B, T, C = patches.shape
        q, k, v = self.qkv(patches).view(B, T, 3, self.n_heads, self.head_dim).permute(2, 0, 3, 1, 4)
        context = F.scaled_dot_product_attention(q, k, v)
        return self.out(context.mean(dim=1))
```

## Use instead

```python
import torch.nn as nn
import torch.nn.functional as F


class EncoderAttention(nn.Module):
    def __init__(self, dim, n_heads):
        super().__init__()
        self.n_heads, self.head_dim = n_heads, dim // n_heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, patches):
        B, T, C = patches.shape
        q, k, v = self.qkv(patches).view(B, T, 3, self.n_heads, self.head_dim).permute(2, 0, 3, 1, 4)
        context = F.scaled_dot_product_attention(q, k, v)
        return self.out(context.transpose(1, 2).reshape(B, T, C))
```

## Known limits

Averaging the attention *weights* over the heads is fine and is not reported, nor are the last layers of graph attention
networks and sums of one output map for each head. Heads that are summed in a loop are seen where the sum goes straight
into the output projection.

## References

- [Attention Is All You Need, section 3.2.2](https://arxiv.org/abs/1706.03762)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from attnlint import dims
from attnlint.attention.heads import context_of, mixes_of
from attnlint.attention.lineage import ancestors, carried, consumers, is_carrier, source
from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Severity
from attnlint.dims import Answer
from attnlint.names import is_head_dim, kind_of
from attnlint.ops.pieces import HEAD_DIM
from attnlint.rule import Finding, rule
from attnlint.tensor import Axis, Tensor, show_shape
from attnlint.trace import OpCall, Trace
from attnlint.values import as_int

_VERBS = {
    "mean": "averaged", "nanmean": "averaged", "median": "averaged", "sum": "summed", "nansum": "summed",
    "max": "maximised", "amax": "maximised", "min": "minimised", "amin": "minimised", "einops_reduce": "reduced",
}  # fmt: skip
_GRAPH = re.compile(r"\bgats?\b|gat(?:v2)?(?:conv|layer|head)|graph ?att|adjacen|\badj\b", re.I)
_ONE_HEAD = re.compile(r"(?<!multi)(?<!multi_)head(?!s)", re.I)


@rule("ATT005", "heads-not-concatenated")
def check(trace: Trace) -> Iterator[Finding]:
    """Ask each reduction and each picked index whether the axis that goes is the heads' of a context."""
    mixes = mixes_of(trace.sites)
    rounds = Counter(op.site for op in trace.ops if op.name == "add")
    for op in trace.ops:
        taken = op.tensor("x")
        axis, verb = _gone(op)
        stacked = op.name in _VERBS and _reduces_a_stack(op, mixes)
        if taken is not None and (stacked or (axis is not None and _is_context(taken, axis, mixes))):
            if not _may_be_meant(trace, op, taken, mixes):
                yield _finding(op, taken, verb or _VERBS[op.name], context_of(taken, mixes))
        elif op in mixes and op.name == "einsum" and _sums_heads(op):
            yield _finding(op, None, "summed", op)
        elif op.name == "add" and (op.loops or rounds[op.site] > 1):
            yield from _summed_in_loop(trace, op, mixes)


def _gone(op: OpCall) -> tuple[Axis | None, str]:
    """The heads axis that an op takes away, and how a reader would say it."""
    if op.name in _VERBS and not op.notes.get("all"):
        reduced = op.notes.get("reduced")
        axes = reduced if isinstance(reduced, tuple) else ()
        if len(axes) == 1 and axes[0].kind == "heads":
            return axes[0], _VERBS[op.name]
    if op.name == "index":
        dropped = op.notes.get("dropped")
        for axis, item in dropped if isinstance(dropped, tuple) else ():
            if axis.kind == "heads" and as_int(item) is not None and not op.loops:
                return axis, "dropped but for one"
    return None, ""


def _reduces_a_stack(op: OpCall, mixes: dict[OpCall, AttentionSite]) -> bool:
    """Whether the outputs of heads, each a module or call of its own, were stacked along the axis that goes."""
    taken = op.tensor("x")
    stack = taken.op if taken is not None else None
    if stack is None or stack.name != "stack" or taken is None or not stack.inputs:
        return False
    axis, positions = as_int(stack.args.get("axis")) or 0, op.notes.get("positions")
    if positions not in [(axis,), (taken.shape.place(axis),)]:
        return False
    mix, last = context_of(stack.inputs[0], mixes), stack.inputs[0].shape.at(-1)
    wide = mix is None or (last is not None and _is_as_wide_as_the_model(last, mixes[mix]))
    return mix is not None and not wide and _is_one_head(mix)


def _is_one_head(mix: OpCall) -> bool:
    return any(_ONE_HEAD.search(frame.qualname) for frame in mix.frame.stack)


def _is_context(tensor: Tensor, heads: Axis, mixes: dict[OpCall, AttentionSite]) -> bool:
    """Whether a tensor mixes values, or is said to be the heads' output by a fragment: features stand last in it."""
    last = tensor.shape.at(-1)
    if last is None or last is heads:
        return False
    mix = context_of(tensor, mixes)
    if mix is not None:
        return last.kind not in ("seq", "heads") and not _is_as_wide_as_the_model(last, mixes[mix])
    origin = tensor.op
    outside = origin is not None and origin.name == "input" and (origin.notes.get("free") or origin.notes.get("parameter"))
    return bool(outside) and len(tensor.axes) >= 3 and _is_head_dim(last)


def _is_head_dim(axis: Axis) -> bool:
    return any(a.part == HEAD_DIM or is_head_dim(a.name or a.size.name) for a in axis.atoms)


def _is_as_wide_as_the_model(last: Axis, site: AttentionSite) -> bool:
    """Whether each head answers with as many features as the model has: then the heads are alternatives."""
    if site.value is None or _is_head_dim(last):
        return False
    model = source(site.value).shape.at(-1)
    return model is not None and dims.equal(model.size, last.size) is Answer.YES


def _may_be_meant(trace: Trace, op: OpCall, taken: Tensor, mixes: dict[OpCall, AttentionSite]) -> bool:
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


def _sums_heads(mix: OpCall) -> bool:
    """Whether the einsum that mixes the values sums over the heads too."""
    contracted = mix.notes.get("contracted")
    if not isinstance(contracted, tuple) or len(contracted) < 2 or not isinstance(contracted[0], tuple):
        return False
    return any(one.kind == "heads" and other.kind == "heads" for _, one, other in contracted)


def _summed_in_loop(trace: Trace, op: OpCall, mixes: dict[OpCall, AttentionSite]) -> Iterator[Finding]:
    """`total += head(x)`, where the total goes straight into the output projection."""
    total, part = op.tensor("a"), op.tensor("b")
    if total is None or part is None or op.output is None:
        return
    mix = part.op if part.op in mixes else None
    if mix is None or not _is_one_head(mix):
        return
    if not any(step.name in {"zeros", "zeros_like"} for step in ancestors(total, lambda o: o.name in {"join", "add"}, 12)):
        return
    for user in consumers(trace, op.output, lambda o: o.name in {"join", "add"}, 12):
        taken = user.tensor("x") if user.name == "linear" else user.tensor("a") if user.name in {"matmul", "dot"} else None
        if taken is not None and taken in _totals(op, trace) and (user.name == "linear" or _is_weight(user.tensor("b"))):
            yield _finding(op, None, "summed", mix)
            return


def _is_weight(tensor: Tensor | None) -> bool:
    return tensor is not None and (tensor.param or (tensor.op is not None and tensor.op.name in {"rand", "parameter"}))


def _totals(op: OpCall, trace: Trace) -> list[Tensor]:
    assert op.output is not None
    found = [op.output]
    for user in consumers(trace, op.output, lambda o: o.name in {"join", "add"}, 12):
        if user.name in {"join", "add"} and user.output is not None and any(t in found for t in carried(user)):
            found.append(user.output)
    return found


def _finding(op: OpCall, taken: Tensor | None, verb: str, mix: OpCall | None) -> Finding:
    shape = f" of {taken.name or 'the context'} {show_shape(taken.shape)}" if taken is not None and taken.shape.known else ""
    left = f", which leaves {show_shape(op.output.shape)}" if taken is not None and op.output is not None else ""
    message = f"the heads{shape} are {verb}{left}; they should be concatenated"
    related = ((mix.site, "the heads' outputs are made here"),) if mix is not None and mix is not op else ()
    heads = next((a.size.name for a in (taken.axes if taken else ()) if a.kind == "heads" and kind_of(a.size.name)), "n_heads")
    advice = f"move the heads next to the features and merge them: [batch, seq, {heads} * head_dim], then project"
    return Finding(op.site, message, Severity.WARNING, related, advice)
