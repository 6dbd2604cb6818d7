"""Where a finding should stand when the op itself is inside a small function that others call."""

from __future__ import annotations

from attnlint.ir import Site
from attnlint.trace import Frame, OpCall


def place_in(op: OpCall, frame: Frame) -> Site:
    """The place of an op as it is seen from a function that called for it: the call, where the op is inside one."""
    site, current = op.site, op.frame
    above = set(frame.stack)
    while current not in above and current.caller is not None and current.site is not None:
        site, current = current.site, current.caller
    return site


def home_of(softmax: OpCall, product: OpCall | None) -> Frame:
    """The function that an attention stands in: that of its product or, without one, that which gives the axis.

    A softmax of one's own takes the axis from whoever calls it.
    """
    if product is not None:
        return product.frame
    frame = softmax.frame
    takes_axis = not {"axis", "dim"}.isdisjoint(frame.params)
    return frame.caller if takes_axis and frame.caller is not None and not frame.begins else frame


def reached_from_test(op: OpCall) -> bool:
    """Whether a test calls what an op stands in: it may give it anything, and means no model by it."""
    return any(frame is not op.frame and frame.name.lower().startswith("test") for frame in op.frame.stack)


def reached_from(op: OpCall) -> tuple[tuple[Site, str], ...]:
    """The outermost call on the way from where the trace began to an op; nothing for an op that stands there itself."""
    calls = [frame for frame in op.frame.stack if frame.site is not None and frame.caller is not None]
    calls = [frame for frame in calls if not frame.begins]
    if not calls:
        return ()
    outermost = calls[-1]
    assert outermost.site is not None
    assert outermost.caller is not None
    return ((outermost.site, f"reached from {outermost.caller.qualname or 'the script'} here"),)
