"""The comment that ignores a finding: in a comment that ignores others already, or behind its line."""

from __future__ import annotations

import io
import re
import tokenize

from attnlint.diagnostic import Diagnostic, Edit, Span
from attnlint.lsp.layout import layout
from attnlint.source import Source

_LISTED = re.compile(r"#\s*attnlint:\s*ignore\s*\[[^\]]*(?=\])")


def ignored(source: Source, finding: Diagnostic) -> Edit | None:
    """The edit that has a finding ignored on its line or its statement's last one; None where no comment can stand."""
    ends = _ends(source)
    span = finding.span
    for row in (span.row, span.end_row, layout(source.text).statement(span.row)[1]):
        if row not in ends:
            continue
        column = ends[row]
        comment = source.line(row)[column - 1 :]
        listed = _LISTED.search(comment)
        if listed is not None:
            place = column + listed.end()
            return Edit(Span(row, place, row, place), f", {finding.name}")
        end = len(source.line(row).rstrip()) + 1
        return Edit(Span(row, end, row, len(source.line(row)) + 1), f"  # attnlint: ignore[{finding.name}]")
    return None


def _ends(source: Source) -> dict[int, int]:
    """The rows that a comment can stand behind, which those within a string cannot; with where a comment begins."""
    ends: dict[int, int] = {}
    rows = io.StringIO("\n".join(source.line(row) for row in range(1, source.line_count + 1)) + "\n")
    try:
        for token in tokenize.generate_tokens(rows.readline):
            if token.type == tokenize.COMMENT:
                ends[token.start[0]] = token.start[1] + 1
            elif token.type in (tokenize.NEWLINE, tokenize.NL):
                ends.setdefault(token.start[0], token.start[1] + 1)
    except (tokenize.TokenError, SyntaxError):
        return ends
    return ends
