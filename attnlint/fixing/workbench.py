"""The files as they would be with some edits, and what linting finds in them there, while the disk has the old ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from attnlint.diagnostic import Diagnostic
from attnlint.filed import FileReport
from attnlint.fixing.edits import Refused, applied, origin
from attnlint.fixing.repairs import Found, Pieces
from attnlint.source import Source, Unreadable, identity, overlaid, read_source

Lint = Callable[[Source], FileReport]


@dataclass(frozen=True, slots=True)
class Applied:
    """A fix that was applied: its finding, where that was before anything was fixed, and what was edited with it.

    `row` is that of the file or, in a notebook, of the cell `cell`.
    """

    path: str
    row: int
    finding: Diagnostic
    files: frozenset[str]
    cell: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """The changed files, the edits that led there in order, and the fixes that these were.

    Files go by their identities. `reports` are kept for the next question; a state never changes otherwise.
    """

    files: Mapping[str, Source] = field(default_factory=dict)
    steps: tuple[Pieces, ...] = ()
    applied: tuple[Applied, ...] = ()
    reports: dict[str, FileReport] = field(default_factory=dict)


class Workbench:
    """Reads and lints the files of a run in any state of theirs. What was read once is not read again."""

    def __init__(self, lint: Lint, reports: Iterable[FileReport]) -> None:
        self.lint = lint
        self.originals: dict[str, Source] = {}
        # What the user calls each file, and the files whose findings rest on it.
        self.paths: dict[str, str] = {}
        self.resting: dict[str, list[str]] = {}
        for report in reports:
            self.paths[identity(report.path)] = report.path
            for path in (*report.rests_on, *(other.path for other in report.others)):
                self.resting.setdefault(identity(path), []).append(report.path)

    def source(self, state: State, path: str) -> Source:
        """A file in a state; raises `Unreadable`."""
        file = identity(path)
        if file not in self.originals:
            self.originals[file] = read_source(self.paths.setdefault(file, path))
        return state.files.get(file, self.originals[file])

    def linted(self, state: State, path: str) -> FileReport:
        """What is found in a file in a state; raises `Refused` where it cannot be linted."""
        file = identity(path)
        if file not in state.reports:
            try:
                source = self.source(state, path)
            except Unreadable as error:
                raise Refused(f"cannot be judged without {path}, which {error}") from error
            with overlaid({name: each.data for name, each in {**self.originals, **state.files}.items()}):
                state.reports[file] = self.lint(source)
        fault = state.reports[file].fault
        if fault is not None:
            raise Refused(f"cannot be judged, since {path} {fault.message}")
        return state.reports[file]

    def witnesses(self, home: str, files: Iterable[str]) -> list[str]:
        """The paths of the files that an edit of some files may matter to: `home`, these, and what rests on them."""
        paths = {identity(home): home}
        for file in files:
            for path in (self.paths[file], *self.resting.get(file, ())):
                paths.setdefault(identity(path), path)
        return list(paths.values())

    def edited(self, state: State, home: str, pieces: Pieces) -> State:
        """The state after some edits; raises `Refused` where they do not fit or leave what does not parse."""
        files = dict(state.files)
        for file, here in pieces.items():
            before = self.source(state, self.paths[file])
            files[file] = applied(before, here)
            if _compiles(before) and not _compiles(files[file]):
                raise Refused("would leave code that does not parse")
        if all(files[file].data == self.source(state, self.paths[file]).data for file in pieces):
            raise Refused("would change nothing")
        stale = {identity(path) for path in self.witnesses(home, pieces)}
        reports = {file: report for file, report in state.reports.items() if file not in stale}
        return State(files, (*state.steps, pieces), state.applied, reports)

    def place(self, state: State, found: Found) -> tuple[int, int]:
        """The cell and the row that a finding of a state has in its file."""
        return self.source(state, found.path).place(found.finding.span.row)

    def place_before(self, state: State, found: Found) -> tuple[int, int]:
        """The cell and the row that a finding of a state had in its file before anything was edited."""
        span = found.finding.span
        offset = self.source(state, found.path).offset(span.row, span.column)
        for pieces in reversed(state.steps):
            offset = origin(pieces.get(found.file, ()), offset)
        original = self.originals[found.file]
        return original.place(original.position(offset)[0])


def _compiles(source: Source) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what the code says, as in `x is 1`
        try:
            compile(source.text, source.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
