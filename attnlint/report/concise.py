"""One line for each finding, as editors and `grep` like them: `path:row:column: CODE name [severity] message`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attnlint.filed import FileReport


def concise(reports: Iterable[FileReport], unsafe: bool = False) -> Iterator[str]:
    """The lines of the report; `[*]` marks what `--fix` would repair, as ruff's users know it."""
    for report in reports:
        for each in report.diagnostics:
            place = f"{report.path}:{each.span.row}:{each.span.column}"
            message = " ".join(each.message.split())
            mark = "[*] " if each.fix and each.fix.is_allowed(unsafe) else ""
            yield f"{place}: {each.code} {each.name} [{each.severity.value}] {mark}{message}"


def fault_line(report: FileReport) -> str:
    """The line for a file that could not be linted, or was left out; empty for any other."""
    fault = report.fault
    if fault is None:
        return ""
    place = f"{report.path}:{fault.row}" if fault.row else report.path
    kind = {"skipped": "note: ", "missing": ""}.get(fault.kind, f"{fault.kind}: ")
    return f"{place}: {kind}{fault.message}"
