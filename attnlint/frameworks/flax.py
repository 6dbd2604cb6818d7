"""How Flax spells layers and functions, in `flax.linen` and in `flax.nnx`."""

from __future__ import annotations

from attnlint.frameworks.jax_lax import NN
from attnlint.frameworks.spelling import LayerSpelling, Spelling, layer, spell

_MASKED = "broadcast_dropout dropout_rng dropout_rate deterministic dtype precision module force_fp32_for_softmax"
_HEADS = (
    "num_heads dtype param_dtype qkv_features out_dim=out_features broadcast_dropout dropout=dropout_rate deterministic"
)
_NNX_HEADS = "num_heads in_features qkv_features out_dim=out_features in_kv_features dtype param_dtype"
_LONE: dict[str, object] = {"batch_first": True, "lone": True, "per_head": True}
_DOTS = {
    "dot_product_attention": spell("sdpa", f"q=query k=key v=value bias mask {_MASKED}", fixed={"layout": "bshd"}),
    "dot_product_attention_weights": spell("attention_weights", f"q=query k=key bias mask {_MASKED}"),
}

FUNCTIONS: dict[str, Spelling] = {
    **{f"flax.linen.{name}": s for name, s in {**NN, **_DOTS}.items()},
    **{f"flax.nnx.{name}": s for name, s in {**NN, **_DOTS}.items()},
    **{f"flax.linen.attention.{name}": s for name, s in _DOTS.items()},
    "flax.linen.make_causal_mask": spell("causal_mask", "ids=x extra=extra_batch_dims dtype"),
    "flax.nnx.make_causal_mask": spell("causal_mask", "ids=x extra=extra_batch_dims dtype"),
    "flax.linen.attention.make_causal_mask": spell("causal_mask", "ids=x extra=extra_batch_dims dtype"),
    "flax.linen.avg_pool": spell("unknown_shape", "x=inputs"),
    "flax.linen.max_pool": spell("unknown_shape", "x=inputs"),
    "flax.linen.with_logical_constraint": spell("identity", "x names"),
    "flax.nnx.Param": spell("parameter", "data=value"),
    "flax.nnx.Variable": spell("parameter", "data=value"),
    "optax.softmax_cross_entropy": spell("loss", "logits targets=labels"),
    "optax.softmax_cross_entropy_with_integer_labels": spell("loss", "logits targets=labels"),
}

_SHARED: dict[str, LayerSpelling] = {
    "Dropout": layer("dropout", "p=rate broadcast_dims deterministic", "x=inputs deterministic"),
}

_LINEN: dict[str, LayerSpelling] = {
    **_SHARED,
    "Dense": layer("linear", "out=features use_bias", "x=inputs"),
    "DenseGeneral": layer("linear", "out=features axis batch_dims use_bias", "x=inputs", axis=-1),
    "Einsum": layer("unknown_shape", "sizes=shape pattern=einsum_str", "x=inputs pattern=einsum_str"),
    "Embed": layer("embedding", "num=num_embeddings dim=features", "ids=inputs"),
    "LayerNorm": layer("norm", "eps=epsilon", "x"),
    "RMSNorm": layer("norm", "eps=epsilon", "x"),
    "BatchNorm": layer("norm", "use_running_average axis", "x use_running_average"),
    "GroupNorm": layer("norm", "groups=num_groups group_size eps=epsilon", "x"),
    "Conv": layer("conv", "out=features kernel=kernel_size stride=strides padding", "x=inputs",
                  fixed={"channels_last": True}, padding="SAME"),
    "SelfAttention": layer("mha", _HEADS, "q=inputs_q mask deterministic dropout_rng", fixed=_LONE),
    "MultiHeadDotProductAttention": layer(
        "mha", _HEADS, "q=inputs_q k=inputs_k|inputs_kv v=inputs_v mask deterministic dropout_rng", fixed=_LONE
    ),
    "MultiHeadAttention": layer(
        "mha", _HEADS, "q=inputs_q k=inputs_k|inputs_kv v=inputs_v mask deterministic dropout_rng", fixed=_LONE
    ),
}  # fmt: skip

_NNX: dict[str, LayerSpelling] = {
    **_SHARED,
    "Linear": layer("linear", "in=in_features out=out_features use_bias", "x=inputs"),
    "LinearGeneral": layer("linear", "wide=in_features out=out_features axis batch_axis use_bias", "x=inputs", axis=-1),
    "Embed": layer("embedding", "num=num_embeddings dim=features", "ids=inputs"),
    "LayerNorm": layer("norm", "shape=num_features eps=epsilon", "x"),
    "RMSNorm": layer("norm", "shape=num_features eps=epsilon", "x"),
    "BatchNorm": layer("norm", "channels=num_features use_running_average", "x use_running_average"),
    "GroupNorm": layer("norm", "channels=num_features groups=num_groups", "x"),
    "Conv": layer("conv", "in=in_features out=out_features kernel=kernel_size stride=strides padding", "x=inputs",
                  fixed={"channels_last": True}, padding="SAME"),
    "MultiHeadAttention": layer(
        "mha", _NNX_HEADS, "q=inputs_q k=inputs_k v=inputs_v mask deterministic rngs", fixed=_LONE
    ),
}  # fmt: skip

LAYERS: dict[str, LayerSpelling] = {
    **{f"flax.linen.{name}": made for name, made in _LINEN.items()},
    **{f"flax.nnx.{name}": made for name, made in _NNX.items()},
    # The table of an embedding, used as the projection back to the vocabulary.
    **{f"flax.{module}.Embed.attend": layer("linear", "out=num in=dim", "x=query") for module in ("linen", "nnx")},
}
