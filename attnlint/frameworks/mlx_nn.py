"""How MLX spells layers and functions in `mlx.nn`: arrays are channels-last, and attention is batch-first."""

from __future__ import annotations

from attnlint.frameworks.spelling import LayerSpelling, Spelling, layer, spell

_ACTIVATIONS = {
    "ReLU": "relu", "GELU": "gelu", "SiLU": "silu", "Softplus": "softplus", "ELU": "elu", "LeakyReLU": "leaky_relu",
    "Tanh": "tanh", "Sigmoid": "sigmoid", "ReLU6": "activation", "SELU": "activation", "Mish": "activation",
    "Hardswish": "activation", "CELU": "activation", "LogSigmoid": "activation", "PReLU": "activation",
    "Softsign": "activation", "Step": "activation", "Softmin": "activation", "HardTanh": "activation",
}  # fmt: skip
_FUNCTIONAL = {
    "relu": "relu", "gelu": "gelu", "gelu_approx": "gelu", "gelu_fast_approx": "gelu", "silu": "silu",
    "softplus": "softplus", "elu": "elu", "leaky_relu": "leaky_relu", "tanh": "tanh", "sigmoid": "sigmoid",
    "relu6": "activation", "selu": "activation", "mish": "activation", "hardswish": "activation",
    "celu": "activation", "log_sigmoid": "activation", "prelu": "activation", "softsign": "activation",
    "relu2": "activation", "step": "activation", "hard_tanh": "activation",
}  # fmt: skip
_NORMS = {
    "LayerNorm": "shape=dims eps affine bias", "RMSNorm": "shape=dims eps", "InstanceNorm": "channels=dims eps",
    "GroupNorm": "groups=num_groups channels=dims eps", "BatchNorm": "channels=num_features eps",
}  # fmt: skip
_LOSSES = (
    "cross_entropy nll_loss binary_cross_entropy mse_loss l1_loss smooth_l1_loss kl_div_loss huber_loss "
    "gaussian_nll_loss"
)
_CONV = "in=in_channels out=out_channels kernel=kernel_size stride padding dilation groups bias"
_BLOCK = "mlp_dims dropout activation norm_first"

FUNCTIONS: dict[str, Spelling] = {
    **{f"mlx.nn.{name}": spell(op, "x") for name, op in _FUNCTIONAL.items()},
    **{
        f"mlx.nn.losses.{name}": spell("loss", "logits targets weight reduction", reduction="none")
        for name in _LOSSES.split()
    },
    "mlx.nn.softmax": spell("softmax", "x axis", axis=-1),
    "mlx.nn.log_softmax": spell("log_softmax", "x axis", axis=-1),
    "mlx.nn.MultiHeadAttention.create_additive_causal_mask": spell("causal_mask", "size=N dtype"),
}

_LAYERS: dict[str, LayerSpelling] = {
    **{name: layer(op, "", "x") for name, op in _ACTIVATIONS.items()},
    **{name: layer("norm", init, "x") for name, init in _NORMS.items()},
    **{f"Conv{n}d": layer("conv", _CONV, "x", dims=n, channels_last=True) for n in (1, 2, 3)},
    **{name: layer("dropout", "p", "x", p=0.5) for name in ("Dropout", "Dropout2d", "Dropout3d")},
    **{
        f"{kind}Pool{n}d": layer("unknown_shape", "kernel=kernel_size stride padding", "x")
        for kind in ("Avg", "Max")
        for n in (1, 2, 3)
    },
    "Linear": layer("linear", "in=input_dims out=output_dims bias", "x"),
    "QuantizedLinear": layer("linear", "in=input_dims out=output_dims bias", "x"),
    **{name: layer("rnn", "input_size hidden_size bias", "x state=hidden", steps=True, ends=False)
       for name in ("GRU", "RNN")},
    "LSTM": layer("rnn", "input_size hidden_size bias", "x state=hidden"),
    "Identity": layer("identity", "*ignored", "x"),
    "Embedding": layer("embedding", "num=num_embeddings dim=dims", "ids=x"),
    # The table used as the output layer: logits over its rows.
    "Embedding.as_linear": layer("linear", "out=num in=dim", "x"),
    "Softmax": layer("softmax", "axis", "x", axis=-1),
    "LogSoftmax": layer("log_softmax", "axis", "x", axis=-1),
    "RoPE": layer("rotate", "dims traditional base scale", "x offset"),
    "SinusoidalPositionalEncoding": layer("embedding", "dim=dims min_freq max_freq", "ids=x"),
    "MultiHeadAttention": layer(
        "mha",
        "embed_dim=dims num_heads q_dim=query_input_dims kdim=key_input_dims vdim=value_input_dims "
        "value_dims out_dim=value_output_dims bias",
        "q=queries k=keys v=values mask",
        fixed={"batch_first": True, "need_weights": False, "lone": True, "per_head": True},
    ),
    "TransformerEncoderLayer": layer("transformer_encoder_layer", f"d_model=dims nhead=num_heads {_BLOCK}", "x mask"),
    "TransformerEncoder": layer(
        "transformer_encoder_layer", f"num_layers d_model=dims nhead=num_heads {_BLOCK}", "x mask"
    ),
    "Transformer": layer(
        "transformer",
        "d_model=dims nhead=num_heads num_encoder_layers num_decoder_layers mlp_dims dropout",
        "src tgt src_mask tgt_mask memory_mask",
        d_model=512, nhead=8,
    ),
}  # fmt: skip

LAYERS: dict[str, LayerSpelling] = {f"mlx.nn.{name}": spelling for name, spelling in _LAYERS.items()}
