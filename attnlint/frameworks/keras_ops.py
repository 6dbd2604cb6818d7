"""How Keras 3 spells ops in `keras.ops`; its submodules are read as `keras.ops` itself."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

_UNARY = {
    "exp": "exp", "expm1": "expm1", "exp2": "exp2", "log": "log", "log1p": "log1p", "log2": "log2", "sqrt": "sqrt",
    "rsqrt": "rsqrt", "square": "square", "negative": "neg", "abs": "abs", "absolute": "abs", "tanh": "tanh",
    "sin": "sin", "cos": "cos", "tan": "tan", "arctan": "arctan", "erf": "erf", "floor": "floor", "ceil": "ceil",
    "round": "round", "sign": "sign", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite",
    "logical_not": "not", "bitwise_not": "not", "reciprocal": "reciprocal", "sigmoid": "sigmoid", "relu": "relu",
    "gelu": "gelu", "silu": "silu", "swish": "silu", "softplus": "softplus", "elu": "elu", "leaky_relu": "leaky_relu",
    "relu6": "activation", "selu": "activation", "softsign": "activation", "hard_sigmoid": "activation",
    "log_sigmoid": "activation", "stop_gradient": "identity", "copy": "identity", "real": "identity",
}  # fmt: skip
_BINARY = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "divide_no_nan": "div",
    "floor_divide": "floordiv", "mod": "mod", "power": "pow", "maximum": "maximum", "minimum": "minimum",
    "logical_and": "and", "logical_or": "or", "logical_xor": "xor", "bitwise_and": "and", "bitwise_or": "or",
    "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "arctan2": "atan2",
}  # fmt: skip
_REDUCTIONS = "sum mean prod any all var std median max min amax amin count_nonzero argmax argmin logsumexp"
_AS = {"amax": "max", "amin": "min"}
_LIKE = "zeros_like ones_like empty_like"

_TABLE: dict[str, Spelling] = {
    **{name: spell(op, "x") for name, op in _UNARY.items()},
    **{name: spell(op, "a=x1 b=x2") for name, op in _BINARY.items()},
    **{name: spell(_AS.get(name, name), "x axis keepdims") for name in _REDUCTIONS.split()},
    **{name: spell(name, "x dtype") for name in _LIKE.split()},
    "full_like": spell("full_like", "x value=fill_value dtype"),
    "matmul": spell("matmul", "a=x1 b=x2"),
    "dot": spell("dot", "a=x1 b=x2"),
    "inner": spell("inner", "a=x1 b=x2"),
    "outer": spell("outer", "a=x1 b=x2"),
    "vdot": spell("dot", "a=x1 b=x2"),
    "tensordot": spell("tensordot", "a=x1 b=x2 axes"),
    "einsum": spell("einsum", "pattern=subscripts *xs=operands"),
    "norm": spell("vector_norm", "x ord axis keepdims"),
    "normalize": spell("normalize", "x axis order epsilon", axis=-1),
    "softmax": spell("softmax", "x axis", axis=-1),
    "log_softmax": spell("log_softmax", "x axis", axis=-1),
    "dot_product_attention": spell(
        "sdpa", "q=query k=key v=value bias mask scale is_causal", is_causal=False, fixed={"layout": "bshd"}
    ),
    "transpose": spell("permute", "x perm=axes"),
    "swapaxes": spell("transpose", "x axis0=axis1 axis1=axis2"),
    "moveaxis": spell("moveaxis", "x source destination"),
    "reshape": spell("reshape", "x sizes=newshape|shape"),
    "ravel": spell("flatten", "x"),
    "expand_dims": spell("expand_dims", "x axis"),
    "squeeze": spell("squeeze", "x axis"),
    "tile": spell("tile", "x repeats"),
    "repeat": spell("repeat_interleave", "x repeats axis"),
    "broadcast_to": spell("broadcast_to", "x sizes=shape"),
    "concatenate": spell("concat_arrays", "xs axis", axis=0),
    "stack": spell("stack_arrays", "xs=x axis", axis=0),
    "hstack": spell("hstack", "xs"),
    "vstack": spell("vstack", "xs", fixed={"vertical": True}),
    "split": spell("split", "x sections=indices_or_sections axis", axis=0),
    "array_split": spell("split", "x sections=indices_or_sections axis", axis=0),
    "unstack": spell("unstacked", "x num axis", axis=0),
    "where": spell("where", "cond=condition a=x1 b=x2"),
    "tril": spell("tril", "x k", k=0),
    "triu": spell("triu", "x k", k=0),
    "take": spell("take", "x index=indices axis"),
    "take_along_axis": spell("gather", "x index=indices axis"),
    "slice": spell("unknown_shape", "x=inputs start_indices shape"),
    "slice_update": spell("scatter", "x=inputs index=start_indices value=updates"),
    "scatter_update": spell("scatter", "x=inputs index=indices value=updates"),
    "cumsum": spell("cumsum", "x axis"),
    "cumprod": spell("cumprod", "x axis"),
    "clip": spell("clip", "x low=x_min high=x_max"),
    "nan_to_num": spell("nan_to_num", "x nan"),
    "argsort": spell("argsort", "x axis", axis=-1),
    "sort": spell("sort", "x axis", axis=-1),
    "top_k": spell("topk", "x k sorted", axis=-1),
    "flip": spell("flip", "x axis"),
    "roll": spell("roll", "x shift axis"),
    "pad": spell("unknown_shape", "x pad_width mode"),
    "view": spell("unknown_shape", "x sizes=shape dtype"),
    "average": spell("mean", "x axis weights"),
    "append": spell("appended", "a=x1 b=x2 axis"),
    "tri": spell("eye", "n=N m=M k dtype"),
    "rearrange": spell("rearrange", "x=tensor pattern"),
    "layer_normalization": spell("norm", "x gamma beta axis epsilon"),
    "rms_normalization": spell("norm", "x scale axis epsilon"),
    "saturate_cast": spell("converted", "x dtype"),
    "one_hot": spell("one_hot", "x classes=num_classes axis"),
    "cast": spell("converted", "x dtype"),
    "convert_to_tensor": spell("converted_list", "data=x dtype"),
    "convert_to_numpy": spell("converted_list", "data=x"),
    "array": spell("converted_list", "data=x dtype"),
    "zeros": spell("zeros", "sizes=shape dtype"),
    "ones": spell("ones", "sizes=shape dtype"),
    "empty": spell("empty", "sizes=shape dtype"),
    "full": spell("full", "sizes=shape value=fill_value dtype"),
    "eye": spell("eye", "n=N m=M k dtype"),
    "identity": spell("eye", "n dtype"),
    "arange": spell("arange", "start stop step dtype"),
    "linspace": spell("linspace", "start stop count=num", count=50),
    "meshgrid": spell("meshgrid", "*xs=x indexing", indexing="xy"),
    "shape": spell("shape_of", "x"),
    "bincount": spell("bincount", "x"),
    "binary_crossentropy": spell("loss", "targets=target logits=output", fixed={"reduction": "none"}),
    "categorical_crossentropy": spell("loss", "targets=target logits=output", fixed={"reduction": "none"}),
    "sparse_categorical_crossentropy": spell("loss", "targets=target logits=output", fixed={"reduction": "none"}),
}  # fmt: skip

FUNCTIONS: dict[str, Spelling] = {f"keras.ops.{name}": spelling for name, spelling in _TABLE.items()}
FUNCTIONS.update(
    {
        "keras.random.normal": spell("rand", "sizes=shape mean stddev dtype"),
        "keras.random.uniform": spell("rand", "sizes=shape minval maxval dtype"),
        "keras.random.truncated_normal": spell("rand", "sizes=shape mean stddev dtype"),
        "keras.random.randint": spell("randint", "sizes=shape low=minval high=maxval dtype"),
        "keras.random.categorical": spell("multinomial", "x=logits n=num_samples"),
        "keras.random.dropout": spell("dropout", "x=inputs p=rate noise_shape seed"),
        "keras.Variable": spell("parameter", "data=initializer shape dtype"),
    }
)
