"""Every mistake of the fixtures and what the fixer makes of it: gone, with nothing new in its place."""

import ast
import difflib

import pytest

from attnlint.diagnostic import Applicability, Severity
from attnlint.rule import all_rules
from attnlint.source import make_source, read_source
from tests.repaired import LINT, SHOWN, UNKNOWN, bad, fixed, fixed_path, fixed_text, shown
from tests.test_fixtures import expectations, fixture_id


def serious(source):
    """The findings that are more than a question, or that a run repairs."""
    found = LINT(source).diagnostics
    return [each for each in found if each.severity is not Severity.INFO or (each.fix and each.fix.is_allowed(True))]


def questions(path):
    return not serious(read_source(str(path)))


@pytest.mark.parametrize("path", bad(), ids=fixture_id)
def test_a_bad_fixture_is_fixed_as_the_one_beside_it(path):
    is_left = fixture_id(path) in SHOWN | UNKNOWN or questions(path)
    assert is_left != fixed_path(path).exists()
    if not is_left:
        assert fixed(path) == fixed_path(path).read_bytes().decode()


@pytest.mark.parametrize("path", [path for path in bad() if fixed_path(path).exists()], ids=fixture_id)
def test_a_fixed_fixture_has_no_mistake(path):
    source = read_source(str(fixed_path(path)))
    assert serious(source) == []
    ast.parse(source.text)


@pytest.mark.parametrize("path", [path for path in bad() if fixed_path(path).exists()], ids=fixture_id)
def test_a_fix_leaves_the_rest_of_the_file_as_it_is(path):
    before, after = (each.read_text().splitlines() for each in (path, fixed_path(path)))
    changed = sum(line[:1] in "+-" for line in difflib.ndiff(before, after))
    rows = {each.span.row for each in serious(read_source(str(path)))}
    # A fix touches its own lines: a few for each mistake, and never the whole file.
    assert 0 < changed <= 10 * max(1, len(rows))


@pytest.mark.parametrize("path", [p for p in bad() if questions(p) or fixture_id(p) in SHOWN], ids=fixture_id)
def test_what_is_only_shown_would_repair_it_too(path):
    fixes = [each.fix for each in LINT(read_source(str(path))).diagnostics]
    assert all(fix is not None and fix.applicability is Applicability.DISPLAY for fix in fixes)
    assert fixed(path) is None
    assert LINT(make_source(shown(path), str(path))).diagnostics == ()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_the_example_of_a_rule_is_repaired(rule):
    assert {each.name for each in serious(make_source(rule.example))} == {rule.name}
    repaired = fixed_text(rule.example)
    assert serious(make_source(repaired)) == []
    assert repaired != rule.example


def test_nine_of_ten_findings_carry_a_fix():
    found = [each for path in bad() for each in serious(read_source(str(path)))]
    can_be_applied = [each for each in found if each.fix and each.fix.applicability is not Applicability.DISPLAY]
    assert len(found) > 150
    assert len(can_be_applied) >= 0.9 * len(found)
    assert {each.code for each in can_be_applied} == {each.code for each in found}


def test_expected_lines_are_those_that_are_found():
    for path in bad():
        source = read_source(str(path))
        assert {row for row, _ in expectations(source)} == {each.span.row for each in LINT(source).diagnostics}
