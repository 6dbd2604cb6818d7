"""Reading einsum and einops patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass

ELLIPSIS = "..."


@dataclass(frozen=True, slots=True)
class Einsum:
    """An einsum pattern: the letters of each operand and of the output, `...` among them."""

    inputs: tuple[tuple[str, ...], ...]
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """An einops pattern: groups of names, one a axis; a lone name is a group of one, `1` and `()` are empty ones."""

    left: tuple[tuple[str, ...], ...]
    right: tuple[tuple[str, ...], ...]


def parse_einsum(pattern: str, named: bool = False) -> Einsum | None:
    """Read `bhid,bhjd->bhij`; with `named`, axes are words with spaces between them. None where it is malformed."""
    left, arrow, right = pattern.partition("->")
    inputs = []
    for side in left.split(","):
        letters = _letters(side, named)
        if letters is None:
            return None
        inputs.append(letters)
    output = _letters(right, named) if arrow else _implicit(inputs)
    if output is None or "->" in right or "," in right:
        return None
    known = {letter for letters in inputs for letter in letters}
    if len(set(output)) != len(output) or not set(output) <= known | {ELLIPSIS}:
        return None
    return Einsum(tuple(inputs), output)


def _letters(side: str, named: bool) -> tuple[str, ...] | None:
    words = side.replace(ELLIPSIS, f" {ELLIPSIS} ").split()
    letters: list[str] = []
    for word in words:
        if word == ELLIPSIS or (named and re.fullmatch(r"[A-Za-z_]\w*", word)):
            letters.append(word)
        elif not named and word.isalpha():
            letters.extend(word)
        else:
            return None
    return tuple(letters) if letters.count(ELLIPSIS) < 2 else None


def _implicit(inputs: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Without an arrow: the axes of the ellipsis, then the letters that occur once, in the order of the alphabet."""
    every = [letter for letters in inputs for letter in letters]
    once = sorted(letter for letter in set(every) if letter != ELLIPSIS and every.count(letter) == 1)
    return (*((ELLIPSIS,) if ELLIPSIS in every else ()), *once)


def parse_side(side: str) -> tuple[tuple[str, ...], ...] | None:
    """Read one side of an einops pattern, such as `b n (h d)`; None where it is malformed."""
    groups: list[tuple[str, ...]] = []
    tokens = re.findall(r"\(|\)|\.\.\.|[A-Za-z_]\w*|\d+|\S", side.replace("…", ELLIPSIS))
    inner: list[str] | None = None
    for token in tokens:
        if token == "(":
            if inner is not None:
                return None
            inner = []
        elif token == ")":
            if inner is None:
                return None
            groups.append(tuple(inner))
            inner = None
        elif token != ELLIPSIS and not re.fullmatch(r"\w+", token):
            return None
        elif inner is not None:
            if token != "1":
                inner.append(token)
        else:
            groups.append(() if token == "1" else (token,))
    return None if inner is not None else tuple(groups)


def parse_rearrange(pattern: str) -> Rearrangement | None:
    """Read `b n (h d) -> b h n d`; None where it is malformed."""
    sides = pattern.split("->")
    if len(sides) != 2:
        return None
    left, right = parse_side(sides[0]), parse_side(sides[1])
    return None if left is None or right is None else Rearrangement(left, right)
