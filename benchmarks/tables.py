"""The report of a run, as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.record import PackageResult

SEVERITIES = ("error", "warning", "info")
REASONS_SHOWN = 25


def show(results: list[PackageResult], console: Console) -> None:
    """Print everything that `results` hold, but the single findings and the tracebacks."""
    for title, table in (
        ("size and time", _times(results)),
        ("what came of it", _outcomes(results)),
        ("findings by rule", _rules(results)),
    ):
        console.print(f"\n[bold]{title}[/]", table, sep="\n")
    counted = [result.not_understood for result in results if result.not_understood is not None]
    if counted:
        reasons = sum(map(Counter[str], counted), Counter[str]())
        console.print(f"\n[bold]functions not understood[/]: {reasons.total():,}", _reasons(reasons), sep="\n")
    for result in results:
        for fault in result.faults:
            place = f"{result.name}-{result.version}/{fault.file}"
            console.print(f"[red]{fault.kind} fault[/] {escape(f'{place}: {fault.message}')}", soft_wrap=True)


def total(results: list[PackageResult]) -> PackageResult:
    """All packages as if they were one."""
    return PackageResult(
        name="all",
        version="",
        files=sum(result.files for result in results),
        lines=sum(result.lines for result in results),
        seconds=sum(result.seconds for result in results),
        parse_seconds=sum(result.parse_seconds for result in results),
        faults=[fault for result in results for fault in result.faults],
        findings=[finding for result in results for finding in result.findings],
    )


def table_of(labels: tuple[str, ...], numbers: Iterable[str]) -> Table:
    """An empty table with columns for words, then columns for numbers."""
    table = Table(*labels)
    for column in numbers:
        table.add_column(column, justify="right")
    return table


def _times(results: list[PackageResult]) -> Table:
    """Size and time of each package and of all."""
    table = table_of(("package",), ("files", "lines", "seconds", "lines/s", "/ ast.parse"))
    for result in results:
        table.add_row(f"{result.name} {result.version}", *_time(result))
    table.add_section()
    table.add_row("all", *_time(total(results)))
    return table


def _time(result: PackageResult) -> tuple[str, ...]:
    speed = result.lines / result.seconds if result.seconds else float("nan")
    return f"{result.files:,}", f"{result.lines:,}", f"{result.seconds:.1f}", f"{speed:,.0f}", f"{result.ratio:.1f}"


def _outcomes(results: list[PackageResult]) -> Table:
    """Faults and findings of each package and of all."""
    table = table_of(("package",), ("internal faults", "not read", *SEVERITIES))
    for result in results:
        table.add_row(result.name, *_outcome(result))
    table.add_section()
    table.add_row("all", *_outcome(total(results)))
    return table


def _outcome(result: PackageResult) -> tuple[str, ...]:
    internal, severities = result.internal_faults(), result.severities()
    return str(internal), str(len(result.faults) - internal), *(str(severities[name]) for name in SEVERITIES)


def _rules(results: list[PackageResult]) -> Table:
    """The findings of each package and of all, by rule and severity."""
    table = table_of(("package", "rule"), SEVERITIES)
    for result in [*results, total(results)]:
        counts = Counter((finding.rule, finding.severity) for finding in result.findings)
        for rule in sorted({rule for rule, _ in counts}):
            table.add_row(result.name, rule, *(str(counts[rule, name] or "") for name in SEVERITIES))
        table.add_section()
    return table


def _reasons(reasons: Counter[str]) -> Table:
    """The most frequent reasons why functions were not understood."""
    table = table_of(("reason",), ("functions",))
    shown = reasons.most_common(REASONS_SHOWN)
    for reason, count in shown:
        table.add_row(escape(reason), f"{count:,}")
    if len(reasons) > len(shown):
        rest = reasons.total() - sum(count for _, count in shown)
        table.add_section()
        table.add_row(f"{len(reasons) - len(shown)} other reasons", f"{rest:,}")
    return table
