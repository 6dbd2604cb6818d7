"""The fixtures in MLX at work: how each is built and called, and what is right."""

import numpy as np

from tests.proof.laws import Run, array
from tests.proof.layers import CAUSAL, Kit, norm, projections, relu_layers, table, weight
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.reference import linear, multi_head, rms_norm, rotary, softmax
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, Self, X, additive

IDS = np.array([[3, 1, 7, 7, 2], [5, 2, 9, 4, 4]])
BIAS = np.random.default_rng(5).normal(size=(1, 64, TOKENS, TOKENS))
IMAGE = np.random.default_rng(8).normal(size=(BATCH, 32, 32, 3))
BLOCKS = np.random.default_rng(4).normal(size=(BATCH, TOKENS, WIDTH))
PROJ = "query_proj key_proj value_proj"


def tensor(x):
    import mlx.core as mx

    x = np.asarray(x)
    return mx.array(x.astype("float32") if np.issubdtype(x.dtype, np.floating) else x)


def live(layer):
    """The layer with weights so large that no mistake is small, and without dropout."""
    from mlx.utils import tree_map

    random = np.random.default_rng(11)

    def drawn(each):
        return tensor(random.normal(size=each.shape) * (np.prod(each.shape[1:]) ** -0.5 if each.ndim > 1 else 0.3))

    layer.update(tree_map(drawn, layer.parameters()))
    return layer.eval()


KIT = Kit(live, tensor, close=1e-4)  # MLX computes in single precision


def mha_projections(mha):
    """Those of mlx.nn.MultiHeadAttention."""
    return projections(mha, f"{PROJ} | out_proj")


def own(mha, x, memory=None, mask=None):
    return multi_head(x, mha_projections(mha), mha.num_heads, memory=memory, mask=mask)


def encoder(layers, x, mask=None):
    """mlx.nn.TransformerEncoder as its documentation has it: a norm in front of each part, and one at the end."""
    for layer in layers.layers:
        x = x + own(layer.attention, norm(layer.ln1, x), mask=mask)
        x = x + relu_layers(layer.linear1, layer.linear2, norm(layer.ln2, x))
    return norm(layers.ln, x)


def rotated(layer, module):
    """A decoder that is told the angles of its token."""
    cache, place = module.KVCache(1), iter(range(TOKENS))
    return lambda x: layer(x, tensor(angles()[[next(place)]]), None, cache)


def angles():
    half = WIDTH // HEADS // 2
    return np.tile(np.arange(TOKENS)[:, None] / 10000 ** (np.arange(half) / half), 2)


def whole(layer):
    return lambda x: layer(x, tensor(angles()), tensor(additive(TOKENS)))


def prefix(run):
    """The first two tokens are kept by one pass and read by another."""
    module = run()
    layer = KIT.make(lambda: module, "DecoderAttention", (WIDTH, HEADS))

    def in_two(x):
        cache = module.PrefixCache()
        masks = additive(TOKENS)[:2, :2], additive(TOKENS)[2:]
        kept = layer(tensor(x[:, :2]), tensor(masks[0]), cache, "extract")
        return np.concatenate([kept, layer(tensor(x[:, 2:]), tensor(masks[1]), cache, "cached")], axis=1)

    def right(x):
        return multi_head(x, projections(layer, "qkv | out"), HEADS, mask=CAUSAL)

    return Run(in_two, X, right, causal=True, close=KIT.close)


def bert(model, ids):
    embeddings = model.embeddings
    x = table(embeddings.word_embeddings)[ids] + table(embeddings.position_embeddings)[:TOKENS]
    return encoder(model.encoder, norm(embeddings.norm, x))


def option(run):
    """Positions that are added, or put beside the words."""
    module = run()
    models = [KIT.make(lambda: module, "SequenceEncoder", (12, WIDTH, HEADS, 9, how)) for how in ("add", "beside")]

    def right(ids):
        words, places = ([table(each) for each in (model.embed, model.positions)] for model in models)
        x = words[0][ids] + words[1][:TOKENS]
        y = np.concatenate([places[0][ids], np.broadcast_to(places[1][:TOKENS], x.shape)], axis=-1)
        return np.concatenate(
            [own(model.attention, each).mean(1) for model, each in zip(models, (x, y), strict=True)], -1
        )

    return Run(lambda ids: np.concatenate([KIT.call(model)(ids) for model in models], -1), IDS, right, close=KIT.close)


def sentences(model, ids):
    x = norm(model.norm, table(model.embedding)[ids])
    return x + own(model.attention, x)


def groups(layer):
    """Four heads of queries, of which two and two lie in front of their key and their value."""
    matrix, bias = weight(layer.wqkv)
    parts = [each.reshape(*each.shape[:-1], 2, 4, -1) for each in (matrix, bias)]
    cuts = (slice(0, 2), slice(2, 3), slice(3, 4))
    flat = [tuple(each[..., cut, :].reshape(*each.shape[:-3], -1) for each in parts) for cut in cuts]
    return [*flat, weight(layer.wo)]


