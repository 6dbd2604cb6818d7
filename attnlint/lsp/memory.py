"""What is kept from one keystroke to the next: the traces of definitions that it has nothing to do with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from attnlint.analyse import traces_of
from attnlint.assumptions import NOTHING, Assumptions
from attnlint.index import FileIndex, Part, index
from attnlint.interpret.modules import main_library
from attnlint.interpret.recall import Recall, Root
from attnlint.islands import islands, reaches
from attnlint.patience import go_on
from attnlint.project import Uses, note, resolve, watched
from attnlint.rule import Finding, Rule
from attnlint.source import STDIN, Source, overlay, version
from attnlint.trace import FileText, Question, Trace

Stamp = bytes | tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """The traces of one island, and what they rest on besides its own text."""

    about: object
    parts: tuple[Part, ...]
    traces: tuple[Trace, ...]
    roots: tuple[Root, ...]
    asked: dict[Question, Hashable]
    stamps: dict[str, Stamp]
    imports: dict[tuple[str, str], str | None]

    def stands(self, now: _Now) -> bool:
        """Whether a fresh trace would be the same: other files are as they were, and all answers about the text."""
        return self.sees(now) and now.agrees(self.asked)

    def sees(self, now: _Now) -> bool:
        """Whether the other files are as they were."""
        return all(now.stamp(path) == stamp for path, stamp in self.stamps.items()) and all(
            now.led(place) == led for place, led in self.imports.items()
        )


@dataclass(slots=True)
class _Now:
    """The state of the world in one look, each question of it asked once."""

    file: FileText
    stamps: dict[str, Stamp] = field(default_factory=dict)
    imports: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def stamp(self, path: str) -> Stamp:
        """What tells a file's content from an earlier one."""
        if path not in self.stamps:
            self.stamps[path] = _stamp(path)
        return self.stamps[path]

    def led(self, place: tuple[str, str]) -> str | None:
        """The file that a dotted name leads to, as seen from a file."""
        if place not in self.imports:
            found = resolve(*place)
            self.imports[place] = found[0] if found is not None else None
        return self.imports[place]

    def agrees(self, asked: dict[Question, Hashable]) -> bool:
        """Whether all questions about the document have the answers that they had."""
        return all(self.file.answer(question) == said for question, said in asked.items())


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a rule found in a trace, and what it asked of the text for that."""

    found: tuple[Finding, ...]
    asked: dict[Question, Hashable]


@dataclass(slots=True)
class Memory:
    """The last version of a document: its parts, and its islands' traces, which move with their parts' rows."""

    whole: FileIndex | None = None
    kept: dict[object, _Kept] = field(default_factory=dict)
    answers: dict[tuple[str, Trace], _Answer] = field(default_factory=dict)
    now: _Now = field(default_factory=lambda: _Now(FileText()))

    def traces(self, source: Source, assumptions: Assumptions = NOTHING) -> list[Trace]:
        """The traces of a version of the document.

        Raises SyntaxError with its place.
        """
        last = self.whole
        whole = self.whole = index(source.text, "" if source.path == STDIN else source.path, last)
        self._take_over(whole.parts, last.parts if last is not None else [])
        kept: dict[object, _Kept] = {}
        now = self.now = _Now(FileText(whole.text, whole.words))
        about = (_about(whole), assumptions)
        earlier = self._roots(about, now)
        for island in islands(whole):
            go_on()
            key = (about, island.is_concerned, *(part.key for part in island.parts))
            before = self.kept.get(key)
            if before is not None and before.stands(now):
                _note(before)
            else:
                before = _traced(island, assumptions, about, earlier)
            kept[key] = self.kept[key] = before
        self.kept = kept
        traces = list(self._all())
        present = set(traces)
        self.answers = {key: found for key, found in self.answers.items() if key[1] in present}
        return traces

    def ask(self, rule: Rule, trace: Trace) -> Iterable[Finding]:
        """What a rule says of a trace; as before, where what it asked of the text has the same answer."""
        key = (rule.code, trace)
        known = self.answers.get(key)
        if known is not None and self.now.agrees(known.asked):
            return known.found
        looks, trace.asked = trace.file.looks, {}
        found = tuple(rule.check(trace))
        if trace.file.looks == looks:
            self.answers[key] = _Answer(found, trace.asked)
        return found

    def _roots(self, about: object, now: _Now) -> Callable[[object], Iterator[Root]]:
        """What finds the roots of the last version by the functions that they began at, as long as they are right."""
        roots: dict[object, list[tuple[Root, _Kept]]] = {}
        for kept in self.kept.values():
            for root in kept.roots if kept.about == about else ():
                roots.setdefault(root.node, []).append((root, kept))

        def earlier(node: object) -> Iterator[Root]:
            for root, kept in roots.get(node, ()):
                if kept.sees(now) and now.agrees(root.asked):
                    _note(kept)
                    yield root

        return earlier

    def _all(self) -> Iterator[Trace]:
        """Every trace, which now speaks of the present text."""
        for kept in self.kept.values():
            for trace in kept.traces:
                trace.file = self.now.file
                yield trace

    def _take_over(self, parts: list[Part], before: list[Part]) -> None:
        """Give the parts that did not change what was parsed of them.

        First those that traces speak of: a version whose look was given up may have parsed the same text again.
        """
        twins: dict[tuple[str, str], list[Part]] = {}
        known = dict.fromkeys([*(part for kept in self.kept.values() for part in kept.parts), *before])
        for part in reversed(known):
            twins.setdefault((part.path, part.text), []).append(part)
        for part in parts:
            alike = twins.get((part.path, part.text))
            if alike:
                part.take_over(alike.pop())


def _note(kept: _Kept) -> None:
    note(Uses(set(kept.stamps), dict(kept.imports)))


def _traced(
    island: FileIndex, assumptions: Assumptions, about: object, earlier: Callable[[object], Iterator[Root]]
) -> _Kept:
    recall = Recall(reaches(island), tuple(part.key for part in island.parts), earlier)
    with watched() as uses:
        traces = traces_of(island, assumptions, recall)
    note(uses)
    asked = {question: said for trace in traces for question, said in trace.asked.items()}
    stamps = {path: _stamp(path) for path in uses.files}
    return _Kept(about, tuple(island.parts), tuple(traces), tuple(recall.roots), asked, stamps, uses.imports)


def _about(whole: FileIndex) -> object:
    """What the traces of an island depend on in the rest of the file, but for single questions of its text."""
    imports = tuple(whole.imports.items())
    return whole.path, imports, whole.assigned, whole.stars, whole.registers, main_library(whole)


def _stamp(path: str) -> Stamp:
    """What tells a file's content from an earlier one."""
    data = overlay(path)
    if data is not None:
        return data
    try:
        return version(path)
    except OSError:
        return None
