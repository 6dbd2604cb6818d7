"""How torch spells ops, as functions of `torch`, `torch.special` and `torch.linalg`."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell
from attnlint.frameworks.torch_names import BOTH, UNARY

_MAKERS = {
    "zeros": spell("zeros", "*sizes=size dtype"),
    "ones": spell("ones", "*sizes=size dtype"),
    "empty": spell("empty", "*sizes=size dtype"),
    "full": spell("full", "sizes=size value=fill_value dtype"),
    "eye": spell("eye", "n m dtype"),
    "arange": spell("arange", "start stop=end step dtype"),
    "range": spell("arange", "start stop=end step dtype"),
    "linspace": spell("linspace", "start stop=end count=steps"),
    "logspace": spell("linspace", "start stop=end count=steps"),
    "rand": spell("rand", "*sizes=size dtype"),
    "randn": spell("rand", "*sizes=size dtype"),
    "randint": spell("randint", "low high sizes=size dtype"),
    "normal": spell("rand", "mean std sizes=size"),
    "randperm": spell("arange", "start=n"),
    "zeros_like": spell("zeros_like", "x=input dtype"),
    "ones_like": spell("ones_like", "x=input dtype"),
    "empty_like": spell("empty_like", "x=input dtype"),
    "full_like": spell("full_like", "x=input value=fill_value dtype"),
    "rand_like": spell("rand_like", "x=input"),
    "randn_like": spell("rand_like", "x=input"),
    "tensor": spell("array", "data dtype"),
    "as_tensor": spell("array", "data dtype"),
    "asarray": spell("array", "data=obj dtype"),
    "from_numpy": spell("array", "data"),
    "Tensor": spell("array", "data"),
    "FloatTensor": spell("array", "data", fixed={"dtype": "float32"}),
    "LongTensor": spell("array", "data", fixed={"dtype": "int64"}),
    "BoolTensor": spell("array", "data", fixed={"dtype": "bool"}),
    "meshgrid": spell("meshgrid", "*xs=tensors indexing", indexing="ij"),
    "nn.Parameter": spell("parameter", "data requires_grad"),
    "nn.parameter.Parameter": spell("parameter", "data requires_grad"),
    "nn.Buffer": spell("parameter", "data"),
}

_OTHERS = {
    "einsum": spell("einsum", "pattern=equation *xs=operands"),
    "functional.einsum": spell("einsum", "pattern=equation *xs=operands"),
    "tensordot": spell("tensordot", "a b axes=dims"),
    "reshape": spell("reshape", "x=input sizes=shape"),
    "permute": spell("permute", "x=input perm=dims"),
    "tile": spell("tile", "x=input repeats=dims"),
    "broadcast_to": spell("broadcast_to", "x=input sizes=size|shape"),
    "broadcast_tensors": spell("broadcast_tensors", "*xs"),
    "cat": spell("concat", "xs=tensors axis=dim|axis", axis=0),
    "concat": spell("concat", "xs=tensors axis=dim|axis", axis=0),
    "concatenate": spell("concat", "xs=tensors axis=dim|axis", axis=0),
    "hstack": spell("hstack", "xs=tensors"),
    "vstack": spell("vstack", "xs=tensors", fixed={"vertical": True}),
    "stack": spell("stack", "xs=tensors axis=dim", axis=0),
    "where": spell("where", "cond=condition a=input|self b=other"),
    "cdist": spell("cdist", "a=x1 b=x2 p"),
    "cosine_similarity": spell("pairwise", "a=x1 b=x2 axis=dim eps", axis=1),
    "dropout": spell("dropout", "x=input p training=train|training"),
    "linalg.norm": spell("vector_norm", "x=A|input ord axis=dim keepdims=keepdim"),
    "linalg.vector_norm": spell("vector_norm", "x ord axis=dim keepdims=keepdim"),
    "linalg.matmul": spell("matmul", "a=input b=other"),
    "transpose_copy": spell("transpose", "x=input axis0=dim0 axis1=dim1"),
    "select_scatter": spell("identity", "x=input"),
    "true_divide": spell("div", "a=input b=other"),
    "outer": spell("outer", "a=input b=vec2"),
}

FUNCTIONS: dict[str, Spelling] = {
    f"torch.{name}": spelling for name, spelling in {**BOTH, **_MAKERS, **_OTHERS}.items()
}
FUNCTIONS.update({f"torch.{name}_": spell(op, "x=input", inplace=True) for name, op in UNARY.items()})
FUNCTIONS.update(
    {
        f"torch.special.{name}": BOTH[name]
        for name in ("softmax", "log_softmax", "logsumexp", "erf", "expm1", "exp2", "log1p")
    }
)
FUNCTIONS["torch.special.expit"] = spell("sigmoid", "x=input")
