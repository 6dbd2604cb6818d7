"""Findings that a file's trace made in the project's other files: brought to the report of the file they stand in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from attnlint.diagnostic import Diagnostic, Related
from attnlint.source import Source, Unreadable, decode, overlay, read_source, version
from attnlint.suppress import suppress


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another file, what was found in it and is not silenced there, and the lines whose comments silence the rest."""

    source: Source
    found: tuple[Diagnostic, ...]
    silencing: tuple[str, ...]


def with_code(diagnostic: Diagnostic) -> Diagnostic:
    """The finding with the text of each row of evidence that stands in another file."""
    if not any(related.path for related in diagnostic.related):
        return diagnostic
    return replace(diagnostic, related=tuple(_quoted(related) for related in diagnostic.related))


def by_file(diagnostics: Iterable[Diagnostic]) -> list[Elsewhere]:
    """Findings in other files by these files; those that a comment there silences apart."""
    found: dict[str, list[Diagnostic]] = {}
    for each in diagnostics:
        found.setdefault(each.path, []).append(each)
    files = []
    for path, here in found.items():
        source = _read(path)
        if source is not None:
            sorted_out = suppress(source, [replace(each, path="") for each in here])
            rows = {directive.row for _, by in sorted_out.silenced for directive in by}
            lines = tuple(source.line(row).strip() for row in sorted(rows))
            files.append(Elsewhere(source, sorted_out.left, lines))
    return files


def _quoted(related: Related) -> Related:
    source = _read(related.path) if related.path else None
    return related if source is None else replace(related, code=source.line(related.span.row).strip())


def _read(path: str) -> Source | None:
    data = overlay(path)
    try:
        return decode(path, data) if data is not None else _kept(path, version(path))
    except (OSError, Unreadable):
        return None


@lru_cache(maxsize=64)
def _kept(path: str, now: tuple[int, ...]) -> Source:
    del now
    return read_source(path)
