"""The rules as SARIF describes them, with the documentation that a code scanning service shows beside a finding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attnlint.diagnostic import SYNTAX_ERROR
from attnlint.rule import Rule


def described(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """A reportingDescriptor for each code that a result may have: of the syntax error and of every rule.

    A rule has no level of its own, since it judges each finding by what is certain in it: every result says its level,
    and the rule has SARIF's default, a warning.
    """
    return [_syntax_error(), *map(_rule, rules)]


def _syntax_error() -> dict[str, Any]:
    code, name = SYNTAX_ERROR
    summary = "The file is no Python that can be parsed."
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {"text": f"{summary} Nothing else is found in it before it is."},
        "defaultConfiguration": {"level": "error"},
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": "\n\n".join(text for text in (rule.summary, rule.why) if text)},
        "help": {"text": _text(rule), "markdown": _markdown(rule)},
        **({"helpUri": rule.url} if rule.url else {}),
        "defaultConfiguration": {"level": "warning"},
    }


def _text(rule: Rule) -> str:
    parts = (f"{title}\n{body.rstrip()}" for title, body, _ in rule.sections)
    return "\n\n".join([rule.summary, *parts])


def _markdown(rule: Rule) -> str:
    parts = (
        f"## {title}\n\n" + (f"```python\n{body.rstrip()}\n```" if is_code else body.rstrip())
        for title, body, is_code in rule.sections
    )
    return "\n\n".join([f"# {rule.name} ({rule.code})", rule.summary, *parts])
