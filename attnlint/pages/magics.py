"""The lines of a notebook's cell that are IPython's and not Python's, and what Python may read in their place.

The syntax: https://ipython.readthedocs.io/en/stable/interactive/reference.html
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

# Cell magics below which Python stands; below any other is another language, or text.
_PYTHON_CELLS = frozenset(
    {"capture", "debug", "memit", "mprun", "prun", "python", "python3", "pypy", "px", "time", "timeit"}
)
# Line magics that run the statement behind them.
_RUNS = re.compile(r"[ \t]*%(?:time|prun|memit|timeit)[ \t]+(?:-\w+[ \t]*\d*[ \t]+)*(?=[^\s-])")
_ASSIGNED = re.compile(r"([ \t]*[\w.,\[\]() \t]+=[ \t]*)[%!]")
_MAGIC = re.compile(r"[ \t]*(?:[%!?,;/]|[\w.%]+\?)|.*\?[ \t]*$")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a cell as Python may read it, and what stands before it; `is_magic` where it said something else."""

    text: str
    prefix: str = ""
    is_magic: bool = False


def python_rows(text: str) -> list[Row]:
    """The rows of a cell, those of IPython blank or replaced by what binds the same names."""
    rows = [Row(line) for line in text.split("\n")]
    if error(text) is None:
        return rows
    first = next((number for number, row in enumerate(rows) if row.text.strip()), 0)
    if rows[first].text.startswith("%%"):
        return _below(rows, first)
    # The parser stops at the first magic; a string or a bracket that one leaves open can make it point elsewhere.
    for _ in rows:
        found = error("\n".join(row.text for row in rows))
        if found is None:
            return rows
        at = (found.lineno or 1) - 1
        if at >= len(rows) or not _is_magic(rows[at]):
            break
        rows = _without(rows, at)
    for at in range(len(rows)):
        if _is_magic(rows[at]):
            rows = _without(rows, at)
    return rows


def error(text: str) -> SyntaxError | None:
    """Why a text is no Python; None where it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as found:
        return found
    except (ValueError, RecursionError, MemoryError) as found:
        return SyntaxError(str(found))
    return None


def _below(rows: Sequence[Row], first: int) -> list[Row]:
    words = rows[first].text[2:].split()
    name = words[0] if words else ""
    is_python = name in _PYTHON_CELLS or (name in {"file", "writefile"} and words[-1].endswith(".py"))
    if not is_python:
        return [Row("", is_magic=True) for _ in rows]
    below = python_rows("\n".join(row.text for row in rows[first + 1 :])) if rows[first + 1 :] else []
    return [*rows[:first], Row("", is_magic=True), *below]


def _is_magic(row: Row) -> bool:
    return not row.is_magic and not row.prefix and bool(_MAGIC.match(row.text) or _ASSIGNED.match(row.text))


def _without(rows: Sequence[Row], at: int) -> list[Row]:
    """The rows with the magic at one of them out of the way, and the rows that a backslash adds to it."""
    line = rows[at].text
    if run := _RUNS.match(line):
        return [*rows[:at], Row(line[run.end() :], run.group()), *rows[at + 1 :]]
    if assigned := _ASSIGNED.match(line):
        text = f"{assigned.group(1)}None"
    else:
        text = f"{line[: len(line) - len(line.lstrip())]}pass"
    end = at + 1
    while end < len(rows) and rows[end - 1].text.rstrip().endswith("\\"):
        end += 1
    hidden = [Row("", is_magic=True) for _ in rows[at + 1 : end]]
    return [*rows[:at], Row(text, is_magic=True), *hidden, *rows[end:]]
