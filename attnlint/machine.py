"""The state of one trace while it runs: where it is, what it has recorded, and how it makes new values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.dims import Dim
from attnlint.ir import Site
from attnlint.names import is_weight_name
from attnlint.ops import OPS
from attnlint.ops.signature import Args, Result, as_tensor
from attnlint.patience import go_on
from attnlint.state import Journal, Scope, Ties
from attnlint.tensor import UNKNOWN_SHAPE, Shape, Tensor
from attnlint.trace import Branch, Frame, OpCall, Trace
from attnlint.values import Const, Instance, ModuleValue, Seq, Unknown, Value

if TYPE_CHECKING:
    from attnlint.hints import Hint
    from attnlint.index import FileIndex
    from attnlint.interpret.own_ops import OwnOps

MAX_STEPS = 12_000
MAX_DEPTH = 14
# Steps between two questions whether the trace is still wanted.
STRIDE = 256


class OutOfBudget(Exception):
    """The trace of one entry point has grown too long; what it recorded so far stands."""


@dataclass(eq=False)
class Machine:
    """One run over one entry point.

    `made` are the objects that it builds by themselves, and not as parts of others.

    `inplace` leads from a tensor to what an in-place op made of it; `symbols` are the sizes that comments and
    parameters name; `hints` are shapes that comments give to names that have no value yet; `layouts` are those of
    parameters, and `own` the ops, that the project's configuration names; `told` are the tensors whose shape is known
    from their author's words alone. `after` is called after each statement of the function that the trace began at.
    `free` are the names that came from nowhere, and `ties` those to other traces of the file.
    """

    index: FileIndex
    trace: Trace
    globals: Scope
    library: str = ""
    journal: Journal = field(default_factory=Journal)
    frame: Frame = field(default_factory=lambda: Frame(""))
    loops: tuple[Site, ...] = ()
    branches: tuple[Branch, ...] = ()
    depth: int = 0
    steps: int = 0
    inplace: dict[Tensor, Tensor] = field(default_factory=dict)
    symbols: dict[str, Dim] = field(default_factory=dict)
    hints: dict[str, Shape] = field(default_factory=dict)
    active: list[object] = field(default_factory=list)
    visited: set[object] = field(default_factory=set)
    params: dict[str, Shape] = field(default_factory=dict)
    modules: dict[str, ModuleValue] = field(default_factory=dict)
    layouts: dict[str, Hint] = field(default_factory=dict)
    own: OwnOps | None = None
    made: list[Instance] = field(default_factory=list)
    told: set[Tensor] = field(default_factory=set)
    after: Callable[[], None] | None = None
    free: list[str] = field(default_factory=list)
    ties: Ties = field(default_factory=Ties)

    def step(self) -> None:
        """Count one statement or call; raises OutOfBudget when there were too many, GivenUp when nobody waits."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise OutOfBudget
        if self.steps % STRIDE == 0:
            go_on()

    def emit(self, op: str, args: dict[str, Value], site: Site, spelling: str = "", library: str = "") -> Value:
        """Carry out one op: run its transfer function and record the equation."""
        transfer = OPS.get(op)
        result = transfer(Args(args)) if transfer else Result(reason=f"the op {op} is not known")
        call, inputs = self._record(op, args, site, spelling)
        call.notes.update(result.notes)
        if result.reason:
            call.notes["reason"] = result.reason
            self.trace.unknowns.append((site, result.reason))
        library = library or next((t.library for t in inputs if t.library), "") or self.library
        param = result.param if result.param is not None else _all_params(inputs)
        if result.parts is not None and not result.notes.get("many"):
            call.outputs = tuple(Tensor(part, call, result.dtype, param, library) for part in result.parts)
            return Seq(list(call.outputs))
        call.output = Tensor(result.shape, call, result.dtype, param, library)
        return Seq([call.output], many=True) if result.notes.get("many") else call.output

    def give(self, op: str, args: dict[str, Value], site: Site, shape: Shape) -> Tensor:
        """Record an op whose result's shape the interpreter knows itself, such as the join of two paths."""
        call, inputs = self._record(op, args, site, op)
        call.output = Tensor(shape, call, param=_all_params(inputs))
        return call.output

    def unknown(self, reason: str, site: Site, inputs: dict[str, Value] | None = None, name: str = "") -> Unknown:
        """A value that is not known, and what it came from; the tensors that went in are not lost."""
        call, _ = self._record("unknown", inputs or {}, site, name)
        call.notes["reason"] = reason
        self.trace.unknowns.append((site, reason))
        return Unknown(reason, name, op=call)

    def input(self, name: str, site: Site, shape: Shape = UNKNOWN_SHAPE, **notes: object) -> Tensor:
        """A tensor that comes from outside the trace."""
        call, _ = self._record("input", {"name": Const(name)}, site, name)
        call.notes.update(notes)
        call.output = Tensor(shape, call, name=name, param=is_weight_name(name), library=self.library)
        return call.output

    def _record(self, op: str, args: dict[str, Value], site: Site, spelling: str) -> tuple[OpCall, tuple[Tensor, ...]]:
        """Record an op call, which is returned with the tensors that went in."""
        self.step()
        args = {name: _as_given(value) for name, value in args.items()}
        call = OpCall(
            op, args, site, self.frame, len(self.trace.ops), spelling=spelling, loops=self.loops, branches=self.branches
        )
        return call, self.trace.record(call)

    def settled(self, value: Value) -> Value:
        """What a value is by now, after the in-place ops on it."""
        if not self.inplace:
            return value
        if isinstance(value, Unknown) and value.tensor in self.inplace:
            value = value.tensor
        while isinstance(value, Tensor) and value in self.inplace:
            value = self.inplace[value]
        return value

    def replace(self, old: Value, new: Value) -> None:
        """An in-place op: whatever name leads to the old tensor now means the new one."""
        before, after = as_tensor(old), as_tensor(new)
        if before is not None and after is not None and before is not after:
            after.name = after.name or before.name
            self.journal.write(self.inplace, before, after)

    def symbol(self, name: str, default: int | None = None) -> Dim:
        """The size of that name in this trace."""
        if name not in self.symbols:
            self.symbols[name] = dims.symbol(name, default)
        return self.symbols[name]

    @contextmanager
    def within(self, *, loop: Site | None = None, branch: Branch | None = None) -> Iterator[None]:
        """Everything recorded inside stands in this loop or branch."""
        loops, branches = self.loops, self.branches
        self.loops = (*loops, loop) if loop else loops
        self.branches = (*branches, branch) if branch else branches
        try:
            yield
        finally:
            self.loops, self.branches = loops, branches


def _as_given(value: Value) -> Value:
    """A list as it is now: what the code does to it later is no argument of this op."""
    return Seq([_as_given(item) for item in value.items], value.kind, value.many) if isinstance(value, Seq) else value


def _all_params(tensors: tuple[Tensor, ...]) -> bool:
    return bool(tensors) and all(tensor.param for tensor in tensors)
