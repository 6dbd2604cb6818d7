"""What is said of each tensor: its axes, and the attention facts that hold for it, with where each was acquired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from attnlint.attention.lineage import ancestors, is_carrier, outputs
from attnlint.attention.scale import scaling
from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Span
from attnlint.tensor import Tensor, show_shape
from attnlint.trace import Binding, Known, OpCall, Site, Trace
from attnlint.values import Choice, Unknown


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a tensor in the field's words, and the place where it came to hold."""

    text: str
    site: Site


@dataclass(frozen=True, slots=True)
class Seen:
    """A tensor at a place of the code: a name that was given a value, or an expression, which has no name.

    `reason` says why nothing is known of its shape, where nothing is.
    """

    name: str
    site: Site
    shape: str
    facts: tuple[Fact, ...]
    reason: str

    @property
    def span(self) -> Span:
        """Where it is, in the file of its site."""
        return self.site.span


def describe(trace: Trace) -> Iterator[Known]:
    """One line for each name that was bound to a tensor or to something unknown."""
    facts = _facts(trace.sites)
    for binding in trace.bindings:
        tensor = _tensor(binding)
        scope = binding.frame.qualname or "<module>"
        if tensor is not None:
            reason = "" if tensor.shape.known else _reason(tensor)
            told = tuple(fact.text for fact in _told(tensor, facts))
            yield Known(scope, binding.site.span.row, binding.name, show_shape(tensor.shape), told, reason)
        elif isinstance(binding.value, Unknown) and binding.value.op is not None:
            yield Known(scope, binding.site.span.row, binding.name, "[?]", (), binding.value.reason)


def seen(trace: Trace) -> Iterator[Seen]:
    """Each tensor of a trace where a name was bound to it and where an expression made it, in order."""
    facts = _facts(trace.sites)
    for binding in trace.bindings:
        if (tensor := _tensor(binding)) is not None:
            yield _seen(binding.name, tensor, binding.site, facts)
    for op in trace.ops:
        if op.output is not None and op.name not in {"join", "input"}:
            yield _seen("", op.output, op.site, facts)


def _seen(name: str, tensor: Tensor, site: Site, facts: dict[OpCall, tuple[Fact, ...]]) -> Seen:
    reason = "" if tensor.shape.known else _reason(tensor)
    return Seen(name, site, show_shape(tensor.shape), _told(tensor, facts), reason)


def _tensor(binding: Binding) -> Tensor | None:
    value = binding.value
    if isinstance(value, Choice):
        value = next((option for option in value.options if isinstance(option, Tensor)), value)
    if isinstance(value, Unknown):
        return value.tensor
    return value if isinstance(value, Tensor) else None


def _reason(tensor: Tensor) -> str:
    op = tensor.op
    if op is None:
        return "where it comes from is not known"
    if op.name == "input":
        return f"{op.spelling} comes from outside, and nothing tells its shape"
    return str(op.notes.get("reason") or f"the shapes that go into {op.spelling or op.name} are not known")


def _told(tensor: Tensor, facts: dict[OpCall, tuple[Fact, ...]]) -> tuple[Fact, ...]:
    """The facts of a tensor: those of the op that made it, or of the one whose value it hands on in another layout."""
    if tensor.op is None:
        return ()
    if tensor.op in facts:
        return facts[tensor.op]
    for op in ancestors(tensor, lambda o: is_carrier(o) and o not in facts, 12):
        if op in facts:
            return facts[op]
    return ()


def _facts(sites: list[AttentionSite]) -> dict[OpCall, tuple[Fact, ...]]:
    """What is known of each op's output by the attention that it takes part in."""
    facts: dict[OpCall, tuple[Fact, ...]] = {}
    for site in sites:
        start = site.products[0] if site.products else site.op
        so_far = [Fact("scores", start.site)]
        before = scaling(site)
        if before is not None and before.op not in site.steps:
            so_far.append(Fact(before.text, before.op.site))
        for product in site.products:
            facts[product] = tuple(so_far)
        uses = {use.op: use for use in site.masks}
        for op in site.steps:
            if before is not None and op is before.op:
                so_far.append(Fact(before.text, before.op.site))
            if op in uses:
                info = uses[op].info
                kind = "causal" if info.causal else "padding" if info.padding else ""
                if info.is_mask or info.unseen:
                    so_far.append(Fact(f"{kind} mask".strip(), op.site))
            facts[op] = _once(so_far)
        if site.softmax is not None:
            weights = (Fact("weights", site.softmax.op.site), *(f for f in so_far if f.text != "scores"))
            for op in (site.softmax.op, *site.after):
                facts[op] = weights
        for tensor in site.context:
            if tensor.op is not None and outputs(tensor.op):
                facts[tensor.op] = (Fact("context", tensor.op.site),)
    return facts


def _once(facts: list[Fact]) -> tuple[Fact, ...]:
    """Each fact where it came to hold first."""
    first: dict[str, Fact] = {}
    for fact in facts:
        first.setdefault(fact.text, fact)
    return tuple(first.values())
