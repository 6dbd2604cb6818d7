"""A document at one moment, and where its rows stand for the editor: in a file, or in the cells of a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import Workspace

from attnlint.diagnostic import Edit, Span
from attnlint.fixing.edits import Refused
from attnlint.lsp import positions
from attnlint.lsp.positions import Encoding
from attnlint.pages.layout import Layout
from attnlint.pages.notebook import laid_out
from attnlint.rows import NEWLINE
from attnlint.source import STDIN, Source, make_source


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of code in a notebook, which is a document of its own."""

    uri: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document at one moment: its text, and the version that the editor gave it; of a notebook, its cells too.

    The text of a notebook is that of all its cells, and its layout numbers them from 1.
    """

    uri: str
    version: int | None
    source: Source
    cells: tuple[Cell, ...] = ()

    def location(self, place: Span, encoding: Encoding) -> types.Location:
        """Where a span stands for the editor; one that leaves its cell ends with it."""
        layout = self.source.layout
        if layout is None:
            return types.Location(self.uri, positions.span(self.source, place, encoding))
        number = layout.line(place.row).cell
        last = layout.last(number)
        start = min((place.row, place.column), self._end(last))
        end = min((place.end_row, place.end_column), self._end(last))
        here = types.Range(self._position(layout, *start, encoding), self._position(layout, *end, encoding))
        return types.Location(self.cells[number - 1].uri, here)

    def edit(self, place: Span, text: str, encoding: Encoding) -> tuple[str, types.TextEdit]:
        """The edit of a span, with the address of the document that it is for.

        Raises `Refused` where it would change what is not Python in a cell.
        """
        location, layout = self.location(place, encoding), self.source.layout
        if layout is None:
            return location.uri, types.TextEdit(location.range, text)
        if not layout.may_edit(place):
            raise Refused("would edit what is not Python in a cell")
        here, last = location.range, layout.last(layout.line(place.row).cell)
        if layout.placed_edit(Edit(place, text)).span.column == 1 and place.row <= last:  # with what stands before it
            here = types.Range(types.Position(here.start.line, 0), here.end)
        # A cell ends without a newline: what comes below its last line brings one, what takes that away leaves none.
        if place.row > last:
            text = f"\n{text}".removesuffix("\n")
        elif place.end_row > last:
            text = text.removesuffix("\n")
        return location.uri, types.TextEdit(here, text)

    def _end(self, row: int) -> tuple[int, int]:
        return row, len(self.source.line(row)) + 1

    def _position(self, layout: Layout, row: int, column: int, encoding: Encoding) -> types.Position:
        line = layout.line(row)
        before = line.prefix + self.source.line(row)[: column - 1]
        return types.Position(line.row - 1, positions.units(before, encoding))

    def place(self, uri: str, position: types.Position, encoding: Encoding) -> tuple[int, int]:
        """The row and the column of an editor's position in this document, or in the cell with that address."""
        layout = self.source.layout
        if layout is None:
            return positions.place(self.source, position, encoding)
        number = next(number for number, cell in enumerate(self.cells, 1) if cell.uri == uri)
        row = min(layout.first(number) + position.line, layout.last(number))
        prefix = layout.line(row).prefix
        passed = positions.code_points(prefix + self.source.line(row), position.character, encoding)
        return row, max(passed - len(prefix), 0) + 1

    def documents(self) -> list[tuple[str, int | None]]:
        """The editor's documents that this is made of, with their versions."""
        return [(cell.uri, cell.version) for cell in self.cells] or [(self.uri, self.version)]


def path_of(uri: str) -> str:
    """The file of a document; standard input's name for one that has none yet."""
    return (to_fs_path(uri) or STDIN) if uri.startswith("file:") else STDIN


def of_text(uri: str, version: int | None, text: str) -> Snapshot:
    """A document of Python."""
    return Snapshot(uri, version, make_source(text, path_of(uri)))


def of_cells(uri: str, version: int, cells: Sequence[tuple[str, int | None, str]]) -> Snapshot:
    """A notebook: its cells of code, each with its address, version and text, one after the other."""
    page = laid_out((number, "\n".join(NEWLINE.split(text))) for number, (_, _, text) in enumerate(cells, 1))
    made = tuple(Cell(address, number) for address, number, _ in cells)
    return Snapshot(uri, version, make_source(page.text, path_of(uri), page.layout), made)


def present(workspace: Workspace, uri: str) -> Snapshot | None:
    """The present text of a document, or of a notebook by its address; None for what is not Python."""
    notebook = workspace.get_notebook_document(notebook_uri=uri)
    if notebook is not None:
        code = [cell for cell in notebook.cells if cell.kind == types.NotebookCellKind.Code]
        texts = [workspace.get_text_document(cell.document) for cell in code]
        python = [text for text in texts if text.language_id in {"python", None}]
        return of_cells(uri, notebook.version, [(text.uri, text.version, text.source) for text in python])
    document = workspace.get_text_document(uri)
    if document.language_id != "python" and not document.path.endswith((".py", ".pyi")):
        return None
    return of_text(uri, document.version, document.source)
