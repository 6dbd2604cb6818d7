"""How MLX spells ops in `mlx.core`, as functions."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

UNARY = {
    "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "log2": "log2", "sqrt": "sqrt", "rsqrt": "rsqrt",
    "square": "square", "negative": "neg", "abs": "abs", "tanh": "tanh", "sigmoid": "sigmoid", "sin": "sin",
    "cos": "cos", "tan": "tan", "arctan": "arctan", "erf": "erf", "floor": "floor", "ceil": "ceil", "round": "round",
    "sign": "sign", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite", "logical_not": "not",
    "bitwise_invert": "not", "reciprocal": "reciprocal", "stop_gradient": "identity", "contiguous": "identity",
    "conj": "identity", "real": "identity",
}  # fmt: skip
_BINARY = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "floor_divide": "floordiv",
    "remainder": "mod", "power": "pow", "maximum": "maximum", "minimum": "minimum", "logical_and": "and",
    "logical_or": "or", "logical_xor": "xor", "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor",
    "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "arctan2": "atan2",
}  # fmt: skip
REDUCTIONS = {
    "sum": "sum", "mean": "mean", "prod": "prod", "any": "any", "all": "all", "var": "var", "std": "std",
    "median": "median", "max": "max", "min": "min", "argmax": "argmax", "argmin": "argmin", "logsumexp": "logsumexp",
}  # fmt: skip

_SHAPES = {
    # Without an axis it normalises the whole array, unlike torch's.
    "softmax": spell("softmax", "x=a axis precise"),
    "matmul": spell("matmul", "a b"),
    "inner": spell("inner", "a b"),
    "outer": spell("outer", "a b"),
    "tensordot": spell("tensordot", "a b axes"),
    "einsum": spell("einsum", "pattern=subscripts *xs=operands"),
    "addmm": spell("addmm", "x=c a b alpha beta"),
    "linalg.norm": spell("vector_norm", "x=a ord axis keepdims"),
    "cumsum": spell("cumsum", "x=a axis"),
    "cumprod": spell("cumprod", "x=a axis"),
    "clip": spell("clip", "x=a low=a_min high=a_max"),
    "nan_to_num": spell("nan_to_num", "x=a nan"),
    "reshape": spell("reshape", "x=a sizes=shape"),
    "flatten": spell("flatten", "x=a start=start_axis end=end_axis"),
    "unflatten": spell("unflatten", "x=a axis sizes=shape"),
    "transpose": spell("permute", "x=a perm=axes"),
    "permute_dims": spell("permute", "x=a perm=axes"),
    "matrix_transpose": spell("matrix_transpose", "x=a"),
    "swapaxes": spell("transpose", "x=a axis0=axis1 axis1=axis2"),
    "moveaxis": spell("moveaxis", "x=a source destination"),
    "expand_dims": spell("expand_dims", "x=a axis"),
    "squeeze": spell("squeeze", "x=a axis"),
    "broadcast_to": spell("broadcast_to", "x=a sizes=shape"),
    "broadcast_arrays": spell("broadcast_tensors", "*xs"),
    "tile": spell("tile", "x=a repeats=reps"),
    "repeat": spell("repeat_interleave", "x=array repeats axis"),
    "concatenate": spell("concat", "xs=arrays axis", axis=0),
    "concat": spell("concat", "xs=arrays axis", axis=0),
    "stack": spell("stack", "xs=arrays axis", axis=0),
    "split": spell("split", "x=a sections=indices_or_sections axis", axis=0),
    "unstack": spell("unbind", "x axis", axis=0),
    "where": spell("where", "cond=condition a=x b=y"),
    "tril": spell("tril", "x k", k=0),
    "triu": spell("triu", "x k", k=0),
    "take": spell("take", "x=a index=indices axis"),
    "take_along_axis": spell("gather", "x=a index=indices axis", axis=-1),
    "put_along_axis": spell("scatter", "x=a index=indices value=values axis"),
    "argsort": spell("argsort", "x=a axis", axis=-1),
    "argpartition": spell("argsort", "x=a kth axis", axis=-1),
    "sort": spell("sort", "x=a axis", axis=-1),
    "partition": spell("sort", "x=a kth axis", axis=-1),
    "roll": spell("roll", "x=a shift axis"),
    "flip": spell("flip", "x=a axis"),
    "count_nonzero": spell("count_nonzero", "x=a axis keepdims"),
    "astype": spell("cast", "x=a dtype"),
    "view": spell("unknown_shape", "x=a"),
    "diagonal": spell("unknown_shape", "x=a"),
    "as_strided": spell("unknown_shape", "x=a"),
    "pad": spell("pad", "x=a widths=pad_width mode value=constant_values"),
    **{
        f"conv{n}d": spell("conv", "x=input weight stride padding dilation", dims=n, channels_last=True)
        for n in (1, 2, 3)
    },
}

_MAKERS = {
    "array": spell("array", "data=val dtype"),
    "asarray": spell("array", "data=a dtype"),
    "zeros": spell("zeros", "sizes=shape dtype"),
    "ones": spell("ones", "sizes=shape dtype"),
    "full": spell("full", "sizes=shape value=vals dtype"),
    "zeros_like": spell("zeros_like", "x=a dtype"),
    "ones_like": spell("ones_like", "x=a dtype"),
    "full_like": spell("full_like", "x=a value=vals dtype"),
    "eye": spell("eye", "n m k dtype"),
    "identity": spell("eye", "n dtype"),
    "tri": spell("eye", "n m k dtype"),
    "arange": spell("arange", "start stop step dtype"),
    "linspace": spell("linspace", "start stop count=num", count=50),
    "meshgrid": spell("meshgrid", "*xs indexing", indexing="xy"),
    "random.normal": spell("rand", "sizes=shape dtype loc scale"),
    "random.uniform": spell("rand", "low high sizes=shape dtype"),
    "random.truncated_normal": spell("rand", "lower upper sizes=shape dtype"),
    "random.bernoulli": spell("rand", "p sizes=shape"),
    "random.randint": spell("randint", "low high sizes=shape dtype"),
    "random.permutation": spell("identity", "x"),
    # Drawing from logits drops the axis that the classes lie on, as taking the best one does.
    "random.categorical": spell("argmax", "x=logits axis", axis=-1),
}

_FAST = {
    "fast.scaled_dot_product_attention": spell("sdpa", "q k v scale mask sinks"),
    "fast.rope": spell("rotate", "x=a dims traditional base scale offset freqs"),
    "fast.rms_norm": spell("norm", "x weight eps"),
    "fast.layer_norm": spell("norm", "x weight bias eps"),
}

_TABLE: dict[str, Spelling] = {
    **{name: spell(op, "x=a") for name, op in UNARY.items()},
    **{name: spell(op, "a b") for name, op in _BINARY.items()},
    **{name: spell(op, "x=a axis keepdims ddof") for name, op in REDUCTIONS.items()},
    **_SHAPES,
    **_MAKERS,
    **_FAST,
}

FUNCTIONS: dict[str, Spelling] = {f"mlx.core.{name}": spelling for name, spelling in _TABLE.items()}
