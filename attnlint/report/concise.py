"""One line for each finding, as editors and `grep` like them: `path:row:column: CODE name [severity] message`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attnlint.diagnostic import Diagnostic
from attnlint.filed import FileReport
from attnlint.report.message import one_line
from attnlint.report.place import place


def concise(reports: Iterable[FileReport], unsafe: bool = False) -> Iterator[str]:
    """The lines of the report; `[*]` marks what `--fix` would repair, as ruff's users know it."""
    for report in reports:
        for each in report.diagnostics:
            yield f"{report.path}:{place(each.span)}: {headline(each, unsafe)}"


def headline(each: Diagnostic, unsafe: bool) -> str:
    """What a line says of a finding behind its place."""
    mark = "[*] " if each.fix and each.fix.is_allowed(unsafe) else ""
    return f"{each.code} {each.name} [{each.severity.value}] {mark}{one_line(each.message)}"


def fault_line(report: FileReport) -> str:
    """The line for a file that could not be linted, or was left out; empty for any other."""
    fault = report.fault
    if fault is None:
        return ""
    at = f"{report.path}:{fault.row}" if fault.row else report.path
    kind = {"skipped": "note: ", "missing": ""}.get(fault.kind, f"{fault.kind}: ")
    return f"{at}: {kind}{fault.message}"
