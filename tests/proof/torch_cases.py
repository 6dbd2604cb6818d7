"""PyTorch's fixtures at work: how each is built and called, and what is right."""

import math

import numpy as np

from tests.proof import torch_models as models
from tests.proof import torch_others as others
from tests.proof.layers import CAUSAL, norm
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, Self, X, additive, seed
from tests.proof.torch_kit import decoder, self_attention, tensor

CONFIG = Self(n_embd=WIDTH, n_head=HEADS, block_size=9, dropout=0.0, vocab_size=12, dim=WIDTH, max_len=9)
DOCUMENTS = np.array([[1, 1, 2, 2, 2], [1, 2, 2, 2, 3]])
SAME_DOCUMENT = (DOCUMENTS[:, :, None] == DOCUMENTS[:, None, :])[:, None] & CAUSAL
BIAS = np.random.default_rng(5).normal(size=(BATCH, HEADS, TOKENS, TOKENS))
TIME_FIRST = {"x": X.swapaxes(0, 1), "before": lambda _, x: x.swapaxes(0, 1), "after": lambda _, x, y: y.swapaxes(0, 1)}
NORMED = {"before": lambda layer, x: norm(layer.norm, x)}
SMALL = {"dim": WIDTH, "heads": HEADS, "dim_head": 6}


def tools():
    import torch

    names = {"torch": torch, "F": torch.nn.functional, "math": math}
    return names | {"create_causal_mask": lambda n: tensor(additive(n))}


def seed_case(number):
    def case(run):
        kit = {"tools": tools(), "tensor": tensor, "w_q": lambda matrix: lambda x: x @ tensor(matrix)}
        return seed(**kit, of_keys="k_proj", of_values="v_proj")[number](run)

    return case


def step_of(layer):
    return layer.step if hasattr(layer, "step") else layer.decode_step


def handed_on(layer):
    """A decoder whose caller holds the cache."""
    cache = [tensor(np.zeros((BATCH, 0, WIDTH)))] * 2

    def step(x):
        out, *new = layer(x, *cache)
        cache[:] = map(joined, cache, new)
        return out

    return step


def joined(past, new):
    import torch

    return torch.cat([past, new], dim=1)


def passed(layer):
    """A decoder whose cache is given back by each step, after a first token that fills it."""
    cache = []

    def step(x):
        out, new = layer.step(x, cache[0]) if cache else layer.prefill(x)
        cache[:] = [new]
        return out

    return step


def numbered(layer):
    """A decoder that is told at which place it is."""
    place = iter(range(TOKENS))
    return lambda x: layer(x, next(place))


