"""Attention that must not see the future has no causal mask on any path to its softmax.

## Why is this bad?
A model that predicts the next token and may look at it while training learns to copy. The loss becomes
perfect and what it generates is nonsense, since at generation time there is no future to copy from.

## Example
```python
import numpy as np


class TinyGPT:
    def attend(self, q, k, v):
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
        return softmax(scores) @ v
```

## Use instead
```python
import numpy as np


class TinyGPT:
    def attend(self, q, k, v):
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
        future = np.triu(np.ones((q.shape[-2], q.shape[-2]), dtype=bool), k=1)
        scores = np.where(future, -np.inf, scores)
        return softmax(scores) @ v
```

## Known limits
Whether a model must be causal is not written in its arithmetic. A warning needs evidence: names and
docstrings (decoder, GPT, language model), tokens in and logits over the same vocabulary out with shifted
labels or a generate loop. Without any evidence it is a question (`info`), and evidence of an encoder,
images, or cross-attention keeps it silent. A mask parameter whose callers are not in sight counts as a mask.
A causal mask that is dropped, the wrong way round or filled with 0 is told where all of it is in sight.

## References
- Vaswani et al. 2017, Attention Is All You Need, section 3.2.3: https://arxiv.org/abs/1706.03762
"""

from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.causality import future_is_open
from attnlint.attention.evidence import direction
from attnlint.attention.failed_masks import failed_mask
from attnlint.attention.places import place_in, reached_from, reached_from_test
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.trace import Trace

HELP = {
    "written": "add a mask that is -inf (or True = blocked) above the diagonal to the scores before the softmax",
    "fused": "tell the fused call that it is causal (is_causal=True), or give it a causal mask",
    "layer": "give the layer a causal mask: its attn_mask, mask or tgt_mask argument",
}


@rule("ATT001", "missing-causal-mask")
def check(trace: Trace) -> Iterator[Finding]:
    """One finding for each self-attention that can look ahead and should not, or whose direction nothing tells."""
    for site in trace.sites:
        failed = None if reached_from_test(site.op) else failed_mask(site)
        if failed is not None:
            scores = ((site.product.site, "scores computed here"),) if site.product is not None else ()
            related = (*reached_from(failed.op), *scores, (site.op.site, "normalised here"))
            yield Finding(failed.op.site, failed.message, Severity.WARNING, related, failed.advice)
            continue
        if not future_is_open(site) or reached_from_test(site.op):
            continue
        evidence = direction(site)
        if evidence.causal is False:
            continue
        place = place_in(site.op, site.product.frame if site.product is not None else site.op.frame)
        computed = ((site.product.site, "scores computed here"),) if site.product is not None else ()
        related = (*reached_from(site.op), *computed)
        if evidence.causal:
            message = f"every position attends to later ones: no causal mask reaches this attention, but {evidence.why}"
            yield Finding(place, message, Severity.WARNING, related, HELP[site.kind], repair.causal.blocked(site))
        else:
            message = "no mask reaches this attention: should positions be kept from seeing later ones?"
            advice = f"if this decodes or generates, {HELP[site.kind]}"
            yield Finding(place, message, Severity.INFO, related, advice, repair.causal.blocked(site))
