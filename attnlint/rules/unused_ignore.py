"""A comment tells attnlint to ignore what it does not find there.

## Why is this bad?
An ignore that silences nothing hides the next mistake on its line, and tells a reader of one that is not there.

## Example
```python
import numpy as np


class Encoder:
    def attend(self, Q, K, V):
        scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])  # attnlint: ignore[missing-scale]
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
It speaks only of rules that ran on the file, and of an ignore without names only where all of them did. Where another
file of the project may import this one and was not linted in the same run, it is silent, since that one's trace may
find here what the comment silences; dynamic imports are not seen. Only its own name silences it, and
`ignore[unused-ignore]` itself is never unused.

## References
- The same question of ruff: https://docs.astral.sh/ruff/rules/unused-noqa/
"""

from collections.abc import Iterator

from attnlint.diagnostic import UNUSED_IGNORE, Severity
from attnlint.rule import Finding, rule
from attnlint.trace import Trace

# What it finds changes no result.
SEVERITY = Severity.INFO


@rule(*UNUSED_IGNORE)
def check(trace: Trace) -> Iterator[Finding]:  # noqa: ARG001
    """Nothing: which comments silence something is known when all rules have answered, in `attnlint.unused`."""
    yield from ()