def grouped(layer, x):
    return multi_head(x, groups(layer), 4, kv_heads=2, mask=CAUSAL)


def of_depth(f, x):
    return f(BLOCKS, x, x[0, 0], 0.1)


def depth(x):
    """A block and what is left are weighed by their direction's likeness to one vector."""
    both = np.stack([BLOCKS, x])
    return (softmax(rms_norm(both, epsilon=0.1) @ x[0, 0], axis=0)[..., None] * both).sum(0)


def batch_item(run):
    layer = KIT.make(run, "DecoderLayer", (WIDTH, HEADS))
    read = CAUSAL & WORDS

    def right(x):
        return multi_head(x, projections(layer, "qkv | out"), HEADS, mask=read)

    item = {"mask": tensor(~read)}
    return Run(KIT.call(lambda x: layer({"x": x, **item})), X, right, causal=True, close=KIT.close)


def gpt(model, ids):
    x = table(model.embedding)[ids]
    for layer in model.layers:
        y = rms_norm(x, array(model.norm.weight))
        x = x + multi_head(y, projections(layer, "q_proj k_proj v_proj | o_proj"), HEADS, mask=CAUSAL, turn=rotary)
    return x @ table(model.embedding).T


def language_model(model, ids):
    """Sines of frequencies from 1 to 1/10000, then cosines, of the length of one vector."""
    wave = np.arange(TOKENS)[:, None] * np.geomspace(1, 1e-4, WIDTH // 2)
    places = np.concatenate([np.sin(wave), np.cos(wave)], axis=-1) * (2 / WIDTH) ** 0.5
    x = encoder(model.transformer, table(model.embedding)[ids] + places, mask=CAUSAL)
    return linear(x, weight(model.out_proj))


def captioner(run):
    model = KIT.make(run, "Captioner", (WIDTH, HEADS, 12, 4))

    def right(ids):
        pixels = IMAGE.reshape(BATCH, 2, 16, 2, 16, 3)
        patches = np.einsum("byixjc,oijc->byxo", pixels, array(model.patch.weight)) + array(model.patch.bias)
        memory = own(model.seeing, patches.reshape(BATCH, 4, WIDTH) + array(model.places))
        x = table(model.words)[ids] + table(model.positions)[:TOKENS]
        x = x + own(model.saying, x, mask=CAUSAL)
        return linear(x + own(model.reading, x, memory), weight(model.head))

    return Run(KIT.call(lambda ids: model(tensor(IMAGE), ids)), IDS, right, causal=True, axis=1, close=KIT.close)


def normed(layer, x):
    names = "q_proj k_proj v_proj | out_proj"
    return multi_head(
        x, projections(layer, names), HEADS, scale=1.0, turn=lambda t: rms_norm(t, array(layer.norm.weight))
    )


def t5(run):
    """4096 features, of which only a few come in and go out: its matrices would be a quarter of a gigabyte."""
    import mlx.nn as nn

    model = run().T5Encoder()
    layer = model.attention
    layer.q, layer.k, layer.v = (nn.Linear(WIDTH, 4096, bias=False) for _ in range(3))
    layer.o = nn.Linear(4096, WIDTH, bias=False)
    live(model)

    def right(x):
        return multi_head(x, projections(layer, "q k v | o"), 64, scale=1.0, bias=BIAS)

    return Run(KIT.call(model, BIAS), X[:1], right, close=KIT.close)


MODEL = {"vocab_size": 12, "num_layers": 2, "dims": WIDTH, "num_heads": HEADS}
IDS_IN = {"x": IDS, "axis": 1}
STEP = KIT.decoder("DecoderAttention", (WIDTH, HEADS), "q_proj k_proj v_proj", HEADS, lambda layer, _: layer.step)
ATTRIBUTE = KIT.decoder("DecoderAttention", (WIDTH, HEADS), "q_proj kv_proj", HEADS, lambda layer, _: layer.decode)
ROTATED = KIT.decoder(
    "Attention", (WIDTH, HEADS, 0), "q_proj k_proj v_proj | o_proj", HEADS, rotated, whole, turn=rotary
)
BERT = KIT.layer("Bert", MODEL, bert, **IDS_IN)
SENTENCES = KIT.layer("SentenceEncoder", (12,), sentences, **IDS_IN)
FUSED = KIT.self_attention("VisionAttention", (WIDTH, HEADS), "qkv | proj", HEADS)
EARLY = KIT.self_attention("DecoderAttention", (WIDTH, HEADS), "qkv", HEADS, mask=CAUSAL)
NAMES = "attn.query_proj attn.key_proj attn.value_proj | attn.out_proj"
BLOCK = KIT.self_attention(
    "EncoderBlock",
    (WIDTH, HEADS),
    NAMES,
    HEADS,
    more=(~PAD,),
    before=lambda layer, x: norm(layer.norm, x),
    residual=True,
    mask=WORDS,
)
PADDED = KIT.self_attention("BertAttention", (WIDTH, HEADS), "query key value", HEADS, more=(~PAD * 1,), mask=WORDS)
GPT = KIT.layer("GPT", (12, WIDTH, HEADS, 2), gpt, causal=True, **IDS_IN)
LM = KIT.layer("TransformerLM", MODEL, language_model, causal=True, **IDS_IN)
SCALED = KIT.self_attention("EncoderAttention", (WIDTH, HEADS), f"{PROJ} | out_proj", HEADS)
VISION = KIT.self_attention("VisionAttention", (WIDTH, HEADS), "q_proj k_proj v_proj | out_proj", HEADS)
KEYS = KIT.self_attention("EncoderAttention", (WIDTH, HEADS), PROJ, HEADS)
SWAPPED = KIT.self_attention("BertSelfAttention", (WIDTH, HEADS), "query key value", HEADS)
LAID_OUT = KIT.self_attention("EncoderAttention", (WIDTH, HEADS), "query_proj key_proj value_proj", HEADS)
PACKED = {"args": Self(num_attention_heads=4, num_key_value_heads=2, hidden_size=WIDTH, bias=True)}

NOT_RUN: dict[str, str] = {}

GOOD = {
    "cache-loses-history/good_mlx_concatenated.py": STEP,
    "cache-loses-history/good_mlx_prefix_stored_once.py": prefix,
    "cache-loses-history/good_mlx_attribute.py": ATTRIBUTE,
    "cache-loses-history/good_mlx_rotated_lists.py": ROTATED,
    "concatenated-positions/good_mlx_encoder.py": BERT,
    "concatenated-positions/good_mlx_option.py": option,
    "head-dim-mismatch/good_mlx_layer.py": SENTENCES,
    "head-dim-mismatch/good_mlx_packed_groups.py": KIT.layer("Attention", PACKED, grouped, causal=True),
    "heads-not-concatenated/good_mlx_flatten.py": FUSED,
    "mask-after-softmax/good_mlx_before.py": EARLY,
    "mask-shape-mismatch/good_mlx_factor.py": KIT.function("depth_attention", of_depth, depth),
    "mask-shape-mismatch/good_mlx_layer.py": BLOCK,
    "mask-shape-mismatch/good_mlx_mask_of_a_batch_item.py": batch_item,
    "mask-shape-mismatch/good_mlx_padding.py": PADDED,
    "missing-causal-mask/good_mlx_causal_string.py": KIT.self_attention(
        "LlamaAttention", (WIDTH, HEADS), "qkv_proj | o_proj", HEADS, mask=CAUSAL, turn=rotary
    ),
    "missing-causal-mask/good_mlx_image_encoder_of_a_captioner.py": captioner,
    "missing-causal-mask/good_mlx_lm.py": LM,
    "missing-causal-mask/good_mlx_vit.py": KIT.self_attention("ViTAttention", (WIDTH, HEADS), "qkv | proj", HEADS),
    "missing-scale/good_mlx_encoder.py": SCALED,
    "missing-scale/good_mlx_fused_normed.py": KIT.layer("VisionAttention", (WIDTH, HEADS), normed),
    "missing-scale/good_mlx_t5.py": t5,
    "softmax-wrong-axis/good_mlx_last_axis.py": KEYS,
    "wrong-qk-transpose/good_mlx_heads_fused.py": LAID_OUT,
    "wrong-qk-transpose/good_mlx_key_stored_transposed.py": SWAPPED,
}

# What each mistake shows when it is run: the laws that it breaks, or what MLX says of it.
BAD = {
    "cache-loses-history/bad_mlx_attribute.py": (ATTRIBUTE, {"mismatch", "cache"}),
    "cache-loses-history/bad_mlx_overwritten.py": (STEP, {"mismatch", "cache"}),
    "cache-loses-history/bad_mlx_rotated_lists.py": (ROTATED, {"cache"}),
    "concatenated-positions/bad_mlx_encoder.py": (BERT, "norm"),
    "head-dim-mismatch/bad_mlx_layer.py": (SENTENCES, "divisible by the number of heads"),
    "heads-not-concatenated/bad_mlx_mean.py": (FUSED, {"mismatch", "heads"}),
    "mask-after-softmax/bad_mlx_multiply.py": (EARLY, {"mismatch", "leak"}),
    "mask-shape-mismatch/bad_mlx_layer.py": (BLOCK, {"mismatch"}),
    "mask-shape-mismatch/bad_mlx_padding.py": (PADDED, {"mismatch"}),
    "missing-causal-mask/bad_mlx_gpt.py": (GPT, {"mismatch", "leak"}),
    "missing-causal-mask/bad_mlx_none_mask.py": (LM, {"mismatch", "leak"}),
    "missing-scale/bad_mlx_encoder.py": (SCALED, {"mismatch"}),
    "missing-scale/bad_mlx_fused_by_one.py": (VISION, {"mismatch"}),
    "softmax-wrong-axis/bad_mlx_whole_array.py": (KEYS, {"mismatch"}),
    "wrong-qk-transpose/bad_mlx_heads_fused.py": (LAID_OUT, {"mismatch"}),
    "wrong-qk-transpose/bad_mlx_no_swap.py": (SWAPPED, "shape"),
}
