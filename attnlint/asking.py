"""Asks for the analysis of one file, which is loaded in the process that needs it and no earlier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from attnlint.assumptions import NOTHING, Assumptions
from attnlint.diagnostic import Diagnostic
from attnlint.rule import Rule
from attnlint.source import Source


class Analyse(Protocol):
    """Finds what rules say about a file; it is given assumptions where there are any."""

    def __call__(
        self, source: Source, rules: Sequence[Rule], assumptions: Assumptions = ..., /
    ) -> Iterable[Diagnostic]:
        """The findings."""


def analyse(source: Source, rules: Sequence[Rule], assumptions: Assumptions = NOTHING) -> Iterable[Diagnostic]:
    """The findings of one file."""
    from attnlint.analyse import findings

    return ask(findings, source, rules, assumptions)


def ask(analyse: Analyse, source: Source, rules: Sequence[Rule], assumptions: Assumptions) -> Iterable[Diagnostic]:
    """The findings of one file, by any analysis."""
    return analyse(source, rules) if assumptions == NOTHING else analyse(source, rules, assumptions)
