"""Walks a trace backwards and forwards along what carries a value: scores stay scores through scaling and masking."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attnlint.tensor import Axis, Tensor
from attnlint.trace import OpCall, Trace, tensors_in
from attnlint.values import Choice

PRODUCTS = frozenset({"matmul", "einsum", "bmm", "dot", "baddbmm", "inner", "tensordot", "dot_general"})
PROJECTIONS = frozenset({"linear", "conv", "embedding", "rnn"})
LAYOUT = frozenset(
    """reshape transpose permute transpose_all matrix_transpose moveaxis expand_dims squeeze expand
    broadcast_to expand_as view_as tile repeat_interleave flatten unflatten rearrange einops_repeat index
    split chunk unbind identity contiguous unknown_shape cast select narrow shrink roll
    dynamic_slice slice_in_dim narrow_to broadcast_in_dim map_over map_back""".split()
)
_POINTWISE = frozenset(
    """add sub mul div maximum minimum where masked_fill setitem at_set clip tanh neg dropout join nan_to_num
    activation relu sigmoid square tril triu scatter copy_into pad concat stack sum_of exp pow floordiv
    dynamic_update_slice""".split()
)
_STAYS = frozenset({"norm", "rotate", "normalize", "dropout", "activation", "mul", "div", "neg"})
CARRIERS = LAYOUT | _POINTWISE
_BOTH = frozenset({"add", "sub", "mul", "div", "maximum", "minimum", "join", "where", "pow", "floordiv"})
_ONE = {
    "masked_fill": ("x",),
    "setitem": ("x", "value"),
    "at_set": ("x",),
    "expand_as": ("x",),
    "view_as": ("x",),
    "index": ("x",),
}


def carried(op: OpCall) -> list[Tensor]:
    """The inputs whose values go on into the output; masks and indices do not."""
    if op.name in _BOTH:
        return [t for name in ("a", "b") for t in tensors_in([op.args[name]] if name in op.args else [])]
    if op.name in _ONE:
        return [t for name in _ONE[op.name] for t in tensors_in([op.args[name]] if name in op.args else [])]
    if "x" in op.args:
        return list(tensors_in([op.args["x"]]))
    return list(op.inputs)


def operands(product: OpCall) -> tuple[Tensor, Tensor] | None:
    """The two tensors that a product multiplies; None where it has others."""
    if product.name == "einsum":
        found = product.inputs
        if len(found) > 2:
            found = tuple(tensor for tensor in found if not tensor.param)
        return (found[0], found[1]) if len(found) == 2 else None
    one, other = product.tensor("a"), product.tensor("b")
    return (one, other) if one is not None and other is not None else None


def contracted_axis(product: OpCall, operand: int) -> Axis | None:
    """The axis of one operand that a product sums over; None where it is not known or more than one."""
    found = product.notes.get("contracted")
    if not isinstance(found, tuple) or not found:
        return None
    if isinstance(found[0], tuple):
        axis = found[0][1 + operand] if len(found) == 1 else None
    else:
        axis = found[operand] if len(found) == 2 else None
    return axis if isinstance(axis, Axis) else None


def is_activation_product(op: OpCall) -> bool:
    """Whether an op multiplies two activations, neither of them a weight."""
    if op.name not in PRODUCTS:
        return False
    pair = operands(op)
    if pair is None or pair[0].param or pair[1].param or op.notes.get("projection"):
        return False
    return op.name == "einsum" or (pair[0].rank != 1 and pair[1].rank != 1)


def is_projection(op: OpCall) -> bool:
    """Whether a product multiplies an activation by a weight."""
    if op.name == "einsum":
        weights = [tensor.param for tensor in op.inputs]
        return any(weights) and not all(weights)
    return op.name in PRODUCTS and bool(op.notes.get("projection"))


def ancestors(tensor: Tensor, through: Callable[[OpCall], bool], limit: int = 120) -> Iterator[OpCall]:
    """The ops that a tensor comes from, nearest first; the walk goes on behind those that `through` lets pass."""
    seen: set[OpCall] = set()
    queue = [tensor]
    while queue and len(seen) < limit:
        op = queue.pop(0).op
        if op is None or op in seen:
            continue
        seen.add(op)
        yield op
        if through(op):
            queue.extend(carried(op))


def is_carrier(op: OpCall) -> bool:
    """Whether the op hands its input on, changed in value or layout but not in what it is."""
    return op.name in CARRIERS


def outputs(op: OpCall) -> tuple[Tensor, ...]:
    """Every tensor that an op gives."""
    return (op.output,) if op.output is not None else op.outputs


def consumers(trace: Trace, tensor: Tensor, through: Callable[[OpCall], bool], limit: int = 80) -> Iterator[OpCall]:
    """The ops that a tensor goes into, in order; the walk goes on behind those that `through` lets pass."""
    seen: set[OpCall] = set()
    queue = [tensor]
    while queue and len(seen) < limit:
        current = queue.pop(0)
        for op in trace.uses(current):
            if op in seen:
                continue
            seen.add(op)
            yield op
            if through(op) and (op.name not in CARRIERS or any(t is current for t in carried(op))):
                queue.extend(outputs(op))


def source(tensor: Tensor, depth: int = 4) -> Tensor:
    """What a query, key or value was projected from: behind layout, the projection, norms and rotation."""
    current = tensor
    for _ in range(40):
        op = current.op
        if op is None or op.name == "input" or isinstance(op.args.get("x"), Choice):
            # One of several, as `x if memory is None else memory`, is none that can be named.
            return current
        if is_projection(op):
            following = next((t for t in op.inputs if not t.param), None)
            return following if following is not None else current
        if op.name in PROJECTIONS - {"embedding"}:
            following = next(iter(carried(op)), None)
            return following if following is not None else current
        if op.name in LAYOUT | _STAYS:
            following = next((t for t in carried(op) if not t.param), None)
            if following is None:
                return current
            current = following
            continue
        if op.name in {"add", "sub", "concat", "stack"} and depth:
            # A rotation written out puts the pieces of one tensor together again.
            parts = [source(t, depth - 1) for t in carried(op) if not t.param]
            return parts[0] if parts and all(part is parts[0] for part in parts) else current
        return current
    return current
