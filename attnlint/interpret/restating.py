"""Decides whether a shape comment speaks of the tensor that a name has, or of another one that comes in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attnlint.dims import is_named
from attnlint.ops.signature import as_tensor
from attnlint.state import Scope
from attnlint.tensor import Axis, Shape, Tensor
from attnlint.trace import OpCall
from attnlint.values import Unknown, Value

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter


def restate(
    i: Interpreter, holder: Scope, name: str, value: Value, shape: Shape, *, binding: bool = False
) -> Value | None:
    """The tensor of its own that a comment's shape starts for a name; None where it speaks of the one that is there.

    What a function that is called in a branch says of its caller's tensor holds in this call alone. `binding` says that
    the function's parameters are bound, and its body has not begun.
    """
    tensor = as_tensor(i.m.settled(value)) if isinstance(value, Tensor | Unknown) else None
    op = tensor.op if tensor is not None else None
    if tensor is None or op is None or op.name not in {"input", "unknown"} or shape.open:
        return None
    if op.name == "unknown" and not i.m.trace.is_script:
        # Within a function comments sketch what a layer gives, often with axes joined that it keeps apart.
        return None
    if op.name == "input" and not binding and name not in {op.spelling, *i.m.frame.params}:
        # Another name for what came in is what something that is not known made of it.
        return None
    elsewhere = _contradicts(i, tensor, op, shape)
    called = len(i.m.active) + binding > (not i.m.trace.is_script)
    if not elsewhere and (not called or not tensor.shape.open or not _is_in_a_branch_of_its_own(i, op)):
        return None
    if op.name == "input":
        notes = {key: note for key, note in op.notes.items() if key in {"free", "parameter"}}
        new = i.m.input(op.spelling, op.site, shape, **notes)
    else:
        new = i.m.give("unknown_shape", {"x": tensor}, op.site, shape)
    new.name, new.aliases, new.param, new.maybe_none = tensor.name, [*tensor.aliases], tensor.param, tensor.maybe_none
    i.m.told.add(new)
    started: Value = replace(value, tensor=new, op=new.op) if isinstance(value, Unknown) else new
    i.m.journal.write(holder.names, name, started)
    return started


def _contradicts(i: Interpreter, tensor: Tensor, op: OpCall, shape: Shape) -> bool:
    """Whether a shape cannot be that of a tensor of which the author's words are all that is known."""
    free = bool(op.notes.get("free"))
    if not free and tensor not in i.m.told:
        return False
    known = tensor.shape
    if len(known.axes) > len(shape.axes) or (not known.open and len(known.axes) != len(shape.axes)):
        return True
    if not free or not i.m.trace.uses(tensor):
        return False
    pairs = zip(reversed(known.axes), reversed(shape.axes), strict=False)
    return any(_differ(mine, theirs) for mine, theirs in pairs)


def _differ(mine: Axis, theirs: Axis) -> bool:
    if mine.kind and theirs.kind and mine.kind != theirs.kind:
        return True
    one, other = mine.size, theirs.size
    return is_named(one) and is_named(other) and one.name != other.name and mine.kind != theirs.kind


def _is_in_a_branch_of_its_own(i: Interpreter, op: OpCall) -> bool:
    around = () if op.notes.get("free") else op.branches
    return any(branch not in around and not branch.decided for branch in i.m.branches)
