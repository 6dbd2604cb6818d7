"""What one run over the packages found, and its form on disk."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

JUDGED = ("error", "warning")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding; `file` is relative to the package's folder and written with slashes."""

    file: str
    line: int
    rule: str
    severity: str
    message: str = ""


@dataclass(frozen=True, slots=True, order=True)
class FileFault:
    """One file that could not be linted, for a reason other than its syntax; `detail` may hold a traceback."""

    file: str
    kind: str
    message: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PackageResult:
    """What one package gave.

    `seconds` is attnlint's wall clock, `parse_seconds` that of `ast.parse` over the same files in one process.
    `not_understood` counts the reasons why functions were not understood; it is None when that was not asked.
    """

    name: str
    version: str
    files: int
    lines: int
    seconds: float
    parse_seconds: float
    faults: list[FileFault] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    not_understood: dict[str, int] | None = None

    @property
    def ratio(self) -> float:
        """How many times as long as `ast.parse` attnlint took."""
        return self.seconds / self.parse_seconds if self.parse_seconds else float("nan")

    def severities(self) -> Counter[str]:
        """The findings counted by severity."""
        return Counter(finding.severity for finding in self.findings)

    def internal_faults(self) -> int:
        """How many files attnlint itself failed on."""
        return sum(fault.kind == "internal" for fault in self.faults)

    def judged(self) -> list[Finding]:
        """The findings that the triage table must judge: warnings and errors."""
        return [finding for finding in self.findings if finding.severity in JUDGED]


def save(results: list[PackageResult], path: Path) -> None:
    """Write the results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"packages": [asdict(result) for result in results]}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def load(path: Path) -> list[PackageResult]:
    """Read what `save` wrote."""
    return [_package(entry) for entry in json.loads(path.read_text(encoding="utf-8"))["packages"]]


def _package(entry: dict[str, Any]) -> PackageResult:
    """One package's result from its JSON object."""
    faults = [FileFault(**fault) for fault in entry.pop("faults")]
    findings = [Finding(**finding) for finding in entry.pop("findings")]
    return PackageResult(**entry, faults=faults, findings=findings)
