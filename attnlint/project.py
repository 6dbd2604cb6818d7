"""The other files of a project: which file an import means, found by looking and never by importing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from attnlint.index import FileIndex, index
from attnlint.source import Unreadable, decode, overlay, read_bytes, version

# How far above a file the root of its imports is looked for, and how large a file may be to be followed into.
MAX_LEVELS = 4
LARGEST = 400_000


@dataclass(slots=True)
class Uses:
    """What was asked of the project's other files: the files that were read, and where each import led.

    `imports` are by the dotted name and the file that has it; what led nowhere is there too, with None. What was
    `found` is not looked for again while they are watched.
    """

    files: set[str] = field(default_factory=set)
    imports: dict[tuple[str, str], str | None] = field(default_factory=dict)
    found: dict[tuple[str, str], tuple[str, str] | None] = field(default_factory=dict, repr=False)


_WATCHED: ContextVar[Uses | None] = ContextVar("uses", default=None)


@contextmanager
def watched() -> Iterator[Uses]:
    """Note what is asked of the project while this lasts."""
    uses = Uses()
    before = _WATCHED.set(uses)
    try:
        yield uses
    finally:
        _WATCHED.reset(before)


def note(uses: Uses) -> None:
    """Count what was asked earlier, or inside of another watch, as asked now."""
    now = _WATCHED.get()
    if now is not None:
        now.files |= uses.files
        now.imports |= uses.imports


def resolve(dotted: str, importer: str) -> tuple[str, str] | None:
    """The file that a dotted name leads into, as seen from a file, and what is left of the name behind it.

    A relative name begins with its dots, as in `.layers.Attention`. None for what is no file of the project.
    """
    if not importer:
        return None
    uses = _WATCHED.get()
    if uses is None:
        return _resolved(dotted, importer)
    key = (dotted, importer)
    if key not in uses.found:
        found = uses.found[key] = _resolved(dotted, importer)
        uses.imports[key] = found[0] if found is not None else None
    return uses.found[key]


def _resolved(dotted: str, importer: str) -> tuple[str, str] | None:
    names = dotted.lstrip(".")
    level = len(dotted) - len(names)
    folder = Path(importer).absolute().parent
    if level:
        roots = [folder.parents[level - 2] if level > 1 else folder] if level - 1 <= len(folder.parents) else []
    else:
        above = [folder, *list(folder.parents)[:MAX_LEVELS]]
        # Scripts beside a `src` folder import what is in it.
        roots = [*above, *(root / "src" for root in above)]
    parts = names.split(".") if names else []
    for root in roots:
        found = _within(root, parts, allow_root=bool(level))
        if found is not None:
            path, rest = found
            return _as_given(path, importer), ".".join(rest)
    return None


_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w.]+))", re.M)


def uses_project(text: str, path: str) -> bool:
    """Whether a file imports another one of its project."""
    for match in _IMPORT.finditer(text):
        found = resolve(match[1] or match[2], path)
        if found is not None and os.path.abspath(found[0]) != os.path.abspath(path):
            return True
    return False


def _within(root: Path, parts: list[str], allow_root: bool) -> tuple[str, list[str]] | None:
    """The deepest module below a folder that the names lead to; at least one name must be a file or package."""
    # Text, not `Path`: most imports lead nowhere, and are looked for in a dozen folders.
    current = str(root)
    best: tuple[str, list[str]] | None = None
    if allow_root and os.path.isfile(init := os.path.join(current, "__init__.py")):
        best = (init, parts)
    for used, name in enumerate(parts, 1):
        package = os.path.join(current, name)
        if os.path.isfile(module := f"{package}.py"):
            return module, parts[used:]
        if not os.path.isdir(package):
            break
        if os.path.isfile(init := os.path.join(package, "__init__.py")):
            best = (init, parts[used:])
        current = package
    # An import names a module and at most one thing in it.
    return best if best is not None and len(best[1]) <= 1 else None


def _as_given(path: str, importer: str) -> str:
    """A path in the user's manner: relative where the file that imports it was named so."""
    return path if os.path.isabs(importer) else os.path.relpath(path)


def indexed(path: str) -> FileIndex | None:
    """The parts of another file; None where it cannot be read, is too large, or is not Python that can be parsed."""
    uses = _WATCHED.get()
    if uses is not None:
        uses.files.add(path)
    data = overlay(path)
    if data is not None:
        return _indexed_from(path, data) if len(data) <= LARGEST else None
    try:
        now = version(path)
        return _indexed(path, now) if os.path.getsize(path) <= LARGEST else None
    except OSError:
        return None


@lru_cache(maxsize=512)
def _indexed(path: str, now: tuple[int, ...]) -> FileIndex | None:
    del now
    try:
        return _index(path, read_bytes(path))
    except Unreadable:
        return None


# Contents of the overlay are told apart by themselves: they have no time of change.
@lru_cache(maxsize=64)
def _indexed_from(path: str, data: bytes) -> FileIndex | None:
    return _index(path, data)


def _index(path: str, data: bytes) -> FileIndex | None:
    try:
        return index(decode(path, data).text, path)
    except (Unreadable, SyntaxError, RecursionError, ValueError):
        return None
