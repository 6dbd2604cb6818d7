"""How torch spells ops in `torch.nn.functional` and `torch.nn.init`."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell
from attnlint.frameworks.torch_names import X

_ACTIVATIONS = {
    "relu": "relu", "gelu": "gelu", "silu": "silu", "softplus": "softplus", "elu": "elu", "leaky_relu": "leaky_relu",
    "tanh": "tanh", "sigmoid": "sigmoid", "relu6": "activation", "selu": "activation", "mish": "activation",
    "hardtanh": "activation", "hardswish": "activation", "hardsigmoid": "activation", "softsign": "activation",
    "logsigmoid": "activation", "celu": "activation", "threshold": "activation", "prelu": "activation",
}  # fmt: skip

_TABLE: dict[str, Spelling] = {
    **{name: spell(op, "x=input") for name, op in _ACTIVATIONS.items()},
    **{f"{name}_": spell(op, "x=input", inplace=True) for name, op in _ACTIVATIONS.items()},
    "softmax": spell("softmax", "x=input axis=dim|axis _stacklevel dtype", fixed={"legacy": True}),
    "log_softmax": spell("log_softmax", "x=input axis=dim|axis _stacklevel dtype", fixed={"legacy": True}),
    "softmin": spell("softmax", "x=input axis=dim _stacklevel dtype", fixed={"legacy": True}),
    "gumbel_softmax": spell("softmax", "x=logits tau hard eps axis=dim", axis=-1),
    "linear": spell("linear", "x=input weight bias"),
    "bilinear": spell("unknown_shape", X),
    "embedding": spell("embedding", "ids=input weight padding_idx"),
    "one_hot": spell("one_hot", "x=tensor|input classes=num_classes"),
    "dropout": spell("dropout", "x=input p training inplace", p=0.5, training=True),
    "alpha_dropout": spell("dropout", "x=input p training inplace", p=0.5, training=False),
    "dropout1d": spell("dropout", "x=input p training inplace", p=0.5, training=True),
    "dropout2d": spell("dropout", "x=input p training inplace", p=0.5, training=True),
    "layer_norm": spell("norm", "x=input shape=normalized_shape weight bias eps"),
    "rms_norm": spell("norm", "x=input shape=normalized_shape weight eps"),
    "group_norm": spell("norm", "x=input groups=num_groups weight bias eps"),
    "batch_norm": spell("norm", "x=input running_mean running_var weight bias training"),
    "instance_norm": spell("norm", "x=input running_mean running_var weight bias"),
    "normalize": spell("normalize", "x=input p axis=dim eps", axis=1),
    "cosine_similarity": spell("pairwise", "a=x1 b=x2 axis=dim eps", axis=1),
    "pad": spell("pad", "x=input widths=pad mode value"),
    "interpolate": spell("interpolate", "x=input size scale_factor mode"),
    "scaled_dot_product_attention": spell(
        "sdpa",
        "q=query k=key v=value mask=attn_mask dropout_p is_causal scale enable_gqa",
        dropout_p=0.0,
        is_causal=False,
        enable_gqa=False,
    ),
    "multi_head_attention_forward": spell(
        "mha",
        "q=query k=key v=value embed_dim=embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v "
        "add_zero_attn dropout=dropout_p out_proj_weight out_proj_bias training key_padding_mask need_weights "
        "attn_mask "
        "use_separate_proj_weight q_proj_weight k_proj_weight v_proj_weight static_k static_v "
        "average=average_attn_weights is_causal",
        fixed={"batch_first": False, "functional": True},
        training=True,
        need_weights=True,
        average=True,
        is_causal=False,
    ),
    **{f"conv{n}d": spell("conv", "x=input weight bias stride padding dilation", dims=n) for n in (1, 2, 3)},
    **{
        f"{kind}_pool{n}d": spell("pool", "x=input kernel=kernel_size stride padding", dims=n)
        for kind in ("avg", "max")
        for n in (1, 2, 3)
    },
    **{
        f"adaptive_{kind}_pool{n}d": spell("pool", "x=input output=output_size", dims=n)
        for kind in ("avg", "max")
        for n in (1, 2, 3)
    },
}  # fmt: skip

_LOSSES = (
    "cross_entropy nll_loss binary_cross_entropy binary_cross_entropy_with_logits mse_loss l1_loss smooth_l1_loss "
    "kl_div huber_loss cosine_embedding_loss"
)
_TABLE.update({name: spell("loss", "logits=input targets=target weight reduction") for name in _LOSSES.split()})

FUNCTIONS: dict[str, Spelling] = {f"torch.nn.functional.{name}": spelling for name, spelling in _TABLE.items()}
FUNCTIONS["torch.nn.attention.flex_attention.flex_attention"] = spell(
    "sdpa", "q=query k=key v=value score_mod mask=block_mask scale enable_gqa"
)
FUNCTIONS["torch.nn.Transformer.generate_square_subsequent_mask"] = spell("causal_mask", "size=sz")

_INITS = (
    "xavier_uniform_ xavier_normal_ kaiming_uniform_ kaiming_normal_ normal_ uniform_ zeros_ ones_ constant_ "
    "trunc_normal_ orthogonal_"
)
FUNCTIONS.update({f"torch.nn.init.{name}": spell("identity", "x=tensor", inplace=True) for name in _INITS.split()})
