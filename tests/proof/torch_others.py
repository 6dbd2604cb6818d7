"""PyTorch's fixtures that are more than one self-attention of x, or another kind of attention: each by its formula."""

import numpy as np

from tests.proof import reference
from tests.proof.laws import Run
from tests.proof.layers import norm, projections, weight
from tests.proof.numpy_cases import PAD, WORDS
from tests.proof.reference import linear, multi_head, softmax
from tests.proof.seed import BATCH, HEADS, TOKENS, WIDTH, X
from tests.proof.torch_kit import call, make, of_x, parameter, tensor

WIDE = np.random.default_rng(9).normal(size=(BATCH, TOKENS, 384))


def sines(run):
    """At row y of h and column x of w: sin and cos in turn, of 2πy/h and 2πx/w over the powers of 10000."""
    h, w, half = 2, 3, 4
    right = np.zeros((1, 2 * half, h, w))
    for y, x, i in np.ndindex(h, w, half):
        wave = np.cos if i % 2 else np.sin
        period = 10000 ** (2 * (i // 2) / half)
        right[0, i, y, x] = wave(2 * np.pi * (y + 1) / h / period)
        right[0, half + i, y, x] = wave(2 * np.pi * (x + 1) / w / period)
    return of_x("PositionEmbeddingSine", (half,), lambda layer, x: right, np.zeros((1, 5, h, w)))(run)


def timesteps(run):
    def right(layer, t):
        angles = t[:, None] / 10000 ** (np.arange(3) / 3)
        y = linear(np.concatenate([np.cos(angles), np.sin(angles)], axis=-1), weight(layer.net[0]))
        return linear(y / (1 + np.exp(-y)), weight(layer.net[2]))

    def case(run):
        layer = make(run, "TimeMLP", 6, 5, dtype="float32")
        return Run(call(layer), np.array([0.0, 3.0, 250.0]), lambda t: right(layer, t))

    return case(run)


def three_inputs(run):
    layer = make(run, "MultiHeadedAttention", HEADS, WIDTH)
    mask = tensor(~PAD)

    def right(x):
        return multi_head(x, projections(layer, "linears.0 linears.1 linears.2 | linears.3"), HEADS, mask=WORDS)

    return Run(call(lambda x: layer(x, x, x, mask)), X, right)


def graph(run):
    """Velickovic et al.: a node weighs its neighbours; with `last` the mean of the heads, else one beside the other."""
    near = np.array([[1, 1, 0, 0, 1], [1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [1, 0, 0, 1, 1]])
    layers = {last: make(run, "GATLayer", WIDTH, 3, HEADS, last) for last in (True, False)}

    def right(h):
        heads = []
        for k, z in enumerate(np.split(linear(h, weight(layers[True].W)), HEADS, axis=-1)):
            source, target = (z @ parameter(each)[k] for each in (layers[True].a_src, layers[True].a_dst))
            e = source[:, None] + target[None, :]
            heads.append(softmax(np.where(near, np.where(e > 0, e, 0.2 * e), -np.inf)) @ z)
        return np.concatenate([np.mean(heads, axis=0), *heads], axis=-1)

    def both(h):
        return np.concatenate([call(layers[last], near)(h) for last in (True, False)], axis=-1)

    return Run(both, X[0], right)


def maps_of_heads(layer):
    """Maps of (heads, from, to) as the matrices of all heads side by side."""
    inputs = [np.concatenate(list(parameter(each)), axis=-1) for each in (layer.W_Q, layer.W_K, layer.W_V)]
    return [*inputs, np.concatenate(list(parameter(layer.W_O)), axis=0)]


def additive(run):
    """Bahdanau et al.: the score of a word is v·tanh(W q + U h)."""
    state = np.random.default_rng(2).normal(size=(BATCH, 6))

    def right(layer, words):
        hidden = np.tanh(linear(state, weight(layer.W))[:, None] + linear(words, weight(layer.U)))
        return np.einsum("bn,bnd->bd", softmax(linear(hidden, weight(layer.v))[..., 0]), words)

    layer = make(run, "AdditiveAttention", 6, WIDTH, 4)
    context = call(lambda words: layer(tensor(state), words))
    given = call(lambda words: layer(tensor(state), words)[1])
    return Run(context, X, lambda words: right(layer, words), weights=given)


def unit(x, axis=-1):
    return x / np.sqrt((x**2).sum(axis, keepdims=True))


def cosine(run):
    """The scores are cosines of the angles between queries and keys, times a temperature."""

    def right(layer, x):
        w_q, w_k, w_v, w_o = projections(layer, "qkv | proj")
        q, k, v = (reference.split(linear(x, w), HEADS) for w in (w_q, w_k, w_v))
        scores = np.einsum("bhqd,bhkd->bhqk", unit(q), unit(k)) * parameter(layer.temperature)
        return linear(reference.merge(softmax(scores) @ v), w_o)

    return of_x("QKNormAttention", (WIDTH, HEADS), right)(run)


def channels(run):
    """El-Nouby et al.: a channel attends to channels; every channel is of unit length over the patches."""

    def right(layer, x):
        w_q, w_k, w_v, w_o = projections(layer, "qkv | proj")
        q, k, v = (reference.split(linear(x, w), HEADS) for w in (w_q, w_k, w_v))
        scores = np.einsum("bhnc,bhnd->bhcd", unit(q, -2), unit(k, -2)) * parameter(layer.temperature)
        return linear(reference.merge(np.einsum("bhcd,bhnd->bhnc", softmax(scores), v)), w_o)

    return of_x("XCA", (WIDTH, HEADS), right)(run)


def linear_attention(run):
    """Shen et al.: q (kᵀ v), with q normalised over its features and k over the pixels."""

    def right(layer, x):
        w_q, w_k, w_v, w_o = projections(layer, "to_qkv | to_out")
        q, k, v = (reference.split(linear(x, w), HEADS) for w in (w_q, w_k, w_v))
        return linear(reference.merge(softmax(q) @ (np.swapaxes(softmax(k, axis=-2), -1, -2) @ v)), w_o)

    return of_x("EfficientAttention", (WIDTH, HEADS, 3), right)(run)


def pooling(run):
    """One weight a frame, over time; the classes that are predicted sum to one."""
    model = make(run, "AttentivePooling", WIDTH, 3)

    def right(frames):
        score = linear(np.tanh(linear(frames, weight(model.score[0]))), weight(model.score[2]))[..., 0]
        classes = linear(np.einsum("bt,btd->bd", softmax(score), frames), weight(model.classify))
        return np.stack([classes, softmax(classes)])

    return Run(lambda x: np.stack([call(model)(x), call(model.predict)(x)]), X, right)


def slots(run):
    """Locatello et al.: the slots compete for every input; each takes the weighted mean of what it won."""

    def right(layer, x):
        x = norm(layer.norm_in, x)
        k, v = linear(x, weight(layer.to_k)), linear(x, weight(layer.to_v))
        held = np.repeat(parameter(layer.slots_mu), BATCH, 0)
        for _ in range(layer.iters):
            q = linear(norm(layer.norm_slots, held), weight(layer.to_q))
            won = softmax(np.einsum("bjd,bid->bji", k, q) / np.sqrt(WIDTH)).swapaxes(1, 2) + layer.eps
            taken = np.einsum("bij,bjd->bid", won / won.sum(-1, keepdims=True), v)
            flat = (taken.reshape(-1, WIDTH), held.reshape(-1, WIDTH))
            held = layer.gru(*map(tensor, flat)).detach().numpy().reshape(held.shape)
        return held

    return of_x("SlotAttention", (3, WIDTH), right)(run)


def question(run):
    def right(layer, x):
        return multi_head(x, projections(layer, "wq wk wv")).mean(1)

    return of_x("QuestionEncoder", (WIDTH,), right)(run)


def pair(run):
    def right(layer, x):
        return multi_head(x, projections(layer, "query key value"), HEADS)

    return of_x("BertAttention", (WIDTH, HEADS), right)(run)
