"""Where each row of a page's Python text stands in the page, and what an edit of the one is in the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fix, Related, Span

# What a comment above a block may say of it.
MARKS = ("skip", "wrong")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the text: its row in the page or, in a notebook, in the cell with the number `cell`.

    `prefix` stands before it there and is not part of the text; `indent` goes before lines that are added beside it.
    A row that `is_hidden` says something else in the page, or is no code: it cannot be edited.
    """

    row: int
    cell: int = 0
    prefix: str = ""
    indent: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of the text that are one block or cell of the page; what its marks say of it.

    `is_frozen` when nothing in it may be edited. Of code that is `wrong` on purpose the rules that find it are named,
    `*` being all. Blocks with one `section` that is not 0 stand apart from the rest of the page. One that
    `is_lesson` is called a mistake by the words around it: a repair of it would take away what the page is about.
    """

    first: int
    last: int
    is_frozen: bool = False
    wrong: tuple[str, ...] = ()
    section: int = 0
    is_lesson: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A block that does not parse, and is not read: where, in the rows of the text, and why.

    `is_finding` where the page is meant to run, as a notebook is.
    """

    span: Span
    message: str
    is_finding: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """What a page's Python text is made of, row by row and block by block.

    `odd` are rows with comments that are addressed to attnlint, and the word in them that it does not know.
    """

    lines: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    broken: tuple[Broken, ...] = ()
    odd: tuple[tuple[int, str], ...] = ()

    def line(self, row: int) -> Line:
        """Where a row stands; one beyond the end stands below the last."""
        if row <= len(self.lines):
            return self.lines[row - 1]
        last = self.lines[-1] if self.lines else Line(0)
        return replace(last, row=last.row + row - len(self.lines), prefix="")

    def block(self, row: int) -> Block | None:
        """The block that a row is in; None for one between blocks."""
        return next((block for block in self.blocks if block.first <= row <= block.last), None)

    def first(self, cell: int) -> int:
        """The first row of a cell's code."""
        return next(block.first for block in self.blocks if self.line(block.first).cell == cell)

    def last(self, cell: int) -> int:
        """The last row of a cell's code."""
        return next(block.last for block in self.blocks if self.line(block.first).cell == cell)

    def placed(self, span: Span) -> Span:
        """The span in the page: its rows and columns there, and the cell that it begins in."""
        start, end = self.line(span.row), self.line(span.end_row)
        column, end_column = span.column + len(start.prefix), span.end_column + len(end.prefix)
        if start.cell != end.cell:  # it goes on to the end of its cell
            rows = [line.row for line in self.lines if line.cell == start.cell]
            return Span(start.row, column, max(rows) + 1, 1, start.cell)
        return Span(start.row, column, end.row, end_column, start.cell)

    def placed_edit(self, edit: Edit) -> Edit:
        """The edit of the page that an edit of the text is; lines that it adds are indented as those beside them."""
        span, text = edit.span, edit.text
        line = self.line(span.row)
        if span.column == span.end_column == 1 and (not text or text.endswith("\n")):
            whole, column = _indented(text, line.indent), 1
            if text and span.end_row > span.row and line.prefix.strip():
                # What stands before the first line, as `%time` does, stands before what replaces it.
                whole, column = whole[len(line.indent) :], len(line.prefix) + 1
            return Edit(Span(line.row, column, self.line(span.end_row).row, 1, line.cell), whole)
        first, newline, rest = text.partition("\n")
        # Behind the last row of the text stands the rest of a row, whatever is in it.
        rows = rest.split("\n") if newline else []
        above = "".join(f"{_indented(row, line.indent)}\n" for row in rows[:-1])
        last = f"{line.indent}{rows[-1]}" if rows else ""
        return Edit(self.placed(span), first + newline + above + last)

    def may_edit(self, span: Span) -> bool:
        """Whether a span stands in one block, or just below it, and covers nothing that is not Python there."""
        block = next((each for each in self.blocks if each.first <= span.row <= each.last + 1), None)
        if block is None or block.is_frozen or span.end_row > block.last + 1:
            return False
        if block.last < span.row and (span.column, span.end_row, span.end_column) != (1, span.row, 1):
            return False
        end = span.end_row if span.end_column > 1 else span.end_row - 1
        return not any(self.line(row).is_hidden for row in range(span.row, end + 1) if row <= block.last)

    def fitted(self, fix: Fix | None) -> Fix | None:
        """The fix with what it inserts between blocks put into the next one; None where it cannot be made here."""
        if fix is None:
            return None
        edits = [edit if edit.path else self._fitted(edit) for edit in fix.edits]
        known = [edit for edit in edits if edit is not None]
        return replace(fix, edits=tuple(known)) if len(known) == len(edits) else None

    def _fitted(self, edit: Edit) -> Edit | None:
        if self.may_edit(edit.span):
            return edit
        below = next((each for each in self.blocks if each.first > edit.span.row), None)
        is_insertion = edit.span == Span(edit.span.row, 1, edit.span.row, 1) and edit.text.endswith("\n")
        moved = Span(below.first, 1, below.first, 1) if below is not None else edit.span
        return replace(edit, span=moved) if is_insertion and self.may_edit(moved) else None


def placed(layout: Layout, diagnostic: Diagnostic) -> Diagnostic:
    """The finding with every place of its own file as the page counts it."""
    here = diagnostic if diagnostic.path else replace(diagnostic, span=layout.placed(diagnostic.span))
    return replace(
        here,
        related=tuple(_related(layout, each) for each in here.related),
        fix=_fix(layout, here.fix) if here.fix else None,
        alternatives=tuple(_fix(layout, each) for each in here.alternatives),
    )


def fitted(layout: Layout, diagnostic: Diagnostic) -> Diagnostic:
    """The finding with those repairs of it that can be made in the page."""
    others = (layout.fitted(each) for each in diagnostic.alternatives)
    return replace(
        diagnostic, fix=layout.fitted(diagnostic.fix), alternatives=tuple(each for each in others if each is not None)
    )


def kept_as_lesson(layout: Layout, diagnostic: Diagnostic, mark: str) -> Diagnostic:
    """The finding with its fix only shown where that would repair what a page shows as a mistake.

    The advice then says so, and that `mark` above the block would silence the finding.
    """
    fix = diagnostic.fix
    if fix is None or fix.applicability is Applicability.DISPLAY:
        return diagnostic
    rows = {diagnostic.span.row, *(edit.span.row for edit in fix.edits if not edit.path)}
    if not any(block.is_lesson for block in map(layout.block, rows) if block):
        return diagnostic
    advice = f"the page shows this as a mistake, so it is not fixed; {mark} above the block silences it"
    told = f"{diagnostic.help}; {advice}" if diagnostic.help else advice
    return replace(diagnostic, fix=replace(fix, applicability=Applicability.DISPLAY), help=told)


def _indented(text: str, indent: str) -> str:
    return "\n".join(f"{indent}{row}" if row.strip() else row for row in text.split("\n"))


def _related(layout: Layout, related: Related) -> Related:
    return related if related.path else replace(related, span=layout.placed(related.span))


def _fix(layout: Layout, fix: Fix) -> Fix:
    edits: Sequence[Edit] = [edit if edit.path else layout.placed_edit(edit) for edit in fix.edits]
    return replace(fix, edits=tuple(edits))
