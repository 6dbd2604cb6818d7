"""The fixtures in JAX and Flax, run: the good ones are attention, and of the bad ones the bug shows in numbers."""

import numpy as np
import pytest

from tests.proof import flax_cases, jax_cases, reference
from tests.proof.fixtures import bad, code, good, repairable, repaired
from tests.proof.laws import agrees, check_bug, faults
from tests.proof.seed import HEADS, TOKENS, X

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("ignore:SelfAttention will be deprecated")]

GOOD = jax_cases.GOOD | flax_cases.GOOD
BAD = jax_cases.BAD | flax_cases.BAD
Q, K, V = np.random.default_rng(6).normal(size=(3, 2, HEADS, TOKENS, 4)).astype("float32")


def tokens_first(*arrays):
    return [np.swapaxes(each, 1, 2) for each in arrays]


@pytest.mark.parametrize("causal", [False, True])
def test_the_reference_is_the_attention_of_jax(causal):
    import jax

    theirs = jax.nn.dot_product_attention(*tokens_first(Q, K, V), is_causal=causal)
    mask = jax_cases.CAUSAL if causal else None
    assert agrees(np.swapaxes(theirs, 1, 2), reference.attention(Q, K, V, mask))


def test_the_reference_is_the_attention_of_flax():
    import flax.linen as nn
    import jax

    layer = nn.MultiHeadDotProductAttention(num_heads=HEADS)
    x, mask = jax_cases.jax_array(X), nn.make_causal_mask(np.ones((2, TOKENS)))
    params = flax_cases.live(layer.init(jax.random.key(0), x))
    theirs = layer.apply({"params": params}, x, mask=mask)
    right = reference.multi_head(X, flax_cases.projections(params), HEADS, mask=jax_cases.CAUSAL)
    assert agrees(theirs, right)


def test_every_fixture_is_run():
    assert sorted([*GOOD, *BAD]) == sorted([*good("jax", "flax"), *bad("jax", "flax")])


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
