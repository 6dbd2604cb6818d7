"""Lines no wider than the page, broken between words and never within a piece of code that fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

# A shape (`[B T C]`) and what stands in backticks is one word, whatever blanks are in it.
_PIECE = re.compile(r"(?:\[[^\[\]]*\]|`[^`]*`|\S)+")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Page:
    """What is written on: its width in cells, None where it has no end; and where rules' codes lead to, as links."""

    width: int | None = None
    urls: Mapping[str, str] = field(default_factory=dict)


def wrapped(line: str, width: int | None, indent: int = 0) -> str:
    """A line as several that are no wider, the later ones indented; a word that is wider stands alone."""
    return hanging(Text(line), width, indent).plain


def hanging(line: Text, width: int | None, indent: int = 0) -> Text:
    """The same for a line with styles."""
    if width is None or cell_len(line.plain) <= width:
        return line
    pieces = [line[start:end] for start, end in _slices(line.plain, width, indent)]
    return Text("\n" + " " * indent).join(pieces)


def _slices(line: str, width: int, indent: int) -> Iterator[tuple[int, int]]:
    begin = end = 0
    for start, stop in _words(line, width - indent):
        margin = indent if begin else 0
        if end > begin and margin + cell_len(line[begin:stop]) > width:
            yield begin, end
            begin = start
        end = stop
    yield begin, end


def _words(line: str, room: int) -> Iterator[tuple[int, int]]:
    for piece in _PIECE.finditer(line):
        if cell_len(piece.group()) <= room:
            yield piece.span()
        else:
            yield from (word.span() for word in _WORD.finditer(line, *piece.span()))
