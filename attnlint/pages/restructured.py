"""Blocks of Python in reStructuredText: code directives, and literal blocks that Sphinx would take for Python.

The directives: https://www.sphinx-doc.org/en/master/usage/restructuredtext/directives.html#showing-code-examples
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attnlint.pages.blocks import Found
from attnlint.pages.sections import Section

_DIRECTIVE = re.compile(
    r"[ \t]*\.\.[ \t]+(?:code-block|sourcecode|code|testcode|jupyter-execute|ipython)::[ \t]*(?P<language>\S*)"
)
_LITERAL = re.compile(r"[ \t]*(?!\.\.[ \t])\S.*::[ \t]*$|[ \t]*::[ \t]*$")
_HIGHLIGHT = re.compile(r"[ \t]*\.\.[ \t]+highlight::[ \t]*(?P<language>\S+)")
_MARK = re.compile(r"[ \t]*\.\.[ \t]+attnlint:")
_ADORNMENT = re.compile(r"([^\w\s])\1{2,}")
_OPTION = re.compile(r"[ \t]+:[\w-]+:")
_PYTHON = re.compile(r"(?:python|py|ipython|pycon|default)[\d.]*", re.I)


def find(text: str) -> Iterator[Found]:
    """The blocks of Python of a page, in order."""
    lines = text.split("\n")
    language = "python"
    section = Section()
    marks: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].rstrip("\r")
        if highlight := _HIGHLIGHT.match(line):
            language = highlight.group("language")
        if mark := _underlined(lines, at):
            marks += [mark] if mark not in marks else []
            section = section.entered(marks.index(mark) + 1, line)
        elif line.strip():
            section = section.said(line)
        directive = _DIRECTIVE.match(line)
        named = directive.group("language") or language if directive else language
        if directive or _LITERAL.match(line):
            first, last = _content(lines, at, bool(directive))
            if first <= last and _PYTHON.fullmatch(named):
                rows = tuple(row.rstrip("\r") for row in lines[first : last + 1])
                yield Found(first + 1, rows, _mark_above(lines, at), section.number)
            at = max(last, at)
        at += 1


def _underlined(lines: Sequence[str], at: int) -> str:
    """The character that underlines a title, where a row is one."""
    below = lines[at + 1].rstrip() if at + 1 < len(lines) else ""
    title = lines[at].rstrip()
    is_title = bool(title) and title[0] not in " \t" and bool(_ADORNMENT.fullmatch(below)) and len(below) >= len(title)
    return below[0] if is_title and not _ADORNMENT.fullmatch(title) else ""


def _content(lines: Sequence[str], at: int, has_options: bool) -> tuple[int, int]:
    """The first and the last row of what is indented below a row, from 0; the last before the first where none is."""
    margin = _margin(lines[at])
    first = at + 1
    while has_options and first < len(lines) and _OPTION.match(lines[first]):
        first += 1
    while first < len(lines) and not lines[first].strip():
        first += 1
    last = first - 1
    for number in range(first, len(lines)):
        if not lines[number].strip():
            continue
        if _margin(lines[number]) <= margin:
            break
        last = number
    return first, last


def _margin(line: str) -> int:
    return len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())


def _mark_above(lines: Sequence[str], at: int) -> str:
    above = next((line for line in reversed(lines[:at]) if line.strip()), "")
    return above if _MARK.match(above) else ""
