"""What became of the findings: where each would stand after an edit, which are gone, and which are new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from attnlint.fixing.edits import Piece, moved
from attnlint.fixing.repairs import Found, Open, Pieces
from attnlint.source import Source


@dataclass(frozen=True, slots=True)
class Standing:
    """An earlier finding and the offsets between which it would stand now, had nothing been done about it."""

    file: str
    code: str
    start: int
    end: int
    is_repaired: bool = False

    def is_at(self, file: str, code: str, row: int, source: Source) -> bool:
        """Whether a finding of this kind in this row is the same one."""
        if (file, code) != (self.file, self.code):
            return False
        return source.position(self.start)[0] <= row <= source.position(self.end)[0]

    def covers(self, other: Standing) -> bool:
        """Whether another finding may be the same one: of its rule, where this one would stand."""
        return (other.file, other.code) == (self.file, self.code) and self.start <= other.start <= self.end

    def after(self, pieces: Pieces) -> Standing:
        """The same after some edits; where its text was replaced, it may be anywhere in what stands there instead."""
        mine: Sequence[Piece] = pieces.get(self.file, ())
        return replace(self, start=moved(mine, self.start)[0], end=moved(mine, self.end)[1]) if mine else self


def standing(found: Found, source: Source) -> Standing:
    """Where a finding stands in the text that it was found in."""
    span = found.finding.span
    offset = source.offset(span.row, span.column)
    return Standing(found.file, found.finding.code, offset, offset)


def marked(expected: list[Standing], repaired: Standing) -> list[Standing]:
    """The expected findings with one of them repaired; one that is not among them is added."""
    for number, each in enumerate(expected):
        if each.covers(repaired) and not each.is_repaired:
            return [*expected[:number], replace(each, is_repaired=True), *expected[number + 1 :]]
    return [*expected, replace(repaired, is_repaired=True)]


def compare(earlier: Iterable[Standing], now: Iterable[Found], read: Open) -> tuple[list[Found], list[Found]]:
    """Of the findings that there are now, those that were repaired and are still there, and those that are new.

    A finding is the same as an earlier one of its rule in its row; each earlier one explains one of now.
    """
    left = sorted(earlier, key=lambda one: one.is_repaired)
    kept: list[Found] = []
    new: list[Found] = []
    for each in now:
        row = each.finding.span.row
        source = read(each.path)
        known = next((one for one in left if one.is_at(each.file, each.finding.code, row, source)), None)
        if known is None:
            new.append(each)
            continue
        left.remove(known)
        if known.is_repaired:
            kept.append(each)
    return kept, new
