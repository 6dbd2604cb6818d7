"""What an author calls a size: a name that is in scope, an attribute, a parameter, or these multiplied."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import libcst as cst

from attnlint import dims
from attnlint.dims import Answer, Dim
from attnlint.ir import Site
from attnlint.names import is_cache_name, is_head_dim, kind_of
from attnlint.repair import tree
from attnlint.tensor import Kind
from attnlint.trace import Trace
from attnlint.values import CALLED, ClassValue, Func, Instance, Size, Unknown, Value, as_dim


def named(trace: Trace, site: Site, size: Dim, kind: Kind = "") -> str:
    """How a size can be written where something stands, by its names; empty where it has none there.

    Of a plain number, which several names may share, the name must not say that it counts something of another kind.
    """
    known = [(text, value) for text, value in in_sight(trace, site) if size.value is None or _may_be(text, kind)]
    found = next((text for text, value in known if dims.equal(value, size) is Answer.YES), "")
    return found or _of_pair(trace, site, size) or _of_symbols(size, site, known)


def scale_of(trace: Trace, site: Site, width: Dim) -> str:
    """An attribute or name that the author gave to 1/√width; empty where there is none."""
    root = width.power(Fraction(-1, 2))
    return next((text for text, value in in_sight(trace, site) if dims.equal(value, root) is Answer.YES), "")


def in_sight(trace: Trace, site: Site) -> Iterator[tuple[str, Dim]]:
    """The sizes that have a name where something stands: those of its own function first, then its object's."""
    row, here = site.span.row, tree.function(site)
    for binding in reversed(trace.sizes):
        if binding.site.path == site.path and here is not None and tree.function(binding.site) == here:
            size = _known(binding.value)
            if size is not None and binding.site.span.row < row:
                yield binding.name, size
    given = list(_given(trace, here))
    yield from given
    for name, default in parameters(site).items():
        node = default.node if default is not None else None
        if isinstance(node, cst.Integer) and name not in dict(given):
            yield name, dims.const(int(node.value, 0))
    this, owner = this_of(site), owner_of(site)
    for cell in trace.cells if this else ():
        size = _known(cell.new)
        # In the constructor an attribute can be read behind the line that sets it, and elsewhere always.
        later = tree.function(cell.site) == here and cell.site.span.row >= row
        if size is not None and owner_of(cell.site) == owner and cell.name.isidentifier() and not later:
            yield f"{this}.{cell.name}", size
    for binding in trace.sizes:
        size = _known(binding.value)
        outside = binding.site.path == site.path and tree.function(binding.site) is None
        before = here is not None or binding.site.span.row < row
        if size is not None and outside and before and owner_of(binding.site) is None:
            yield binding.name, size
    for name, number in _constants(trace.text_of(site)).items() if here is not None else ():
        yield name, dims.const(number)


def _given(trace: Trace, function: Site | None) -> Iterator[tuple[str, Dim]]:
    """The sizes that the parameters of a function were given by those who call it."""
    for call in trace.calls if function is not None else ():
        callee, values = call.callee, call.given
        if isinstance(callee, ClassValue):
            callee = callee.members.get("__init__", callee)
            params = [each.name for each in callee.node.params[1:]] if isinstance(callee, Func) else []
            values = {**dict(zip(params, call.args, strict=False)), **call.kwargs}
        if isinstance(callee, Func) and callee.node.site == function:
            for name, value in values.items():
                size = _known(value)
                if size is not None:
                    yield name, size


@lru_cache(maxsize=8)
def _constants(text: str) -> dict[str, int]:
    """The whole numbers that a file's own statements name."""
    found: dict[str, int] = {}
    for node in ast.parse(text).body:
        value = node.value if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(value, ast.Constant) and type(value.value) is int:
            found.update({target.id: value.value for target in node.targets if isinstance(target, ast.Name)})
    return found


def this_of(site: Site) -> str:
    """The first parameter of the method that something stands in; empty outside of one."""
    function = tree.function(site)
    if function is None or not isinstance(function.node, cst.FunctionDef) or owner_of(function) is None:
        return ""
    params = function.node.params.params
    return params[0].name.value if params else ""


def owner_of(site: Site) -> Site | None:
    """The class that something stands in."""
    return next((each for each in tree.around(site) if isinstance(each.node, cst.ClassDef)), None)


def parameters(site: Site) -> dict[str, Site | None]:
    """The parameters of the function that something stands in, each with its default."""
    function = tree.function(site)
    if function is None or not isinstance(function.node, cst.FunctionDef):
        return {}
    params = function.node.params
    every = (*params.posonly_params, *params.params, *params.kwonly_params)
    return {each.name.value: tree.at(site, each.default) if each.default is not None else None for each in every}


def _of_pair(trace: Trace, site: Site, size: Dim) -> str:
    """A plain number as the product of a number of heads and the width of one."""
    if size.value is None:
        return ""
    known = [(text, value.value) for text, value in in_sight(trace, site) if value.value]
    heads = [(text, value) for text, value in known if kind_of(text) == "heads"]
    widths = [(text, value) for text, value in known if is_head_dim(text)]
    products = (f"{one} * {other}" for one, a in heads for other, b in widths if a and b and a * b == size.value)
    return next(products, "")


def _may_be(text: str, kind: Kind) -> bool:
    return not kind or kind_of(text) in ("", kind)


def calls_of(text: str, name: str) -> int:
    """How often a file calls what has this name, as far as its text tells."""
    elsewhere = re.sub(r"^\s*(?:class|def)\s.*$", "", text, flags=re.M)
    return len(re.findall(rf"\b{re.escape(name)}\(", elsewhere)) if name else 0


def cache_parameter(callee: Value) -> str:
    """The parameter of a function, or of what calling an object runs, that takes a cache."""
    if isinstance(callee, Instance):
        callee = next((m for name in CALLED if isinstance(m := callee.cls.members.get(name), Func)), callee)
    params = callee.node.params if isinstance(callee, Func) else ()
    return next((param.name for param in params if is_cache_name(param.name)), "")


def _of_symbols(size: Dim, site: Site, known: list[tuple[str, Dim]]) -> str:
    """A size as a product of its symbols, each a parameter or a name in scope."""
    if len(size.terms) != 1:
        return ""
    factors, number = size.terms[0]
    words: list[str] = []
    given = parameters(site)
    for symbol, power in factors:
        text = next((t for t, value in known if _is_symbol(value, symbol)), "")
        text = text or (symbol.name if symbol.name in given else "")
        # What a comment calls it and what the code calls it are two symbols, and one size.
        text = text or next((t for t, _ in known if t.rpartition(".")[2] == symbol.name), "")
        text = text or (_heads(site, known) if kind_of(symbol.name) == "heads" else "")
        if not text or power.denominator != 1 or power < 1:
            return ""
        words.extend([text] * int(power))
    if number != 1:
        if number.denominator != 1:
            return ""
        words.insert(0, str(number))
    return " * ".join(words) if factors else ""


def _heads(site: Site, known: list[tuple[str, Dim]]) -> str:
    """The one name for a number of heads that there is."""
    found = {text for text in (*parameters(site), *(text for text, _ in known)) if kind_of(text) == "heads"}
    return found.pop() if len(found) == 1 else ""


def _is_symbol(value: Dim, symbol: object) -> bool:
    if len(value.terms) != 1:
        return False
    factors, number = value.terms[0]
    return number == 1 and len(factors) == 1 and factors[0] == (symbol, Fraction(1))


def _known(value: Value) -> Dim | None:
    if isinstance(value, Size):
        return value.dim
    return as_dim(value) if isinstance(value, Unknown) and value.size is not None else None
