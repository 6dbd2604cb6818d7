"""Edits on a text: where they stand in it, what it is afterwards, and where everything else in it has gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from attnlint.diagnostic import Edit
from attnlint.pages.kinds import rewritten
from attnlint.pages.layout import Layout
from attnlint.rows import NEWLINE
from attnlint.source import Source, Unreadable, decode, page_text


class Refused(Exception):
    """A fix that cannot be applied or is not worth having; the message says why, as what follows "the fix"."""


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """An edit by offsets: the text from `start` up to `end` becomes `text`, with the file's own line endings."""

    start: int
    end: int
    text: str

    @property
    def is_line(self) -> bool:
        """Whether it inserts whole lines, as an import; the same ones twice would be once too often."""
        return self.start == self.end and NEWLINE.search(self.text[-1:]) is not None

    def clashes(self, other: Piece) -> bool:
        """Whether the two cannot both be applied: they overlap, or stand at one place in an order nobody knows."""
        if self == other:
            return self.start == self.end and not self.is_line
        if self.start == self.end or other.start == other.end:
            inside = self.start < other.start < self.end or other.start < self.start < other.end
            return inside or (self.start, self.end) == (other.start, other.end)
        return self.start < other.end and other.start < self.end


def placed(source: Source, edits: Iterable[Edit]) -> tuple[Piece, ...]:
    """The edits of one file in the order of its text; those at one place in the order in which they were given.

    Raises `Refused` for edits that overlap or stand outside of the text.
    """
    made = [_placed(source, edit) for edit in edits]
    # A replacement that is given twice is one; insertions that are given twice may be meant so.
    once = dict.fromkeys(piece for piece in made if piece.start != piece.end)
    insertions = [piece for piece in made if piece.start == piece.end]
    pieces = sorted((*insertions, *once), key=lambda piece: (piece.start, piece.end))
    if any(later.start < earlier.end for earlier, later in pairwise(pieces)):
        raise Refused("has edits that overlap")
    return tuple(pieces)


def _placed(source: Source, edit: Edit) -> Piece:
    start, end = _offset(source, edit.span.row, edit.span.column), _end(source, edit)
    if start is None or end is None or end < start:
        raise Refused(f"has an edit outside of the text, at row {edit.span.row}, column {edit.span.column}")
    return Piece(start, end, NEWLINE.sub(_newline_at(source, edit.span.row), edit.text))


def _end(source: Source, edit: Edit) -> int | None:
    row, column = edit.span.end_row, edit.span.end_column
    # A last line without a newline ends where the text does.
    return len(source.text) if (row, column) == (len(source.starts) + 1, 1) else _offset(source, row, column)


def _offset(source: Source, row: int, column: int) -> int | None:
    if not 1 <= row <= len(source.starts) or not 1 <= column <= len(source.line(row)) + 1:
        return None
    return source.offset(row, column)


def _newline_at(source: Source, row: int) -> str:
    """The line ending of a row; that of the row before it where it has none, and else the file's first."""
    for start in range(row - 1, max(row - 3, -1), -1):
        found = NEWLINE.search(source.text, source.starts[start])
        if found is not None:
            return found.group()
    return source.newline


def text_after(text: str, pieces: Iterable[Piece]) -> str:
    """The text with the pieces applied, which are in order and do not overlap."""
    parts: list[str] = []
    done = 0
    for piece in pieces:
        parts += (text[done : piece.start], piece.text)
        done = piece.end
    return "".join((*parts, text[done:]))


def applied(source: Source, pieces: Sequence[Piece]) -> Source:
    """The source with the pieces applied, written in its own encoding.

    Raises `Refused` where the file's encoding cannot say the new text, or cannot say the rest of it as it was said.
    """
    text = text_after(source.text, pieces)
    before = source.text if source.layout is None else page_text(source)
    try:
        if before.encode(source.encoding) != source.data:
            raise Refused(f"would change more than it means to: {source.encoding} can be written in several ways")
        data = (text if source.layout is None else _page_after(source, source.layout, pieces)).encode(source.encoding)
        made = decode(source.path, data)
    except UnicodeEncodeError as error:
        what = error.object[error.start : error.end]
        raise Refused(f"needs {what!r}, which the file's encoding {source.encoding} does not have") from error
    except Unreadable as error:
        raise Refused(f"would leave a file that {error.fault.message}") from error
    if source.layout is not None and made.text != text:
        raise Refused("would change what is code in the page")
    if made.text != text or made.encoding != source.encoding:
        raise Refused("would move the comment that declares the file's encoding")
    return made


def _page_after(source: Source, layout: Layout, pieces: Sequence[Piece]) -> str:
    """The page with the pieces of its code applied."""
    spans = [source.span(piece.start, piece.end) for piece in pieces]
    if not all(map(layout.may_edit, spans)):
        raise Refused("would edit what is not code of the page")
    edits = [Edit(span, piece.text) for span, piece in zip(spans, pieces, strict=True)]
    return rewritten(source.path, page_text(source), list(map(layout.placed_edit, edits)))


def moved(pieces: Sequence[Piece], offset: int) -> tuple[int, int]:
    """Where an offset has gone: one place, or the first and the last of the text that stands there instead."""
    shift = 0
    for piece in pieces:
        if piece.start <= offset < piece.end:
            return piece.start + shift, piece.start + shift + len(piece.text)
        if piece.start > offset:
            break
        shift += len(piece.text) - (piece.end - piece.start)
    return offset + shift, offset + shift


def origin(pieces: Sequence[Piece], offset: int) -> int:
    """Where what stands at an offset now has come from: the reverse of `moved`."""
    shift = 0
    for piece in pieces:
        start = piece.start + shift
        if offset < start:
            break
        if offset < start + len(piece.text):
            return piece.start
        shift += len(piece.text) - (piece.end - piece.start)
    return offset - shift
