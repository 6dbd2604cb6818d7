"""The fixes of a report as edits of the files they mean, and which of them can be made at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from attnlint.diagnostic import Diagnostic, Edit
from attnlint.filed import FileReport
from attnlint.fixing.edits import Piece, Refused, placed
from attnlint.source import Source, Unreadable, identity

Pieces = Mapping[str, tuple[Piece, ...]]
# The text of a file by its path, as it is now; raises `Unreadable`.
Open = Callable[[str], Source]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, with the file that it stands in: `file` is that file's identity, `path` what the user calls it."""

    file: str
    path: str
    finding: Diagnostic


@dataclass(frozen=True, slots=True)
class Repair:
    """A finding and the edits that repair it, by the identities of the files."""

    found: Found
    pieces: Pieces

    @property
    def place(self) -> tuple[str, int]:
        """What repairs are ordered by: the first edit, in the file of the finding if there is one."""
        file = self.found.file if self.found.file in self.pieces else min(self.pieces)
        return file, self.pieces[file][0].start


def found_in(reports: Iterable[FileReport]) -> list[Found]:
    """Every finding of the reports once, whichever files' traces have it."""
    once: dict[tuple[str, str, object], Found] = {}
    for report in (one for each in reports for one in (each, *each.others)):
        file = identity(report.path)
        for each in report.diagnostics:
            once.setdefault((file, each.code, each.span), Found(file, report.path, each))
    return list(once.values())


def repair(found: Found, read: Open) -> Repair:
    """The repair of a finding that has a fix.

    Raises `Refused` for edits outside of their text or of a file that is not there.
    """
    assert found.finding.fix is not None
    edits: dict[str, list[Edit]] = {}
    for edit in found.finding.fix.edits:
        edits.setdefault(edit.path or found.path, []).append(edit)
    pieces: dict[str, tuple[Piece, ...]] = {}
    for path, here in edits.items():
        if identity(path) in pieces:
            raise Refused(f"calls the file {path} by two names")
        try:
            pieces[identity(path)] = placed(read(path), here)
        except Unreadable as error:
            raise Refused(f"edits {path}, which {error}") from error
    return Repair(found, pieces)


def compatible(repairs: Iterable[Repair]) -> list[Repair]:
    """Those that can be made at once, the first by position winning; the very same edits never clash."""
    chosen: list[Repair] = []
    for each in sorted(repairs, key=lambda one: one.place):
        if all(each.pieces == other.pieces or not _clash(each, other) for other in chosen):
            chosen.append(each)
    return chosen


def together(repairs: Iterable[Repair]) -> dict[str, tuple[Piece, ...]]:
    """The edits of compatible repairs by file, in order, those that several of them share once."""
    pieces: dict[str, Counter[Piece]] = {}
    for each in repairs:
        for file, here in each.pieces.items():
            # The union keeps what one repair inserts twice at one place.
            pieces[file] = pieces.get(file, Counter()) | Counter(here)
    return {
        file: tuple(sorted(here.elements(), key=lambda piece: (piece.start, piece.end)))
        for file, here in pieces.items()
    }


def _clash(one: Repair, other: Repair) -> bool:
    return any(mine.clashes(theirs) for mine, theirs in _pairs(one.pieces, other.pieces))


def _pairs(one: Pieces, other: Pieces) -> Iterator[tuple[Piece, Piece]]:
    for file in one.keys() & other.keys():
        yield from ((mine, theirs) for mine in one[file] for theirs in other[file])
