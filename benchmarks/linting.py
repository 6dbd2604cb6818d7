"""Lint one package with attnlint's engine, as `attnlint check FOLDER` does, and keep what it says of each file."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from attnlint.engine import Analyse, Options, analyse, check
from attnlint.filed import gathered
from attnlint.pages.kinds import is_page
from attnlint.rule import all_rules
from benchmarks.record import FileFault, Finding


class LintError(Exception):
    """The package could not be linted at all."""


@dataclass(slots=True)
class Linted:
    """What one run of the engine gave, and how long it took; `files` are Python ones, and no notebooks and pages."""

    files: int = 0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    faults: list[FileFault] = field(default_factory=list)


def lint(folder: Path, jobs: int = 0, analyse: Analyse = analyse) -> Linted:
    """Lint everything below `folder` by all rules; `jobs` as in `attnlint.engine.Options`."""
    rules = all_rules()
    if not rules:
        raise LintError("this attnlint has no rules")
    linted = Linted()
    started = time.perf_counter()
    # What other files' traces find in a file is found in it too.
    for report in gathered(check([str(folder)], Options(rules=rules, jobs=jobs), analyse=analyse)):
        file = Path(os.path.relpath(report.path, folder)).as_posix()
        linted.files += not is_page(report.path)
        if report.fault is not None:
            linted.faults.append(FileFault(file, report.fault.kind, report.fault.message, report.fault.detail))
        linted.findings.extend(
            Finding(file, each.span.row, each.name, each.severity.value, each.message) for each in report.diagnostics
        )
    linted.seconds = time.perf_counter() - started
    linted.findings.sort()
    linted.faults.sort()
    return linted
