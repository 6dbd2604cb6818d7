"""What a key may hold: each kind says what is wrong with a value, and how a JSON schema describes a right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from attnlint.config.lines import Path
from attnlint.ignores import is_glob
from attnlint.rule import ALL, UnknownRule, all_rules, did_you_mean, find, select

Schema = dict[str, object]
# Where below the key something is wrong, and what.
Problem = tuple[Path, str]


class Kind(Protocol):
    """A kind of value."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""

    def schema(self) -> Schema:
        """The JSON schema of right values."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any text that is not empty."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        if not isinstance(value, str):
            yield (), f"must be a string, not {called(value)}"
        elif not value:
            yield (), "must not be empty"

    def schema(self) -> Schema:
        """The JSON schema of right values."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        among = ", ".join(f"'{word}'" for word in self.words)
        if not isinstance(value, str):
            yield (), f"must be one of {among}, not {called(value)}"
        elif value not in self.words:
            yield (), f"must be one of {among}, not {value!r}{did_you_mean(value, self.words)}"

    def schema(self) -> Schema:
        """The JSON schema of right values."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Glob:
    """A glob as git reads it."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        if not isinstance(value, str):
            yield (), f"must be a glob, not {called(value)}"
        elif not is_glob(value):
            yield (), f"{value!r} is no glob that matches anything"

    def schema(self) -> Schema:
        """The JSON schema of right values."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Selector:
    """What means one rule or several: a name, a code, the beginning of a code, or `ALL`."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        if not isinstance(value, str):
            yield (), f"must be a rule's name or code, not {called(value)}"
            return
        try:
            select(all_rules(), (value,))
        except UnknownRule as error:
            yield (), str(error)

    def schema(self) -> Schema:
        """The JSON schema of right values; the tool itself does not mind capitals."""
        codes = [each.code for each in all_rules()]
        beginnings = {code[:length] for code in codes for length in range(1, len(code))}
        return {"enum": [ALL, *sorted(beginnings), *codes, *(each.name for each in all_rules())]}


@dataclass(frozen=True, slots=True)
class RuleName:
    """What means one rule: its name or its code."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        try:
            find(str(value))
        except UnknownRule as error:
            several = not list(Selector().problems(value))
            yield (), f"{value!r} means several rules; give the whole name or code of one" if several else str(error)

    def schema(self) -> Schema:
        """The JSON schema of right values; the tool itself does not mind capitals."""
        return {"enum": [spelling for each in all_rules() for spelling in (each.code, each.name)]}


@dataclass(frozen=True, slots=True)
class Several:
    """A list of one kind."""

    of: Kind

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        if not isinstance(value, list):
            yield (), f"must be a list, not {called(value)}"
            return
        for number, each in enumerate(value):
            yield from (((number, *path), message) for path, message in self.of.problems(each))

    def schema(self) -> Schema:
        """The JSON schema of right values."""
        return {"type": "array", "items": self.of.schema()}


@dataclass(frozen=True, slots=True)
class Table:
    """A table from names of one kind to values of another."""

    names: Kind
    of: Kind

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        if not isinstance(value, dict):
            yield (), f"must be a table, not {called(value)}"
            return
        for name, each in value.items():
            # What stands under a name that is none is not asked: a dotted name without quotes is a table, for one.
            found = list(self.names.problems(name)) or self.of.problems(each)
            yield from (((name, *path), message) for path, message in found)

    def schema(self) -> Schema:
        """The JSON schema of right values."""
        return {"type": "object", "propertyNames": self.names.schema(), "additionalProperties": self.of.schema()}


def called(value: object) -> str:
    """What a value of TOML is called in a message."""
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")
