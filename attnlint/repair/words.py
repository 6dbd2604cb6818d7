"""What an author calls a size: a name that is in scope, an attribute, or the axis that it is read off."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import libcst as cst

from attnlint import dims
from attnlint.dims import Answer, Dim
from attnlint.ir import Site
from attnlint.repair import tree
from attnlint.trace import OpCall, Trace
from attnlint.values import Size, Unknown, Value, as_dim


def named(trace: Trace, op: OpCall, size: Dim) -> str:
    """A name or attribute for a size that can be read where an op stands; empty where there is none."""
    return next((text for text, value in in_sight(trace, op) if dims.equal(value, size) is Answer.YES), "")


def scale_of(trace: Trace, op: OpCall, width: Dim) -> str:
    """An attribute or name that the author gave to 1/√width; empty where there is none."""
    root = width.power(Fraction(-1, 2))
    return next((text for text, value in in_sight(trace, op) if dims.equal(value, root) is Answer.YES), "")


def in_sight(trace: Trace, op: OpCall) -> Iterator[tuple[str, Dim]]:
    """The sizes that have a name where an op stands, those of its own function first, then its object's."""
    row = op.site.span.row
    here = tree.function(op.site)
    for binding in trace.bindings:
        same = binding.frame is op.frame and binding.site.path == op.site.path
        if same and binding.site.span.row < row and _stands(binding.site, here):
            size = _known(binding.value)
            if size is not None and binding.name.isidentifier():
                yield binding.name, size
    this = _this(here)
    if this:
        for cell in trace.cells:
            size = _known(cell.new)
            mine = cell.frame.owner == op.frame.owner and cell.site.path == op.site.path
            if size is not None and mine and cell.name.isidentifier():
                yield f"{this}.{cell.name}", size
    for binding in trace.bindings:
        if not binding.frame.name and binding.site.path == op.site.path:
            size = _known(binding.value)
            if size is not None and binding.name.isidentifier():
                yield binding.name, size


def _stands(site: Site, function: Site | None) -> bool:
    mine = tree.function(site)
    return (mine.node if mine else None) is (function.node if function else None)


def _this(function: Site | None) -> str:
    """The first parameter of a method."""
    if function is None or not isinstance(function.node, cst.FunctionDef):
        return ""
    outer = next((each for each in tree.around(function) if isinstance(each.node, cst.ClassDef)), None)
    params = function.node.params.params
    return params[0].name.value if outer is not None and params else ""


def _known(value: Value) -> Dim | None:
    if isinstance(value, Size):
        return value.dim
    return as_dim(value) if isinstance(value, Unknown) and value.size is not None else None
