"""Loops that generate one token after the other: what each round is given of the earlier ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from attnlint.attention.cache import Loss, history, keeps
from attnlint.attention.lineage import PRODUCTS, ancestors, is_carrier, source
from attnlint.attention.roles import role
from attnlint.attention.sites import AttentionSite
from attnlint.ir import Site
from attnlint.names import is_cache_name
from attnlint.ops.create import FRESH
from attnlint.tensor import Tensor
from attnlint.trace import Binding, CallRecord, Frame, OpCall, Trace, exclude, tensors_in
from attnlint.values import Const, Func, Instance, Mapping, Seq, Size, Unknown, Value, is_none

_CHOOSES = frozenset({"argmax", "multinomial", "categorical", "sample", "topk"})
_NEW_TOKEN = re.compile(
    r"^(?:(?:new|next|last|cur|current|one)_)?(?:tok|token|nxt|x_t|xt|token_emb)$|^(?:new|nxt|next|last)$", re.I
)
_MAKES_EMPTY = re.compile(r"(?:^|[._])(?:empty|new|init|initial|make|create|fresh|reset)_\w*(?:cache|state)s?$", re.I)
_STEP = re.compile(r"(?:decode|next|one|token)_?step|step_?(?:fn|decode|once)|(?:^|[._])step$", re.I)
_GENERATES = re.compile(r"generate|decode|step|next|sample", re.I)


def chooses(trace: Trace) -> bool:
    """Whether a trace picks tokens from logits anywhere."""
    return any(op.name in _CHOOSES for op in trace.ops)


def one_token(value: Value, depth: int = 2) -> OpCall | None:
    """The op that chose the token that a value stands for, with nothing of the earlier ones in it."""
    tensors = list(tensors_in([value]))
    if len(tensors) != 1:
        return None
    for op in ancestors(tensors[0], _passes_token, 60):
        if op.name in _CHOOSES:
            return op
        if op.name == "join":
            # Greedy or sampled: chosen on either path.
            both = [one_token(part, depth - 1) for part in op.inputs] if depth else []
            return both[0] if both and all(both) else None
        if keeps(op):
            return None
    return None


def _passes_token(op: OpCall) -> bool:
    if op.name in _CHOOSES or keeps(op) or op.name in {"softmax", "sdpa", "mha", "rnn", "join"}:
        return False
    if op.name == "unknown":
        return len(op.inputs) == 1 and not re.search(r"update|cache|append|past", op.spelling)
    return True


def _is_empty(trace: Trace, value: Value) -> bool:
    """Whether a value is a cache with nothing in it: None, zeros, a fresh dict or cache object, or a list of such."""
    if is_none(value) or (isinstance(value, Tensor) and value.op is not None and value.op.name in FRESH):
        return True
    if isinstance(value, Seq):
        return all(_is_empty(trace, item) for item in value.items)
    if isinstance(value, Instance):
        # What a record was made with is all that it holds; an object may be written to later.
        held = trace.records.get(value, [])
        written = any(isinstance(item, Tensor) and history(item) is not None for item in held)
        return is_cache_name(value.cls.name) and not written
    if isinstance(value, Mapping):
        # What code writes into a dict later is no part of what it was made with.
        later = {cell.name for cell in trace.cells if cell.owner is value}
        return all(_is_empty(trace, item) for key, item in value.items.items() if f"[{key}]" not in later)
    if not isinstance(value, Unknown):
        return False
    made = value.op.spelling if value.op is not None and value.op.name == "unknown" else ""
    return is_cache_name(value.annotation) or _MAKES_EMPTY.search(made) is not None


def handed_on_new(trace: Trace) -> Iterator[Loss]:
    """A step that joins old and new keys, and hands on the new ones alone to the next step."""
    before: dict[tuple[Site, Site | None], OpCall] = {}
    seen: set[Site] = set()
    for op in trace.ops:
        if op.name not in {"concat", "vstack", "hstack"} or len(op.inputs) < 2 or op.inputs[0] is op.inputs[1]:
            continue
        place = (op.site, op.frame.site)
        last = before.get(place)
        before[place] = op
        if last is None or last.frame is op.frame or role(op.inputs[-1]) not in ("k", "v"):
            continue
        behind = list(ancestors(op.inputs[0], lambda o: is_carrier(o) and not keeps(o), 20))
        if last in behind or last.inputs[-1].op not in behind:
            continue
        news = last.inputs[-1]
        if any(exclude(cell.branches, op.branches) and _comes_out(cell.new, news) for cell in trace.cells):
            # Stored on one path and joined on the other: a prefix that is written once.
            continue
        given = next(
            (site for frame, value, site in trace.returns if frame is last.frame and _holds(value, news)), op.site
        )
        if given not in seen:
            seen.add(given)
            text = "only the new keys and values are handed on, so that the next step joins with one token's"
            yield Loss(given, text, ((op.site, "joined here, and not kept"),))


def _holds(value: Value, tensor: Tensor) -> bool:
    return any(each is tensor or each.op is tensor.op for each in tensors_in([value]))


def _comes_out(value: Value, tensor: Tensor) -> bool:
    """Whether a value is a tensor, or was cut from it."""
    steps = [step for each in tensors_in([value]) for step in ancestors(each, is_carrier, 12)]
    return _holds(value, tensor) or tensor.op in steps


def made_anew(trace: Trace) -> Iterator[Loss]:
    """A cache that each round of a generation loop begins with nothing in it."""
    rounds: dict[tuple[Frame, Site], list[Binding]] = {}
    for binding in trace.bindings:
        if is_cache_name(binding.name) or _holds_keys(trace, binding.value):
            rounds.setdefault((binding.frame, binding.site), []).append(binding)
    for (frame, site), times in rounds.items():
        if len(times) < 2 or not all(_is_empty(trace, binding.value) for binding in times):
            continue
        chosen = Counter(op.site for op in trace.ops if op.name in _CHOOSES and frame in op.frame.stack)
        calls = [call for call in trace.calls if call.frame is frame and _takes(call, times)]
        token = any(
            _STEP.search(call.name) or any(one_token(value) for value in (*call.args, *call.kwargs.values()))
            for call in calls
        )
        if len(times) in chosen.values() and calls and token:
            name = times[0].name
            text = f"{name} is made anew in each round of the loop, so that no key or value outlives its token"
            yield Loss(site, text, ((calls[0].site, "and passed on here"),), how="made anew")


def _holds_keys(trace: Trace, value: Value) -> bool:
    """Whether code writes keys or values into a dict that was handed to it."""
    return isinstance(value, Mapping) and any(
        role(tensor) in ("k", "v") for cell in trace.cells if cell.owner is value for tensor in tensors_in([cell.new])
    )


def _takes(call: CallRecord, times: list[Binding]) -> bool:
    given = (*call.args, *call.kwargs.values())
    values = [item for b in times for item in (b.value, *(b.value.items if isinstance(b.value, Seq) else ()))]
    return any(value is item or (is_none(value) and is_none(item)) for value in given for item in values)


def not_passed_on(trace: Trace) -> Iterator[Loss]:
    """A call that gives a cache back in each round and is not given it in the next."""
    if not chooses(trace):
        return
    times = Counter((call.frame, call.site) for call in trace.calls)
    seen: set[Site] = set()
    for call in trace.calls:
        if times[call.frame, call.site] < 2 or call.site in seen or not _is_given_a_token_alone(call):
            continue
        empty = next((name for name, value in call.kwargs.items() if is_cache_name(name) and is_none(value)), "")
        if empty:
            seen.add(call.site)
            text = f"{empty} is None in each round, so that the token attends to itself alone"
            yield Loss(_in_the_loop(call), text, how=f"not passed on {empty}")
            continue
        kept = [b for b in trace.bindings if b.frame is call.frame and is_cache_name(b.name) and _comes_from(b, call)]
        if not kept or not _could_take(trace, call):
            continue
        if any(_takes(other, kept) for other in trace.calls if other.frame is call.frame):
            continue
        seen.add(call.site)
        name = kept[-1].name
        text = f"{name} comes back from each call and is not passed to the next, which starts without history"
        yield Loss(call.site, text, ((kept[-1].site, f"{name} is assigned here"),), how=f"not passed on {name}")


def _is_given_a_token_alone(call: CallRecord) -> bool:
    """Whether a call is given the token that was chosen last, and nothing that could be a cache."""
    named = {name: value for name, value in call.kwargs.items() if not (is_cache_name(name) and is_none(value))}
    given = (*call.args, *named.values())
    tokens = [value for value in given if one_token(value)]
    return bool(tokens) and all(value in tokens or _is_plain(value) for value in given)


def _in_the_loop(call: CallRecord) -> Site:
    """The place of a call as the loop that chooses the tokens has it: that of the model's call around it."""
    chosen = next((op for value in (*call.args, *call.kwargs.values()) if (op := one_token(value))), None)
    outer = _called_beside(call.frame, chosen) if chosen is not None else None
    return outer.site if outer is not None and outer.site is not None else call.site


