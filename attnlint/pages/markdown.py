"""Blocks of Python in Markdown: fenced ones, wherever they stand, as CommonMark, Quarto and MyST write them.

Fences: https://spec.commonmark.org/0.31.2/#fenced-code-blocks. Quarto: https://quarto.org/docs/computations/python.html.
MyST: https://mystmd.org/guide/code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from attnlint.pages.blocks import Found
from attnlint.pages.sections import Section

_PYTHON = re.compile(r"(?:python|py|ipython|pycon)[\d.]*", re.I)
_DIRECTIVE = re.compile(r"\{(code-cell|code-block|code|jupyter-execute|testcode|doctest)\}")
_ATTRIBUTES = re.compile(r"\{([^}]*)\}")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*\n")
_KERNEL = re.compile(r"^kernelspec:\s*\n(?:[ \t].*\n)*?[ \t]+language:[ \t]*(?P<language>\S+)", re.M)
# What may stand between a comment and the block that it is for.
_OPENINGS = frozenset(
    {"paragraph_open", "paragraph_close", "inline", "blockquote_open", "list_item_open", "bullet_list_open"}
    | {"ordered_list_open"}
)
_OPTION = re.compile(r"[ \t]*:[\w-]+:|[ \t]*#\|")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.M)
_LEVELS = ("p", *(f"h{level}" for level in range(1, 7)))
# How deep blocks within indented text are followed, as in the tabs and notes of mkdocs.
_DEEPEST = 4


def find(text: str) -> Iterator[Found]:
    """The blocks of Python of a page, in order."""
    front = _FRONT_MATTER.match(text)
    if front is None:
        yield from _within(text, 0, 0, Section())
        return
    # Blank, so that it is no rule with a title below it.
    body = "\n" * front.group().count("\n") + text[front.end() :]
    kernel = _KERNEL.search(front.group())
    for each in _within(body, 0, 0, Section()):
        if not (kernel and each.is_cell) or _PYTHON.fullmatch(kernel.group("language")):
            yield each


def _within(text: str, above: int, depth: int, section: Section) -> Iterator[Found]:
    """The blocks of a part of the page that has `above` rows of the page above it."""
    mark = ""
    opened = ""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "inline":
            level = _LEVELS.index(opened) if opened in _LEVELS else 0
            section = section.entered(level, token.content) if level > 0 else section.said(token.content)
        opened = token.tag
        if token.type in {"html_block", "html_inline"}:
            mark += token.content
            continue
        if token.type == "fence" and token.map:
            rows = _rows(token)
            if _is_python(token.info) and rows:
                skipped = _options(token.info, rows)
                if rows[skipped:]:
                    first = above + token.map[0] + 2 + skipped
                    is_cell = "code-cell" in token.info
                    yield Found(first, tuple(rows[skipped:]), mark, section.number, is_cell)
            elif token.info.lstrip().startswith("{") and depth < _DEEPEST and _FENCE.search(token.content):
                yield from _within(token.content, above + token.map[0] + 1, depth + 1, section)
        elif token.type == "code_block" and token.map and depth < _DEEPEST and _FENCE.search(token.content):
            yield from _within(token.content, above + token.map[0], depth + 1, section)
        if token.type not in _OPENINGS or token.content.strip():
            mark = ""


def _rows(token: Token) -> list[str]:
    rows = token.content.split("\n")
    return rows[:-1] if rows and not rows[-1] else rows


def _is_python(info: str) -> bool:
    """Whether a fence's words name Python, as `python`, `py title="a.py"`, `{.python}`, `{code-cell} ipython3` do."""
    words = info.strip()
    if directive := _DIRECTIVE.match(words):
        language = words[directive.end() :].strip()
        return not language or directive.group(1) in {"testcode", "doctest"} or bool(_PYTHON.match(language))
    inside = _ATTRIBUTES.match(words)
    classes = [each[1:] for each in inside.group(1).split() if each.startswith(".")] if inside else []
    name = classes[0] if classes else (inside.group(1) if inside else words).replace(",", " ").split(" ")[0]
    return _PYTHON.fullmatch(name) is not None


def _options(info: str, rows: Sequence[str]) -> int:
    """How many rows at the top of a directive are its options."""
    if not info.strip().startswith("{"):
        return 0
    if rows[0].strip() == "---":
        return next((at + 1 for at, row in enumerate(rows) if at and row.strip() == "---"), 0)
    return next((at for at, row in enumerate(rows) if not _OPTION.match(row)), len(rows))
