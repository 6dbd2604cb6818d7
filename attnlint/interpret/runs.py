"""One trace from one function, begun anew where its code tells the shape of a parameter only after it was used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from attnlint import ir
from attnlint.index import Part
from attnlint.interpret.interpreter import Interpreter
from attnlint.interpret.recall import Recall, Root
from attnlint.machine import Machine, OutOfBudget
from attnlint.tensor import UNKNOWN_SHAPE, Shape
from attnlint.trace import Frame, Trace
from attnlint.values import NONE, Choice, Func, Instance, Seq, Unknown, Value

# So many ops of a function may be traced in vain before what is known by then has to do.
MAX_IN_VAIN = 1_500
MAX_BUILT = 12


class _Late(Exception):
    """The shape of a parameter that was used became known; the trace is better begun anew with it."""


class Runs:
    """Makes the traces of a file's functions; `machine` gives a new state for each, and all share what was visited.

    With a `recall`, traces of an earlier version are taken again.
    """

    def __init__(self, machine: Callable[[str], Machine], visited: set[object], recall: Recall | None = None) -> None:
        self.machine = machine
        self.visited = visited
        self.recall = recall
        self._behind: list[Root] = []

    def trace(self, entry: str, func: Func, part: Part) -> Trace:
        """The trace of one function, which stands in this part of the file."""
        known = self.recall.find(entry, func.node, part, self.visited) if self.recall is not None else None
        if known is not None:
            self._behind.append(known)
            self.visited |= known.visited
            return known.trace
        self._catch_up()
        machine = self._made(entry, func)
        if self.recall is not None:
            self.recall.keep(func.node, part, machine)
        self.visited |= machine.visited
        return machine.trace

    def _catch_up(self) -> None:
        """Look into the names that traces which were not made again would have left looked into."""
        for root in self._behind:
            machine = self.machine("")
            machine.visited = set()
            interpreter = Interpreter(machine)
            with suppress(OutOfBudget):
                for touched in root.ties.touched:
                    interpreter.modules.touch(*touched)
        self._behind.clear()

    def _made(self, entry: str, func: Func) -> Machine:
        """Trace one function with parameters of which nothing is given but what its author says."""
        shapes: dict[str, Shape] = {}
        left = MAX_IN_VAIN
        while True:
            machine = self.machine(entry)
            machine.params, machine.visited = shapes, set()
            watch = _Watch(machine, left)
            mark = machine.journal.mark()
            try:
                self._follow(machine, func, watch)
            except OutOfBudget:
                machine.trace.notes.append(f"{entry} is too long to be followed to its end")
            except _Late:
                shapes = watch.shapes
                left -= len(machine.trace.ops)
                continue
            finally:
                machine.journal.restore(mark)
                for name in machine.free:
                    # The next trace makes its own of a name that comes from nowhere.
                    machine.globals.names.pop(name, None)
            return machine

    def _follow(self, machine: Machine, func: Func, watch: _Watch) -> None:
        interpreter = Interpreter(machine)
        this = None
        if func.owner is not None and not _is_static(interpreter, func):
            this = interpreter.calls.symbolic_instance(func.owner, func.node.site)
        skip = this is not None
        values = interpreter.calls.objects.parameters(func.node, func, func.node.site, skip_first=skip)
        if this is not None:
            # A method's `w` is its input; the weights of an object are its attributes.
            _no_weight(values.get("w"))
        watch.begin(values)
        bound = Func(func.node, func.scope, this, func.owner)
        if isinstance(this, Instance) and func.name in {"call", "__call__"}:
            interpreter.calls.objects.build(this, next(iter(values.values()), NONE), func.node.site)
        result = interpreter.calls.inline(bound, [], dict(values), func.node.site)
        watch.end()
        text = getattr(func.node, "docstring", "")
        self.closures(interpreter, result, Frame(func.name, text=text))
        if func.owner is None:
            before = set(machine.visited)
            self.built(interpreter)
            # With its numbers a class may be right by chance, so that it is begun at by itself too.
            machine.visited &= before

    def built(self, interpreter: Interpreter) -> None:
        """Call the layers that code builds with sizes of its own and calls nowhere: the sizes tell on them."""
        for this in interpreter.m.made[:MAX_BUILT]:
            called = interpreter.attributes.called(this.cls)
            member = called[1].members[called[0]] if called is not None else None
            if isinstance(member, Func) and not self._is_visited(interpreter.m, member.node):
                given = interpreter.calls.objects.parameters(member.node, member, member.node.site, skip_first=True)
                interpreter.calls.call(this, [], dict(given), member.node.site)

    def _is_visited(self, machine: Machine, node: object) -> bool:
        """Whether a function has been visited, by this trace or by one before it."""
        before = node in self.visited
        machine.ties.seen[node] = before
        return before or node in machine.visited

    def closures(self, interpreter: Interpreter, value: Value, outer: Frame) -> None:
        """Call the functions that an entry point returns: nobody else in the file may."""
        if isinstance(value, Seq):
            for item in value.items:
                self.closures(interpreter, item, outer)
        elif isinstance(value, Choice):
            for option in value.options:
                self.closures(interpreter, option, outer)
        elif (
            isinstance(value, Func)
            and isinstance(value.node, ir.Function)
            and not self._is_visited(interpreter.m, value.node)
        ):
            interpreter.m.frame = outer
            given = interpreter.calls.objects.parameters(
                value.node, value, value.node.site, skip_first=value.this is not None
            )
            self.closures(interpreter, interpreter.calls.inline(value, [], dict(given), value.node.site), outer)


class _Watch:
    """Looks after each statement whether more is known of the parameters, and whether that comes too late."""

    def __init__(self, machine: Machine, left: int) -> None:
        self.m = machine
        self.left = left
        self.values: dict[str, Unknown] = {}
        self.shapes = dict(machine.params)
        self.touched: set[str] = set()

    def begin(self, values: dict[str, Value]) -> None:
        """Watch these parameters from here on, but for those whose shape the author says."""
        for name, value in values.items():
            if isinstance(value, Unknown) and (value.tensor is None or name in self.shapes):
                self.values[name] = value
        self.m.after = self._look

    def end(self) -> None:
        """What happens from here on is no statement of the function."""
        self.m.after = None

    def _look(self) -> None:
        is_late = False
        for name, value in self.values.items():
            tensor = value.tensor
            if tensor is None:
                continue
            shape, before = tensor.shape, self.shapes.get(name, UNKNOWN_SHAPE)
            if (len(shape.axes), shape.open) != (len(before.axes), before.open):
                self.shapes[name] = shape
                self.m.told.add(tensor)
                is_late |= name in self.touched or bool(self.m.trace.uses(tensor))
            self.touched.add(name)
        if is_late and len(self.m.trace.ops) < self.left:
            raise _Late


def _no_weight(value: Value | None) -> None:
    if isinstance(value, Unknown) and value.op is not None and value.op.output is not None:
        value.tensor = value.op.output
        value.tensor.param = False


def _is_static(interpreter: Interpreter, func: Func) -> bool:
    decorators = getattr(func.node, "decorators", ())
    return any(interpreter.decorator_name(decorator) == "staticmethod" for decorator in decorators)
