"""The fixtures in MLX, run: the good ones are attention, and of the bad ones the bug shows in numbers."""

import numpy as np
import pytest

from tests.proof import reference
from tests.proof.fixtures import bad, code, good, repairable, repaired
from tests.proof.laws import agrees, check_bug, faults
from tests.proof.layers import CAUSAL
from tests.proof.mlx_cases import BAD, GOOD, NOT_RUN, live, mha_projections, tensor
from tests.proof.seed import HEADS, TOKENS, WIDTH, X, additive

pytestmark = pytest.mark.frameworks
Q, K, V = np.random.default_rng(6).normal(size=(3, 2, HEADS, TOKENS, 4))


@pytest.mark.parametrize("mask", [None, CAUSAL, np.arange(TOKENS) < 3], ids=["all", "causal", "padded"])
def test_the_reference_is_the_attention_of_mlx(mask):
    import mlx.core as mx

    theirs = mx.fast.scaled_dot_product_attention(
        *map(tensor, (Q, K, V)), scale=0.5, mask=None if mask is None else tensor(mask)
    )
    assert agrees(theirs, reference.attention(Q, K, V, mask))


def test_the_reference_is_the_multi_head_attention_of_mlx():
    import mlx.nn as nn

    mha = live(nn.MultiHeadAttention(WIDTH, HEADS, bias=True))
    theirs = mha(*[tensor(X)] * 3, tensor(additive(TOKENS)))
    assert agrees(theirs, reference.multi_head(X, mha_projections(mha), HEADS, mask=CAUSAL))


def test_the_reference_turns_as_mlx_does():
    import mlx.nn as nn

    assert agrees(nn.RoPE(4)(tensor(Q)), reference.rotary(Q))
    assert agrees(nn.RMSNorm(4)(tensor(Q)), reference.rms_norm(Q))


def test_every_fixture_is_run():
    assert sorted([*GOOD, *BAD, *NOT_RUN]) == sorted([*good("mlx"), *bad("mlx")])


@pytest.mark.parametrize("path", GOOD)
def test_a_good_fixture_is_attention(path):
    assert faults(GOOD[path](code(path))) == set()


@pytest.mark.parametrize("path", BAD)
def test_the_bug_of_a_bad_fixture_shows(path):
    check_bug(*BAD[path], code(path))


@pytest.mark.parametrize("path", repairable(BAD))
def test_a_repaired_fixture_is_attention(path):
    case, _ = BAD[path]
    assert faults(case(repaired(path))) == set()
