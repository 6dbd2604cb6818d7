"""Where the queries and keys of a fused attention lie, and the shape of the scores that nobody sees."""

from __future__ import annotations

from attnlint.attention.products import are_heads
from attnlint.attention.sites import AttentionSite
from attnlint.ops.fused import place_in, unpacked
from attnlint.tensor import Axis, Shape
from attnlint.values import as_bool, as_str

BATCH_HEADS_SEQUENCE = "bhsd"


def queries_axis(site: AttentionSite) -> Axis | None:
    """The axis that the queries lie on; None where it is not known."""
    shape = _shape(site, "q")
    return None if shape is None else shape.at(_place(site, "s", shape))


def fused_scores(site: AttentionSite) -> Shape | None:
    """The axes of a fused attention's scores, [batch, heads, queries, keys], as far as they are known."""
    query, key = _shape(site, "q"), _shape(site, "k")
    if query is None or key is None:
        return None
    rows, columns = query.at(_place(site, "s", query)), key.at(_place(site, "s", key))
    if rows is None or columns is None:
        return None
    if _layout(site) == BATCH_HEADS_SEQUENCE:
        return Shape((*query.axes[:-2], rows, columns), query.open)
    heads = query.at(_place(site, "h", query))
    if query.rank != 4 or heads is None:
        return Shape((rows, columns), open=True)
    return Shape((query.axes[0], heads, rows, columns))


def heads_for_positions(site: AttentionSite) -> bool:
    """Whether a fused call is given the heads where it takes the positions, and these where it takes the heads."""
    shapes = [_shape(site, name) for name in ("q", "k")]
    return site.kind == "fused" and all(shape is not None and _is_crossed(site, shape) for shape in shapes)


def _is_crossed(site: AttentionSite, shape: Shape) -> bool:
    heads, positions = (shape.at(_place(site, letter, shape)) for letter in "hs")
    if shape.rank != 4 or heads is None or positions is None:
        return False
    return heads.kind == "seq" and positions.kind == "heads" and are_heads(positions)


def taken_as(site: AttentionSite) -> str:
    """The axes of a fused call's layout in words, as in `[batch, heads, positions, head_dim]`."""
    names = {"b": "batch", "h": "heads", "s": "positions", "d": "head_dim"}
    return f"[{', '.join(names[letter] for letter in _layout(site).partition('|')[0])}]"


def _layout(site: AttentionSite) -> str:
    return as_str(site.op.args.get("layout")) or BATCH_HEADS_SEQUENCE


def _place(site: AttentionSite, letter: str, shape: Shape) -> int:
    if site.kind == "layer":
        return -2 if as_bool(site.op.args.get("batch_first")) is not False else 0
    return place_in(_layout(site), letter, shape.rank) if site.kind == "fused" else -2


def _shape(site: AttentionSite, name: str) -> Shape | None:
    tensor = site.query if name == "q" else site.key
    if tensor is None:
        return None
    return tensor.shape if name in site.op.args or site.kind != "fused" else unpacked(tensor.shape)
