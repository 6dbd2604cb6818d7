"""Which files of a project may import a file, directly or by way of others; asked where silence must be certain."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

from attnlint.discover import Excludes, discover, nothing
from attnlint.gate import is_script, may_attend
from attnlint.source import STDIN, identity

# A folder with one of these is the root of a project; those of a repository go before the others.
_ROOTS = ((".git", ".hg"), ("pyproject.toml", "setup.py", "setup.cfg", "attnlint.toml"))

_IMPORT = re.compile(r"^[ \t]*(?:from|import)\b(?:[^\n\\(]|\\\n|\([^)]*\))*", re.M)
_RELATIVE = re.compile(r"from[ \t]*(\.+)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _File:
    """What a file can be imported as, the words of its own imports, and whether it is one that is linted."""

    module: str
    words: frozenset[str]
    is_linted: bool


@dataclass(frozen=True, slots=True)
class Projects:
    """The imports of projects, by their roots. What was read is remembered, so a run sees each as it was once."""

    _known: dict[str, dict[str, _File]] = field(default_factory=dict)

    def is_imported_outside(self, path: str, read: Set[str], excludes: Excludes = nothing) -> bool:
        """Whether a file that is linted, but is none of those that were `read` (identities), may import a file.

        A project's files are told apart by the words in their imports, which may be too many and are not too few;
        imports that are made while a program runs are not seen.
        """
        if path == STDIN:
            return False
        root = _root(path)
        if root not in self._known:
            self._known[root] = dict(_files(root, excludes))
        here = identity(path)
        pending = {file: known for file, known in self._known[root].items() if file != here}
        names = {_module(path)}
        while True:
            reached = {file: known for file, known in pending.items() if not known.words.isdisjoint(names)}
            if any(known.is_linted and file not in read for file, known in reached.items()):
                return True
            if not reached:
                return False
            names |= {known.module for known in reached.values()}
            pending = {file: known for file, known in pending.items() if file not in reached}


def _root(path: str) -> str:
    """The folder of the project that a file belongs to: of its repository, else of its set-up, else of its package."""
    folder = Path(os.path.abspath(path)).parent
    for names in _ROOTS:
        for above in (folder, *folder.parents):
            if any((above / name).exists() for name in names):
                return str(above)
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return str(folder)


def _module(path: str) -> str:
    place = Path(os.path.abspath(path))
    return place.parent.name if place.stem == "__init__" else place.stem


def _files(root: str, excludes: Excludes) -> Iterator[tuple[str, _File]]:
    for target in discover([root], excludes):
        try:
            yield identity(target.path), _read(target.path, Path(target.path).read_bytes())
        except OSError:  # a run says of it that it cannot be read
            continue


def _read(path: str, data: bytes) -> _File:
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    # Where imports stand in a file that is not all Python is not known here.
    words = set(_imported(text, path) if path.lower().endswith((".py", ".pyw")) else _WORD.findall(text))
    return _File(_module(path), frozenset(words), may_attend(data) or is_script(data))


def _imported(text: str, path: str) -> Iterator[str]:
    folders = Path(os.path.abspath(path)).parents
    for match in _IMPORT.finditer(text):
        yield from _WORD.findall(match.group())
        # `from . import x` may mean what the package's `__init__` imports.
        if (dots := _RELATIVE.search(match.group())) and len(dots[1]) <= len(folders):
            yield folders[len(dots[1]) - 1].name
