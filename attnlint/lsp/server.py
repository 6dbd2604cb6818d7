"""The server: which of the client's messages it answers, and who answers them."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
from collections.abc import Callable
from functools import partial

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from attnlint import __version__
from attnlint.lsp.actions import FIX_ALL, SHOW_RULE, actions, resolved, show_rule
from attnlint.lsp.client import configure, fetch_settings, watch
from attnlint.lsp.documents import Documents
from attnlint.lsp.hints import hints
from attnlint.lsp.hovers import hover
from attnlint.lsp.session import LATER, PAUSE, Session

NOTEBOOKS = types.NotebookDocumentSyncOptions(
    notebook_selector=[
        types.NotebookDocumentFilterWithNotebook(
            notebook="jupyter-notebook", cells=[types.NotebookCellLanguage(language="python")]
        )
    ],
    save=True,
)
ACTIONS = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True)
DIAGNOSTICS = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier="attnlint")
TEXT = "attnlint/text"


def make_server() -> LanguageServer:
    """A server for one client, with everything that it answers."""
    server = LanguageServer("attnlint", __version__, notebook_document_sync=NOTEBOOKS)
    session = Session(server)
    answers: list[tuple[str, Callable[..., object], object]] = [
        (types.INITIALIZE, _initialize, None),
        (types.INITIALIZED, _initialized, None),
        (types.SHUTDOWN, _shut_down, None),
        (types.TEXT_DOCUMENT_DID_OPEN, _opened, None),
        (types.TEXT_DOCUMENT_DID_CHANGE, _changed, None),
        (types.TEXT_DOCUMENT_DID_SAVE, _saved, types.SaveOptions(include_text=False)),
        (types.TEXT_DOCUMENT_DID_CLOSE, _closed, None),
        (types.NOTEBOOK_DOCUMENT_DID_OPEN, _notebook_changed, None),
        (types.NOTEBOOK_DOCUMENT_DID_CHANGE, _notebook_changed, None),
        (types.NOTEBOOK_DOCUMENT_DID_SAVE, _notebook_changed, None),
        (types.NOTEBOOK_DOCUMENT_DID_CLOSE, _notebook_closed, None),
        (types.TEXT_DOCUMENT_DIAGNOSTIC, _pulled, DIAGNOSTICS),
        (types.TEXT_DOCUMENT_CODE_ACTION, actions, ACTIONS),
        (types.CODE_ACTION_RESOLVE, resolved, None),
        (types.TEXT_DOCUMENT_HOVER, hover, None),
        (types.TEXT_DOCUMENT_INLAY_HINT, hints, None),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, _settings_changed, None),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _files_changed, None),
        (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, _folders_changed, None),
        (TEXT, _text, None),
    ]
    for method, answer, options in answers:
        server.feature(method, options)(partial(answer, session))

    @server.command(SHOW_RULE)
    def show(code: str) -> str | None:
        return show_rule(session, code)

    return server


def serve() -> None:
    """Speak to the client over standard input and output until it ends."""
    # Traces are made of circles, and looking for these while they grow takes a third of the time: `Tidy` does later.
    gc.disable()
    # Whatever prints by mistake must not end up between the messages.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        make_server().start_io(stdout=out)


def _initialize(session: Session, params: types.InitializeParams) -> None:
    workspace = session.server.workspace
    folders = list(workspace.folders.values())
    session.server.protocol._workspace = Documents(
        workspace.root_uri,
        types.TextDocumentSyncKind.Incremental,
        folders or _root(workspace.root_uri),
        workspace.position_encoding,
    )
    configure(session, params.initialization_options)


def _root(uri: str | None) -> list[types.WorkspaceFolder]:
    """The one folder of a client that knows no more of them."""
    return [types.WorkspaceFolder(uri, uri)] if uri else []


async def _initialized(session: Session, _params: types.InitializedParams) -> None:
    await watch(session)
    await fetch_settings(session)


def _shut_down(session: Session, *_: object) -> None:
    """Give up what is under way, which nobody will read."""
    for uri in list(session.snapshots):
        session.leave(uri)


def _opened(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    uri = params.text_document.uri
    if session.whole(uri) == uri and (snapshot := session.take(uri)) is not None:
        session.desk.want(uri)
        _tell(session, uri, snapshot.source.path)


def _changed(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    if (snapshot := session.take(uri)) is not None:
        session.desk.want(uri, PAUSE)
        session.look_again([each for each in session.resting(snapshot.source.path) if each != uri], LATER)


def _saved(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    uri = params.text_document.uri
    if not session.watches or uri.endswith(".toml"):
        session.reread()
    elif uri in session.snapshots:
        session.desk.want(uri)


def _closed(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    snapshot = session.leave(uri)
    if snapshot is not None:
        if not session.pulls:
            session.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        _tell(session, uri, snapshot.source.path)


def _tell(session: Session, uri: str, path: str) -> None:
    """Have the documents that rest on a file looked at again, since its unsaved text counts, or counts no more."""
    session.look_again([each for each in session.resting(path) if each != uri], LATER)


def _notebook_changed(
    session: Session,
    params: types.DidOpenNotebookDocumentParams
    | types.DidChangeNotebookDocumentParams
    | types.DidSaveNotebookDocumentParams,
) -> None:
    uri = params.notebook_document.uri
    gone = {cell for cell, _ in session.snapshots[uri].documents()} if uri in session.snapshots else set()
    if (snapshot := session.take(uri)) is not None:
        _clear(session, gone - {cell for cell, _ in snapshot.documents()})
        session.desk.want(uri, PAUSE)


def _notebook_closed(session: Session, params: types.DidCloseNotebookDocumentParams) -> None:
    snapshot = session.leave(params.notebook_document.uri)
    if snapshot is not None:
        _clear(session, {cell for cell, _ in snapshot.documents()})


def _clear(session: Session, uris: set[str]) -> None:
    for uri in uris:
        session.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


async def _pulled(session: Session, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    """The findings of a document's present text; only their mark where the client has them.

    Those of a cell are pushed, and would be there twice.
    """
    uri = params.text_document.uri
    await session.desk.settled(uri)
    found = session.diagnostics(uri).get(uri, []) if uri in session.snapshots else []
    mark = hashlib.sha256(json.dumps(list(map(repr, found))).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if mark == params.previous_result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=mark)
    return types.RelatedFullDocumentDiagnosticReport(items=found, result_id=mark)


async def _settings_changed(session: Session, params: types.DidChangeConfigurationParams) -> None:
    await fetch_settings(session, params.settings)


def _files_changed(session: Session, _params: types.DidChangeWatchedFilesParams) -> None:
    session.reread()


async def _folders_changed(session: Session, _params: types.DidChangeWorkspaceFoldersParams) -> None:
    await fetch_settings(session)


def _text(session: Session, params: object) -> str | None:
    """The text that the server has of a document, to find out whether it is the client's."""
    uri = str(getattr(params, "uri", ""))
    return session.server.workspace.get_text_document(uri).source if uri in session.snapshots else None
