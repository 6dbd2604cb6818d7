"""PyTorch's fixtures that are whole models: embeddings, layers and residuals around the attention."""

import numpy as np

from tests.proof import reference
from tests.proof.laws import Run
from tests.proof.layers import CAUSAL, norm, projections, table, weight
from tests.proof.numpy_cases import PAD
from tests.proof.reference import linear, multi_head
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, Self
from tests.proof.torch_kit import call, encoder_layer, live, make, mha_projections, of_x, parameter, tensor

IDS = np.array([[3, 1, 7, 7, 2], [5, 2, 9, 4, 4]])
PADDED_IDS = np.where(PAD, 0, IDS)
WORDS = (PADDED_IDS != 0)[:, None, None]
CONFIG = Self(n_embd=WIDTH, n_head=HEADS, block_size=9, dropout=0.0, vocab_size=12, dim=WIDTH, max_len=9)


def of_ids(name, init, right, ids=IDS, *, causal=False, dtype="float64", more=()):
    """A case of a model of ids; `right` is a function of the model and of the ids."""

    def case(run):
        model = make(run, name, *init, dtype=dtype)
        return Run(call(model, *more), ids, lambda ids: right(model, ids), causal, axis=1)

    return case


def greedy(run):
    """The words that a model with a cache says are those that it says without one, the whole text read every time."""
    import torch

    module = run()
    embed, head = live(torch.nn.Embedding(12, WIDTH)), live(torch.nn.Linear(WIDTH, 12))
    layer = live(module.Layer(WIDTH))
    layer.qkv.weight.data *= 3  # what was said before must weigh more than the word said last

    def right(ids):
        said = ids
        for _ in range(8):
            x = table(embed)[said]
            y = x + multi_head(x, projections(layer, "qkv"), mask=reference.look_back(x.shape[1]))
            said = np.concatenate([said, linear(y[:, -1:], weight(head)).argmax(-1)], axis=1)
        return said[:, ids.shape[1] :]

    return Run(lambda ids: module.generate(embed, layer, head, tensor(ids), 8), IDS, right)


def log_encoder(run):
    def right(model, ids):
        x = np.concatenate([table(model.tok)[ids], np.repeat(table(model.pos)[None, :TOKENS], BATCH, 0)], axis=-1)
        y = encoder_layer(model.layer, x, WORDS)
        return linear(y.mean(1), weight(model.out))

    return of_ids("LogEncoder", (12, 6, 2, 9), right, PADDED_IDS)(run)


def class_token(run):
    def right(layer, x):
        y = linear(x, weight(layer.embed))
        y = np.concatenate([np.repeat(parameter(layer.cls_token), BATCH, 0), y], axis=1)
        return y + parameter(layer.pos_embed)

    return of_x("PatchTokens", (TOKENS, WIDTH, 6), right)(run)


def embedded(model, ids):
    return table(model.word_embeddings)[ids] + table(model.position_embeddings)[: ids.shape[1]]


def document_encoder(run):
    def right(model, ids):
        x = embedded(model, ids)
        for layer in model.layers.layers:
            x = encoder_layer(layer, x, WORDS)
        return x

    whole = of_ids("DocumentEncoder", (12, WIDTH, HEADS, 2, 9), right, PADDED_IDS)(run)
    # What stands at padded places is left open: PyTorch's own layer writes zeros there when it is fast.
    return Run(lambda ids: whole.f(ids)[~PAD], whole.x, lambda ids: whole.expected(ids)[~PAD])


def target_mask(run):
    module = run()
    import torch

    embed, layer = live(torch.nn.Embedding(12, WIDTH)), live(module.DecoderAttention(WIDTH, HEADS))
    names = "fc_q fc_k fc_v | fc_o"

    def right(ids):
        mask = CAUSAL & (ids != 0)[:, None, None]
        return multi_head(table(embed)[ids], projections(layer, names), HEADS, mask=mask)

    return Run(call(lambda ids: module.decode(embed, layer, ids)), PADDED_IDS, right, causal=True, axis=1)


