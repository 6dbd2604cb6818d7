"""Where in the source the operands of a product and the scores of a softmax stand."""

from __future__ import annotations

import libcst as cst

from attnlint.ir import Site
from attnlint.repair import calls, tree
from attnlint.repair.draft import Draft
from attnlint.trace import OpCall


def factors(draft: Draft, product: OpCall, place: Site | None = None) -> tuple[Site, Site] | None:
    """The two expressions that a product multiplies, or what the function that it is in is given for them.

    None where they do not stand there.
    """
    site = place or product.site
    node = site.node
    if isinstance(node, cst.BinaryOperation):
        return tree.at(site, node.left), tree.at(site, node.right)
    call = calls.call_at(site)
    if call is None:
        return None
    given = [each for each in calls.arguments(draft, call) if not _is_text(each)]
    return (given[0], given[1]) if len(given) >= 2 else None


def _is_text(site: Site) -> bool:
    return isinstance(site.node, cst.SimpleString | cst.ConcatenatedString)


def base(side: Site) -> Site | None:
    """The array that a transposed operand is made of."""
    node = tree.node_of(side)
    while not isinstance(node, cst.Name):
        if isinstance(node, cst.Attribute) and node.attr.value in {"T", "mT", "H"}:
            node = node.value
        elif isinstance(node, cst.Call) and calls.positional(tree.at(side, node)) and not _is_turned(node):
            node = tree.node_of(calls.positional(tree.at(side, node))[0])
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            node = node.func.value
        elif isinstance(node, cst.Attribute):
            break
        else:
            return None
    return tree.at(side, node)


def _is_turned(call: cst.Call) -> bool:
    """Whether it is a method of the array, and not a function that takes it."""
    if not isinstance(call.func, cst.Attribute):
        return False
    first = call.args[0].value if call.args else None
    return not isinstance(first, cst.Name | cst.Attribute)
