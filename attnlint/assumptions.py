"""What a project says of its code that no file of it shows: what is autoregressive, which names are known ops, axes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

from attnlint.ignores import Files
from attnlint.source import STDIN

AUTO, ALWAYS, NEVER = "auto", "always", "never"


@dataclass(frozen=True, slots=True)
class Causal:
    """Whether attention must not see the future (`always`, `never`, or `auto`: the code tells), and who says so.

    It is said of the files that `glob` means below `folder`; without a glob of all.
    """

    word: str
    file: str
    glob: str = ""
    folder: str = ""

    @property
    def quoted(self) -> str:
        """It as it stands in its file: `causal = "always" in pyproject.toml`."""
        key = f'per-file-causal "{self.glob}"' if self.glob else "causal"
        return f'{key} = "{self.word}" in {self.file}'

    def holds_in(self, path: str) -> bool:
        """Whether it is said of a file; of one without a path only what is said of all."""
        if not self.glob:
            return True
        return path not in {"", STDIN} and _files(self.folder, self.glob).means(os.path.abspath(path))


@dataclass(frozen=True, slots=True)
class OwnOp:
    """A function or class of the project, by its dotted name, that does what a known one does.

    `folder` is where its name is looked for, besides from the file that has it.
    """

    name: str
    meaning: str
    folder: str = ""

    @property
    def word(self) -> str:
        """The last part of its name, as code that calls it has it."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What holds for one linted file and for what its traces enter: the weightiest last, layouts by parameter."""

    causal: tuple[Causal, ...] = ()
    ops: tuple[OwnOp, ...] = ()
    layouts: tuple[tuple[str, str], ...] = ()

    def causal_in(self, path: str) -> Causal | None:
        """What is said of attention in a file, unless the code is to tell."""
        said = next((each for each in reversed(self.causal) if each.holds_in(path)), None)
        return None if said is None or said.word == AUTO else said

    def may_concern(self, data: bytes) -> bool:
        """Whether a file's bytes have the name of an op of the project, so that it may attend without saying so."""
        return any(op.word.encode() in data for op in self.ops)


NOTHING = Assumptions()


@lru_cache(maxsize=256)
def _files(folder: str, glob: str) -> Files:
    return Files.of(folder, glob)
