"""Every rule has the same form: documentation that is true, names that are stable, fixtures, no framework."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import attnlint.rules
from attnlint.diagnostic import Severity
from attnlint.engine import lint
from attnlint.rule import Rule, all_rules
from attnlint.source import make_source

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULES = {each.name: each for each in all_rules()}
MODULES = [module.name for module in pkgutil.iter_modules(attnlint.rules.__path__)]
SECTIONS = ("Why is this bad?", "Example", "Use instead", "Known limits", "References")

# A rule speaks of axes and facts: how a library spells an op is known in `frameworks/`, Python's syntax in `lower`.
FOREIGN = re.compile(r"torch|numpy|jax|flax|keras|tensorflow|mlx|tinygrad|einops|libcst", re.IGNORECASE)

LONGEST_FILE, LONGEST_FUNCTION = 150, 50

each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
each_module = pytest.mark.parametrize("module", MODULES)


def path_of(module):
    return Path(importlib.import_module(f"attnlint.rules.{module}").__file__)


def names(text):
    """The names that a text raises, apart by whether they are more than a question."""
    found = lint(make_source(text), all_rules()).diagnostics
    firm = [each.name for each in found if each.severity is not Severity.INFO]
    return firm, [each.name for each in found if each.severity is Severity.INFO]


def test_ten_rules_with_codes_and_names_of_their_own():
    assert {f"ATT{number:03}" for number in range(1, 11)} <= {each.code for each in RULES.values()}
    assert len({each.code for each in all_rules()}) == len(RULES) == len(all_rules())


@each_module
def test_one_file_is_one_rule(module):
    defined = vars(importlib.import_module(f"attnlint.rules.{module}")).values()
    assert [each.name for each in defined if isinstance(each, Rule)] == [module.replace("_", "-")]


@each_rule
def test_code_and_name(rule):
    assert re.fullmatch(r"ATT[0-9]{3}", rule.code)
    assert rule.code != "ATT000"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)


@each_module
def test_documentation_has_all_its_parts_in_order(module):
    docstring = ast.get_docstring(ast.parse(path_of(module).read_text()))
    assert tuple(re.findall(r"^## (.*)$", docstring, re.MULTILINE)) == SECTIONS


@each_rule
def test_no_part_is_empty(rule):
    for part in (rule.summary, rule.why, rule.example, rule.use_instead, rule.known_limits, rule.references):
        assert part.strip()
    assert len(rule.summary) <= 120
    ast.parse(rule.example)
    ast.parse(rule.use_instead)


@each_rule
def test_example_raises_this_rule_and_no_other(rule):
    firm, questions = names(rule.example)
    assert set(firm) <= {rule.name}
    assert rule.name in firm + questions


@each_rule
def test_use_instead_raises_nothing(rule):
    firm, questions = names(rule.use_instead)
    assert firm == []
    assert rule.name not in questions


@each_rule
def test_more_good_fixtures_than_bad_ones(rule):
    bad = [path for path in FIXTURES.glob(f"{rule.name}/bad_*.py") if not path.name.endswith(".fixed.py")]
    good = list(FIXTURES.glob(f"{rule.name}/good_*.py"))
    assert len(good) > len(bad) > 0
    expects = re.compile(rf"# expect:.*\b{rule.name}\b")
    assert [path.name for path in bad if not expects.search(path.read_text())] == []


@each_module
def test_no_rule_mentions_a_framework(module):
    tree = ast.parse(path_of(module).read_text())
    code = ast.unparse(ast.Module(tree.body[1:], type_ignores=[]))  # without the docstring; comments are gone too
    assert not FOREIGN.findall(code)


@each_module
def test_a_rule_is_short(module):
    text = path_of(module).read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name
