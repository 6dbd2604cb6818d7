"""Kinds of values that speak of code: dotted names and the ops that they mean, parameters and their axes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from attnlint.config.kinds import Problem, Schema, called
from attnlint.rule import did_you_mean

_NAME = r"[^\W\d]\w*"
_DOTTED = rf"{_NAME}(\.{_NAME})+"


@dataclass(frozen=True, slots=True)
class QualifiedName:
    """The dotted name of a function, class or method of a project, as it is imported."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        if not re.fullmatch(_DOTTED, str(value)):
            yield (), f'{value!r} is no dotted name as it is imported, such as "mylib.ops.softmax", in quotes'

    def schema(self) -> Schema:
        """The JSON schema of right values."""
        return {"type": "string", "pattern": f"^{_DOTTED}$"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What means a known op: a short name, or the dotted name of a function or layer of a library."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        from attnlint.frameworks.meanings import SHORT, is_known, known_beside

        if not isinstance(value, str):
            yield (), f"must be the name of an op, not {called(value)}"
        elif not is_known(value):
            hint = did_you_mean(value, known_beside(value)) or f"; short names are {', '.join(SHORT)}"
            yield (), f"unknown op {value!r}{hint}"

    def schema(self) -> Schema:
        """The JSON schema of right values; which functions of a library are known is not said."""
        from attnlint.frameworks.meanings import SHORT

        return {"anyOf": [{"enum": list(SHORT)}, {"type": "string", "pattern": f"^{_DOTTED}$"}]}


@dataclass(frozen=True, slots=True)
class ParameterName:
    """The name of a parameter."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        if not re.fullmatch(_NAME, str(value)):
            yield (), f"{value!r} is no name of a parameter"

    def schema(self) -> Schema:
        """The JSON schema of right values."""
        return {"type": "string", "pattern": f"^{_NAME}$"}


@dataclass(frozen=True, slots=True)
class Layout:
    """The axes of a tensor as comments write them: `batch heads q_len head_dim`, `[B, T, C]`, `... d_model`."""

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a value."""
        if not isinstance(value, str):
            yield (), f"must be a string of axes, not {called(value)}"
            return
        from attnlint.hints import in_layout

        try:
            in_layout(value)
        except ValueError as error:
            yield (), str(error)

    def schema(self) -> Schema:
        """The JSON schema of right values; which text is an axis is not said."""
        return {"type": "string", "minLength": 1}
