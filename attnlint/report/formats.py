"""The formats of a report: which function writes each, and who reads it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from attnlint.filed import FileReport


@dataclass(frozen=True, slots=True)
class Format:
    """The function that writes a format, as `module.function` below `attnlint.report`.

    It is given reports and returns lines, or a document as one text. `for_people` formats are followed by a summary;
    one that `marks_fixes` is also told whether unsafe ones are allowed.
    """

    writer: str
    for_people: bool = False
    marks_fixes: bool = False


FORMATS: Mapping[str, Format] = {
    "full": Format("full.full", for_people=True),
    "concise": Format("concise.concise", for_people=True, marks_fixes=True),
    "grouped": Format("grouped.grouped", for_people=True, marks_fixes=True),
    "json": Format("json.json_report"),
    "json-lines": Format("json.json_lines"),
    "sarif": Format("sarif.sarif"),
    "junit": Format("junit.junit"),
    "github": Format("github.github"),
    "gitlab": Format("gitlab.gitlab"),
    "azure": Format("azure.azure"),
    "rdjson": Format("rdjson.rdjson"),
    "pylint": Format("pylint.pylint"),
}
READ_BY_PEOPLE = tuple(name for name, each in FORMATS.items() if each.for_people)


def report_lines(reports: Sequence[FileReport], name: str, unsafe: bool = False) -> Iterable[str]:
    """The lines of a report in the format with this name, without colours; its module is imported now."""
    module, _, function = FORMATS[name].writer.partition(".")
    write = getattr(importlib.import_module(f"attnlint.report.{module}"), function)
    written = write(reports, unsafe) if FORMATS[name].marks_fixes else write(reports)
    return [written] if isinstance(written, str) else map(str, written)
