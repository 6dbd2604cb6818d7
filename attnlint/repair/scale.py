"""Scores divided by the root of the head dimension, by the name and the root that the author uses."""

from __future__ import annotations

import libcst as cst

from attnlint.attention.lineage import operands
from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Applicability, Fix
from attnlint.ir import Site
from attnlint.repair import calls, tree, words
from attnlint.repair.draft import Draft
from attnlint.repair.places import factors
from attnlint.repair.wanted import if_wanted
from attnlint.trace import OpCall, Trace


@if_wanted
def divided(trace: Trace, product: OpCall, place: Site | None = None) -> Fix | None:
    """The product of query and key divided by √head_dim.

    `place` is where the product is asked for: the call of the function that it is in, which others may call rightly.
    """
    draft = Draft(trace)
    site = place or product.site
    pair, sides = operands(product), factors(draft, product, site)
    width = pair[0].shape.at(-1) if pair is not None else None
    if sides is None or not _is_expression(site):
        return None
    # Who may be given a scale, and is not, would be scaled twice by who gives one.
    optional = any("scal" in name for name in words.parameters(product.site))
    certainty = Applicability.DISPLAY if optional else Applicability.SAFE
    scale = words.scale_of(trace, site, width.size) if width is not None and not optional else ""
    name = words.named(trace, site, width.size, "feature") if width is not None else ""
    text = tree.bare(site, tree.PRODUCT)
    if scale:
        draft.replace(site, f"{text} * {scale}", tree.PRODUCT)
        return draft.fix(f"multiply the scores by {scale}")
    root = _root(draft, site, product, name, next(filter(tree.simple, (*sides, *map(_inner, sides))), None))
    if not root:
        return None
    draft.replace(site, f"{text} / {root}", tree.PRODUCT)
    return draft.fix(f"divide the scores by {root}", certainty)


def _inner(side: Site) -> Site:
    """What a factor is computed from, as `q` in `(q * scale)`."""
    node = side.node
    while isinstance(node, cst.BinaryOperation):
        node = node.left
    return tree.at(side, node) if isinstance(node, cst.CSTNode) else side


@if_wanted
def told(site: AttentionSite) -> Fix | None:
    """A fused call that is told to scale by 1/√head_dim."""
    draft = Draft(site.trace)
    call = calls.call_at(site.op.site)
    value = calls.of_keyword(call, "scale", "softmax_scale") if call is not None else None
    query = calls.arguments(draft, call)[:1] if call is not None else []
    if value is None or not query or not tree.simple(query[0]):
        return None
    draft.replace(value, f"{tree.source(query[0])}.shape[-1] ** -0.5", tree.POWER)
    return draft.fix("scale by 1/√head_dim")


def _root(draft: Draft, site: Site, product: OpCall, name: str, tensor: Site | None) -> str:
    """The root of the head dimension, as the file takes roots."""
    library = product.output.library if product.output is not None else ""
    if not name and tensor is None:
        return ""
    if not name and tensor is not None and library == "tensorflow":
        array = tree.source(tensor)
        tf = draft.module("tensorflow", site)
        return f"{tf}.math.sqrt({tf}.cast({tf}.shape({array})[-1], {array}.dtype))"
    size = name or (f"{tree.source(tensor)}.shape[-1]" if tensor is not None else "")
    if (math := draft.local("math", site)) and "math" in draft.index_of(site).imports.values():
        return f"{math}.sqrt({size})"
    array_module = {"numpy": "numpy", "jax": "jax.numpy"}.get(library)
    root = draft.local(array_module, site) if array_module else None
    return f"{root}.sqrt({size})" if root else f"{size} ** 0.5"


def _is_expression(site: Site) -> bool:
    return not hasattr(site.node, "body") and tree.statement(site) is not None
