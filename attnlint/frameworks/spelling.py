"""How a library spells an op: one line a function, method or layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from attnlint.values import Const, Value, integer


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its canonical name, the keywords that a caller may use, and whether it takes the rest."""

    name: str
    keywords: tuple[str, ...]
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Spelling:
    """A library's spelling of an op.

    `fixed` are arguments that this spelling implies, `defaults` those it takes where the caller gives none.
    `inplace` says that the first argument is changed too.
    """

    op: str
    params: tuple[Parameter, ...]
    fixed: dict[str, Value] = field(default_factory=dict)
    defaults: dict[str, Value] = field(default_factory=dict)
    inplace: bool = False


@dataclass(frozen=True, slots=True)
class LayerSpelling:
    """A library's layer: what its constructor takes and what calling it takes.

    Calling it is the op `op` with the constructor's arguments and the call's arguments together.
    """

    op: str
    init: tuple[Parameter, ...]
    call: tuple[Parameter, ...]
    fixed: dict[str, Value] = field(default_factory=dict)
    defaults: dict[str, Value] = field(default_factory=dict)


def parameters(text: str) -> tuple[Parameter, ...]:
    """Read a signature such as `x axis=dim|axis *sizes`.

    A word is a positional parameter under its canonical name; `=a|b` lists the keywords that callers write
    (the canonical name alone is one too where none are listed); `*` in front takes all further positional ones.
    """
    read = []
    for word in text.split():
        name, _, keywords = word.lstrip("*").partition("=")
        read.append(Parameter(name, tuple(keywords.split("|")) if keywords else (name,), word.startswith("*")))
    return tuple(read)


def constant(value: object) -> Value:
    """A Python constant as a value of the trace."""
    return integer(value) if isinstance(value, int) and not isinstance(value, bool) else Const(value)


def spell(
    op: str, signature: str, *, inplace: bool = False, fixed: Mapping[str, object] | None = None, **defaults: object
) -> Spelling:
    """A function or method: `spell("softmax", "x axis=dim|axis dtype", axis=-1)`."""
    return Spelling(
        op,
        parameters(signature),
        {name: constant(value) for name, value in (fixed or {}).items()},
        {name: constant(value) for name, value in defaults.items()},
        inplace,
    )


def layer(
    op: str, init: str, call: str, *, fixed: Mapping[str, object] | None = None, **defaults: object
) -> LayerSpelling:
    """A layer: `layer("linear", "in=in_features out=out_features bias", "x=input")`."""
    return LayerSpelling(
        op,
        parameters(init),
        parameters(call),
        {name: constant(value) for name, value in (fixed or {}).items()},
        {name: constant(value) for name, value in defaults.items()},
    )
