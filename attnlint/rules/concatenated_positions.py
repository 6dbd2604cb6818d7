"""A positional encoding concatenated to the token embedding, where the next layer expects the sum.

## Why is this bad?

Transformers *add* the positional encoding to the embedding: both are `d_model` wide, and so is the sum. Concatenated
along the features they are `2 * d_model` wide; the layers behind, which were made for `d_model`, fail, or a width is
paid for that nobody chose.

## Example

```python
import torch
import torch.nn as nn


class DocumentEncoder(nn.Module):
    def __init__(self, vocab_size, d_model=256, max_len=512):
        super().__init__()
        self.token = nn.Embedding(vocab_size, d_model, padding_idx=0)
        self.position = nn.Embedding(max_len, d_model)
        self.layer = nn.TransformerEncoderLayer(d_model, nhead=8, batch_first=True)

    def forward(self, ids):
        B, T = ids.shape
        positions = self.position(torch.arange(T, device=ids.device)).expand(B, T, -1)
        x = torch.cat([self.token(ids), positions], dim=-1)
        return self.layer(x, src_key_padding_mask=ids == 0)
```

## Use instead

```python
import torch
import torch.nn as nn


class DocumentEncoder(nn.Module):
    def __init__(self, vocab_size, d_model=256, max_len=512):
        super().__init__()
        self.token = nn.Embedding(vocab_size, d_model, padding_idx=0)
        self.position = nn.Embedding(max_len, d_model)
        self.layer = nn.TransformerEncoderLayer(d_model, nhead=8, batch_first=True)

    def forward(self, ids):
        B, T = ids.shape
        positions = self.position(torch.arange(T, device=ids.device)).expand(B, T, -1)
        x = self.token(ids) + positions
        return self.layer(x, src_key_padding_mask=ids == 0)
```

## Known limits

Concatenating can be meant. It is a warning or an error only where the next layer was made for another width, or where
the author's own comment says that the width doubles or that the two are added; otherwise it is a question, and none
where the next layer takes both.

## References

- [Attention Is All You Need, section 3.5](https://arxiv.org/abs/1706.03762)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.evidence import opening
from attnlint.attention.heads import show
from attnlint.attention.positions import beside, is_positional, next_width, unknown_width
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.tensor import Tensor
from attnlint.trace import OpCall, Trace, exclude

_SAYS = re.compile(
    r"doubl|\b2 ?\* ?d|should (?:be )?(?:\w+ )?(?:add|sum|\[|\()|wrong"
    r"|\badd(?:s|ed|ing)?\b(?=.*(?:posit|order))|(?:posit|order)\w*.*\badd(?:ed|s)?\b|\bplus\b.*posit|posit.*\bsum",
    re.I,
)


@rule("ATT006", "concatenated-positions")
def check(trace: Trace) -> Iterator[Finding]:
    """Ask each concatenation of tokens and positions whether its width fits what comes next."""
    for op in trace.ops:
        pair = beside(op)
        if pair is None:
            continue
        fit = next_width(trace, op)
        token, place = pair
        if (fit is not None and fit.fits) or _is_one_of_two_ways(trace, op, token):
            continue
        message = f"positions are concatenated to the embedding{_width(op)}; they should be added"
        advice = f"add them: {token.name or 'embedding'} + {place.name or 'positions'}, both of width d_model"
        if fit is not None:
            made = f", which was made for {show(fit.expected)}" if fit.expected is not None else ""
            found = "" if unknown_width(fit.found) else f" and {show(fit.found)} features go in"
            related = ((fit.op.site, f"does not fit here{made}{found}"),)
            severity = Severity.WARNING if fit.by_default else Severity.ERROR
            fixes = repair.sums.added(trace, op), (repair.sums.BESIDE,)
            yield Finding(op.site, message, severity, related, advice, *fixes)
        elif _author_says(trace, op):
            yield Finding(op.site, message, Severity.WARNING, (), advice, repair.sums.added(trace, op))
        elif trace.sites:
            message = f"{message.partition(';')[0]}; is the sum meant?"
            yield Finding(op.site, message, Severity.INFO, (), advice, repair.sums.added(trace, op))


def _is_one_of_two_ways(trace: Trace, op: OpCall, token: Tensor) -> bool:
    """Whether another branch adds positions to the same tokens, so that an option chooses between sum and both."""
    return any(
        other.name == "add"
        and exclude(other.branches, op.branches)
        and token in other.inputs
        and any(is_positional(tensor) for tensor in other.inputs if tensor is not token)
        for other in trace.ops
    )


def _width(op: OpCall) -> str:
    last = op.output.shape.at(-1) if isinstance(op.output, Tensor) else None
    return "" if last is None or unknown_width(last.size) else f", which makes it {show(last.size)} wide"


def _author_says(trace: Trace, op: OpCall) -> bool:
    """Whether a comment beside the line or the docstring around it says that the width doubles, or that they add."""
    row = op.site.span.row
    lines = trace.text.splitlines()[max(0, row - 3) : row + 1]
    comments = " ".join(line.partition("#")[2] for line in lines)
    return _SAYS.search(f"{comments} {op.frame.text} {trace.ask(opening)}") is not None
