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