def _called_beside(frame: Frame, chosen: OpCall) -> Frame | None:
    """Of a frame's callers the one that the code which chose the token calls too: the model's call of that loop."""
    loop = set(chosen.frame.stack)
    return next((one for one in frame.stack if one.caller in loop and one not in loop), None)


def _is_plain(value: Value) -> bool:
    return isinstance(value, Size) or (isinstance(value, Const) and isinstance(value.value, bool))


def _comes_from(binding: Binding, call: CallRecord) -> bool:
    if binding.site.span.row != call.site.span.row:
        return False
    given = [*call.args, *call.kwargs.values()]
    return not any(binding.value is value for value in given)


def _could_take(trace: Trace, call: CallRecord) -> bool:
    """Whether what is called has a parameter for a cache, itself or, where it is not in sight, a model of this file."""
    callee = call.callee
    if isinstance(callee, Func):
        return any(is_cache_name(param.name) for param in callee.node.params)
    if isinstance(callee, Instance):
        member = next((callee.cls.members[n] for n in ("forward", "__call__", "call") if n in callee.cls.members), None)
        return isinstance(member, Func) and any(is_cache_name(param.name) for param in member.node.params)
    return trace.says(r"def (?:forward|__call__|call)\([^)]*(?:cache|past)", code=True)


