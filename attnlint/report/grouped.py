"""Findings below the names of their files, a line for each, as ruff groups them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attnlint.filed import FileReport
from attnlint.report.concise import headline
from attnlint.report.place import place


def grouped(reports: Iterable[FileReport], unsafe: bool = False) -> Iterator[str]:
    """The lines of the report: for each file with findings its path, these, their places in columns, and an empty line.

    `[*]` marks what `--fix` would repair.
    """
    for report in reports:
        if not report.diagnostics:
            continue
        rows = [place(each.span).rpartition(":")[::2] for each in report.diagnostics]
        before, behind = (max(map(len, texts)) for texts in zip(*rows, strict=True))
        yield f"{report.path}:"
        for (row, column), each in zip(rows, report.diagnostics, strict=True):
            yield f"  {row:>{before}}:{column:<{behind}} {headline(each, unsafe)}"
        yield ""
