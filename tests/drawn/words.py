"""How a drawn module calls things: names that people give, one set of them for a whole file."""

from dataclasses import dataclass

WORDS = {
    "qkv": ["q k v", "q k v", "query key value", "Q K V", "queries keys values", "xq xk xv"],
    "x": ["x", "x", "hidden_states", "tokens", "inputs", "embeddings", "features", "hidden"],
    "sizes": [
        "B T C",
        "b n c",
        "N L E",
        "batch_size seq_len width",
        "bsz length embed_dim",
        "batch time channels",
        "B S D",
    ],
    "scores": ["scores", "scores", "att", "energy", "logits", "attn_scores", "wei", "sim", "dots"],
    "weights": ["weights", "attn", "probs", "attention_weights", "alpha", "p_attn"],
    "context": ["out", "context", "y", "z", "output", "attended"],
    "heads": ["n_heads", "num_heads", "heads", "n_head", "nhead", "num_attention_heads"],
    "size": ["head_dim", "head_dim", "d_k", "d_head", "head_size", "dim_head"],
    "width": ["d_model", "d_model", "dim", "n_embd", "hidden_size", "model_dim"],
    "mapped": ["W_q W_k W_v W_o", "Wq Wk Wv Wo", "w_query w_key w_value w_out", "wq wk wv wo"],
    "layered": [
        "q_proj k_proj v_proj o_proj",
        "W_q W_k W_v W_o",
        "to_q to_k to_v to_out",
        "wq wk wv wo",
        "q_proj k_proj v_proj out_proj",
        "query_proj key_proj value_proj c_proj",
        "fc_q fc_k fc_v fc_o",
    ],
    "fused": ["qkv", "c_attn", "to_qkv", "qkv_proj", "in_proj"],
    "fused matrix": ["W_qkv", "w_qkv", "Wqkv"],
    "padding": ["pad_mask", "key_padding_mask", "is_pad", "padding_mask"],
    "keeping": ["mask", "attention_mask", "keep", "valid", "src_mask"],
    "lower": ["mask", "causal_mask", "tril", "allowed", "causal"],
    "upper": ["future", "causal_mask", "look_ahead_mask", "blocked", "mask"],
    "cache": ["k_cache v_cache", "cache_k cache_v", "past_k past_v", "past_keys past_values"],
    "step": ["step", "decode_step", "decode", "forward_step"],
    "causal class": [
        "CausalSelfAttention",
        "DecoderSelfAttention",
        "GPTAttention",
        "MaskedSelfAttention",
        "CausalMultiHeadAttention",
        "DecoderAttention",
    ],
    "free class": [
        "EncoderSelfAttention",
        "BertSelfAttention",
        "PatchAttention",
        "SentenceEncoderAttention",
        "ViTAttention",
    ],
    "class": ["SelfAttention", "MultiHeadAttention", "Attention", "AttentionLayer"],
    "causal function": ["causal_attention", "decoder_self_attention", "gpt_attention", "causal_self_attention"],
    "free function": ["encoder_attention", "bert_self_attention", "patch_attention", "encoder_self_attention"],
    "function": ["attention", "self_attention", "multi_head_attention", "attend"],
    "causal text": [
        "Masked self-attention of a decoder.",
        "Causal self-attention: a token sees itself and those before it.",
        "One attention block of a GPT.",
        "Attention of an autoregressive language model.",
    ],
    "free text": ["Bidirectional self-attention.", "Self-attention of a text encoder.", "Attention of patches."],
    "text": ["Scaled dot-product attention.", "Self-attention, as in the paper.", "One attention layer."],
}


@dataclass(frozen=True)
class Names:
    """The names of one module; those of the projections are in the order q, k, v, output."""

    q: str
    k: str
    v: str
    x: str
    batch: str
    time: str
    width_here: str  # the size of the last axis, unpacked where the input comes in
    scores: str
    weights: str
    context: str
    heads: str
    size: str
    width: str
    projections: tuple[str, ...]
    fused: str
    padding: str
    causal: str
    caches: tuple[str, str]


def names_of(form):
    """The names of a form, told apart where two of them would be one."""
    q, k, v = form.word("qkv").split()
    batch, time, width_here = form.word("sizes").split()
    x = form.word("x")
    causal = form.word("lower" if form.mask_style == "lower" else "upper")
    padding = form.word("padding" if form.true_is_padding else "keeping")
    return Names(
        q,
        k,
        v,
        x,
        batch,
        time,
        width_here,
        form.word("scores"),
        form.word("weights"),
        form.word("context"),
        form.word("heads"),
        form.word("size"),
        form.word("width"),
        tuple(form.word("mapped" if form.holds_matrices else "layered").split()),
        form.word("fused matrix" if form.holds_matrices else "fused"),
        padding,
        f"causal_{causal}" if causal == padding else causal,
        tuple(form.word("cache").split()),
    )
