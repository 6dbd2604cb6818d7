"""The server as an editor meets it: a process that is spoken to over its standard input and output."""

import pytest
from lsprotocol import types

from attnlint.cli import main
from tests import editor
from tests.editor import (
    CODE,
    COLUMNS,
    ROW,
    begin,
    capabilities,
    change,
    codes,
    document,
    open_,
    part,
    published,
    pulled,
    text_of,
    warned,
    whole,
)

client = editor.client


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
    assert await text_of(client, uri) == "a = '😀'; b\x0c = 1\r注\n"


@pytest.mark.asyncio
async def test_settings_are_asked_for_and_change(client, tmp_path):
    caps = capabilities(pulls=True)
    caps.workspace.configuration = True
    client.set_configuration({"attnlint": {"ignore": ["softmax-wrong-axis"]}})
    await begin(client, tmp_path, caps)
    uri = (tmp_path / "a.py").as_uri()
    await client.text_document_diagnostic_async(types.DocumentDiagnosticParams(document(uri)))
    open_(client, uri, CODE)
    assert not (await pulled(client, uri)).items
    client.set_configuration({"attnlint": {"ignore": []}})
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    while not (report := await pulled(client, uri)).items:
        pass
    assert codes(report.items) == ["ATT008"]


@pytest.mark.asyncio
async def test_an_ignore_comment_with_an_unknown_rule_is_faded(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE + "x = 1  # attnlint: ignore[softmax-wrong-axs]\n")
    note = (await pulled(client, uri)).items[-1]
    assert "did you mean 'softmax-wrong-axis'" in note.message
    assert note.tags == (types.DiagnosticTag.Unnecessary,)
    assert (note.range.start.character, note.range.end.character) == (
        7,
        len("x = 1  # attnlint: ignore[softmax-wrong-axs]"),
    )


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["server"]) == 2
    assert "pip install 'attnlint[lsp]'" in capsys.readouterr().err
