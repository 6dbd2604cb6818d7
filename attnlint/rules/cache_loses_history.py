"""Incremental decoding whose attention does not see the keys and values of the earlier tokens.

## Why is this bad?

A decoder that is fed one token at a time must attend to all tokens before it, so that their keys and values have to be
kept from call to call. A cache that is overwritten, made anew in each round, not passed on, joined for the keys and not
for the values, or missing altogether leaves the new token alone with itself. The text comes out fluent at first and
forgets its prompt.

## Example

```python
import torch.nn as nn
import torch.nn.functional as F


class CachedAttention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.k_cache = None
        self.v_cache = None

    def decode_step(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        self.k_cache = k
        self.v_cache = v
        return F.scaled_dot_product_attention(q, self.k_cache, self.v_cache)
```

## Use instead

```python
import torch
import torch.nn as nn
import torch.nn.functional as F


class CachedAttention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.k_cache = None
        self.v_cache = None

    def decode_step(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        if self.k_cache is not None:
            k = torch.cat([self.k_cache, k], dim=1)
            v = torch.cat([self.v_cache, v], dim=1)
        self.k_cache = k
        self.v_cache = v
        return F.scaled_dot_product_attention(q, self.k_cache, self.v_cache)
```

## Known limits

Sliding windows, rings, preallocated caches that are written by slices and cache objects with an `update` of their own
are taken to be right, and so is a prefix that one call stores and another reads.

## References

- [Fast Transformer Decoding](https://arxiv.org/abs/1911.02150)
"""

from __future__ import annotations

from collections.abc import Iterator

from attnlint import repair
from attnlint.attention.cache import Loss, one_side, overwritten, stored_too_late
from attnlint.attention.generation import by_names, handed_on_new, made_anew, not_passed_on, one_token_alone
from attnlint.attention.rounds import dropped, emptied, written_on_nothing
from attnlint.attention.stateless import replaced
from attnlint.diagnostic import Severity
from attnlint.rule import Finding, rule
from attnlint.trace import Trace

_HELP = "keep the keys and values of all steps: append the new ones along the sequence axis, and attend to the whole"


@rule("ATT010", "cache-loses-history")
def check(trace: Trace) -> Iterator[Finding]:
    """Ask what becomes of keys and values from one step to the next."""
    for loss in _losses(trace):
        severity = Severity.ERROR if loss.certain else Severity.WARNING
        yield Finding(loss.site, loss.text, severity, loss.related, _HELP, repair.history.kept(trace, loss))


def _losses(trace: Trace) -> list[Loss]:
    """Every loss of history in a trace; of one mistake the clearest sign alone."""
    found = [*overwritten(trace), *stored_too_late(trace)] or [*one_side(trace)]
    found = found or [*emptied(trace), *written_on_nothing(trace)]
    found = found or [*handed_on_new(trace)] or [*made_anew(trace)] or [*dropped(trace)] or [*not_passed_on(trace)]
    found = found or [*replaced(trace)]
    return found or [*one_token_alone(trace)] or [*by_names(trace)]
