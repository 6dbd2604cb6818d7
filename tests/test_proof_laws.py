"""The harness itself: its reference is attention worked out by hand, and each law sees what breaks it."""

import numpy as np
import pytest

from tests.proof import reference
from tests.proof.laws import (
    Run,
    agrees,
    cached_equals_full,
    faults,
    in_steps,
    leaks,
    row_sums,
    rows_sum_to_one,
    weights_of,
)

HEADS = 2
W = np.random.default_rng(2).normal(size=(3, 6, 6))
X = np.random.default_rng(3).normal(size=(2, 4, 6))
CAUSAL = reference.look_back(4)


def full(x):
    return reference.attention(x, x, x, mask=reference.look_back(x.shape[-2]))


def test_one_query_by_hand():
    q, k, v = np.array([[2.0, 0, 0, 0]]), np.array([[1.0, 0, 0, 0], [0, 5, 0, 0]]), np.array([[10.0], [20.0]])
    # The scores are 2/√4 and 0.
    assert reference.attention(q, k, v)[0, 0] == pytest.approx((10 * np.e + 20) / (np.e + 1))
    assert reference.attention(q, k, v, scale=1.0)[0, 0] == pytest.approx((10 * np.e**2 + 20) / (np.e**2 + 1))
    assert reference.attention(q, k, v, mask=np.array([False, True]))[0, 0] == 20


def test_heads_lie_side_by_side():
    x = np.arange(12.0).reshape(1, 2, 6)
    assert reference.split(x, 3).tolist() == [[[[0, 1], [6, 7]], [[2, 3], [8, 9]], [[4, 5], [10, 11]]]]
    assert reference.merge(reference.split(x, 3)).tolist() == x.tolist()


def test_several_heads_are_single_heads_beside_each_other():
    w = np.random.default_rng(4).normal(size=(3, 6, 6))
    single = [reference.attention(*(X @ each[:, part : part + 3] for each in w)) for part in (0, 3)]
    assert agrees(reference.multi_head(X, w, heads=2), np.concatenate(single, axis=-1))


def test_a_window_reads_the_newest():
    assert reference.look_back(3, window=2).astype(int).tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]


def test_a_leak_is_seen():
    assert leaks(lambda x: reference.attention(x, x, x), X)
    assert leaks(lambda x: reference.weights(x, x) * CAUSAL, X)
    assert not leaks(full, X)


def test_a_leak_of_ids_is_seen():
    ids = np.array([[1, 2, 3, 2]])
    assert leaks(lambda ids: ids[:, ::-1] * 1.0, ids, axis=1)
    assert not leaks(lambda ids: np.cumsum(ids, axis=1) * 1.0, ids, axis=1)


def test_rows_that_do_not_sum_to_one_are_seen():
    right, late = reference.weights(X, X, CAUSAL), reference.weights(X, X) * CAUSAL
    assert rows_sum_to_one(right)
    assert not rows_sum_to_one(late)
    assert row_sums(late)[0, -1] == pytest.approx(1.0)
    assert agrees(weights_of(lambda q, k, v: reference.attention(q, k, v, CAUSAL), X, X), right)


def test_what_does_not_agree_is_seen():
    assert agrees(X, X + 1e-9)
    assert not agrees(X, X + 1e-2)
    assert not agrees(X, X[:1])
    assert not agrees(X * np.nan, X * np.nan)


def test_heads_that_mix_are_seen():
    maps = [*W, W[0]]
    other = [*(reference.exchanged(each, HEADS) for each in W), W[0]]

    def mixed(own):
        heads = reference.split(X @ own[2], HEADS)
        return np.tile(heads.mean(-3), HEADS) @ own[3]

    def run(f):
        return Run(lambda x: f(maps), X, lambda x: f(maps), exchanged=lambda x: f(other))

    assert faults(run(lambda own: reference.multi_head(X, own, HEADS))) == set()
    assert faults(run(mixed)) == {"heads"}


def test_with_a_map_of_another_width_nothing_is_right():
    assert faults(Run(lambda x: x, X, lambda x: reference.multi_head(x, [*W, W[0][:3]]))) == {"mismatch"}


def test_a_lost_cache_is_seen():
    kept = []

    def keeps(x):
        kept.append(x)
        past = np.concatenate(kept, axis=1)
        return reference.attention(x, past, past)

    assert cached_equals_full(keeps, full, X)
    assert not cached_equals_full(lambda x: reference.attention(x, x, x), full, X)
    assert in_steps(lambda x: x, X).tolist() == X.tolist()
