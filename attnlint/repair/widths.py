"""Layers and matrices made for another width: the size that they are made with, where it stands."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from attnlint import frameworks
from attnlint.attention.lineage import ancestors, consumers, is_carrier
from attnlint.dims import Answer, Dim, equal
from attnlint.ir import Site
from attnlint.repair import calls, tree, words
from attnlint.repair.draft import Draft
from attnlint.tensor import Tensor
from attnlint.trace import OpCall
from attnlint.values import Layer, as_dim

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
    place = _taken(projection, made) or next(sizes_in(draft, made, narrow), None)
    text = words.named(draft.trace, made, wide, "feature") or _as_beside(draft, made, wide)
    if place is None or not text:
        return False
    draft.replace(place, text, tree.PRIMARY if text.isidentifier() or "*" not in text else tree.PRODUCT)
    return True


def _taken(projection: OpCall, made: Site) -> Site | None:
    """The argument by which a layer is told what it takes."""
    layer = projection.notes.get("layer")
    spelling = frameworks.layer(layer.dotted) if isinstance(layer, Layer) else None
    for place, param in enumerate(spelling.init if spelling is not None else ()):
        if param.name == "in":
            given = calls.positional(made)
            return calls.of_keyword(made, *param.keywords) or (given[place] if place < len(given) else None)
    return None


def _as_beside(draft: Draft, made: Site, wide: Dim) -> str:
    """A width as the layers that are made in the same function write it."""
    for op in draft.trace.ops:
        layer = op.notes.get("layer")
        out = as_dim(layer.config.get("out")) if isinstance(layer, Layer) else None
        if isinstance(layer, Layer) and layer.site is not None and out is not None and equal(out, wide) is Answer.YES:
            call = calls.call_at(layer.site)
            given = calls.positional(call) if call is not None else []
            if call is not None and tree.function(call) == tree.function(made) and len(given) > 1:
                return tree.source(given[1])
    return ""


def widened_at(draft: Draft, op: OpCall, narrow: Dim, wide: Dim) -> bool:
    """Make the projection that an op's features come from give `wide` of them, where it gives fewer than it takes."""
    taken = op.tensor("x")
    for step in ancestors(taken, is_carrier, 20) if taken is not None else ():
        made = made_at(draft, step) if step.name in _PRODUCTS else None
        if made is None or _width_in(step, narrow):
            continue
        places = list(sizes_in(draft, made, narrow))
        text = words.named(draft.trace, made, wide, "feature")
        if places and text:
            draft.replace(places[-1], text, tree.PRIMARY if "*" not in text else tree.PRODUCT)
            return True
    return False


def _width_in(step: OpCall, size: Dim) -> bool:
    """Whether a projection takes as many features as this."""
    layer = step.notes.get("layer")
    told = as_dim(layer.config.get("in")) if isinstance(layer, Layer) else None
    taken = step.tensor("x") or step.tensor("a")
    last = taken.shape.at(-1) if taken is not None else None
    weight = next((tensor for tensor in step.inputs if tensor.param and len(tensor.axes) == 2), None)
    made = weight.axes[0].size if weight is not None else None
    sizes = [each for each in (told, made, last.size if last is not None else None) if each is not None]
    return any(equal(each, size) is Answer.YES for each in sizes)


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
    known = {text for text, value in words.in_sight(draft.trace, made) if equal(value, size) is Answer.YES}
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
