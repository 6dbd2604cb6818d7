"""The fixtures in Keras and TensorFlow, run: the good are attention, and of the bad ones the bug shows in numbers."""

import numpy as np
import pytest

from tests.proof import keras_cases, keras_kit, reference, tensorflow_cases
from tests.proof.fixtures import bad, code, good, repairable, repaired
from tests.proof.laws import agrees, check_bug, faults
from tests.proof.seed import HEADS, X

# One token alone has one weight, of which Keras makes a remark.
pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("ignore:You are using a softmax over axis")]

GOOD = keras_cases.GOOD | tensorflow_cases.GOOD
BAD = keras_cases.BAD | tensorflow_cases.BAD


@pytest.mark.parametrize("causal", [False, True])
def test_the_reference_is_the_attention_of_keras(causal):
    import keras

    layer, x = keras.layers.MultiHeadAttention(HEADS, 4), keras_kit.tensor(X)
    layer(x, x)
    keras_kit.live(layer)
    theirs = np.asarray(layer(x, x, use_causal_mask=causal))
    mask = keras_kit.CAUSAL if causal else None
    assert agrees(theirs, reference.multi_head(X, keras_kit.mha_projections(layer), HEADS, mask=mask))


def test_every_fixture_is_run():
    assert sorted([*GOOD, *BAD]) == sorted([*good("keras", "tensorflow"), *bad("keras", "tensorflow")])


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
