"""Where a finding stands, told so that it is found again when rows have moved: its definition and its line."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import replace

from attnlint.diagnostic import Diagnostic
from attnlint.directives import read_comments
from attnlint.index import HOLDS_STATEMENTS
from attnlint.source import Source

_Defining = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def located(source: Source, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings with the qualified names of the definitions that they stand in, and with their lines.

    Of a line counts what Python reads: neither its comment nor how it is spaced. In a text that does not parse
    findings have only their lines.
    """
    if not diagnostics:
        return ()
    scopes = _scopes(source.text)
    columns = {row: column for row, column, _ in read_comments(source).found}

    def line(row: int) -> str:
        text = source.line(row)
        code = text[: columns.get(row, len(text) + 1) - 1].split()
        return " ".join(code or text.split())

    return tuple(replace(each, scope=_scope(scopes, each.span.row), line=line(each.span.row)) for each in diagnostics)


def _scope(scopes: Sequence[tuple[int, int, str]], row: int) -> str:
    """The innermost definition around a row: of those that hold it, the one that begins last."""
    return max(((first, name) for first, last, name in scopes if first <= row <= last), default=(0, ""))[1]


def _scopes(text: str) -> list[tuple[int, int, str]]:
    """The first and the last row of each definition, decorators with it, and its qualified name."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what the code says
            pending: list[tuple[ast.AST, str]] = [(ast.parse(text), "")]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    while pending:
        node, around = pending.pop()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, HOLDS_STATEMENTS):
                continue
            name = around
            if isinstance(child, _Defining):
                name = f"{around}.{child.name}" if around else child.name
                first = min((child.lineno, *(each.lineno for each in child.decorator_list)))
                found.append((first, child.end_lineno or first, name))
            pending.append((child, name))
    return found
