"""What was found in one file, and the same as plain data that can be written to disk and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fault, Fix, Related, Severity, Span


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found in one file: its diagnostics in order, or the fault that kept it from being linted.

    `lines` is how many lines it has; `excerpt` holds the rows that a report may want to show. `others` are reports of
    the project's other files, on what only this file's way of calling them shows. `rests_on` are the other files that
    its trace went into; `notes` are rows, and what is odd in them about attnlint's own comments. `silencing` are, of a
    report among `others`, the lines whose comments silenced a finding.
    """

    path: str
    diagnostics: tuple[Diagnostic, ...] = ()
    fault: Fault | None = None
    lines: int = 0
    excerpt: Mapping[int, str] = field(default_factory=dict)
    others: tuple[FileReport, ...] = ()
    rests_on: tuple[str, ...] = ()
    notes: tuple[tuple[int, str], ...] = ()
    silencing: tuple[str, ...] = ()


def as_data(report: FileReport) -> dict[str, Any]:
    """The report as JSON can hold it. One with a fault is not for keeping."""
    data = asdict(report)
    del data["fault"]
    return {**data, "others": [as_data(other) for other in report.others]}


def from_data(data: Mapping[str, Any]) -> FileReport:
    """The report that `as_data` wrote.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    return FileReport(
        str(data["path"]),
        tuple(_diagnostic(each) for each in data["diagnostics"]),
        None,
        int(data["lines"]),
        {int(row): str(text) for row, text in data["excerpt"].items()},
        tuple(from_data(other) for other in data["others"]),
        tuple(str(path) for path in data["rests_on"]),
        tuple((int(row), str(text)) for row, text in data["notes"]),
        tuple(str(line) for line in data["silencing"]),
    )


def _diagnostic(data: Mapping[str, Any]) -> Diagnostic:
    fix = data["fix"]
    return Diagnostic(
        **{
            **data,
            "severity": Severity(data["severity"]),
            "span": Span(**data["span"]),
            "related": tuple(Related(**{**each, "span": Span(**each["span"])}) for each in data["related"]),
            "fix": None if fix is None else _fix(fix),
            "alternatives": tuple(_fix(each) for each in data["alternatives"]),
        }
    )


def _fix(data: Mapping[str, Any]) -> Fix:
    edits = tuple(Edit(Span(**each["span"]), str(each["text"]), str(each["path"])) for each in data["edits"])
    return Fix(str(data["title"]), edits, Applicability(data["applicability"]))
