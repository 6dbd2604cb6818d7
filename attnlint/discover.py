"""Which files to read: walks folders as git would see them, and leaves out what nobody wrote by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from attnlint.diagnostic import Fault
from attnlint.ignores import Ignores
from attnlint.pages import kinds as pages
from attnlint.source import STDIN, overlay

SUFFIXES = (".py", ".pyw", *pages.SUFFIXES)

# What a configuration leaves out of a folder, given by its absolute path.
Excludes = Callable[[str], Ignores]

# Folders of caches, of other people's code and of build output; a folder named on the command line is walked anyway.
SKIPPED_FOLDERS = frozenset(
    {
        ".attnlint_cache",
        ".bzr",
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".pytype",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "_build",
        "build",
        "dist",
        "node_modules",
        "site-packages",
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """A file to lint; `named` when the user asked for this very file, `fault` when it cannot be had."""

    path: str
    named: bool = False
    fault: Fault | None = None


def nothing(_folder: str) -> Ignores:
    """The excludes of a run without configuration."""
    return Ignores()


def discover(paths: Sequence[str], excludes: Excludes = nothing) -> Iterator[Target]:
    """Every file to lint below `paths`, each once, in an order that is always the same.

    What `excludes` takes back in (`!build/`) is walked even where it would be left out otherwise. A path that does not
    exist is a target with a fault, so that a run goes on without it.
    """
    seen: set[str] = set()
    for path in paths:
        found: Iterable[Target]
        if path != STDIN and not os.path.lexists(path) and overlay(path) is None:
            found = [Target(path, named=True, fault=Fault("missing", "no such file or folder"))]
        elif path != STDIN and os.path.isdir(path):
            found = _walk(os.path.normpath(path), excludes)
        else:
            found = [Target(path if path == STDIN else os.path.normpath(path), named=True)]
        for target in found:
            identity = target.path if target.path == STDIN else os.path.realpath(target.path)
            if identity not in seen:
                seen.add(identity)
                yield target


def _walk(root: str, excludes: Excludes) -> Iterator[Target]:
    """Everything below `root`, folder by folder, files before folders."""
    ignores = _above(os.path.abspath(root))
    asked = excludes(os.path.abspath(root))
    # The user asks for an excluded folder: who excludes it has no say in it.
    silent = asked if asked.covers(os.path.abspath(root), is_folder=True) else None
    walked = {os.path.realpath(root)}
    pending = [(root, ignores)]
    while pending:
        folder, ignores = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Target(folder, fault=Fault("unreadable", f"cannot be listed: {error.strerror or error}"))
            continue
        ignores = ignores.entered(os.path.abspath(folder))
        configured = excludes(os.path.abspath(folder))
        below: list[tuple[str, Ignores]] = []
        for entry in entries:
            path = os.path.normpath(os.path.join(folder, entry.name))
            if not (is_folder := entry.is_dir()) and not _is_python(entry):
                continue
            place = os.path.abspath(path)
            decision = None if configured is silent else configured.decision(place, is_folder)
            if decision is None:
                decision = (is_folder and _leave_out(entry)) or ignores.covers(place, is_folder)
            if decision:
                continue
            if is_folder:
                if entry.is_symlink() and (fault := _loop(path, folder)):
                    yield Target(path, fault=fault)
                elif (real := os.path.realpath(path)) not in walked:
                    walked.add(real)
                    below.append((path, ignores))
            else:
                yield Target(path)
        pending.extend(reversed(below))


def _leave_out(entry: os.DirEntry[str]) -> bool:
    return (
        entry.name in SKIPPED_FOLDERS
        or entry.name.endswith(".egg-info")
        or os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))
    )


def _is_python(entry: os.DirEntry[str]) -> bool:
    # Sockets and pipes would block; editors leave dangling `.#name` links beside a file that is being edited.
    if not entry.name.lower().endswith(SUFFIXES) or entry.name.startswith(".#"):
        return False
    return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))


def _loop(link: str, folder: str) -> Fault | None:
    """Why a linked folder is not walked: it contains the folder that the link stands in."""
    goal, here = Path(os.path.realpath(link)), Path(os.path.realpath(folder))
    if here.is_relative_to(goal):
        return Fault("skipped", f"is a directory loop: the link leads back to {goal}; not followed")
    return None


def _above(root: str) -> Ignores:
    """The ignore files from the top of the git repository down to the folder above `root`."""
    folders = [Path(root), *Path(root).parents]
    top = next((folder for folder in folders if (folder / ".git").exists()), None)
    if top is None:
        return Ignores()
    ignores = Ignores().entered(str(top), os.path.join(".git", "info", "exclude"))
    for folder in reversed(folders[1 : folders.index(top) + 1]):
        ignores = ignores.entered(str(folder))
        below = folders[folders.index(folder) - 1]
        if ignores.covers(str(below), is_folder=True):
            return Ignores()  # the user asks for an ignored folder: what is above has no say in it
    return ignores
