"""Which files are pages, and how each kind of them is read and written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attnlint.diagnostic import Edit
from attnlint.pages.text import NotAPage, PageText

NOTEBOOKS = (".ipynb",)
MARKDOWN = (".md", ".markdown", ".qmd")
RESTRUCTURED = (".rst",)
_ENDS = "\r\n"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

SUFFIXES = (*NOTEBOOKS, *MARKDOWN, *RESTRUCTURED)


def is_page(path: str) -> bool:
    """Whether a file of this name has its Python inside of something else."""
    return path.lower().endswith(SUFFIXES)


def is_notebook(path: str) -> bool:
    """Whether a file of this name is a notebook, whose places are counted by cells."""
    return path.lower().endswith(NOTEBOOKS)


def wrong_mark(path: str, name: str) -> str:
    """The comment of a page of text that says of the block below it that it shows a rule's mistake on purpose."""
    mark = f"attnlint: wrong[{name}]"
    return f"`.. {mark}`" if path.lower().endswith(RESTRUCTURED) else f"`<!-- {mark} -->`"


def read_page(path: str, text: str) -> PageText:
    """The Python of a page; its reader is imported here, by the files that need it.

    Raises `NotAPage`.
    """
    if is_notebook(path):
        from attnlint.pages.notebook import read

        return read(text)
    from attnlint.pages.blocks import together

    if path.lower().endswith(RESTRUCTURED):
        from attnlint.pages.restructured import find
    else:
        from attnlint.pages.markdown import find
    lines = _LINE.findall(text)
    try:
        return together(lines, find("".join(f"{line.rstrip(_ENDS)}\n" for line in lines)))
    except RecursionError as error:
        raise NotAPage("is nested too deeply") from error


def rewritten(path: str, text: str, edits: Sequence[Edit]) -> str:
    """The page's text with edits made that are in its own rows and columns, in order and without overlaps."""
    if is_notebook(path):
        from attnlint.pages.notebook import rewritten as rewrite

        return rewrite(text, edits)
    starts = [0]
    for line in _LINE.findall(text):
        starts.append(starts[-1] + len(line))
    for edit in reversed(edits):
        span = edit.span
        start, end = starts[span.row - 1] + span.column - 1, starts[span.end_row - 1] + span.end_column - 1
        text = text[:start] + edit.text + text[end:]
    return text
