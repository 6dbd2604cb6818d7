"""A text's rows: where they end, and the text with edits made by rows and columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attnlint.diagnostic import Edit

NEWLINE = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def lines_of(text: str) -> list[str]:
    """The lines of a text as Python counts them, with their endings: a form feed ends none."""
    return _LINE.findall(text)


def starts_of(text: str) -> tuple[int, ...]:
    """Where each row of a text begins; a last newline begins one of its own."""
    return (0, *(found.end() for found in NEWLINE.finditer(text)))


def ending(line: str) -> str:
    """The newline that a line ends with, if it has one."""
    return line[len(line.rstrip("\r\n")) :]


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with edits made, which are in its order and do not overlap."""
    starts = starts_of(text)
    for edit in reversed(edits):
        span = edit.span
        start, end = starts[span.row - 1] + span.column - 1, starts[span.end_row - 1] + span.end_column - 1
        text = text[:start] + edit.text + text[end:]
    return text
