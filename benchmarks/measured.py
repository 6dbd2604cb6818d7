"""Keep what the last judged run measured, for the rules' pages: `python -m benchmarks.measured RESULTS.json COMMIT`."""

from __future__ import annotations

import argparse
import datetime
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus import HERE, load_pins
from benchmarks.record import PackageResult, load
from benchmarks.triage import TABLE, TableError, judge, read_verdicts

MEASURED = HERE / "measured.toml"


class Unfit(Exception):
    """A run that says less than all packages, all of them judged, would say."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of one package was linted."""

    name: str
    version: str
    files: int
    lines: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A run over all pinned packages whose every warning and error has its verdict in `triage.csv`.

    `commit` is the one that holds these verdicts, `date` the day of it.
    """

    date: str
    commit: str
    packages: tuple[Size, ...]

    @property
    def files(self) -> int:
        """The files of all packages."""
        return sum(package.files for package in self.packages)

    @property
    def lines(self) -> int:
        """The lines of all packages."""
        return sum(package.lines for package in self.packages)


def measured(results: Sequence[PackageResult], commit: str, date: str, table: Path = TABLE) -> Measured:
    """What a run measured; raises `Unfit` where packages are missing, and where run and verdicts do not agree."""
    ran = {(result.name, result.version) for result in results}
    missing = [package.label for package in load_pins() if (package.name, package.version) not in ran]
    if missing:
        raise Unfit(f"not in this run: {', '.join(missing)}")
    judgement = judge(list(results), read_verdicts(table))
    for what, keys in (("no verdict on", judgement.unjudged), ("a verdict, but no finding:", judgement.gone)):
        if keys:
            raise Unfit(f"{what} {keys[0]}" + (f" and {len(keys) - 1} more" if len(keys) > 1 else ""))
    sizes = (Size(result.name, result.version, result.files, result.lines) for result in results)
    return Measured(date, commit, tuple(sizes))


def read_measured(path: Path = MEASURED) -> Measured:
    """What `write_measured` wrote."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return Measured(data["date"], data["commit"], tuple(Size(**package) for package in data["package"]))


def write_measured(run: Measured, path: Path = MEASURED) -> None:
    """Write a run down as TOML."""
    head = "# The last judged run over all packages. `python -m benchmarks.measured` writes it; triage.csv judges it.\n"
    blocks = [f'{head}\ndate = "{run.date}"\ncommit = "{run.commit}"\n']
    for each in run.packages:
        name = f'name = "{each.name}"\nversion = "{each.version}"'
        blocks.append(f"[[package]]\n{name}\nfiles = {each.files}\nlines = {each.lines}\n")
    path.write_text("\n".join(blocks), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Keep a run; 2 when it is not fit to be kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measured", description="Keep what a run measured.")
    parser.add_argument("results", type=Path, metavar="RESULTS", help="what `python -m benchmarks.run --json` wrote")
    parser.add_argument("commit", metavar="COMMIT", help="the commit that was run and judged")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    parser.add_argument("--date", default=today, help="the day of the verdicts (default: today)")
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"[0-9a-f]{7,40}", options.commit):
        parser.error(f"{options.commit!r} is no commit")
    try:
        write_measured(measured(load(options.results), options.commit, options.date))
    except (Unfit, TableError, OSError, ValueError, KeyError, TypeError) as error:
        print(f"cannot keep {options.results}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
