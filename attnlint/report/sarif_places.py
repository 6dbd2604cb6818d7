"""Files as SARIF names them: by URIs that are relative to the folder of the run where they stand below it.

Sections 3.4 and 3.14.14 of SARIF 2.1.0:
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote_from_bytes

from attnlint.source import STDIN

ROOT = "%SRCROOT%"


def root_uri() -> str:
    """The folder of the run, with the slash at its end that SARIF wants of a base."""
    return Path.cwd().as_uri().removesuffix("/") + "/"


def artifact(path: str) -> dict[str, str]:
    """The artifactLocation of a file; standard input has its name and no base."""
    if path == STDIN:
        return {"uri": STDIN}
    # Without following links: what a user sees as below the folder is below it.
    absolute = Path(os.path.abspath(path))
    if absolute.is_relative_to(Path.cwd()):
        return {"uri": _relative(absolute.relative_to(Path.cwd())), "uriBaseId": ROOT}
    return {"uri": absolute.as_uri()}


def _relative(path: Path) -> str:
    return quote_from_bytes(os.fsencode(path.as_posix()))
