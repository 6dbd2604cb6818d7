"""The text of the open documents, kept equal to the editor's change by change."""

from __future__ import annotations

import tokenize
from collections.abc import Sequence

from lsprotocol import types
from pygls.workspace import TextDocument, Workspace

from attnlint.lsp.positions import Encoding, offset
from attnlint.rows import lines_of
from attnlint.source import make_source


class Document(TextDocument):
    """A document whose lines end as the protocol says: at `\\n`, `\\r\\n` and `\\r`, and not at a form feed."""

    @property
    def lines(self) -> Sequence[str]:
        """The lines with their endings."""
        return lines_of(self.source)

    def apply_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Take over one change of the editor's."""
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            self._source = change.text
        else:
            self._source = changed(self.source, change, self.position_codec.encoding or "utf-16")


class Documents(Workspace):
    """The open documents of all folders."""

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> TextDocument:
        return Document(doc_uri, source, version, language_id, position_codec=self.position_codec)


def changed(text: str, change: types.TextDocumentContentChangePartial, encoding: Encoding) -> str:
    """A text after a change of a part of it."""
    source = make_source(text)
    start = offset(source, change.range.start, encoding)
    end = offset(source, change.range.end, encoding)
    return text[:start] + change.text + text[max(start, end) :]


def as_bytes(text: str) -> bytes:
    """A text as the file would have it: in the encoding that it declares, if that is one that can say it."""
    data = text.encode("utf-8", "surrogatepass")
    try:
        lines = iter(data.splitlines(keepends=True)[:2])
        encoding = tokenize.detect_encoding(lambda: next(lines, b""))[0]
        return data if encoding == "utf-8" else text.encode(encoding)
    except (SyntaxError, LookupError, UnicodeError):
        return data
