"""Where keys and values of earlier tokens are kept, and where incremental decoding loses them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from attnlint.attention.lineage import ancestors, is_carrier, is_projection, source
from attnlint.attention.roles import role
from attnlint.ir import Site
from attnlint.names import is_cache_name, role_of
from attnlint.tensor import Tensor
from attnlint.trace import Cell, Frame, OpCall, Trace, code_of, exclude, tensors_in
from attnlint.values import Unknown, Value, is_none

KEEPS = frozenset(
    """concat hstack vstack stack setitem at_set scatter copy_into roll pad where cumsum dynamic_update_slice""".split()
)
_STEPS = re.compile(r"step|decod(?!er)|generat|incremental|next|stream|autoregress", re.I)
_FLAGS = re.compile(r"use_cache|cache|past|incremental|start_pos|cur_pos|cache_pos", re.I)
_ONE_TOKEN = re.compile(
    r"one (?:new )?token|token at a time|step[- ]by[- ]step|newest token|new token|incremental|last token", re.I
)
_STORE = re.compile(r"_?(?:k|v|keys?|values?)$", re.I)
SETUP = re.compile(r"init|reset|clear|prefill|setup|set_|load|save|hook|empty|alloc|^store$", re.I)


# The name of a write to a list's item.
_ITEM = "[]"


@dataclass(frozen=True, eq=False, slots=True)
class Loss:
    """One place where history is lost: what happens there, and what shows it.

    `how` names the way it is lost; `cell` is the write that loses it, and `news` what is new of it.
    """

    site: Site
    text: str
    related: tuple[tuple[Site, str], ...] = ()
    certain: bool = True
    how: str = ""
    cell: Cell | None = None
    news: tuple[Tensor, ...] = ()


def keeps(op: OpCall) -> bool:
    """Whether an op puts a tensor together with others, as a cache does, and not the pieces of one, as a rotation."""
    if op.name not in KEEPS:
        return False
    if op.name not in {"concat", "stack", "hstack", "vstack"} or len(op.inputs) < 2:
        return True
    return len({_origin(tensor) for tensor in op.inputs}) > 1


def _origin(tensor: Tensor) -> OpCall | None:
    """The op that made the values of a tensor, behind all that only changed them."""
    steps = list(ancestors(tensor, is_carrier, 24))
    return next((op for op in steps if not is_carrier(op)), steps[-1] if steps else None)


def history(tensor: Tensor) -> OpCall | None:
    """The op that put a tensor together with earlier ones, or wrote it among them; None where there is none."""
    return next(
        (op for op in ancestors(tensor, lambda o: is_carrier(o) and not keeps(o), 40) if keeps(op)),
        None,
    )


def is_new(tensor: Tensor) -> bool:
    """Whether a tensor is projected from this call's input and nothing but that."""
    steps = list(ancestors(tensor, is_carrier, 40))
    if any(keeps(op) for op in steps) or any(
        is_cache_name(op.spelling) for op in steps if op.name in {"unknown", "input"}
    ):
        return False
    return any(op.name == "linear" or is_projection(op) for op in steps)


def _role(tensor: Tensor, name: str) -> str:
    return role_of(name.strip("[]")) or role(tensor)


def _called(trace: Trace, cell: Cell) -> str:
    """The name of what a cell holds: of a set `value` its variable's, of an item of a list the list's."""
    if cell.name == _ITEM:
        holder = _list_in(trace, cell)
        return holder.name if holder is not None else ""
    return cell.owner.name if cell.name == "value" and isinstance(cell.owner, Unknown) else cell.name


def _list_in(trace: Trace, cell: Cell) -> Cell | None:
    """The attribute that holds the list that an item is written to."""
    return next((other for other in trace.cells if other.new is cell.owner), None)


