"""Arithmetic on what is no tensor: sizes, constants, strings and lists."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from attnlint import dims
from attnlint.dims import Answer, Dim, equal
from attnlint.names import kind_of
from attnlint.tensor import Tensor
from attnlint.values import (
    Choice,
    Const,
    Mapping,
    Seq,
    Size,
    Unknown,
    Value,
    as_bool,
    as_dim,
    as_int,
    is_none,
)  # fmt: skip

_PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow, "and": operator.and_,
    "or": operator.or_, "xor": operator.xor, "lshift": operator.lshift, "rshift": operator.rshift,
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip


# Names of counts that are as often names of what is counted.
_ARRAYS = frozenset("tokens words positions src tgt trg sequence seq".split())


def is_number(value: Value) -> bool:
    """Whether a value is, or by its name must be, a number rather than a tensor."""
    match value:
        case Size():
            return True
        case Const(constant):
            return isinstance(constant, int | float)
        case Unknown():
            if value.tensor is not None:
                return False
            named = len(value.name) > 1 and bool(kind_of(value.name)) and value.name.lower() not in _ARRAYS
            return value.size is not None or named or value.annotation in {"int", "float", "constructor"}
        case Choice(options):
            return all(is_number(option) or is_none(option) for option in options)
        case _:
            return False


def could_be_tensor(value: Value) -> bool:
    """Whether a value may be an array."""
    if isinstance(value, Choice):
        return any(could_be_tensor(option) for option in value.options)
    return isinstance(value, Tensor) or (isinstance(value, Unknown) and not is_number(value))


def arithmetic(op: str, one: Value, other: Value) -> Value | None:
    """The result of an operator on two values that are no tensors; None where it cannot be said."""
    if isinstance(one, Seq) or isinstance(other, Seq):
        return _on_lists(op, one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping) and op == "or":
        return Mapping({**one.items, **other.items}, one.open or other.open)
    if isinstance(one, Const) and isinstance(other, Const) and not _plain(one, other):
        return _constants(op, one, other)
    left, right = as_dim(one), as_dim(other)
    if left is None or right is None:
        return _mixed(op, one, other)
    result = _on_dims(op, left, right)
    return None if result is None else Size(result)


def compare(op: str, one: Value, other: Value) -> bool | None:
    """The truth of a comparison of values that are no tensors; None where it cannot be told."""
    if op in {"is", "is not"} or is_none(one) or is_none(other):
        answer = _is(one, other)
        return answer if answer is None or op in {"is", "eq"} else (not answer if op in {"is not", "ne"} else None)
    if op in {"in", "not in"}:
        found = _contains(one, other)
        return found if op == "in" or found is None else not found
    if isinstance(one, Const) and isinstance(other, Const):
        result = _constants(op, one, other)
        return as_bool(result) if result is not None else None
    if isinstance(one, Size) and isinstance(other, Size):
        answer2 = equal(one.dim, other.dim)
        if op in {"eq", "ne"}:
            return None if answer2 is Answer.MAYBE else (answer2 is Answer.YES) == (op == "eq")
        mine, theirs = one.dim.number, other.dim.number
        if mine is not None and theirs is not None:
            return bool(_PYTHON[op](mine, theirs))
    return None


def _plain(*values: Const) -> bool:
    return all(isinstance(v.value, float) and abs(v.value) < 1e15 and v.value == v.value for v in values)


def _constants(op: str, one: Const, other: Const) -> Value | None:
    if (
        op not in _PYTHON
        or not isinstance(one.value, int | float | str)
        or not isinstance(other.value, int | float | str)
    ):
        return Const(one.value == other.value) if op == "eq" else None
    try:
        return Const(_PYTHON[op](one.value, other.value))
    except (TypeError, ValueError, ArithmeticError):
        return None


def _mixed(op: str, one: Value, other: Value) -> Value | None:
    """A size with an infinite or huge constant: the constant's kind of result."""
    mine, theirs = _float(one), _float(other)
    if mine is None or theirs is None or op not in _PYTHON:
        return None
    try:
        return Const(_PYTHON[op](mine, theirs))
    except (TypeError, ValueError, ArithmeticError):
        return None


def _float(value: Value) -> float | None:
    if isinstance(value, Const) and isinstance(value.value, int | float):
        return float(value.value)
    number = value.dim.number if isinstance(value, Size) else None
    return None if number is None else float(number)


def _on_dims(op: str, one: Dim, other: Dim) -> Dim | None:
    match op:
        case "add":
            return one + other
        case "sub":
            return one - other
        case "mul":
            return one * other
        case "div":
            return one / other if other.terms else None
        case "floordiv":
            return one // other if other.terms else None
        case "pow":
            exponent = other.number
            if exponent is None or abs(exponent) > 16:
                return dims.unknown("a power")
            return one.power(Fraction(exponent).limit_denominator(1000))
        case "mod":
            mine, theirs = one.number, other.number
            if mine is not None and theirs:
                return dims.const(mine % theirs)
            return dims.unknown("a remainder")
        case "lshift" | "rshift" | "and" | "or" | "xor":
            mine, theirs = one.value, other.value  # type: ignore[assignment]
            if mine is not None and theirs is not None and 0 <= theirs < 64:
                return dims.const(_PYTHON[op](mine, theirs))
    return None


def _on_lists(op: str, one: Value, other: Value) -> Value | None:
    if isinstance(one, Seq) and isinstance(other, Seq) and op == "add":
        if one.many or other.many:
            return Seq([*(one.items or other.items)][:1], one.kind, many=True)
        return Seq([*one.items, *other.items], one.kind)
    if op == "add":
        # A part of a shape that is not known, before or behind sizes that are.
        items: list[Value] = []
        for side in (one, other):
            items.extend(side.items if isinstance(side, Seq) and not side.many else [Seq([], many=True)])
        return Seq(items)
    if op == "mul":
        listed, times = (one, other) if isinstance(one, Seq) else (other, one)
        assert isinstance(listed, Seq)
        count = as_int(times)
        if count is not None and 0 <= count * len(listed.items) <= 64 and not listed.many:
            return Seq(listed.items * count, listed.kind)
        return Seq(listed.items[:1], listed.kind, many=True)
    return None


def _is(one: Value, other: Value) -> bool | None:
    if is_none(other):
        one, other = other, one
    if not is_none(one):
        if isinstance(one, Const) and isinstance(other, Const):
            return one.value == other.value
        if isinstance(one, Size) and isinstance(other, Size) and equal(one.dim, other.dim) is Answer.YES:
            return True
        return None
    if is_none(other):
        return True
    if isinstance(other, Choice):
        return None if any(is_none(option) for option in other.options) else False
    if isinstance(other, Tensor):
        return None if other.maybe_none else False
    return None if isinstance(other, Unknown) else False


def _contains(item: Value, container: Value) -> bool | None:
    if isinstance(container, Mapping) and isinstance(item, Const) and isinstance(item.value, str):
        return True if item.value in container.items else (None if container.open else False)
    if isinstance(container, Seq) and not container.many:
        answers = [compare("eq", item, other) for other in container.items]
        if any(answer is True for answer in answers):
            return True
        return False if all(answer is False for answer in answers) else None
    if isinstance(container, Const) and isinstance(container.value, str) and isinstance(item, Const):
        return isinstance(item.value, str) and item.value in container.value
    return None
