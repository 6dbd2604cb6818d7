"""What the traces of a document know of the tensors at each place of its text."""

from __future__ import annotations

import re

from attnlint.attention.describe import Seen, seen
from attnlint.diagnostic import Span
from attnlint.lsp.analysis import Analysis
from attnlint.lsp.layout import layout
from attnlint.source import Source

UNKNOWN = "[?]"
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def tensors(analysis: Analysis) -> list[Seen]:
    """The tensors of a document, each place once: where several traces pass it, the one that knows most.

    None of a text that has changed since.
    """
    if not analysis.is_present:
        return []
    path = analysis.snapshot.source.path
    best: dict[tuple[str, Span], Seen] = {}
    for trace in analysis.traces:
        for each in seen(trace):
            if each.site.path in {"", path}:
                known = best.get((each.name, each.span))
                if known is None or (known.reason and not each.reason) or len(each.facts) > len(known.facts):
                    best[each.name, each.span] = each
    return sorted(best.values(), key=lambda one: one.span)


def tensor_at(known: list[Seen], source: Source, row: int, column: int) -> tuple[str, Seen] | None:
    """The tensor at a place, and how its author calls it: the name there, or the innermost expression around it."""
    line = source.line(row)
    word = next((each for each in _IDENTIFIER.finditer(line) if each.start() < column <= each.end() + 1), None)
    if word is not None and not line[: word.start()].rstrip().endswith("."):
        found = _named(known, source, word.group(), row, word.start() + 1)
        if found is not None:
            return word.group(), found
        if not line[word.end() :].lstrip().startswith(("(", ".", "[")):
            return None
    around = [each for each in known if not each.name and _holds(each.span, row, column)]
    if not around:
        return None
    innermost = max(around, key=lambda one: (one.span.row, one.span.column, -one.span.end_row, -one.span.end_column))
    return _text(source, innermost.span), innermost


def _named(known: list[Seen], source: Source, name: str, row: int, column: int) -> Seen | None:
    """What a name holds at a place: what it is bound to there, or was last before it in the same function."""
    bound = [each for each in known if each.name == name]
    here = next((each for each in bound if _holds(each.span, row, column)), None)
    if here is not None or not bound:
        return here
    rows = layout(source.text)
    first, _ = rows.statement(row)
    # A statement reads what a name held before it.
    before = [each for each in bound if each.span.row < first]
    inside = [each for each in before if rows.function(each.span.row) == rows.function(row)]
    outside = [each for each in before if rows.function(each.span.row) is None]
    return next(reversed(inside or outside), None)


def _holds(span: Span, row: int, column: int) -> bool:
    return (span.row, span.column) <= (row, column) <= (span.end_row, span.end_column)


def _text(source: Source, span: Span) -> str:
    """An expression as it is written, on one line."""
    text = source.text[source.offset(span.row, span.column) : source.offset(span.end_row, span.end_column)]
    return " ".join(text.split())
