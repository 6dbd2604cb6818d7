"""Notebooks in an editor: each cell is a document of its own, and all of them are one text."""

import pytest
from lsprotocol import types

from attnlint.diagnostic import Span
from attnlint.fixing.edits import Refused
from attnlint.lsp.documents import changed
from attnlint.lsp.snapshots import of_cells
from tests import editor
from tests.editor import acted, begin, capabilities, published, pulled

client = editor.client

CELLS = {
    "cell:1": "%matplotlib inline\n!pip install 'torch\nimport torch\nB, H, T, D = 2, 4, 16, 8",
    "cell:2": "q, k, v = torch.randn(B, H, T, D), torch.randn(B, H, T, D), torch.randn(B, H, T, D)\n"
    "note = '注意 😀'; scores = q @ k.transpose(-2, -1) / D**0.5\n"
    "%time 注 = '😀'; weights = torch.softmax(scores, dim=-2)\n"
    "out = weights @ v",
    "cell:3": "x = = 1",
}


def snapshot(**cells):
    return of_cells("file:///a.ipynb", 1, [(f"cell:{name}", 1, text) for name, text in cells.items()])


async def found_in(client, uri, count=1):
    """The findings that were pushed for a cell, once there are so many."""
    while len(client.diagnostics.get(uri, ())) < count:
        await published(client)
    return client.diagnostics[uri]


async def open_notebook(client, folder, cells):
    uri = (folder / "a.ipynb").as_uri()
    kind = types.NotebookCellKind.Code
    notebook = types.NotebookDocument(uri, "jupyter-notebook", 1, [types.NotebookCell(kind, each) for each in cells])
    texts = [types.TextDocumentItem(each, "python", 1, text) for each, text in cells.items()]
    client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, texts))


@pytest.mark.asyncio
async def test_a_finding_behind_a_magic_stands_and_is_fixed_where_the_cell_has_it(client, tmp_path):
    await begin(client, tmp_path, capabilities())
    await open_notebook(client, tmp_path, CELLS)
    (found,) = await found_in(client, "cell:2")
    line = CELLS["cell:2"].splitlines()[2]
    # 注 is one unit of UTF-16, 😀 two.
    start = line.index("torch.softmax") + 1
    assert (found.code, found.range.start) == ("ATT008", types.Position(2, start))
    assert found.range.end == types.Position(2, start + len("torch.softmax(scores, dim=-2)"))
    fix = next(each for each in await acted(client, "cell:2", found) if each.is_preferred)
    (changes,) = fix.edit.document_changes
    assert (changes.text_document.uri, changes.text_document.version) == ("cell:2", 1)
    text = CELLS["cell:2"]
    for edit in changes.edits:
        text = changed(text, types.TextDocumentContentChangePartial(edit.range, edit.new_text), "utf-16")
    assert text == CELLS["cell:2"].replace("dim=-2", "dim=-1")


@pytest.mark.asyncio
@pytest.mark.parametrize("pulls", [True, False])
async def test_a_cell_that_does_not_parse_has_that_and_the_others_are_read(client, tmp_path, pulls):
    await begin(client, tmp_path, capabilities(pulls=pulls))
    await open_notebook(client, tmp_path, CELLS)
    (found,) = await found_in(client, "cell:3")
    assert (found.code, found.range.start) == ("ATT000", types.Position(0, 4))
    assert not client.diagnostics.get("cell:1")
    assert not (await pulled(client, "cell:3")).items  # or it would be there twice


@pytest.mark.asyncio
async def test_all_cells_are_fixed_at_once(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    cells = {**CELLS, "cell:4": "again = torch.softmax(scores, dim=2)\ny = again @ v"}
    await open_notebook(client, tmp_path, cells)
    (found,) = await found_in(client, "cell:4")
    (action,) = await acted(client, "cell:4", found, ["source.fixAll.attnlint"])
    fixed = {}
    for changes in action.edit.document_changes:
        text = cells[changes.text_document.uri]
        for edit in sorted(changes.edits, key=lambda each: each.range.start.line, reverse=True):
            text = changed(text, types.TextDocumentContentChangePartial(edit.range, edit.new_text), "utf-16")
        fixed[changes.text_document.uri] = text
    assert fixed == {
        "cell:2": cells["cell:2"].replace("dim=-2", "dim=-1"),
        "cell:4": cells["cell:4"].replace("dim=2", "dim=-1"),
    }


def test_a_line_below_the_last_one_of_a_cell_brings_its_newline():
    made = snapshot(a="import torch", b="x = 1")
    uri, edit = made.edit(Span(2, 1, 2, 1), "import math\n", "utf-16")
    assert uri == "cell:a"
    assert changed("import torch", types.TextDocumentContentChangePartial(edit.range, edit.new_text), "utf-16") == (
        "import torch\nimport math"
    )


def test_what_takes_a_cells_last_line_away_leaves_its_neighbour_alone():
    made = snapshot(a="x = 1\ny = 2", b="z = 3")
    uri, edit = made.edit(Span(2, 1, 3, 1), "", "utf-16")
    assert (uri, edit.range) == ("cell:a", types.Range(types.Position(1, 0), types.Position(1, 5)))


def test_what_is_ipythons_is_never_edited():
    made = snapshot(a="!ls\nx = 1")
    with pytest.raises(Refused):
        made.edit(Span(1, 1, 1, 5), "y = 2", "utf-16")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_places_go_there_and_back(encoding):
    made = snapshot(a="x = 1", b="%time é = '😀'; y = 2\n\nz = 3")
    row = next(row for row in range(1, made.source.line_count + 1) if made.source.line(row).startswith("é"))
    for column in range(1, len(made.source.line(row)) + 2):
        location = made.location(Span(row, column, row, column), encoding)
        assert location.uri == "cell:b"
        assert made.place(location.uri, location.range.start, encoding) == (row, column)