QKV = "to_q to_k to_v"
BERT = self_attention("BertSelfAttention", (WIDTH, HEADS), "query key value", HEADS, more=(~PAD,), mask=WORDS)
HEAD = self_attention("Head", (6,), "query key value", x=others.WIDE, mask=CAUSAL)
SMALL_HEAD = self_attention("Head", (6,), "query key value", x=others.WIDE[..., :128], mask=CAUSAL)
CAUSAL_HEAD = self_attention("CausalHead", (WIDTH, 6, 9), "query key value", mask=CAUSAL)
SHORT_HEAD = self_attention("CausalHead", (WIDTH, 6, 9), "q k v", mask=CAUSAL)
FUSED_CAUSAL = self_attention("CausalSelfAttention", (WIDTH, HEADS), "qkv | proj", HEADS, mask=CAUSAL)
FUSED = self_attention("CausalAttention", SMALL, "to_qkv | to_out", HEADS, mask=CAUSAL, **NORMED)
NANO = self_attention("CausalSelfAttention", (CONFIG,), "c_attn | c_proj", HEADS, mask=CAUSAL)
PADDED = self_attention("Attention", (WIDTH, HEADS), "to_qkv | to_out", HEADS, more=(PAD,), mask=WORDS)
FOLDED = self_attention(
    "FoldedCausalAttention", (WIDTH, HEADS), "qkv | out", HEADS, more=(DOCUMENTS,), mask=SAME_DOCUMENT
)
PATCHES = self_attention("PatchAttention", SMALL, "to_q to_kv | to_out", HEADS)
IMAGE = self_attention("ImageEncoderAttention", (WIDTH, HEADS), "qkv | proj", HEADS)
REVIEW = self_attention("ReviewEncoder", (), "q k v", 6, x=others.WIDE[..., :300])
CLASH = self_attention("VideoEncoderAttention", SMALL, QKV, HEADS)
VIDEO = self_attention("VideoEncoderAttention", SMALL, f"{QKV} | to_out", HEADS)
SYMBOLIC = self_attention("MultiHeadedAttention", (HEADS, WIDTH), "query key value", HEADS, more=(~PAD,), mask=WORDS)
OVERWRITTEN = decoder(step_of, "wq wk wv | wo", HEADS, build=lambda it: it.DecoderAttention(WIDTH, HEADS))
WINDOW = decoder(step_of, "q k v", window=3, build=lambda it: it.WindowedDecodeAttention(WIDTH, window=3))
FORGOTTEN = decoder(step_of, "q k v", build=lambda it: it.CachedCausalAttention(WIDTH))
FIRST = self_attention("FrameEncoder", (WIDTH, HEADS), f"{QKV} | up", HEADS, after=lambda layer, x, y: x + y)
BUILT = self_attention("FrameEncoder", SMALL, "to_qkv | to_out", HEADS)
REGIONS = self_attention("RegionEncoder", (WIDTH,), "wq wk wv")
HEADS_FUSED = self_attention("CausalSelfAttention", (WIDTH, HEADS), "qkv | proj", HEADS, mask=CAUSAL)
# Five tokens in chunks of two, of which the last has padding.
CHUNKED = self_attention(
    "ChunkedAttention",
    (WIDTH, HEADS, 2),
    "q_proj k_proj v_proj",
    HEADS,
    mask=np.equal.outer(np.arange(TOKENS) // 2, np.arange(TOKENS) // 2),
)

GOOD = {
    "cache-loses-history/good_torch_caller_concatenates.py": decoder(
        handed_on, "qkv", build=lambda it: it.PresentAttention(WIDTH)
    ),
    "cache-loses-history/good_torch_concatenated.py": OVERWRITTEN,
    "cache-loses-history/good_torch_passed_on.py": models.greedy,
    "cache-loses-history/good_torch_sliding_window.py": WINDOW,
    "cache-loses-history/good_torch_static.py": decoder(
        numbered,
        "wqkv | wo",
        HEADS,
        build=lambda it: it.StaticCacheAttention(WIDTH, HEADS, BATCH, 9),
        full=lambda layer: lambda x: layer(x, 0),
    ),
    "concatenated-positions/good_torch_chosen_width.py": models.log_encoder,
    "concatenated-positions/good_torch_cls_token.py": models.class_token,
    "concatenated-positions/good_torch_sine_2d.py": others.sines,
    "concatenated-positions/good_torch_sum.py": models.document_encoder,
    "concatenated-positions/good_torch_timestep.py": others.timesteps,
    "head-dim-mismatch/good_torch_chunked.py": CHUNKED,
    "head-dim-mismatch/good_torch_divisible.py": REVIEW,
    "head-dim-mismatch/good_torch_grouped.py": self_attention(
        "GroupedQueryAttention", (WIDTH, 4, 2), "q_proj k_proj v_proj | o_proj", 4, kv_heads=2, mask=CAUSAL
    ),
    "head-dim-mismatch/good_torch_inner_dim.py": VIDEO,
    "head-dim-mismatch/good_torch_symbolic.py": others.three_inputs,
    "head-dim-mismatch/good_torch_value_width.py": self_attention(
        "EncoderAttention", (WIDTH, HEADS, 3, 5), "w_qs w_ks w_vs | fc", HEADS, more=(~PAD,), mask=WORDS
    ),
    "heads-not-concatenated/good_torch_averaged_weights.py": self_attention(
        "InspectableEncoderAttention", (WIDTH, HEADS), "to_qkv | out", HEADS
    ),
    "heads-not-concatenated/good_torch_causal.py": FUSED_CAUSAL,
    "heads-not-concatenated/good_torch_cls_after_merge.py": self_attention(
        "ClsAttentionPool", (WIDTH, HEADS), f"{QKV} | up", HEADS, after=lambda layer, x, y: y[:, 0]
    ),
    "heads-not-concatenated/good_torch_gat_output.py": others.graph,
    "heads-not-concatenated/good_torch_summed_output_maps.py": self_attention(
        "EncoderAttention", (WIDTH, HEADS), others.maps_of_heads, HEADS
    ),
    "mask-after-softmax/good_torch_head_mask.py": self_attention(
        "BertSelfAttentionWithHeadMask",
        (WIDTH, HEADS),
        "query key value",
        HEADS,
        more=(PAD[:, None, None] * -1e9,),
        mask=WORDS,
    ),
    "mask-after-softmax/good_torch_inf_in_scores.py": NANO,
    "mask-after-softmax/good_torch_nan_clean_up.py": PADDED,
    "mask-after-softmax/good_torch_second_mask.py": self_attention(
        "SpeechEncoderAttention",
        (HEADS, WIDTH),
        "linear_q linear_k linear_v | linear_out",
        HEADS,
        more=(~PAD[:, None],),
        mask=WORDS,
    ),
    "mask-shape-mismatch/good_torch_combined.py": models.target_mask,
    "mask-shape-mismatch/good_torch_folded.py": FOLDED,
    "mask-shape-mismatch/good_torch_key_axis.py": BERT,
    "mask-shape-mismatch/good_torch_seq_first.py": self_attention(
        "TimeFirstAttention", (WIDTH, HEADS), "q_net kv_net | o_net", HEADS, more=(PAD,), mask=WORDS, **TIME_FIRST
    ),
    "missing-causal-mask/good_torch_cross_attention.py": models.caption,
    "missing-causal-mask/good_torch_encoder_as_lm.py": models.music,
    "missing-causal-mask/good_torch_fused.py": FUSED,
    "missing-causal-mask/good_torch_gpt.py": models.gpt,
    "missing-causal-mask/good_torch_last_position.py": models.recommender,
    "missing-causal-mask/good_torch_one_token.py": decoder(
        passed,
        "qkv | proj",
        HEADS,
        build=lambda it: it.DecodeAttention(WIDTH, HEADS),
        full=lambda layer: lambda x: layer.prefill(x)[0],
    ),
    "missing-causal-mask/good_torch_optional_memory.py": models.whisper,
    "missing-causal-mask/good_torch_vit.py": models.vit,
    "missing-scale/good_torch_additive.py": others.additive,
    "missing-scale/good_torch_folded_init.py": self_attention(
        "UnscaledSelfAttention", (WIDTH, HEADS, 4), "q k v | o", HEADS, more=(BIAS,), scale=1.0, bias=BIAS
    ),
    "missing-scale/good_torch_gpt_head.py": HEAD,
    "missing-scale/good_torch_qk_norm.py": others.cosine,
    "missing-scale/good_torch_quarter_root.py": self_attention(
        "AudioEncoderAttention", (WIDTH, HEADS), "query key value | out", HEADS
    ),
    "missing-scale/good_torch_scaled_query.py": PATCHES,
    "softmax-wrong-axis/good_torch_ijbh.py": self_attention(
        "SegmentEncoderAttention", (WIDTH, HEADS), "q_net k_net v_net | o_net", HEADS, **TIME_FIRST
    ),
    "softmax-wrong-axis/good_torch_keys.py": IMAGE,
    "softmax-wrong-axis/good_torch_linear.py": others.linear_attention,
    "softmax-wrong-axis/good_torch_pool_and_classes.py": others.pooling,
    "softmax-wrong-axis/good_torch_slots.py": others.slots,
    "wrong-qk-transpose/good_torch_channel_attention.py": others.channels,
    "wrong-qk-transpose/good_torch_folded_heads.py": self_attention(
        "SourceEncoderAttention", (WIDTH, HEADS, 0.0), "W_q W_k W_v | W_o", HEADS
    ),
    "wrong-qk-transpose/good_torch_heads_fused.py": HEADS_FUSED,
    "wrong-qk-transpose/good_torch_key_stored_transposed.py": self_attention(
        "EncoderAttention", (WIDTH, HEADS), f"{QKV} | to_out", HEADS
    ),
    "wrong-qk-transpose/good_torch_swapped_operands.py": CAUSAL_HEAD,
} | {f"seed/{n:02}_fixed_torch.py": seed_case(f"{n:02}") for n in range(1, 11)}

NOT_RUN = {
    "mask-shape-mismatch/good_torch_flash_varlen.py": "flash-attn and xformers compile for a GPU",
    "missing-causal-mask/bad_torch_flash.py": "flash-attn and xformers compile for a GPU",
    "missing-causal-mask/good_torch_flash.py": "flash-attn and xformers compile for a GPU",
}

# What each mistake shows when it is run: the laws that it breaks, or what PyTorch says of it.
BAD = {
    "cache-loses-history/bad_torch_overwritten.py": (OVERWRITTEN, {"mismatch", "cache"}),
    "cache-loses-history/bad_torch_recreated.py": (models.greedy, {"mismatch"}),
    "cache-loses-history/bad_torch_values_forgotten.py": (FORGOTTEN, "Expected size for first two dimensions"),
    "concatenated-positions/bad_torch_bert_norm.py": (models.bert_embeddings, "normalized_shape"),
    "concatenated-positions/bad_torch_encoder_width.py": (models.document_encoder, "Shape mismatch"),
    "head-dim-mismatch/bad_torch_built_only.py": (BUILT, "shapes cannot be multiplied"),
    "head-dim-mismatch/bad_torch_einops_clash.py": (CLASH, "Shape mismatch, 8 != 12"),
    "head-dim-mismatch/bad_torch_not_divisible.py": (REVIEW, "invalid for input of size"),
    "head-dim-mismatch/bad_torch_symbolic.py": (SYMBOLIC, "invalid for input of size"),
    "heads-not-concatenated/bad_torch_first_head.py": (FIRST, {"mismatch"}),
    "heads-not-concatenated/bad_torch_sum.py": (FUSED_CAUSAL, {"mismatch", "heads"}),
    "mask-after-softmax/bad_torch_inf_in_weights.py": (NANO, {"mismatch"}),
    "mask-after-softmax/bad_torch_masked_fill.py": (PADDED, {"mismatch"}),
    "mask-shape-mismatch/bad_torch_folded.py": (FOLDED, "must match the size"),
    "mask-shape-mismatch/bad_torch_head_axis.py": (BERT, {"mismatch"}),
    "mask-shape-mismatch/bad_torch_on_heads.py": (models.query_encoder, "must match the size"),
    "missing-causal-mask/bad_torch_encoder_as_lm.py": (models.music, {"mismatch", "leak"}),
    "missing-causal-mask/bad_torch_fused.py": (FUSED, {"mismatch", "leak"}),
    "missing-causal-mask/bad_torch_gpt.py": (models.gpt, {"mismatch", "leak"}),
    "missing-causal-mask/bad_torch_unused_buffer.py": (SMALL_HEAD, {"mismatch", "leak"}),
    "missing-scale/bad_torch_einsum.py": (PATCHES, {"mismatch"}),
    "missing-scale/bad_torch_gpt_head.py": (HEAD, {"mismatch"}),
    "softmax-wrong-axis/bad_torch_default_axis.py": (others.question, {"mismatch"}),
    "softmax-wrong-axis/bad_torch_heads.py": (IMAGE, {"mismatch"}),
    "softmax-wrong-axis/bad_torch_merged.py": (REGIONS, {"mismatch"}),
    "softmax-wrong-axis/bad_torch_query_axis.py": (SHORT_HEAD, {"mismatch", "leak"}),
    "wrong-qk-transpose/bad_torch_heads_fused.py": (HEADS_FUSED, {"mismatch"}),
    "wrong-qk-transpose/bad_torch_heads_written.py": (
        self_attention("EncoderAttention", (WIDTH, HEADS), "q_proj k_proj v_proj | out", HEADS),
        {"mismatch"},
    ),
    "wrong-qk-transpose/bad_torch_swapped_operands.py": (CAUSAL_HEAD, {"mismatch"}),
    "wrong-qk-transpose/bad_torch_wrong_pair.py": (others.pair, "must match"),
    "seed/01_wrong_torch.py": (seed_case("01"), {"mismatch", "leak"}),
    "seed/02_wrong_torch.py": (seed_case("02"), {"mismatch"}),
    "seed/03_wrong_torch.py": (seed_case("03"), "Expected size for first two dimensions"),
    "seed/04_wrong_torch.py": (seed_case("04"), "invalid for input of size"),
    "seed/05_wrong_torch.py": (seed_case("05"), {"mismatch"}),
    "seed/06_wrong_torch.py": (seed_case("06"), {"mismatch"}),
    "seed/07_wrong_torch.py": (seed_case("07"), "must match the size"),
    "seed/08_wrong_torch.py": (seed_case("08"), {"mismatch", "rows"}),
    "seed/08_wrong_torch_dim1.py": (seed_case("08 of heads"), {"mismatch", "rows"}),
    "seed/09_wrong_torch.py": (seed_case("09 of ones"), {"mismatch", "leak", "rows"}),
    "seed/10_wrong_torch.py": (seed_case("10 of keys"), {"mismatch"}),
}
