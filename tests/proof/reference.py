"""Attention as the paper writes it, in float64 NumPy and in no framework's words: what the others must agree with."""

import numpy as np

HIDDEN = -np.inf


def softmax(x, axis=-1):
    x = np.asarray(x, np.float64)
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def look_back(n, window=None):
    """Which of n keys each of n queries may read: itself and the earlier ones, or only the newest `window` of them."""
    behind = np.arange(n)[:, None] - np.arange(n)[None, :]
    return (behind >= 0) & (behind < (window or n))


def weights(q, k, mask=None, scale=None, bias=0.0):
    """softmax(q·k scaled) over the keys. `mask` is True where a key may be read; `scale` is 1/√d where not given."""
    q, k = np.asarray(q, np.float64), np.asarray(k, np.float64)
    scores = np.einsum("...qd,...kd->...qk", q, k) * (q.shape[-1] ** -0.5 if scale is None else scale) + bias
    return softmax(scores if mask is None else np.where(mask, scores, HIDDEN))


def attention(q, k, v, mask=None, scale=None, bias=0.0):
    """q, k, v: (..., tokens, features)."""
    return np.einsum("...qk,...kd->...qd", weights(q, k, mask, scale, bias), np.asarray(v, np.float64))


def linear(x, weight):
    """`weight` is a matrix of (in, out), or a pair of it and a bias; None leaves x as it is. Of a matrix that is made
    for another width, as a mistake has it, nothing can be right: NaN agrees with nothing."""
    if weight is None:
        return np.asarray(x, np.float64)
    matrix, bias = weight if isinstance(weight, tuple) else (weight, 0.0)
    if len(matrix) != x.shape[-1]:
        return np.full((*x.shape[:-1], matrix.shape[-1]), np.nan)
    return np.asarray(x, np.float64) @ np.asarray(matrix, np.float64) + np.asarray(bias, np.float64)


def split(x, heads):
    """(..., n, heads · d) -> (..., heads, n, d): the features of a head lie side by side."""
    return np.moveaxis(x.reshape(*x.shape[:-1], heads, -1), -2, -3)


def merge(x):
    """(..., heads, n, d) -> (..., n, heads · d), the inverse of `split`."""
    x = np.moveaxis(x, -3, -2)
    return x.reshape(*x.shape[:-2], -1)


def exchanged(weight, heads, fused=1):
    """An array whose last axis is that of `fused` projections to heads side by side, with the heads turned around."""
    parts = weight.reshape(*weight.shape[:-1], fused, heads, -1)
    return parts[..., ::-1, :].reshape(weight.shape)


def exchanged_dense(kernel, bias, heads, fused=1):
    """The kernel (in, …) and the bias (…) of a projection to heads, which may have an axis of their own, turned around;
    without a bias, the kernel alone."""
    flat = [
        np.reshape(each, (*np.shape(each)[:inner], -1)) for each, inner in ((kernel, 1), (bias, 0)) if each is not None
    ]
    shapes = (np.shape(kernel), np.shape(bias))
    return [exchanged(each, heads, fused).reshape(shape) for each, shape in zip(flat, shapes, strict=False)]


def multi_head(x, projections, heads=1, *, memory=None, mask=None, kv_heads=None, scale=None, bias=0.0, turn=None):
    """Multi-head attention of x (..., n, d) to `memory`, or to itself. `projections`: those of q, k, v and, or not, of
    the output. `mask` reaches (..., heads, n, n) by broadcasting; of a batch it needs the axis of the heads. `turn` is
    what becomes of the queries and of the keys of each head before they meet."""
    w_q, w_k, w_v, w_o = (*projections, None)[:4]
    memory = x if memory is None else memory
    kv_heads = kv_heads or heads
    q, k, v = split(linear(x, w_q), heads), split(linear(memory, w_k), kv_heads), split(linear(memory, w_v), kv_heads)
    q, k = (turn(q), turn(k)) if turn else (q, k)
    k, v = (np.repeat(t, heads // kv_heads, axis=-3) for t in (k, v))
    return linear(merge(attention(q, k, v, mask, scale, bias)), w_o)


def rotary(x, base=10000.0):
    """Su et al.: each feature of the first half and its fellow of the second turned by the angle of their place."""
    half = x.shape[-1] // 2
    angles = np.arange(x.shape[-2])[:, None] / base ** (np.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], axis=-1)


def rms_norm(x, weight=1.0, epsilon=1e-5):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon) * weight


def layer_norm(x, weight=1.0, bias=0.0, epsilon=1e-5):
    x = np.asarray(x, np.float64)
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon) * weight + bias
