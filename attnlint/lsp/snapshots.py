"""A document at one moment, and where its rows stand for the editor: in a file, or in the cells of a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types
from pygls.uris import to_fs_path

from attnlint.diagnostic import Span
from attnlint.lsp import positions
from attnlint.lsp.positions import Encoding
from attnlint.source import NEWLINE, STDIN, Source, make_source


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of code in a notebook: its own document, and the rows that it has in the text of all cells."""

    uri: str
    version: int | None
    first_row: int
    rows: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document at one moment: its text, and the version that the editor gave it; of a notebook, its cells too."""

    uri: str
    version: int | None
    source: Source
    cells: tuple[Cell, ...] = ()

    def location(self, place: Span, encoding: Encoding) -> types.Location:
        """Where a span stands for the editor; one that leaves its cell ends with it."""
        cell = self._cell(place.row)
        if cell is None:
            return types.Location(self.uri, positions.span(self.source, place, encoding))
        last = cell.first_row + cell.rows - 1
        end = (place.end_row, place.end_column)
        if place.end_row > last:
            end = (last, len(self.source.line(last)) + 1)
        start = positions.position(self.source, place.row, place.column, encoding)
        stop = positions.position(self.source, *end, encoding)
        above = cell.first_row - 1
        here = types.Range(
            types.Position(start.line - above, start.character), types.Position(stop.line - above, stop.character)
        )
        return types.Location(cell.uri, here)

    def leaves_cell(self, place: Span) -> bool:
        """Whether a span reaches beyond the cell of a notebook that it begins in."""
        cell = self._cell(place.row)
        return cell is not None and place.end_row >= cell.first_row + cell.rows

    def place(self, uri: str, position: types.Position, encoding: Encoding) -> tuple[int, int]:
        """The row and the column of an editor's position in this document, or in the cell with that address."""
        above = next((cell.first_row - 1 for cell in self.cells if cell.uri == uri), 0)
        return positions.place(self.source, types.Position(position.line + above, position.character), encoding)

    def documents(self) -> list[tuple[str, int | None]]:
        """The editor's documents that this is made of, with their versions."""
        return [(cell.uri, cell.version) for cell in self.cells] or [(self.uri, self.version)]

    def _cell(self, row: int) -> Cell | None:
        before = [cell for cell in self.cells if cell.first_row <= row]
        return before[-1] if before else None


def path_of(uri: str) -> str:
    """The file of a document; standard input's name for one that has none yet."""
    return (to_fs_path(uri) or STDIN) if uri.startswith("file:") else STDIN


def of_text(uri: str, version: int | None, text: str) -> Snapshot:
    """A document of Python."""
    return Snapshot(uri, version, make_source(text, path_of(uri)))


def of_cells(uri: str, version: int, cells: Sequence[tuple[str, int | None, str]]) -> Snapshot:
    """A notebook: its cells of code, each with its address, version and text, one after the other."""
    texts: list[str] = []
    made: list[Cell] = []
    row = 1
    for address, number, text in cells:
        lines = [_python(line) for line in NEWLINE.split(text)]
        texts.extend(lines)
        made.append(Cell(address, number, row, len(lines)))
        row += len(lines)
    return Snapshot(uri, version, make_source("\n".join(texts), path_of(uri)), tuple(made))


def _python(line: str) -> str:
    """A line of a cell; one for IPython alone is a comment, as long as it is."""
    stripped = line.lstrip()
    if not stripped.startswith(("%", "!")):
        return line
    return f"{line[: len(line) - len(stripped)]}#{stripped[1:]}"
