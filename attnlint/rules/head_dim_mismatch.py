"""Heads whose sizes do not multiply out to the width that they are split from or merged into.

## Why is this bad?
Multi-head attention cuts `d_model` features into `n_heads` pieces of `head_dim` each, so `n_heads * head_dim` must be
the width of the projection that is cut, and the output projection must take what the heads give together. A literal
that was right for another model, a `d_model` that `n_heads` does not divide (`//` rounds down without a word), or heads
that are each as wide as the model fail at run time, or, with a batch that happens to fit, mix the features of
different tokens.

## Example
```python
import torch.nn as nn
import torch.nn.functional as F


class EncoderAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(512, 3 * 512)
        self.out = nn.Linear(512, 512)

    def forward(self, patches):
        B, T, C = patches.shape
        q, k, v = self.qkv(patches).chunk(3, dim=-1)
        q = q.view(B, T, 8, 64).transpose(1, 2)
        k = k.view(B, T, 8, 100).transpose(1, 2)
        v = v.view(B, T, 8, 64).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.out(y.transpose(1, 2).reshape(B, T, C))
```

## Use instead
```python
import torch.nn as nn
import torch.nn.functional as F


class EncoderAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(512, 3 * 512)
        self.out = nn.Linear(512, 512)

    def forward(self, patches):
        B, T, C = patches.shape
        q, k, v = self.qkv(patches).chunk(3, dim=-1)
        q = q.view(B, T, 8, 64).transpose(1, 2)
        k = k.view(B, T, 8, 64).transpose(1, 2)
        v = v.view(B, T, 8, 64).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.out(y.transpose(1, 2).reshape(B, T, C))
```

## Known limits
Sizes that a caller gives are compared as symbols; where they cannot be told to differ, nothing is reported. Where only
the defaults of parameters disagree the message says so.

## References
- [Attention Is All You Need, section 3.2.2](https://arxiv.org/abs/1706.03762)
"""

from __future__ import annotations

from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.heads import RESHAPES, Misfit, is_of_attention, misfit, mixes_of, show
from attnlint.attention.lineage import ancestors, is_carrier
from attnlint.attention.positions import beside
from attnlint.attention.widths import DEFAULTS, WrongWidth, of_heads, of_projection
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.trace import OpCall, Site, Trace


@rule("ATT004", "head-dim-mismatch")
def check(trace: Trace) -> Iterator[Finding]:
    """Ask each reshape of heads, each projection of merged heads, and each list of heads for its sizes."""
    mixes = mixes_of(trace.sites)
    split_wrong = False
    for op in trace.ops:
        if op.name in RESHAPES:
            unfit = misfit(op)
            if unfit is None or not is_of_attention(op, trace, mixes):
                continue
            if show(unfit.found) == show(unfit.wanted) or _is_widened(op):
                continue
            # What was split wrongly, or came with a wrong width, cannot be merged rightly: one mistake, one finding.
            if not (split_wrong and merges(op)):
                yield _of_reshape(trace, op, unfit)
            split_wrong = True
        elif (clashes := op.notes.get("clash") and "expected" in op.notes) or op.name in {"linear", "matmul", "dot"}:
            found = [] if split_wrong else list(of_projection(op, mixes))
            if found and not _is_widened(op):
                yield from (_of_width(wrong, op, trace) for wrong in found)
            split_wrong |= bool(clashes)
        else:
            yield from (_of_width(wrong, op, trace) for wrong in of_heads(trace, op, mixes))


def _is_widened(op: OpCall) -> bool:
    """Whether positions were put beside the tokens before: a mistake of its own, and the only one."""
    return any(beside(step) is not None for t in op.inputs for step in ancestors(t, lambda _: True, 40))


def _of_width(wrong: WrongWidth, op: OpCall, trace: Trace) -> Finding:
    severity, fixes = Severity.ERROR if wrong.certain else Severity.WARNING, repair.sizes.refitted(trace, wrong, op)
    return Finding(wrong.site, wrong.text, severity, wrong.related, wrong.advice, *fixes)


def _severity(found: Misfit) -> Severity:
    return Severity.WARNING if found.by_default or found.one_head else Severity.ERROR


def _of_reshape(trace: Trace, op: OpCall, found: Misfit) -> Finding:
    what = "the heads do not merge into" if merges(op) else "the features do not split into"
    product = " * ".join(found.parts) if found.parts else show(found.wanted)
    total = f" = {show(found.wanted)}" if len(found.parts) > 1 and found.wanted.by_default is not None else ""
    message = f"{what} {product}{total}: there are {show(found.found)}"
    message += DEFAULTS if found.by_default else ""
    message += ", which fits for one head only" if found.one_head else ""
    fixes = repair.sizes.resized(trace, op, found)
    return Finding(op.site, message, _severity(found), _made(op), _advice(op, found), *fixes)


def merges(op: OpCall) -> bool:
    """Whether a reshape makes fewer axes than there were."""
    source = op.tensor("x")
    return source is not None and op.output is not None and len(op.output.axes) < len(source.axes)


def _made(op: OpCall) -> tuple[tuple[Site, str], ...]:
    """Where the features were made that are split here."""
    source = op.tensor("x")
    for step in ancestors(source, is_carrier, 20) if source is not None else ():
        if step.name in {"linear", "matmul", "sdpa", "einsum"} and step.output is not None and step.output.axes:
            width = step.output.axes[-1].size
            return ((step.site, f"made {show(width)} features wide here"),) if "?" not in str(width) else ()
    return ()


def _advice(op: OpCall, found: Misfit) -> str:
    heads = next((a.size for t in (op.output, *op.inputs) if t for a in t.axes if a.kind == "heads"), None)
    have, count = found.found.by_default, heads.by_default if heads is not None else None
    if have is None or not count or have.denominator != 1 or count.denominator != 1:
        return "make n_heads * head_dim the width that is split, as in head_dim = d_model // n_heads"
    if have % count:
        return f"choose a number of heads that divides {have}, and check d_model % n_heads == 0 where they are set"
    return f"with {count} heads the width of one is {have} // {count} = {have // count}"
