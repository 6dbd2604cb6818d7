"""Lint the fetched packages whole and report what came of it: `python -m benchmarks.run [NAME ...] [--json FILE]`."""

from __future__ import annotations

import argparse
import ast
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from benchmarks.corpus import Package, choose, load_pins
from benchmarks.linting import LintError, lint
from benchmarks.reasons import count_reasons
from benchmarks.record import PackageResult, save
from benchmarks.tables import show


def measure_parse(files: list[Path]) -> tuple[int, float]:
    """The lines of `files`, and the seconds that `ast.parse` takes for them all in this process."""
    lines, seconds = 0, 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in files:
            data = path.read_bytes()
            lines += data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
            started = time.perf_counter()
            with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                ast.parse(data)
            seconds += time.perf_counter() - started
    return lines, seconds


def run_package(package: Package, options: argparse.Namespace) -> PackageResult:
    """Lint one package and measure it."""
    files = package.files()
    if not files:
        raise LintError("not fetched; run `python -m benchmarks.fetch` first")
    lines, parse_seconds = measure_parse(files)
    linted = lint(package.folder, options.jobs)
    if linted.files != len(files):
        raise LintError(f"attnlint reported {linted.files} files of {len(files)}")
    return PackageResult(
        name=package.name,
        version=package.version,
        files=len(files),
        lines=lines,
        seconds=round(linted.seconds, 3),
        parse_seconds=round(parse_seconds, 3),
        faults=linted.faults,
        findings=linted.findings,
        not_understood=count_reasons(files) if options.reasons else None,
    )


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Lint the fetched packages.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these packages")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results for `benchmarks.triage`")
    parser.add_argument("--jobs", type=int, default=0, help="attnlint's processes (default: one for each core)")
    parser.add_argument("--no-reasons", dest="reasons", action="store_false", help="skip the functions not understood")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run; 1 when attnlint failed on a file, 2 when a package could not be linted at all."""
    options = parse_arguments(arguments)
    console = Console(stderr=True, soft_wrap=True)
    results, failed = [], False
    for package in choose(options.names, load_pins()):
        try:
            with console.status(f"linting {package.label}"):
                results.append(run_package(package, options))
        except LintError as error:
            console.print(f"{package.label}: {error}", markup=False, highlight=False)
            failed = True
    if options.reasons and any(result.not_understood is None for result in results):
        console.print("functions not understood are not counted: no attnlint.analyse.unknown_reasons here")
    if options.json:
        save(results, options.json)
    if results:
        show(results, Console())
    if failed:
        return 2
    return 1 if any(result.internal_faults() for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
