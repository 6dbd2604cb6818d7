"""The mask meets the weights, not the scores, and the rows are not normalised again.

## Why is this bad?
After the softmax each row of weights sums to 1, blocked positions included. Zeroing some takes their share
away without giving it to the others, so the output shrinks by an amount that depends on what was blocked,
and the blocked scores still steer the weights that remain.

## Example
```python
import numpy as np


class Decoder:
    def attend(self, Q, K, V, mask):
        scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
        attn = softmax(scores)
        attn = attn * mask
        return attn @ V
```

## Use instead
```python
import numpy as np


class Decoder:
    def attend(self, Q, K, V, mask):
        scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
        scores = np.where(mask, scores, -np.inf)
        attn = softmax(scores)
        return attn @ V
```

## Known limits
A second mask after a right one before the softmax, masks of padded queries, head and dropout masks, the
clean-up of rows that have nothing to attend to, and rows that are normalised again are all right.

## References
- Vaswani et al. 2017, Attention Is All You Need, section 3.2.3: https://arxiv.org/abs/1706.03762
"""

from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.late_masks import late_mask
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.trace import Trace

HELP = "apply the mask to the scores, with -inf where it blocks, before the softmax"


@rule("ATT009", "mask-after-softmax")
def check(trace: Trace) -> Iterator[Finding]:
    """One finding for each attention whose only mask comes too late."""
    for site in trace.sites:
        late = late_mask(site)
        if late is not None:
            severity = Severity.ERROR if late.certain else Severity.WARNING
            related = ((site.op.site, "the softmax is here"),)
            yield Finding(late.use.op.site, late.text, severity, related, HELP, repair.late.before_softmax(site, late))
