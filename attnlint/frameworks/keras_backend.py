"""How Keras spells ops outside `keras.ops`: the old backend functions, activations, losses, inputs."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

_UNARY = {
    "exp": "exp", "log": "log", "sqrt": "sqrt", "square": "square", "abs": "abs", "tanh": "tanh", "sin": "sin",
    "cos": "cos", "round": "round", "sign": "sign", "sigmoid": "sigmoid", "relu": "relu", "softplus": "softplus",
    "softsign": "activation", "elu": "elu", "hard_sigmoid": "activation", "stop_gradient": "identity",
    "get_value": "identity", "eval": "identity",
}  # fmt: skip
_BINARY = {
    "maximum": "maximum", "minimum": "minimum", "pow": "pow", "equal": "eq", "not_equal": "ne", "less": "lt",
    "less_equal": "le", "greater": "gt", "greater_equal": "ge", "bias_add": "add",
}  # fmt: skip
_REDUCTIONS = "sum mean prod max min any all var std logsumexp"

_BACKEND: dict[str, Spelling] = {
    **{name: spell(op, "x") for name, op in _UNARY.items()},
    **{name: spell(op, "a=x b=y") for name, op in _BINARY.items()},
    **{name: spell(name, "x axis keepdims") for name in _REDUCTIONS.split()},
    "argmax": spell("argmax", "x axis", axis=-1),
    "argmin": spell("argmin", "x axis", axis=-1),
    "dot": spell("dot", "a=x b=y"),
    "batch_dot": spell("batch_dot", "a=x b=y axes"),
    "softmax": spell("softmax", "x axis", axis=-1),
    "transpose": spell("permute", "x"),
    "permute_dimensions": spell("permute", "x perm=pattern"),
    "reshape": spell("reshape", "x sizes=shape"),
    "batch_flatten": spell("flatten", "x", start=1, end=-1),
    "expand_dims": spell("expand_dims", "x axis", axis=-1),
    "squeeze": spell("squeeze", "x axis"),
    "tile": spell("tile", "x repeats=n"),
    "repeat": spell("repeat_vector", "x count=n"),
    "repeat_elements": spell("repeat_interleave", "x repeats=rep axis"),
    "concatenate": spell("concat_arrays", "xs=tensors axis", axis=-1),
    "stack": spell("stack_arrays", "xs=x axis", axis=0),
    "gather": spell("take", "x=reference index=indices", axis=0),
    "switch": spell("where", "cond=condition a=then_expression b=else_expression"),
    "cumsum": spell("cumsum", "x axis", axis=0),
    "clip": spell("clip", "x low=min_value high=max_value"),
    "cast": spell("converted", "x dtype"),
    "constant": spell("converted_list", "data=value dtype shape name"),
    "variable": spell("parameter", "data=value dtype"),
    "zeros": spell("zeros", "sizes=shape dtype"),
    "ones": spell("ones", "sizes=shape dtype"),
    "zeros_like": spell("zeros_like", "x dtype"),
    "ones_like": spell("ones_like", "x dtype"),
    "eye": spell("eye", "n=size dtype"),
    "arange": spell("arange", "start stop step dtype"),
    "one_hot": spell("one_hot", "x=indices classes=num_classes"),
    "random_normal": spell("rand", "sizes=shape mean stddev"),
    "random_uniform": spell("rand", "sizes=shape minval maxval"),
    "l2_normalize": spell("normalize", "x axis"),
    "dropout": spell("dropout", "x p=level noise_shape seed"),
    "in_train_phase": spell("identity", "x alt training"),
    "shape": spell("shape_of", "x"),
    "int_shape": spell("shape_of", "x"),
    "placeholder": spell("model_input", "whole=shape ndim dtype"),
    "categorical_crossentropy": spell("loss", "targets=target logits=output", fixed={"reduction": "none"}),
    "sparse_categorical_crossentropy": spell("loss", "targets=target logits=output", fixed={"reduction": "none"}),
}  # fmt: skip

ACTIVATIONS = {
    "relu": "relu", "gelu": "gelu", "silu": "silu", "swish": "silu", "tanh": "tanh", "sigmoid": "sigmoid",
    "softplus": "softplus", "elu": "elu", "leaky_relu": "leaky_relu", "selu": "activation", "relu6": "activation",
    "softsign": "activation", "hard_sigmoid": "activation", "mish": "activation", "exponential": "exp",
    "linear": "identity",
}  # fmt: skip
_INPUT = spell("model_input", "shape batch_size dtype name sparse whole=batch_shape|batch_input_shape tensor")
_MERGES = {
    "add": spell("merged", "xs=inputs", fixed={"by": "add"}),
    "subtract": spell("merged", "xs=inputs", fixed={"by": "sub"}),
    "multiply": spell("merged", "xs=inputs", fixed={"by": "mul"}),
    "maximum": spell("merged", "xs=inputs", fixed={"by": "maximum"}),
    "average": spell("merged", "xs=inputs", fixed={"by": "add"}),
    "concatenate": spell("concat", "xs=inputs axis", axis=-1),
    "dot": spell("batch_dot", "pair=inputs axes normalize"),
}
_LOSSES = (
    "categorical_crossentropy sparse_categorical_crossentropy binary_crossentropy mean_squared_error mse "
    "mean_absolute_error mae kl_divergence"
)

FUNCTIONS: dict[str, Spelling] = {
    **{f"keras.backend.{name}": spelling for name, spelling in _BACKEND.items()},
    **{f"keras.activations.{name}": spell(op, "x") for name, op in ACTIVATIONS.items()},
    "keras.activations.softmax": spell("softmax", "x axis", axis=-1),
    **{f"keras.layers.{name}": spelling for name, spelling in _MERGES.items()},
    **{
        f"keras.losses.{name}": spell("loss", "targets=y_true logits=y_pred", fixed={"reduction": "none"})
        for name in _LOSSES.split()
    },
    "keras.Input": _INPUT,
    "keras.layers.Input": _INPUT,
    "keras.engine.Input": _INPUT,
}
