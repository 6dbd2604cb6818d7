"""Calls that stand for one or more ops in another form: flags that transpose, axes without the batch, lists to merge.

A spelling may name a rewrite in place of an op. What it records are ops that everybody else knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.interpret.binding import ancestors_of
from attnlint.interpret.numbers import could_be_tensor
from attnlint.ir import Site
from attnlint.ops.create import sized
from attnlint.ops.signature import as_tensor
from attnlint.tensor import Atom, Axis, Shape, Tensor
from attnlint.values import (
    NONE,
    Const,
    Seq,
    ShapeOf,
    Size,
    Unknown,
    Value,
    as_bool,
    as_int,
    as_str,
    integer,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

Given = Mapping[str, Value]
Rewrite = Callable[["Interpreter", Given, Site, str], Value]
REWRITES: dict[str, Rewrite] = {}
_TURNING = {"a": ("transpose_a", "adjoint_a"), "b": ("transpose_b", "adjoint_b")}


def rewrite(name: str) -> Callable[[Rewrite], Rewrite]:
    """Register a rewrite under its name."""

    def register(run: Rewrite) -> Rewrite:
        REWRITES[name] = run
        return run

    return register


def unknown(i: Interpreter, given: Given, site: Site, text: str, reason: str) -> Value:
    """What is not followed, with all that went into it."""
    return i.m.unknown(reason, site, dict(given), text)


def listed(given: Given, name: str) -> list[Value] | None:
    """A list argument whose length is known."""
    value = given.get(name)
    return list(value.items) if isinstance(value, Seq) and not value.many else None


def turned(i: Interpreter, value: Value, site: Site, text: str) -> Value:
    """A value with its last two axes swapped."""
    return i.m.emit("matrix_transpose", {"x": value}, site, text)


@rewrite("appended")
def appended(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """Two arrays one behind the other: a concatenation of both."""
    parts = Seq([given[name] for name in ("a", "b") if name in given])
    axis = {"axis": given["axis"]} if "axis" in given else {}
    return i.m.emit("concat", {"xs": parts, **axis}, site, text)


@rewrite("turned_matmul")
def turned_matmul(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A product whose flags transpose an operand: the transpose, then the product."""
    pair: dict[str, Value] = {}
    for name, flags in _TURNING.items():
        value = given.get(name, NONE)
        for flag in flags:
            if is_none(given.get(flag)):
                continue
            asked = as_bool(given[flag])
            if asked is None:
                return unknown(i, given, site, text, f"whether {flag} holds is not known")
            value = turned(i, value, site, flag) if asked else value
        pair[name] = value
    return i.m.emit("matmul", pair, site, text)


