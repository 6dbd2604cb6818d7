"""Reports of earlier runs, kept by what they rest on: a changed file makes those that depend on it be linted again.

A report rests on the file's own bytes, on those of the project's other files that its trace went into, on where each
of its imports led, on the rules that were asked, on what the project says of its code, and on attnlint itself. It has
the severities that the rules gave: those of a configuration are put in their place in each run, so no report is served
under another configuration.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from attnlint import __version__
from attnlint.assumptions import NOTHING, Assumptions
from attnlint.filed import FileReport, as_data, from_data
from attnlint.project import Uses, resolve
from attnlint.rule import Rule
from attnlint.source import overlay, version

FOLDER = ".attnlint_cache"
_TAG = "CACHEDIR.TAG"
# The mark by which backup tools know a cache: https://bford.info/cachedir
_MARK = "Signature: 8a477f597d28d172789f06886806bc55\n# Reports of attnlint, safe to delete.\n"


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of reports. What cannot be read or written there is linted anew, without a word."""

    folder: Path

    def look_up(
        self, path: str, data: bytes, rules: Sequence[Rule], assumptions: Assumptions = NOTHING
    ) -> FileReport | None:
        """The report of an earlier run on these bytes, where nothing that it rests on has changed."""
        try:
            kept = json.loads(self._place(path).read_bytes())
            if kept["key"] == _key(data, rules, assumptions) and _stands(kept):
                return from_data(kept["report"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return None

    def keep(
        self,
        path: str,
        data: bytes,
        rules: Sequence[Rule],
        report: FileReport,
        uses: Uses,
        assumptions: Assumptions = NOTHING,
    ) -> None:
        """Write a report down, whole or not at all."""
        files = {other: _digest_of(other) for other in sorted(uses.files)}
        imports = [[dotted, importer, found] for (dotted, importer), found in sorted(uses.imports.items())]
        kept = {"key": _key(data, rules, assumptions), "files": files, "imports": imports, "report": as_data(report)}
        try:
            self._prepare()
            place = self._place(path)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as file:
                json.dump(kept, file, default=_plain)
            os.replace(file.name, place)
        except OSError:
            return

    def _place(self, path: str) -> Path:
        # Reports name paths as the user gave them, seen from the folder that the run began in.
        name = "\0".join((os.path.abspath(path), path, os.getcwd()))
        return self.folder / f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"

    def _prepare(self) -> None:
        if not (self.folder / _TAG).is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
            (self.folder / _TAG).write_text(_MARK, encoding="utf-8")


def clean(folder: Path) -> int:
    """Delete the reports of a cache, and the folder when nothing else is in it; how many there were."""
    if not (folder / _TAG).is_file():
        return 0
    kept = list(folder.glob("*.json"))
    for file in (*kept, *folder.glob("tmp*"), folder / ".gitignore", folder / _TAG):
        file.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return len(kept)


def _stands(kept: dict[str, Any]) -> bool:
    """Whether every other file is as it was, and every import leads where it led."""
    if any(_digest_of(path) != digest for path, digest in kept["files"].items()):
        return False
    for dotted, importer, led in kept["imports"]:
        found = resolve(dotted, importer)
        if (found[0] if found is not None else None) != led:
            return False
    return True


def _key(data: bytes, rules: Sequence[Rule], assumptions: Assumptions) -> str:
    asked = ",".join(sorted(rule.code for rule in rules))
    assumed = "" if assumptions == NOTHING else repr(assumptions)
    return "|".join((_self(), asked, assumed, hashlib.sha256(data).hexdigest()))


def _digest_of(path: str) -> str | None:
    data = overlay(path)
    if data is not None:
        return hashlib.sha256(data).hexdigest()
    try:
        return _digest(path, version(path))
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _digest(path: str, now: tuple[int, ...]) -> str:
    del now
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def _self() -> str:
    """This attnlint and this Python: a change of either may change what is found."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    own = hashlib.sha256()
    for file in files:
        stat = file.stat()
        own.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return f"{__version__} {own.hexdigest()[:16]} {sys.version_info[:2]}"


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else str(value)
