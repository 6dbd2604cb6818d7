"""Rows and columns as attnlint counts them, and as an editor does, in the encoding that the two agreed upon."""

from __future__ import annotations

from lsprotocol import types

from attnlint.diagnostic import Span
from attnlint.source import Source

Encoding = types.PositionEncodingKind | str


def units(text: str, encoding: Encoding) -> int:
    """How many code units a text has: https://microsoft.github.io/language-server-protocol, `PositionEncodingKind`."""
    if encoding == types.PositionEncodingKind.Utf32 or text.isascii():
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(character > "\uffff" for character in text)


def code_points(line: str, character: int, encoding: Encoding) -> int:
    """How many characters of a line stand before a column in code units; beyond its end, all of them.

    A column within a character is the one before it.
    """
    if line.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return min(character, len(line))
    passed = 0
    for count, each in enumerate(line):
        passed += units(each, encoding)
        if passed > character:
            return count
    return len(line)


def offset(source: Source, position: types.Position, encoding: Encoding) -> int:
    """The offset into the text of an editor's position; beyond the last line, the end of the text."""
    if position.line >= len(source.starts):
        return len(source.text)
    line = source.line(position.line + 1)
    return source.starts[position.line] + code_points(line, position.character, encoding)


def place(source: Source, position: types.Position, encoding: Encoding) -> tuple[int, int]:
    """The row and the column, both from 1, of an editor's position."""
    return source.position(offset(source, position, encoding))


def position(source: Source, row: int, column: int, encoding: Encoding) -> types.Position:
    """An editor's position of a row and a column, both from 1; beyond the end of a row or the text, that end."""
    if row > len(source.starts):
        row, column = len(source.starts), len(source.line(len(source.starts))) + 1
    return types.Position(row - 1, units(source.line(row)[: column - 1], encoding))


def span(source: Source, place: Span, encoding: Encoding) -> types.Range:
    """An editor's range of a span."""
    return types.Range(
        position(source, place.row, place.column, encoding),
        position(source, place.end_row, place.end_column, encoding),
    )
