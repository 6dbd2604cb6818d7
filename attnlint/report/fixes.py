"""What fixing did: how many findings it repaired, which, and what it left alone and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attnlint.fixing.fixer import Refusal
from attnlint.fixing.workbench import Applied
from attnlint.report.statistics import plural


def applied_lines(applied: Iterable[Applied]) -> Iterator[str]:
    """Every fix that was applied, by file; rows are those of the file before it was fixed."""
    files: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for each in applied:
        fix = each.finding.fix
        kind = f"{each.finding.code} {each.finding.name}{f': {fix.title}' if fix else ''}"
        files.setdefault(each.path, {}).setdefault(kind, []).append((each.cell, each.row))
    for path, kinds in sorted(files.items()):
        count = sum(map(len, kinds.values()))
        yield f"{path}: {count:,} {'fix' if count == 1 else 'fixes'}:"
        for kind, places in sorted(kinds.items()):
            yield f"- {len(places):,} \N{MULTIPLICATION SIGN} {kind} ({_lines(sorted(places))})"


def _lines(places: Sequence[tuple[int, int]]) -> str:
    if any(cell for cell, _ in places):
        return ", ".join(f"cell {cell}, line {row}" for cell, row in places)
    rows = ", ".join(str(row) for _, row in places)
    return f"{'line' if len(places) == 1 else 'lines'} {rows}"


def fixed_line(applied: Sequence[Applied], remaining: int | None = None, would: bool = False) -> str:
    """How many findings were repaired, in how many files, and how many remain where that is to be said."""
    if would and not applied:
        return "Would fix nothing."
    files = len({path for each in applied for path in (each.files or {each.path})})
    done = f"{'Would fix' if would else 'Fixed'} {plural(len(applied), 'finding')} in {plural(files, 'file')}"
    rest = "" if remaining is None else f"; {remaining:,} {'remains' if remaining == 1 else 'remain'}"
    return f"{done}{rest}."


def refusal_line(refusal: Refusal, written: bool = True) -> str:
    """Why a fix was not applied; its row is that of the file as it is now, or as it was when nothing was written."""
    row = refusal.row if written else refusal.was
    code = refusal.found.finding.code
    cell = f":cell {refusal.cell}" if refusal.cell else ""
    return f"fix of {code} at {refusal.found.path}{cell}:{row} was not applied: it {refusal.reason}"
