"""Which definitions of a file have to do with each other: what can be traced alone, and what a trace can get at."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import warnings
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from attnlint.index import FileIndex, Part

# A parameter of such a name that is called may be any class of the file that fits.
_MODEL = re.compile(r"attn|attention|model|net|block|layer|decoder|encoder|head|mha|transformer|lm|gpt", re.I)
# What counts or measures heads, layers or a model's width is not called.
_SIZE = re.compile(r"^(?:n|nb|num|d|dim)_|^nhead|(?:dim|size|heads|_len|_idx|_mask|_scale|_name|_type)$|^n_?layers?$")
# What stands for a callee that has no name.
_SOME = "(some)"
_BUILTINS = frozenset(dir(builtins))
_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_NOTHING = ast.Import | ast.ImportFrom | ast.Pass


@dataclass(frozen=True, slots=True)
class _Needs:
    """The names that a part takes from its file, whether it is given what may be a model, and what it may call so."""

    names: frozenset[str] = frozenset()
    is_given: bool = False
    called: frozenset[str] = frozenset()


def islands(whole: FileIndex) -> list[FileIndex]:
    """The file in groups of parts of which none speaks of another, each as a file with all of its imports.

    The file itself where what stands in it cannot be told apart: where definitions are put into tables, or where
    symbols cannot be worked out. Statements that are no definition are one group with what they speak of, and those
    that only import or name a constant belong to every group.
    """
    shared = [part for part in whole.parts if part.kind == "code" and _is_inert(part.text)]
    script = [part for part in whole.parts if part.kind == "code" and part not in shared]
    needs = {part: _needs(part.text) for part in whole.parts}
    if whole.registers or not whole.definitions or any(each is None for each in needs.values()):
        return [whole]
    groups = _Groups([*whole.definitions, *script])
    groups.join(script)
    groups.join_by([(part, [part.name]) for part in whole.definitions])
    names = {part.name: part for part in whole.definitions}
    known = _BUILTINS | names.keys() | whole.imports.keys() | whole.assigned
    free: list[tuple[Part, Iterable[str]]] = []
    for part, need in needs.items():
        if part in shared or need is None:
            continue
        groups.join([part, *(names[name] for name in part.words & names.keys())])
        free.append((part, need.names - known))
    groups.join_by(free)
    bound = whole.assigned - frozenset().union(*(part.words for part in shared))
    bound |= frozenset().union(*(_bound(part.text) for part in script))
    if script:
        groups.join([script[0], *(part for part in whole.definitions if part.words & bound)])
    _join_models(whole, groups, needs, known)
    concerned = [part for part in whole.definitions if part.concerns_attention]
    return [_island(whole, group, shared, concerned) for group in groups.made()]


def reaches(island: FileIndex) -> dict[Part, Hashable]:
    """For each definition of an island all code that it names, and that this names, its own and statements included.

    None for what gets at a name that means one thing here and another there, and nothing at all where definitions are
    put into tables.
    """
    if island.registers:
        return {}
    names = {part.name: part for part in island.definitions}
    bound = Counter([*(part.name for part in island.definitions), *island.assigned, *island.imports])
    unclear = {part for part in island.definitions if bound[part.name] > 1}
    inert = {part for part in island.parts if part.kind == "code" and _is_inert(part.text)}
    statements = {part for part in island.parts if part.kind == "code"} - inert

    def reach(part: Part) -> Hashable:
        found = _closed({part} | statements, names)
        if not found.isdisjoint(unclear):
            return None
        return tuple(each.key for each in island.parts if each in found or each in inert)

    return {part: reach(part) for part in island.definitions}


def _closed(parts: set[Part], names: dict[str, Part]) -> set[Part]:
    """Some parts, with all that they name, and so on."""
    found, queue = set(parts), list(parts)
    while queue:
        new = {names[name] for name in queue.pop().words & names.keys()} - found
        found |= new
        queue.extend(new)
    return found


def _join_models(
    whole: FileIndex, groups: _Groups, needs: dict[Part, _Needs | None], known: frozenset[str] | set[str]
) -> None:
    """Join what is given a model and calls one with all classes: it may be any of them that fits."""
    classes = [part for part in whole.definitions if part.kind == "class"]
    for group in list(groups.made()):
        here = [need for part in group if (need := needs[part]) is not None]
        if any(need.is_given for need in here) and any(need.called - known for need in here):
            groups.join([group[0], *classes])


def _island(whole: FileIndex, group: list[Part], shared: list[Part], concerned: list[Part]) -> FileIndex:
    inside = {*group, *shared}
    return FileIndex(
        [part for part in whole.parts if part in inside],
        whole.text,
        whole.path,
        whole.imports,
        whole.assigned,
        whole.stars,
        is_concerned=any(part not in inside for part in concerned),
        all_words=whole.words,
    )


class _Groups:
    """Parts in groups that grow together."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.leader = {part: part for part in parts}

    def join(self, parts: Iterable[Part]) -> None:
        """Put parts into one group, with the groups that they are in."""
        leaders = [self._lead(part) for part in parts]
        for leader in leaders[1:]:
            self.leader[self._lead(leader)] = self._lead(leaders[0])

    def join_by(self, named: Iterable[tuple[Part, Iterable[str]]]) -> None:
        """Put parts that have a name in common into one group."""
        first: dict[str, Part] = {}
        for part, names in named:
            for name in names:
                self.join([first.setdefault(name, part), part])

    def made(self) -> Iterator[list[Part]]:
        """The groups, in the order of their first parts."""
        groups: dict[Part, list[Part]] = {}
        for part in self.parts:
            groups.setdefault(self._lead(part), []).append(part)
        return iter(groups.values())

    def _lead(self, part: Part) -> Part:
        while self.leader[part] is not part:
            part = self.leader[part]
        return part


