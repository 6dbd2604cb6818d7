"""Layers that are made for another width than the heads have: output projections, lists of heads, whole layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from attnlint import dims
from attnlint.attention.heads import context_of, differ_by_heads, show
from attnlint.attention.lineage import ancestors, consumers, contracted_axis, is_carrier, operands
from attnlint.attention.products import is_query_key
from attnlint.attention.sites import AttentionSite
from attnlint.dims import Answer, Dim
from attnlint.ir import Site
from attnlint.tensor import Axis
from attnlint.trace import OpCall, Trace
from attnlint.values import Layer, as_dim

DEFAULTS = " with the defaults that are given here"


LAYERS = frozenset(
    """mha transformer transformer_encoder transformer_encoder_layer transformer_decoder
    transformer_decoder_layer""".split()
)


@dataclass(frozen=True, eq=False, slots=True)
class WrongWidth:
    """A layer that does not fit the heads: where, how, and whether it is certain for all sizes a caller may give.

    `sizes` are what the layer was made for and what the heads have; where `heads` says so, a number of heads and the
    width that it does not divide. `split` is a reshape whose last size is the wrong one.
    """

    site: Site
    text: str
    advice: str
    certain: bool = True
    related: tuple[tuple[Site, str], ...] = ()
    sizes: tuple[Dim | None, Dim | None] = (None, None)
    heads: bool = False
    split: OpCall | None = None


def of_projection(op: OpCall, mixes: dict[OpCall, AttentionSite]) -> Iterator[WrongWidth]:
    """An output projection that is made for another width than the heads have together."""
    if not op.notes.get("projection") and op.name != "linear":
        yield from of_pair(op)
        return
    taken, expected = op.tensor("x"), op.notes.get("expected")
    found = op.notes.get("found")
    pair = op.notes.get("contracted")
    if op.name != "linear" and op.notes.get("projection") and isinstance(pair, tuple) and all(pair):
        taken = op.tensor("a")
        found, expected = (axis.size if isinstance(axis, Axis) else None for axis in pair)
    if taken is None or not isinstance(found, Dim) or not isinstance(expected, Dim):
        return
    one_head = differ_by_heads(found, expected)
    if dims.equal_by_default(found, expected) is not Answer.NO and not one_head:
        return
    mix = context_of(taken, mixes)
    if mix is None or any("mismatch" in step.notes for step in ancestors(taken, is_carrier, 30)):
        return
    by_default = dims.equal(found, expected) is not Answer.NO
    message = f"the output projection takes {show(expected)} features, but the heads have {show(found)} together"
    message += ", which fits for one head only" if one_head else DEFAULTS if by_default else ""
    related = ((mix.site, "the heads' outputs are made here"),)
    advice = f"make it for {found} features: n_heads * head_dim"
    yield WrongWidth(op.site, message, advice, not by_default, related, (expected, found))


def of_heads(trace: Trace, op: OpCall, mixes: dict[OpCall, AttentionSite]) -> Iterator[WrongWidth]:
    """Heads side by side, features cut into heads of one size, and a library's layer made for its heads."""
    if op.name == "concat":
        yield from of_wide_heads(trace, op, mixes)
    elif op.name in {"bmm", "einsum"}:
        yield from of_pair(op)
    elif "uneven" in op.notes:
        yield from of_uneven_split(op, trace)
    elif op.name in LAYERS:
        yield from of_layer(op)


def of_pair(product: OpCall) -> Iterator[WrongWidth]:
    """Queries and keys of which one is split into heads that are each as wide as the model."""
    pair = operands(product)
    if pair is None or not is_query_key(product):
        return
    for number, one in enumerate(pair):
        split = next((op for op in ancestors(one, is_carrier, 12) if op.name == "reshape" and _makes_heads(op)), None)
        mine, theirs = contracted_axis(product, number), contracted_axis(product, 1 - number)
        if split is None or mine is None or theirs is None or not differ_by_heads(mine.size, theirs.size):
            continue
        if mine.kind == "feature" and dims.equal(mine.size, theirs.size * _heads(split)) is Answer.YES:
            text = f"the heads are {show(mine.size)} wide here, and {show(theirs.size)} in what they are multiplied by"
            related = ((product.site, "the two meet here"),)
            yield WrongWidth(split.site, text, f"split into {show(theirs.size)} each", False, related, split=split)


def _makes_heads(op: OpCall) -> bool:
    return op.output is not None and any(axis.kind == "heads" for axis in op.output.axes)


def _heads(split: OpCall) -> Dim:
    assert split.output is not None
    return next(axis.size for axis in split.output.axes if axis.kind == "heads")


def of_wide_heads(trace: Trace, op: OpCall, mixes: dict[OpCall, AttentionSite]) -> Iterator[WrongWidth]:
    """Outputs of an unknown number of heads side by side, each already as wide as what takes them all."""
    parts, output = op.notes.get("axis_atoms"), op.output
    if not op.notes.get("open_list") or not isinstance(parts, list) or output is None or not op.inputs:
        return
    mix = context_of(op.inputs[0], mixes)
    if mix is None or len(parts) != 1 or output.shape.place(-1) != output.shape.place(int(str(op.notes["position"]))):
        return
    width = parts[0].size
    for user in consumers(trace, output, is_carrier, 20):
        expected = user.notes.get("expected")
        if isinstance(expected, Dim) and dims.equal(expected, width) is Answer.YES and user.tensor("x") is not None:
            message = f"each head is {show(width)} wide, and their concatenation goes into a layer for {show(expected)}"
            related = ((mix.site, "one head's output is made here"), (user.site, f"made for {show(expected)} here"))
            yield WrongWidth(op.site, message, "give each head d_model // n_heads features", False, related)
            return


def of_layer(op: OpCall) -> Iterator[WrongWidth]:
    """A library's layer whose heads do not divide its width."""
    width, heads = _made_with(op, "embed_dim", "d_model"), _made_with(op, "num_heads", "nhead")
    have, count = (size.by_default if size is not None else None for size in (width, heads))
    if width is None or heads is None or not have or not count or (have / count).denominator == 1:
        return
    layer = op.args.get("layer") or op.notes.get("layer")
    site = layer.site if isinstance(layer, Layer) and layer.site is not None else op.site
    certain = width.value is not None and heads.value is not None
    message = f"{show(width)} features do not split into {show(heads)} heads"
    message += "" if certain else DEFAULTS
    advice = f"choose a number of heads that divides {have}"
    yield WrongWidth(site, message, advice, certain, sizes=(heads, width), heads=True)


def of_uneven_split(op: OpCall, trace: Trace) -> Iterator[WrongWidth]:
    """A split into as many equal parts as there are heads, which the width does not give."""
    uneven = op.notes.get("uneven")
    if not isinstance(uneven, tuple) or not trace.sites:
        return
    whole, count = uneven
    message = f"{whole} features do not split into {count} equal parts"
    yield WrongWidth(op.site, message, f"choose a divisor of {whole}", True)


def _made_with(op: OpCall, *names: str) -> Dim | None:
    """The size that a layer was made with, by any of these names."""
    inner = op.args.get("layer")
    given = {**(inner.config if isinstance(inner, Layer) else {}), **op.args}
    return next((size for name in names if (size := as_dim(given.get(name))) is not None), None)
