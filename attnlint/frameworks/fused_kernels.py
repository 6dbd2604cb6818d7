"""How packages of attention kernels spell the fused product: xformers, flash-attn and SageAttention.

Most of them take [batch, sequence, heads, head_dim], the sequence in front of the heads.
"""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

_BSHD = {"layout": "bshd"}
# Sequences of several lengths lie one behind the other on one axis: [total, heads, head_dim].
_PACKED_BATCH = {"layout": "shd"}
_LENGTHS = "cu_seqlens_q cu_seqlens_k max_seqlen_q max_seqlen_k"
_TAIL = "dropout_p scale=softmax_scale is_causal=causal window_size"

_FLASH: dict[str, Spelling] = {
    "flash_attn_func": spell("sdpa", f"q k v {_TAIL}", fixed=_BSHD, is_causal=False),
    "flash_attn_qkvpacked_func": spell("sdpa", f"qkv {_TAIL}", fixed=_BSHD, is_causal=False),
    "flash_attn_kvpacked_func": spell("sdpa", f"q kv {_TAIL}", fixed=_BSHD, is_causal=False),
    "flash_attn_varlen_func": spell("sdpa", f"q k v {_LENGTHS} {_TAIL}", fixed=_PACKED_BATCH, is_causal=False),
    "flash_attn_varlen_qkvpacked_func": spell(
        "sdpa", f"qkv cu_seqlens max_seqlen {_TAIL}", fixed=_PACKED_BATCH, is_causal=False
    ),
    "flash_attn_varlen_kvpacked_func": spell("sdpa", f"q kv {_LENGTHS} {_TAIL}", fixed=_PACKED_BATCH, is_causal=False),
}
_MODULES = ("flash_attn", "flash_attn.flash_attn_interface", "flash_attn_interface")

FUNCTIONS: dict[str, Spelling] = {f"{module}.{name}": one for module in _MODULES for name, one in _FLASH.items()}
FUNCTIONS.update(
    {
        f"xformers.ops.{module}memory_efficient_attention": spell(
            "sdpa", "q=query k=key v=value mask=attn_bias dropout_p=p scale op", fixed={"layout": "bshd|bsd"}
        )
        for module in ("", "fmha.")
    }
)
FUNCTIONS.update(
    {
        f"xformers.ops.{module}LowerTriangularMask": spell("causal_mask", "*ignored")
        for module in ("", "fmha.", "fmha.attn_bias.")
    }
)
