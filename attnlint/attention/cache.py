"""Where keys and values of earlier tokens are kept, and where incremental decoding loses them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from attnlint.attention.lineage import PRODUCTS, ancestors, is_carrier, source
from attnlint.attention.roles import role
from attnlint.attention.sites import AttentionSite
from attnlint.ir import Site
from attnlint.names import is_cache_name, role_of
from attnlint.tensor import Tensor
from attnlint.trace import Binding, CallRecord, Cell, Frame, OpCall, Trace, tensors_in
from attnlint.values import Const, Func, Instance, Mapping, Seq, Size, Unknown, Value, is_none

_KEEPS = frozenset(
    ["concat", "hstack", "vstack", "stack", "setitem", "at_set", "scatter", "copy_into", "roll", "pad", "where", "cumsum", "dynamic_update_slice"]
)
_CHOOSES = frozenset({"argmax", "multinomial", "sample", "topk"})
_STEPS = re.compile(r"step|decod(?!er)|generat|incremental|next|stream|autoregress", re.I)
_FLAGS = re.compile(r"use_cache|cache|past|incremental|start_pos|cur_pos|cache_pos", re.I)
_ONE_TOKEN = re.compile(
    r"one (?:new )?token|token at a time|step[- ]by[- ]step|newest token|new token|incremental|last token", re.I
)
_SETUP = re.compile(r"init|reset|clear|prefill|setup|set_|load|save|hook|empty|alloc", re.I)
_NEW_TOKEN = re.compile(
    r"^(?:(?:new|next|last|cur|current|one)_)?(?:tok|token|nxt|x_t|xt|token_emb)$|^(?:new|nxt|next|last)$", re.I
)
_GENERATES = re.compile(r"generate|decode|step|next|sample", re.I)


@dataclass(frozen=True, eq=False, slots=True)
class Loss:
    """One place where history is lost: what happens there, and what shows it."""

    site: Site
    text: str
    related: tuple[tuple[Site, str], ...] = ()
    certain: bool = True


def losses(trace: Trace) -> list[Loss]:
    """Every loss of history in a trace; of one mistake the clearest sign alone."""
    code = "\n".join(line.partition("#")[0] for line in trace.text.splitlines())
    found = [*_overwritten(trace, code), *_stored_too_late(trace)] or [*_one_side(trace)]
    found = found or [*_made_anew(trace)] or [*_not_passed_on(trace, code)]
    return found or [*_one_token_alone(trace)] or [*_by_names(trace, code)]


def _history(tensor: Tensor) -> OpCall | None:
    """The op that put a tensor together with earlier ones, or wrote it among them; None where there is none."""
    return next(
        (op for op in ancestors(tensor, lambda o: is_carrier(o) and o.name not in _KEEPS, 40) if op.name in _KEEPS),
        None,
    )


def _is_new(tensor: Tensor) -> bool:
    """Whether a tensor is projected from this call's input and nothing but that."""
    steps = list(ancestors(tensor, is_carrier, 40))
    if any(op.name in _KEEPS for op in steps) or any(
        is_cache_name(op.spelling) for op in steps if op.name in {"unknown", "input"}
    ):
        return False
    return any(op.name == "linear" or (op.name in PRODUCTS and op.notes.get("projection")) for op in steps)


def _role(tensor: Tensor, name: str) -> str:
    return role_of(name.strip("[]")) or role(tensor)


def _kept_in(trace: Trace, cell: Cell) -> str:
    """What a cell is called: an attribute, or an item of a dict that is called a cache."""
    if not cell.name.startswith("["):
        return cell.name if is_cache_name(cell.name) else ""
    owner = cell.owner
    names = {c.name for c in trace.cells if c.new is owner} | {b.name for b in trace.bindings if b.value is owner}
    if isinstance(owner, Unknown):
        names.add(owner.name)
    names |= _parameters_for(trace, owner)
    name = next((name for name in sorted(names) if is_cache_name(name)), "")
    return f'{name}["{cell.name[1:-1]}"]' if name else ""


