"""How TensorFlow's tensors and variables spell ops, as methods: these are few."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

METHODS: dict[str, Spelling] = {
    **{name: spell("identity", "x") for name in ("numpy", "to_tensor", "to_dense", "read_value", "gpu", "cpu")},
    "set_shape": spell("identity", "x shape"),
    "assign": spell("copy_into", "x value", inplace=True),
    "assign_add": spell("add", "a b=value", inplace=True),
    "scatter_nd_update": spell("scatter", "x index=indices value=updates", inplace=True),
    # What NumPy gives to arrays that Keras and TensorFlow models are fed with and return.
    "astype": spell("cast", "x dtype"),
    "reshape": spell("reshape", "x *sizes=shape|newshape"),
    "transpose": spell("permute", "x *perm=axes"),
    "argmax": spell("argmax", "x axis"),
    "sum": spell("sum", "x axis dtype out keepdims"),
    "mean": spell("mean", "x axis dtype out keepdims"),
    "max": spell("max", "x axis out keepdims"),
    "min": spell("min", "x axis out keepdims"),
    "copy": spell("identity", "x"),
    "flatten": spell("flatten", "x"),
}
