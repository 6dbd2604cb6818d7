"""How Keras spells layers: what they are made with and called with. Their first axis is the batch."""

from __future__ import annotations

from attnlint.frameworks.spelling import LayerSpelling, layer

_IN = "x=inputs|input mask training"
_DENSE = "out=units activation use_bias kernel_initializer bias_initializer"
_CONV = "out=filters kernel=kernel_size stride=strides padding data_format dilation=dilation_rate groups activation"
_RECURRENT = "hidden_size=units activation steps=return_sequences ends=return_state"
_RUN = "x=inputs|sequence state=initial_state mask training"
_MERGED = {"Add": "add", "Subtract": "sub", "Multiply": "mul", "Maximum": "maximum", "Minimum": "minimum",
           "Average": "add"}  # fmt: skip
_NORMS = {
    "LayerNormalization": "axis epsilon center scale", "BatchNormalization": "axis momentum epsilon",
    "GroupNormalization": "groups axis epsilon", "UnitNormalization": "axis", "RMSNormalization": "axis epsilon",
}  # fmt: skip
_RESIZES = "AvgPool{}D UpSampling{}D ZeroPadding{}D Cropping{}D DepthwiseConv{}D SeparableConv{}D Conv{}DTranspose"
_DROPOUTS = "Dropout SpatialDropout1D SpatialDropout2D GaussianDropout AlphaDropout GaussianNoise"
_ACTIVATIONS = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "PReLU": "activation", "ThresholdedReLU": "activation",
}  # fmt: skip
_ATTENTION = "pair=inputs mask need_weights=return_attention_scores training use_causal_mask"
_MULTI_HEAD = (
    "q=query v=value k=key query_mask value_mask key_padding_mask=key_mask attn_mask=attention_mask "
    "need_weights=return_attention_scores training use_causal_mask"
)
_LOSSES = (
    "SparseCategoricalCrossentropy CategoricalCrossentropy BinaryCrossentropy MeanSquaredError MeanAbsoluteError "
    "KLDivergence Huber"
)

_LAYERS: dict[str, LayerSpelling] = {
    **{name: layer("merged", "axis", "xs=inputs", fixed={"by": by}) for name, by in _MERGED.items()},
    **{name: layer("norm", init, _IN) for name, init in _NORMS.items()},
    **{name: layer("dropout", "p=rate noise_shape seed", _IN, p=0.5) for name in _DROPOUTS.split()},
    **{name: layer(op, "*ignored", _IN) for name, op in _ACTIVATIONS.items()},
    **{f"{kind}{n}D": layer("conv_last", _CONV, _IN, dims=n)
       for kind in ("Conv", "Convolution") for n in (1, 2, 3)},
    **{f"{kind}Pool{end}{n}D": layer("pool_last", "kernel=pool_size stride=strides padding", _IN, dims=n)
       for kind in ("Max", "Average") for end in ("", "ing") for n in (1, 2, 3)},
    **{f"Global{kind}Pool{end}{n}D": layer(op, "data_format keepdims", _IN, fixed={"dims": n})
       for kind, op in (("Average", "spatial_mean"), ("Max", "spatial_max"))
       for end in ("", "ing") for n in (1, 2, 3)},
    **{name: layer("rnn", _RECURRENT, _RUN, steps=False, ends=False, fixed={"states": states})
       for name, states in (("GRU", 1), ("LSTM", 2), ("SimpleRNN", 1), ("CuDNNGRU", 1), ("CuDNNLSTM", 2))},
    "Dense": layer("linear", _DENSE, _IN),
    "EinsumDense": layer("einsum_dense", "pattern=equation output=output_shape activation bias_axes", _IN),
    "Embedding": layer("embedding", "num=input_dim dim=output_dim", "ids=inputs"),
    "Activation": layer("activated", "activation", _IN),
    "Softmax": layer("masked_softmax", "axis", "x=inputs mask", axis=-1),
    "Concatenate": layer("concat", "axis", "xs=inputs", axis=-1),
    "Dot": layer("batch_dot", "axes normalize", "pair=inputs"),
    "Permute": layer("permute_rest", "perm=dims", _IN),
    "Reshape": layer("reshape_rest", "sizes=target_shape", _IN),
    "Flatten": layer("flatten", "data_format", "x=inputs", start=1, end=-1),
    "RepeatVector": layer("repeat_vector", "count=n", _IN),
    "Lambda": layer("called", "function output_shape mask arguments", "x=inputs"),
    "TimeDistributed": layer("each_step", "layer", _IN),
    "Bidirectional": layer("both_ways", "layer merge_mode", _RUN),
    "Masking": layer("identity", "mask_value", _IN),
    "ActivityRegularization": layer("identity", "*ignored", _IN),
    "Rescaling": layer("rescaled", "factor=scale offset", _IN),
    **{name.format(n): layer("unknown_shape", "*ignored", _IN) for name in _RESIZES.split() for n in (1, 2, 3)},
    "Identity": layer("identity", "*ignored", _IN),
    "MultiHeadAttention": layer(
        "attention_layer",
        "num_heads key_dim value_dim dropout use_bias output_shape attention_axes",
        _MULTI_HEAD, use_causal_mask=False, fixed={"batch_first": True, "average": False},
    ),
    "GroupQueryAttention": layer(
        "attention_layer",
        "head_dim num_heads=num_query_heads num_key_value_heads dropout",
        _MULTI_HEAD, use_causal_mask=False, fixed={"batch_first": True, "average": False},
    ),
    "Attention": layer(
        "attention_layer", "use_scale score_mode dropout use_causal_mask=causal",
        _ATTENTION, fixed={"batch_first": True},
    ),
    "AdditiveAttention": layer(
        "attention_layer", "use_scale dropout use_causal_mask=causal",
        _ATTENTION, fixed={"batch_first": True},
    ),
}  # fmt: skip

LAYERS: dict[str, LayerSpelling] = {f"keras.layers.{name}": spelling for name, spelling in _LAYERS.items()}
LAYERS.update(
    {
        f"keras.losses.{name}": layer("loss", "from_logits reduction", "targets=y_true logits=y_pred")
        for name in _LOSSES.split()
    }
)
