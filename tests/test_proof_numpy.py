"""The fixtures in NumPy, run: the good ones are attention, and of the bad ones the bug shows in numbers."""

import pytest

from tests.proof.fixtures import bad, code, good, repairable, repaired
from tests.proof.laws import check_bug, faults
from tests.proof.numpy_cases import BAD, GOOD


def test_every_fixture_is_run():
    assert sorted([*GOOD, *BAD]) == sorted([*good("numpy"), *bad("numpy")])


@pytest.mark.parametrize("path", GOOD)
def test_a_good_fixture_is_attention(path):
    assert faults(GOOD[path](code(path))) == set()


@pytest.mark.parametrize("path", BAD)
def test_the_bug_of_a_bad_fixture_shows(path):
    check_bug(*BAD[path], code(path), ValueError)


@pytest.mark.parametrize("path", repairable(BAD))
def test_a_repaired_fixture_is_attention(path):
    case, _ = BAD[path]
    assert faults(case(repaired(path))) == set()
