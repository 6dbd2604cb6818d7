"""Which of a file's imports have run when a line of it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def stands_before(text: str, name: str, row: int) -> bool:
    """Whether an imported name has its value when the code on a row runs.

    An import further below has run before a function does, unless something is called at import time in between; one
    inside a function is nothing to the others.
    """
    imports, calls = _read(text)
    for local, first, begin, end in imports:
        if local != name or not begin <= row <= end:
            continue
        if first <= row or not any(row < call < first for call in calls):
            return True
    return False


@lru_cache(maxsize=8)
def _read(text: str) -> tuple[tuple[tuple[str, int, int, int], ...], tuple[int, ...]]:
    """The imported names with their rows and the rows where they hold, and the rows where the module itself calls."""
    try:
        tree = ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError):
        return (), ()
    last = text.count("\n") + 1
    return tuple(_imports(tree, 1, last)), tuple(_calls(tree))


def _imports(node: ast.AST, begin: int, end: int) -> Iterator[tuple[str, int, int, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            for alias in child.names:
                yield alias.asname or alias.name.partition(".")[0], child.lineno, begin, end
        elif isinstance(child, _Function | ast.ClassDef):
            yield from _imports(child, child.lineno, child.end_lineno or child.lineno)
        else:
            yield from _imports(child, begin, end)


def _calls(node: ast.AST) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child.lineno
        if not isinstance(child, _Function):
            yield from _calls(child)
