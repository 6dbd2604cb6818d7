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

from attnlint.attention.mask_fit import misfit
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.trace import Site, Trace
from attnlint.values import Seq

HELP = "give the mask the scores' layout: [q_len, k_len] for causal, [batch, 1, 1, k_len] for padding on [batch, heads, q_len, k_len]"


@rule("ATT007", "mask-shape-mismatch")
def check(trace: Trace) -> Iterator[Finding]:
    """One finding for each mask that does not fit the scores that it meets."""
    for site in trace.sites:
        for use in site.masks:
            wrong = misfit(use, site)
            if wrong is None:
                continue
            mask = use.mask.items[0] if isinstance(use.mask, Seq) and use.mask.items else use.mask
            made = getattr(mask, "op", None)
            related: list[tuple[Site, str]] = []
            if made is not None and made.site != use.op.site:
                related.append((made.site, "the mask gets its shape here"))
            if site.product is not None:
                related.append((site.product.site, "scores computed here"))
            severity = Severity.ERROR if wrong.certain else Severity.WARNING
            yield Finding(use.op.site, wrong.message, severity, tuple(related), HELP)
