"""Scores reach the softmax without being divided by the root of the head dimension.

## Why is this bad?
The dot product of two random vectors of size d has variance d. With d = 64 scores are eight times larger
than the softmax likes: the weights are nearly one-hot, and gradients vanish.

## Example
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V):
        scores = Q @ K.swapaxes(-1, -2)
        return softmax(scores) @ V
```

## Use instead
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V):
        scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
        return softmax(scores) @ V
```

## Known limits
A scale that sits in the initialisation of the query's projection (T5) is only seen where the text says so.
Where query or key come from a function that the trace does not follow, the rule is silent, and so it is for
non-local blocks built from convolutions, which are unscaled by design, and for the dot attention of one state to
states that are keys and values in one (Luong et al. 2015).

## References
- Vaswani et al. 2017, Attention Is All You Need, section 3.2.1: https://arxiv.org/abs/1706.03762
"""

import re
from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.causality import mixes_features
from attnlint.attention.lineage import PROJECTIONS, ancestors
from attnlint.attention.luong import attends_to_states
from attnlint.attention.places import place_in, reached_from, reached_from_test
from attnlint.attention.products import is_query_key, wrong_product
from attnlint.attention.scale import hidden_scale, is_one, scaling
from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Severity
from attnlint.hints import in_comment
from attnlint.names import role_of
from attnlint.rule import Finding, rule
from attnlint.tensor import show_axis
from attnlint.trace import OpCall, Trace

# The scale may live where no op shows it: in the initialisation, or in a design that says that it has none.
_ELSEWHERE = re.compile(
    r"\b(?:u?m)?T5(?:\b|_|(?-i:[A-Z]))|unscaled|without scaling|no scaling|folded"
    r"|init\.\w*normal_\(\s*self\.\w*q\w*\.weight",
    re.I,
)
FUSED = "leave the scale to the call, which takes 1/√head_dim by itself, or pass head_dim ** -0.5"
# A caller's line that scales the queries before it hands them on.
_PRESCALED = re.compile(r"^[ \t]*(?P<q>q|query|queries|query_layer)[ \t]*(?:[*/]=|=[ \t]*(?P=q)[ \t]*[*/](?!\*))", re.M)
HELP = "divide the scores by the square root of the head dimension before the softmax"


@rule("ATT002", "missing-scale")
def check(trace: Trace) -> Iterator[Finding]:
    """One finding for each attention whose scores are known to be unscaled."""
    for site in trace.sites:
        if site.kind == "fused" and is_one(site.op.args.get("scale")) and not (scaling(site) or hidden_scale(site)):
            message = f"the scores are not scaled: the call is told to scale by 1 and not by 1/√{_width(site)}"
            fix = repair.scale.told(site)
            yield Finding(site.op.site, message, Severity.WARNING, reached_from(site.op), FUSED, fix)
        if site.kind != "written" or site.product is None or site.unseen or len(site.products) != 1:
            continue
        if not _is_attention(site) or scaling(site) is not None or hidden_scale(site) or _elsewhere(site):
            continue
        if mixes_features(site) or attends_to_states(site) or reached_from_test(site.product):
            continue
        if wrong_product(site.product, site) is not None:
            continue
        assert site.softmax is not None
        place = place_in(site.product, site.softmax.op.frame)
        related = (
            *reached_from(site.product),
            (site.product.site, "query · key here"),
            (site.softmax.op.site, "normalised here, with nothing in between that scales"),
        )
        message = f"scores are not scaled by 1/√{_width(site)} before the softmax"
        yield Finding(place, message, Severity.WARNING, related, HELP, repair.scale.divided(trace, site.product, place))
    yield from _bare(trace)


def _is_attention(site: AttentionSite) -> bool:
    return bool(site.mixes) or set(site.roles) == {"q", "k"}


def _elsewhere(site: AttentionSite) -> bool:
    return site.trace.says(_ELSEWHERE) or (_is_handed_in(site) and site.trace.says(_PRESCALED))


def _is_handed_in(site: AttentionSite) -> bool:
    """Whether the query is a parameter that the trace begins with, so that no caller of it was seen."""
    steps = ancestors(site.query, lambda op: op.name not in PROJECTIONS, 40) if site.query is not None else ()
    return any(op.notes.get("parameter") and role_of(op.spelling) == "q" for op in steps)


def _width(site: AttentionSite) -> str:
    axis = site.query.shape.at(-1) if site.query is not None else None
    text = show_axis(axis) if axis is not None else "?"
    return "d_k" if "?" in text else text


def _bare(trace: Trace) -> Iterator[Finding]:
    """A fragment that ends with the product: scores that nothing divides and nothing else uses.

    One whose shape, or whose query's, stands beside it is about the shape.
    """
    shown = {binding.value for binding in trace.bindings if in_comment(binding.comment)}
    for op in trace.ops:
        if op.output in shown or not _ends_as_scores(op, trace) or not all(_is_free(t.op) for t in op.inputs):
            continue
        if any(trace.says(rf"#.*\b{re.escape(t.name)}\b[^#\n]*\[") for t in op.inputs if t.name):
            continue
        fix = repair.scale.divided(trace, op)
        yield Finding(op.site, "scores are not scaled by 1/√d_k", Severity.WARNING, (), HELP, fix)


def _ends_as_scores(op: OpCall, trace: Trace) -> bool:
    output = op.output
    if (
        output is None
        or op.name not in {"matmul", "dot", "bmm", "einsum"}
        or not is_query_key(op)
        or trace.uses(output)
    ):
        return False
    return "score" in output.name.lower() and wrong_product(op) is None


def _is_free(op: OpCall | None) -> bool:
    """Whether a fragment's name stands behind a tensor, through nothing but its layout."""
    while op is not None and op.name != "input":
        inner = op.tensor("x") if op.name in {"transpose", "permute", "transpose_all", "matrix_transpose"} else None
        op = inner.op if inner is not None else None
    return op is not None and bool(op.notes.get("free"))