def _kept_in(trace: Trace, cell: Cell) -> str:
    """What a cell is called: an attribute, an item of a list in one, or of a dict that is called a cache."""
    if cell.name == _ITEM:
        holder = _list_in(trace, cell)
        kept = holder is not None and (is_cache_name(holder.name) or _starts_empty(trace, holder))
        return f"{holder.name}[…]" if holder is not None and kept else ""
    if not cell.name.startswith("["):
        return _called(trace, cell) if is_cache_name(_called(trace, cell)) or _starts_empty(trace, cell) else ""
    owner = cell.owner
    names = {c.name for c in trace.cells if c.new is owner} | {b.name for b in trace.bindings if b.value is owner}
    if isinstance(owner, Unknown):
        names.add(owner.name)
    names |= _parameters_for(trace, owner)
    name = next((name for name in sorted(names) if is_cache_name(name)), "")
    return f'{name}["{cell.name[1:-1]}"]' if name else ""


def _starts_empty(trace: Trace, cell: Cell) -> bool:
    """Whether an attribute for keys or values is None from the constructor on, until a step sets it."""
    return _STORE.match(cell.name) is not None and any(
        other.name == cell.name and other.owner is cell.owner and _holds_nothing(trace, other.new)
        for other in trace.cells
        if other.frame.name == "__init__" or SETUP.search(other.frame.name)
    )


def _holds_nothing(trace: Trace, value: Value) -> bool:
    """Whether a value is None, or a list of these until something is written into it."""
    written = next((cell for cell in trace.cells if cell.owner is value), None)
    return is_none(value) or (written is not None and written.name == _ITEM and is_none(written.old or value))


def _parameters_for(trace: Trace, value: Value) -> set[str]:
    """The names of the parameters that a value is passed to."""
    calls = (call for call in trace.calls if any(arg is value for arg in (*call.args, *call.kwargs.values())))
    return {name for call in calls for name, arg in call.given.items() if arg is value}


def is_incremental(trace: Trace, frame: Frame) -> bool:
    """Whether code is called for one token after the other."""
    for one in frame.stack:
        if _STEPS.search(one.name) or _ONE_TOKEN.search(one.text) or any(_FLAGS.search(name) for name in one.params):
            return True
    return trace.says(r"def \w*(?:generate|decode|sample)\w*\(|use_cache", code=True)


def overwritten(trace: Trace) -> Iterator[Loss]:
    """A cache that is given the new keys or values alone."""
    for cell in trace.cells:
        news = list(tensors_in([cell.new]))
        name = _kept_in(trace, cell) if news and cell.frame.name and not SETUP.search(cell.frame.name) else ""
        if not name:
            continue
        if any(_role(tensor, _called(trace, cell)) not in ("k", "v") or not is_new(tensor) for tensor in news):
            continue
        if (
            not is_incremental(trace, cell.frame)
            or _keeps_elsewhere(trace, cell)
            or any(exclude(op.branches, cell.branches) and _joins(op) for op in trace.ops)
            or not _self_attends(trace, news)
        ):
            continue
        what = "keys" if _role(news[0], _called(trace, cell)) == "k" else "values"
        what = what if len(news) == 1 else "keys and values"
        yield Loss(
            cell.site,
            f"{name} is overwritten with the new {what}; those of the earlier tokens are lost",
            _used_at(trace, news),
            how="overwritten",
            cell=cell,
            news=tuple(news),
        )


def _used_at(trace: Trace, news: list[Tensor]) -> tuple[tuple[Site, str], ...]:
    for site in trace.sites:
        for tensor in (site.key, site.value):
            if tensor is not None and any(step.output in news for step in ancestors(tensor, is_carrier, 12)):
                return ((site.op.site, "so this attends to the new token alone"),)
    return ()


