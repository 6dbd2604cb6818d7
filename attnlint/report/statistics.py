"""How often each rule spoke."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from attnlint.diagnostic import Diagnostic
from attnlint.filed import FileReport


def statistics(reports: Iterable[FileReport]) -> Iterator[str]:
    """One line for each rule that found something, the most frequent first."""
    counts = _counts(reports)
    width = max((len(str(count)) for _, count in counts), default=0)
    for (code, name, severity), count in counts:
        yield f"{count:>{width}}  {code}  {name} [{severity}]"


def statistics_json(reports: Iterable[FileReport]) -> str:
    """The same as a list of objects."""
    found = [
        {"code": code, "name": name, "severity": severity, "count": count}
        for (code, name, severity), count in _counts(reports)
    ]
    return json.dumps(found, indent=2)


def totals(reports: Iterable[FileReport]) -> str:
    """The last line of a report for people: what was found, in how many files."""
    reports = list(reports)
    found = Counter(each.severity.value for report in reports for each in report.diagnostics)
    read = sum(report.fault is None for report in reports)
    failed = sum(report.fault is not None and report.fault.kind != "skipped" for report in reports)
    unread = f"; {plural(failed, 'file')} could not be linted" if failed else ""
    if not found:
        return f"Found nothing wrong in {plural(read, 'file')}{unread}."
    parts = [plural(found[word], word) for word in ("error", "warning", "info") if found[word]]
    among = sum(bool(report.diagnostics) for report in reports)
    return f"Found {', '.join(parts)} in {among} of {plural(read, 'file')}{unread}."


def fixable(reports: Iterable[FileReport], unsafe: bool = False, was_fixed: bool = False) -> str:
    """The line that says how many findings could be repaired; empty where none could.

    After fixing, what might have been applied and is there still was refused.
    """
    fixes = [each.fix for report in reports for each in report.diagnostics if each.fix is not None]
    now = sum(fix.is_allowed(unsafe) for fix in fixes)
    more = sum(fix.is_allowed(True) for fix in fixes) - now
    if not now or was_fixed:
        return f"{more:,} fixable with --fix --unsafe-fixes." if more else ""
    return f"[*] {now:,} fixable with --fix{f' ({more:,} more with --unsafe-fixes)' if more else ''}."


def _counts(reports: Iterable[FileReport]) -> list[tuple[tuple[str, str, str], int]]:
    counts = Counter(_kind(each) for report in reports for each in report.diagnostics)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _kind(each: Diagnostic) -> tuple[str, str, str]:
    return each.code, each.name, each.severity.value


def plural(count: int, word: str) -> str:
    """A count with its noun."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
