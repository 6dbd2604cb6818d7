"""Follows imports into the project's other files, each of them read when one of its names is first wanted."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from attnlint import ir
from attnlint.frameworks import arrays_of, function, layer
from attnlint.index import FileIndex, Part
from attnlint.project import indexed, resolve
from attnlint.state import Journal, Scope
from attnlint.values import ClassValue, Const, Lazy, ModuleValue, Ref, Unknown, Value

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

# Code that runs at import is followed where it is short: constants, masks, configurations.
LONGEST_CODE = 40_000
# A definition that says nothing of attention is followed only where it is small: a mask's builder, a helper.
LONGEST_OTHER = 4_000
# One that does is followed unless it is the base class of a whole library.
LONGEST_DEFINITION = 24_000


# How many files are read for what they put into a table.
MOST_LOADED = 40


def _is_of_library(dotted: str) -> bool:
    return not dotted.startswith(".") and (function(dotted) is not None or layer(dotted) is not None)


class Modules:
    """The modules that a trace has reached, by path."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self.loaded: dict[str, ModuleValue] = interpreter.m.modules

    def imported(self, dotted: str, importer: str) -> Value:
        """What an imported name stands for: something of the project, or a reference to another package.

        What a library calls so is known by its table, also where its own source is in the project.
        """
        if _is_of_library(dotted):
            return Ref(dotted)
        found = resolve(dotted, importer)
        if found is None:
            return Ref(dotted.lstrip(".") if not dotted.startswith(".") else dotted)
        path, rest = found
        named = self._of_package(dotted, importer) if not rest else None
        if named is not None:
            return named
        module = self.module(path, dotted)
        if module is None:
            return Ref(dotted.lstrip("."))
        value: Value = module
        for name in rest.split(".") if rest else ():
            value = self._below(value, name)
        return value

    def _of_package(self, dotted: str, importer: str) -> Value | None:
        """What a package calls by the name of one of its modules: Python looks at the package's own names first."""
        parent, dot, name = dotted.rpartition(".")
        found = resolve(parent if parent.strip(".") else parent + dot, importer) if dot else None
        if found is None or found[1] or os.path.abspath(found[0]) == os.path.abspath(importer):
            return None
        package = self.module(found[0], parent)
        own = package.index.imports.get(name, "") if package is not None else ""
        return self.member(package, name) if package is not None and own not in {"", f".{name}"} else None

    def _below(self, value: Value, name: str) -> Value:
        match value:
            case ModuleValue():
                return self.member(value, name)
            case Ref(dotted):
                return Ref(f"{dotted}.{name}")
            case ClassValue():
                return value.members.get(name) or Unknown(f"{name} is not in {value.name}", name)
            case _:
                return Unknown(f"{name} of an imported value", name)

    def module(self, path: str, dotted: str) -> ModuleValue | None:
        """A file of the project as a module; the same one each time."""
        if path not in self.loaded:
            index = indexed(path)
            if index is None:
                return None
            self.i.m.ties.touched.append(("module", path, dotted))
            scope = Scope(kind="module", path=path)
            self.loaded[path] = ModuleValue(index, scope, dotted)
            self.i.m.trace.files[path] = index.text
            fill(scope, index, "imported")
        return self.loaded[path]

    def member(self, module: ModuleValue, name: str) -> Value:
        """A name of a module: a definition, an import, what its own statements bind, or a module below it."""
        scope = module.scope
        meant = self.i.m.own.defined(module.index.path, name) if self.i.m.own is not None else None
        if meant is not None:
            return meant
        if _is_of_library(f"{module.dotted}.{name}"):
            return Ref(f"{module.dotted}.{name}")
        if self._finds(module, name):
            lazy = scope.names[name]
            if isinstance(lazy, Lazy) and isinstance(lazy.target, Part) and not _is_followed(lazy.target):
                return Ref(f"{module.dotted}.{name}")
            return self.i.force(scope, name)
        below = resolve(f".{name}", module.index.path) if module.index.path.endswith("__init__.py") else None
        if below is not None and not below[1]:
            return self.module(below[0], f"{module.dotted}.{name}") or Ref(f"{module.dotted}.{name}")
        made = self._made_on_demand(module, name)
        return made if made is not None else Ref(f"{module.dotted}.{name}")

    def _made_on_demand(self, module: ModuleValue, name: str) -> Value | None:
        """What a package's `__getattr__` imports when it is first asked for: looked for in the package's own files."""
        path = Path(module.index.path)
        if path.name != "__init__.py" or not any(part.name == "__getattr__" for part in module.index.definitions):
            return None
        for file in sorted(path.parent.glob("*.py"))[:MOST_LOADED]:
            other = self.module(str(file), f"{module.dotted}.{file.stem}") if file != path else None
            if other is not None and any(part.name == name for part in other.index.definitions):
                return self.member(other, name)
        return None

    def library(self, path: str) -> str:
        """The array library that a file works with: that of its own imports, or of the file the trace began in."""
        module = self.loaded.get(path)
        if module is not None and module.library is None:
            module.library = main_library(module.index)
        return (module.library if module is not None else "") or self.i.m.library

    def own(self, name: str, scope: Scope) -> Value | None:
        """What a name is in the file that code stands in, where that is another than the one the trace began in."""
        module = self.loaded.get(scope.origin)
        found = module is not None and module.scope is scope.root and self._finds(module, name)
        return self.i.force(scope.root, name) if found else None

    def _finds(self, module: ModuleValue, name: str) -> bool:
        """Whether a file of the project binds a name: an import, a definition, a statement, or all of another file."""
        if name not in module.scope.names:
            self._run(module, name)
        if name not in module.scope.names:
            self._take_all(module)
        return name in module.scope.names

    def _take_all(self, module: ModuleValue) -> None:
        """Follow a module's `from other import *`, once."""
        if "*" not in module.asked:
            module.asked.add("*")
            self.i.m.ties.touched.append(("*", module.index.path, ""))
            for dotted in module.index.stars:
                self.star(dotted, module.scope)

    def touch(self, kind: str, path: str, name: str) -> None:
        """Look into a name or module as an earlier trace did, so that a later one finds it looked into."""
        module = self.loaded.get(path)
        scope = module.scope if module is not None else self.i.m.globals
        if kind == "module":
            self.module(path, name)
        elif kind == "name" and name in scope.names:
            self.i.force(scope, name)
        elif module is not None and kind == "statements":
            self._run(module, name)
        elif module is not None and kind == "*":
            self._take_all(module)

    def registered(self, key: str) -> Value | None:
        """The definition that a decorator such as `@register("key")` puts into a table under that key."""
        root = self.i.m.index
        if not any(index.registers for index, _ in self._files()):
            return None
        if not root.is_followed:
            root.is_followed = True
            self._load_imports()
        marked = re.compile(rf"(?m)^@[\w.]*regist\w*\([^)\n]*[\"']{re.escape(key)}[\"']")
        for index, scope in self._files():
            for part in index.definitions if index.registers else ():
                if part.text.lstrip().startswith("@") and marked.search(part.text) and part.name in scope.names:
                    return self.i.force(scope, part.name)
        return None

    def _files(self) -> list[tuple[FileIndex, Scope]]:
        """The file that the trace began in, and those read since."""
        return [(self.i.m.index, self.i.m.globals), *((one.index, one.scope) for one in self.loaded.values())]

    def _load_imports(self) -> None:
        """Read the project's files that those read so far import: Python runs them, and what they register is there."""
        queue = [index for index, _ in self._files()]
        while queue and len(self.loaded) < MOST_LOADED:
            index = queue.pop(0)
            for dotted in index.imports.values():
                found = resolve(dotted, index.path)
                if found is not None and found[0] not in self.loaded and found[0] != self.i.m.index.path:
                    module = self.module(found[0], dotted.removesuffix(f".{found[1]}"))
                    queue.extend([module.index] if module is not None else [])

    def star(self, dotted: str, scope: Scope) -> None:
        """`from module import *`: every public name of a file of the project."""
        found = resolve(dotted, scope.origin)
        module = self.module(found[0], dotted) if found is not None and not found[1] else None
        if module is None:
            return
        for name in (*module.scope.names, *sorted(module.index.assigned)):
            if not name.startswith("_"):
                scope.names.setdefault(name, Lazy((module, name)))

    def _run(self, module: ModuleValue, name: str) -> None:
        """Run a module's own statements that speak of a name, as importing it would have."""
        if name in module.asked:
            return
        module.asked.add(name)
        self.i.m.ties.touched.append(("statements", module.index.path, name))
        journal, self.i.m.journal = self.i.m.journal, Journal()
        try:
            for part in module.index.parts:
                if part.kind == "code" and name in part.words and len(part.text) <= LONGEST_CODE:
                    self.i.statements.block(_binding(part.lowered(), name), module.scope)
        except SyntaxError:
            pass
        finally:
            self.i.m.journal = journal


