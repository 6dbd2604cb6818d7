"""A mask does not broadcast to [.., q_len, k_len], or lies on the wrong axes of the scores.

## Why is this bad?
Broadcasting aligns axes from the right. A padding mask [batch, k_len] added as it is meets the queries with
its batch, and where sizes happen to agree nothing fails: other sentences' padding is blocked. A mask of
padded queries with no keys in it blocks nothing that anyone attends to.

## Example
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V, pad):
        # Q, K, V: [batch, heads, seq, d_k]
        # pad: [batch, seq]
        scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
        scores = np.where(pad, -1e9, scores)
        return softmax(scores) @ V
```

## Use instead
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V, pad):
        # Q, K, V: [batch, heads, seq, d_k]
        # pad: [batch, seq]
        scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
        scores = np.where(pad[:, None, None, :], -1e9, scores)
        return softmax(scores) @ V
```

## Known limits
Only axes whose sizes or meaning are known are compared: a batch axis that meets the queries is told from
their names or from the code that made them. A mask whose shape nobody gives is not judged.

## References
- NumPy on broadcasting: https://numpy.org/doc/stable/user/basics.broadcasting.html
"""

from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.mask_fit import misfit
from attnlint.attention.places import reached_from
from attnlint.attention.products import wrong_product
from attnlint.attention.sites import AttentionSite, MaskUse, loose_mask_uses
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.tensor import show_shape
from attnlint.trace import Site, Trace
from attnlint.values import Seq, Value

HELP = (
    "give the mask the scores' layout: [q_len, k_len] for a causal mask, and for padding on scores"
    " [batch, heads, q_len, k_len] the mask [batch, 1, 1, k_len]"
)


@rule("ATT007", "mask-shape-mismatch")
def check(trace: Trace) -> Iterator[Finding]:
    """One finding for each mask that does not fit the scores that it meets."""
    used = set()
    for site in trace.sites:
        if any(wrong_product(product, site) is not None for product in site.products):
            continue
        for use in site.masks:
            used.add(use.mask)
            yield from _judge(trace, use, site)
    for use in loose_mask_uses(trace):
        used.add(use.mask)
        yield from _judge(trace, use, None)
    yield from _never_square(trace, used)


def _judge(trace: Trace, use: MaskUse, site: AttentionSite | None) -> Iterator[Finding]:
    wrong = misfit(use, site)
    if wrong is None:
        return
    mask = use.mask.items[0] if isinstance(use.mask, Seq) and use.mask.items else use.mask
    made = getattr(mask, "op", None)
    related: list[tuple[Site, str]] = list(reached_from(use.op))
    if made is not None and made.site != use.op.site:
        related.append((made.site, "the mask gets its shape here"))
    if site is not None and site.product is not None:
        related.append((site.product.site, "scores computed here"))
    severity = Severity.ERROR if wrong.certain else Severity.WARNING
    fix = repair.mask_axes.fitted(trace, use, site)
    yield Finding(use.op.site, wrong.message, severity, tuple(related), _advice(use, site), fix)


def _advice(use: MaskUse, site: AttentionSite | None) -> str:
    if use.op.name == "mha":
        return "attn_mask is [q_len, k_len]; a padding mask [batch, k_len] goes to key_padding_mask"
    scores = use.op.tensor("x") or (site.product.output if site is not None and site.product is not None else None)
    if scores is not None and scores.rank == 3:
        return "on scores [batch, q_len, k_len] a causal mask is [q_len, k_len], and a padding mask [batch, 1, k_len]"
    return HELP


def _never_square(trace: Trace, used: set[Value]) -> Iterator[Finding]:
    """A fragment's causal mask with an axis of features, which no scores have."""
    for op in trace.ops:
        mask = op.output
        if op.name not in {"tril", "triu", "causal_mask"} or mask is None or mask in used or not trace.is_fragment:
            continue
        if (
            mask.rank == 2
            and "mask" in mask.name
            and "feature" in {axis.kind for axis in mask.axes}
            and not trace.uses(mask)
        ):
            message = f"a causal mask of shape {show_shape(mask.shape)} fits no scores, which are [.., q_len, k_len]"
            yield Finding(op.site, message, Severity.ERROR, (), HELP, repair.mask_axes.squared(trace, op, mask))
