"""Hold a run's warnings and errors against the table of verdicts: `python -m benchmarks.triage RESULTS.json`.

Each row of `triage.csv` judges one finding: `true` when the code has the bug, `false` when it has not. The run passes
when every finding is judged and fewer than one false one stands in 50,000 lines.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape

from benchmarks.corpus import HERE
from benchmarks.record import PackageResult, load
from benchmarks.tables import table_of

TABLE = HERE / "triage.csv"
COLUMNS = ["package", "version", "file", "line", "rule", "verdict", "reason"]
PER_LINES = 50_000
ALLOWED = 1.0


class TableError(Exception):
    """The table of verdicts cannot be used as it stands."""


class Key(NamedTuple):
    """What a verdict is about: one rule on one line of one file of one release."""

    package: str
    version: str
    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.package}-{self.version}/{self.file}:{self.line} {self.rule}"


@dataclass(slots=True)
class Tally:
    """The judged findings of one package, or of all."""

    name: str
    lines: int = 0
    true: int = 0
    false: int = 0
    unjudged: int = 0

    @property
    def rate(self) -> float:
        """False warnings and errors per 50,000 lines."""
        if not self.lines:
            return float("inf") if self.false else 0.0
        return self.false * PER_LINES / self.lines

    def add(self, other: Tally) -> None:
        """Count `other` in."""
        self.lines += other.lines
        self.true += other.true
        self.false += other.false
        self.unjudged += other.unjudged


@dataclass(slots=True)
class Judgement:
    """A run held against the table."""

    tallies: list[Tally] = field(default_factory=list)
    total: Tally = field(default_factory=lambda: Tally("all"))
    unjudged: list[Key] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every finding is judged and few enough are false."""
        return not self.unjudged and self.total.rate < ALLOWED


class Row(NamedTuple):
    """One row of the table: a finding, its verdict, None where that is still empty, and the reason for it."""

    key: Key
    verdict: bool | None
    reason: str


def read_rows(path: Path = TABLE) -> list[Row]:
    """The rows of the table; raises `TableError`."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != COLUMNS:
            raise TableError(f"{path.name}: the first line must be {','.join(COLUMNS)}")
        return [_read_row(row, f"{path.name}:{rows.line_num}") for row in rows]


def read_verdicts(path: Path = TABLE) -> dict[Key, bool | None]:
    """The verdict of every row; None where the verdict is still empty."""
    verdicts: dict[Key, bool | None] = {}
    for key, verdict, _ in read_rows(path):
        if verdicts.get(key, verdict) != verdict:
            raise TableError(f"{path.name}: a second and different verdict on {key}")
        verdicts[key] = verdict
    return verdicts


def _read_row(row: dict[str, str], place: str) -> Row:
    """One row, checked."""
    if None in row or None in row.values():
        raise TableError(f"{place}: a row has {len(COLUMNS)} cells (quote a reason that holds a comma)")
    if not row["line"].isdecimal():
        raise TableError(f"{place}: line is {row['line']!r}, not a number")
    if row["verdict"] not in ("true", "false", ""):
        raise TableError(f"{place}: verdict is {row['verdict']!r}, not true or false")
    if row["verdict"] and not row["reason"].strip():
        raise TableError(f"{place}: a verdict needs a reason")
    key = Key(row["package"], row["version"], row["file"], int(row["line"]), row["rule"])
    return Row(key, {"true": True, "false": False, "": None}[row["verdict"]], row["reason"])


def judge(results: list[PackageResult], verdicts: dict[Key, bool | None]) -> Judgement:
    """Hold the warnings and errors of `results` against the verdicts.

    A verdict on a package that this run left out is neither used nor gone.
    """
    judgement = Judgement()
    seen: set[Key] = set()
    for result in results:
        tally = Tally(result.name, result.lines)
        for finding in sorted(result.judged()):
            key = Key(result.name, result.version, finding.file, finding.line, finding.rule)
            verdict = verdicts.get(key)
            tally.true += verdict is True
            tally.false += verdict is False
            tally.unjudged += verdict is None
            if verdict is None and key not in seen:
                judgement.unjudged.append(key)
            seen.add(key)
        judgement.tallies.append(tally)
        judgement.total.add(tally)
    ran = {result.name for result in results}
    judgement.gone = [key for key in verdicts if key.package in ran and key not in seen]
    return judgement


def add_rows(path: Path, keys: Iterable[Key], known: Iterable[Key]) -> int:
    """Append a row without a verdict for each key that has no row yet, and return how many."""
    rows = [[*key, "", ""] for key in sorted(set(keys) - set(known))]
    text = path.read_text(encoding="utf-8")
    with path.open("a", newline="", encoding="utf-8") as file:
        if not text.endswith("\n"):
            file.write("\n")
        csv.writer(file, lineterminator="\n").writerows(rows)
    return len(rows)


def show(judgement: Judgement, console: Console) -> None:
    """Print the lists and the rates."""
    for title, keys in (("no verdict", judgement.unjudged), ("verdict, but no finding", judgement.gone)):
        if keys:
            console.print(f"[bold]{title}[/]: {len(keys)}")
        for key in keys:
            console.print(f"  {escape(str(key))}", highlight=False, soft_wrap=True)
    table = table_of(("package",), ("lines", "true", "false", "no verdict", "false per 50,000 lines"))
    for tally in (*judgement.tallies, judgement.total):
        if tally is judgement.total:
            table.add_section()
        counts = (tally.true, tally.false, tally.unjudged)
        table.add_row(tally.name, f"{tally.lines:,}", *map(str, counts), f"{tally.rate:.2f}")
    console.print(table)
    console.print("passed" if judgement.passed else "failed", style="green" if judgement.passed else "red")


def main(arguments: list[str] | None = None) -> int:
    """Judge a run; 1 when it does not pass, 2 when it cannot be judged."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.triage", description="Judge a run's findings.")
    parser.add_argument("results", type=Path, metavar="RESULTS", help="what `python -m benchmarks.run --json` wrote")
    parser.add_argument("--table", type=Path, default=TABLE, help="the table of verdicts (default: %(default)s)")
    parser.add_argument("--add", action="store_true", help="append a row with an empty verdict for each new finding")
    options = parser.parse_args(arguments)
    try:
        verdicts = read_verdicts(options.table)
        judgement = judge(load(options.results), verdicts)
    except (TableError, OSError, ValueError, KeyError, TypeError) as error:
        print(f"cannot judge {options.results}: {error}", file=sys.stderr)
        return 2
    show(judgement, Console())
    if options.add:
        print(f"{add_rows(options.table, judgement.unjudged, verdicts)} rows added to {options.table.name}")
    return 0 if judgement.passed else 1


if __name__ == "__main__":
    sys.exit(main())
