"""What tells a finding from another one in the next run, when the lines above it have changed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from attnlint.diagnostic import Diagnostic
from attnlint.filed import FileReport
from attnlint.report.place import below


def fingerprinted(reports: Iterable[FileReport]) -> Iterator[tuple[FileReport, Diagnostic, str]]:
    """Each finding with its report and its fingerprint.

    It is made of the file as seen from the folder of the run, the rule and the message, and of how many like it stand
    above it: lines that move make no new finding, and two findings never have the same one.
    """
    above: Counter[str] = Counter()
    for report in reports:
        path = (below(report.path) or Path(report.path)).as_posix()
        for each in report.diagnostics:
            same = f"{path}:{each.code}:{each.message}"
            found = hashlib.sha256(f"{same}:{above[same]}".encode("utf-8", "surrogatepass")).hexdigest()
            above[same] += 1
            yield report, each, found
