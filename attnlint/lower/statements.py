"""Statements of libcst's tree as the IR's, with the comments that stand beside and above them."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from attnlint import ir
from attnlint.ir import Site
from attnlint.lower.expressions import AUGMENTED, ExpressionLowering
from attnlint.lower.piece import Piece


class StatementLowering:
    """Lowers the statements of one piece."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.expr = ExpressionLowering(piece)

    def module(self) -> ir.Block:
        """The whole piece."""
        module = self.piece.module
        footer = _comments(module.footer)
        header = _comments(module.header)
        return ir.Block(self._statements(module.body, header), footer)

    def _statements(self, body: Sequence[cst.CSTNode], above: tuple[str, ...] = ()) -> tuple[ir.Stmt, ...]:
        lowered: list[ir.Stmt] = []
        for node in body:
            leading = above + _comments(getattr(node, "leading_lines", ()))
            above = ()
            if isinstance(node, cst.SimpleStatementLine):
                trailing = _trailing(node.trailing_whitespace)
                for small in node.body:
                    statement = self._small(small, leading, trailing)
                    if statement is not None:
                        lowered.append(statement)
                        leading = ()
            else:
                lowered.append(self._compound(node, leading))
        return tuple(lowered)

    def _block(self, node: cst.BaseSuite | None) -> ir.Block:
        if node is None:
            return ir.Block()
        if isinstance(node, cst.IndentedBlock):
            header = tuple(filter(None, (_trailing(node.header),)))
            return ir.Block(self._statements(node.body, header), _comments(node.footer))
        assert isinstance(node, cst.SimpleStatementSuite)
        trailing = _trailing(node.trailing_whitespace)
        return ir.Block(tuple(filter(None, (self._small(small, (), trailing) for small in node.body))))

    def _small(self, node: cst.BaseSmallStatement, above: tuple[str, ...], trailing: str) -> ir.Stmt | None:
        site, expr = Site(self.piece, node), self.expr
        match node:
            case cst.Assign():
                targets = tuple(expr(target.target) for target in node.targets)
                return ir.Assign(site, targets, expr(node.value), comments=above, trailing=trailing)
            case cst.AnnAssign():
                value = expr(node.value) if node.value is not None else None
                text = expr.text(node.annotation.annotation)
                return ir.Assign(site, (expr(node.target),), value, "", text, above, trailing)
            case cst.AugAssign():
                op = AUGMENTED[type(node.operator)]
                return ir.Assign(site, (expr(node.target),), expr(node.value), op, "", above, trailing)
            case cst.Expr():
                return ir.ExprStmt(site, expr(node.value), above, trailing)
            case cst.Return():
                return ir.Return(site, expr(node.value) if node.value is not None else None, above, trailing)
            case cst.Import() | cst.ImportFrom():
                return self._import(node, site, above)
            case cst.Raise():
                return ir.Leave(site, "raise", expr(node.exc) if node.exc else None)
            case cst.Assert():
                return ir.Leave(site, "assert", expr(node.test))
            case cst.Break():
                return ir.Leave(site, "break")
            case cst.Continue():
                return ir.Leave(site, "continue")
            case cst.Global() | cst.Nonlocal():
                return ir.Outer(site, tuple(n.name.value for n in node.names), isinstance(node, cst.Nonlocal))
            case _:
                return None

    def _import(self, node: cst.Import | cst.ImportFrom, site: Site, above: tuple[str, ...]) -> ir.Stmt:
        if isinstance(node, cst.Import):
            names = []
            for alias in node.names:
                dotted = self.expr.text(alias.name)
                local = self.expr.text(alias.asname.name) if alias.asname else dotted.partition(".")[0]
                names.append((local, dotted if alias.asname else local))
            return ir.Import(site, tuple(names), (), above)
        module = "." * len(node.relative) + (self.expr.text(node.module) if node.module else "")
        if isinstance(node.names, cst.ImportStar):
            return ir.Import(site, (), (module,), above)
        joint = "" if module.endswith(".") else "."
        pairs = []
        for alias in node.names:
            name = self.expr.text(alias.name)
            local = self.expr.text(alias.asname.name) if alias.asname else name
            pairs.append((local, f"{module}{joint}{name}"))
        return ir.Import(site, tuple(pairs), (), above)

    def _compound(self, node: cst.CSTNode, above: tuple[str, ...]) -> ir.Stmt:
        site, expr = Site(self.piece, node), self.expr
        match node:
            case cst.FunctionDef():
                return self._function(node, site, above)
            case cst.ClassDef():
                return self._class(node, site, above)
            case cst.If():
                return ir.If(site, expr(node.test), self._block(node.body), self._orelse(node.orelse), above)
            case cst.For():
                orelse = self._block(node.orelse.body) if node.orelse else ir.Block()
                return ir.Loop(site, expr(node.target), expr(node.iter), self._block(node.body), orelse, above)
            case cst.While():
                orelse = self._block(node.orelse.body) if node.orelse else ir.Block()
                return ir.Loop(site, None, expr(node.test), self._block(node.body), orelse, above)
            case cst.With():
                items = tuple((expr(i.item), expr(i.asname.name) if i.asname else None) for i in node.items)
                return ir.With(site, items, self._block(node.body), above)
            case cst.Try() | cst.TryStar():
                return ir.Try(
                    site,
                    self._block(node.body),
                    tuple(self._block(handler.body) for handler in node.handlers),
                    self._block(node.orelse.body) if node.orelse else ir.Block(),
                    self._block(node.finalbody.body) if node.finalbody else ir.Block(),
                    above,
                )
            case cst.Match():
                cases = tuple(self._block(case.body) for case in node.cases)
                return ir.Match(site, expr(node.subject), cases, above)
            case _:
                opaque = ir.Opaque(site, f"{type(node).__name__} is not followed")
                return ir.ExprStmt(site, opaque, above)

    def _orelse(self, node: cst.If | cst.Else | None) -> ir.Block:
        if node is None:
            return ir.Block()
        if isinstance(node, cst.Else):
            return self._block(node.body)
        return ir.Block((self._compound(node, _comments(node.leading_lines)),))

    def _function(self, node: cst.FunctionDef, site: Site, above: tuple[str, ...]) -> ir.Function:
        return ir.Function(
            site,
            node.name.value,
            self.expr.params(node.params),
            self._block(node.body),
            tuple(self.expr(decorator.decorator) for decorator in node.decorators),
            node.get_docstring() or "",
            self.expr.text(node.returns.annotation) if node.returns else "",
            above + _comments(node.lines_after_decorators),
        )

    def _class(self, node: cst.ClassDef, site: Site, above: tuple[str, ...]) -> ir.Class:
        return ir.Class(
            site,
            node.name.value,
            tuple(self.expr(base.value) for base in node.bases),
            self._block(node.body),
            tuple(self.expr(decorator.decorator) for decorator in node.decorators),
            node.get_docstring() or "",
            above + _comments(node.lines_after_decorators),
        )


def _comments(lines: Sequence[cst.EmptyLine]) -> tuple[str, ...]:
    return tuple(line.comment.value for line in lines if line.comment is not None)


def _trailing(space: cst.TrailingWhitespace) -> str:
    return space.comment.value if space.comment is not None else ""
