"""How einx spells ops: the pattern comes first, the axes that an op works along stand in brackets.

Source: https://einx.readthedocs.io (the notation, and the list of operations).
"""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

_REDUCTIONS = "sum mean prod max min any all var std logsumexp count_nonzero"
_ALONG = "softmax log_softmax flip roll sort"
_ELEMENTWISE = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "maximum": "maximum",
    "minimum": "minimum", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq",
    "not_equal": "ne", "logical_and": "and", "logical_or": "or", "where": "where",
}  # fmt: skip

FUNCTIONS: dict[str, Spelling] = {
    **{f"einx.{name}": spell("einx_rearrange", "pattern *xs") for name in ("rearrange", "id")},
    **{f"einx.{name}": spell("einx_reduce", "pattern *xs", fixed={"by": name}) for name in _REDUCTIONS.split()},
    **{f"einx.{name}": spell("einx_along", "pattern *xs", fixed={"by": name}) for name in _ALONG.split()},
    **{f"einx.{name}": spell("einx_elementwise", "pattern *xs", fixed={"by": by}) for name, by in _ELEMENTWISE.items()},
    "einx.dot": spell("einx_dot", "pattern *xs"),
}
