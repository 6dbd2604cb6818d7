"""Caches that begin afresh: made anew in each call, or handed back by each round of a loop and dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attnlint.attention.cache import KEEPS, SETUP, Loss, is_incremental, keeps
from attnlint.attention.generation import chooses, one_token
from attnlint.attention.lineage import ancestors, is_carrier
from attnlint.ir import Site
from attnlint.names import is_cache_name
from attnlint.ops.create import FRESH
from attnlint.tensor import Tensor
from attnlint.trace import CallRecord, Cell, OpCall, Trace, tensors_in
from attnlint.values import Instance, Mapping, Seq, Value

_WRITES = KEEPS | {"assign"}


def _is_fresh(tensor: Tensor) -> bool:
    """Whether a tensor holds nothing yet: it was just made, of zeros or of whatever lay in memory."""
    made = list(ancestors(tensor, lambda op: is_carrier(op) and not keeps(op), 12))
    return bool(made) and made[-1].name in FRESH and not any(keeps(op) for op in made)


def emptied(trace: Trace) -> Iterator[Loss]:
    """A cache that every call makes anew before it writes the new keys and values into it."""
    for cell in trace.cells:
        tensors = list(tensors_in([cell.new]))
        if not is_cache_name(cell.name) or not tensors or SETUP.search(cell.frame.name) or not cell.frame.name:
            continue
        if _is_conditional(cell) or not is_incremental(trace, cell.frame) or not all(map(_is_fresh, tensors)):
            continue
        write = next((op for op in trace.ops[cell.index :] if _writes_into(op, tensors)), None)
        if write is not None and write.frame is cell.frame:
            text = f"{cell.name} is made anew in each call, so that the keys and values of the earlier tokens are lost"
            yield Loss(cell.site, text, ((write.site, "only the new ones are written into it here"),), how="emptied")


def _is_conditional(cell: Cell) -> bool:
    """Whether the write stands in a branch of its own function, such as that of the first call."""
    return any(
        branch.site.path == cell.site.path and branch.site.span.row <= cell.site.span.row for branch in cell.branches
    )


def _writes_into(op: OpCall, tensors: list[Tensor]) -> bool:
    base = next(iter(op.inputs), None)
    if op.name not in _WRITES or base is None or len(op.inputs) < 2:
        return False
    return base in tensors or any(
        step.output in tensors or any(t in tensors for t in step.inputs) for step in ancestors(base, is_carrier, 8)
    )


def written_on_nothing(trace: Trace) -> Iterator[Loss]:
    """A cache that is given zeros with the new keys or values written into them, in place of what it held."""
    for cell in trace.cells:
        name = getattr(cell.owner, "name", "") if cell.name == "value" else cell.name
        if not (is_cache_name(name) or cell.name == "value") or SETUP.search(cell.frame.name):
            continue
        write = cell.new.op if isinstance(cell.new, Tensor) else None
        if write is None or not keeps(write) or write.name in {"concat", "stack", "where", "pad"}:
            continue
        base = next(iter(write.inputs), None)
        if base is None or base.op is None or base in tensors_in([cell.old] if cell.old is not None else []):
            continue
        if _is_fresh(base) and base.op.frame is cell.frame:
            others = any(o.owner is cell.owner and o.name == cell.name and o.site != cell.site for o in trace.cells)
            if len(write.inputs) > 1 and not others and is_incremental(trace, cell.frame):
                text = f"{name or 'the cache'} is overwritten with zeros that hold the new entries alone"
                related = ((base.op.site, "written into what was just made here"),)
                yield Loss(cell.site, text, related, how="written on nothing")


def dropped(trace: Trace) -> Iterator[Loss]:
    """A call that is given a cache and gives back a longer one, which the next round of the loop does not get."""
    if not chooses(trace):
        return
    first: dict[tuple[Site, Value], CallRecord] = {}
    seen: set[Site] = set()
    for call in trace.calls:
        before = first.setdefault((call.site, call.callee), call)
        if before is call or call.site in seen or not any(map(one_token, call.given.values())):
            continue
        earlier = before.given
        for name, value in call.given.items():
            same = earlier.get(name) is value and is_cache_name(name)
            if same and not _is_mutable(name, value, trace) and _comes_back_longer(trace, call.result, value):
                seen.add(call.site)
                text = f"the {name} that comes back is dropped: every round is given the same one again"
                yield Loss(call.site, text, how=f"dropped {name}")
                break


def _is_mutable(name: str, value: Value, trace: Trace) -> bool:
    """Whether what is handed in may be written to inside, so that the same object holds more afterwards."""
    if isinstance(value, Instance):
        return value not in trace.records or any(cell.owner is value for cell in trace.cells)
    if isinstance(value, Mapping) and any(cell.owner is value for cell in trace.cells):
        return True
    changes = r"(?:\.(?:append|extend|update|insert|copy_|index_copy_)\(|\[[^\]]*\]\s*=[^=])"
    written = re.compile(rf"\b{re.escape(name)}(?:\[[^\]]*\])*{changes}")
    return trace.says(written) or any(written.search(text) for text in trace.files.values())


def _held(trace: Trace, value: Value) -> list[Tensor]:
    """The tensors in a value, those in dicts and records too."""
    items: list[Value] = []
    if isinstance(value, Instance):
        items = trace.records.get(value, [])
    elif isinstance(value, Mapping):
        items = list(value.items.values())
    elif isinstance(value, Seq):
        items = value.items
    else:
        return list(tensors_in([value]))
    return [tensor for item in items for tensor in _held(trace, item)]


def _comes_back_longer(trace: Trace, result: Value, given: Value) -> bool:
    """Whether a result holds tensors that were put together with those of an argument."""
    old = _held(trace, given)
    for tensor in _held(trace, result):
        for op in ancestors(tensor, lambda o: is_carrier(o) and not keeps(o), 12):
            if keeps(op) and len(op.inputs) > 1 and any(_comes_from(part, old) for part in op.inputs):
                return True
    return False


def _comes_from(tensor: Tensor, old: list[Tensor]) -> bool:
    return tensor in old or any(t in old for op in ancestors(tensor, is_carrier, 8) for t in op.inputs)