def _parameters_for(trace: Trace, value: Value) -> set[str]:
    """The names of the parameters that a value is passed to."""
    found: set[str] = set()
    for call in trace.calls:
        if isinstance(call.callee, Func):
            params = [param.name for param in call.callee.node.params]
            params = params[1:] if call.callee.this is not None else params
            found |= {name for name, arg in zip(params, call.args, strict=False) if arg is value}
        found |= {name for name, arg in call.kwargs.items() if arg is value}
    return found


def _is_incremental(frame: Frame, code: str) -> bool:
    """Whether code is called for one token after the other."""
    for one in frame.stack:
        if _STEPS.search(one.name) or _ONE_TOKEN.search(one.text) or any(_FLAGS.search(name) for name in one.params):
            return True
    return re.search(r"def \w*(?:generate|decode|sample)\w*\(|use_cache", code) is not None


def _overwritten(trace: Trace, code: str) -> Iterator[Loss]:
    """A cache that is given the new keys or values alone."""
    for cell in trace.cells:
        name = _kept_in(trace, cell)
        news = list(tensors_in([cell.new]))
        if not name or not news or _SETUP.search(cell.frame.name) or cell.frame.name == "":
            continue
        if any(_role(tensor, cell.name) not in ("k", "v") or not _is_new(tensor) for tensor in news):
            continue
        if (
            not _is_incremental(cell.frame, code)
            or _keeps_elsewhere(trace, cell, code)
            or not _self_attends(trace, news)
        ):
            continue
        what = "keys" if _role(news[0], cell.name) == "k" else "values"
        what = what if len(news) == 1 else "keys and values"
        yield Loss(
            cell.site,
            f"{name} is overwritten with the new {what}; those of the earlier tokens are lost",
            _used_at(trace, news),
        )


def _used_at(trace: Trace, news: list[Tensor]) -> tuple[tuple[Site, str], ...]:
    for site in trace.sites:
        for tensor in (site.key, site.value):
            if tensor is not None and any(step.output in news for step in ancestors(tensor, is_carrier, 12)):
                return ((site.op.site, "so this attends to the new token alone"),)
    return ()


def _keeps_elsewhere(trace: Trace, cell: Cell, code: str) -> bool:
    """Whether another line writes the cache with what it held: in the other branch, or in another method."""
    for other in trace.cells:
        if other.name == cell.name and (other.owner is cell.owner or cell.name[0] != "[") and other.site != cell.site:
            if any(_history(tensor) is not None for tensor in tensors_in([other.new])):
                return True
    plain = cell.name.strip("[]")
    mention = rf"\.{re.escape(plain)}\b" if not cell.name.startswith("[") else rf"\[[\"']{re.escape(plain)}[\"']\]"
    keeps = r"cat\(|concat|append|stack|roll|index_copy|scatter|\.at\[|update"
    for line in code.splitlines():
        if re.search(mention, line) and (re.search(keeps, line) or re.search(rf"{mention}\[[^\]]*\] *=[^=]", line)):
            return True
    return False


def _self_attends(trace: Trace, news: list[Tensor]) -> bool:
    """Whether the new keys come from what the queries come from: a cache of an encoder's keys is filled once."""
    for site in trace.sites:
        if site.query is None:
            continue
        origin = source(site.query)
        if any(source(tensor) is origin for tensor in news):
            return True
    return not trace.sites


def _stored_too_late(trace: Trace) -> Iterator[Loss]:
    """A cache that is joined with the new keys only after the attention, which saw the new ones alone."""
    for cell in trace.cells:
        if not is_cache_name(cell.name) or not isinstance(cell.new, Tensor):
            continue
        kept = _history(cell.new)
        old = cell.old.tensor if isinstance(cell.old, Unknown) else cell.old
        if kept is None or kept.name not in {"concat", "vstack", "hstack"} or not isinstance(old, Tensor):
            continue
        if any(user.name not in _KEEPS | {"join"} for user in trace.uses(old)):
            continue
        for site in trace.sites:
            used = site.key if _role(cell.new, cell.name) == "k" else site.value
            before = site.op.index < cell.index and kept.index > site.op.index
            if used is not None and before and site.kind != "layer" and _shares(used, kept) and _history(used) is None:
                text = f"{cell.name} is written after the attention and not read by it, so that it sees the new token alone"
                yield Loss(cell.site, text, ((site.op.site, "attends to the new keys and values here"),))


