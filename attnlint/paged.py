"""Linting a page: its blocks are read as one file, and what is found is told in the rows of the page."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from attnlint.diagnostic import SYNTAX_ERROR, Diagnostic, Note, Severity
from attnlint.filed import FileReport
from attnlint.pages.kinds import is_notebook, wrong_mark
from attnlint.pages.layout import MARKS, Block, Layout, fitted, kept_as_lesson, placed
from attnlint.pages.notebook import code_cells, file_lines
from attnlint.rows import NEWLINE, ending, lines_of, starts_of
from attnlint.rule import Rule, all_rules, did_you_mean, near_miss, spellings
from attnlint.source import Source, page_text

Analyse = Callable[[Source], Iterable[Diagnostic]]


def analysed(source: Source, analyse: Analyse) -> Iterable[Diagnostic]:
    """What is found in a file or in the code of a page, with those repairs that can be made in it.

    Blocks share their names. In a text, blocks from one on that gives a name of an import to another module share
    theirs apart from those above, as where the same is shown for two libraries.
    """
    layout = source.layout
    if layout is None:
        return analyse(source)
    broken = [
        Diagnostic(*SYNTAX_ERROR, Severity.ERROR, each.message, each.span) for each in layout.broken if each.is_finding
    ]
    found = [each for view in views(source) for each in analyse(view.source) if each.path or view.owns(each.span.row)]
    return [_possible(source, layout, each) if not each.path else each for each in (*broken, *found)]


def _possible(source: Source, layout: Layout, each: Diagnostic) -> Diagnostic:
    """The finding with those repairs that can be made in the page and that it does not show as a mistake."""
    return kept_as_lesson(layout, fitted(layout, each), wrong_mark(source.path, each.name))


def unmeant(
    layout: Layout | None, found: Sequence[Diagnostic], answered: Sequence[Rule]
) -> tuple[Sequence[Diagnostic], Sequence[Note]]:
    """The findings that no block shows on purpose; and what is odd in the comments that say so.

    `answered` are the rules that were asked and could answer: no other one is missed.
    """
    if layout is None:
        return found, ()
    kept: list[Diagnostic] = []
    shown: set[Block] = set()
    for each in found:
        block = layout.block(each.span.row)
        if block is None or each.path or not {"*", each.code.lower(), each.name}.intersection(block.wrong):
            kept.append(each)
        else:
            shown.add(block)
    missed = (line for block in layout.blocks for line in _missed(block, block in shown, answered))
    return kept, (*_odd(layout), *missed)


def _odd(layout: Layout) -> Iterator[Note]:
    for row, word in layout.odd:
        near = did_you_mean(word, MARKS)
        yield Note(row, f"unknown word {word!r} in a comment to attnlint{near or '; there is skip, and wrong[…]'}")


def _missed(block: Block, is_shown: bool, answered: Sequence[Rule]) -> Iterator[Note]:
    """What the mark of a block names in vain."""
    rules = all_rules()
    known = spellings(rules) | {"*"}
    for name in block.wrong:
        if name not in known:
            yield Note(block.first, f"unknown rule {name!r} in a comment to attnlint{near_miss(name, rules)}")
    names = [name for name in block.wrong if name in known]
    asked = spellings(answered)
    if names and not is_shown and (len(answered) == len(rules) if "*" in names else asked.issuperset(names)):
        nothing = "nothing" if "*" in names else f"no {' or '.join(names)}"
        yield Note(block.first, f"marked as wrong, and {nothing} is found here")


def told(report: FileReport, source: Source) -> FileReport:
    """The report with all places in the rows and columns of the page, and the page's own lines around them."""
    layout = source.layout
    if layout is None:
        return report
    found = tuple(placed(layout, each) for each in report.diagnostics)
    text = page_text(source)
    if is_notebook(source.path):
        excerpt: Mapping[int, str] = {}
        cells = _cells(text, layout, report.excerpt)
        shown = {layout.line(row) for row in report.excerpt} | {layout.line(note.row) for note in report.notes}
        rows = {cell: [line.row for line in shown if line.cell == cell] for cell in {line.cell for line in shown}}
        told_on = file_lines(text, rows) if rows else {}
    else:
        lines = lines_of(text)
        excerpt = {row: lines[row - 1].rstrip("\r\n") for row in report.excerpt if row <= len(lines)}
        cells, told_on = {}, {}
    notes = tuple(_note(layout, each) for each in report.notes)
    return replace(report, diagnostics=found, excerpt=excerpt, cells=cells, notes=notes, file_lines=told_on)


