"""What an attention reads and what is read of it: itself or another, one position, or those of earlier steps too."""

from __future__ import annotations

import re

from attnlint.attention.layout import queries_axis
from attnlint.attention.lineage import PROJECTIONS, ancestors, consumers, source
from attnlint.attention.sites import AttentionSite
from attnlint.names import is_cache_name, role_of
from attnlint.tensor import Tensor
from attnlint.trace import OpCall
from attnlint.values import Seq, Size, as_int

_ONE_STEP = re.compile(r"decode_step|decode_one|step_decode|generate_next|next_token|incremental", re.I)
# A model that writes one token at a time is trained on all of them at once: only who is fed one sees no other.
_WRITES = re.compile(r"\b(?:writ|generat|sampl|emit|produc|continu|predict)\w*\b[^.\n]*\btoken at a time", re.I)
_ONE_TOKEN = re.compile(r"(?:one|single|newest|new) token|token at a time|one step at a time", re.I)


def is_self_attention(site: AttentionSite) -> bool | None:
    """Whether query and key come from the same tensor; None where that is not known."""
    if site.query is None or site.key is None:
        return None
    mine, theirs = source(site.query), source(site.key)
    if mine is theirs:
        return True
    if mine.param != theirs.param:
        # Learned queries, or keys of a learned prefix: one side is no sequence at all.
        return False
    if _joined_with_history(site.key):
        return None
    outside = [t.op is not None and t.op.name in {"input", "unknown"} for t in (mine, theirs)]
    if all(outside) and mine.op is not None and theirs.op is not None:
        return None if _is_generic(mine) and _is_generic(theirs) else False
    return False if mine.op is not None and theirs.op is not None else None


def _is_generic(tensor: Tensor) -> bool:
    """Whether a parameter is just called query or key, so that a caller decides."""
    return bool(role_of(tensor.name or (tensor.op.spelling if tensor.op else "")))


def _joined_with_history(tensor: Tensor) -> bool:
    steps = ancestors(tensor, lambda op: op.name not in PROJECTIONS and not _adds_a_table(op), 40)
    return any(op.name in {"concat", "setitem"} for op in steps)


def _adds_a_table(op: OpCall) -> bool:
    """Whether an op adds positions, which lie in a buffer and were written there once."""
    return op.name == "add" and any(tensor.param for tensor in op.inputs)


def reads_cache(site: AttentionSite) -> bool:
    """Whether the keys are, or are joined with, those of earlier steps, so that a query may stand behind them all."""
    return site.key is not None and (_joined_with_history(site.key) or is_cache_name(source(site.key).name))


def is_one_query(site: AttentionSite) -> bool:
    """Whether there is a single query, as in decoding one token at a time."""
    axis = queries_axis(site)
    if axis is not None and axis.is_one:
        return True
    if any(
        _ONE_STEP.search(frame.name) or _ONE_TOKEN.search(_WRITES.sub("", frame.text)) for frame in site.op.frame.stack
    ):
        return True
    scores = site.product.output if site.product is not None else None
    if scores is None or not scores.shape.axes or scores.shape.open:
        return False
    parts = [atom.part for one in scores.axes for atom in one.atoms]
    return "columns" in parts and "rows" not in parts


def reads_last_position(site: AttentionSite) -> bool:
    """Whether only the last position of what comes out is read, so that it may see all before it."""
    for tensor in site.context[:1]:
        for op in consumers(site.trace, tensor, lambda o: o.name not in {"loss"}, 60):
            if _takes_last(op):
                return True
    return False


def _takes_last(op: OpCall) -> bool:
    items = op.args.get("items")
    if op.name != "index" or not isinstance(items, Seq) or op.loops:
        return False
    last = [item for item in items.items if isinstance(item, Size) and as_int(item) == -1]
    return bool(last) and len(items.items) >= 2


def pooled(site: AttentionSite) -> bool:
    """Whether the positions are averaged or the first one is read: a sentence is classified, not continued."""
    for tensor in site.context[:1]:
        for op in consumers(site.trace, tensor, lambda o: o.name not in {"loss", "softmax"}, 60):
            reduced = op.notes.get("reduced")
            if (
                op.name in {"mean", "max", "sum"}
                and isinstance(reduced, tuple)
                and any(a.kind == "seq" for a in reduced)
            ):
                return True
            items = op.args.get("items")
            if op.name == "index" and isinstance(items, Seq) and len(items.items) >= 2 and as_int(items.items[1]) == 0:
                return True
    return False
