"""What is kept from one keystroke to the next: the traces of definitions that it has nothing to do with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from attnlint.analyse import traces_of
from attnlint.index import FileIndex, Part, index
from attnlint.interpret.modules import main_library
from attnlint.islands import islands
from attnlint.project import Uses, note, resolve, watched
from attnlint.source import STDIN, Source, overlay, version
from attnlint.trace import Trace

Stamp = bytes | tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """The traces of one island, and what they rest on besides its own text."""

    traces: tuple[Trace, ...]
    said: dict[str, bool]
    stamps: dict[str, Stamp]
    imports: dict[tuple[str, str], str | None]

    def stands(self, text: str) -> bool:
        """Whether a fresh trace would be the same: other files are as they were, and so is what is said of the text."""
        return (
            all(_stamp(path) == stamp for path, stamp in self.stamps.items())
            and all(_led(dotted, importer) == led for (dotted, importer), led in self.imports.items())
            and all((re.search(pattern, text) is not None) == answer for pattern, answer in self.said.items())
        )


@dataclass(slots=True)
class Memory:
    """The last version of a document: its parts by where they stand and what they say, and its islands' traces."""

    parts: dict[tuple[int, str], Part] = field(default_factory=dict)
    kept: dict[object, _Kept] = field(default_factory=dict)

    def traces(self, source: Source) -> list[Trace]:
        """The traces of a version of the document.

        Raises SyntaxError with its place.
        """
        whole = index(source.text, "" if source.path == STDIN else source.path)
        self._take_over(whole)
        kept: dict[object, _Kept] = {}
        for island in islands(whole):
            key = _key(island)
            before = self.kept.get(key)
            if before is not None and before.stands(source.text):
                note(Uses(set(before.stamps), dict(before.imports)))
            else:
                before = _traced(island)
            kept[key] = self.kept[key] = before
        self.kept = kept
        return list(self._all(whole))

    def _all(self, whole: FileIndex) -> Iterator[Trace]:
        """Every trace, which now speaks of the present text."""
        for kept in self.kept.values():
            for trace in kept.traces:
                trace.text, trace.words = whole.text, whole.words
                yield trace

    def _take_over(self, whole: FileIndex) -> None:
        """Give the parts that did not change what was parsed of them."""
        for part in whole.parts:
            twin = self.parts.get((part.first_row, part.text))
            if twin is not None and twin.path == part.path:
                part.block = twin.block
        self.parts = {(part.first_row, part.text): part for part in whole.parts}


def _traced(island: FileIndex) -> _Kept:
    with watched() as uses:
        traces = traces_of(island)
    note(uses)
    said = {pattern: answer for trace in traces for pattern, answer in trace.said.items()}
    return _Kept(tuple(traces), said, {path: _stamp(path) for path in uses.files}, uses.imports)


def _key(island: FileIndex) -> object:
    """Everything in the file itself that the traces of an island depend on, but for single questions of its text."""
    return (
        tuple((part.kind, part.name, part.first_row, part.text) for part in island.parts),
        tuple(island.imports.items()),
        island.path,
        island.assigned,
        island.stars,
        island.is_concerned,
        island.registers,
        main_library(island),
    )


def _stamp(path: str) -> Stamp:
    """What tells a file's content from an earlier one."""
    data = overlay(path)
    if data is not None:
        return data
    try:
        return version(path)
    except OSError:
        return None


def _led(dotted: str, importer: str) -> str | None:
    found = resolve(dotted, importer)
    return found[0] if found is not None else None