@lru_cache(maxsize=1024)
def _is_inert(text: str) -> bool:
    """Whether statements do nothing but import and name constants, which no trace can change."""
    return all(_does_nothing(stmt) for stmt in _parsed(text))


def _does_nothing(stmt: ast.stmt) -> bool:
    if isinstance(stmt, ast.Expr):
        return isinstance(stmt.value, ast.Constant)
    if isinstance(stmt, ast.Assign):
        target = stmt.targets[0]
        is_dunder = isinstance(target, ast.Name) and target.id.startswith("__")
        return is_dunder or isinstance(stmt.value, ast.Constant) or _is_logger(stmt.value)
    if isinstance(stmt, ast.AnnAssign):
        return stmt.value is None or isinstance(stmt.value, ast.Constant)
    return isinstance(stmt, _NOTHING)


def _is_logger(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in {"getLogger", "get_logger"}
    )


@lru_cache(maxsize=1024)
def _bound(text: str) -> frozenset[str]:
    """The names that statements bind, and those in them at all: more than enough."""
    nodes = [node for stmt in _parsed(text) for node in ast.walk(stmt)]
    defined = {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    return frozenset(defined | {node.id for node in nodes if isinstance(node, ast.Name)})


@lru_cache(maxsize=1024)
def _needs(text: str) -> _Needs | None:
    """What a part takes from its file; None where Python cannot tell."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tables = [symtable.symtable(text, "<part>", "exec")]
    except (SyntaxError, ValueError, RecursionError):
        return None
    names: set[str] = set()
    given: set[str] = set()
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        is_top = table.get_type() == "module"
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if symbol.is_global() or (is_top and not symbol.is_assigned()):
                names.add(name)
            if symbol.is_parameter() and _MODEL.search(name) and not _SIZE.search(name):
                given.add(name)
    return _Needs(frozenset(names), bool(given), frozenset(_called(text, given)))


def _called(text: str, given: set[str]) -> Iterator[str]:
    """What is called that may be a value: names, callees without one, and attributes that hold what is given."""
    nodes = [node for stmt in _parsed(text) for node in ast.walk(stmt)]
    held = {
        target.attr
        for node in nodes
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Name) and node.value.id in given
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute)
    }
    own = {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    lambdas = (node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda))
    own |= {target.id for node in lambdas for target in node.targets if isinstance(target, ast.Name)}
    for node in nodes:
        func = node.func if isinstance(node, ast.Call) else None
        if isinstance(func, ast.Name):
            yield from {func.id} - own
        elif isinstance(func, ast.Attribute):
            of_self = isinstance(func.value, ast.Name) and func.value.id == "self"
            if func.attr in held or (not of_self and _MODEL.search(func.attr)):
                yield _SOME
        elif func is not None:
            yield _SOME


def _parsed(text: str) -> list[ast.stmt]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text).body