def bert_embeddings(run):
    def right(model, ids):
        return norm(model.norm, table(model.tok)[ids] + table(model.pos)[:TOKENS])

    return of_ids("BertEmbeddings", (CONFIG,), right)(run)


def caption(run):
    regions = np.random.default_rng(2).normal(size=(BATCH, 3, WIDTH))

    def right(layer, words):
        mha = layer.self_attn
        words = norm(layer.norm1, words + multi_head(words, mha_projections(mha), HEADS, mask=CAUSAL))
        own = projections(layer, "q_proj k_proj v_proj | o_proj")
        return norm(layer.norm2, words + multi_head(words, own, HEADS, memory=regions))

    return of_x("CaptionDecoderLayer", (WIDTH, HEADS), right, more=(regions,), causal=True, dtype="float32")(run)


def music(run):
    def right(model, ids):
        x = table(model.note_emb)[ids] + table(model.pos_emb)[:TOKENS]
        for layer in model.blocks.layers:
            x = encoder_layer(layer, x, CAUSAL)
        return linear(x, weight(model.to_logits))

    return of_ids("MusicLM", (12, WIDTH, HEADS, 2, 9), right, causal=True, dtype="float32")(run)


def query_encoder(run):
    def right(model, ids):
        return multi_head(table(model.emb)[ids], projections(model, "qkv"), HEADS, mask=WORDS)

    return of_ids("QueryEncoder", (12, WIDTH, HEADS), right, ids=PADDED_IDS)(run)


def gpt(run):
    def right(model, ids):
        x = table(model.wte)[ids] + table(model.wpe)[:TOKENS]
        own = projections(model.attn, "c_attn | c_proj")
        return linear(x + multi_head(norm(model.ln, x), own, HEADS, mask=CAUSAL), weight(model.lm_head))

    return of_ids("GPT", (CONFIG,), right, causal=True)(run)


def recommender(run):
    def right(model, ids):
        x = table(model.items)[ids] + table(model.pos)[:TOKENS]
        return multi_head(x[:, -1:], projections(model, "wq wk wv"), memory=x)[:, 0] @ table(model.items).T

    return of_ids("SessionRecommender", (12, WIDTH), right)(run)


def whisper(run):
    """Causal attention to the words, then attention to the sound, which is no future."""
    sound = np.random.default_rng(2).normal(size=(BATCH, 7, WIDTH))
    names = "query key value | out"

    def right(model, ids):
        x = table(model.decoder.token_embedding)[ids]
        x = x + multi_head(x, projections(model.decoder.attn, names), HEADS, mask=CAUSAL)
        return x + multi_head(x, projections(model.decoder.cross_attn, names), HEADS, memory=sound)

    dims = Self(n_vocab=12, n_text_ctx=9, n_text_state=WIDTH, n_text_head=HEADS)
    model = make(run, "Whisper", dims)
    return Run(call(model.logits, sound), IDS, lambda ids: right(model, ids), causal=True, axis=1)


def vit(run):
    """Patches are read by rows, and in a patch the channel is the axis that changes first."""

    def right(model, image):
        patches = [image[:, :, y : y + 2, x : x + 2].transpose(0, 2, 3, 1) for y in (0, 2) for x in (0, 2)]
        x = linear(np.stack([patch.reshape(BATCH, -1) for patch in patches], 1), weight(model.to_patch_embedding))
        x = x + parameter(model.pos_embedding)
        x = x + multi_head(norm(model.attn.norm, x), projections(model.attn, "to_qkv | to_out"), HEADS)
        return linear(x.mean(1), weight(model.mlp_head))

    model = make(run, "ViT", image_size=4, patch_size=2, num_classes=3, dim=WIDTH, heads=HEADS)
    image = np.random.default_rng(2).normal(size=(BATCH, 3, 4, 4))
    return Run(call(model), image, lambda image: right(model, image))
