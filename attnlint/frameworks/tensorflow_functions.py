"""How TensorFlow spells ops as functions; `tf.math`, `tf.nn` and `tf.linalg` are read as `tf` itself."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

UNARY = {
    "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "sqrt": "sqrt", "rsqrt": "rsqrt",
    "square": "square", "negative": "neg", "abs": "abs", "tanh": "tanh", "sin": "sin", "cos": "cos", "tan": "tan",
    "atan": "arctan", "erf": "erf", "floor": "floor", "ceil": "ceil", "round": "round", "sign": "sign",
    "is_nan": "isnan", "is_inf": "isinf", "is_finite": "isfinite", "logical_not": "not", "reciprocal": "reciprocal",
    "sigmoid": "sigmoid", "relu": "relu", "gelu": "gelu", "silu": "silu", "swish": "silu", "softplus": "softplus",
    "elu": "elu", "leaky_relu": "leaky_relu", "relu6": "activation", "selu": "activation", "softsign": "activation",
    "identity": "identity", "stop_gradient": "identity", "ensure_shape": "identity", "check_numerics": "identity",
    "real": "identity", "conj": "identity",
}  # fmt: skip
BINARY = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "truediv": "div", "realdiv": "div",
    "divide_no_nan": "div", "floordiv": "floordiv", "floormod": "mod", "mod": "mod", "pow": "pow",
    "maximum": "maximum", "minimum": "minimum", "logical_and": "and", "logical_or": "or", "logical_xor": "xor",
    "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "atan2": "atan2", "bias_add": "add", "sub": "sub", "mul": "mul", "div": "div",
}  # fmt: skip
REDUCTIONS = {
    "sum": "sum", "mean": "mean", "prod": "prod", "max": "max", "min": "min", "any": "any", "all": "all",
    "logsumexp": "logsumexp", "std": "std", "variance": "var", "euclidean_norm": "vector_norm",
}  # fmt: skip
_LIKE = ("zeros_like", "ones_like")
_X = "x=input|tensor|value"
_KEEP = "axis=axis|reduction_indices keepdims=keepdims|keep_dims name"

_TABLE: dict[str, Spelling] = {
    **{name: spell(op, "x=x|input|tensor|features|logits name") for name, op in UNARY.items()},
    **{name: spell(op, "a=x|value b=y|bias name") for name, op in BINARY.items()},
    **{f"reduce_{name}": spell(op, f"x=input_tensor {_KEEP}") for name, op in REDUCTIONS.items()},
    **{name: spell(name, "x=input|tensor dtype name") for name in _LIKE},
    "matmul": spell("turned_matmul", "a b transpose_a transpose_b adjoint_a adjoint_b"),
    "batch_matmul": spell("turned_matmul", "a=x b=y adjoint_a=adj_x adjoint_b=adj_y"),
    "matvec": spell("unknown_shape", "x=a b"),
    "einsum": spell("einsum", "pattern=equation *xs=inputs"),
    "tensordot": spell("tensordot", "a b axes name"),
    "norm": spell("vector_norm", "x=tensor ord axis keepdims"),
    "l2_normalize": spell("normalize", "x axis epsilon"),
    "band_part": spell("band", "x=input lower=num_lower upper=num_upper"),
    "matrix_band_part": spell("band", "x=input lower=num_lower upper=num_upper"),
    "LinearOperatorLowerTriangular": spell("tril", "x=tril", k=0),
    "matrix_transpose": spell("matrix_transpose", "x=a|matrix name"),
    "transpose": spell("permute", "x=a perm conjugate name"),
    "reshape": spell("reshape", "x=tensor sizes=shape name"),
    "expand_dims": spell("expand_dims", "x=input axis=axis|dim name"),
    "squeeze": spell("squeeze", "x=input axis=axis|squeeze_dims name"),
    "tile": spell("tile", "x=input repeats=multiples name"),
    "repeat": spell("repeat_interleave", "x=input repeats axis name"),
    "broadcast_to": spell("broadcast_to", "x=input sizes=shape name"),
    "concat": spell("concat_arrays", "xs=values axis name"),
    "stack": spell("stack_arrays", "xs=values axis name", axis=0),
    "split": spell("split_up", "x=value parts=num_or_size_splits axis num name", axis=0),
    "unstack": spell("unstacked", "x=value num axis name", axis=0),
    "where": spell("where", "cond=condition a=x b=y name"),
    "gather": spell("take", "x=params index=indices validate_indices axis batch_dims name", axis=0),
    "gather_nd": spell("unknown_shape", "x=params index=indices"),
    "boolean_mask": spell("unknown_shape", "x=tensor mask axis"),
    "slice": spell("unknown_shape", "x=input_ begin size"),
    "strided_slice": spell("unknown_shape", "x=input_ begin end strides"),
    "tensor_scatter_nd_update": spell("scatter", "x=tensor index=indices value=updates"),
    "tensor_scatter_nd_add": spell("scatter", "x=tensor index=indices value=updates"),
    "dynamic_update_slice": spell("scatter", "x=operand value=update index=start_indices"),
    "cumsum": spell("cumsum", "x axis exclusive reverse", axis=0),
    "cumprod": spell("cumprod", "x axis exclusive reverse", axis=0),
    "clip_by_value": spell("clip", "x=t low=clip_value_min high=clip_value_max"),
    "argmax": spell("argmax", "x=input axis=axis|dimension output_type", axis=0),
    "argmin": spell("argmin", "x=input axis=axis|dimension output_type", axis=0),
    "argsort": spell("argsort", "x=values axis direction", axis=-1),
    "sort": spell("sort", "x=values axis direction", axis=-1),
    "top_k": spell("topk", "x=input k sorted", axis=-1, k=1),
    "reverse": spell("flip", "x=tensor axis"),
    "roll": spell("roll", "x=input shift axis"),
    "pad": spell("unknown_shape", "x=tensor paddings mode constant_values"),
    "cast": spell("converted", "x dtype name"),
    "saturate_cast": spell("converted", "x=value dtype name"),
    "to_float": spell("converted", "x", fixed={"dtype": "float32"}),
    "to_int32": spell("converted", "x", fixed={"dtype": "int32"}),
    "constant": spell("converted_list", "data=value dtype shape name"),
    "convert_to_tensor": spell("converted_list", "data=value|x dtype name"),
    "Variable": spell("parameter", "data=initial_value trainable"),
    "zeros": spell("zeros", "sizes=shape dtype name"),
    "ones": spell("ones", "sizes=shape dtype name"),
    "fill": spell("full", "sizes=dims value name"),
    "eye": spell("eye", "n=num_rows m=num_columns batch_shape dtype"),
    "range": spell("arange", "start stop=limit step=delta dtype name"),
    "linspace": spell("linspace", "start stop count=num name axis"),
    "meshgrid": spell("meshgrid", "*xs indexing", indexing="xy"),
    "one_hot": spell("one_hot", "x=indices classes=depth on_value off_value axis"),
    "sequence_mask": spell("sequence_mask", "lengths size=maxlen dtype name"),
    "shape": spell("shape_of", "x=input out_type name"),
    "shape_n": spell("unknown_shape", _X),
    "random.uniform": spell("rand", "sizes=shape minval maxval dtype"),
    "random.normal": spell("rand", "sizes=shape mean stddev dtype"),
    "random.truncated_normal": spell("rand", "sizes=shape mean stddev dtype"),
    "random.categorical": spell("multinomial", "x=logits n=num_samples"),
    "random_uniform": spell("rand", "sizes=shape minval maxval dtype"),
    "random_normal": spell("rand", "sizes=shape mean stddev dtype"),
    "multinomial": spell("multinomial", "x=logits n=num_samples"),
    "softmax": spell("softmax", "x=logits axis=axis|dim name", axis=-1),
    "log_softmax": spell("log_softmax", "x=logits axis=axis|dim name", axis=-1),
    "dropout": spell("dropout", "x p=rate|keep_prob noise_shape seed name"),
    "embedding_lookup": spell("embedding", "weight=params ids"),
    "batch_normalization": spell("norm", "x mean variance offset scale"),
    "conv1d": spell("unknown_shape", "x=input filters stride padding"),
    "conv2d": spell("unknown_shape", "x=input filters strides padding"),
    "get_variable": spell("weight", "name sizes=shape dtype initializer"),
    "placeholder": spell("unknown_shape", "dtype x=shape name"),
    "layers.dense": spell("linear", "x=inputs out=units activation use_bias"),
    "layers.dropout": spell("dropout", "x=inputs p=rate noise_shape seed training"),
    "contrib.layers.layer_norm": spell("norm", "x=inputs"),
    "contrib.layers.dropout": spell("dropout", "x=inputs p=keep_prob"),
}  # fmt: skip

_LOSSES = (
    "softmax_cross_entropy_with_logits sparse_softmax_cross_entropy_with_logits sigmoid_cross_entropy_with_logits "
    "softmax_cross_entropy_with_logits_v2"
)
_TABLE.update({name: spell("loss", "targets=labels logits", fixed={"reduction": "none"}) for name in _LOSSES.split()})

FUNCTIONS: dict[str, Spelling] = {f"tensorflow.{name}": spelling for name, spelling in _TABLE.items()}
