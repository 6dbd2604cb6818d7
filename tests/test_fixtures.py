"""Fixtures: plain attention code whose comments say what must be found, and that nothing else may be.

`# expect: name[, name]` on a line means exactly those findings on that row, and every other row asserts silence.
`# reveal: name [axes…] | fact | fact` on a line means that the trace knows this of that name there.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from attnlint.analyse import findings, known
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
            yield row, match["name"], match["shape"], [fact.strip() for fact in match["facts"].split("|")[1:]]


def test_there_are_fixtures():
    assert len(RULE_FIXTURES) >= 30
    assert REVEALED


@pytest.mark.parametrize("path", RULE_FIXTURES, ids=fixture_id)
def test_findings_are_those_expected(path):
    source = read_source(str(path))
    expected = expectations(source)
    assert bool(expected) == path.name.startswith("bad_"), "a bad fixture expects something, a good one nothing"
    assert {name for _, name in expected} <= {rule.name for rule in all_rules()}
    found = {(each.span.row, each.name): each.message for each in findings(source, all_rules())}
    missed, extra = expected.keys() - found, found.keys() - expected
    assert not missed, f"not found: {sorted(missed)}"
    assert not extra, f"not expected: {[(*key, found[key]) for key in sorted(extra)]}"


@pytest.mark.parametrize("path", REVEALED, ids=fixture_id)
def test_the_trace_knows_what_is_revealed(path):
    source = read_source(str(path))
    tensors = {(each.row, each.name): each for each in known(source)}
    wanted = list(reveals(source))
    assert wanted
    for row, name, shape, facts in wanted:
        got = tensors.get((row, name))
        assert got, f"line {row}: nothing is known of {name}; there is {sorted(n for r, n in tensors if r == row)}"
        assert got.shape == shape, f"line {row}: {name} is {got.shape}, not {shape} ({got.reason})"
        assert set(facts) <= set(got.facts), f"line {row}: {name} has {got.facts}, not all of {facts}"


def test_expectations_are_read():
    source = make_source("a  # expect: missing-scale\nb\nc  # expect: missing-scale, mask-after-softmax\n")
    assert sorted(expectations(source)) == [(1, "missing-scale"), (3, "mask-after-softmax"), (3, "missing-scale")]


def test_reveals_are_read():
    source = make_source("s = q  # reveal: s [B heads T T] | scores | scaled by 1/sqrt(d)\nu = f()  # reveal: u ?\n")
    assert list(reveals(source)) == [
        (1, "s", "[B heads T T]", ["scores", "scaled by 1/sqrt(d)"]),
        (2, "u", "?", []),
    ]
