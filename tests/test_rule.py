"""Rules: documentation from the docstring, names and codes, and which of them run."""

import pickle
import sys
import types

import pytest

from attnlint.rule import Rule, UnknownRule, all_rules, find, rule, select

DOCSTRING = """A softmax that runs over the wrong axis
and says so in two lines.

## Why is this bad?
Because it is.

    even indented

## Example
```python
w = softmax(s, 0)  # ## not a heading
```

## Use instead
```python
w = softmax(s, -1)
```

## Known limits
None.

## References
- Vaswani et al., <https://example.org/attention>, section 3.2.
"""


def no_check(trace):
    yield from ()


RULES = (
    Rule("ATT001", "missing-causal-mask", no_check),
    Rule("ATT002", "missing-scale", no_check),
    Rule("ATT102", "inverted-mask", no_check),
)


def codes(*selection):
    return [each.code for each in select(RULES, *selection)]


def test_documentation_comes_from_the_docstring(monkeypatch):
    module = types.ModuleType("a_rule", DOCSTRING)
    monkeypatch.setitem(sys.modules, "a_rule", module)
    exec("def check(trace):\n    yield from ()\n", module.__dict__)
    made = rule("ATT999", "a-rule")(module.check)
    assert (made.code, made.name, made.check) == ("ATT999", "a-rule", module.check)
    assert made.summary == "A softmax that runs over the wrong axis and says so in two lines."
    assert made.why == "Because it is.\n\n    even indented"
    assert made.example == "w = softmax(s, 0)  # ## not a heading\n"
    assert made.use_instead == "w = softmax(s, -1)\n"
    assert made.known_limits == "None."
    assert made.url == "https://example.org/attention"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ((), ["ATT001", "ATT002", "ATT102"]),
        ((["ALL"],), ["ATT001", "ATT002", "ATT102"]),
        ((["missing-scale"],), ["ATT002"]),
        ((["att002", "Inverted-Mask"],), ["ATT002", "ATT102"]),
        ((["ATT0"],), ["ATT001", "ATT002"]),
        (([], ["ATT0"]), ["ATT102"]),
        (([], ["ALL"]), []),
        ((["ATT002"], ["ATT0"]), ["ATT002"]),
        ((["ATT0"], ["missing-scale"]), ["ATT001"]),
        ((["ATT002"], ["ATT002"]), []),
        ((["ATT0", "ATT102"], ["ATT00"]), ["ATT102"]),
    ],
)
def test_selection(selection, expected):
    assert codes(*selection) == expected


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("missing-scal", "unknown rule 'missing-scal'; did you mean 'missing-scale'?"),
        ("ATT012", "unknown rule 'ATT012'; did you mean 'ATT102'?"),
        ("zzz", "unknown rule 'zzz'; `attnlint rules` lists them"),
        ("missing", "unknown rule 'missing'; "),
        ("B0", "unknown rule 'B0'; "),
    ],
)
def test_unknown_selector_names_the_near_miss(selector, message):
    for arguments in (([selector],), ([], [selector])):
        with pytest.raises(UnknownRule) as caught:
            select(RULES, *arguments)
        assert str(caught.value).startswith(message)


def test_find():
    assert find("att102", RULES).name == "inverted-mask"
    assert find("inverted-mask", RULES).code == "ATT102"
    with pytest.raises(UnknownRule, match="did you mean 'inverted-mask'"):
        find("inverted-masks", RULES)


def test_rules_travel_between_processes():
    for each in all_rules():
        assert pickle.loads(pickle.dumps(each)) is each
