"""What `attnlint show` says of each tensor: its axes, and the attention facts that hold for it."""

from __future__ import annotations

from collections.abc import Iterator

from attnlint.attention.lineage import ancestors, is_carrier, outputs
from attnlint.attention.scale import scaling
from attnlint.attention.sites import AttentionSite
from attnlint.tensor import Tensor, show_shape
from attnlint.trace import Binding, Known, OpCall, Trace
from attnlint.values import Choice, Unknown


def describe(trace: Trace) -> Iterator[Known]:
    """One line for each name that was bound to a tensor or to something unknown."""
    facts = _facts(trace.sites)
    for binding in trace.bindings:
        tensor = _tensor(binding)
        scope = binding.frame.qualname or "<module>"
        if tensor is not None:
            reason = "" if tensor.shape.known else _reason(tensor)
            told = _told(tensor, facts)
            yield Known(scope, binding.site.span.row, binding.name, show_shape(tensor.shape), told, reason)
        elif isinstance(binding.value, Unknown) and binding.value.op is not None:
            yield Known(scope, binding.site.span.row, binding.name, "[?]", (), binding.value.reason)


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


def _told(tensor: Tensor, facts: dict[OpCall, tuple[str, ...]]) -> tuple[str, ...]:
    """The facts of a tensor: those of the op that made it, or of the one whose value it hands on in another layout."""
    if tensor.op is None:
        return ()
    if tensor.op in facts:
        return facts[tensor.op]
    for op in ancestors(tensor, lambda o: is_carrier(o) and o not in facts, 12):
        if op in facts:
            return facts[op]
    return ()


def _facts(sites: list[AttentionSite]) -> dict[OpCall, tuple[str, ...]]:
    """What is known of each op's output by the attention that it takes part in."""
    facts: dict[OpCall, tuple[str, ...]] = {}
    for site in sites:
        so_far: list[str] = ["scores"]
        before = scaling(site)
        if before is not None and before.op not in site.steps:
            so_far.append(before.text)
        for product in site.products:
            facts[product] = tuple(so_far)
        uses = {use.op: use for use in site.masks}
        for op in site.steps:
            if before is not None and op is before.op:
                so_far.append(before.text)
            if op in uses:
                info = uses[op].info
                kind = "causal" if info.causal else "padding" if info.padding else ""
                if info.is_mask or info.unseen:
                    so_far.append(f"{kind} mask".strip())
            facts[op] = tuple(dict.fromkeys(so_far))
        if site.softmax is not None:
            weights = ("weights", *(f for f in so_far if f != "scores"))
            for op in (site.softmax.op, *site.after):
                facts[op] = weights
        for tensor in site.context:
            if tensor.op is not None and outputs(tensor.op):
                facts[tensor.op] = ("context",)
    return facts
