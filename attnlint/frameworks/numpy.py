"""How NumPy and SciPy spell ops, as functions."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

FUNCTIONS: dict[str, Spelling] = {}

_UNARY = {
    "exp": "exp", "expm1": "expm1", "exp2": "exp2", "log": "log", "log1p": "log1p", "log2": "log2", "sqrt": "sqrt",
    "square": "square", "negative": "neg", "abs": "abs", "absolute": "abs", "fabs": "abs", "tanh": "tanh", "sin": "sin",
    "cos": "cos", "tan": "tan", "arctan": "arctan", "floor": "floor", "ceil": "ceil", "round": "round", "rint": "round",
    "around": "round", "sign": "sign", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite",
    "logical_not": "not", "invert": "not", "bitwise_not": "not", "reciprocal": "reciprocal", "copy": "identity",
    "ascontiguousarray": "identity", "asfortranarray": "identity", "conj": "identity", "real": "identity",
}  # fmt: skip
_BINARY = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div",
    "floor_divide": "floordiv",
    "mod": "mod", "remainder": "mod", "power": "pow", "float_power": "pow", "maximum": "maximum", "minimum": "minimum",
    "fmax": "maximum", "fmin": "minimum", "logical_and": "and", "logical_or": "or", "logical_xor": "xor",
    "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor", "equal": "eq", "not_equal": "ne", "less": "lt",
    "less_equal": "le", "greater": "gt", "greater_equal": "ge", "arctan2": "atan2",
}  # fmt: skip
_REDUCTIONS = {
    "sum": "sum", "mean": "mean", "average": "mean", "prod": "prod", "any": "any", "all": "all", "var": "var",
    "std": "std", "median": "median", "max": "max", "amax": "max", "min": "min", "amin": "min",
    "count_nonzero": "count_nonzero", "argmax": "argmax", "argmin": "argmin", "nansum": "nansum", "nanmean": "nanmean",
}  # fmt: skip


def _where(name: str) -> str:
    """What stands between the axis and `keepdims` in a reduction's signature."""
    if name in ("sum", "mean", "prod"):
        return "x=a axis dtype out keepdims"
    if name in ("var", "std"):
        return "x=a axis dtype out ddof keepdims"
    if name == "median":
        return "x=a axis out overwrite_input keepdims"
    if name == "average":
        return "x=a axis weights returned keepdims"
    if name == "count_nonzero":
        return "x=a axis keepdims"
    return "x=a axis out keepdims"


def _table() -> dict[str, Spelling]:
    table = {name: spell(op, "x=x|a") for name, op in _UNARY.items()}
    table.update({name: spell(op, "a=x1 b=x2") for name, op in _BINARY.items()})
    table.update({name: spell(op, _where(name)) for name, op in _REDUCTIONS.items()})
    table.update(_SHAPES)
    table.update(_MAKERS)
    return {f"numpy.{name}": spelling for name, spelling in table.items()}