@rewrite("batch_dot")
def batch_dot(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A product of two stacks over an axis of each; of matrices one pair a batch entry."""
    pair = listed(given, "pair") or [given.get("a", NONE), given.get("b", NONE)]
    tensors = [as_tensor(value) for value in pair]
    if len(tensors) != 2 or tensors[0] is None or tensors[1] is None:
        return unknown(i, given, site, text, "what it multiplies is not known")
    ranks = [3 if tensor.rank is None and len(tensor.axes) <= 3 else tensor.rank for tensor in tensors if tensor]
    axes = _two_axes(given.get("axes"), ranks)
    if ranks != [3, 3] or axes is None or not {*axes} <= {1, 2}:
        return unknown(i, given, site, text, "a product of stacks that are no matrices is not followed")
    states = [tensor for tensor, axis in zip(tensors, axes, strict=True) if tensor and axis == 1 and tensor.shape.open]
    if axes[0] != axes[1] and states and not any(_are_weights(tensor) for tensor in tensors if tensor):
        # Axis 1 is the last one of a state, and the positions' of a sequence.
        return unknown(i, given, site, text, "whether it multiplies matrices or vectors is not known")
    left, right = pair
    left = turned(i, left, site, text) if axes[0] == 1 else left
    right = turned(i, right, site, text) if axes[1] == 2 else right
    return i.m.emit("bmm", {"a": left, "b": right}, site, text)


def _are_weights(tensor: Tensor) -> bool:
    return any(op.name == "softmax" for op in ancestors_of(tensor))


def _two_axes(value: Value | None, ranks: list[int | None]) -> list[int] | None:
    """The axis of each operand; without any the last of one and the last but one of the other."""
    if is_none(value):
        return [2, 1]
    items = list(value.items) if isinstance(value, Seq) else [value, value]
    found = [as_int(item) for item in items]
    if len(found) != 2:
        return None
    known = [(axis, rank or 0) for axis, rank in zip(found, ranks, strict=True) if axis is not None]
    return [axis + rank if axis < 0 else axis for axis, rank in known] if len(known) == 2 else None


@rewrite("band")
def band(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A matrix cut to a band around its diagonal: a negative count keeps that whole triangle."""
    lower, upper = as_int(given.get("lower")), as_int(given.get("upper"))
    x = given.get("x", NONE)
    if lower is None and upper is None:
        return i.m.emit("identity", {"x": x}, site, text)
    if lower is not None and lower < 0 and upper is not None and upper < 0:
        return i.m.emit("identity", {"x": x}, site, text)
    if lower is not None and lower < 0:
        return i.m.emit("tril", {"x": x, "k": given.get("upper", integer(0))}, site, text)
    below = integer(-lower) if lower is not None else Unknown("a band's width")
    cut = i.m.emit("triu", {"x": x, "k": below}, site, text)
    if upper is not None and upper < 0:
        return cut
    return i.m.emit("tril", {"x": cut, "k": given.get("upper", integer(0))}, site, text)


@rewrite("converted")
def converted(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A cast; a number stays the number that it is."""
    x = given.get("x", NONE)
    return i.m.emit("cast", dict(given), site, text) if could_be_tensor(x) or isinstance(x, Seq) else x


@rewrite("converted_list")
def converted_list(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """An array from what is given; a number stays the number that it is, a shape a shape."""
    data = given.get("data", NONE)
    return data if isinstance(data, Size | Const | ShapeOf) else i.m.emit("array", dict(given), site, text)


@rewrite("shape_of")
def shape_of(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A tensor's shape by a function."""
    tensor = as_tensor(given.get("x"))
    return ShapeOf(tensor) if tensor is not None else unknown(i, given, site, text, "the shape of what is no tensor")


@rewrite("concat_arrays")
def concat_arrays(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """Arrays joined along an axis; of shapes the sizes of all."""
    items = listed(given, "xs") or []
    if items and all(isinstance(item, Seq | ShapeOf) for item in items) and not any(_has_tensor(x) for x in items):
        laid = [i.shape_items(item) for item in items]
        return Seq([one for item in laid for one in (item.items if isinstance(item, Seq) else [item])], "list")
    return i.m.emit("concat", dict(given), site, text)


@rewrite("stack_arrays")
def stack_arrays(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """Arrays joined along a new axis; of sizes a shape."""
    items = listed(given, "xs")
    if items and all(isinstance(item, Size) for item in items):
        return Seq(items, "list")
    return i.m.emit("stack", dict(given), site, text)


def _has_tensor(value: Value) -> bool:
    return isinstance(value, Seq) and any(could_be_tensor(item) for item in value.items)


@rewrite("split_up")
def split_up(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A number of equal parts, or parts of the sizes of a list."""
    parts = given.get("parts", NONE)
    named = "sizes" if isinstance(parts, Seq) else "sections"
    return i.m.emit("split", {"x": given.get("x", NONE), named: parts, "axis": given["axis"]}, site, text)


@rewrite("unstacked")
def unstacked(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """One part a position; of a shape its sizes."""
    x = given.get("x", NONE)
    return x if isinstance(x, ShapeOf | Seq) else i.m.emit("unbind", dict(given), site, text)


@rewrite("sequence_mask")
def sequence_mask(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """Which positions lie before each length: a comparison of positions with lengths."""
    size = given.get("size")
    stop = size if size is not None and not is_none(size) else Size(dims.unknown("the longest length"), "seq_len")
    positions = i.m.emit("arange", {"start": stop}, site, text)
    lengths = i.m.emit("expand_dims", {"x": given.get("lengths", NONE), "axis": integer(-1)}, site, text)
    return i.m.emit("lt", {"a": positions, "b": lengths}, site, text)


@rewrite("model_input")
def model_input(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """An input of a model that is put together from layers: its shape is given without the batch."""
    tensor = given.get("tensor")
    if tensor is not None and not is_none(tensor):
        return tensor
    name = as_str(given.get("name")) or text
    whole, rest = listed(given, "whole"), listed(given, "shape")
    if whole is None and rest is None:
        return i.m.input(name, site, parameter=True)
    sizes = whole[1:] if whole is not None else rest or []
    batch = Axis((Atom(dims.unknown("the batch"), "batch"),))
    return i.m.input(name, site, Shape((batch, *(sized(size) for size in sizes))), parameter=True)


@rewrite("merged")
def merged(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """Several tensors combined one after the other by the same operator."""
    items, by = listed(given, "xs"), as_str(given.get("by")) or "add"
    if not items:
        return unknown(i, given, site, text, "what it merges is not known")
    result = items[0]
    for item in items[1:]:
        result = i.m.emit(by, {"a": result, "b": item}, site, text)
    return result
