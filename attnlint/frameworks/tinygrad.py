"""How tinygrad spells ops: everything is a method of `Tensor`, also called on the class, as `Tensor.stack(a, b)`."""

from __future__ import annotations

from attnlint.frameworks.spelling import LayerSpelling, Spelling, layer, spell

_UNARY = {
    "exp": "exp", "exp2": "exp2", "log": "log", "log2": "log2", "sqrt": "sqrt", "rsqrt": "rsqrt", "square": "square",
    "neg": "neg", "abs": "abs", "tanh": "tanh", "sigmoid": "sigmoid", "relu": "relu", "gelu": "gelu",
    "quick_gelu": "gelu", "silu": "silu", "swish": "silu", "softplus": "softplus", "elu": "elu",
    "leaky_relu": "leaky_relu", "relu6": "activation", "selu": "activation", "mish": "activation",
    "hardswish": "activation", "celu": "activation", "hardtanh": "activation", "softsign": "activation", "sin": "sin",
    "cos": "cos", "tan": "tan", "atan": "arctan", "erf": "erf", "floor": "floor", "ceil": "ceil", "round": "round",
    "sign": "sign", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite", "logical_not": "not",
    "bitwise_not": "not", "reciprocal": "reciprocal", "detach": "identity", "contiguous": "identity",
    "contiguous_backward": "identity", "realize": "identity", "clone": "identity", "to": "identity",
    "numpy": "identity",
    "shard": "identity", "requires_grad_": "identity", "is_param_": "identity", "batchnorm": "norm",
    "layernorm": "norm", "dropout": "dropout",
}  # fmt: skip
_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "idiv": "floordiv", "mod": "mod", "fmod": "mod",
    "pow": "pow", "maximum": "maximum", "minimum": "minimum", "bitwise_and": "and", "bitwise_or": "or",
    "bitwise_xor": "xor", "eq": "eq", "ne": "ne",
}  # fmt: skip
_REDUCTIONS = ("sum", "mean", "prod", "any", "all", "var", "std", "max", "min", "argmax", "argmin", "logsumexp")
_DTYPES = {
    "float": "float32", "half": "float16", "bfloat16": "bfloat16", "double": "float64", "long": "int64",
    "int": "int32", "short": "int16", "bool": "bool",
}  # fmt: skip
_LOSSES = "cross_entropy sparse_categorical_crossentropy nll_loss binary_crossentropy binary_crossentropy_logits"
_RANDOM = "rand randn normal uniform scaled_uniform glorot_uniform kaiming_uniform kaiming_normal"

