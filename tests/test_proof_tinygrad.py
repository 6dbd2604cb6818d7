"""The fixtures in tinygrad, run: the good ones are attention, and of the bad ones the bug shows in numbers."""

import numpy as np
import pytest

from tests.proof import reference
from tests.proof.fixtures import bad, code, good, repairable, repaired
from tests.proof.laws import agrees, check_bug, faults
from tests.proof.layers import CAUSAL
from tests.proof.seed import HEADS, TOKENS
from tests.proof.tinygrad_cases import BAD, GOOD, NOT_RUN, tensor

pytestmark = pytest.mark.frameworks
Q, K, V = np.random.default_rng(6).normal(size=(3, 2, HEADS, TOKENS, 4))


@pytest.mark.parametrize("mask", [None, CAUSAL, np.arange(TOKENS) < 3], ids=["all", "causal", "padded"])
def test_the_reference_is_the_attention_of_tinygrad(mask):
    q, k, v = map(tensor, (Q, K, V))
    theirs = q.scaled_dot_product_attention(k, v, None if mask is None else tensor(mask[None, None]))
    assert agrees(theirs, reference.attention(Q, K, V, mask))


def test_every_fixture_is_run():
    assert sorted([*GOOD, *BAD, *NOT_RUN]) == sorted([*good("tinygrad"), *bad("tinygrad")])


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
