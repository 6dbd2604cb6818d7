"""Findings that a file's trace made in the project's other files: brought to the report of the file they stand in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from attnlint.diagnostic import Diagnostic, Related
from attnlint.source import Source, Unreadable, decode, overlay, read_source, version
from attnlint.suppress import suppress


def with_code(diagnostic: Diagnostic) -> Diagnostic:
    """The finding with the text of each row of evidence that stands in another file."""
    if not any(related.path for related in diagnostic.related):
        return diagnostic
    return replace(diagnostic, related=tuple(_quoted(related) for related in diagnostic.related))


def by_file(diagnostics: Iterable[Diagnostic]) -> list[tuple[Source, list[Diagnostic]]]:
    """Findings in other files with these files, those left out that a comment there silences."""
    found: dict[str, list[Diagnostic]] = {}
    for each in diagnostics:
        found.setdefault(each.path, []).append(each)
    pairs = []
    for path, here in found.items():
        source = _read(path)
        if source is not None:
            pairs.append((source, suppress(source, [replace(each, path="") for each in here])))
    return pairs


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