def one_token_alone(trace: Trace) -> Iterator[Loss]:
    """A loop that feeds the token that it chose last, and nothing else, to attention that keeps nothing."""
    if any(is_cache_name(cell.name) and not is_none(cell.new) for cell in trace.cells if cell.frame.name != "__init__"):
        return
    if any(op.name == "rnn" for op in trace.ops) or not chooses(trace):
        return
    seen: set[Site] = set()
    for site in trace.sites:
        tensor = site.key
        if (
            tensor is None
            or site.query is None
            or source(site.query) is not source(tensor)
            or history(tensor) is not None
        ):
            continue
        chosen = one_token(tensor)
        if chosen is None or sum(op.site == chosen.site for op in trace.ops) < 2:
            continue
        inner = _called_beside(site.op.frame, chosen)
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


def by_names(trace: Trace) -> Iterator[Loss]:
    """A function that by its names makes the next token, and projects keys or values from the newest one alone."""
    if trace.says(r"cache|past_|self\.\w+\.append\(|history|memory", code=True):
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
        if any(keeps(step) for step in trace.ops if frame in step.frame.stack):
            continue
        seen.add(op.site)
        what = "keys" if role(output) == "k" else "values"
        text = f"the {what} are those of {news[0]} alone; nothing keeps those of the earlier tokens"
        yield Loss(op.site, text, _where(trace.sites, frame), certain=False, how="kept nowhere", news=(output,))


def _leaves(trace: Trace, frame: Frame, tensor: Tensor) -> bool:
    """Whether a function hands a tensor back to its caller, who may keep it."""
    return any(where is frame and any(t is tensor for t in tensors_in([value])) for where, value, _ in trace.returns)


def _where(sites: list[AttentionSite], frame: Frame) -> tuple[tuple[Site, str], ...]:
    return tuple(
        (s.op.site, "attends to the newest token alone here")
        for s in sites
        if s.product is not None and s.product.frame is frame
    )[:1]
