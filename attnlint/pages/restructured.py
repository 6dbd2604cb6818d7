"""Blocks of Python in reStructuredText: code directives, and literal blocks that Sphinx would take for Python.

The directives: https://www.sphinx-doc.org/en/master/usage/restructuredtext/directives.html#showing-code-examples
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attnlint.pages.blocks import Found
from attnlint.pages.sections import Section

_DIRECTIVE = re.compile(
    r"[ \t]*\.\.[ \t]+(?:code-block|sourcecode|code|testcode|doctest|jupyter-execute|ipython)::[ \t]*(?P<language>\S*)"
)
_LITERAL = re.compile(r"[ \t]*(?!\.\.[ \t])\S.*::[ \t]*$|[ \t]*::[ \t]*$")
_HIGHLIGHT = re.compile(r"[ \t]*\.\.[ \t]+highlight::[ \t]*(?P<language>\S+)")
_MARK = re.compile(r"[ \t]*\.\.[ \t]+attnlint:", re.I)
_ADORNMENT = re.compile(r"([^\w\s])\1{2,}")
_OPTION = re.compile(r"[ \t]+:[\w-]+:")
# A comment: what is no directive, target, footnote or substitution.
_COMMENT = re.compile(r"[ \t]*\.\.(?:[ \t]*$|[ \t]+(?![\w:.+-]+::|_|\[|\|))")
_PROMPT = re.compile(r"[ \t]*>>> ")
_PYTHON = re.compile(r"(?:python|py|ipython|pycon|default)[\d.]*", re.I)


def find(text: str) -> Iterator[Found]:
    """The blocks of Python of a page, in order."""
    lines = text.split("\n")
    language = "python"
    section = Section()
    marks: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if highlight := _HIGHLIGHT.match(line):
            language = highlight.group("language")
        if mark := _underlined(lines, at):
            marks += [mark] if mark not in marks else []
            section = section.entered(marks.index(mark) + 1, line)
        elif line.strip():
            section = section.said(line)
        if _COMMENT.match(line):
            at = max(_content(lines, at, False)[1], at) + 1
            continue
        if _PROMPT.match(line) and not (at and lines[at - 1].strip()):
            last = next((row for row in range(at, len(lines)) if not lines[row].strip()), len(lines)) - 1
            yield Found(at + 1, tuple(lines[at : last + 1]), "", section.number)
            at = last + 1
            continue
        directive = _DIRECTIVE.match(line)
        named = directive.group("language") or language if directive else language
        if directive or _LITERAL.match(line):
            first, last = _content(lines, at, bool(directive))
            if first <= last and _PYTHON.fullmatch(named):
                yield Found(first + 1, tuple(lines[first : last + 1]), _mark_above(lines, at), section.number)
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
    # Options go on to the first blank row, whatever stands in their later ones.
    if has_options and first < len(lines) and _OPTION.match(lines[first]):
        first = next((row for row in range(first, len(lines)) if not lines[row].strip()), len(lines))
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
    """The comments of attnlint just above a row."""
    marks: list[str] = []
    for line in reversed(lines[:at]):
        if _MARK.match(line):
            marks.append(line)
        elif line.strip():
            break
    return "\n".join(marks)
