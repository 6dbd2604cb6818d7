"""Fixtures: plain attention code whose comments say what must be found, and that nothing else may be.

`# expect: name[, name]` on a line means exactly those findings on that row, and every other row asserts silence.
`# reveal: name [axes…] | fact, fact` on a line means that the trace knows this of that name there; `scaled` is met by
`scaled by 1/sqrt(head_dim)`, since a fact may say more than a fixture asks.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from attnlint.analyse import known
from attnlint.engine import lint
from attnlint.rule import all_rules
from attnlint.source import make_source, read_source

FIXTURES = Path(__file__).parent.parent / "fixtures"
INFERENCE = FIXTURES / "_inference"

EXPECT = re.compile(r"#\s*expect:\s*(?P<names>[a-z, -]+)")
REVEAL = re.compile(r"#\s*reveal:\s*(?P<name>[\w.]+)\s+(?P<shape>\[[^\]]*\]|\?)(?P<facts>(?:\s*\|[^|]+)*)\s*$")

RULE_FIXTURES = [
    path for path in sorted(FIXTURES.glob("*/*.py")) if path.parent != INFERENCE and not path.name.endswith(".fixed.py")
]
REVEALED = sorted(INFERENCE.glob("*.py"))


def fixture_id(path):
    return str(path.relative_to(FIXTURES))


def expectations(source):
    expected = Counter()
    for row in range(1, source.line_count + 1):
        if match := EXPECT.search(source.line(row)):
            expected.update((row, name.strip()) for name in match["names"].split(",") if name.strip())
    return expected


def reveals(source):
    for row in range(1, source.line_count + 1):
        if "# reveal:" in source.line(row):
            match = REVEAL.search(source.line(row))
            assert match, f"line {row}: not of the form `# reveal: name [axes] | fact`"
            facts = [fact.strip() for fact in re.split("[|,]", match["facts"]) if fact.strip()]
            yield row, match["name"], match["shape"], facts


def has_fact(tensor, wanted):
    return any(f"{fact} ".startswith(f"{wanted} ") for fact in tensor.facts)


def test_there_are_fixtures():
    assert len(RULE_FIXTURES) >= 30
    assert REVEALED


@pytest.mark.parametrize("path", RULE_FIXTURES, ids=fixture_id)
def test_findings_are_those_expected(path):
    source = read_source(str(path))
    expected = expectations(source)
    is_bad = path.name.startswith("bad_") or "_wrong_" in path.name
    assert bool(expected) == is_bad, "a bad fixture expects something, a good one nothing"
    assert {name for _, name in expected} <= {rule.name for rule in all_rules()}
    found = {(each.span.row, each.name): each.message for each in lint(source, all_rules()).diagnostics}
    missed, extra = expected.keys() - found, found.keys() - expected
    assert not missed, f"not found: {sorted(missed)}"
    assert not extra, f"not expected: {[(*key, found[key]) for key in sorted(extra)]}"


@pytest.mark.parametrize("path", REVEALED, ids=fixture_id)
def test_the_trace_knows_what_is_revealed(path):
    source = read_source(str(path))
    tensors = known(source)
    wanted = list(reveals(source))
    assert wanted
    for row, name, shape, facts in wanted:
        here = [each for each in tensors if (each.row, each.name) == (row, name)]
        got = [(each.shape, each.facts, each.reason) for each in here]
        right = [each for each in here if each.shape == shape and all(has_fact(each, fact) for fact in facts)]
        assert right, f"line {row}: {name} should be {shape} with {facts}; known is {got or 'nothing'}"


def test_expectations_are_read():
    source = make_source("a  # expect: missing-scale\nb\nc  # expect: missing-scale, mask-after-softmax\n")
    assert sorted(expectations(source)) == [(1, "missing-scale"), (3, "mask-after-softmax"), (3, "missing-scale")]


def test_reveals_are_read():
    source = make_source("s = q  # reveal: s [B heads T T] | scores, scaled by 1/sqrt(d) | x\nu = f()  # reveal: u ?\n")
    assert list(reveals(source)) == [
        (1, "s", "[B heads T T]", ["scores", "scaled by 1/sqrt(d)", "x"]),
        (2, "u", "?", []),
    ]