_SHAPES = {
    "matmul": spell("matmul", "a=x1 b=x2"),
    "dot": spell("dot", "a b"),
    "vdot": spell("dot", "a b"),
    "inner": spell("inner", "a b"),
    "outer": spell("outer", "a b"),
    "tensordot": spell("tensordot", "a b axes"),
    "einsum": spell("einsum", "pattern=subscripts *xs=operands"),
    "linalg.norm": spell("vector_norm", "x ord axis keepdims"),
    "linalg.matmul": spell("matmul", "a=x1 b=x2"),
    "cumsum": spell("cumsum", "x=a axis"),
    "cumprod": spell("cumprod", "x=a axis"),
    "clip": spell("clip", "x=a low=a_min|min high=a_max|max"),
    "nan_to_num": spell("nan_to_num", "x"),
    "reshape": spell("reshape", "x=a sizes=newshape|shape order"),
    "ravel": spell("flatten", "x=a order"),
    "transpose": spell("permute", "x=a perm=axes"),
    "permute_dims": spell("permute", "x=a perm=axes"),
    "matrix_transpose": spell("matrix_transpose", "x"),
    "linalg.matrix_transpose": spell("matrix_transpose", "x"),
    "swapaxes": spell("transpose", "x=a axis0=axis1 axis1=axis2"),
    "moveaxis": spell("moveaxis", "x=a source destination"),
    "expand_dims": spell("expand_dims", "x=a axis"),
    "squeeze": spell("squeeze", "x=a axis"),
    "broadcast_to": spell("broadcast_to", "x=array sizes=shape"),
    "broadcast_arrays": spell("broadcast_tensors", "*xs"),
    "tile": spell("tile", "x=A repeats=reps"),
    "repeat": spell("repeat_interleave", "x=a repeats axis"),
    "concatenate": spell("concat", "xs=arrays axis out", axis=0),
    "concat": spell("concat", "xs=arrays axis out", axis=0),
    "append": spell("appended", "a=arr b=values axis"),
    "hstack": spell("hstack", "xs=tup"),
    "vstack": spell("vstack", "xs=tup", fixed={"vertical": True}),
    "row_stack": spell("vstack", "xs=tup", fixed={"vertical": True}),
    "stack": spell("stack", "xs=arrays axis", axis=0),
    "split": spell("split", "x=ary sections=indices_or_sections axis", fixed={"equal": True}, axis=0),
    "array_split": spell("split", "x=ary sections=indices_or_sections axis", axis=0),
    "hsplit": spell("split", "x=ary sections=indices_or_sections", axis=1),
    "vsplit": spell("split", "x=ary sections=indices_or_sections", axis=0),
    "unstack": spell("unbind", "x axis", axis=0),
    "where": spell("where", "cond=condition a=x b=y"),
    "putmask": spell("masked_fill", "x=a mask value=values", inplace=True),
    "tril": spell("tril", "x=m k", k=0),
    "triu": spell("triu", "x=m k", k=0),
    "tril_indices": spell("triangle_indices", "n k m"),
    "triu_indices": spell("triangle_indices", "n k m"),
    "take": spell("take", "x=a index=indices axis"),
    "take_along_axis": spell("gather", "x=arr index=indices axis", axis=-1),
    "argsort": spell("argsort", "x=a axis", axis=-1),
    "sort": spell("sort", "x=a axis", axis=-1),
    "argpartition": spell("argsort", "x=a kth axis", axis=-1),
    "roll": spell("roll", "x=a shift axis"),
    "flip": spell("flip", "x=m axis"),
    "bincount": spell("bincount", "x"),
    "astype": spell("cast", "x dtype"),
    "heaviside": spell("ge", "a=x1 b=x2"),
}

_MAKERS = {
    "zeros": spell("zeros", "sizes=shape dtype order"),
    "ones": spell("ones", "sizes=shape dtype order"),
    "empty": spell("empty", "sizes=shape dtype order"),
    "full": spell("full", "sizes=shape value=fill_value dtype order"),
    "zeros_like": spell("zeros_like", "x=a dtype"),
    "ones_like": spell("ones_like", "x=a dtype"),
    "empty_like": spell("empty_like", "x=a dtype"),
    "full_like": spell("full_like", "x=a value=fill_value dtype"),
    "eye": spell("eye", "n=N m=M k dtype"),
    "identity": spell("eye", "n dtype"),
    "tri": spell("eye", "n=N m=M k dtype"),
    "arange": spell("arange", "start stop step dtype"),
    "linspace": spell("linspace", "start stop count=num", count=50),
    "array": spell("array", "data=object dtype"),
    "asarray": spell("array", "data=a dtype"),
    "asanyarray": spell("array", "data=a dtype"),
    "atleast_1d": spell("identity", "x"),
    "meshgrid": spell("meshgrid", "*xs indexing", indexing="xy"),
    "float32": spell("cast", "x", fixed={"dtype": "float32"}),
    "float64": spell("cast", "x", fixed={"dtype": "float64"}),
    "float16": spell("cast", "x", fixed={"dtype": "float16"}),
    "int64": spell("cast", "x", fixed={"dtype": "int64"}),
    "int32": spell("cast", "x", fixed={"dtype": "int32"}),
    "bool_": spell("cast", "x", fixed={"dtype": "bool"}),
}

FUNCTIONS.update(_table())
FUNCTIONS.update(
    {
        "scipy.special.softmax": spell("softmax", "x axis"),
        "scipy.special.log_softmax": spell("log_softmax", "x axis"),
        "scipy.special.logsumexp": spell("logsumexp", "x=a axis b keepdims"),
        "scipy.special.expit": spell("sigmoid", "x"),
        "scipy.special.erf": spell("erf", "x=z|x"),
    }
)
