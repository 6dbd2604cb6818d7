"""Heads and positions in each other's place for the length of an attention, and back behind it."""

from __future__ import annotations

from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Applicability, Fix, Span
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import calls, tree, words
from attnlint.repair.draft import Draft
from attnlint.repair.places import base, factors
from attnlint.repair.wanted import if_wanted
from attnlint.tensor import Tensor

TITLE = "swap positions and heads around the attention"
_MERGES = frozenset({"reshape", "flatten"})


@if_wanted
def around(site: AttentionSite) -> Fix | None:
    """The attention among positions, with what goes in and comes out as it was; None where it is not one expression."""
    if any(tensor is None or tensor.rank != 4 for tensor in (site.query, site.key, site.value)):
        return None
    draft = Draft(site.trace)
    found = _of_call(draft, site) if site.kind == "fused" else _of_products(draft, site)
    if found is None:
        return None
    taken, given = found
    if not all(_wrap(draft, place, site) for place in taken):
        return None
    if _goes_back(site) and not _wrap(draft, given, site):
        return None
    # A function that several call may be given them in the right layout elsewhere.
    shared = words.calls_of(site.trace.text_of(site.op.site), site.op.frame.name) > 1
    return draft.fix(TITLE, Applicability.DISPLAY if shared else Applicability.SAFE)


def _goes_back(site: AttentionSite) -> bool:
    """Whether the context has to get the layout again that the author gave it.

    Not where that was a mistake of its own: positions in front that are swapped with the heads only now, or heads in
    front that are merged with the features although positions stand between.
    """
    in_front = site.query is not None and site.query.axes[1].kind == "seq"
    if in_front:
        return not any(_is_swapped(site, tensor) for tensor in site.context)
    return not any(op.name in _MERGES for tensor in site.context for op in site.trace.uses(tensor))


def _of_call(draft: Draft, site: AttentionSite) -> tuple[list[Site], Site] | None:
    call = calls.call_at(site.op.site)
    if call is None:
        return None
    names = (("query", "q"), ("key", "k"), ("value", "v"))
    given = iter(calls.arguments(draft, call))
    taken = [calls.of_keyword(call, *name) or next(given, None) for name in names]
    places = [place for place in taken if place is not None]
    return (places, call) if len(places) == len(names) else None


def _of_products(draft: Draft, site: AttentionSite) -> tuple[list[Site], Site] | None:
    if site.product is None or len(site.mixes) != 1 or site.mixes[0].frame is not site.product.frame:
        return None
    mix = site.mixes[0]
    sides, mixed = factors(draft, site.product), factors(draft, mix)
    if sides is None or mixed is None:
        return None
    places = [base(side) for side in (*sides, mixed[1 - site.weights_at(mix)])]
    found = [place for place in places if place is not None]
    return (found, mix.site) if len(found) == len(places) else None


def _wrap(draft: Draft, place: Site, site: AttentionSite) -> bool:
    """Swap the axes of an expression where it stands; whether its library is known."""
    how = writing(draft.library(place, site.query, site.key, site.value))
    if not how.turned:
        return False
    front, _, behind = draft.written(how.turned, how, place, x="{x}").partition("{x}")
    if not front and tree.strength(place) < tree.PRIMARY:
        front, behind = "(", f"){behind}"
    span = tree.whole_span(place)
    if front:
        draft.put(place, Span(span.row, span.column, span.row, span.column), front)
    draft.put(place, Span(span.end_row, span.end_column, span.end_row, span.end_column), behind)
    return True


def _is_swapped(site: AttentionSite, context: Tensor) -> bool:
    """Whether the author swaps the two axes behind the attention, as if they had been swapped before it."""
    uses = [op.output for op in site.trace.uses(context) if op.output is not None and op.output.rank == 4]
    return any(
        one.axes[1].same(context.axes[2]) and one.axes[2].same(context.axes[1])
        for one in uses
        if context.rank == 4 and not one.axes[1].is_one
    )
