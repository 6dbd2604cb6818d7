"""Whether a softmax normalises over the keys: judged by where its axis comes from, never by its number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from attnlint.attention.head_mixing import comes_from
from attnlint.attention.lineage import consumers, is_carrier
from attnlint.attention.normalise import renormalises
from attnlint.attention.products import last_turn, swapped, wrong_product
from attnlint.attention.reading import is_one_query
from attnlint.attention.sites import AttentionSite
from attnlint.names import role_of
from attnlint.tensor import Atom, Axis, show_axis, show_shape
from attnlint.trace import FileText

_SLOTS = re.compile(r"\bslots?\b|slot_?att|compet|inverted attention|win-?win", re.I)


@dataclass(frozen=True, slots=True)
class WrongAxis:
    """What a softmax normalises over instead of the keys; `certain` where the axes' origin proves it."""

    message: str
    certain: bool


def wrong_axis(site: AttentionSite) -> WrongAxis | None:
    """The fault of an attention's softmax; None where it has none that can be told."""
    softmax = site.softmax
    if softmax is None or not (site.mixes or set(site.roles) == {"q", "k"} or not site.products):
        return None
    if site.product is not None and (wrong_product(site.product, site) is not None or swapped(site)):
        return None
    if softmax.whole:
        rank = softmax.scores.rank
        turned = site.key is not None and last_turn(site.key) is not None
        if rank == 1 or is_one_query(site) or (rank is None and not turned):
            return None
        return WrongAxis(
            f"softmax over the whole of {show_shape(softmax.scores.shape)}: all weights together sum to 1", True
        )
    if softmax.written and not softmax.keeps and not _drops_the_first(site):
        return _lost_axis(site)
    if softmax.axes is None:
        return _by_position(site)
    mine = _atoms(softmax.axes)
    if {"rows", "columns"} <= {atom.part for atom in softmax.axes[0].atoms}:
        weights = softmax.op.output
        if weights is not None and any(op.name == "sum" for op in consumers(site.trace, weights, is_carrier, 20)):
            # Pooling: the weights are added up over the queries, and what is left sums to one over the keys.
            return None
        return WrongAxis("softmax runs over queries and keys together: all weights of an entry sum to 1", True)
    keys = _atoms(tuple(site.mixed_axes))
    if mine and keys:
        scores = softmax.scores.shape.axes
        others = _atoms(scores) - mine
        if not keys & (mine | others):
            # Behind mixed heads the keys' axis is another one, which stands for that of the scores.
            keys = _atoms(tuple(axis for axis in scores if comes_from(tuple(site.mixed_axes), axis)))
        if mine & keys or not keys & others or _renormalised(site, keys) or _competes(site) or _replaced(site):
            return None
        return WrongAxis(_text(site, softmax.axes), True)
    return _by_origin(site, mine) if site.products else _of_named_scores(site, softmax.axes[0])


def _of_named_scores(site: AttentionSite, axis: Axis) -> WrongAxis | None:
    """A fragment's scores whose axes a comment gives: the keys are the last."""
    assert site.softmax is not None
    shape = site.softmax.scores.shape
    last = shape.at(-1)
    if last is None or last is axis or last.kind in {"heads", "batch"} or len(shape.axes) < 2:
        return None
    if role_of(axis.size.name) == "k" or role_of(last.size.name) == "q":
        # The author lays the keys in front of the queries.
        return None
    return WrongAxis(_text(site, (axis,)), True)


def _by_origin(site: AttentionSite, mine: frozenset[Atom]) -> WrongAxis | None:
    """Without a mix in sight: rows of a query · key product are queries, and a batch or head axis is neither."""
    assert site.softmax is not None
    assert site.softmax.axes is not None
    if set(site.roles) != {"q", "k"}:
        return None
    if any(other.product is site.product and other is not site for other in site.trace.sites) or _competes(site):
        return None
    parts = {atom.part for atom in mine}
    queries = "columns" if site.roles[0] == "k" else "rows"
    if site.escapes:
        return None
    if parts == {queries} or (mine and {atom.kind for atom in mine} <= {"heads", "batch"}):
        return WrongAxis(_text(site, site.softmax.axes), True)
    return None


def _by_position(site: AttentionSite) -> WrongAxis | None:
    """A fragment's scores, of which only the last two axes are known: 0 and -2 are never the keys."""
    assert site.softmax is not None
    position = site.softmax.op.notes.get("position")
    if site.products or not isinstance(position, int) or site.softmax.scores.rank == 1:
        return None
    if position in {0, -2}:
        return WrongAxis(f"softmax over axis {position} of the scores, which is not the keys' (the last)", True)
    if position == 1 and site.softmax.scores.shape.open:
        return WrongAxis("softmax over axis 1 of the scores, which is not the keys' unless they have two axes", False)
    return None


