"""Globs as git reads them in a `.gitignore`: each speaks of the paths below the folder it was written for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Ignores:
    """Lists of globs with their folders, the weightiest last; without any it has no opinion on any path."""

    specs: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def also(self, base: str, globs: Iterable[str]) -> Ignores:
        """The same with weightier globs below `base`; raises ValueError for what is no glob."""
        # To pathspec `old/**` means the folder as well; to git it does not, so that `!old/kept.py` can be meant.
        inside = (line.rstrip()[:-1] if line.rstrip().endswith("/**") else line for line in globs)
        return Ignores((*self.specs, (base, GitIgnoreSpec.from_lines(inside))))

    def entered(self, folder: str, name: str = ".gitignore") -> Ignores:
        """The same with the ignore file that stands in `folder`, if one does that can be read."""
        try:
            with open(os.path.join(folder, name), encoding="utf-8-sig", errors="surrogateescape") as lines:
                return self.also(folder, lines)
        except (OSError, ValueError):
            return self  # git goes on without an ignore file it cannot read, and so do we

    def decision(self, path: str, is_folder: bool) -> bool | None:
        """Whether `path` is left out, by the weightiest globs with an opinion; None where none has one."""
        for base, spec in reversed(self.specs):
            try:
                relative = os.path.relpath(path, base).replace(os.sep, "/")
            except ValueError:  # on another drive
                continue
            decided = spec.check_file(relative + "/" * is_folder).include
            if decided is not None and relative != ".":
                return decided
        return None

    def covers(self, path: str, is_folder: bool) -> bool:
        """Whether `path` is left out."""
        return self.decision(path, is_folder) is True


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a glob means below its folder or, behind a `!`, all that it does not mean."""

    glob: Ignores
    is_inverse: bool

    @classmethod
    def of(cls, folder: str, glob: str) -> Files:
        """The files of a glob; raises ValueError for what is none."""
        return cls(Ignores().also(folder, (glob.removeprefix("!"),)), glob.startswith("!"))

    def means(self, path: str) -> bool:
        """Whether a file, by its absolute path, is one of them."""
        return self.glob.covers(path, is_folder=False) is not self.is_inverse


def is_glob(text: str) -> bool:
    """Whether a text is a glob that can match something: not empty, no comment, no lone `!` or `/`."""
    try:
        patterns = list(GitIgnoreSpec.from_lines([text]).patterns)
    except ValueError:
        return False
    return any(pattern.include is not None for pattern in patterns)
