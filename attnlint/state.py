"""Names and attributes as they stand at one point of a trace, and how two branches become one again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from attnlint.values import Value

MISSING = object()


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a module, class body, function call or comprehension, and the scope around it.

    `outer` holds the names that `global` and `nonlocal` say are another scope's.
    """

    names: dict[str, Value] = field(default_factory=dict)
    parent: Scope | None = None
    kind: str = "function"
    path: str = ""
    outer: dict[str, Scope] = field(default_factory=dict)

    @property
    def root(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def origin(self) -> str:
        """The file that the code of this scope stands in."""
        return self.root.path

    def holder(self, name: str) -> Scope | None:
        """The innermost scope that has the name; class bodies are invisible from inside their functions."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope.kind != "class" or scope is self):
                return scope
            scope = scope.parent
        return None

    def child(self, kind: str = "function") -> Scope:
        """A new scope inside this one."""
        return Scope({}, self, kind)


@dataclass(slots=True)
class Change:
    """One place that a branch wrote to: what stood there before, and what stands there now."""

    container: dict[Any, Any] | list[Any]
    key: Any
    old: object
    new: object
    narrowed: bool = False


@dataclass(eq=False, slots=True)
class Ties:
    """What binds a trace to the others of its file, which came before it or come after.

    `touched` are the names and modules that it was the first to look into, each with its kind and file; `seen` are the
    functions of which it mattered whether an earlier trace had visited them; `searched` says that it looked through all
    classes for one, and `lasting` that it leaves something behind that a later trace could tell.
    """

    touched: list[tuple[str, str, str]] = field(default_factory=list)
    seen: dict[object, bool] = field(default_factory=dict)
    searched: bool = False
    lasting: bool = False


class Journal:
    """Every write to a scope, object or container, so that a branch can be undone and joined with its sibling."""

    def __init__(self) -> None:
        self._log: list[tuple[dict[Any, Any] | list[Any], Any, object, bool]] = []

    def write(self, container: dict[Any, Any] | list[Any], key: Any, value: object, narrowing: bool = False) -> None:
        """Put a value in its place and remember what stood there."""
        if isinstance(container, dict):
            old = container.get(key, MISSING)
        else:
            old = container[key] if key < len(container) else MISSING
        self._log.append((container, key, old, narrowing))
        _put(container, key, value)

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._log)

    def undo(self, mark: int) -> list[Change]:
        """Take back everything since the mark; what each place held then is returned."""
        changes: dict[tuple[int, Any], Change] = {}
        for container, key, old, narrowing in self._log[mark:]:
            place = (id(container), key)
            now = _get(container, key)
            if place in changes:
                changes[place].narrowed &= narrowing
            else:
                changes[place] = Change(container, key, old, now, narrowing)
        for container, key, old, _ in reversed(self._log[mark:]):
            _put(container, key, old)
        del self._log[mark:]
        return list(changes.values())

    def restore(self, mark: int) -> None:
        """Give names and attributes back what they held; lists keep their items, since a trace still speaks of them."""
        for container, key, old, _ in reversed(self._log[mark:]):
            if isinstance(container, dict):
                _put(container, key, old)
        del self._log[mark:]

    def redo(self, changes: list[Change]) -> None:
        """Make the changes of one branch again, those that only narrowed a name left out."""
        for change in changes:
            if not change.narrowed:
                self.write(change.container, change.key, change.new)

    def merge(self, one: list[Change], other: list[Change], join: Callable[[Value, Value], Value]) -> None:
        """Write what holds after either branch: the same value, or the join of the two."""
        theirs = {(id(c.container), c.key): c for c in other if not c.narrowed}
        for change in one:
            if change.narrowed:
                continue
            twin = theirs.pop((id(change.container), change.key), None)
            self._settle(change, change.new, twin.new if twin else change.old, join)
        for change in theirs.values():
            self._settle(change, change.old, change.new, join)

    def _settle(self, change: Change, mine: Any, theirs: Any, join: Callable[[Value, Value], Value]) -> None:
        if mine is MISSING or theirs is MISSING:
            value = theirs if mine is MISSING else mine
        else:
            value = mine if mine is theirs else join(mine, theirs)
        if value is not MISSING:
            self.write(change.container, change.key, value)


def _get(container: dict[Any, Any] | list[Any], key: Any) -> object:
    if isinstance(container, dict):
        return container.get(key, MISSING)
    return container[key] if key < len(container) else MISSING


def _put(container: dict[Any, Any] | list[Any], key: Any, value: object) -> None:
    if value is MISSING:
        if isinstance(container, dict):
            container.pop(key, None)
        elif key < len(container):
            del container[key:]
    elif isinstance(container, dict) or key < len(container):
        container[key] = value
    else:
        container.append(value)
