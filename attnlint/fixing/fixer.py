"""Fixes files in memory, round by round until nothing is left to do, and each repair proved by linting its result."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from attnlint.diagnostic import Severity
from attnlint.filed import FileReport
from attnlint.fixing.edits import Refused
from attnlint.fixing.repairs import Found, Pieces, Repair, compatible, found_in, repair, together
from attnlint.fixing.standing import Standing, compare, marked, standing
from attnlint.fixing.workbench import Applied, Lint, State, Workbench
from attnlint.source import Unreadable
from attnlint.writing import Rewrite

# How often the repairs of a file are tried anew, since one that had to wait stands elsewhere afterwards.
ROUNDS = 10
# How many times what a repair brings may be repaired in its turn.
FOLLOW_UPS = 4
# How many repairs of one file are tried one by one before those that were not refused are tried together again.
TRIES = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fix that was not applied, and why; `row` is where its finding stands now, `was` before anything was fixed.

    In a notebook both are rows of the cell `cell`.
    """

    found: Found
    row: int
    was: int
    reason: str
    cell: int = 0


@dataclass(frozen=True, slots=True)
class Fixed:
    """What is to be written, in groups of files that belong together; the fixes in it; and those that were refused."""

    groups: tuple[tuple[Rewrite, ...], ...] = ()
    applied: tuple[Applied, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """Repairs that are made at once: where their findings stand, their places at first, and their edits."""

    repairs: Sequence[Repair]
    repaired: Sequence[Standing]
    places: Sequence[tuple[int, int]]
    pieces: Pieces


def fix(lint: Lint, reports: Sequence[FileReport], codes: frozenset[str], unsafe: bool = False) -> Fixed:
    """Apply in memory what may be applied of the fixes in the reports of a run, for the rules of these codes.

    `lint` asks all rules, whatever was asked in the run: no fix may bring what any of them warns of. Nothing is
    written.
    """
    return Fixer(lint, reports, codes, unsafe).run()


class Fixer:
    """One run over all files that have something to fix."""

    def __init__(self, lint: Lint, reports: Sequence[FileReport], codes: frozenset[str], unsafe: bool) -> None:
        self.bench = Workbench(lint, reports)
        self.codes = codes
        self.unsafe = unsafe
        self.state = State()
        self.refusals: dict[str, list[Refusal]] = {}
        self.homes = [report.path for report in reports if any(map(self._is_wanted, found_in([report])))]

    def run(self) -> Fixed:
        """Fix one file after the other; those that a fix matters to are looked at again."""
        pending = deque(self.homes)
        visits: Counter[str] = Counter()
        while pending:
            home = pending.popleft()
            visits[home] += 1
            before = self.state
            try:
                self._settle(home)
            except (Refused, Unreadable):  # it could not be linted in the first place, which the run has reported
                continue
            touched = {file for pieces in self.state.steps[len(before.steps) :] for file in pieces}
            again = self.bench.witnesses(home, touched)
            pending.extend(path for path in again if path not in {home, *pending} and visits[path] < ROUNDS)
        every = chain.from_iterable(self.refusals.values())
        refusals = {(each.found.file, each.found.finding.code, each.row): each for each in every}
        return Fixed(tuple(self._groups()), self.state.applied, tuple(refusals.values()))

    def _groups(self) -> Iterator[tuple[Rewrite, ...]]:
        """The changed files; those that one fix edited are in one group."""
        groups: list[set[str]] = [{file} for file in self.state.files]
        for applied in self.state.applied:
            joined = [group for group in groups if group & applied.files]
            groups = [group for group in groups if group not in joined]
            groups.append(set().union(*joined))
        for group in groups:
            pairs = [(self.bench.originals[file], self.state.files[file]) for file in sorted(group)]
            if rewrites := [Rewrite(old.path, old.data, new.data) for old, new in pairs if old.data != new.data]:
                yield tuple(rewrites)

    def _settle(self, home: str) -> None:
        """Rounds for one file until one changes nothing; all is undone when none does."""
        before = self.state
        for _ in range(ROUNDS):
            self.refusals[home] = []
            if not self._round(home):
                return
        refused = self._repairs(home)
        self.refusals[home] = []
        if refused:
            self.state = before
            for each in self._repairs(home):
                self._refuse(home, each.found, f"does not come to an end with others after {ROUNDS} rounds")

    def _round(self, home: str) -> bool:
        """Try all repairs that go together at once and, where that fails, one by one; whether anything changed."""
        batch = compatible(self._repairs(home))
        if any(each.pieces != batch[0].pieces for each in batch):
            try:
                self.state = self._attempt(home, batch)
            except Refused:
                pass
            else:
                return True
        return self._one_by_one(home)

    def _one_by_one(self, home: str) -> bool:
        before = self.state
        tried: list[Standing] = []
        for _ in range(TRIES):
            left = (each for each in self._repairs(home) if not self._was_tried(each.found, tried))
            first = next(iter(sorted(left, key=lambda each: each.place)), None)
            if first is None:
                break
            twins = [each for each in self._repairs(home) if each.pieces == first.pieces]
            at = [self._standing(self.state, each.found) for each in twins]
            steps = len(self.state.steps)
            try:
                self.state = self._attempt(home, twins)
            except Refused as error:
                tried += at
                for each in twins:
                    self._refuse(home, each.found, str(error))
            for pieces in self.state.steps[steps:]:
                tried = [each.after(pieces) for each in tried]
        return self.state is not before

    def _attempt(self, home: str, repairs: Sequence[Repair]) -> State:
        """The state with some repairs made, and with those of what they bring in their turn; raises `Refused`.

        They are worth it when each finding that was repaired is gone and none is new that is serious, or that a
        second run would repair.
        """
        state, steps, path = self.state, list[_Step](), repairs[0].found.path
        while True:
            steps.append(self._step(state, repairs))
            state = self.bench.edited(state, home, steps[-1].pieces)
            kept, new = self._difference(state, home, steps)
            if kept:
                raise Refused(f"would leave {self._called(state, kept[0], path)}")
            brought = [each for each in new if each.finding.severity is not Severity.INFO or self._is_allowed(each)]
            if not brought:
                return self._accepted(state, steps)
            lasting = [each for each in brought if not self._is_allowed(each)]
            if lasting or len(steps) > FOLLOW_UPS:
                raise Refused(f"would bring {self._called(state, (lasting or brought)[0], path)}")
            repairs = compatible(repair(each, partial(self.bench.source, state)) for each in brought)

    def _step(self, state: State, repairs: Sequence[Repair]) -> _Step:
        repaired = [self._standing(state, each.found) for each in repairs]
        places = [self.bench.place_before(state, each.found) for each in repairs]
        return _Step(repairs, repaired, places, together(repairs))

    def _difference(self, state: State, home: str, steps: Sequence[_Step]) -> tuple[list[Found], list[Found]]:
        """Which repaired findings are still there after some steps from the accepted state, and which are new."""
        paths = self.bench.witnesses(home, {file for step in steps for file in step.pieces})
        earlier = found_in(self.bench.linted(self.state, path) for path in paths)
        expected = [self._standing(self.state, each) for each in earlier]
        for step in steps:
            for repaired in step.repaired:
                expected = marked(expected, repaired)
            expected = [each.after(step.pieces) for each in expected]
        now = found_in(self.bench.linted(state, path) for path in paths)
        return compare(expected, now, partial(self.bench.source, state))

    def _accepted(self, state: State, steps: Sequence[_Step]) -> State:
        # What one repair brought and another took away again stands or falls with both.
        whole = frozenset(file for step in steps for file in step.pieces) if len(steps) > 1 else frozenset[str]()
        applied = (
            Applied(each.found.path, row, each.found.finding, whole or frozenset(each.pieces), cell)
            for step in steps
            for each, (cell, row) in zip(step.repairs, step.places, strict=True)
        )
        return replace(state, applied=(*state.applied, *applied))

    def _repairs(self, home: str) -> list[Repair]:
        """The repairs of a file's findings that may be made; one whose edits do not fit is refused."""
        repairs: list[Repair] = []
        for found in filter(self._is_wanted, found_in([self.bench.linted(self.state, home)])):
            try:
                repairs.append(repair(found, partial(self.bench.source, self.state)))
            except Refused as error:
                self._refuse(home, found, str(error))
        return repairs

    def _refuse(self, home: str, found: Found, reason: str) -> None:
        cell, row = self.bench.place(self.state, found)
        _, was = self.bench.place_before(self.state, found)
        self.refusals[home].append(Refusal(found, row, was, reason, cell))

    def _standing(self, state: State, found: Found) -> Standing:
        return standing(found, self.bench.source(state, found.path))

    def _was_tried(self, found: Found, tried: Sequence[Standing]) -> bool:
        here = self._standing(self.state, found)
        return any(each.covers(here) for each in tried)

    def _is_wanted(self, found: Found) -> bool:
        return found.finding.code in self.codes and self._is_allowed(found)

    def _is_allowed(self, found: Found) -> bool:
        return found.finding.fix is not None and found.finding.fix.is_allowed(self.unsafe)

    def _called(self, state: State, found: Found, path: str) -> str:
        """A finding of a state as the reason to refuse another one, that stands in the file `path`."""
        cell, row = self.bench.place(state, found)
        line = f"cell {cell}, line {row}" if cell else f"line {row}"
        place = line if found.path == path else f"{found.path}:{row}"
        return f"{found.finding.code} {found.finding.name} at {place}"
