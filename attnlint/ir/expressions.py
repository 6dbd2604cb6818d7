"""Expressions of the IR, and the places that they stand at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from attnlint.diagnostic import Span


class Located(Protocol):
    """A piece of source that can tell where one of its nodes stands, in the row that its first line has by now."""

    first_row: int

    @property
    def path(self) -> str: ...

    def span(self, node: object) -> Span: ...


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the source; its span is worked out only when somebody asks."""

    piece: Located = field(repr=False)
    node: object = field(repr=False)

    @property
    def span(self) -> Span:
        """Where this stands in the whole file."""
        return self.piece.span(self.node)

    @property
    def path(self) -> str:
        """The file that this stands in."""
        return self.piece.path

    def __hash__(self) -> int:
        return id(self.node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Site) and other.node is self.node


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A literal: None, a bool, a number, a string, bytes or `...`."""

    site: Site
    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    site: Site
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Attr:
    site: Site
    value: Expr
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Arg:
    """One argument: `keyword` is None for a positional one; `star` is '', '*' or '**'."""

    value: Expr
    keyword: str | None = None
    star: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    site: Site
    func: Expr
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    site: Site
    value: Expr
    items: tuple[Expr, ...]
    is_tuple: bool


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    site: Site
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Display:
    """A tuple, list or set display; `kind` says which."""

    site: Site
    kind: str
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DictDisplay:
    """`{key: value}`; a key of None stands for `**value`."""

    site: Site
    items: tuple[tuple[Expr | None, Expr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Bin:
    site: Site
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    site: Site
    op: str
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Compare:
    site: Site
    left: Expr
    rest: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class BoolOp:
    site: Site
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class IfExp:
    site: Site
    test: Expr
    body: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Lambda:
    site: Site
    params: tuple[Param, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Comp:
    """A comprehension or generator; `key` only for a dict."""

    site: Site
    kind: str
    element: Expr
    clauses: tuple[tuple[Expr, Expr, tuple[Expr, ...]], ...]
    key: Expr | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Starred:
    site: Site
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Walrus:
    site: Site
    target: Expr
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """An expression whose value is not followed; `inner` is still evaluated, for what it does."""

    site: Site
    reason: str
    inner: tuple[Expr, ...] = ()


Expr = (
    Const | Name | Attr | Call | Index | Slice | Display | DictDisplay | Bin | Unary | Compare
    | BoolOp | IfExp | Lambda | Comp | Starred | Walrus | Opaque
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """A parameter; `kind` is '', '*' or '**'; `annotation` is its text and `comment` what stands beside it."""

    name: str
    default: Expr | None = None
    annotation: str = ""
    kind: str = ""
    comment: str = ""
    keyword_only: bool = False
