"""How Equinox and Haiku spell layers; Equinox's take one example without a batch."""

from __future__ import annotations

from attnlint.frameworks.spelling import LayerSpelling, layer

_LONE: dict[str, object] = {"batch_first": True, "lone": True, "per_head": True}

_EQUINOX: dict[str, LayerSpelling] = {
    "Linear": layer("linear", "in=in_features out=out_features use_bias", "x"),
    "Embedding": layer("embedding", "num=num_embeddings dim=embedding_size weight", "ids=x"),
    "LayerNorm": layer("norm", "shape eps", "x"),
    "RMSNorm": layer("norm", "shape eps", "x"),
    "GroupNorm": layer("norm", "groups channels eps", "x"),
    "Dropout": layer("dropout", "p inference", "x"),
    "Identity": layer("identity", "*ignored", "x"),
    "MLP": layer("linear", "in=in_size out=out_size width depth", "x"),
    "RotaryPositionalEmbedding": layer("rotate", "embedding_size", "x"),
    "MultiheadAttention": layer(
        "mha", "num_heads query_size key_size value_size output_size", "q=query k=key_ v=value mask",
        fixed=_LONE,
    ),
}  # fmt: skip

_HAIKU: dict[str, LayerSpelling] = {
    "Linear": layer("linear", "out=output_size with_bias", "x=inputs"),
    "Embed": layer("embedding", "num=vocab_size dim=embed_dim embedding_matrix", "ids"),
    "LayerNorm": layer("norm", "axis create_scale create_offset eps", "x=inputs"),
    "RMSNorm": layer("norm", "axis eps", "x=inputs"),
    "MultiHeadAttention": layer(
        "mha", "num_heads key_size w_init_scale", "q=query k=key v=value mask",
        fixed=_LONE,
    ),
}  # fmt: skip

LAYERS: dict[str, LayerSpelling] = {
    **{f"equinox.nn.{name}": made for name, made in _EQUINOX.items()},
    **{f"haiku.{name}": made for name, made in _HAIKU.items()},
}
