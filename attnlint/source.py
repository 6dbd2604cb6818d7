"""A file's text: decoded as PEP 263 says, with its line endings kept and its rows counted as Python counts them."""

from __future__ import annotations

import codecs
import os
import re
import sys
import tokenize
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from attnlint.diagnostic import Fault, Span
from attnlint.pages.kinds import is_page, read_page
from attnlint.pages.layout import Layout
from attnlint.pages.text import NotAPage
from attnlint.rows import NEWLINE, starts_of

STDIN = "-"

_FIRST_TWO_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")


_ADVICE = "save it as UTF-8 or name its encoding in a `# coding:` comment on its first line"

# Contents that stand before those on disk, by the identity of their files.
_OVERLAY: ContextVar[Mapping[str, bytes]] = ContextVar("overlay")


class Unreadable(Exception):
    """A file whose bytes or text could not be had; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its bytes, its text without the byte order mark, and where each line of the text starts.

    Of a page with code in it the text is that of its Python, and `layout` says where each row of it stands.
    """

    path: str
    data: bytes
    text: str
    encoding: str
    newline: str
    starts: tuple[int, ...]
    layout: Layout | None = None

    @property
    def line_count(self) -> int:
        """How many lines the text has; a last newline starts no line of its own."""
        return len(self.starts) - (self.starts[-1] == len(self.text) and len(self.starts) > 1)

    def place(self, row: int) -> tuple[int, int]:
        """Where a row of the text stands: the cell of a notebook, else 0, and the row in it or in the page."""
        if self.layout is None:
            return 0, row
        line = self.layout.line(row)
        return line.cell, line.row

    def line(self, row: int) -> str:
        """The text of a row, counted from 1, without its line ending; empty beyond the end."""
        if not 1 <= row <= len(self.starts):
            return ""
        end = self.starts[row] if row < len(self.starts) else len(self.text)
        return self.text[self.starts[row - 1] : end].rstrip("\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        """The row and column, both from 1, of an offset into the text."""
        row = bisect_right(self.starts, offset)
        return row, offset - self.starts[row - 1] + 1

    def offset(self, row: int, column: int) -> int:
        """The offset into the text of a row and a column, both from 1."""
        return self.starts[row - 1] + column - 1

    def span(self, start: int, end: int) -> Span:
        """The span of the text between two offsets."""
        return Span(*self.position(start), *self.position(end))


def make_source(text: str, path: str = "<text>", layout: Layout | None = None) -> Source:
    """A source from text in memory, as a test or an editor has it; its coding comment says nothing any more."""
    return _source(path, text.encode("utf-8", "surrogatepass"), text, "utf-8", layout)


def read_source(path: str) -> Source:
    """Read and decode a file, or standard input when the path is `-`; raises `Unreadable`."""
    return decode(path, read_bytes(path))


def read_bytes(path: str) -> bytes:
    """The bytes of a file as the overlay has it, else as it is on disk; of standard input when the path is `-`.

    Raises `Unreadable`.
    """
    data = overlay(path)
    if data is None:
        try:
            data = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
        except OSError as error:
            raise Unreadable(Fault("unreadable", f"cannot be read: {error.strerror or error}")) from error
    nul = data.find(b"\0")
    if nul >= 0:
        raise Unreadable(Fault("unreadable", f"is a binary file, not Python text: NUL byte at offset {nul}"))
    return data


@contextmanager
def overlaid(files: Mapping[str, bytes]) -> Iterator[None]:
    """Read these files, by path, as having these contents while this lasts: fixed and not yet written, or unsaved.

    Of overlays within each other the inner one is seen first.
    """
    before = _OVERLAY.get({})
    token = _OVERLAY.set({**before, **{identity(path): data for path, data in files.items()}})
    try:
        yield
    finally:
        _OVERLAY.reset(token)


def overlay(path: str) -> bytes | None:
    """What the overlay has for a file, if it has it."""
    files = _OVERLAY.get({})
    return files.get(identity(path)) if files else None


def identity(path: str) -> str:
    """One name for a file, however it is written and whatever links lead to it."""
    return path if path == STDIN else os.path.realpath(path)


def version(path: str) -> tuple[int, ...]:
    """What tells a file's content from an earlier one without reading it; raises OSError where there is none.

    Clocks of file systems tick slowly, but a file that was replaced has another number.
    """
    stat = os.stat(path)
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def decode(path: str, data: bytes) -> Source:
    """Decode bytes as Python would: the byte order mark, then the coding comment, then UTF-8; a page is UTF-8.

    Raises `Unreadable`.
    """
    if is_page(path):
        return _decode_page(path, data)
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(_undecodable(data, encoding, error, _ADVICE)) from error
    except (LookupError, UnicodeError) as error:  # a codec that is no text encoding, such as `hex` or `undefined`
        raise Unreadable(Fault("unreadable", f"declares {encoding}, which is no text encoding", row=1)) from error
    return _source(path, data, text, encoding)


def page_text(source: Source) -> str:
    """The whole text of the page that a source with a layout is from."""
    return source.data.decode(source.encoding)


def _decode_page(path: str, data: bytes) -> Source:
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        page = read_page(path, data.decode(encoding))
    except UnicodeDecodeError as error:
        raise Unreadable(_undecodable(data, "utf-8", error, "save it as UTF-8")) from error
    except NotAPage as error:
        raise Unreadable(Fault("unreadable", str(error), row=error.row)) from error
    return _source(path, data, page.text, encoding, page.layout)


def _source(path: str, data: bytes, text: str, encoding: str, layout: Layout | None = None) -> Source:
    first = NEWLINE.search(text)
    return Source(path, data, text, encoding, first.group() if first else "\n", starts_of(text), layout)


def _encoding(data: bytes) -> str:
    # Lines are split here, since `tokenize` would take a file with lone carriage returns for one line.
    lines = (match.group() for match in _FIRST_TWO_LINES.finditer(data))
    try:
        return tokenize.detect_encoding(lambda: next(lines))[0]
    except SyntaxError as error:
        if "unknown encoding" in str(error):
            raise Unreadable(Fault("unreadable", f"declares an {error}", row=1)) from error
        if "encoding problem" in str(error):
            message = "has a UTF-8 byte order mark and declares another encoding"
            raise Unreadable(Fault("unreadable", message, row=1)) from error
        return "utf-8"  # the bytes are not: decoding them will say where


def _undecodable(data: bytes, encoding: str, error: UnicodeDecodeError, advice: str) -> Fault:
    before = data[: error.start]
    row = before.count(b"\n") + before.replace(b"\r\n", b"").count(b"\r") + 1
    byte = data[error.start]
    return Fault(
        "unreadable",
        f"is not valid {encoding}: byte 0x{byte:02x} on line {row}; {advice}",
        row=row,
    )
