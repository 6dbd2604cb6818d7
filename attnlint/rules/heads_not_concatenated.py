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

from collections import Counter
from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.heads import context_of, mixes_of
from attnlint.attention.merging import (
    VERBS,
    gone,
    is_context,
    may_be_meant,
    reduces_a_stack,
    summed_at_once,
    summed_in_loop,
    sums_heads,
)  # fmt: skip
from attnlint.diagnostic import Severity
from attnlint.names import kind_of
from attnlint.rule import Finding, rule
from attnlint.tensor import Tensor, show_shape
from attnlint.trace import OpCall, Trace


@rule("ATT005", "heads-not-concatenated")
def check(trace: Trace) -> Iterator[Finding]:
    """Ask each reduction and each picked index whether the axis that goes is the heads' of a context."""
    mixes = mixes_of(trace.sites)
    rounds = Counter(op.site for op in trace.ops if op.name == "add")
    for op in trace.ops:
        taken = op.tensor("x")
        axis, verb = gone(op)
        if taken is not None and axis is not None and is_context(taken, axis, mixes):
            if not may_be_meant(trace, op, taken, mixes):
                yield _finding(trace, op, taken, verb, context_of(taken, mixes))
        elif op.name in VERBS and (head := reduces_a_stack(op, mixes)) is not None:
            yield _finding(trace, op, taken, VERBS[op.name], head)
        elif op in mixes and op.name == "einsum" and sums_heads(op):
            yield _finding(trace, op, None, "summed", op)
        elif op.name == "sum_of" and (head := summed_at_once(trace, op, mixes)) is not None:
            yield _finding(trace, op, None, "summed", head)
        elif op.name == "add" and (op.loops or rounds[op.site] > 1):
            head = summed_in_loop(trace, op, mixes)
            if head is not None:
                yield _finding(trace, op, None, "summed", head)


def _finding(trace: Trace, op: OpCall, taken: Tensor | None, verb: str, mix: OpCall | None) -> Finding:
    shape = (
        f" of {taken.name or 'the context'} {show_shape(taken.shape)}"
        if taken is not None and taken.shape.known
        else ""
    )
    left = f", which leaves {show_shape(op.output.shape)}" if taken is not None and op.output is not None else ""
    message = f"the heads{shape} are {verb}{left}; they should be concatenated"
    related = ((mix.site, "the heads' outputs are made here"),) if mix is not None and mix is not op else ()
    heads = next(
        (a.size.name for a in (taken.axes if taken else ()) if a.kind == "heads" and kind_of(a.size.name)), "n_heads"
    )
    advice = f"move the heads next to the features and merge them: [batch, seq, {heads} * head_dim], then project"
    return Finding(op.site, message, Severity.WARNING, related, advice, repair.merge.concatenated(trace, op, taken))
