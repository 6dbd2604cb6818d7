"""Which rows of a text belong to one function and to one statement."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field

_SIMPLE = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of the functions, outermost first, and of the simple statements: the first and the last of each."""

    functions: tuple[tuple[int, int], ...] = ()
    statements: dict[int, int] = field(default_factory=dict)

    def function(self, row: int) -> tuple[int, int] | None:
        """The innermost function around a row."""
        around = [each for each in self.functions if each[0] <= row <= each[1]]
        return max(around, default=None)

    def statement(self, row: int) -> tuple[int, int]:
        """The first and the last row of the simple statement that a row is in."""
        first = next((first for first, last in self.statements.items() if first <= row <= last), row)
        return first, max(self.statements.get(first, row), row)


def layout(text: str) -> Layout:
    """The layout of a text; an empty one where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return Layout()
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    simple = [n for n in nodes if isinstance(n, _SIMPLE)]
    return Layout(
        tuple(sorted((n.lineno, n.end_lineno or n.lineno) for n in functions)),
        {n.lineno: n.end_lineno or n.lineno for n in simple},
    )
