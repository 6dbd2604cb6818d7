"""Statements of the IR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from attnlint.ir.expressions import Expr, Param, Site


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """`a = b = value`, `a: annotation = value` (value may be None) and, with `op`, `a op= value`."""

    site: Site
    targets: tuple[Expr, ...]
    value: Expr | None
    op: str = ""
    annotation: str = ""
    comments: tuple[str, ...] = ()
    trailing: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ExprStmt:
    site: Site
    value: Expr
    comments: tuple[str, ...] = ()
    trailing: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    site: Site
    value: Expr | None
    comments: tuple[str, ...] = ()
    trailing: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class If:
    site: Site
    test: Expr
    body: Block
    orelse: Block
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """`for target in iterable` or, without a target, `while iterable`."""

    site: Site
    target: Expr | None
    iterable: Expr
    body: Block
    orelse: Block
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class With:
    site: Site
    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Try:
    site: Site
    body: Block
    handlers: tuple[Block, ...]
    orelse: Block
    final: Block
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """Every case is a branch; what the patterns bind is unknown."""

    site: Site
    subject: Expr
    cases: tuple[Block, ...]
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    site: Site
    name: str
    params: tuple[Param, ...]
    body: Block
    decorators: tuple[Expr, ...] = ()
    docstring: str = ""
    returns: str = ""
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    site: Site
    name: str
    bases: tuple[Expr, ...]
    body: Block
    decorators: tuple[Expr, ...] = ()
    docstring: str = ""
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """`names` maps a local name to the dotted name that it stands for; `star` lists modules imported whole."""

    site: Site
    names: tuple[tuple[str, str], ...]
    star: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Leave:
    """A statement that goes elsewhere: raise, break or continue; asserts carry their test and go nowhere."""

    site: Site
    kind: str
    value: Expr | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outer:
    """`global` or, with `nonlocal_`, `nonlocal`: names that are another scope's."""

    site: Site
    names: tuple[str, ...]
    nonlocal_: bool = False


Stmt = Assign | ExprStmt | Return | If | Loop | With | Try | Match | Function | Class | Import | Leave | Outer


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    stmts: tuple[Stmt, ...] = ()
    comments: tuple[str, ...] = field(default=())

    def __iter__(self) -> Iterator[Stmt]:
        return iter(self.stmts)
