"""How torch spells layers: what `torch.nn`'s classes are made with and called with."""

from __future__ import annotations

from attnlint.frameworks.spelling import LayerSpelling, layer

_ACTIVATIONS = {
    "ReLU": "relu", "GELU": "gelu", "SiLU": "silu", "Softplus": "softplus", "ELU": "elu", "LeakyReLU": "leaky_relu",
    "Tanh": "tanh", "Sigmoid": "sigmoid", "ReLU6": "activation", "SELU": "activation", "Mish": "activation",
    "Hardtanh": "activation", "Hardswish": "activation", "Hardsigmoid": "activation", "Softsign": "activation",
    "PReLU": "activation", "CELU": "activation", "LogSigmoid": "activation",
}  # fmt: skip
_NORMS = {
    "LayerNorm": "shape=normalized_shape eps", "RMSNorm": "shape=normalized_shape eps",
    "GroupNorm": "groups=num_groups channels=num_channels eps", "BatchNorm1d": "channels=num_features",
    "BatchNorm2d": "channels=num_features", "BatchNorm3d": "channels=num_features",
    "SyncBatchNorm": "channels=num_features", "InstanceNorm1d": "channels=num_features",
    "InstanceNorm2d": "channels=num_features", "LocalResponseNorm": "size",
}  # fmt: skip
_LOSSES = "CrossEntropyLoss NLLLoss BCELoss BCEWithLogitsLoss MSELoss L1Loss SmoothL1Loss KLDivLoss HuberLoss"
_CONV = "in=in_channels out=out_channels kernel=kernel_size stride padding dilation groups bias"
_RECURRENT = "input_size hidden_size num_layers bias batch_first dropout bidirectional"
_MASKS = "tgt_mask memory_mask tgt_key_padding_mask memory_key_padding_mask tgt_is_causal memory_is_causal"
_BLOCK = "d_model nhead dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias device dtype"

_LAYERS: dict[str, LayerSpelling] = {
    **{name: layer(op, "", "x=input") for name, op in _ACTIVATIONS.items()},
    **{name: layer("norm", init, "x=input") for name, init in _NORMS.items()},
    **{name: layer("loss", "weight reduction", "logits=input targets=target") for name in _LOSSES.split()},
    **{f"Conv{n}d": layer("conv", _CONV, "x=input", dims=n) for n in (1, 2, 3)},
    **{name: layer("dropout", "p inplace", "x=input", p=0.5) for name in (
        "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"
    )},
    **{f"{kind}Pool{n}d": layer("pool", "kernel=kernel_size stride padding", "x=input", dims=n)
       for kind in ("Avg", "Max") for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}d": layer("pool", "output=output_size", "x=input", dims=n)
       for kind in ("Avg", "Max") for n in (1, 2, 3)},
    **{name: layer("rnn", _RECURRENT, "x=input state=hx", batch_first=False, bidirectional=False)
       for name in ("GRU", "LSTM", "RNN")},
    "Linear": layer("linear", "in=in_features out=out_features bias", "x=input"),
    "LazyLinear": layer("linear", "out=out_features bias", "x=input"),
    "NonDynamicallyQuantizableLinear": layer("linear", "in=in_features out=out_features bias", "x=input"),
    "Identity": layer("identity", "*ignored", "x=input"),
    "Embedding": layer("embedding", "num=num_embeddings dim=embedding_dim padding_idx", "ids=input"),
    "Softmax": layer("softmax", "axis=dim", "x=input", fixed={"legacy": True}),
    "LogSoftmax": layer("log_softmax", "axis=dim", "x=input", fixed={"legacy": True}),
    "Softmin": layer("softmax", "axis=dim", "x=input", fixed={"legacy": True}),
    "Flatten": layer("flatten", "start=start_dim end=end_dim", "x=input", start=1, end=-1),
    "Unflatten": layer("unflatten", "axis=dim sizes=unflattened_size", "x=input"),
    "Upsample": layer("interpolate", "size scale_factor mode", "x=input"),
    "CosineSimilarity": layer("pairwise", "axis=dim eps", "a=x1 b=x2", axis=1),
    "MultiheadAttention": layer(
        "mha",
        "embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first",
        "q=query k=key v=value key_padding_mask need_weights attn_mask average=average_attn_weights is_causal",
        batch_first=False, dropout=0.0, need_weights=True, average=True, is_causal=False,
    ),
    "TransformerEncoderLayer": layer(
        "transformer_encoder_layer", _BLOCK, "x=src mask=src_mask key_padding_mask=src_key_padding_mask is_causal",
        batch_first=False,
    ),
    "TransformerDecoderLayer": layer(
        "transformer_decoder_layer", _BLOCK, f"tgt memory {_MASKS}", batch_first=False,
    ),
    "TransformerEncoder": layer(
        "transformer_encoder", "layer=encoder_layer num_layers norm enable_nested_tensor mask_check",
        "x=src mask key_padding_mask=src_key_padding_mask is_causal",
    ),
    "TransformerDecoder": layer(
        "transformer_decoder", "layer=decoder_layer num_layers norm", f"tgt memory {_MASKS}",
    ),
    "Transformer": layer(
        "transformer",
        "d_model nhead num_encoder_layers num_decoder_layers dim_feedforward dropout activation custom_encoder "
        "custom_decoder layer_norm_eps batch_first norm_first bias",
        "src tgt src_mask tgt_mask memory_mask src_key_padding_mask tgt_key_padding_mask memory_key_padding_mask "
        "src_is_causal tgt_is_causal memory_is_causal",
        batch_first=False, d_model=512, nhead=8,
    ),
}  # fmt: skip

LAYERS: dict[str, LayerSpelling] = {f"torch.nn.{name}": spelling for name, spelling in _LAYERS.items()}
