"""Findings as GitLab's code quality report, which a merge request shows beside the changed lines.

The shape and its severities: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from attnlint.diagnostic import Severity
from attnlint.filed import FileReport

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def gitlab(reports: Iterable[FileReport]) -> str:
    """A list with one object for each finding.

    Its fingerprint is made of the file, the rule and the message, and of how many like it stand above it: lines that
    move make no new finding, and two findings never have the same one.
    """
    found = []
    above: Counter[str] = Counter()
    for report in reports:
        path = Path(report.path).as_posix()
        for each in report.diagnostics:
            same = f"{path}:{each.code}:{each.message}"
            fingerprint = hashlib.sha256(f"{same}:{above[same]}".encode("utf-8", "surrogateescape")).hexdigest()
            above[same] += 1
            found.append(
                {
                    "description": each.message,
                    "check_name": f"{each.code} {each.name}",
                    "fingerprint": fingerprint,
                    "severity": _SEVERITIES[each.severity],
                    "location": {
                        "path": path,
                        "positions": {
                            "begin": {"line": each.span.row, "column": each.span.column},
                            "end": {"line": each.span.end_row, "column": each.span.end_column},
                        },
                    },
                }
            )
    return json.dumps(found, indent=2)