def _keeps_elsewhere(trace: Trace, cell: Cell) -> bool:
    """Whether another line writes the cache with what it held: in the other branch, or in another method."""
    for other in trace.cells:
        same = other.name == cell.name and (other.owner is cell.owner or cell.name[0] != "[")
        if same and other is not cell and any(history(tensor) is not None for tensor in tensors_in([other.new])):
            return True
    plain = re.escape(cell.name.strip("[]") or _called(trace, cell))
    of_dict = cell.name.startswith("[") and cell.name != _ITEM
    mention = rf"\[[\"']{plain}[\"']\]" if of_dict else rf"\.{plain}\b"
    # A slice that is written keeps the rest; of a list that is the write in question.
    written = "" if cell.name == _ITEM else rf"{mention}\[[^\]]*\] *=[^=]"
    joins = r"cat\(|concat|append|stack|roll|index_copy|scatter|\.at\[|update"
    for line in code_of(trace.text_of(cell.site)).splitlines():
        if re.search(mention, line) and (re.search(joins, line) or (written and re.search(written, line))):
            return True
    return False


def _joins(op: OpCall) -> bool:
    """Whether new keys or values are joined with others: where that happens what was stored before is not lost."""
    return op.name in {"concat", "vstack", "hstack"} and any(
        _role(tensor, tensor.name) in ("k", "v") and is_new(tensor) for tensor in op.inputs
    )


def _self_attends(trace: Trace, news: list[Tensor]) -> bool:
    """Whether the new keys come from what the queries come from: a cache of an encoder's keys is filled once."""
    for site in trace.sites:
        if site.query is None:
            continue
        origin = source(site.query)
        if any(source(tensor) is origin for tensor in news):
            return True
    return not trace.sites


def stored_too_late(trace: Trace) -> Iterator[Loss]:
    """A cache that is joined with the new keys only after the attention, which saw the new ones alone."""
    for cell in trace.cells:
        if not is_cache_name(cell.name) or not isinstance(cell.new, Tensor):
            continue
        kept = history(cell.new)
        old = cell.old.tensor if isinstance(cell.old, Unknown) else cell.old
        if kept is None or kept.name not in {"concat", "vstack", "hstack"} or not isinstance(old, Tensor):
            continue
        if any(not keeps(user) and user.name != "join" for user in trace.uses(old)):
            continue
        for site in trace.sites:
            used = site.key if _role(cell.new, cell.name) == "k" else site.value
            before = site.op.index < cell.index and kept.index > site.op.index
            if used is not None and before and site.kind != "layer" and _shares(used, kept) and history(used) is None:
                text = (
                    f"{cell.name} is written after the attention, which does not read it and sees the new token alone"
                )
                yield Loss(cell.site, text, ((site.op.site, "attends to the new keys and values here"),))


def _shares(used: Tensor, kept: OpCall) -> bool:
    steps = set(ancestors(used, is_carrier, 12))
    return any(tensor.op in steps for tensor in kept.inputs)


def one_side(trace: Trace) -> Iterator[Loss]:
    """Keys with history that meet values without, or the other way round."""
    for site in trace.sites:
        if (
            site.kind == "layer"
            or site.key is None
            or site.value is None
            or len(site.mixes) > 1
            or len(site.products) > 1
        ):
            continue
        key, value = _cached(site.key), _cached(site.value)
        if (key is None) == (value is None):
            continue
        kept, missing, tensor = ("keys", "values", site.value) if value is None else ("values", "keys", site.key)
        if not is_new(tensor) or (source(site.query) if site.query else None) is not source(tensor):
            continue
        joined = key or value
        assert joined is not None
        text = f"the {kept} are joined with those of the earlier tokens, the {missing} are not"
        yield Loss(joined.site, text, ((site.op.site, "the two meet here"),))


def _cached(tensor: Tensor) -> OpCall | None:
    """The concatenation of a tensor with one that is called a cache."""
    for op in ancestors(tensor, is_carrier, 30):
        if op.name in {"concat", "vstack", "hstack"} and any(_is_cache(part) for part in op.inputs):
            return op
    return None


def _is_cache(tensor: Tensor) -> bool:
    names = [tensor.name, *tensor.aliases]
    for op in ancestors(tensor, lambda o: o.name in {"index", "cast", "identity"}, 6):
        names.append(op.spelling)
        names.extend(part.name for part in op.args.values() if isinstance(part, Unknown))
    return any(is_cache_name(name) for name in names if name)
