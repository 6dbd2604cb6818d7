"""What the server knows of its client: the open documents, the folders with their settings, and what was found."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from attnlint.config.file import Misconfigured
from attnlint.config.nearest import Configured
from attnlint.diagnostic import Span
from attnlint.engine import Options
from attnlint.filed import FileReport
from attnlint.lsp.analysis import Analysis, analyse, failed, joined, repaired
from attnlint.lsp.desk import Desk
from attnlint.lsp.diagnostics import Locate, diagnostic, note
from attnlint.lsp.documents import as_bytes
from attnlint.lsp.memory import Memory
from attnlint.lsp.positions import Encoding
from attnlint.lsp.settings import ClientSettings
from attnlint.lsp.snapshots import Snapshot, present
from attnlint.lsp.tidy import Tidy
from attnlint.source import STDIN, Unreadable, identity, read_source

# Seconds that a document's text must rest; a file that rests on it may wait a little longer.
PAUSE, LATER = 0.02, 0.2
# Changes of documents after which the futures that they left behind are forgotten.
TIDY = 50


@dataclass(slots=True)
class Session:
    """One client. All of it belongs to the loop's thread but for the looks, which run in the one worker."""

    server: LanguageServer
    executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "attnlint"))
    desk: Desk = field(init=False)
    tidy: Tidy = field(init=False)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    unsaved: dict[str, bytes] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    general: ClientSettings = field(default_factory=ClientSettings)
    by_folder: dict[str, ClientSettings] = field(default_factory=dict)
    configured: dict[str, Options] = field(default_factory=dict)
    repaired: dict[str, tuple[Analysis, FileReport]] = field(default_factory=dict)
    watches: bool = False
    taken: int = 0
    complained: set[str] = field(default_factory=set)
    # Documents that are looked at again for the sake of others; a client that asks itself must be told to.
    unasked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Set up the desk, which reports back here."""
        self.desk = Desk(self.executor, self._prepare, self.show, self._fail)
        self.tidy = Tidy(self.executor)

    @property
    def encoding(self) -> Encoding:
        """The encoding of columns that was agreed upon."""
        return self.server.workspace.position_encoding or types.PositionEncodingKind.Utf16

    # Documents

    def take(self, uri: str) -> Snapshot | None:
        """Note the present text of a document, by its address or that of a notebook; None for what is not Python."""
        self.taken += 1
        if self.taken % TIDY == 0:
            self._forget_futures()
        self.tidy.pressed()
        snapshot = present(self.server.workspace, uri)
        if snapshot is None:
            return None
        self.snapshots[uri] = snapshot
        path = snapshot.source.path
        if path != STDIN and not snapshot.cells:
            self.unsaved[identity(path)] = as_bytes(snapshot.source.text)
        return snapshot

    def _forget_futures(self) -> None:
        """Clear away what pygls 2.1 never forgets: the future of each notification that it handles itself."""
        futures = self.server.protocol._request_futures
        for number in [number for number, future in futures.items() if future.done()]:
            del futures[number]

    def leave(self, uri: str) -> Snapshot | None:
        """Forget a document that was closed: the disk counts again."""
        snapshot = self.snapshots.pop(uri, None)
        self.desk.drop(uri)
        self.memories.pop(uri, None)
        if snapshot is not None and snapshot.source.path != STDIN:
            self.unsaved.pop(identity(snapshot.source.path), None)
        return snapshot

    def whole(self, uri: str) -> str:
        """The address of what is analysed as one: of a cell, its notebook's."""
        notebook = self.server.workspace.get_notebook_document(cell_uri=uri)
        return notebook.uri if notebook is not None else uri

    # Settings

    def folder_of(self, path: str) -> str:
        """The innermost folder of the workspace that a file is in; that of the file itself for one in none."""
        folders = [to_fs_path(folder.uri) or "" for folder in self.server.workspace.folders.values()]
        around = [folder for folder in folders if folder and f"{path}{os.sep}".startswith(os.path.join(folder, ""))]
        return max(around, key=len, default=os.path.dirname(path))

    def settings(self, path: str) -> ClientSettings:
        """What the client says for a file."""
        return self.by_folder.get(self.folder_of(path), self.general)

    def options(self, path: str) -> Options:
        """What is configured around a file, read once until something of it changes."""
        folder = self.folder_of(path)
        if folder not in self.configured:
            self.configured[folder] = Options(configured=self.settings(path).configured(folder))
        return self.configured[folder]

    def reread(self) -> None:
        """Look at all configurations and all documents anew."""
        self.configured.clear()
        self.complained.clear()
        self.look_again(list(self.snapshots))

    def look_again(self, uris: Iterable[str], delay: float = 0.0) -> None:
        """Look at documents that did not change themselves."""
        for uri in uris:
            self.unasked.add(uri)
            self.desk.want(uri, delay)

    # Looks

    def _prepare(self, uri: str) -> Callable[[Callable[[], bool]], Analysis | None]:
        snapshot, unsaved = self.snapshots[uri], dict(self.unsaved)
        memory = self.memories.setdefault(uri, Memory())
        settings, options = self.settings(snapshot.source.path), self.options(snapshot.source.path)
        loop = asyncio.get_running_loop()

        def look(is_wanted: Callable[[], bool]) -> Analysis | None:
            if not settings.enabled:
                return Analysis(snapshot, FileReport(snapshot.source.path))
            try:
                return analyse(snapshot, options, unsaved, memory, is_wanted)
            except Misconfigured as error:
                loop.call_soon_threadsafe(self._complain, error)
                alone = Options(configured=Configured(isolated=True))
                return analyse(snapshot, alone, unsaved, memory, is_wanted)
            except Exception as error:
                return failed(snapshot, error)

        return look

    def _fail(self, uri: str, error: Exception) -> None:
        """Log a fault of the server's own, and go on."""
        detail = "".join(traceback.format_exception(error))
        self.say(types.MessageType.Error, f"attnlint failed on {uri}: {error}\n{detail}")

    def _complain(self, error: Misconfigured) -> None:
        """Say once what is wrong with a configuration; the rules' own settings hold until it is right."""
        for place, message in error.wrong:
            line = f"attnlint: {place.path}:{place.line}: {message}"
            if line not in self.complained:
                self.complained.add(line)
                self.say(types.MessageType.Error, line, shown=True)

    def say(self, kind: types.MessageType, text: str, shown: bool = False) -> None:
        """Log a message, and show it too where the user should act."""
        self.server.window_log_message(types.LogMessageParams(kind, text))
        if shown:
            self.server.window_show_message(types.ShowMessageParams(kind, text))

    # Findings

    def show(self, uri: str, analysis: Analysis) -> None:
        """Tell the client what was found, also in other open documents."""
        self.tidy.rest()
        is_news = uri in self.unasked
        fault = analysis.report.fault
        if fault is not None:
            detail = f"\n{fault.detail}" if fault.detail else ""
            self.say(types.MessageType.Error, f"{analysis.report.path}: {fault.message}{detail}")
        self.publish(uri)
        self.unasked.discard(uri)
        touched = {identity(other.path) for other in analysis.report.others}
        for other, snapshot in self.snapshots.items():
            if other != uri and identity(snapshot.source.path) in touched:
                self.publish(other)
                is_news = True
        if is_news and self.pulls:
            self.refresh()

    def refresh(self) -> None:
        """Have a client that asks for diagnostics itself ask again."""
        workspace = self.server.client_capabilities.workspace
        if workspace is not None and workspace.diagnostics is not None and workspace.diagnostics.refresh_support:
            self.server.workspace_diagnostic_refresh(None)

    def publish(self, uri: str) -> None:
        """Push the findings of a document, where the client does not ask for them itself.

        Those of a notebook are always pushed: clients that ask for a file's may never ask for a cell's.
        """
        analysis, snapshot = self.desk.finished.get(uri), self.snapshots.get(uri)
        if analysis is None or snapshot is None or analysis.snapshot is not snapshot:
            return
        if self.pulls and not snapshot.cells:
            return
        found = self.diagnostics(uri)
        for document, version in snapshot.documents():
            params = types.PublishDiagnosticsParams(document, found.get(document, []), version)
            self.server.text_document_publish_diagnostics(params)

    @property
    def pulls(self) -> bool:
        """Whether the client asks for diagnostics itself."""
        asked = self.server.client_capabilities.text_document
        return asked is not None and asked.diagnostic is not None

    def report(self, uri: str) -> FileReport | None:
        """What is known of a document by now: its own findings and those that other open documents have in it."""
        found = self._concerning(uri)
        return joined([each.report for each in found]) if found else None

    async def report_with_fixes(self, uri: str) -> FileReport | None:
        """The same with fixes, which are worked out when they are first asked for."""
        found = self._concerning(uri)
        loop = asyncio.get_running_loop()
        for each in found:
            if each.report.path not in self.repaired or self.repaired[each.report.path][0] is not each:
                fixed = await loop.run_in_executor(self.executor, repaired, each)
                self.repaired[each.report.path] = (each, fixed)
        return joined([self.repaired[each.report.path][1] for each in found]) if found else None

    def _concerning(self, uri: str) -> list[Analysis]:
        """The look at a document, and those at others that found something in its present text."""
        own = self.desk.finished.get(uri)
        if own is None:
            return []
        here = identity(own.report.path)
        now = self.unsaved.get(here)
        others = (each for other, each in self.desk.finished.items() if other != uri and each.unsaved.get(here) == now)
        return [own, *(each for each in others if any(identity(one.path) == here for one in each.report.others))]

    def diagnostics(self, uri: str) -> dict[str, list[types.Diagnostic]]:
        """The findings of a document by the editor's documents, which for a notebook are its cells."""
        report, snapshot = self.report(uri), self.snapshots[uri]
        found: dict[str, list[types.Diagnostic]] = {}
        if report is None:
            return found
        locate = self.locate(snapshot)
        for each in report.diagnostics:
            found.setdefault(locate("", each.span).uri, []).append(diagnostic(each, locate))
        for odd in report.notes:
            found.setdefault(locate("", odd.span).uri, []).append(note(odd, snapshot.source, locate))
        return found

    def locate(self, home: Snapshot) -> Locate:
        """How places are told to the editor, as seen from a document."""

        def location(path: str, span: Span) -> types.Location:
            try:
                found = self.opened(path) if path else home
            except Unreadable:  # it is gone since it was linted
                return types.Location(_uri(path), types.Range(types.Position(0, 0), types.Position(0, 0)))
            return found.location(span, self.encoding)

        return location

    def opened(self, path: str) -> Snapshot:
        """A file as the editor has it, or as it is on disk; raises `Unreadable`."""
        return self.by_path(path) or Snapshot(_uri(path), None, read_source(path))

    def by_path(self, path: str) -> Snapshot | None:
        """The open document of a file."""
        place = identity(path)
        return next((each for each in self.snapshots.values() if identity(each.source.path) == place), None)

    def resting(self, path: str) -> Iterator[str]:
        """The open documents whose findings rest on a file."""
        place = identity(path)
        for uri, analysis in self.desk.finished.items():
            if place in analysis.rests_on:
                yield uri


def _uri(path: str) -> str:
    return from_fs_path(os.path.abspath(path)) or path
