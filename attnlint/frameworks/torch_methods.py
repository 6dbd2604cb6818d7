"""How torch's tensors spell ops, as methods; the ones that end in `_` change the tensor."""

from __future__ import annotations

from dataclasses import replace

from attnlint.frameworks.spelling import Spelling, spell
from attnlint.frameworks.torch_names import BINARY, BOTH, UNARY, X

METHODS: dict[str, Spelling] = dict(BOTH)

_DTYPES = {
    "float": "float32", "half": "float16", "bfloat16": "bfloat16", "double": "float64", "long": "int64", "int": "int32",
    "bool": "bool", "byte": "uint8",
}  # fmt: skip

_KEEP = (
    "contiguous cpu cuda requires_grad_ pin_memory numpy detach_ share_memory_ coalesce to_dense refine_names rename "
    "retain_grad clone"
)

METHODS.update({name: spell("cast", "x", fixed={"dtype": dtype}) for name, dtype in _DTYPES.items()})
METHODS.update({name: spell("identity", "x") for name in _KEEP.split()})
METHODS["contiguous"] = spell("contiguous", "x memory_format")
METHODS.update(
    {
        "to": spell("cast", "x dtype=dtype|other then=then"),
        "type": spell("cast", "x dtype"),
        "type_as": spell("cast", "x dtype=other"),
        "view": spell("reshape", "x *sizes=size|dtype", fixed={"strict": True}),
        "reshape": spell("reshape", "x *sizes=shape"),
        "unflatten": spell("unflatten", "x axis=dim *sizes"),
        "view_as": spell("view_as", "x other"),
        "reshape_as": spell("view_as", "x other"),
        "expand": spell("expand", "x *sizes=size"),
        "expand_as": spell("expand_as", "x other"),
        "broadcast_to": spell("broadcast_to", "x *sizes=size"),
        "repeat": spell("tile", "x *repeats=sizes|repeats"),
        "tile": spell("tile", "x *repeats=dims"),
        "permute": spell("permute", "x *perm=dims"),
        "where": spell("where", "a=self cond=condition b=other"),
        "new_zeros": spell("zeros", "like *sizes=size dtype"),
        "new_ones": spell("ones", "like *sizes=size dtype"),
        "new_empty": spell("empty", "like *sizes=size dtype"),
        "new_full": spell("full", "like sizes=size value=fill_value dtype"),
        "new_tensor": spell("array", "like data dtype"),
        "index_fill": spell("identity", "x"),
        "index_fill_": spell("identity", "x", inplace=True),
        "index_copy_": spell("scatter", "x axis=dim index value=tensor|source", inplace=True),
        "index_add_": spell("scatter", "x axis=dim index value=source", inplace=True),
        "scatter_": spell("scatter", "x axis=dim index value=src|value", inplace=True),
        "copy_": spell("copy_into", "x value=src", inplace=True),
        "masked_scatter_": spell("identity", "x", inplace=True),
        "fill_": spell("full_like", "x value", inplace=True),
        "zero_": spell("zeros_like", "x", inplace=True),
        "normal_": spell("rand_like", "x", inplace=True),
        "uniform_": spell("rand_like", "x", inplace=True),
        "random_": spell("rand_like", "x", inplace=True),
        "bernoulli_": spell("rand_like", "x", inplace=True),
        "fill_diagonal_": spell("identity", "x value", inplace=True),
        "unfold": spell("unknown_shape", X),
        "gt_": spell("gt", "a b", inplace=True),
        "mT": spell("matrix_transpose", "x"),
        "addcmul": spell("identity", "x"),
        "swapaxes_": spell("transpose", "x axis0 axis1", inplace=True),
    }
)

_IN_PLACE = [
    *UNARY, *BINARY, "add", "masked_fill", "triu", "tril", "clamp", "clamp_min", "clamp_max", "clip",
    "softmax", "unsqueeze", "squeeze",
    "transpose", "cumsum", "baddbmm", "addmm", "t", "nan_to_num",
]  # fmt: skip
METHODS.update({f"{name}_": replace(BOTH[name], inplace=True) for name in _IN_PLACE})
