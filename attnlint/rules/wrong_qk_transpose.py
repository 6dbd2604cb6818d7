"""The product of query and key contracts the wrong axes, so that the scores are no [q_len, k_len].

## Why is this bad?
Each score must be the dot product of one query and one key. Without the transpose, or with `.T` on a tensor
of three or more axes (which reverses all of them, the batch too), other axes are summed. Where sizes happen
to agree nothing fails, and the model mixes batch entries or features.

## Example
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V):
        # Q, K, V: [batch, seq, d_k]
        scores = Q @ K.T / np.sqrt(Q.shape[-1])
        return softmax(scores) @ V
```

## Use instead
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V):
        # Q, K, V: [batch, seq, d_k]
        scores = Q @ K.transpose(0, 2, 1) / np.sqrt(Q.shape[-1])
        return softmax(scores) @ V
```

## Known limits
Keys that are stored transposed, feature-first code and channel attention are right as they are and stay
silent. That heads attend to heads is told where the names of both axes say what they count. Where the shapes of
query and key are not known, nothing is said.

## References
- NumPy on `ndarray.T`, which reverses all axes: https://numpy.org/doc/stable/reference/generated/numpy.ndarray.T.html
"""

from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.layout import heads_for_positions, taken_as
from attnlint.attention.lineage import is_activation_product
from attnlint.attention.places import place_in
from attnlint.attention.products import is_query_key, swapped, wrong_product
from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.tensor import show_shape
from attnlint.trace import OpCall, Trace

MOVE = "swap the positions and the heads of query, key and value before the attention, and of the context behind it"
HELP = "swap the key's last two axes, and only these, before the product"


@rule("ATT003", "wrong-qk-transpose")
def check(trace: Trace) -> Iterator[Finding]:
    """One finding for each product of query and key that sums over the wrong axes."""
    sites: dict[OpCall, AttentionSite] = {product: site for site in trace.sites for product in site.products}
    for op in trace.ops:
        site = sites.get(op)
        if site is None and not (is_activation_product(op) and is_query_key(op)):
            continue
        wrong = wrong_product(op, site)
        if wrong is not None:
            related = (
                ((wrong.turn.site, "transposed here"),) if wrong.turn is not None and wrong.turn.site != op.site else ()
            )
            severity = Severity.ERROR if wrong.certain else Severity.WARNING
            if wrong.among == "heads":
                advice, fix = MOVE, repair.forward.around(site) if site is not None else None
            else:
                advice, fix = HELP, repair.turn.contracted(trace, op, wrong)
            yield Finding(op.site, wrong.message, severity, related, advice, fix)
    for site in trace.sites:
        if heads_for_positions(site) and site.query is not None:
            given = show_shape(site.query.shape)
            message = f"heads attend to heads: the call takes {taken_as(site)}, and is given {given}"
            made = site.query.op
            related = ((made.site, f"the query is {given} here"),) if made is not None else ()
            yield Finding(site.op.site, message, Severity.WARNING, related, MOVE, repair.forward.around(site))
        if site.product is not None and site.softmax is not None and swapped(site):
            message = (
                "keys times transposed queries: the rows are keys, but the weights are used as if they were queries"
            )
            related = ((place_in(site.softmax.op, site.product.frame), "normalised over the queries here"),)
            fix = repair.turn.exchanged(trace, site.product)
            yield Finding(
                site.product.site, message, Severity.ERROR, related, "multiply the query by the transposed key", fix
            )
