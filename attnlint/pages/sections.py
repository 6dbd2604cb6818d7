"""Sections of a page that show a mistake: their code stands alone, where all other code of a page goes together."""

from __future__ import annotations

import re
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
