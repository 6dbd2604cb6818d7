"""Files as SARIF names them: by URIs that are relative to the folder of the run where they stand below it.

Sections 3.4 and 3.14.14 of SARIF 2.1.0:
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote_from_bytes

from attnlint.report.place import below
from attnlint.source import STDIN

ROOT = "%SRCROOT%"


def root_uri() -> str:
    """The folder of the run, with the slash at its end that SARIF wants of a base."""
    return Path.cwd().as_uri().removesuffix("/") + "/"


def artifact(path: str) -> dict[str, str]:
    """The artifactLocation of a file; standard input has its name and no base."""
    if path == STDIN:
        return {"uri": STDIN}
    inside = below(path)
    if inside is None:
        return {"uri": Path(os.path.abspath(path)).as_uri()}
    return {"uri": quote_from_bytes(os.fsencode(inside.as_posix())), "uriBaseId": ROOT}
