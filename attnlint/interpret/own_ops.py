"""Functions of the project that do what a known op does, as its configuration says: their bodies are not entered."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnlint.assumptions import OwnOp
from attnlint.frameworks.meanings import SHORT, SOFTMAX, spelled
from attnlint.frameworks.spelling import Spelling
from attnlint.interpret.numbers import could_be_tensor
from attnlint.ir import Site
from attnlint.project import resolve
from attnlint.tensor import Tensor
from attnlint.values import Ref, Size, Value, as_int, is_none

if TYPE_CHECKING:
    from attnlint.index import FileIndex
    from attnlint.interpret.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class OwnOps:
    """The ops of a project as the traces of one file meet them.

    `meanings` are by dotted name, `names` the dotted names by the absolute path of the file that has the definition and
    its name there. `words` are what the file itself may call them.
    """

    meanings: Mapping[str, str]
    names: Mapping[tuple[str, str], str]
    words: frozenset[str]

    def defined(self, path: str, name: str) -> Ref | None:
        """What stands for a definition of a file that is such an op; None for any other."""
        if name.rpartition(".")[2] not in self.words:
            return None
        dotted = self.names.get((os.path.abspath(path), name))
        return None if dotted is None else Ref(dotted)

    def call(
        self, i: Interpreter, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site
    ) -> Value | None:
        """The result of a call by dotted name; None where the name is no op of the project."""
        meaning = self.meanings.get(dotted)
        if meaning is None:
            return None
        spelling = spelled(meaning)
        if spelling is None:
            return i.calls.made(meaning, args, kwargs, site)
        # A short name does not say whose arrays come out: those that go in.
        text = dotted if meaning in SHORT else meaning
        if spelling.op not in SOFTMAX:
            return i.calls.spelled(spelling, args, kwargs, site, text)
        result = i.calls.spelled(spelling, *_with_mask(spelling, args, kwargs), site, text)
        if isinstance(result, Tensor) and result.op is not None:
            # A repair needs the axis where it stands: which word it has, or where a mask stands, is the project's.
            result.op.notes["axis_of_own"] = [_is_axis(value) for value in args]
        return result


def own_ops(ops: Iterable[OwnOp], index: FileIndex) -> OwnOps:
    """The ops of a project for the traces of a file.

    A name is looked for as seen from the file, and from the folder that it is configured in.
    """
    ops = tuple(ops)
    words = {op.word for op in ops}
    names: dict[tuple[str, str], str] = {}
    for op in ops:
        for importer in (index.path, os.path.join(op.folder, "attnlint.toml")):
            found = _found(op.name, importer)
            if found is not None:
                names.setdefault(found, op.name)
    aliases = {local for local, dotted in index.imports.items() if dotted.rpartition(".")[2] in words}
    return OwnOps({op.name: op.meaning for op in ops}, names, frozenset(words | aliases))


def _found(dotted: str, importer: str) -> tuple[str, str] | None:
    """The file that has a definition, and the definition's name there; a method's name has its class in front."""
    owner, _, name = dotted.rpartition(".")
    found = resolve(dotted, importer)
    if found is None or not found[1]:
        found = resolve(owner, importer)
        found = None if found is None else (found[0], f"{found[1]}.{name}".lstrip("."))
    return None if found is None else (os.path.abspath(found[0]), found[1])


def _is_axis(value: Value) -> bool:
    return isinstance(value, Size) and as_int(value) is not None


def _with_mask(spelling: Spelling, args: list[Value], kwargs: dict[str, Value]) -> tuple[list[Value], dict[str, Value]]:
    """The arguments of a softmax that takes a mask too, wherever it stands and whatever it is called."""
    known = {keyword for parameter in spelling.params for keyword in parameter.keywords}
    rest = args[1:] if args else []
    masks = [value for value in rest if could_be_tensor(value)]
    masks += [value for name, value in kwargs.items() if name not in known and could_be_tensor(value)]
    if args:
        known -= set(spelling.params[0].keywords)
    named = {name: value for name, value in kwargs.items() if name in known and not is_none(value)}
    given = [*args[:1], *(value for value in rest if not could_be_tensor(value) and not is_none(value))]
    return given, {**named, **({"mask": masks[0]} if masks else {})}
