"""What a rule is: a short question about a trace, and the docstring that explains its answer."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from attnlint.diagnostic import Fix, Severity

if TYPE_CHECKING:
    from attnlint.trace import Site, Trace

ALL = "ALL"

_LINK = re.compile(r"https?://[^\s<>)\]]+")
_FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about one place of a trace; the engine turns it into a diagnostic."""

    site: Site
    message: str
    severity: Severity
    related: tuple[tuple[Site, str], ...] = ()
    help: str = ""
    fix: Fix | None = None
    alternatives: tuple[Fix, ...] = ()


Check = Callable[["Trace"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A question about a trace, with its two names and its documentation, which is its module's docstring."""

    code: str
    name: str
    check: Check
    summary: str = ""
    why: str = ""
    example: str = ""
    use_instead: str = ""
    known_limits: str = ""
    references: str = ""

    @property
    def url(self) -> str | None:
        """Where to read on: the first link of the rule's references."""
        found = _LINK.search(self.references)
        return found.group() if found else None

    @property
    def sections(self) -> tuple[tuple[str, str, bool], ...]:
        """The parts of the documentation that are not empty, as (title, text, whether it is code)."""
        parts = (
            ("Why is this bad?", self.why, False),
            ("Example", self.example, True),
            ("Use instead", self.use_instead, True),
            ("Known limits", self.known_limits, False),
            ("References", self.references, False),
        )
        return tuple(part for part in parts if part[1])

    def __reduce__(self) -> tuple[Callable[[str], Rule], tuple[str]]:
        """Travel between processes by code, since the decorated function cannot be pickled."""
        return find, (self.code,)


class UnknownRule(ValueError):
    """A name that is no rule's; its text names the nearest one."""


def rule(code: str, name: str) -> Callable[[Check], Rule]:
    """Make a rule of a function; the docstring of the module it stands in becomes the rule's documentation."""

    def decorate(check: Check) -> Rule:
        summary, sections = _sections(sys.modules[check.__module__].__doc__ or "")
        return Rule(
            code,
            name,
            check,
            summary=summary,
            why=sections.get("why is this bad?", ""),
            example=_code(sections.get("example", "")),
            use_instead=_code(sections.get("use instead", "")),
            known_limits=sections.get("known limits", ""),
            references=sections.get("references", ""),
        )

    return decorate


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the package `attnlint.rules`, found by walking it, in the order of their codes."""
    package = importlib.import_module("attnlint.rules")
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    modules = [importlib.import_module(f"attnlint.rules.{name}") for name in names]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Rule)]
    return tuple(sorted(found, key=lambda each: each.code))


def find(selector: str, rules: Iterable[Rule] | None = None) -> Rule:
    """The one rule with this name or code; raises `UnknownRule`."""
    rules = all_rules() if rules is None else tuple(rules)
    for each in rules:
        if selector.lower() in (each.name, each.code.lower()):
            return each
    raise UnknownRule(_unknown(selector, rules))


def select(rules: Sequence[Rule], selected: Sequence[str] = (), ignored: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules that run: all, or those selected, less those ignored.

    A selector is a rule's name, its code, the beginning of a code (`ATT0`) or `ALL`; the more specific one wins, so
    `--select ATT008 --ignore ATT0` runs ATT008. Raises `UnknownRule` for a selector that means no rule.
    """
    for selector in (*selected, *ignored):
        if rules and all(_specificity(selector, each) == 0 for each in rules):
            raise UnknownRule(_unknown(selector, rules))

    def runs(each: Rule) -> bool:
        wanted = max((_specificity(selector, each) for selector in selected or (ALL,)), default=0)
        unwanted = max((_specificity(selector, each) for selector in ignored), default=0)
        return wanted > unwanted

    return tuple(each for each in rules if runs(each))


def _specificity(selector: str, each: Rule) -> int:
    """How narrowly a selector means a rule: 0 is not at all."""
    if selector.lower() == each.name or selector.upper() == each.code:
        return 100
    if selector.upper() == ALL:
        return 1
    is_prefix = re.fullmatch(r"[A-Z]+[0-9]*", selector.upper()) and each.code.startswith(selector.upper())
    return 1 + len(selector) if is_prefix else 0


def _unknown(selector: str, rules: Iterable[Rule]) -> str:
    return f"unknown rule {selector!r}{near_miss(selector, rules) or '; `attnlint rules` lists them'}"


def spellings(rules: Iterable[Rule]) -> set[str]:
    """All that rules may be called by, in lower case: their names and their codes."""
    return {spelling.lower() for each in rules for spelling in (each.name, each.code)}


def near_miss(selector: str, rules: Iterable[Rule]) -> str:
    """What is said of a name that is no rule's but nearly: `; did you mean 'missing-scale'?`, or nothing."""
    return did_you_mean(selector, [spelling for each in rules for spelling in (each.name, each.code)])


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """What is said of a word that is nearly one of some: `; did you mean 'select'?`, or nothing."""
    lowered = {each.lower(): each for each in words}
    near = difflib.get_close_matches(word.lower(), lowered, n=1)
    return f"; did you mean {lowered[near[0]]!r}?" if near else ""


def _sections(docstring: str) -> tuple[str, dict[str, str]]:
    """The summary and the `## Title` sections of a docstring, by lower-case title."""
    head, *rest = re.split(r"^## +", textwrap.dedent(docstring), flags=re.MULTILINE)
    sections: dict[str, str] = {}
    for part in rest:
        title, _, body = part.partition("\n")
        sections[title.strip().lower()] = body.strip()
    return " ".join(head.split()), sections


def _code(section: str) -> str:
    found = _FENCE.search(section + "\n")
    return found.group(1) if found else ""
