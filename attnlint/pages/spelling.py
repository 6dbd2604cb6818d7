"""A cell's source in a notebook's JSON: spliced where it changes, with the spelling of all other characters kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from attnlint.pages.json_spans import Place

# One character of a JSON string as it may be written: https://www.rfc-editor.org/rfc/rfc8259#section-7
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\"\\]", re.S
)
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


def respelled(text: str, place: Place, before: str, after: str) -> str:
    """The JSON of a source that was `before` and is to be `after`; `text` is the whole notebook's."""
    starts, closing = spelled(text, place)
    # Characters beyond ASCII are written as the file writes them.
    ascii_only = text.isascii() and "\\u" in text
    if place.items is not None and not place.items:
        return _list([json.dumps(line, ensure_ascii=ascii_only) for line in _LINES.findall(after)], ", ")
    made, done = [], place.start
    for start, end, new in _changes(before, after):
        first = starts[start] if start < len(starts) else closing
        last = first if start == end else starts[end] if end < len(starts) else closing
        made += [text[done:first], _written(new, text, place, last == closing, ascii_only)]
        done = last
    return "".join((*made, text[done : place.end]))


def _list(items: list[str], gap: str) -> str:
    return f"[{gap.join(items)}]"


def spelled(text: str, place: Place) -> tuple[list[int], int]:
    """Where each character of the source is written, and where the quote stands that closes it."""
    starts: list[int] = []
    closing = place.end - 1
    for begin, end in place.items if place.items is not None else ((place.start, place.end),):
        starts += (found.start() for found in _CHARACTER.finditer(text, begin + 1, end - 1))
        closing = end - 1
    return starts, closing


def _changes(before: str, after: str) -> Iterator[tuple[int, int, str]]:
    """What is to be replaced, by offsets into `before`: found line by line, and cut down to what differs."""
    ours, theirs = _LINES.findall(before), _LINES.findall(after)
    for tag, first, last, begin, stop in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        old, new = "".join(ours[first:last]), "".join(theirs[begin:stop])
        shortest = min(len(old), len(new))
        head = next((at for at in range(shortest) if old[at] != new[at]), shortest)
        tail = next((at for at in range(shortest - head) if old[-1 - at] != new[-1 - at]), shortest - head)
        start = sum(map(len, ours[:first]))
        yield start + head, start + len(old) - tail, new[head : len(new) - tail]


def _written(new: str, text: str, place: Place, is_last: bool, ascii_only: bool) -> str:
    """A piece of source as JSON; where the source is a list, each line is an item of its own."""
    lines = _LINES.findall(new)
    escaped = [json.dumps(line, ensure_ascii=ascii_only)[1:-1] for line in lines]
    if not place.items:
        return "".join(escaped)
    items = place.items
    gap = text[items[0][1] : items[1][0]] if len(items) > 1 else f",{text[place.start + 1 : items[0][0]] or ' '}"
    ends = [line.endswith("\n") for line in lines]
    if ends and is_last:
        ends[-1] = False
    return "".join(f'{piece}"{gap}"' if is_end else piece for piece, is_end in zip(escaped, ends, strict=True))
