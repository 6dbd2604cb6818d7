"""Attention modules drawn at random, right and with one known mistake: check finds it and nothing else, and the numbers
show that there is one; where there is a fix, it brings the numbers back.

A failure prints its seed and the source. `ATTNLINT_SEED=17 pytest tests/test_drawn.py` draws that seed alone, and
`ATTNLINT_DRAWS=5000` as many as it says, in either test (`-m frameworks` for those that need the frameworks).
"""

import os
import warnings

import numpy as np
import pytest

from attnlint.analyse import findings
from attnlint.rule import all_rules
from attnlint.source import make_source
from tests.drawn.draw import draw, module_of
from tests.drawn.known import known_miss
from tests.drawn.repair import repaired
from tests.drawn.runs import APART, EQUAL
from tests.proof.laws import faults

BATCH = 25


def seeds(draws):
    """The seeds to draw, all of them or the one that the developer asks for."""
    only = os.environ.get("ATTNLINT_SEED")
    return [int(only)] if only else range(int(os.environ.get("ATTNLINT_DRAWS", draws)))


def batches(draws):
    """The seeds in parts of a size that pytest-xdist may hand out; each part has some of every framework."""
    every = list(seeds(draws))
    return [every[start : start + BATCH] for start in range(0, len(every), BATCH)]


def grave(source):
    """The errors and warnings of all rules, by name and row."""
    return [(each.name, each.span.row) for each in findings(make_source(source), all_rules()) if each.severity.rank]


def broken(drawn, source, sizes):
    """The laws that a source breaks when it is run; that it cannot be run is one of them."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return faults(drawn.run(module_of(source), sizes))
        except Exception as error:
            return {f"raises {type(error).__name__}: {error}"}


def check_right(drawn):
    told = f"seed {drawn.seed}, right:\n{drawn.right}"
    assert grave(drawn.right) == [], told
    assert broken(drawn, drawn.right, APART) == set(), told


def check_wrong(drawn):
    told = f"seed {drawn.seed}, {drawn.mistake}:\n{drawn.wrong}"
    names = {name for name, _ in grave(drawn.wrong)}
    wanted = {drawn.mistake}
    # What is known not to be found must not be taken for something else either.
    assert names == wanted or (known_miss(drawn.form) and names <= wanted), f"{names or 'nothing'} found in {told}"
    assert broken(drawn, drawn.wrong, EQUAL), f"runs as if right: {told}"


def check_repair(drawn):
    source = repaired(drawn.wrong, drawn.mistake)
    if source is None:
        return
    told = f"seed {drawn.seed}, {drawn.mistake}, repaired:\n{source}\nof\n{drawn.wrong}"
    assert grave(source) == [], told
    assert broken(drawn, source, APART) == set(), told


def check(drawn):
    check_right(drawn)
    check_wrong(drawn)
    check_repair(drawn)


@pytest.mark.parametrize("seed", seeds(60))
def test_a_drawn_module_in_numpy(seed):
    check(draw(seed, "numpy"))


@pytest.mark.frameworks
@pytest.mark.parametrize("batch", batches(500), ids=lambda batch: f"{batch[0]}-{batch[-1]}")
def test_drawn_modules_in_every_framework(batch):
    for seed in batch:
        check(draw(seed))


@pytest.mark.frameworks
def test_nearly_every_mistake_has_a_fix():
    drawn = [draw(seed) for seed in seeds(500)]
    found = [each for each in drawn if not known_miss(each.form)]
    without = [f"{each.mistake} in seed {each.seed}" for each in found if repaired(each.wrong, each.mistake) is None]
    assert len(without) <= 0.05 * len(found), without


def test_every_mistake_is_drawn():
    assert len({draw(seed, "numpy").mistake for seed in range(60)}) == 10


def test_right_and_wrong_differ():
    assert all(drawn.right != drawn.wrong for drawn in (draw(seed) for seed in range(60)))
