"""Sources: any encoding that PEP 263 allows, any line ending, clear words for what cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlint.source import Unreadable, decode, make_source, read_bytes, read_source


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"x = 1\n", "utf-8", "x = 1\n"),
        ("é = 1\n".encode(), "utf-8", "é = 1\n"),
        (b"\xef\xbb\xbfx = 1\n", "utf-8-sig", "x = 1\n"),
        (b"# -*- coding: latin-1 -*-\n# \xe9\n", "iso-8859-1", "# -*- coding: latin-1 -*-\n# é\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1251 :\n# \xc0\n", "cp1251", None),
        ("# coding: euc-jp\n# 注意\n".encode("euc-jp"), "euc-jp", "# coding: euc-jp\n# 注意\n"),
        (b"# coding: latin-1\r# \xe9\r", "iso-8859-1", "# coding: latin-1\r# é\r"),
        (b"", "utf-8", ""),
    ],
)
def test_encodings(data, encoding, text):
    source = decode("a.py", data)
    assert source.encoding == encoding
    assert text is None or source.text == text
    assert source.data == data


def test_coding_comment_on_the_third_line_is_none():
    assert decode("a.py", b"\r\r# coding: latin-1\r").encoding == "utf-8"


@pytest.mark.parametrize(
    ("text", "newline", "lines"),
    [
        ("a\nb\n", "\n", ["a", "b"]),
        ("a\r\nb\r\n", "\r\n", ["a", "b"]),
        ("a\rb\r", "\r", ["a", "b"]),
        ("a\rb\nc\r\nd", "\r", ["a", "b", "c", "d"]),
        ("a\x0cb\u2028c\n", "\n", ["a\x0cb\u2028c"]),
        ("", "\n", [""]),
    ],
)
def test_line_endings(text, newline, lines):
    source = make_source(text)
    assert source.newline == newline
    assert [source.line(row) for row in range(1, source.line_count + 1)] == lines


def test_line_beyond_the_end_is_empty():
    assert make_source("a\n").line(7) == ""
    assert make_source("a\n").line(0) == ""


def test_span_counts_code_points_from_one():
    source = make_source("é = 1\nq = k\n")
    start = source.text.index("k")
    span = source.span(start, start + 1)
    assert (span.row, span.column, span.end_row, span.end_column) == (2, 5, 2, 6)


@given(st.text(alphabet="ab\r\né", max_size=40))
def test_offsets_and_positions_agree(text):
    source = make_source(text)
    for offset in range(len(text) + 1):
        assert source.offset(*source.position(offset)) == offset


@given(
    st.sampled_from([b"", b"\xef\xbb\xbf", b"# coding: latin-1\n", b"#!x\r# coding: cp932\r", b"# coding: ascii\r\n"]),
    st.binary(max_size=60),
)
def test_any_bytes_are_decoded_or_refused_in_words(head, rest):
    fault = None
    try:
        source = decode("a.py", head + rest)
    except Unreadable as error:
        fault = error.fault
    if fault:
        assert (fault.kind, fault.row >= 1) == ("unreadable", True)
    else:
        lines = [source.line(row) for row in range(1, source.line_count + 1)]
        assert "".join(lines) == source.text.replace("\r", "").replace("\n", "")


def test_nul_byte_is_binary(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\n\0\0")
    with pytest.raises(Unreadable) as caught:
        read_source(str(path))
    assert caught.value.fault.kind == "unreadable"
    assert caught.value.fault.message == "is a binary file, not Python text: NUL byte at offset 6"


def test_undecodable_says_where():
    with pytest.raises(Unreadable) as caught:
        decode("a.py", b"x = 1\r\n\n# \xff\n")
    assert caught.value.fault.row == 3
    assert "not valid utf-8: byte 0xff on line 3" in caught.value.fault.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"# coding: klingon\n", "unknown encoding: klingon"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "byte order mark"),
        (b"# coding: hex\n", "no text encoding"),
        (b"# coding: undefined\n", "no text encoding"),
    ],
)
def test_wrong_declarations(data, words):
    with pytest.raises(Unreadable, match=words):
        decode("a.py", data)


def test_missing_and_folder(tmp_path):
    with pytest.raises(Unreadable, match="No such file"):
        read_bytes(str(tmp_path / "none.py"))
    with pytest.raises(Unreadable, match="cannot be read"):
        read_bytes(str(tmp_path))


def test_what_the_system_refuses():
    with pytest.raises(Unreadable, match="cannot be read: File name too long"):
        read_bytes("a" * 5000)
