"""The laws of attention, each a question to a function that is run: does it leak, do its rows sum to one, …"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

CLOSE = 1e-5


def array(x):
    """A framework's tensor as NumPy has it."""
    x = x.detach() if hasattr(x, "detach") else x
    return np.asarray(x.numpy() if hasattr(x, "numpy") else x)


def agrees(a, b, close=CLOSE):
    """Of one shape, finite, and equal but for rounding."""
    a, b = array(a), array(b)
    return a.shape == b.shape and bool(np.isfinite(a).all()) and np.allclose(a, b, rtol=close, atol=close)


def other_future(x, t, axis):
    """x with everything from token t on replaced: numbers by other numbers, ids (1, 2, …) by other ids."""
    x = np.array(x)
    future = (slice(None),) * (axis % x.ndim) + (slice(t, None),)
    if np.issubdtype(x.dtype, np.integer):
        x[future] = x[future] % x.max() + 1
    else:
        x[future] += np.random.default_rng(t).normal(size=x[future].shape)
    return x


def leaks(f, x, axis=-2, close=CLOSE):
    """Whether what f says of a token depends on a later token. `axis` is that of the tokens, in x and in f(x)."""
    was = array(f(x))
    for t in range(1, x.shape[axis]):
        now = array(f(other_future(x, t, axis)))
        earlier = (slice(None),) * (axis % was.ndim) + (slice(0, t),)
        if not np.allclose(now[earlier], was[earlier], rtol=close, atol=close, equal_nan=True):
            return True
    return False


def weights_of(attend, q, k):
    """The weights that a function of q, k and v gives: of the values of an identity, they are what it returns."""
    return array(attend(q, k, np.broadcast_to(np.eye(k.shape[-2]), (*k.shape[:-1], k.shape[-2]))))


def row_sums(weights):
    """The sums of each query's weights over the keys, which are the last axis."""
    return array(weights).sum(-1)


def rows_sum_to_one(weights, close=CLOSE):
    return bool(np.allclose(row_sums(weights), 1.0, atol=close))


def in_steps(step, x, axis=-2):
    """What a decoder that is given one token at a time says of each."""
    tokens = np.split(x, x.shape[axis], axis=axis)
    return np.concatenate([array(step(token)) for token in tokens], axis=axis)


def cached_equals_full(step, full, x, axis=-2, close=CLOSE):
    return agrees(in_steps(step, x, axis), full(x), close)


@dataclass(frozen=True)
class Run:
    """Attention code at work on x: what it computes, what is right, and which further laws bind it."""

    f: Callable
    x: np.ndarray
    expected: Callable | np.ndarray
    causal: bool = False
    axis: int = -2  # of the tokens, in x and in f(x)
    step: Callable | None = None  # makes a decoder that takes one token at a time, its cache empty
    weights: Callable | None = None  # what each query gives to each key, the keys last
    exchanged: Callable | None = None  # f with its heads in another order, which its output map tells apart
    close: float = CLOSE


def ran(run):
    return array(run.f(run.x))


def faults(run):
    """The laws that a run breaks."""
    right = run.expected(run.x) if callable(run.expected) else run.expected
    broken = set()
    if not agrees(ran(run), right, run.close):
        broken.add("mismatch")
    if run.causal and leaks(run.f, run.x, run.axis, run.close):
        broken.add("leak")
    if run.weights and not rows_sum_to_one(run.weights(run.x), run.close):
        broken.add("rows")
    if run.exchanged and agrees(run.exchanged(run.x), ran(run), run.close):
        broken.add("heads")
    if run.step and not agrees(in_steps(run.step(), run.x, run.axis), right, run.close):
        broken.add("cache")
    return broken


def check_bug(case, shown, module, raised=Exception):
    """A bad fixture shows its bug: it breaks just these laws, or raises an error with this text."""
    if isinstance(shown, str):
        with pytest.raises(raised, match=shown):
            ran(case(module))
    else:
        assert faults(case(module)) == shown