def key_axis(site: AttentionSite) -> str:
    """Where the keys' axis stands in the scores, as a reader counts axes; empty where that is not known."""
    shape = site.softmax.scores.shape if site.softmax is not None else None
    place = _place(site)
    if shape is None or place is None:
        return ""
    last = " (or -1)" if place == len(shape.axes) - 1 else ""
    return f"axis {place}{last} of {show_shape(shape)}"


def key_place(site: AttentionSite) -> int:
    """The position of the keys' axis in the scores: -1 for the last, as it is where nothing else is known."""
    place = _place(site)
    last = len(site.softmax.scores.shape.axes) - 1 if site.softmax is not None else 0
    return -1 if place is None or place == last else place


def _place(site: AttentionSite) -> int | None:
    shape = site.softmax.scores.shape if site.softmax is not None else None
    if shape is None or shape.open:
        return None
    keys = _atoms(tuple(site.mixed_axes))
    places = [place for place, axis in enumerate(shape.axes) if _atoms((axis,)) & keys]
    return places[0] if len(places) == 1 else None


def _drops_the_first(site: AttentionSite) -> bool:
    """Whether the sum is over the first axis, so that dividing by it without that axis still lines up."""
    softmax = site.softmax
    assert softmax is not None
    shape = softmax.scores.shape
    return softmax.axes is not None and not shape.open and len(shape.axes) > 1 and softmax.axes[0] is shape.axes[0]


def _lost_axis(site: AttentionSite) -> WrongAxis | None:
    """A written softmax whose sum drops its axis: the division then runs along another one."""
    softmax = site.softmax
    assert softmax is not None
    rank = softmax.scores.rank
    last = (
        softmax.axes is not None
        and softmax.scores.shape.at(-1) is not None
        and softmax.axes[0] is softmax.scores.shape.at(-1)
    )
    if rank is not None and rank >= 2 and last:
        return WrongAxis("the sum loses its axis (no keepdims), so each score is divided by another row's sum", True)
    return None


def _renormalised(site: AttentionSite, keys: frozenset[Atom]) -> bool:
    for op in site.after:
        axes = renormalises(op)
        if axes is not None and (not axes or _atoms(axes) & keys):
            return True
    return False


def _replaced(site: AttentionSite) -> bool:
    """Whether on some path other weights take the place of these before the values are mixed."""
    assert site.softmax is not None
    own = {site.softmax.op, *site.after}
    return any(op.name == "join" and any(t.op not in own for t in op.inputs) for op in site.after)


def _competes(site: AttentionSite) -> bool:
    """Whether the author says that queries compete for keys on purpose."""
    return _SLOTS.search(
        " ".join(frame.text + frame.qualname for frame in site.op.frame.stack) + site.trace.entry
    ) is not None or bool(site.trace.ask(_speaks_of_slots))


def _speaks_of_slots(file: FileText) -> bool:
    return len(re.findall(r"slots?\b", file.text)) >= 5


def _atoms(axes: tuple[Axis, ...]) -> frozenset[Atom]:
    """The atoms of axes, with those that they were sliced or tiled from."""
    found = set()
    for axis in axes:
        for atom in axis.atoms:
            current: Atom | None = atom
            found.add(atom)
            while current is not None and current.part in {"slice", "tiled", "joined", "interleaved"}:
                current = current.parent
                if current is not None:
                    found.add(current)
    return frozenset(found)


def _text(site: AttentionSite, axes: tuple[Axis, ...]) -> str:
    assert site.softmax is not None
    shape = site.softmax.scores.shape
    place = next((n for n, axis in enumerate(shape.axes) if axis is axes[0] or axis.same(axes[0])), None)
    default = ", as its default has it" if site.softmax.op.notes.get("default") else ""
    rows = any(atom.part == "rows" for atom in axes[0].atoms)
    kind = axes[0].kind or ("seq" if rows else "")
    what = {"heads": "the heads", "batch": "the batch", "seq": "the queries", "feature": "the features"}.get(kind, "")
    where = f"axis {place} of {show_shape(shape)}" if place is not None and not shape.open else show_axis(axes[0])
    return f"softmax runs over {what or 'an axis'} ({where}){default} and not over the keys"
