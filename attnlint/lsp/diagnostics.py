"""Findings as an editor shows them."""

from __future__ import annotations

from collections.abc import Callable

from lsprotocol import types

from attnlint.diagnostic import SYNTAX_ERROR, UNUSED_IGNORE, Diagnostic, Note, Related, Severity, Span
from attnlint.rule import all_rules
from attnlint.source import Source

SOURCE = "attnlint"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}

# The location of a span in a file, the one that is shown where the path is empty.
Locate = Callable[[str, Span], types.Location]


def diagnostic(each: Diagnostic, locate: Locate) -> types.Diagnostic:
    """A finding with its evidence, its rule's documentation, and what to do about it."""
    url = next((rule.url for rule in all_rules() if rule.code == each.code), None)
    return types.Diagnostic(
        range=locate("", each.span).range,
        message=f"{each.message}\n{each.help}" if each.help else each.message,
        severity=_SEVERITIES[each.severity],
        code=each.code,
        code_description=types.CodeDescription(url) if url else None,
        source=SOURCE,
        related_information=[_related(one, locate) for one in each.related],
        data={"name": each.name},
        tags=[types.DiagnosticTag.Unnecessary] if each.code == UNUSED_IGNORE[0] else None,
    )


def _related(related: Related, locate: Locate) -> types.DiagnosticRelatedInformation:
    return types.DiagnosticRelatedInformation(locate(related.path, related.span), related.text)


def is_about_rules(each: Diagnostic) -> bool:
    """Whether a finding is a rule's, which can be ignored and explained."""
    return each.code != SYNTAX_ERROR[0]


def note(odd: Note, source: Source, locate: Locate) -> types.Diagnostic:
    """What is odd about a comment of attnlint's own, which silences nothing."""
    line = source.line(odd.row)
    start = line.find("#", max(line.lower().find("attnlint") - 8, 0)) + 1
    return types.Diagnostic(
        range=locate("", Span(odd.row, max(start, 1), odd.row, len(line) + 1)).range,
        message=odd.text,
        severity=types.DiagnosticSeverity.Information,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary],
    )
