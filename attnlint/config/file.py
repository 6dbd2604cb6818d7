"""Reads a configuration file and those that it extends, and keeps of every value where it was said."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from attnlint.config.keys import BY_NAME, problems
from attnlint.config.kinds import called
from attnlint.config.lines import Lines, lines
from attnlint.rule import find
from attnlint.source import identity

OWN, SHARED = "attnlint.toml", "pyproject.toml"
TABLE = ("tool", "attnlint")

_WHERE = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said: the absolute path of a file, and a line of it."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Value:
    """What a file says of a key, as words; of a table there is one value for each entry, with the entry's name."""

    key: str
    words: tuple[str, ...]
    place: Place
    name: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file and those that it extends say together: the files, that one first, and the values that hold."""

    files: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()

    def said(self, key: str) -> Iterator[Value]:
        """What is said of a key, what an extended file says first."""
        return (value for value in self.values if value.key == key)


class Misconfigured(Exception):
    """A configuration that cannot be followed: what is wrong, each with its place."""

    def __init__(self, wrong: Iterable[tuple[Place, str]]) -> None:
        self.wrong = tuple(sorted(wrong, key=lambda each: (each[0].path, each[0].line)))
        super().__init__("; ".join(message for _, message in self.wrong))


def read(path: str) -> Configuration:
    """The configuration in a file, with what it extends; raises `Misconfigured`."""
    return _chain(os.path.abspath(path), ())


def is_configured(path: str) -> bool:
    """Whether a file is there and configures attnlint, as a `pyproject.toml` need not; raises `Misconfigured`."""
    if os.path.basename(path) == SHARED:
        return os.path.isfile(path) and _document(path).table is not None
    # A link that leads nowhere was meant to lead to a configuration: reading it will say so.
    return os.path.isfile(path) or (os.path.islink(path) and not os.path.exists(path))


@dataclass(frozen=True, slots=True)
class _Document:
    """A file of TOML: the table that is ours, if it has one, and where each key stands."""

    path: str
    table: Mapping[str, object] | None
    prefix: tuple[str, ...] = ()
    lines: Lines = field(default_factory=lambda: Lines({}))

    def place(self, *path: str | int) -> Place:
        """The place of a key of our table."""
        return Place(self.path, self.lines.of((*self.prefix, *path)))


def _chain(path: str, extending: tuple[str, ...]) -> Configuration:
    document = _document(path)
    if document.table is None:
        raise Misconfigured([(document.place(), "has no [tool.attnlint] table")])
    table = document.table
    if wrong := [(document.place(*where), message) for where, message in problems(table)]:
        raise Misconfigured(wrong)
    values = tuple(_values(document, table))
    extended = table.get("extend")
    if extended is None:
        return Configuration((path,), values)
    base = os.path.normpath(os.path.join(os.path.dirname(path), str(extended)))
    so_far = (*extending, path)
    place = document.place("extend")
    if identity(base) in map(identity, so_far):
        circle = " -> ".join(os.path.basename(each) for each in (*so_far, base))
        raise Misconfigured([(place, f"extend: goes in a circle: {circle}")])
    if not os.path.isfile(base):
        raise Misconfigured([(place, f"extend: there is no file {str(extended)!r} (looked for {base})")])
    below = _chain(base, so_far)
    return Configuration((path, *below.files), tuple(_over(below.values, values)))


def _over(below: Iterable[Value], values: Iterable[Value]) -> Iterable[Value]:
    """The values of an extended file with those of the file that extends it, which win."""
    merged: dict[tuple[str, ...], Value] = {}
    for value in (*below, *values):
        merged.pop(_identity(value), None)  # what is said anew stands where it is said
        merged[_identity(value)] = value
    return merged.values()


def _identity(value: Value) -> tuple[str, ...]:
    """What a value stands in place of: the one of the same key or entry, or none at all."""
    if value.key == "severity":
        return value.key, find(value.name).code
    if BY_NAME[value.key].is_table:
        folder = os.path.dirname(value.place.path) if BY_NAME[value.key].is_of_files else ""
        return value.key, value.name, folder
    return (value.key, value.place.path) if BY_NAME[value.key].adds else (value.key,)


def _values(document: _Document, table: Mapping[str, object]) -> Iterator[Value]:
    for key, value in table.items():
        if key == "extend":
            continue
        if isinstance(value, Mapping):
            for name, each in value.items():
                yield Value(key, _words(each), document.place(key, name), str(name))
        else:
            yield Value(key, _words(value), document.place(key))


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _document(path: str) -> _Document:
    """Read a file; one named `pyproject.toml` has our table among others, any other file is all ours."""
    data = _bytes(path)
    is_shared = os.path.basename(path) == SHARED
    if is_shared and b"attnlint" not in data:  # whether it is right is no concern of ours
        return _Document(path, None)
    text = _text(path, data)
    try:
        content: object = tomllib.loads(text)
    except ValueError as error:  # a number of too many digits is no TOMLDecodeError
        match = _WHERE.fullmatch(str(error))
        line = int(match[2]) if match and match[2] else text.rstrip("\n").count("\n") + 1
        message = f"is not TOML: {match[1] if match else error}"
        raise Misconfigured([(Place(path, line), message)]) from error
    known = lines(text)
    prefix: tuple[str, ...] = ()
    for name in TABLE if is_shared else ():
        if isinstance(content, Mapping) and name not in content:
            return _Document(path, None)
        content, prefix = content[name] if isinstance(content, Mapping) else content, (*prefix, name)
    if not isinstance(content, Mapping):
        wrong = f"[{'.'.join(TABLE)}] must be a table, not {called(content)}"
        raise Misconfigured([(Place(path, known.of(prefix)), wrong)])
    return _Document(path, content, prefix, known)


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Misconfigured([(Place(path, 0), f"cannot be read: {error.strerror or error}")]) from error


def _text(path: str, data: bytes) -> str:
    try:
        # Editors on Windows begin a file with a byte order mark, which TOML knows nothing of.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Misconfigured([(Place(path, line), f"is not UTF-8: byte 0x{data[error.start]:02x}")]) from error
