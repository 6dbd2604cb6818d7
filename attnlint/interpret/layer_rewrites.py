"""Layers that are several ops, take a list, or carry out another layer or a function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.interpret.rewrites import REWRITES, Given, listed, rewrite, unknown
from attnlint.ir import Site
from attnlint.ops import OPS
from attnlint.ops.axes import anonymous
from attnlint.ops.create import sized
from attnlint.ops.signature import as_tensor
from attnlint.tensor import Axis, Shape, Tensor
from attnlint.values import (
    NONE,
    Const,
    Layer,
    Mapping,
    Seq,
    Size,
    Value,
    as_bool,
    as_int,
    as_str,
    integer,
    is_none,
)  # fmt: skip

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

__all__ = ["REWRITES"]

_PER_POSITION = frozenset({"linear", "dropout", "norm", "identity", "activated", "einsum_dense"})
_EINSUM = re.compile(r"^(\.\.\.)?(\w+),(\w+)->(\.\.\.)?(\w+)$")


@rewrite("attention_layer")
def attention_layer(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A whole attention: without keys these are the values, and the weights come only when they are asked for."""
    args = {name: value for name, value in given.items() if name != "pair"}
    if "pair" in given:
        pair = listed(given, "pair")
        if pair is None or len(pair) < 2:
            return unknown(i, given, site, text, "what attends to what is not known")
        args.update(zip(("q", "v", "k"), pair, strict=False))
    if is_none(args.get("k")):
        args["k"] = args.get("v", NONE)
    result = i.m.emit("mha", args, site, text)
    if isinstance(result, Seq) and as_bool(args.get("need_weights")) is not True:
        return result.items[0]
    return result


