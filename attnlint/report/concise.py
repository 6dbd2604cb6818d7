"""One line for each finding, as editors and `grep` like them: `path:row:column: CODE name [severity] message`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attnlint.diagnostic import Diagnostic
from attnlint.filed import FileReport
from attnlint.report.message import one_line
from attnlint.report.place import place

NO_URLS: Mapping[str, str] = {}


def concise(reports: Iterable[FileReport], unsafe: bool = False, urls: Mapping[str, str] = NO_URLS) -> Iterator[str]:
    """The lines of the report; `[*]` marks what `--fix` would repair, as ruff's users know it.

    Codes of rules that have one of the `urls` are links to it.
    """
    for report in reports:
        for each in report.diagnostics:
            code = _linked(each.code, urls.get(each.code))
            yield f"{report.path}:{place(each.span)}: {headline(each, unsafe, code)}"


def headline(each: Diagnostic, unsafe: bool, code: str = "") -> str:
    """What a line says of a finding behind its place; `code` is how the rule's code is written, if not as it is."""
    mark = "[*] " if each.fix and each.fix.is_allowed(unsafe) else ""
    return f"{code or each.code} {each.name} [{each.severity.value}] {mark}{one_line(each.message)}"


def _linked(text: str, url: str | None) -> str:
    """A text as a terminal's link: https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda"""
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if url else text


def fault_line(report: FileReport) -> str:
    """The line for a file that could not be linted, or was left out; empty for any other."""
    fault = report.fault
    if fault is None:
        return ""
    at = f"{report.path}:{fault.row}" if fault.row else report.path
    kind = {"skipped": "note: ", "missing": ""}.get(fault.kind, f"{fault.kind}: ")
    return f"{at}: {kind}{fault.message}"