def _note(layout: Layout, note: Note) -> Note:
    line = layout.line(note.row)
    return replace(note, row=line.row, cell=line.cell)


def _cells(book: str, layout: Layout, rows: Collection[int]) -> dict[int, dict[int, str]]:
    texts = {number: NEWLINE.split(text) for number, text in code_cells(book)} if rows else {}
    cells: dict[int, dict[int, str]] = {}
    for row in rows:
        line = layout.line(row)
        if line.row <= len(texts[line.cell]):
            cells.setdefault(line.cell, {})[line.row] = texts[line.cell][line.row - 1]
    return cells


@dataclass(frozen=True, slots=True)
class View:
    """Blocks of a page that are read as one file: the page with the others left blank.

    What is found counts in the rows it `owns`: the other blocks are there for their names, and are judged elsewhere.
    """

    source: Source
    owned: frozenset[int] | None = None

    def owns(self, row: int) -> bool:
        """Whether what is found in a row of the text counts."""
        return self.owned is None or row in self.owned


def views(source: Source) -> Iterator[View]:
    """What the blocks of a page are read as, block after block; a file or a notebook is one view."""
    layout = source.layout
    if layout is None or is_notebook(source.path) or len(layout.blocks) < 2:
        yield View(source)
        return
    lines = lines_of(source.text)
    judged: set[int] = set()
    for group in _groups([_Code(block, lines) for block in layout.blocks]):
        rows = frozenset(row for code in group for row in range(code.block.first, code.block.last + 1))
        text = "".join(line if row in rows else ending(line) for row, line in enumerate(lines, 1))
        yield View(replace(source, text=text, starts=starts_of(text)), rows - judged)
        judged |= rows


class _Code:
    """A block with the names in it: `imports` and what they stand for, what it defines, all it binds, all it has."""

    def __init__(self, block: Block, lines: Sequence[str]) -> None:
        self.block = block
        self.imports: dict[str, str] = {}
        self.names: set[str] = set()
        tree = ast.parse("".join(lines[block.first - 1 : block.last]))
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        self.defines = {node.name for node in tree.body if isinstance(node, defined)}
        self.binds = set(self.defines)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self.imports.update((each.asname or each.name, each.name) for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = f"{'.' * node.level}{node.module or ''}"
                self.imports.update((each.asname or each.name, f"{module}.{each.name}") for each in node.names)
            elif isinstance(node, ast.Name):
                self.names.add(node.id)
                if isinstance(node.ctx, ast.Store):
                    self.binds.add(node.id)
        self.binds |= self.imports.keys()


def _groups(blocks: Sequence[_Code]) -> Iterator[list[_Code]]:
    """Blocks that are read as one file, in order; a section that stands alone has what it needs of those above it.

    A block that defines a name anew goes on with the others and without what defined it before.
    """
    program: list[_Code] = []
    alone: dict[int, list[_Code]] = {}
    for code in blocks:
        if number := code.block.section:
            if number not in alone:
                is_needed = any(code.names & above.binds for above in program)
                alone[number] = _without(program, code) if is_needed else []
            elif any(code.defines & above.defines for above in alone[number]):
                yield alone[number]
                alone[number] = _without(alone[number], code)
            alone[number] = [*alone[number], code]
            continue
        known = {name: module for above in program for name, module in above.imports.items()}
        if any(known.get(name, module) != module for name, module in code.imports.items()):
            yield program
            program = []
        elif any(code.defines & above.defines for above in program):
            yield program
            program = _without(program, code)
        program = [*program, code]
    yield from (group for group in (program, *alone.values()) if group)


def _without(group: Sequence[_Code], code: _Code) -> list[_Code]:
    return [above for above in group if not code.defines & above.defines]
