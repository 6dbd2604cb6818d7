"""Every op by its canonical name; importing this package fills `OPS`."""

from attnlint.ops import (
    contract,
    create,
    einops,
    einsum,
    elementwise,
    fused,
    gather,
    index,
    join,
    layers,
    mask,
    reduce,
    shape,
    view,
    window,
)
from attnlint.ops.signature import OPS, Args, Result, Transfer

__all__ = [
    "OPS",
    "Args",
    "Result",
    "Transfer",
    "contract",
    "create",
    "einops",
    "einsum",
    "elementwise",
    "fused",
    "gather",
    "index",
    "join",
    "layers",
    "mask",
    "reduce",
    "shape",
    "view",
    "window",
]
