"""Where a finding stands, in the words of a report: in a file by row and column, in a notebook by its cell as well."""

from __future__ import annotations

import os
from pathlib import Path

from attnlint.diagnostic import Span
from attnlint.filed import FileReport


def place(span: Span) -> str:
    """The row and the column, `3:5`, or `cell 2:3:5` in a notebook; a path and a colon may stand before it."""
    return f"{row_place(span)}:{span.column}"


def row_place(span: Span) -> str:
    """The row alone, `3` or `cell 2:3`."""
    return f"cell {span.cell}:{span.row}" if span.cell else f"{span.row}"


def spoken(span: Span) -> str:
    """The row as a part of a sentence, `line 3` or `cell 2, line 3`."""
    return f"cell {span.cell}, line {span.row}" if span.cell else f"line {span.row}"


def file_line(report: FileReport, span: Span) -> int:
    """The line for a service that only knows lines of files: in a notebook that of its JSON with the cell's row.

    It is the first one where that is not known.
    """
    return report.file_lines.get(span.cell, {}).get(span.row, 1) if span.cell else span.row


def below(path: str) -> Path | None:
    """The path from the folder of the run to a file below it, without following links; None for a file elsewhere."""
    absolute = Path(os.path.abspath(path))
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else None
