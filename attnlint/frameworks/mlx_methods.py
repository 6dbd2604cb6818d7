"""How MLX's arrays spell ops, as methods."""

from __future__ import annotations

from attnlint.frameworks.mlx_core import REDUCTIONS, UNARY
from attnlint.frameworks.spelling import Spelling, spell

_HAS = "abs conj cos exp log log1p log2 reciprocal round rsqrt sin sqrt square real"

METHODS: dict[str, Spelling] = {
    **{name: spell(UNARY[name], "x") for name in _HAS.split()},
    **{name: spell(op, "x axis keepdims ddof") for name, op in REDUCTIONS.items() if name != "median"},
    "astype": spell("cast", "x dtype"),
    "reshape": spell("reshape", "x *sizes=shape"),
    "flatten": spell("flatten", "x start=start_axis end=end_axis"),
    "transpose": spell("permute", "x *perm=axes"),
    "swapaxes": spell("transpose", "x axis0=axis1 axis1=axis2"),
    "moveaxis": spell("moveaxis", "x source destination"),
    "squeeze": spell("squeeze", "x axis"),
    "split": spell("split", "x sections=indices_or_sections axis", axis=0),
    "cumsum": spell("cumsum", "x axis"),
    "cumprod": spell("cumprod", "x axis"),
    "diagonal": spell("unknown_shape", "x"),
    "diag": spell("unknown_shape", "x"),
    "view": spell("unknown_shape", "x"),
}
