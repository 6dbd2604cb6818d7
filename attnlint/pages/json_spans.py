"""Where in the text of a notebook's JSON the source of each of its cells is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = JSONDecoder()


@dataclass(frozen=True, slots=True)
class Place:
    """The offsets of a cell's source, and of the strings in it where it is a list."""

    start: int
    end: int
    items: tuple[tuple[int, int], ...] | None = None


def places(text: str) -> list[Place]:
    """The places of the sources of all cells, by their order; of a cell without a source an empty one.

    The text is JSON with a list `cells` of objects. Of a key that is given twice the last counts, as for `json`.
    """
    start = _skip(text, 0)
    cells = dict(_members(text, start)).get("cells", start)
    found: list[Place] = []
    for cell in _elements(text, cells):
        source = dict(_members(text, cell)).get("source")
        if source is None:
            found.append(Place(cell, cell))
            continue
        items = tuple((item, _end(text, item)) for item in _elements(text, source)) if text[source] == "[" else None
        found.append(Place(source, _end(text, source), items))
    return found


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The keys of the object that begins at an offset, and where their values begin."""
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)  # the colon
        yield key, at
        at = _next(text, at)


def _elements(text: str, at: int) -> Iterator[int]:
    at = _skip(text, at + 1)
    while text[at] != "]":
        yield at
        at = _next(text, at)


def _next(text: str, at: int) -> int:
    """Where the next member begins behind the value at an offset, or the bracket that closes them."""
    at = _skip(text, _end(text, at))
    return _skip(text, at + 1) if text[at] == "," else at


def _end(text: str, at: int) -> int:
    return _DECODER.raw_decode(text, at)[1]


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space is not None  # it may be empty
    return space.end()
