"""Sections of a page that show a mistake: their code stands alone, where all other code of a page goes together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MISTAKE = re.compile(
    r"\b(?:mistakes?|pitfalls?|bugs?|gotchas?|footguns?|anti-?patterns?|wrong|incorrect|bad|don[\u2019']?ts?|forgetting"
    r"|common (?:errors?|problems?))\b|\u274c|\u2717",
    re.I,
)
# What stands between the code that is wrong and the code that is right.
_TURN = re.compile(
    r"\b(?:wrong|bad|incorrect|fix(?:ed)?|correct(?:ly)?|right|good|better|instead|solution|add)\b", re.I
)
# What calls the code below a line wrong, and a comment in it.
_CALLED_WRONG = re.compile(r"\b(?:wrong(?:ly)?|bad|incorrect(?:ly)?)\b|\u274c|\u2717|^\W*don[\u2019']?t\b", re.I)
_COMMENT = re.compile(
    r"#\s*(?:(?:wrong|bad|incorrect)\b|don[\u2019']?t(?: do\b|\W*$))|#.*(?:\u274c|\u2717|\b(?-i:WRONG|BAD)\b)", re.I
)
# What may stand between a block and the line that it is introduced by: fences, options, directives and comments.
_FENCE = re.compile(r"\s*(?:>\s*)*(?:```|~~~)")
_BETWEEN = re.compile(r"\s*(?:>\s*)*(?:$|:[\w-]+:|#\||([=~^-])\1{2,}\s*$|\.\.\s|<!--)")


def is_lesson(lines: Sequence[str], first: int, rows: Sequence[str], section: int) -> bool:
    """Whether a block of a page is called a mistake: by its section, the line above it or the first comment in it.

    `first` is the row of the page, from 1, on which the block's `rows` begin.
    """
    commented = next((row for row in rows if "#" in row), "")
    return bool(section or _COMMENT.search(commented) or _CALLED_WRONG.search(_above(lines, first)))


def _above(lines: Sequence[str], first: int) -> str:
    """The line of text that a block stands below; empty where that is another block."""
    fences = 0
    margin = _margin(lines[first - 1])
    for line in reversed(lines[: first - 1]):
        fences += bool(_FENCE.match(line))
        if fences > 1:
            return ""
        if not _FENCE.match(line) and not _BETWEEN.match(line):
            # Without fences, what is as far in as the block is the code of another one.
            return line if fences or _margin(line) < max(margin, 1) else ""
    return ""


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


@dataclass(frozen=True, slots=True)
class Section:
    """Where in a page one is: `number` is that of the section that stands alone, 0 where none does; `level` its own."""

    number: int = 0
    level: int = 0
    count: int = 0

    def entered(self, level: int, title: str) -> Section:
        """The section below a heading. A page that is about mistakes as a whole, by its first level, is not one."""
        if self.number and level > self.level:
            return self.said(title)
        if level > 1 and _MISTAKE.search(title):
            return Section(self.count + 1, level, self.count + 1)
        return Section(0, level, self.count)

    def said(self, text: str) -> Section:
        """The section below a line of text: in one on a mistake, what is wrong and its repair stand apart."""
        return Section(self.count + 1, self.level, self.count + 1) if self.number and _TURN.search(text) else self