def fill(scope: Scope, index: FileIndex, name: str) -> None:
    """Put a file's imports and definitions in its scope, unread."""
    scope.names["__name__"] = Const(name)
    for local, dotted in index.imports.items():
        scope.names[local] = Lazy(dotted)
    for part in index.definitions:
        scope.names[part.name] = Lazy(part)


def _binding(block: ir.Block, name: str) -> ir.Block:
    """The statements of a module that give a name its value: constants, masks, configurations; nothing else is run."""
    return ir.Block(tuple(stmt for stmt in block if isinstance(stmt, ir.Assign) and _names(stmt, name)))


def _names(stmt: ir.Assign, name: str) -> bool:
    targets: list[ir.Expr] = []
    for target in stmt.targets:
        targets.extend(target.items if isinstance(target, ir.Display) else [target])
    return any(isinstance(target, ir.Name) and target.id == name for target in targets)


def _is_followed(part: Part) -> bool:
    return len(part.text) <= (LONGEST_DEFINITION if part.concerns_attention else LONGEST_OTHER)


def main_library(index: FileIndex) -> str:
    """The array library that the file works with; empty where nothing tells."""
    found = {arrays_of(dotted) for dotted in index.imports.values()}
    for name in ("mlx", "tinygrad", "torch", "tensorflow", "keras", "jax", "cupy", "numpy"):
        if name in found:
            return name
    if re.search(r"\btf\.", index.text):
        return "tensorflow"
    if re.search(r"\b(?:torch|nn|F)\.", index.text):
        return "torch"
    return "numpy" if re.search(r"\bnp\.", index.text) else ""
