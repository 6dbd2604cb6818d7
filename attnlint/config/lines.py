"""On which line of a TOML text each of its keys stands, which `tomllib` does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

# The keys that lead to a value, and in a list its number.
Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r'[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
# The longer quotes come first; a basic string may end in up to two quotes of its own.
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?!")|\'\'\'.*?\'\'\'(?!\')|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of each table, key and list element, by its path."""

    known: Mapping[Path, int]

    def of(self, path: Path) -> int:
        """The line of a path or, where none is known, of the innermost table around it; 1 for the file."""
        while path and path not in self.known:
            path = path[:-1]
        return self.known.get(path, 1)


def lines(text: str) -> Lines:
    """Scan a text that `tomllib` has read without complaint.

    A text that it would refuse gives some lines and raises nothing.
    """
    scan = _Scan(text)
    scan.document()
    return Lines(scan.known)


@dataclass(slots=True)
class _Scan:
    """One pass over the text: `at` is where it has come to."""

    text: str
    at: int = 0
    known: dict[Path, int] = field(default_factory=dict)

    def document(self) -> None:
        table: Path = ()
        while self._blank():
            before = self.at
            if self.text.startswith("[", self.at):
                self._past("[")
                self._past("[")
                table = self._path(())
                self._past("]")
                self._past("]")
            else:
                self._pair(table)
            self.at += self.at == before  # what cannot be read must not hold us up

    def _pair(self, table: Path) -> None:
        path = self._path(table)
        self._past("=")
        self._value(path)

    def _path(self, table: Path) -> Path:
        """The dotted key that stands here, below a table."""
        path = table
        while match := _KEY.match(self.text, self._space()):
            self.at = match.end()
            path = (*path, _plain(match.group()))
            self.known.setdefault(path, self._line(match.start()))
            if not self._past("."):
                break
        return path

    def _value(self, path: Path) -> None:
        self._blank()
        if self.text.startswith("[", self.at):
            self._list(path)
        elif self.text.startswith("{", self.at):
            self.at += 1
            while self._blank() and not self._past("}"):
                before = self.at
                self._pair(path)
                self._blank()
                self._past(",")
                self.at += self.at == before
        else:
            match = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            self.at = match.end() if match else self.at

    def _list(self, path: Path) -> None:
        self.at += 1
        number = 0
        while self._blank() and not self._past("]"):
            before = self.at
            self.known[(*path, number)] = self._line(self.at)
            self._value((*path, number))
            self._blank()
            self._past(",")
            number += 1
            self.at += self.at == before

    def _blank(self) -> bool:
        """Go past white space, newlines and comments; whether anything is left."""
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at < len(self.text)

    def _space(self) -> int:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _past(self, sign: str) -> bool:
        """Go past a sign if it stands here."""
        if not self.text.startswith(sign, self._space()):
            return False
        self.at += len(sign)
        return True

    def _line(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1


def _plain(key: str) -> str:
    if key[0] not in "\"'":
        return key
    try:
        return next(iter(tomllib.loads(f"{key} = 0")))
    except tomllib.TOMLDecodeError:
        return key[1:-1]
