"""One top-level piece of a file: parsed by libcst when it is asked for, and able to tell where its nodes stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import libcst as cst
from libcst.metadata.position_provider import PositionProvidingCodegenState

from attnlint.diagnostic import Span


@dataclass(frozen=True, slots=True)
class _Recorder:
    """What libcst's code generation state writes positions into."""

    _computed: dict[cst.CSTNode, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Piece:
    """Consecutive lines of a file that parse by themselves; `first_row` is the row of the first one."""

    text: str
    first_row: int
    path: str
    module: cst.Module
    _positions: dict[cst.CSTNode, Any] | None = None

    def span(self, node: object) -> Span:
        """The place of a node in the whole file.

        Positions are recorded for the whole piece at the first question: most pieces are never asked.
        """
        if self._positions is None:
            recorder = _Recorder()
            state = PositionProvidingCodegenState(
                default_indent=self.module.default_indent,
                default_newline=self.module.default_newline,
                provider=recorder,  # type: ignore[arg-type]
            )
            self.module._codegen(state)
            self._positions = recorder._computed
        place = self._positions[node]  # type: ignore[index]
        first = self.first_row - 1
        return Span(place.start.line + first, place.start.column + 1, place.end.line + first, place.end.column + 1)


@lru_cache(maxsize=256)
def _parse(text: str) -> cst.Module:
    return cst.parse_module(text)


def parse_piece(text: str, first_row: int, path: str = "") -> Piece:
    """Parse lines of a file.

    Raises SyntaxError with the place in the whole file.
    """
    try:
        return Piece(text, first_row, path, _parse(text))
    except cst.ParserSyntaxError as error:
        wrong = SyntaxError(error.message)
        wrong.lineno = error.raw_line + first_row - 1
        wrong.offset = error.raw_column + 1
        raise wrong from None
