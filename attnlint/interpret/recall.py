"""Traces of an earlier version of a file, taken again where nothing that they rest on has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from attnlint import values
from attnlint.index import Part
from attnlint.machine import Machine
from attnlint.ops.signature import as_tensor
from attnlint.state import Scope, Ties
from attnlint.tensor import Tensor
from attnlint.trace import Question, Trace
from attnlint.values import Choice, ClassValue, Instance, Seq, Unknown, Value


@dataclass(frozen=True, eq=False, slots=True)
class Root:
    """One trace from one function, and what it rests on of its file.

    `reach` is the code that it could get at, `ties` what bound it to the traces before it, `visited` the functions
    that it visited, and `asked` what it asked of the file's text.
    """

    node: object
    trace: Trace
    reach: Hashable
    ties: Ties
    visited: frozenset[object]
    asked: dict[Question, Hashable]

    def stands(self, entry: str, reach: Hashable, visited: set[object]) -> bool:
        """Whether a trace from here would be the same one, after traces that visited these functions."""
        return (
            self.trace.entry == entry
            and self.reach == reach
            and all((node in visited) is was for node, was in self.ties.seen.items())
        )


@dataclass(eq=False, slots=True)
class Recall:
    """What is known of the traces of an earlier version, and what is to be known of this one.

    `reach` tells for each definition the code that it names, `whole` is all code; without the former it is always
    traced. `earlier` finds the roots that began at a function. `roots` are those of this version,
    none where traces share more than names, and `again` the traces that were taken again.
    """

    reach: Mapping[Part, Hashable]
    whole: Hashable
    earlier: Callable[[object], Iterable[Root]]
    roots: list[Root] = field(default_factory=list)
    again: set[Trace] = field(default_factory=set)

    def find(self, entry: str, node: object, part: Part, visited: set[object]) -> Root | None:
        """The trace that would be made from here, where it is known."""
        found = (r for r in self.earlier(node) if r.stands(entry, self._reach(part, r.ties), visited))
        root = next(found, None)
        if root is not None:
            self.roots.append(root)
            self.again.add(root.trace)
            root.trace.asked = dict(root.asked)
        return root

    def keep(self, node: object, part: Part, machine: Machine) -> None:
        """Remember a trace that was made."""
        reach, trace = self._reach(part, machine.ties), machine.trace
        if reach is not None:
            visited, asked = frozenset(machine.visited), dict(trace.asked)
            self.roots.append(Root(node, trace, reach, machine.ties, visited, asked))

    def _reach(self, part: Part, ties: Ties) -> Hashable:
        reach = self.reach.get(part)
        return self.whole if ties.searched and reach is not None else reach

    def close(self, scopes: Iterable[Scope]) -> None:
        """Forget all roots where a value that traces share could have been learnt from by one of them."""
        seen: set[int] = set()
        if any(root.ties.lasting for root in self.roots) or not all(
            _is_plain(value, seen) for scope in scopes for value in scope.names.values()
        ):
            self.roots.clear()


def _is_plain(value: Value, seen: set[int]) -> bool:
    """Whether nothing in a value is a tensor of whose shape a part is known: one trace may have told it the next."""
    if id(value) in seen:
        return True
    seen.add(id(value))
    inner: Iterable[Value] = ()
    match value:
        case Tensor() | Unknown(tensor=Tensor()):
            tensor = as_tensor(value)
            return tensor is None or not tensor.shape.open or not tensor.axes
        case Seq(items=items):
            inner = items
        case values.Mapping(items=named) | Instance(attrs=named) | ClassValue(members=named):
            inner = named.values()
        case Choice(options=options):
            inner = options
    return all(_is_plain(each, seen) for each in inner)
