"""Columns in the three encodings, and texts that change as the editor's do: emoji, CJK, and every end of a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec

from attnlint.diagnostic import Span
from attnlint.lsp.documents import Document, as_bytes, changed
from attnlint.lsp.positions import code_points, place, position, span, units
from attnlint.source import decode, make_source

ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
WIDTH = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
LINE = "s = '注意😀é' * 2"


@pytest.mark.parametrize(
    ("encoding", "column"), [("utf-8", 5 + 3 + 3 + 4 + 2), ("utf-16", 5 + 1 + 1 + 2 + 1), ("utf-32", 5 + 4)]
)
def test_the_quotation_mark_behind_emoji_and_cjk(encoding, column):
    mark = LINE.rindex("'")
    assert units(LINE[:mark], encoding) == column
    assert code_points(LINE, column, encoding) == mark


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 12), ("utf-16", 8)])
def test_a_column_within_a_character_is_the_one_before_it(encoding, column):
    assert LINE[code_points(LINE, column, encoding)] == "😀"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_beyond_the_end(encoding):
    source = make_source("é = 1\nb😀\n")
    assert place(source, types.Position(1, 99), encoding) == (2, 3)
    assert place(source, types.Position(2, 5), encoding) == (3, 1)
    assert place(source, types.Position(9, 0), encoding) == (3, 1)
    assert span(source, Span(2, 1, 9, 1), encoding).end == types.Position(2, 0)


@given(st.text(alphabet="aé注😀\u2028\x0c", max_size=12), st.integers(0, 12), st.sampled_from(sorted(ENCODINGS)))
def test_columns_are_what_encoding_the_line_makes_them(line, count, encoding):
    count = min(count, len(line))
    column = len(line[:count].encode(ENCODINGS[encoding])) // WIDTH[encoding]
    assert position(make_source(line), 1, count + 1, encoding) == types.Position(0, column)
    assert place(make_source(line), types.Position(0, column), encoding) == (1, count + 1)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_change_behind_an_emoji(newline, encoding):
    text = newline.join(["a = '😀'", "b = '注😀x'", "c"])
    start = units("b = '注😀", encoding)
    change = types.TextDocumentContentChangePartial(
        types.Range(types.Position(1, start), types.Position(1, start + 1)), "y"
    )
    assert changed(text, change, encoding) == newline.join(["a = '😀'", "b = '注😀y'", "c"])


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "result"),
    [
        ("a\n", (1, 0), (1, 0), "b", "a\nb"),
        ("a\nb", (0, 1), (1, 0), "", "ab"),
        ("a\r\nb", (0, 1), (1, 0), "", "ab"),
        ("a\rb", (0, 1), (1, 0), " ", "a b"),
        ("a\x0cb\nc", (1, 0), (1, 1), "d", "a\x0cb\nd"),
        ("a\u2028b\nc", (1, 0), (1, 1), "d", "a\u2028b\nd"),
        ("abc", (0, 99), (0, 99), "d", "abcd"),
        ("abc\n", (0, 1), (7, 0), "", "a"),
        ("", (0, 0), (0, 0), "x", "x"),
    ],
)
def test_changes_at_the_ends_of_lines_and_texts(text, start, end, new, result):
    place = types.Range(types.Position(*start), types.Position(*end))
    assert changed(text, types.TextDocumentContentChangePartial(place, new), "utf-16") == result


def test_a_document_takes_changes_in_order_and_whole_texts():
    document = Document("file:///a.py", "a\x0c = 1\n", position_codec=PositionCodec("utf-16"))
    here = types.Range(types.Position(1, 0), types.Position(1, 0))
    document.apply_change(types.TextDocumentContentChangePartial(here, "b"))
    assert document.source == "a\x0c = 1\nb"
    document.apply_change(types.TextDocumentContentChangeWholeDocument("c\n"))
    assert document.source == "c\n"


@pytest.mark.parametrize("text", ["é = 1\n", "# coding: latin-1\né = 1\n", "# coding: utf-8\n注 = 1\n"])
def test_unsaved_text_is_read_back_as_it_is(text):
    assert decode("a.py", as_bytes(text)).text == text


@pytest.mark.parametrize("text", ["# coding: latin-1\n注 = 1\n", "# coding: no\n"])
def test_unsaved_text_that_its_encoding_cannot_say_is_not_lost(text):
    assert as_bytes(text) == text.encode()
