"""Layers and matrices made for another width: the size that they are made with, where it stands."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from attnlint import dims
from attnlint.attention.lineage import consumers, is_carrier
from attnlint.dims import Answer, Dim
from attnlint.ir import Site
from attnlint.repair import calls, tree, words
from attnlint.repair.draft import Draft
from attnlint.tensor import Tensor
from attnlint.trace import OpCall
from attnlint.values import Layer

_PRODUCTS = frozenset({"linear", "matmul", "dot", "einsum"})


def widen(draft: Draft, context: Tensor, narrow: Dim, wide: Dim) -> bool:
    """Make what a context is projected by take `wide` features where it was made for `narrow`; whether it was done."""
    for user in consumers(draft.trace, context, is_carrier, 30):
        if user.name in _PRODUCTS and refit(draft, user, narrow, wide):
            return True
    return False


def refit(draft: Draft, projection: OpCall, narrow: Dim, wide: Dim) -> bool:
    """Replace the size `narrow` by `wide` where the layer or matrix of a projection is made; whether it was found."""
    made = made_at(draft, projection)
    if made is None:
        return False
    place = next(sizes_in(draft, made, narrow), None)
    text = words.named(draft.trace, made, wide, "feature")
    if place is None or not text:
        return False
    draft.replace(place, text, tree.PRIMARY if text.isidentifier() or "*" not in text else tree.PRODUCT)
    return True


def made_at(draft: Draft, projection: OpCall) -> Site | None:
    """Where the layer of a projection, or its matrix, is made."""
    layer = projection.notes.get("layer")
    if not isinstance(layer, Layer):
        layer = projection.args.get("layer")
    if isinstance(layer, Layer):
        return calls.call_at(layer.site) if layer.site is not None else None
    weight = next((tensor for tensor in projection.inputs if tensor.param), None)
    for cell in draft.trace.cells:
        if weight is not None and cell.new is weight:
            node = cell.site.node
            value = getattr(node, "value", None)
            return tree.at(cell.site, value) if isinstance(value, cst.BaseExpression) else cell.site
    return None


def sizes_in(draft: Draft, made: Site, size: Dim) -> Iterator[Site]:
    """The expressions in which something is made that stand for a size, in the order of the source."""
    known = {text for text, value in words.in_sight(draft.trace, made) if dims.equal(value, size) is Answer.YES}
    symbol = next(iter(size.symbols), None)
    if len(size.symbols) == 1 and symbol is not None and str(size) == symbol.name:
        known |= {symbol.name} & set(words.parameters(made))
    for node in expressions(tree.node_of(made)):
        site = tree.at(made, node)
        if tree.source(site) in known or (isinstance(node, cst.Integer) and size.value == int(node.value, 0)):
            yield site


def expressions(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Names, attributes and numbers among the arguments of a call, outermost first."""
    if isinstance(node, cst.Name | cst.Attribute | cst.Integer):
        yield node
        return
    if isinstance(node, cst.Call):
        for arg in node.args:
            yield from expressions(arg.value)
        return
    for child in node.children:
        yield from expressions(child)
