"""One value for two paths: what both agree on stays known."""

from __future__ import annotations

from attnlint import dims
from attnlint.dims import Answer, equal
from attnlint.ir import Site
from attnlint.machine import Machine
from attnlint.ops.signature import as_tensor
from attnlint.tensor import UNKNOWN_SHAPE, Atom, Axis, Shape, Tensor
from attnlint.values import NONE, Choice, Const, Instance, Layer, Lazy, Mapping, Seq, Size, Unknown, Value, is_none


def join(machine: Machine, one: Value, other: Value, site: Site) -> Value:
    """The value of a name after two branches that gave it these."""
    one, other = machine.settled(one), machine.settled(other)
    if one is other or _same_constant(one, other):
        return one
    if isinstance(one, Choice) or isinstance(other, Choice):
        return _choice(machine, one, other, site)
    if isinstance(one, Lazy) and isinstance(other, Lazy):
        # `try: import cupy as xp`, else NumPy: what one of two imports gives, the other is to stand for.
        return one
    first, second = _tensor_like(one), _tensor_like(other)
    if first and second:
        return join_tensors(machine, one, other, site)
    if isinstance(one, Size) and isinstance(other, Size):
        if equal(one.dim, other.dim) is Answer.YES:
            return one
        return Choice((one, other))
    if isinstance(one, Seq) and isinstance(other, Seq) and one.kind == other.kind:
        if len(one.items) == len(other.items):
            items = [join(machine, a, b, site) for a, b in zip(one.items, other.items, strict=True)]
            return Seq(items, one.kind, one.many or other.many)
        if one.kind == "list" and (one.items or other.items):
            longer = one if len(one.items) > len(other.items) else other
            return Seq(list(longer.items), "list", longer.many)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        merged = dict(one.items)
        for key, value in other.items.items():
            merged[key] = join(machine, merged[key], value, site) if key in merged else value
        return Mapping(merged, one.open or other.open)
    return Choice((one, other))


def join_all(machine: Machine, values: list[Value], site: Site) -> Value:
    """The join of what several paths gave; None for none."""
    if not values:
        return NONE
    result = values[0]
    for value in values[1:]:
        result = join(machine, result, value, site)
    return result


def join_tensors(machine: Machine, one: Value, other: Value, site: Site) -> Tensor:
    """A `join` op whose output has the axes that both paths agree on."""
    first, second = as_tensor(one), as_tensor(other)
    assert first is not None
    assert second is not None
    result = machine.give("join", {"a": first, "b": second}, site, join_shapes(first.shape, second.shape))
    result.library = first.library or second.library
    result.name = first.name or second.name
    result.maybe_none = first.maybe_none or second.maybe_none
    return result


def join_shapes(one: Shape, other: Shape) -> Shape:
    """What two shapes have in common; where one path is unknown, the other's word is taken."""
    if not one.known or not other.known:
        return other if not one.known else one
    if not one.open and not other.open and len(one.axes) != len(other.axes):
        return UNKNOWN_SHAPE
    short = min(len(one.axes), len(other.axes))
    pairs = zip(one.axes[len(one.axes) - short :], other.axes[len(other.axes) - short :], strict=True)
    joined = tuple(_join_axes(a, b) for a, b in pairs)
    return Shape(joined, one.open or other.open or len(one.axes) != len(other.axes))


def _join_axes(one: Axis, other: Axis) -> Axis:
    if one.same(other) or equal(one.size, other.size) is Answer.YES:
        return one if one.kind or not other.kind else other
    if one.is_one or other.is_one or not one.atoms or not other.atoms:
        return Axis((Atom(dims.unknown("differs by path"), one.kind or other.kind),))
    kind = one.kind or other.kind
    return Axis((one.atoms[0].derived("joined", dims.unknown("differs by path"), kind),))


def _tensor_like(value: Value) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, Unknown) and (value.tensor is not None or not value.attrs))


def _same_constant(one: Value, other: Value) -> bool:
    return isinstance(one, Const) and isinstance(other, Const) and one.value == other.value


def _choice(machine: Machine, one: Value, other: Value, site: Site) -> Value:
    options = [*(one.options if isinstance(one, Choice) else (one,))]
    for option in other.options if isinstance(other, Choice) else (other,):
        if any(option is known or _same_constant(option, known) for known in options):
            continue
        twin = next((i for i, known in enumerate(options) if _joinable(known, option)), None)
        if twin is None:
            options.append(option)
        else:
            options[twin] = join(machine, options[twin], option, site)
    return options[0] if len(options) == 1 else Choice(tuple(options[:6]))


def _joinable(one: Value, other: Value) -> bool:
    if is_none(one) or is_none(other) or isinstance(one, Instance | Layer):
        return False
    return (_tensor_like(one) and _tensor_like(other)) or (
        isinstance(one, Seq) and isinstance(other, Seq) and len(one.items) == len(other.items)
    )
