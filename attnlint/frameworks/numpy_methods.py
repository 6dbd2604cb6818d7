"""How NumPy's arrays spell ops, as methods."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

METHODS: dict[str, Spelling] = {
    "reshape": spell("reshape", "x *sizes=shape"),
    "ravel": spell("flatten", "x order"),
    "flatten": spell("flatten", "x order"),
    "transpose": spell("permute", "x *perm=axes"),
    "swapaxes": spell("transpose", "x axis0=axis1 axis1=axis2"),
    "squeeze": spell("squeeze", "x axis"),
    "repeat": spell("repeat_interleave", "x repeats axis"),
    "astype": spell("cast", "x dtype"),
    "view": spell("identity", "x dtype"),
    "copy": spell("identity", "x order"),
    "round": spell("round", "x decimals"),
    "clip": spell("clip", "x low=min|a_min high=max|a_max"),
    "cumsum": spell("cumsum", "x axis"),
    "cumprod": spell("cumprod", "x axis"),
    "dot": spell("dot", "a b"),
    "sum": spell("sum", "x axis dtype out keepdims"),
    "mean": spell("mean", "x axis dtype out keepdims"),
    "prod": spell("prod", "x axis dtype out keepdims"),
    "max": spell("max", "x axis out keepdims"),
    "min": spell("min", "x axis out keepdims"),
    "any": spell("any", "x axis out keepdims"),
    "all": spell("all", "x axis out keepdims"),
    "var": spell("var", "x axis dtype out ddof keepdims"),
    "std": spell("std", "x axis dtype out ddof keepdims"),
    "argmax": spell("argmax", "x axis out keepdims"),
    "argmin": spell("argmin", "x axis out keepdims"),
    "argsort": spell("argsort", "x axis", axis=-1),
    "take": spell("take", "x index=indices axis"),
    "sort": spell("sort", "x axis", inplace=True, axis=-1),
    "fill": spell("full_like", "x value", inplace=True),
    "conj": spell("identity", "x"),
}