METHODS: dict[str, Spelling] = {
    **{name: spell(op, "x p" if op == "dropout" else "x") for name, op in _UNARY.items()},
    **{name: spell(op, "a b=x") for name, op in _BINARY.items()},
    **{name: spell(name, "x axis keepdims=keepdim") for name in _REDUCTIONS},
    **{name: spell("cast", "x", fixed={"dtype": dtype}) for name, dtype in _DTYPES.items()},
    **{name: spell("loss", "logits targets=Y reduction") for name in _LOSSES.split()},
    "softmax": spell("softmax", "x axis dtype", axis=-1),
    "log_softmax": spell("log_softmax", "x axis dtype", axis=-1),
    "cast": spell("cast", "x dtype"),
    "bitcast": spell("unknown_shape", "x"),
    # Unlike NumPy's, it is a batched product.
    "dot": spell("matmul", "a b=w"),
    "matmul": spell("matmul", "a b=x"),
    # Its weight lies as [in, out].
    "linear": spell("linear", "x kernel=weight bias"),
    "scaled_dot_product_attention": spell(
        "sdpa", "q=self k=key v=value mask=attn_mask dropout_p is_causal enable_gqa",
        dropout_p=0.0, is_causal=False, enable_gqa=False,
    ),
    "reshape": spell("reshape", "x *sizes=shape"),
    "view": spell("reshape", "x *sizes=shape"),
    "expand": spell("expand", "x *sizes=shape"),
    "permute": spell("permute", "x *perm=order"),
    "transpose": spell("transpose", "x axis0=dim0 axis1=dim1", axis0=1, axis1=0),
    "flatten": spell("flatten", "x start=start_dim end=end_dim"),
    "unflatten": spell("unflatten", "x axis=dim *sizes"),
    "squeeze": spell("squeeze", "x axis=dim"),
    "unsqueeze": spell("expand_dims", "x axis=dim"),
    "repeat": spell("tile", "x *repeats"),
    "repeat_interleave": spell("repeat_interleave", "x repeats axis=dim"),
    "rearrange": spell("rearrange", "x pattern=formula"),
    "split": spell("split", "x sizes axis=dim", axis=0),
    "chunk": spell("chunk", "x chunks axis=dim", axis=0),
    "cat": spell("concat", "*xs axis=dim", axis=0),
    "stack": spell("stack", "*xs axis=dim", axis=0),
    "shrink": spell("shrink", "x ranges=arg"),
    "pad": spell("pad", "x widths=padding mode value"),
    "flip": spell("flip", "x *axis"),
    "roll": spell("roll", "x shifts axis=dims"),
    "where": spell("where", "cond a=x b=y"),
    "masked_fill": spell("masked_fill", "x mask value"),
    "tril": spell("tril", "x k=diagonal", k=0),
    "triu": spell("triu", "x k=diagonal", k=0),
    "clip": spell("clip", "x low=min_ high=max_"),
    "clamp": spell("clip", "x low=min_ high=max_"),
    "cumsum": spell("cumsum", "x axis", axis=0),
    "gather": spell("gather", "x axis=dim index"),
    "scatter": spell("scatter", "x axis=dim index value=src"),
    "one_hot": spell("one_hot", "x classes=num_classes"),
    "topk": spell("topk", "x k axis=dim", axis=-1),
    "sort": spell("sort_indices", "x axis=dim", axis=-1),
    "argsort": spell("argsort", "x axis=dim", axis=-1),
    "multinomial": spell("multinomial", "x n=num_samples replacement"),
    "normalize": spell("normalize", "x p axis=dim", axis=1),
    "conv2d": spell("conv", "x weight bias groups stride dilation padding", dims=2),
    "avg_pool2d": spell("pool", "x kernel=kernel_size stride", dims=2),
    "max_pool2d": spell("pool", "x kernel=kernel_size stride", dims=2),
    "interpolate": spell("interpolate", "x size mode"),
    "assign": spell("copy_into", "x value", inplace=True),
    "zeros_like": spell("zeros_like", "x dtype"),
    "ones_like": spell("ones_like", "x dtype"),
    "empty_like": spell("empty_like", "x dtype"),
    "full_like": spell("full_like", "x value=fill_value dtype"),
    "rand_like": spell("rand_like", "x"),
    "randn_like": spell("rand_like", "x"),
    "diagonal": spell("unknown_shape", "x"),
}  # fmt: skip

_MAKERS: dict[str, Spelling] = {
    **{name: spell("rand", "*sizes=shape dtype") for name in _RANDOM.split()},
    **{name: spell(name, "*sizes=shape dtype") for name in ("zeros", "ones", "empty")},
    "full": spell("full", "sizes=shape value=fill_value dtype"),
    "randint": spell("randint", "*sizes=shape low high dtype"),
    "arange": spell("arange", "start stop step dtype"),
    "linspace": spell("linspace", "start stop count=steps"),
    "eye": spell("eye", "n m dtype"),
    "einsum": spell("einsum", "pattern=formula *xs=operands"),
    "meshgrid": spell("meshgrid", "*xs indexing", indexing="ij"),
}

_ROOTS = ("tinygrad.Tensor", "tinygrad.tensor.Tensor")

FUNCTIONS: dict[str, Spelling] = {
    **{f"{root}.{name}": spelling for root in _ROOTS for name, spelling in {**METHODS, **_MAKERS}.items()},
    **{root: spell("array", "data dtype=dtype") for root in _ROOTS},
}

LAYERS: dict[str, LayerSpelling] = {
    "tinygrad.nn.Linear": layer("linear", "in=in_features out=out_features bias", "x"),
    "tinygrad.nn.Embedding": layer("embedding", "num=vocab_size dim=embed_size", "ids=idx"),
    "tinygrad.nn.LayerNorm": layer("norm", "shape=normalized_shape eps", "x"),
    "tinygrad.nn.LayerNorm2d": layer("norm", "shape=normalized_shape eps", "x"),
    "tinygrad.nn.RMSNorm": layer("norm", "shape=dim eps", "x"),
    "tinygrad.nn.GroupNorm": layer("norm", "groups=num_groups channels=num_channels eps", "x"),
    "tinygrad.nn.InstanceNorm": layer("norm", "channels=num_features eps", "x"),
    "tinygrad.nn.BatchNorm": layer("norm", "channels=sz eps", "x"),
    "tinygrad.nn.BatchNorm2d": layer("norm", "channels=sz eps", "x"),
    **{
        f"tinygrad.nn.Conv{n}d": layer(
            "conv",
            "in=in_channels out=out_channels kernel=kernel_size stride padding dilation groups bias",
            "x",
            dims=n,
        )
        for n in (1, 2)
    },
}
