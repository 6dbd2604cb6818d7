"""How JAX spells ops in `jax.lax`, `jax.nn` and `jax.random`, and where it hands an array on as it is."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

_UNARY = {
    "exp": "exp", "log": "log", "log1p": "log1p", "expm1": "expm1", "sqrt": "sqrt", "rsqrt": "rsqrt", "neg": "neg",
    "abs": "abs", "tanh": "tanh", "logistic": "sigmoid", "sin": "sin", "cos": "cos", "erf": "erf", "square": "square",
    "floor": "floor", "ceil": "ceil", "round": "round", "sign": "sign", "is_finite": "isfinite",
    "bitwise_not": "not", "reciprocal": "reciprocal", "stop_gradient": "identity", "optimization_barrier": "identity",
    "psum": "identity", "pmean": "identity", "pmax": "identity", "with_sharding_constraint": "identity",
    "reduce_precision": "identity", "integer_pow": "square",
}  # fmt: skip
_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "rem": "mod", "pow": "pow", "max": "maximum",
    "min": "minimum", "eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "bitwise_and": "and",
    "bitwise_or": "or", "bitwise_xor": "xor", "batch_matmul": "matmul", "dot": "dot", "atan2": "atan2",
}  # fmt: skip

_LAX: dict[str, Spelling] = {
    **{name: spell(op, "x=x|operand") for name, op in _UNARY.items()},
    **{name: spell(op, "a=x|lhs b=y|rhs") for name, op in _BINARY.items()},
    "dot_general": spell("dot_general", "a=lhs b=rhs numbers=dimension_numbers precision"),
    "select": spell("where", "cond=pred a=on_true b=on_false"),
    "select_n": spell("where", "cond=which b a"),
    "reshape": spell("reshape", "x=operand sizes=new_sizes"),
    "transpose": spell("permute", "x=operand perm=permutation"),
    "expand_dims": spell("expand_dims", "x=array axis=dimensions"),
    "squeeze": spell("squeeze", "x=array axis=dimensions"),
    "concatenate": spell("concat", "xs=operands axis=dimension", axis=0),
    "broadcast": spell("unknown_shape", "x=operand"),
    "broadcast_in_dim": spell("broadcast_in_dim", "x=operand sizes=shape places=broadcast_dimensions"),
    "broadcasted_iota": spell("iota", "dtype sizes=shape axis=dimension"),
    "iota": spell("arange", "dtype start=size"),
    "full": spell("full", "sizes=shape value=fill_value dtype"),
    "full_like": spell("full_like", "x value=fill_value dtype"),
    "convert_element_type": spell("cast", "x=operand dtype=new_dtype"),
    "dynamic_update_slice": spell("dynamic_update_slice", "x=operand value=update start=start_indices"),
    "dynamic_update_slice_in_dim": spell("dynamic_update_slice", "x=operand value=update start=start_index axis"),
    "dynamic_update_index_in_dim": spell("dynamic_update_slice", "x=operand value=update start=index axis"),
    "dynamic_slice": spell("dynamic_slice", "x=operand start=start_indices sizes=slice_sizes"),
    "dynamic_slice_in_dim": spell("slice_in_dim", "x=operand start=start_index size=slice_size axis", axis=0),
    "dynamic_index_in_dim": spell("slice_in_dim", "x=operand start=index axis", axis=0, size=1),
    "slice_in_dim": spell("narrow_to", "x=operand start=start_index stop=limit_index stride axis", axis=0),
    "index_in_dim": spell("slice_in_dim", "x=operand start=index axis", axis=0, size=1),
    "top_k": spell("topk", "x=operand k", fixed={"axis": -1}),
    "cumsum": spell("cumsum", "x=operand axis"),
    "sort": spell("sort", "x=operand axis=dimension"),
    "clamp": spell("clip", "low=min x high=max"),
    "argmax": spell("argmax", "x=operand axis dtype=index_dtype"),
    "rev": spell("flip", "x=operand axis=dimensions"),
    "pad": spell("unknown_shape", "x=operand"),
}

_ACTIVATIONS = {
    "relu": "relu", "gelu": "gelu", "silu": "silu", "swish": "silu", "softplus": "softplus", "elu": "elu",
    "leaky_relu": "leaky_relu", "tanh": "tanh", "sigmoid": "sigmoid", "relu6": "activation", "selu": "activation",
    "mish": "activation", "hard_tanh": "activation", "hard_swish": "activation", "hard_silu": "activation",
    "hard_sigmoid": "activation", "soft_sign": "activation", "celu": "activation", "log_sigmoid": "activation",
    "squareplus": "activation", "identity": "identity",
}  # fmt: skip

NN: dict[str, Spelling] = {
    **{name: spell(op, "x") for name, op in _ACTIVATIONS.items()},
    "softmax": spell("softmax", "x axis mask=where initial", axis=-1),
    "log_softmax": spell("log_softmax", "x axis mask=where initial", axis=-1),
    "logsumexp": spell("logsumexp", "x=a axis b keepdims"),
    "standardize": spell("norm", "x axis mean variance epsilon"),
    "one_hot": spell("one_hot", "x classes=num_classes dtype axis"),
    "glu": spell("unknown_shape", "x"),
}

_RANDOM: dict[str, Spelling] = {
    **{name: spell("rand", "key sizes=shape dtype") for name in (
        "normal", "uniform", "gumbel", "laplace", "cauchy", "logistic", "exponential", "rademacher", "bits"
    )},
    "truncated_normal": spell("rand", "key lower upper sizes=shape dtype"),
    "bernoulli": spell("rand", "key p sizes=shape"),
    "randint": spell("randint", "key sizes=shape low=minval high=maxval dtype"),
    "orthogonal": spell("unknown_shape", "key n"),
    "permutation": spell("identity", "key x axis"),
    "categorical": spell("categorical", "key x=logits axis sizes=shape", axis=-1),
}  # fmt: skip

FUNCTIONS: dict[str, Spelling] = {
    **{f"jax.lax.{name}": s for name, s in _LAX.items()},
    **{f"jax.nn.{name}": s for name, s in NN.items()},
    **{f"jax.random.{name}": s for name, s in _RANDOM.items()},
    **{f"jax.scipy.special.{name}": NN[name] for name in ("softmax", "log_softmax", "logsumexp")},
    "jax.nn.dot_product_attention": spell(
        "sdpa",
        "q=query k=key v=value bias mask scale is_causal query_seq_lengths key_value_seq_lengths "
        "window=local_window_size",
        fixed={"layout": "bshd"},
        is_causal=False,
    ),
    **{f"jax.{name}": spell("identity", "x") for name in ("device_put", "block_until_ready", "device_get")},
    "jax.lax.stop_gradient": spell("identity", "x"),
    "jax.ops.segment_sum": spell("unknown_shape", "x=data"),
    "jax.ad_checkpoint.checkpoint_name": spell("identity", "x name"),
    "opt_einsum.contract": spell("einsum", "pattern=subscripts *xs=operands"),
}  # fmt: skip
