"""einx's operations: arrays are laid out by their expression, worked on by an ordinary op, and put together again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnlint.interpret.layer_rewrites import REWRITES
from attnlint.interpret.rewrites import Given, listed, rewrite, unknown
from attnlint.ir import Site
from attnlint.ops.notation import ELLIPSIS, parse_side
from attnlint.values import Const, Seq, Value, as_bool, as_str, integer

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

__all__ = ["REWRITES"]

_OWN = frozenset({"pattern", "xs", "by", "keepdims", "backend", "graph"})
_BRACKETED = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class _Expression:
    """The axes of one array: its groups of names, and the names in brackets."""

    groups: tuple[tuple[str, ...], ...]
    marked: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for group in self.groups for name in group)

    @property
    def text(self) -> str:
        return _text(self.groups)

    @property
    def is_flat(self) -> bool:
        return all(len(group) == 1 for group in self.groups)


@dataclass(frozen=True, slots=True)
class _Operation:
    inputs: list[_Expression]
    output: _Expression | None


def _text(groups: tuple[tuple[str, ...], ...]) -> str:
    return " ".join(group[0] if len(group) == 1 else f"({' '.join(group)})" if group else "1" for group in groups)


def _expression(text: str) -> _Expression | None:
    groups = parse_side(text.replace("[", " ").replace("]", " "))
    # `b...` stands for several axes of one name, `[c->d]` and `a + b` for shapes that only einx knows.
    if groups is None or re.search(r"\w\.\.\.|[|+]", text):
        return None
    marked = " ".join(_BRACKETED.findall(text))
    return _Expression(groups, frozenset(re.findall(r"\w+|\.\.\.", marked)))


def _operation(given: Given, count: int) -> _Operation | None:
    """Read the pattern for so many arrays; None where it is not one that is followed."""
    pattern = as_str(given.get("pattern"))
    if pattern is None or re.search(r"\[[^\]]*->", pattern):
        return None
    left, arrow, right = pattern.partition("->")
    sides = left.split(",")
    if len(sides) == 1 and count == 2 and "[" in left:
        # `a [b]` of two arrays is `a b, b`.
        sides = [left.replace("[", " ").replace("]", " "), " ".join(_BRACKETED.findall(left))]
    inputs = [found for found in map(_expression, sides) if found is not None]
    output = _expression(right) if arrow else None
    if len(inputs) != len(sides) or len(inputs) != count or (arrow and output is None):
        return None
    return _Operation(inputs, output)


def _sizes(given: Given) -> dict[str, Value]:
    return {name: value for name, value in given.items() if name not in _OWN}


def _arranged(i: Interpreter, x: Value, left: str, right: str, given: Given, site: Site, text: str) -> Value:
    if " ".join(left.split()) == " ".join(right.split()):
        return x
    return i.m.emit("rearrange", {"x": x, "pattern": Const(f"{left} -> {right}"), **_sizes(given)}, site, text)


def _flat(i: Interpreter, x: Value, one: _Expression, given: Given, site: Site, text: str) -> Value:
    """An array with one axis a name."""
    return x if one.is_flat else _arranged(i, x, one.text, " ".join(one.names), given, site, text)


def _composed(
    i: Interpreter, x: Value, names: tuple[str, ...], output: _Expression, given: Given, site: Site, text: str
) -> Value:
    return _arranged(i, x, " ".join(names), output.text, given, site, text)


@rewrite("einx_rearrange")
def einx_rearrange(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """Axes moved, cut and fused by name."""
    xs = listed(given, "xs") or []
    read = _operation(given, len(xs))
    if read is None or read.output is None or len(xs) != 1:
        return unknown(i, given, site, text, "the pattern is not followed")
    return _arranged(i, xs[0], read.inputs[0].text, read.output.text, given, site, text)


@rewrite("einx_dot")
def einx_dot(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A sum of products over the names that the output lacks."""
    xs = listed(given, "xs") or []
    read = _operation(given, len(xs))
    if read is None or not xs:
        return unknown(i, given, site, text, "the pattern is not followed")
    flat = [_flat(i, x, one, given, site, text) for x, one in zip(xs, read.inputs, strict=True)]
    names = [name for one in read.inputs for name in one.names if name not in one.marked]
    output = read.output or _Expression(tuple((name,) for name in dict.fromkeys(names)), frozenset())
    left = ", ".join(" ".join(one.names) for one in read.inputs)
    pattern = Const(f"{left} -> {' '.join(output.names)}")
    made = i.m.emit("einsum", {"xs": Seq(flat), "pattern": pattern, "named": Const(True)}, site, text)
    return _composed(i, made, output.names, output, given, site, text)


@rewrite("einx_reduce")
def einx_reduce(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A reduction over the names in brackets, or over those that the output lacks."""
    xs = listed(given, "xs") or []
    read = _operation(given, len(xs))
    if read is None or len(xs) != 1:
        return unknown(i, given, site, text, "the pattern is not followed")
    one = read.inputs[0]
    keep = as_bool(given.get("keepdims")) is True
    left = [tuple(name for name in group if name not in one.marked) for group in one.groups]
    right = read.output.text if read.output else _text(tuple(group for group in left if group or keep))
    pattern = Const(f"{one.text} -> {right}")
    args = {"x": xs[0], "pattern": pattern, "reduction": given["by"], **_sizes(given)}
    return i.m.emit("einops_reduce", args, site, text)


@rewrite("einx_along")
def einx_along(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """An op along the axis in brackets, such as a softmax."""
    xs = listed(given, "xs") or []
    read = _operation(given, len(xs))
    one = read.inputs[0] if read is not None and len(xs) == 1 else None
    places = [place for place, name in enumerate(one.names) if name in one.marked] if one else []
    if read is None or one is None or not places or ELLIPSIS in one.names[places[0] :]:
        return unknown(i, given, site, text, "the pattern is not followed")
    flat = _flat(i, xs[0], one, given, site, text)
    axes: list[Value] = [integer(place - len(one.names)) for place in places]
    axis = axes[0] if len(axes) == 1 else Seq(axes)
    made = i.m.emit(str(as_str(given["by"])), {"x": flat, "axis": axis}, site, text)
    return _composed(i, made, one.names, read.output or one, given, site, text)


@rewrite("einx_elementwise")
def einx_elementwise(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """An op element by element, its arrays broadcast by name."""
    xs = listed(given, "xs") or []
    read = _operation(given, len(xs))
    if read is None or len(xs) < 2:
        return unknown(i, given, site, text, "the pattern is not followed")
    widest = max(read.inputs, key=lambda one: len(one.names))
    output = read.output or widest
    if any(not set(one.names) <= set(output.names) for one in read.inputs):
        return unknown(i, given, site, text, "the pattern is not followed")
    laid = [
        _spread(i, x, one, output.names, given, site, text) if one.names else x
        for x, one in zip(xs, read.inputs, strict=True)
    ]
    by = str(as_str(given["by"]))
    if by == "where":
        made = i.m.emit(by, dict(zip(("cond", "a", "b"), laid, strict=False)), site, text)
    else:
        made = laid[0]
        for other in laid[1:]:
            made = i.m.emit(by, {"a": made, "b": other}, site, text)
    return _composed(i, made, output.names, output, given, site, text)


def _spread(
    i: Interpreter, x: Value, one: _Expression, names: tuple[str, ...], given: Given, site: Site, text: str
) -> Value:
    """An array with its axes in the output's order, and axes of size 1 for the names that it has not."""
    right = " ".join(name if name in one.names else "1" for name in names)
    return _arranged(i, x, one.text, right, given, site, text)
