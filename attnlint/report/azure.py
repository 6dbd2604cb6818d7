"""Findings as logging commands of Azure Pipelines, which its summary of a run lists as issues.

The command and its properties:
https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands#logissue-log-an-error-or-warning
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attnlint.diagnostic import Severity
from attnlint.filed import FileReport
from attnlint.report.message import explained
from attnlint.report.place import file_line

# Azure knows no third kind of issue.
_TYPES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "warning"}


def azure(reports: Iterable[FileReport]) -> Iterator[str]:
    """One command for each finding; Azure shows no code, so the message begins with it.

    A finding in a notebook stands on the line of its JSON, without a column, and its message names the cell.
    """
    for report in reports:
        for each in report.diagnostics:
            given = {
                "type": _TYPES[each.severity],
                "sourcepath": report.path,
                "linenumber": file_line(report, each.span),
            }
            if not each.span.cell:
                given["columnnumber"] = each.span.column
            given["code"] = each.code
            properties = ";".join(f"{name}={_property(str(value))}" for name, value in given.items())
            text = f"{each.code} {each.name}: {explained(each, report.path)}"
            yield f"##vso[task.logissue {properties}]{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
