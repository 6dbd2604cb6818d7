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
