"""Jupyter notebooks: their code cells as one text in the order of the file, and their JSON with a cell edited.

The format: https://nbformat.readthedocs.io/en/latest/format_description.html. The nbformat package is not used, since
it writes the whole file anew: what is kept here, byte for byte, is all that no edit means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attnlint.diagnostic import Edit, Span
from attnlint.pages.json_spans import places
from attnlint.pages.layout import Block, Broken, Layout, Line
from attnlint.pages.magics import Row, error, python_rows
from attnlint.pages.spelling import respelled, spelled
from attnlint.pages.text import NotAPage, PageText
from attnlint.rows import edited, starts_of

OLDEST = 4
_OTHER_KERNEL = re.compile(
    r"(?:ir|irkernel|julia|bash|javascript|typescript|deno|rust|evcxr|scala|spylon|octave|matlab|ruby|iruby|gophernotes"
    r"|\.net|xcpp|xeus-cling|haskell|ihaskell|sql|xsql|wolfram|sas|stata|calysto)(?:[-_.\d].*)?$",
    re.I,
)


def read(text: str) -> PageText:
    """The code cells of a notebook that is Python, as one text.

    Raises `NotAPage` for what is no notebook, or one of a format before 4.
    """
    return laid_out(code_cells(text))


def laid_out(cells: Iterable[tuple[int, str]]) -> PageText:
    """Cells with their numbers, from 1, as one text, each followed by an empty row."""
    rows: list[str] = []
    lines: list[Line] = []
    blocks: list[Block] = []
    broken: list[Broken] = []
    for number, source in cells:
        first = len(rows) + 1
        read_rows = python_rows(source)
        if found := error("\n".join(row.text for row in read_rows)):
            at = min(max(found.lineno or 1, 1), len(read_rows)) - 1
            span = Span(first + at, 1, first + at, 1)
            broken.append(Broken(span, found.msg or "invalid syntax", is_finding=True))
            # What stands before the mistake gives it its column, though the row is empty for the others.
            before = read_rows[at].text[: max(found.offset or 1, 1) - 1]
            read_rows = [Row("", before if other == at else "", is_magic=True) for other in range(len(read_rows))]
        for count, row in enumerate(read_rows, 1):
            rows.append(row.text)
            lines.append(Line(count, number, row.prefix, is_hidden=row.is_magic))
        blocks.append(Block(first, len(rows)))
        rows.append("")
        lines.append(Line(len(read_rows) + 1, number))
    joined = "".join(f"{row}\n" for row in rows)
    return PageText(joined, Layout(tuple(lines), tuple(blocks), tuple(broken)))


def rewritten(text: str, edits: Sequence[Edit]) -> str:
    """The notebook's text with edits of its cells made, every other character of it kept.

    Edits are in the order of the cells, and do not overlap.
    """
    by_cell: dict[int, list[Edit]] = {}
    for edit in edits:
        by_cell.setdefault(edit.span.cell, []).append(edit)
    made = text
    found = places(text)
    for number in sorted(by_cell, reverse=True):
        place = found[number - 1]
        value = json.loads(text[place.start : place.end])
        before = value if isinstance(value, str) else "".join(value)
        # With a newline behind the last line, lines can be added below it like anywhere else.
        after = edited(f"{before}\n", by_cell[number]).removesuffix("\n")
        written = respelled(text, place, before, after)
        made = made[: place.start] + written + made[place.end :]
    return made


def file_lines(text: str, rows: Mapping[int, Iterable[int]]) -> dict[int, dict[int, int]]:
    """The lines of the notebook's file on which rows of its cells begin: those asked for, by the cells' numbers."""
    found = places(text)
    lines: dict[int, dict[int, int]] = {}
    for number, wanted in rows.items():
        place = found[number - 1]
        value = json.loads(text[place.start : place.end])
        source = value if isinstance(value, str) else "".join(value)
        above = text.count("\n", 0, place.start) + 1
        offsets, closing = spelled(text, place)
        begins = starts_of(source)
        lines[number] = {}
        for row in wanted:
            at = begins[min(row, len(begins)) - 1]
            offset = offsets[at] if at < len(offsets) else closing
            lines[number][row] = above + text.count("\n", place.start, offset)
    return lines


def _loaded(text: str) -> Mapping[str, Any]:
    try:
        book = json.loads(text)
    except json.JSONDecodeError as found:
        raise NotAPage(f"is no notebook: {found.msg}, at column {found.colno}", found.lineno) from found
    except ValueError as found:  # a number with thousands of digits
        raise NotAPage(f"is no notebook that can be read: {found}") from found
    except RecursionError as found:
        raise NotAPage("is no notebook: its JSON is nested too deeply") from found
    if not isinstance(book, dict):
        raise NotAPage("is no notebook: its JSON is no object")
    if isinstance(version := book.get("nbformat"), int) and version < OLDEST:
        raise NotAPage(f"is a notebook of format {version}; `jupyter nbconvert --to notebook` makes it one of format 4")
    if not isinstance(book.get("cells"), list):
        raise NotAPage("is no notebook: it has no list of cells")
    return book


def code_cells(text: str) -> Iterator[tuple[int, str]]:
    """The numbers and sources of the code cells of a notebook; of one in another language none.

    Raises `NotAPage`.
    """
    book = _loaded(text)
    metadata = book.get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    names = (_named(about, "kernelspec", "language"), _named(about, "language_info", "name"))
    language = next((name for name in names if name), "")
    if language and not _is_python(language):
        return
    # Kernels have whatever names people give their environments; these are the usual ones of other languages.
    if not language and _OTHER_KERNEL.match(_named(about, "kernelspec", "name")):
        return
    for number, cell in enumerate(book["cells"], 1):
        if not isinstance(cell, dict):
            raise NotAPage(f"is no notebook: its cell {number} is no object")
        if cell.get("cell_type") != "code":
            continue
        metadata = cell.get("metadata")
        spoken = _named(metadata, "vscode", "languageId") if isinstance(metadata, dict) else ""
        if spoken and not _is_python(spoken):
            continue
        source = cell.get("source") or ""
        lines = source if isinstance(source, list) else [source]
        if not all(isinstance(line, str) for line in lines):
            raise NotAPage(f"is no notebook: the source of its cell {number} is no text")
        yield number, "".join(lines)


def _is_python(language: str) -> bool:
    return language.lower().startswith(("python", "ipython", "xpython"))


def _named(about: Mapping[str, Any], table: str, key: str) -> str:
    inner = about.get(table)
    value = inner.get(key) if isinstance(inner, dict) else None
    return value if isinstance(value, str) else ""
