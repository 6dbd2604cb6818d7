"""What is kept from one keystroke to the next: definitions whose text did not change are not parsed again."""

from __future__ import annotations

from dataclasses import dataclass, field

from attnlint.analyse import traces_of
from attnlint.index import Part, index
from attnlint.source import STDIN, Source
from attnlint.trace import Trace


@dataclass(slots=True)
class Memory:
    """The parts of a document's last version, by where they stand and what they say."""

    parts: dict[tuple[int, str], Part] = field(default_factory=dict)

    def traces(self, source: Source) -> list[Trace]:
        """The traces of a version of the document.

        Raises SyntaxError with its place.
        """
        now = index(source.text, "" if source.path == STDIN else source.path)
        for part in now.parts:
            twin = self.parts.get((part.first_row, part.text))
            if twin is not None and twin.path == part.path:
                part.block = twin.block
        self.parts = {(part.first_row, part.text): part for part in now.parts}
        return traces_of(now)
