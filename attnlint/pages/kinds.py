"""Which files are pages, and how each kind of them is read and written."""

from __future__ import annotations

from collections.abc import Sequence

from attnlint.diagnostic import Edit
from attnlint.pages.text import NotAPage, PageText
from attnlint.rows import NEWLINE, edited, lines_of

NOTEBOOKS = (".ipynb",)
MARKDOWN = (".md", ".markdown", ".qmd")
RESTRUCTURED = (".rst",)
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
    try:
        return together(lines_of(text), find(NEWLINE.sub("\n", text)))
    except RecursionError as error:
        raise NotAPage("is nested too deeply") from error


def rewritten(path: str, text: str, edits: Sequence[Edit]) -> str:
    """The page's text with edits made that are in its own rows and columns, in order and without overlaps."""
    if is_notebook(path):
        from attnlint.pages.notebook import rewritten as rewrite

        return rewrite(text, edits)
    return edited(text, edits)
