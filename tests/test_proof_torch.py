"""The fixtures in PyTorch, run: the good ones are attention, and of the bad ones the bug shows in numbers."""

import numpy as np
import pytest

from tests.proof import reference
from tests.proof.fixtures import bad, code, good, repairable, repaired
from tests.proof.laws import agrees, check_bug, faults
from tests.proof.layers import CAUSAL
from tests.proof.seed import HEADS, TOKENS, WIDTH, X
from tests.proof.torch_cases import BAD, GOOD, NOT_RUN
from tests.proof.torch_kit import live, mha_projections, tensor

pytestmark = pytest.mark.frameworks
Q, K, V = np.random.default_rng(6).normal(size=(3, 2, HEADS, TOKENS, 4))


@pytest.mark.parametrize("mask", [None, CAUSAL, np.arange(TOKENS) < 3], ids=["all", "causal", "padded"])
def test_the_reference_is_the_attention_of_pytorch(mask):
    from torch.nn.functional import scaled_dot_product_attention

    theirs = scaled_dot_product_attention(*map(tensor, (Q, K, V)), None if mask is None else tensor(mask[None, None]))
    assert agrees(theirs, reference.attention(Q, K, V, mask))


def test_the_reference_is_the_causal_attention_of_pytorch():
    from torch.nn.functional import scaled_dot_product_attention

    theirs = scaled_dot_product_attention(*map(tensor, (Q, K, V)), is_causal=True, scale=0.7)
    assert agrees(theirs, reference.attention(Q, K, V, CAUSAL, scale=0.7))


def test_the_reference_is_the_multi_head_attention_of_pytorch():
    import torch

    mha = live(torch.nn.MultiheadAttention(WIDTH, HEADS, batch_first=True))
    x = tensor(X)
    theirs = mha(x, x, x, attn_mask=tensor(~CAUSAL), need_weights=False)[0]
    assert agrees(theirs, reference.multi_head(X, mha_projections(mha), HEADS, mask=CAUSAL))


def test_every_fixture_is_run():
    assert sorted([*GOOD, *BAD, *NOT_RUN]) == sorted([*good("torch"), *bad("torch")])


@pytest.mark.parametrize("path", GOOD)
def test_a_good_fixture_is_attention(path):
    assert faults(GOOD[path](code(path))) == set()


@pytest.mark.filterwarnings("ignore:Implicit dimension choice for softmax")
@pytest.mark.parametrize("path", BAD)
def test_the_bug_of_a_bad_fixture_shows(path):
    check_bug(*BAD[path], code(path))


# A fragment that names no library is repaired in the words of NumPy.
@pytest.mark.parametrize("path", repairable(BAD, but={"seed/10_wrong_torch.py"}))
def test_a_repaired_fixture_is_attention(path):
    case, _ = BAD[path]
    assert faults(case(repaired(path))) == set()