def _shares(used: Tensor, kept: OpCall) -> bool:
    steps = {step for step in ancestors(used, is_carrier, 12)}
    return any(tensor.op in steps for tensor in kept.inputs)


def _one_side(trace: Trace) -> Iterator[Loss]:
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
        if not _is_new(tensor) or (source(site.query) if site.query else None) is not source(tensor):
            continue
        joined = key or value
        assert joined is not None
        yield Loss(site.op.site, f"the {kept} are joined with those of the earlier tokens, the {missing} are not",
                   ((joined.site, f"earlier {kept} joined here"),))  # fmt: skip


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


def _one_token(value: Value) -> OpCall | None:
    """The op that chose the token that a value stands for, with nothing of the earlier ones in it."""
    tensors = list(tensors_in([value]))
    if len(tensors) != 1:
        return None
    for op in ancestors(tensors[0], _passes_token, 60):
        if op.name in _CHOOSES:
            return op
        if op.name in _KEEPS:
            return None
    return None


def _passes_token(op: OpCall) -> bool:
    if op.name in _CHOOSES or op.name in _KEEPS or op.name in {"softmax", "sdpa", "mha", "rnn", "join"}:
        return False
    if op.name == "unknown":
        return len(op.inputs) == 1 and not re.search(r"update|cache|append|past", op.spelling)
    return True


def _is_empty(value: Value) -> bool:
    """Whether a value is a cache with nothing in it: None, or a fresh dict or list, or a list of such."""
    if is_none(value):
        return True
    if isinstance(value, Seq):
        return all(_is_empty(item) or isinstance(item, Mapping) for item in value.items)
    return isinstance(value, Mapping)


def _made_anew(trace: Trace) -> Iterator[Loss]:
    """A cache that each round of a generation loop begins with nothing in it."""
    rounds: dict[tuple[Frame, Site], list[Binding]] = {}
    for binding in trace.bindings:
        if is_cache_name(binding.name):
            rounds.setdefault((binding.frame, binding.site), []).append(binding)
    for (frame, site), times in rounds.items():
        if len(times) < 2 or not all(_is_empty(binding.value) for binding in times):
            continue
        chosen = Counter(op.site for op in trace.ops if op.name in _CHOOSES and op.frame is frame)
        calls = [call for call in trace.calls if call.frame is frame and _takes(call, times)]
        token = any(_one_token(value) for call in calls for value in (*call.args, *call.kwargs.values()))
        if len(times) in chosen.values() and calls and token:
            name = times[0].name
            text = f"{name} is made anew in each round of the loop, so that no key or value outlives the token it was made for"
            yield Loss(site, text, ((calls[0].site, "and passed on here"),))


def _takes(call: CallRecord, times: list[Binding]) -> bool:
    given = (*call.args, *call.kwargs.values())
    values = [item for b in times for item in (b.value, *(b.value.items if isinstance(b.value, Seq) else ()))]
    return any(value is item or (is_none(value) and is_none(item)) for value in given for item in values)


def _not_passed_on(trace: Trace, code: str) -> Iterator[Loss]:
    """A call that gives a cache back in each round and is not given it in the next."""
    times = Counter((call.frame, call.site) for call in trace.calls)
    seen: set[Site] = set()
    for call in trace.calls:
        if times[call.frame, call.site] < 2 or call.site in seen or not _is_given_a_token_alone(call):
            continue
        kept = [b for b in trace.bindings if b.frame is call.frame and is_cache_name(b.name) and _comes_from(b, call)]
        if not kept or not _could_take(call, code):
            continue
        if any(_takes(other, kept) for other in trace.calls if other.frame is call.frame):
            continue
        seen.add(call.site)
        name = kept[-1].name
        text = f"{name} comes back from each call and is not passed to the next, which starts without history"
        yield Loss(call.site, text, ((kept[-1].site, f"{name} is assigned here"),))


def _is_given_a_token_alone(call: CallRecord) -> bool:
    """Whether a call is given the token that was chosen last, and nothing that could be a cache."""
    tokens = [value for value in call.args if _one_token(value)]
    others = [value for value in (*call.args, *call.kwargs.values()) if value not in tokens]
    plain = all(
        isinstance(value, Size) or (isinstance(value, Const) and isinstance(value.value, bool)) for value in others
    )
    return bool(tokens) and plain


