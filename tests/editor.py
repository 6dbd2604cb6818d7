"""An editor for the tests: a client of the server's process, and what it sends and is sent."""

import sys

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from attnlint.lsp.documents import changed
from tests.models import CAUSAL

CODE = CAUSAL.replace("weights = ", 'note = "注意 😀"; weights = ')
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


async def published(client):
    return await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


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


async def text_of(client, uri):
    """The text that the server has of a document."""
    return await client.protocol.send_request_async("attnlint/text", {"uri": uri})
