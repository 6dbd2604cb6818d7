"""Which tensor is the query, the key or the value, by the names that it and its projection have."""

from __future__ import annotations

from attnlint.attention.lineage import LAYOUT, PRODUCTS, PROJECTIONS, carried, operands
from attnlint.names import role_of
from attnlint.tensor import Tensor
from attnlint.trace import OpCall

_PASSES = LAYOUT | {
    "norm",
    "rotate",
    "normalize",
    "dropout",
    "mul",
    "div",
    "add",
    "activation",
    "concat",
    "join",
    "setitem",
}


def role(tensor: Tensor) -> str:
    """`q`, `k`, `v`, or empty where no name tells."""
    current: Tensor | None = tensor
    for _ in range(24):
        if current is None:
            return ""
        for name in (current.name, *reversed(current.aliases)):
            if found := role_of(name):
                return found
        op = current.op
        if op is None:
            return ""
        if op.name in PROJECTIONS | PRODUCTS | {"input", "unknown"}:
            return role_of(op.spelling) or _of_weight(op)
        if op.name not in _PASSES:
            return ""
        current = next((t for t in carried(op) if not t.param), None)
    return ""


def _of_weight(op: OpCall) -> str:
    pair = operands(op) if op.name in PRODUCTS else None
    for tensor in pair or ():
        if tensor.param and (found := role_of(tensor.name)):
            return found
    return ""
