"""Steps that are given a cache and hand back another: code without state, as JAX asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from attnlint.attention import cache
from attnlint.attention.cache import Loss
from attnlint.ir import Site
from attnlint.names import is_cache_name
from attnlint.trace import Trace, tensors_in
from attnlint.values import Mapping, Seq, Value


def replaced(trace: Trace) -> Iterator[Loss]:
    """A step that is given a cache and hands back the new keys and values alone in its place."""
    if trace.says(r"concat|\bcat\(|append|stack\(|update|\.at\[|scatter|roll\(|past", code=True):
        return
    seen: set[Site] = set()
    for frame, value, site in trace.returns:
        name = next((name for name in frame.params if is_cache_name(name)), "")
        held = next((item for item in _flat(value) if isinstance(item, Mapping)), None)
        if not name or held is None or site in seen or not cache.is_incremental(trace, frame):
            continue
        news = [(t, cache._role(t, key)) for key, item in held.items.items() for t in tensors_in([item])]
        news = [pair for pair in news if pair[1] in ("k", "v")]
        if not news or not all(cache.is_new(tensor) for tensor, _ in news):
            continue
        if cache._self_attends(trace, [tensor for tensor, _ in news]):
            seen.add(site)
            text = f"the new keys and values take the place of {name}; those of the earlier tokens are lost"
            yield Loss(site, text, cache._used_at(trace, [tensor for tensor, _ in news]), certain=False)


def _flat(value: Value) -> list[Value]:
    return [value, *value.items] if isinstance(value, Seq) else [value]
