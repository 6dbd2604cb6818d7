"""The softmax does not normalise over the key axis.

## Why is this bad?
The weights of one query over all keys must sum to 1. Normalised over queries, heads or the batch, they do
not: outputs shrink or grow with the length of the input, and every query competes with the others.

## Example
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V):
        # Q, K, V: [batch, seq, d_k]
        scores = Q @ K.transpose(0, 2, 1) / np.sqrt(Q.shape[-1])
        return softmax(scores, axis=1) @ V
```

## Use instead
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V):
        # Q, K, V: [batch, seq, d_k]
        scores = Q @ K.transpose(0, 2, 1) / np.sqrt(Q.shape[-1])
        return softmax(scores, axis=-1) @ V
```

## Known limits
The axis is judged by its origin: the one that the product with the values sums over is the keys'. Where
neither that product nor the names of query and key are in sight, nothing is said. Weights that are
normalised again over the keys, as in slot attention, are right.

## References
- Vaswani et al. 2017, Attention Is All You Need, equation 1: https://arxiv.org/abs/1706.03762
"""

from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.places import home_of, place_in
from attnlint.attention.weights_axis import key_axis, wrong_axis
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.trace import Site, Trace


@rule("ATT008", "softmax-wrong-axis")
def check(trace: Trace) -> Iterator[Finding]:
    """One finding for each attention whose weights are normalised over something else than its keys."""
    for site in trace.sites:
        wrong = wrong_axis(site)
        if wrong is None:
            continue
        frame = home_of(site.op, site.product)
        related: list[tuple[Site, str]] = []
        if site.product is not None:
            related.append((site.product.site, "scores computed here"))
        related.extend((mix.site, "the values are mixed over the keys here") for mix in site.mixes[:1])
        place = place_in(site.op, frame)
        if place != site.op.site:
            related.append((site.op.site, "the softmax itself"))
        keys = key_axis(site) or "the last one of [.., q_len, k_len]"
        advice = f"normalise over the keys' axis, {keys}; the weights of each query must sum to 1"
        severity = Severity.ERROR if wrong.certain else Severity.INFO
        yield Finding(place, wrong.message, severity, tuple(related), advice, repair.axis.over_keys(site))
