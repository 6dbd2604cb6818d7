"""The server as an editor meets it: a process that is spoken to over its standard input and output."""

import sys
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from attnlint.lsp.documents import changed

CODE = """\
import torch
from torch import nn


class CausalSelfAttention(nn.Module):
    def forward(self, q, k, v):
        # q, k, v: [batch, heads, seq, head_dim]
        T = q.size(-2)
        scores = q @ k.transpose(-2, -1) / q.size(-1) ** 0.5
        mask = torch.tril(torch.ones(T, T, dtype=torch.bool))
        scores = scores.masked_fill(~mask, float("-inf"))
        note = "注意 😀"; weights = torch.softmax(scores, dim=2)
        return weights @ v
"""
ROW = CODE[: CODE.index("weights = ")].count("\n")
LINE = CODE.splitlines()[ROW]
# The softmax stands behind 注意 (one UTF-16 unit and three bytes each) and 😀 (two units, four bytes).
COLUMN = LINE.index("torch.softmax")
COLUMNS = {"utf-16": COLUMN + 1, "utf-8": COLUMN + 2 * 2 + 3, "utf-32": COLUMN}


def capabilities(encodings=None, pulls=False):
    """A client that can all that matters, and prefers these encodings."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=encodings),
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True), workspace_folders=True
        ),
        text_document=types.TextDocumentClientCapabilities(
            diagnostic=types.DiagnosticClientCapabilities() if pulls else None,
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(version_support=True),
        ),
    )


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[sys.executable, "-m", "attnlint", "server"]))
async def client(lsp_client: LanguageClient):
    yield
    if lsp_client.capabilities is not None:
        await lsp_client.shutdown_session()


async def begin(client, folder, caps=None, options=None):
    roots = folder if isinstance(folder, list) else [folder]
    folders = [types.WorkspaceFolder(each.as_uri(), each.name) for each in roots]
    given = types.InitializeParams(
        capabilities=caps or capabilities(), workspace_folders=folders, initialization_options=options
    )
    return await client.initialize_session(given)


def open_(client, uri, text, version=1, language="python"):
    item = types.TextDocumentItem(uri, language, version, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))


def change(client, uri, version, *changes):
    document = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
    client.text_document_did_change(types.DidChangeTextDocumentParams(document, list(changes)))


def whole(text):
    return types.TextDocumentContentChangeWholeDocument(text)


def part(start, end, text):
    return types.TextDocumentContentChangePartial(types.Range(types.Position(*start), types.Position(*end)), text)


def document(uri):
    return types.TextDocumentIdentifier(uri)


async def pulled(client, uri, before=None):
    params = types.DocumentDiagnosticParams(document(uri), previous_result_id=before)
    return await client.text_document_diagnostic_async(params)


def codes(diagnostics):
    return [each.code for each in diagnostics]


@pytest.mark.asyncio
@pytest.mark.parametrize("encoding", COLUMNS)
async def test_a_finding_in_the_encoding_of_the_client(client, tmp_path, encoding):
    result = await begin(client, tmp_path, capabilities([types.PositionEncodingKind(encoding)], pulls=True))
    assert result.capabilities.position_encoding == encoding
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    (found,) = (await pulled(client, uri)).items
    assert found.range.start == types.Position(ROW, COLUMNS[encoding])
    assert found.range.end.character - found.range.start.character == len("torch.softmax(scores, dim=2)")
    assert (found.code, found.severity, found.source) == ("ATT008", types.DiagnosticSeverity.Error, "attnlint")
    assert found.code_description.href.startswith("https://")
    assert [each.location.uri for each in found.related_information] == [uri] * 2
    assert found.related_information[0].message == "scores computed here"


@pytest.mark.asyncio
async def test_utf_16_where_the_client_says_nothing(client, tmp_path):
    result = await begin(client, tmp_path, capabilities(pulls=True))
    assert result.capabilities.position_encoding == "utf-16"


@pytest.mark.asyncio
async def test_what_is_pulled_again_is_only_marked_as_the_same(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    first = await pulled(client, uri)
    again = await pulled(client, uri, first.result_id)
    assert again.kind == "unchanged"
    change(client, uri, 2, whole(CODE.replace("dim=2", "dim=-1")))
    after = await pulled(client, uri, first.result_id)
    assert (after.kind, list(after.items)) == ("full", [])


async def published(client):
    return await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


@pytest.mark.asyncio
async def test_pushed_on_open_change_save_and_close_with_the_version(client, tmp_path):
    await begin(client, tmp_path)
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE, version=7)
    params = await published(client)
    assert (params.uri, params.version, codes(params.diagnostics)) == (uri, 7, ["ATT008"])
    column = COLUMNS["utf-16"] + len("torch.softmax(scores, dim=")
    change(client, uri, 8, part((ROW, column), (ROW, column + 1), "3"))
    params = await published(client)
    assert (params.version, codes(params.diagnostics)) == (8, [])
    client.text_document_did_save(types.DidSaveTextDocumentParams(document(uri)))
    assert (await published(client)).version == 8
    client.text_document_did_close(types.DidCloseTextDocumentParams(document(uri)))
    assert (await published(client)).version is None


@pytest.mark.asyncio
async def test_only_the_last_of_quick_keystrokes_is_looked_at(client, tmp_path):
    await begin(client, tmp_path)
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    await published(client)
    for version in range(2, 30):
        change(client, uri, version, part((0, 0), (0, 0), "#"), part((0, 0), (0, 1), ""))
    params = await published(client)
    assert (params.version, codes(params.diagnostics)) == (29, ["ATT008"])


@pytest.mark.asyncio
async def test_half_typed_code_has_its_syntax_error_alone(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE + "def f(:\n")
    (found,) = (await pulled(client, uri)).items
    assert (found.code, found.range.start.line) == ("ATT000", CODE.count("\n"))


@pytest.mark.asyncio
async def test_fixes_ignores_and_rules_as_actions(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE, version=3)
    (found,) = (await pulled(client, uri)).items
    fix, ignore, explain, every = await acted(client, uri, found)
    assert (fix.kind, fix.is_preferred, edited(CODE, fix)) == ("quickfix", True, CODE.replace("dim=2", "dim=-1"))
    assert edited(CODE, ignore) == CODE.replace(LINE, f"{LINE}  # attnlint: ignore[softmax-wrong-axis]")
    assert "softmax-wrong-axis" in explain.title
    assert (every.kind, edited(CODE, every)) == ("source.fixAll.attnlint", CODE.replace("dim=2", "dim=-1"))
    for version, each in enumerate((fix, ignore, every), 4):
        assert each.edit.document_changes[0].text_document.version == 3
        change(client, uri, version, whole(edited(CODE, each)))
        assert not (await pulled(client, uri)).items


@pytest.mark.asyncio
async def test_only_the_kinds_of_action_that_are_asked_for(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    (found,) = (await pulled(client, uri)).items
    for only, kinds in (
        ("source", {"source.fixAll.attnlint"}),
        ("source.fixAll", {"source.fixAll.attnlint"}),
        ("source.fixAll.ruff", set()),
        ("quickfix", {"quickfix"}),
        ("refactor", set()),
    ):
        offered = await acted(client, uri, found, [only])
        assert {each.kind for each in offered if isinstance(each, types.CodeAction)} == kinds


@pytest.mark.asyncio
async def test_an_unsafe_fix_is_called_so_and_not_preferred(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    fixture = Path(__file__).parent.parent / "fixtures" / "missing-causal-mask" / "bad_torch_gpt.py"
    open_(client, uri, fixture.read_text())
    (found,) = (await pulled(client, uri)).items
    offered = await acted(client, uri, found)
    assert found.code == "ATT001"
    assert "unsafe" in offered[0].title
    assert not offered[0].is_preferred
    assert not [each for each in offered if getattr(each, "kind", "") == "source.fixAll.attnlint"]


@pytest.mark.asyncio
async def test_a_hover_over_a_tensor_and_over_a_finding(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    scores = await hovered(client, uri, ROW, COLUMNS["utf-16"] + len("torch.softmax(s"))
    assert "scores  [batch heads seq seq]  scaled by 1/√head_dim · causal mask · not yet normalised" in scores
    assert f"- scaled by 1/√head_dim, [line 9]({uri}#L9)" in scores
    assert f"- causal mask, [line 11]({uri}#L11)" in scores
    assert "ATT008 softmax-wrong-axis" in scores
    assert "Why is this bad?" in scores
    product = await hovered(client, uri, 8, CODE.splitlines()[8].index("@"))
    assert "q @ k.transpose(-2, -1)  [batch heads seq seq]  scores · not yet normalised" in product
    assert await hovered(client, uri, 0, 8) is None


@pytest.mark.asyncio
async def test_the_shape_behind_each_assignment(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    place = types.Range(types.Position(8, 0), types.Position(10, 0))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document(uri), place))
    assert [(each.position.line, each.label) for each in hints] == [
        (8, "# ⟵ [batch heads seq seq]"),
        (9, "# ⟵ [T T]"),
        (10, "# ⟵ [batch heads seq seq]"),
    ]
    assert hints[0].position.character == len(CODE.splitlines()[8])


@pytest.mark.asyncio
async def test_hints_hovers_and_rules_can_be_switched_off_by_the_client(client, tmp_path):
    options = {"inlayHints": False, "hover": False, "ignore": ["ATT008"], "slect": []}
    await begin(client, tmp_path, capabilities(pulls=True), options)
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    place = types.Range(types.Position(0, 0), types.Position(99, 0))
    assert not await client.text_document_inlay_hint_async(types.InlayHintParams(document(uri), place))
    assert await hovered(client, uri, 8, 8) is None
    assert not (await pulled(client, uri)).items
    assert any("unknown setting 'slect'; did you mean 'select'?" in each.message for each in client.messages)


@pytest.mark.asyncio
async def test_the_configuration_of_each_folder_is_read_anew_when_it_changes(client, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    (one / "attnlint.toml").write_text('ignore = ["ATT008"]\n')
    await begin(client, [one, two], capabilities(pulls=True))
    uris = [(folder / "a.py").as_uri() for folder in (one, two)]
    for uri in uris:
        open_(client, uri, CODE)
    assert [codes((await pulled(client, uri)).items) for uri in uris] == [[], ["ATT008"]]
    (one / "attnlint.toml").unlink()
    (two / "attnlint.toml").write_text('[severity]\nATT008 = "info"\n')
    changes = [types.FileEvent((one / "attnlint.toml").as_uri(), types.FileChangeType.Deleted)]
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))
    found = [(await pulled(client, uri)).items for uri in uris]
    assert [codes(each) for each in found] == [["ATT008"], ["ATT008"]]
    assert [each[0].severity.name for each in found] == ["Error", "Information"]


@pytest.mark.asyncio
async def test_a_bad_configuration_is_said_and_the_server_goes_on(client, tmp_path):
    (tmp_path / "attnlint.toml").write_text('selct = ["ATT008"]\n')
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    assert codes((await pulled(client, uri)).items) == ["ATT008"]
    assert any("attnlint.toml:1: unknown key 'selct'" in each.message for each in client.messages)


@pytest.mark.asyncio
async def test_unsaved_text_of_another_open_file_counts(client, tmp_path):
    helper = "import torch\n\ndef scores(q, k):\n    return q @ k.transpose(-2, -1)\n"
    (tmp_path / "scores.py").write_text(helper.replace("-1)\n", "-1) / q.size(-1) ** 0.5\n"))
    caller = "import torch\nfrom scores import scores\n\ndef cross_attention(query, memory):\n"
    caller += "    return torch.softmax(scores(query, memory), dim=-1) @ memory\n"
    await begin(client, tmp_path, capabilities(pulls=True))
    uri, other = ((tmp_path / name).as_uri() for name in ("model.py", "scores.py"))
    open_(client, uri, caller)
    assert warned(await pulled(client, uri)) == []
    open_(client, other, helper)
    await pulled(client, other)
    assert sorted([*warned(await pulled(client, uri)), *warned(await pulled(client, other))]) == ["ATT002"]
    client.text_document_did_close(types.DidCloseTextDocumentParams(document(other)))
    assert warned(await pulled(client, uri)) == []


@pytest.mark.asyncio
async def test_nothing_of_the_workspace_is_run(client, tmp_path):
    (tmp_path / "helper.py").write_text("import pathlib\npathlib.Path(__file__).with_name('ran').touch()\nattn = 1\n")
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, "import pathlib\nfrom helper import attn\npathlib.Path('ran').touch()\nsoftmax = attn\n")
    assert not (await pulled(client, uri)).items
    assert sorted(each.name for each in tmp_path.iterdir()) == ["helper.py"]


@pytest.mark.asyncio
async def test_a_notebook_has_its_findings_in_its_cells(client, tmp_path):
    await begin(client, tmp_path)
    uri = (tmp_path / "a.ipynb").as_uri()
    head, body = CODE.split("\n\n\n")
    cells = {"cell:1": f"%matplotlib inline\n{head}", "cell:2": body}
    kind = types.NotebookCellKind.Code
    notebook = types.NotebookDocument(uri, "jupyter-notebook", 1, [types.NotebookCell(kind, each) for each in cells])
    texts = [types.TextDocumentItem(each, "python", 1, text) for each, text in cells.items()]
    client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, texts))
    await published(client)
    found = {each: [(one.code, one.range.start.line) for one in client.diagnostics.get(each, ())] for each in cells}
    if not found["cell:2"]:
        await published(client)
        found["cell:2"] = [(one.code, one.range.start.line) for one in client.diagnostics["cell:2"]]
    assert found == {"cell:1": [], "cell:2": [("ATT008", ROW - 4)]}


@pytest.mark.asyncio
async def test_the_text_is_the_clients(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, "a = '😀'\r\nb\x0c = 1\rc\n")
    change(client, uri, 2, part((0, 8), (1, 0), "; "), part((1, 0), (1, 1), "注"))
    assert await client.protocol.send_request_async("attnlint/text", {"uri": uri}) == "a = '😀'; b\x0c = 1\r注\n"


async def acted(client, uri, found, only=None):
    context = types.CodeActionContext([found], only)
    params = types.CodeActionParams(document(uri), found.range, context)
    return list(await client.text_document_code_action_async(params) or [])


async def hovered(client, uri, line, character):
    params = types.HoverParams(document(uri), types.Position(line, character))
    found = await client.text_document_hover_async(params)
    return found and found.contents.value


def warned(report):
    return [each.code for each in report.items if each.severity is not types.DiagnosticSeverity.Information]


def edited(text, action):
    """A text after an action's edits of it."""
    (changes,) = action.edit.document_changes
    for edit in sorted(changes.edits, key=lambda each: each.range.start.line, reverse=True):
        text = changed(text, types.TextDocumentContentChangePartial(edit.range, edit.new_text), "utf-16")
    return text
