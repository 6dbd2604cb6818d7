"""Edits on a text: they land where they should, and everything outside of them stays byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlint.diagnostic import Edit, Span
from attnlint.fixing.edits import Piece, Refused, applied, moved, origin, placed
from attnlint.source import decode, make_source


def edit(row, column, end_row, end_column, text):
    return Edit(Span(row, column, end_row, end_column), text)


def edited(data, *edits):
    source = decode("a.py", data)
    return applied(source, placed(source, edits)).data


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        (b"a = b\n", [edit(1, 5, 1, 6, "c")], b"a = c\n"),
        (b"a = b", [edit(1, 5, 1, 6, "c")], b"a = c"),
        (b"a\nb\n", [edit(2, 1, 3, 1, "")], b"a\n"),
        (b"a\nb", [edit(2, 1, 3, 1, "")], b"a\n"),
        (b"a\nb\n", [edit(3, 1, 3, 1, "c\n")], b"a\nb\nc\n"),
        (b"", [edit(1, 1, 1, 1, "x\n")], b"x\n"),
        (b"f(x)\n", [edit(1, 4, 1, 4, ", 2"), edit(1, 1, 1, 2, "gg")], b"gg(x, 2)\n"),
        (b"x\n", [edit(1, 1, 1, 1, "("), edit(1, 1, 1, 1, "("), edit(1, 2, 1, 2, "))")], b"((x))\n"),
        (b"x\n", [edit(1, 1, 1, 2, "y"), edit(1, 1, 1, 2, "y")], b"y\n"),
        (b"x\n", [edit(1, 1, 1, 2, "y"), edit(1, 1, 1, 1, "a")], b"ay\n"),
        (b"\tx = 1\n", [edit(1, 2, 1, 3, "y")], b"\ty = 1\n"),
        ("s = '\N{GRINNING FACE}'; x\n".encode(), [edit(1, 10, 1, 11, "y")], "s = '\N{GRINNING FACE}'; y\n".encode()),
        # line endings
        (b"a\r\nb\r\n", [edit(2, 1, 2, 1, "i\nj\n")], b"a\r\ni\r\nj\r\nb\r\n"),
        (b"a\rb\r", [edit(2, 1, 2, 1, "i\n")], b"a\ri\rb\r"),
        (b"a\nb\r\nc\n", [edit(2, 1, 2, 1, "i\n"), edit(3, 1, 3, 1, "j\n")], b"a\ni\r\nb\r\nj\nc\n"),
        (b"a\nb\r\nc", [edit(3, 2, 3, 2, "\nd")], b"a\nb\r\nc\r\nd"),
        (b"a\r\nb\r\n", [edit(1, 1, 1, 1, "i\r\nj\rk\n")], b"i\r\nj\r\nk\r\na\r\nb\r\n"),
        (b"a\r\n\x0cb\x0b\r\n", [edit(2, 2, 2, 3, "c")], b"a\r\n\x0cc\x0b\r\n"),
        # encodings
        (b"\xef\xbb\xbfa\n", [edit(1, 1, 1, 1, "i\n")], b"\xef\xbb\xbfi\na\n"),
        (b"# coding: latin-1\n'\xe9'; x\n", [edit(2, 6, 2, 7, "\N{LATIN SMALL LETTER E WITH GRAVE}")], None),
    ],
)
def test_bytes(before, edits, after):
    if after is None:
        after = before[:-2] + b"\xe8\n"
    assert edited(before, *edits) == after


@pytest.mark.parametrize(
    ("data", "edits", "reason"),
    [
        (b"abc\n", [edit(1, 1, 1, 3, "x"), edit(1, 2, 1, 4, "y")], "has edits that overlap"),
        (b"abc\n", [edit(1, 1, 1, 4, "x"), edit(1, 2, 1, 2, "y")], "has edits that overlap"),
        (b"abc\n", [edit(1, 1, 1, 2, "x"), edit(1, 1, 1, 2, "y")], "has edits that overlap"),
        (b"abc\n", [edit(1, 5, 1, 5, "x")], "has an edit outside of the text, at row 1, column 5"),
        (b"abc\n", [edit(3, 1, 3, 1, "x")], "has an edit outside of the text, at row 3, column 1"),
        (b"abc\n", [edit(0, 1, 1, 1, "x")], "has an edit outside of the text, at row 0, column 1"),
        (b"abc\n", [edit(1, 3, 1, 2, "x")], "has an edit outside of the text, at row 1, column 3"),
        (b"# coding: latin-1\nx\n", [edit(2, 1, 2, 2, "\u03bb")], "which the file's encoding iso-8859-1 does not have"),
        (b"# coding: latin-1\nx\n", [edit(1, 1, 1, 1, "a\nb\n")], "would move the comment that declares"),
        (b"# coding: utf-7\nx = '+AGE-'\n", [edit(2, 1, 2, 2, "y")], "utf-7 can be written in several ways"),
    ],
)
def test_what_does_not_fit_is_refused(data, edits, reason):
    with pytest.raises(Refused) as refused:
        edited(data, *edits)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (Piece(1, 3, "x"), Piece(3, 5, "y"), False),
        (Piece(1, 4, "x"), Piece(3, 5, "y"), True),
        (Piece(1, 3, "x"), Piece(1, 3, "y"), True),
        (Piece(1, 3, "x"), Piece(1, 3, "x"), False),
        (Piece(1, 1, "import a\n"), Piece(1, 1, "import a\n"), False),
        (Piece(1, 1, "import a\n"), Piece(1, 1, "import b\n"), True),
        (Piece(1, 1, "("), Piece(1, 1, "("), True),
        (Piece(1, 3, "x"), Piece(2, 2, "y"), True),
        (Piece(1, 3, "x"), Piece(1, 1, "y"), False),
        (Piece(1, 3, "x"), Piece(3, 3, "y"), False),
    ],
)
def test_clashes(one, other, clash):
    assert one.clashes(other) is clash
    assert other.clashes(one) is clash


def test_moved_and_back():
    pieces = (Piece(2, 2, "++"), Piece(4, 7, "-"), Piece(9, 10, ""))
    before = "abcdefghijkl"  # becomes ab++cd-hikl
    assert [moved(pieces, before.index(letter))[0] for letter in "abcdhikl"] == [0, 1, 4, 5, 7, 8, 9, 10]
    assert [moved(pieces, offset) for offset in (4, 5, 6, 9)] == [(6, 7), (6, 7), (6, 7), (9, 9)]
    assert [origin(pieces, offset) for offset in (0, 1, 4, 5, 7, 8, 9, 10)] == [0, 1, 2, 3, 7, 8, 10, 11]
    assert [origin(pieces, offset) for offset in (2, 3, 6)] == [2, 2, 4]


TEXT = st.text(st.sampled_from(list("ab =\t\n\r\x0c\x0b\u2028\N{GRINNING FACE}\u00e9")), max_size=60)


@given(st.data())
def test_everything_outside_of_the_edits_stays(data):
    """The text is cut into pieces that stay and pieces that go; what comes is told apart by its letters."""
    source = make_source(data.draw(TEXT))
    inside = [at for at in range(len(source.text) + 1) if source.text[at - 1 : at + 1] != "\r\n"]
    cuts = sorted(data.draw(st.lists(st.sampled_from(inside), unique=True, max_size=8)))
    cuts = cuts[: len(cuts) // 2 * 2]
    pairs = list(zip(cuts[::2], cuts[1::2], strict=True))
    edits, expected, done = [], "", 0
    for start, end in pairs:
        new = data.draw(st.text(st.sampled_from("XYZ"), max_size=4))
        edits.append(Edit(_span(source, start, end), new))
        expected += source.text[done:start] + new
        done = end
    expected += source.text[done:]
    shuffled = data.draw(st.permutations(edits))
    assert applied(source, placed(source, shuffled)).data == expected.encode()


def _span(source, start, end):
    """The span between two offsets; the place behind a row's text is called by that row."""
    return Span(*source.position(start), *source.position(end))