@rewrite("masked_softmax")
def masked_softmax(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A softmax that takes a mask of what to keep: everything else is blocked first."""
    x, mask = given.get("x", NONE), given.get("mask")
    if mask is not None and not is_none(mask):
        blocked = i.m.emit("not", {"x": mask}, site, text)
        x = i.m.emit("masked_fill", {"x": x, "mask": blocked, "value": Const(float("-inf"))}, site, text)
    return i.m.emit("softmax", {"x": x, "axis": given.get("axis", integer(-1))}, site, text)


@rewrite("activated")
def activated(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """An activation by its name, or by a function."""
    kind, x = given.get("activation", NONE), given.get("x", NONE)
    name = as_str(kind)
    if name == "softmax":
        return i.m.emit("softmax", {"x": x, "axis": integer(-1)}, site, text)
    if name is not None:
        return i.m.emit(name if name in OPS else "activation", {"x": x}, site, text)
    return i.calls.call(kind, [x], {}, site) if not is_none(kind) else x


@rewrite("einsum_dense")
def einsum_dense(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A product with a weight that the layer makes: sizes that the input lacks come from the output's shape."""
    found = _EINSUM.match((as_str(given.get("pattern")) or "").replace(" ", ""))
    x = as_tensor(given.get("x"))
    if found is None or x is None:
        return unknown(i, given, site, text, "the pattern of the product is not known")
    _, mine, weights, _, out = found.groups()
    if not found.group(1) and x.shape.open:
        x.learn(Shape(tuple(anonymous() for _ in mine)))
    axes: dict[str, Axis] = {}
    for place, letter in enumerate(reversed(mine)):
        known = x.shape.at(-1 - place)
        axes[letter] = known if known is not None else anonymous()
    output = given.get("output")
    sizes = list(output.items) if isinstance(output, Seq) else [output] if output is not None else []
    for letter, size in zip(reversed(out), reversed(sizes), strict=False):
        if letter not in axes:
            axes[letter] = sized(size)
    kernel = i.m.input("kernel", site, Shape(tuple(axes.get(letter) or anonymous() for letter in weights)), layer=True)
    kernel.param = True
    pattern = Const(found.group(0))
    return i.m.emit("einsum", {"pattern": pattern, "xs": Seq([x, kernel])}, site, text)


def _batch(x: Tensor | None) -> Value:
    one = x.shape.axes[0] if x is not None and not x.shape.open and x.shape.axes else None
    return Size(one.size if one is not None else dims.unknown("the batch"), "batch")


@rewrite("reshape_rest")
def reshape_rest(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A reshape that leaves the batch alone."""
    x, sizes = as_tensor(given.get("x")), listed(given, "sizes")
    if x is None or sizes is None:
        return unknown(i, given, site, text, "the sizes of the view are not known")
    return i.m.emit("reshape", {"x": x, "sizes": Seq([_batch(x), *sizes])}, site, text)


@rewrite("permute_rest")
def permute_rest(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A permutation that leaves the batch alone and counts the others from 1."""
    order = listed(given, "perm")
    if order is None:
        return unknown(i, given, site, text, "the order of the axes is not known")
    return i.m.emit("permute", {"x": given.get("x", NONE), "perm": Seq([integer(0), *order])}, site, text)


@rewrite("repeat_vector")
def repeat_vector(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """One vector a batch entry, repeated along a new axis 1."""
    wide = i.m.emit("expand_dims", {"x": given.get("x", NONE), "axis": integer(1)}, site, text)
    repeats = Seq([integer(1), given.get("count", NONE), integer(1)])
    return i.m.emit("tile", {"x": wide, "repeats": repeats}, site, text)


@rewrite("called")
def called(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A function as a layer."""
    del text
    extra = given.get("arguments")
    named = dict(extra.items) if isinstance(extra, Mapping) else {}
    return i.calls.call(given.get("function", NONE), [given.get("x", NONE)], named, site)


@rewrite("rescaled")
def rescaled(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A factor, and something added to that."""
    product = i.m.emit("mul", {"a": given.get("x", NONE), "b": given.get("factor", integer(1))}, site, text)
    offset = given.get("offset")
    return product if offset is None else i.m.emit("add", {"a": product, "b": offset}, site, text)


@rewrite("each_step")
def each_step(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A layer on each position: followed where it works on the last axis alone."""
    inner = given.get("layer")
    if isinstance(inner, Layer) and (inner.kind in _PER_POSITION or inner.kind in {"relu", "activation"}):
        return i.calls.call(inner, [given.get("x", NONE)], {}, site)
    return unknown(i, given, site, text, "a layer on each position is not followed")


@rewrite("both_ways")
def both_ways(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A recurrent layer in both directions, whose outputs lie behind each other."""
    inner = given.get("layer")
    if not isinstance(inner, Layer) or inner.kind != "rnn" or as_str(given.get("merge_mode")) not in {None, "concat"}:
        return unknown(i, given, site, text, "a layer in both directions is not followed")
    return i.m.emit("rnn", {**inner.config, "x": given.get("x", NONE), "bidirectional": Const(True)}, site, text)


def _over_space(i: Interpreter, op: str, given: Given, site: Site, text: str) -> Value:
    axes = Seq([integer(1 + number) for number in range(as_int(given.get("dims")) or 1)])
    keepdims = given.get("keepdims", Const(False))
    return i.m.emit(op, {"x": given.get("x", NONE), "axis": axes, "keepdims": keepdims}, site, text)


@rewrite("spatial_mean")
def spatial_mean(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """The mean over everything between the batch and the channels."""
    return _over_space(i, "mean", given, site, text)


@rewrite("spatial_max")
def spatial_max(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """The maximum over everything between the batch and the channels."""
    return _over_space(i, "max", given, site, text)


def _channels_last(i: Interpreter, op: str, given: Given, site: Site, text: str) -> Value:
    """An op on channels in front of the space, for one with the channels at the end."""
    x, spatial = as_tensor(given.get("x")), as_int(given.get("dims")) or 1
    args = {**given, "padding": given.get("padding", Const("valid"))}
    mode = as_str(args["padding"])
    if mode == "valid":
        args["padding"] = integer(0)
    elif mode == "causal":
        args["padding"] = Const("same")
    if x is None or x.shape.rank not in {None, spatial + 2}:
        return unknown(i, given, site, text, "its input is no stack of channels")
    forth = Seq([integer(n) for n in (0, spatial + 1, *range(1, spatial + 1))])
    back = Seq([integer(n) for n in (0, *range(2, spatial + 2), 1)])
    front = i.m.emit("permute", {"x": x, "perm": forth}, site, text)
    result = i.m.emit(op, {**args, "x": front}, site, text)
    return i.m.emit("permute", {"x": result, "perm": back}, site, text)


@rewrite("conv_last")
def conv_last(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """A convolution with the channels at the end."""
    return _channels_last(i, "conv", given, site, text)


@rewrite("pool_last")
def pool_last(i: Interpreter, given: Given, site: Site, text: str) -> Value:
    """Pooling with the channels at the end."""
    return _channels_last(i, "pool", given, site, text)
