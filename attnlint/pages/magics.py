"""The lines of a notebook's cell that are IPython's and not Python's, and what Python may read in their place.

The syntax: https://ipython.readthedocs.io/en/stable/interactive/reference.html
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from attnlint.rows import NEWLINE

# Cell magics below which Python stands; below any other is another language, or text.
_PYTHON_CELLS = frozenset(
    {"capture", "debug", "memit", "mprun", "prun", "python", "python3", "pypy", "px", "tab", "time", "timeit"}
)
# Line magics that run the statement behind them.
_RUNS = re.compile(r"([ \t]*)(%(?:time|prun|memit|timeit)[ \t]+(?:-\w+[ \t]*\d*[ \t]+)*)(?=[^\s-])")
_ASSIGNED = re.compile(r"([ \t]*\S.*?=[ \t]*)[%!](?=[\w(\"'./~-])")
_MAGIC = re.compile(r"[ \t]*(?:[%!?,;/]|[\w.%]+\?)|.*\?[ \t]*$")
# Commands that IPython takes for magics without a sign, as long as no name is like them.
_COMMAND = re.compile(r"(?:pip3?|conda|mamba|uv|cd|ls|ll|cat|cp|mv|mkdir|rmdir|pwd)(?:[ \t]+[\w./~-].*)?$")
_PROMPT = re.compile(r"[ \t]*(?:>>>(?: |$)|In \[\d*\]:(?: |$))")
_PROMPTS = re.compile(r"[ \t]*(?:(?:>>>|\.\.\.)(?: |$)|In \[\d*\]:(?: |$)|\.\.\.:(?: |$))")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a cell as Python may read it, and what stands before it; `is_magic` where it said something else."""

    text: str
    prefix: str = ""
    is_magic: bool = False


def python_rows(text: str) -> list[Row]:
    """The rows of a cell, those of IPython blank or replaced by what binds the same names."""
    rows = [Row(line) for line in NEWLINE.split(text)]
    first = next((number for number, row in enumerate(rows) if row.text.strip()), 0)
    if _PROMPT.match(rows[first].text):
        return session_rows([row.text for row in rows])
    if error("\n".join(row.text for row in rows)) is None:
        return rows
    if margin := rows[first].text[: -len(rows[first].text.lstrip()) or None]:
        rows = [_without_margin(row, margin) for row in rows]
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


def is_session(rows: Sequence[str]) -> bool:
    """Whether rows are those of an interactive session: the first of them has a prompt."""
    first = next((row for row in rows if row.strip()), "")
    return _PROMPT.match(first) is not None


def session_rows(rows: Sequence[str]) -> list[Row]:
    """What was typed at the prompts of a session, without what was answered; nothing of it can be edited."""
    found = [(row, _PROMPTS.match(row)) for row in rows]
    return [
        Row(row[prompt.end() :], prompt.group(), True) if prompt else Row("", is_magic=True) for row, prompt in found
    ]


def _without_margin(row: Row, margin: str) -> Row:
    return Row(row.text[len(margin) :], margin) if row.text.startswith(margin) else row


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
    return not row.is_magic and any(one.match(row.text) for one in (_MAGIC, _ASSIGNED, _COMMAND))


def _without(rows: Sequence[Row], at: int) -> list[Row]:
    """The rows with the magic at one of them out of the way, and the rows that a backslash adds to it."""
    line, prefix = rows[at].text, rows[at].prefix
    if run := _RUNS.match(line):
        margin, magic = run.groups()
        # A margin is part of the text, though it stands before the magic: nothing there can be edited.
        made = Row(margin + line[run.end() :], prefix + magic, is_magic=bool(margin))
        return [*rows[:at], made, *rows[at + 1 :]]
    if assigned := _ASSIGNED.match(line):
        text = f"{assigned.group(1)}None"
    else:
        text = f"{line[: len(line) - len(line.lstrip())]}pass"
    end = at + 1
    while end < len(rows) and rows[end - 1].text.rstrip().endswith("\\"):
        end += 1
    hidden = [Row("", is_magic=True) for _ in rows[at + 1 : end]]
    return [*rows[:at], Row(text, is_magic=True), *hidden, *rows[end:]]
