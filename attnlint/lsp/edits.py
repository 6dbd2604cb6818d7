"""Fixes as edits of the editor's documents, each with the version that it was made for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from lsprotocol import types

from attnlint.diagnostic import Edit, Span
from attnlint.fixing.edits import placed
from attnlint.lsp.session import Session
from attnlint.lsp.snapshots import Snapshot
from attnlint.rows import lines_of
from attnlint.source import Source, decode
from attnlint.writing import Rewrite

TextEdits = dict[str, tuple[int | None, list[types.TextEdit]]]


def of_fix(session: Session, home: Snapshot, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    """The edits of a fix; raises `Refused` where they do not fit, and `Unreadable` for a file that cannot be read."""
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    made: TextEdits = {}
    for path, here in by_path.items():
        snapshot = session.opened(path) if path else home
        for piece in placed(snapshot.source, here):
            _add(made, session, snapshot, snapshot.source.span(piece.start, piece.end), piece.text)
    return _workspace_edit(session, made)


def of_rewrites(session: Session, home: Snapshot, name: str, rewrites: Iterable[Rewrite]) -> types.WorkspaceEdit:
    """The edits that make files what fixing made of them; `home` is the one that is called `name` in them.

    Raises `Unreadable`, and `Refused` for an edit that a notebook cannot have.
    """
    made: TextEdits = {}
    for rewrite in rewrites:
        snapshot = home if rewrite.path == name else session.opened(rewrite.path)
        before, after = snapshot.source, decode(rewrite.path, rewrite.after)
        for span, text in _differences(before, after):
            _add(made, session, snapshot, span, text)
    return _workspace_edit(session, made)


def _differences(before: Source, after: Source) -> Iterable[tuple[Span, str]]:
    ours, theirs = lines_of(before.text), lines_of(after.text)
    for tag, first, last, start, end in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            begin, stop = sum(map(len, ours[:first])), sum(map(len, ours[:last]))
            yield before.span(begin, stop), "".join(theirs[start:end])


def _add(made: TextEdits, session: Session, snapshot: Snapshot, span: Span, text: str) -> None:
    uri, edit = snapshot.edit(span, text, session.encoding)
    version = dict(snapshot.documents()).get(uri)
    made.setdefault(uri, (version, []))[1].append(edit)


def _workspace_edit(session: Session, made: TextEdits) -> types.WorkspaceEdit:
    workspace = session.server.client_capabilities.workspace
    can = workspace.workspace_edit if workspace is not None else None
    if can is None or not can.document_changes:
        return types.WorkspaceEdit(changes={uri: list(edits) for uri, (_, edits) in made.items()})
    changes: Sequence[types.TextDocumentEdit] = [
        types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version), list(edits))
        for uri, (version, edits) in made.items()
    ]
    return types.WorkspaceEdit(document_changes=list(changes))
