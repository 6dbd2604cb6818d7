"""The definitions of a file that have nothing to do with each other, in groups that can each be traced alone."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from attnlint.index import FileIndex, Part

# A parameter of such a name that is called may be any class of the file that fits.
_MODEL = re.compile(r"attn|attention|model|net|block|layer|decoder|encoder|head|mha|transformer|lm|gpt", re.I)
# What counts or measures heads, layers or a model's width is not called.
_SIZE = re.compile(r"^(?:n|nb|num|d|dim)_|^nhead|(?:dim|size|heads|_len|_idx|_mask|_scale|_name|_type)$|^n_?layers?$")
_BUILTINS = frozenset(dir(builtins))
_NOTHING = ast.Import | ast.ImportFrom | ast.Pass


@dataclass(frozen=True, slots=True)
class _Needs:
    """The names that a part takes from its file, and whether it calls a parameter that may be any model."""

    names: frozenset[str] = frozenset()
    takes_model: bool = False


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
    classes = [part for part in whole.definitions if part.kind == "class"]
    free: list[tuple[Part, Iterable[str]]] = []
    for part, need in needs.items():
        if part in shared or need is None:
            continue
        groups.join([part, *(names[name] for name in part.words & names.keys())])
        free.append((part, need.names - known))
        if need.takes_model:
            groups.join([part, *classes])
    groups.join_by(free)
    bound = whole.assigned - frozenset().union(*(part.words for part in shared))
    bound |= frozenset().union(*(_bound(part.text) for part in script))
    if script:
        groups.join([script[0], *(part for part in whole.definitions if part.words & bound)])
    concerned = [part for part in whole.definitions if part.concerns_attention]
    return [_island(whole, group, shared, concerned) for group in groups.made()]


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
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "getLogger"


@lru_cache(maxsize=1024)
def _bound(text: str) -> frozenset[str]:
    """The names that statements bind, and those in them at all: more than enough."""
    return frozenset(node.id for stmt in _parsed(text) for node in ast.walk(stmt) if isinstance(node, ast.Name))


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
    takes_model = False
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        is_top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_global() or (is_top and not symbol.is_assigned()):
                names.add(symbol.get_name())
            takes_model |= symbol.is_parameter() and _may_be_model(symbol.get_name(), text)
    return _Needs(frozenset(names), takes_model)


def _may_be_model(name: str, text: str) -> bool:
    """Whether a parameter of that name may be called as a model."""
    if not _MODEL.search(name):
        return False
    return not _SIZE.search(name) or re.search(rf"\b{name}\(", text) is not None


def _parsed(text: str) -> list[ast.stmt]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text).body
