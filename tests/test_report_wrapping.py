"""Lines that are broken between words, and windows into long lines of code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from attnlint.report.window import head, window
from attnlint.report.wrapping import hanging, wrapped

LETTERS = st.text("ab -[]`(很é", max_size=80)


@pytest.mark.parametrize(
    ("line", "width", "indent", "expected"),
    [
        ("one two three", None, 0, "one two three"),
        ("one two three", 13, 0, "one two three"),
        ("one two three", 12, 0, "one two\nthree"),
        ("one two three", 8, 2, "one two\n  three"),
        ("  one two", 6, 4, "  one\n    two"),
        ("a muchtoolongword b", 6, 2, "a\n  muchtoolongword\n  b"),
        ("a is not-broken at-hyphens", 12, 0, "a is\nnot-broken\nat-hyphens"),
        ("shape [B T C] is", 12, 0, "shape\n[B T C] is"),
        ("call `q @ k.T` now", 15, 0, "call `q @ k.T`\nnow"),
        ("call `q @ k.T` now", 8, 0, "call `q\n@ k.T`\nnow"),
        ("注意 注意", 8, 0, "注意\n注意"),
        ("", 5, 2, ""),
    ],
)
def test_wrapped(line, width, indent, expected):
    assert wrapped(line, width, indent) == expected


@given(LETTERS, st.integers(1, 60), st.integers(0, 8))
def test_no_word_is_lost_and_only_one_word_is_too_wide(line, width, indent):
    out = wrapped(line, width, indent)
    assert out.split() == line.split()
    for each in out.splitlines():
        assert cell_len(each) <= width or len(each.split()) <= 1


def test_styles_stay_with_their_words():
    line = Text().append("one ", "bold").append("two three", "red")
    out = hanging(line, 8, 2)
    assert out.plain == "one two\n  three"
    styled = {out.plain[span.start : span.end].strip(): span.style for span in out.spans}
    assert styled == {"one": "bold", "two": "red", "three": "red"}


@pytest.mark.parametrize(
    ("line", "start", "end", "room", "expected"),
    [
        ("abcdef", 2, 4, 6, ("abcdef", 2, 2)),
        ("abcdefgh", 2, 4, 6, ("abcde…", 2, 2)),
        ("abcdefgh", 6, 8, 6, ("…fgh", 2, 2)),
        ("abcdef   ", 2, 4, 6, ("abcdef   ", 2, 2)),
        ("abcdefgh", 0, 8, 6, ("abcde…", 0, 5)),
        ("注意注意", 1, 2, 6, ("注意…", 2, 2)),
    ],
)
def test_window(line, start, end, room, expected):
    assert window(line, start, end, room) == expected


@given(LETTERS, st.data(), st.integers(8, 40))
def test_what_is_marked_is_shown(line, data, room):
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    shown, before, below = window(line, start, end, room)
    assert cell_len(shown.rstrip()) <= room
    assert below <= cell_len(line[start:end])
    if end > start and cell_len(line[start:end]) < room // 2:
        assert below == cell_len(line[start:end])
    marked = next(index for index in range(len(shown) + 1) if cell_len(shown[:index]) >= before)
    assert shown[marked:].startswith(line[start : start + 1]) or below == 0
    assert head(line, room) == window(line, 0, 0, room)[0]
