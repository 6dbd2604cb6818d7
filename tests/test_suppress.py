"""Suppression comments: where they stand, whom they mean, and what is no comment."""

import pytest

from attnlint.diagnostic import Diagnostic, Severity, Span
from attnlint.directives import read_comments, reason_behind
from attnlint.source import make_source
from attnlint.suppress import suppress


def finding(row, end_row=None, code="ATT008", name="softmax-wrong-axis"):
    return Diagnostic(code, name, Severity.ERROR, "m", Span(row, 1, end_row or row, 2))


def left(text, *diagnostics):
    return list(suppress(make_source(text), diagnostics).left)


@pytest.mark.parametrize(
    "comment",
    [
        "# attnlint: ignore",
        "# attnlint: ignore[softmax-wrong-axis]",
        "# attnlint: ignore[ATT008]",
        "# attnlint: ignore[att008]",
        "#attnlint:ignore[ ATT001 , softmax-wrong-axis ]",
        "# why: slots attend  # attnlint: ignore[ATT008]",
        "# attnlint: ignore [ATT008]",
        "# ATTNLINT: IGNORE[ATT008]",
        "# Attnlint: Ignore",
    ],
)
def test_silenced_on_its_line(comment):
    assert left(f"a\nb  {comment}\nc\n", finding(2)) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# attnlint: ignore[missing-scale]",
        "# attnlint: ignore[]",
        "# attnlint: ignored",
        "# noqa",
        "# type: ignore",
        "'# attnlint: ignore'",
    ],
)
def test_not_silenced(comment):
    assert left(f"a\nb = {comment if comment[0] == chr(39) else '1  ' + comment}\nc\n", finding(2)) == [finding(2)]


def test_other_lines_are_untouched():
    found = [finding(1), finding(2), finding(3)]
    assert left("a\nb  # attnlint: ignore\nc\n", *found) == [found[0], found[2]]


def test_last_row_of_the_finding():
    assert left("f(\n  a,\n)  # attnlint: ignore\n", finding(1, end_row=3)) == []


def test_first_and_last_row_of_the_statement():
    assert left("x = f(  # attnlint: ignore\n  a,\n  b,\n)\n", finding(2)) == []
    assert left("x = f(\n  a,\n  b,\n)  # attnlint: ignore\n", finding(2)) == []
    assert left("x = f(\n  a,\n  b,  # attnlint: ignore\n)\n", finding(2)) == [finding(2)]


def test_header_does_not_silence_its_body():
    assert left("if a:  # attnlint: ignore\n    b\n", finding(2)) == [finding(2)]


def test_whole_file():
    text = "a\nb\n# attnlint: file-ignore[ATT008]\n"
    other = finding(1, code="ATT002", name="missing-scale")
    assert left(text, finding(1), finding(2), other) == [other]
    assert left("# attnlint: file-ignore\na\n", finding(2), other) == []


def test_text_in_a_string_is_no_comment():
    assert left('x = """\n# attnlint: ignore\n"""\n', finding(2)) == [finding(2)]


def test_file_that_does_not_tokenize():
    assert left("x = (  # attnlint: ignore\n", finding(1)) == []
    assert left('x = """  # attnlint: ignore[ATT001]\n', finding(1)) == [finding(1)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_endings(newline):
    assert left(newline.join(["a", "b  # attnlint: ignore", "c"]), finding(2), finding(3)) == [finding(3)]


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# attnlint: ignore[ATT008] -- slots attend", " -- slots attend"),
        ("# attnlint: ignore[ATT008]: slots, see #12  ", ": slots, see #12"),
        ("# attnlint: ignore[ATT008] -- slots  # noqa", " -- slots"),
        ("# attnlint: ignore[ATT008]  # noqa", ""),
        ("# attnlint: ignore[ATT008] slots", ""),
        ("# attnlint: ignore[ATT008] --", ""),
    ],
)
def test_a_reason_may_follow_and_silences_nothing_by_itself(comment, reason):
    text = f"a\nb  {comment}\n"
    assert left(text, finding(2)) == []
    source = make_source(text)
    (directive,) = read_comments(source).directives
    assert reason_behind(source.line(2), directive) == reason


def test_only_its_name_silences_that_an_ignore_is_unused():
    unused = finding(1, code="ATT100", name="unused-ignore")
    assert left("a  # attnlint: ignore\n", unused) == [unused]
    assert left("a  # attnlint: ignore[ATT008, unused-ignore]\n", unused) == []
    assert left("# attnlint: file-ignore\n", unused) == [unused]
    assert left("# attnlint: file-ignore[ATT100]\n", unused) == []
