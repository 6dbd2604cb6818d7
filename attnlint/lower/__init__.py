"""Python source to the IR: the only place, with the fixer, that knows libcst."""

from __future__ import annotations

from attnlint import ir
from attnlint.lower.piece import parse_piece
from attnlint.lower.statements import StatementLowering


def lower(text: str, first_row: int, path: str = "") -> ir.Block:
    """Parse and lower consecutive lines of a file, of which the first stands in row `first_row`.

    Raises SyntaxError with its place in the whole file.
    """
    return StatementLowering(parse_piece(text, first_row, path)).module()
