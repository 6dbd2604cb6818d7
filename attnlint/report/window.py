"""The part of a long source line that is shown: what is marked, with `…` where the line goes on."""

from __future__ import annotations

from rich.cells import cell_len

CUT = "…"


def window(line: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """The part of a line around a mark, in at most `room` cells, and the cells before and below the mark."""
    left, right = 0, len(line)
    if cell_len(line.rstrip()) > room:
        left = start if cell_len(line[:end]) >= room else 0
        while left and cell_len(line[left - 1 : start]) <= room // 4:
            left -= 1
        right = _fitting(line, left, room - bool(left))
    shown = CUT * bool(left) + line[left:right] + CUT * (right < len(line))
    return shown, bool(left) + cell_len(line[left:start]), cell_len(line[start : min(end, right)])


def head(line: str, room: int) -> str:
    """The beginning of a line, in at most `room` cells."""
    return window(line, 0, 0, room)[0]


def _fitting(line: str, left: int, room: int) -> int:
    """Where a line is cut on its right, such that a cell is left for the sign of it."""
    if cell_len(line[left:].rstrip()) <= room:
        return len(line)
    right = left
    while cell_len(line[left : right + 1]) < room:
        right += 1
    return right