def _comes_from(binding: Binding, call: CallRecord) -> bool:
    if binding.site.span.row != call.site.span.row:
        return False
    given = [*call.args, *call.kwargs.values()]
    return not any(binding.value is value for value in given)


def _could_take(call: CallRecord, code: str) -> bool:
    """Whether what is called has a parameter for a cache, itself or, where it is not in sight, a model of this file."""
    callee = call.callee
    if isinstance(callee, Func):
        return any(is_cache_name(param.name) for param in callee.node.params)
    if isinstance(callee, Instance):
        member = next((callee.cls.members[n] for n in ("forward", "__call__", "call") if n in callee.cls.members), None)
        return isinstance(member, Func) and any(is_cache_name(param.name) for param in member.node.params)
    return re.search(r"def (?:forward|__call__|call)\([^)]*(?:cache|past)", code) is not None


def _one_token_alone(trace: Trace) -> Iterator[Loss]:
    """A loop that feeds the token that it chose last, and nothing else, to attention that keeps nothing."""
    if any(is_cache_name(cell.name) and not is_none(cell.new) for cell in trace.cells if cell.frame.name != "__init__"):
        return
    if any(op.name == "rnn" for op in trace.ops):
        return
    seen: set[Site] = set()
    for site in trace.sites:
        tensor = site.key
        if (
            tensor is None
            or site.query is None
            or source(site.query) is not source(tensor)
            or _history(tensor) is not None
        ):
            continue
        chosen = _one_token(tensor)
        if chosen is None or sum(op.site == chosen.site for op in trace.ops) < 2:
            continue
        inner = next((frame for frame in site.op.frame.stack if frame.caller is chosen.frame), None)
        if inner is None or inner.site is None or inner.site in seen or not _embeds(tensor):
            continue
        seen.add(inner.site)
        text = "only the token chosen last goes in, and no key or value of the earlier ones is kept"
        yield Loss(
            inner.site,
            text,
            ((chosen.site, "the token is chosen here"), (site.op.site, "it attends to itself alone here")),
        )


def _embeds(tensor: Tensor) -> bool:
    return any(
        op.name in {"embedding", "index", "one_hot", "unknown", "take"} for op in ancestors(tensor, _passes_token, 60)
    )


def _by_names(trace: Trace, code: str) -> Iterator[Loss]:
    """A function that by its names makes the next token, and projects keys or values from the newest one alone."""
    if re.search(r"cache|past_|self\.\w+\.append\(|history|memory", code):
        return
    seen: set[Site] = set()
    for op in trace.ops:
        output, taken = op.output, op.tensor("x") if op.name == "linear" else op.tensor("a")
        is_projection = op.name == "linear" or (op.name in PRODUCTS and op.notes.get("projection"))
        if not is_projection or output is None or taken is None or op.site in seen or role(output) not in ("k", "v"):
            continue
        frame = op.frame
        news = [name for name in frame.params if _NEW_TOKEN.match(name)]
        others = [name for name in frame.params if name not in ("self", *news)]
        if not _GENERATES.search(frame.name) or not news or others or _leaves(trace, frame, output):
            continue
        if any(step.name in _KEEPS for step in trace.ops if frame in step.frame.stack):
            continue
        seen.add(op.site)
        what = "keys" if role(output) == "k" else "values"
        text = f"the {what} are those of {news[0]} alone; nothing keeps those of the earlier tokens"
        yield Loss(op.site, text, _where(trace.sites, frame), certain=False)


def _leaves(trace: Trace, frame: Frame, tensor: Tensor) -> bool:
    """Whether a function hands a tensor back to its caller, who may keep it."""
    return any(where is frame and any(t is tensor for t in tensors_in([value])) for where, value, _ in trace.returns)


def _where(sites: list[AttentionSite], frame: Frame) -> tuple[tuple[Site, str], ...]:
    return tuple(
        (s.op.site, "attends to the newest token alone here")
        for s in sites
        if s.product is not None and s.product.frame is frame
    )[:1]
