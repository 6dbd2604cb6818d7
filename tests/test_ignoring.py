"""Comments that are written for findings: where they stand, that they silence, and that they change nothing else."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlint.diagnostic import Diagnostic, Severity, Span
from attnlint.fixing.edits import Refused
from attnlint.fixing.ignoring import ignored
from attnlint.source import decode, make_source
from attnlint.suppress import suppress

SCALE, AXIS = ("ATT002", "missing-scale"), ("ATT008", "softmax-wrong-axis")


def finding(row, end_row=None, rule=SCALE):
    return Diagnostic(*rule, Severity.ERROR, "m", Span(row, 1, end_row or row, 2))


def written(text, *found, reason=""):
    source = make_source(text)
    made = ignored(source, found, reason)
    assert suppress(made, found).left == ()
    assert ast.dump(ast.parse(made.text)) == ast.dump(ast.parse(text))
    assert ignored(made, (), reason) == made
    return made.text


S = "  # attnlint: ignore[missing-scale]"


@pytest.mark.parametrize(
    ("text", "rows", "after"),
    [
        ("a = 1\nb\n", [1], f"a = 1{S}\nb\n"),
        ("a = 1", [1], f"a = 1{S}"),
        ("a = 1   \n", [1], f"a = 1{S}\n"),
        ("a = 1  # noqa: E501\n", [1], f"a = 1  # noqa: E501{S}\n"),
        ("a = f(\n    1,\n    2,\n)\n", [1], f"a = f(\n    1,\n    2,\n){S}\n"),
        ("a = f(\n    1,\n    2,\n)\n", [2], f"a = f(\n    1,\n    2,\n){S}\n"),
        ("a = f(\n    1,\n    2,\n)\n", [2, 3], f"a = f(\n    1,\n    2,\n){S}\n"),
        ("a = 1 + \\\n    2\n", [1], f"a = 1 + \\\n    2{S}\n"),
        ('a = """\nb # c\n"""\n', [1], f'a = """\nb # c\n"""{S}\n'),
        ('a = f("""\nb\n""", 2)\n', [2], f'a = f("""\nb\n""", 2){S}\n'),
        ('a = f"{1 + 2} # no"\n', [1], f'a = f"{{1 + 2}} # no"{S}\n'),
        ('a = f"""\n{b}\n"""\n', [2], f'a = f"""\n{{b}}\n"""{S}\n'),
        ("@d(1)\n@e\ndef f():\n    pass\n", [1], f"@d(1){S}\n@e\ndef f():\n    pass\n"),
        ("@d(1)\ndef f(\n    a,\n):\n    pass\n", [2], f"@d(1)\ndef f(\n    a,\n):{S}\n    pass\n"),
        ("if a: b = 1; c = 2\n", [1], f"if a: b = 1; c = 2{S}\n"),
        ("a = '\U0001f600'\n", [1], f"a = '\U0001f600'{S}\n"),
        ("a = 1\n\x0cb = 2\n", [2], f"a = 1\n\x0cb = 2{S}\n"),
        ("a = f(  # one\n    1,\n)  # two\n", [1], f"a = f(  # one\n    1,\n)  # two{S}\n"),
    ],
)
def test_at_the_end_of_the_statement(text, rows, after):
    for newline in ("\n", "\r\n"):
        old, new = text.replace("\n", newline), after.replace("\n", newline)
        assert written(old, *(finding(row) for row in rows)) == new


def test_a_finding_over_several_rows_of_a_block_is_silenced_at_its_statement():
    text = "for a in b:\n    c\n    d\n"
    assert written(text, finding(1, end_row=3)) == f"for a in b:{S}\n    c\n    d\n"


def test_two_rules_in_a_line_share_a_comment_and_each_is_named_once():
    text = "a = 1\n"
    assert written(text, finding(1), finding(1, rule=AXIS), finding(1)) == (
        "a = 1  # attnlint: ignore[missing-scale, softmax-wrong-axis]\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a  # attnlint: ignore[softmax-wrong-axis]", "a  # attnlint: ignore[softmax-wrong-axis, missing-scale]"),
        ("a  # attnlint: ignore[ATT008] -- old", "a  # attnlint: ignore[ATT008, missing-scale] -- old"),
        ("a  # attnlint: ignore[ATT008]  # noqa", "a  # attnlint: ignore[ATT008, missing-scale] -- new  # noqa"),
        ("a  # attnlint: ignore[]", "a  # attnlint: ignore[missing-scale]"),
        ("a(  # attnlint: ignore[x]\n1\n)", "a(  # attnlint: ignore[x, missing-scale]\n1\n)"),
        ("a  # attnlint: file-ignore[ATT008]", f"a  # attnlint: file-ignore[ATT008]{S}"),
    ],
)
def test_it_joins_an_ignore_that_is_there(before, after):
    reason = "new" if "new" in after else ""
    assert written(before, finding(1), reason=reason) == after


def test_the_reason():
    assert written("a\n", finding(1), reason="see #3") == f"a{S} -- see #3\n"


def test_bytes_stay_what_they_were():
    data = "# coding: latin-1\r\na = 'é'\r\nb = 1\r\n".encode("latin-1")
    made = ignored(decode("a.py", data), [finding(2)])
    assert made.data == f"# coding: latin-1\r\na = 'é'{S}\r\nb = 1\r\n".encode("latin-1")
    made = ignored(decode("a.py", b"\xef\xbb\xbfa = 1\r\nb = 2\n"), [finding(1)])
    assert made.data == b"\xef\xbb\xbfa = 1" + S.encode() + b"\r\nb = 2\n"


def test_what_the_encoding_cannot_say_is_refused():
    source = decode("a.py", b"# coding: latin-1\na = 1\n")
    with pytest.raises(Refused, match="which the file's encoding iso-8859-1 does not have"):
        ignored(source, [finding(2)], "\u2014")


def test_a_text_that_does_not_parse_is_refused():
    for text in ("x = (\n", "def f(:\n  pass\n"):
        with pytest.raises(Refused):
            ignored(make_source(text), [finding(1)])


def test_a_syntax_error_gets_no_comment():
    found = Diagnostic("ATT000", "syntax-error", Severity.ERROR, "m", Span(1, 1, 1, 2))
    assert ignored(make_source("a\n"), [found]).text == "a\n"


LINES = st.sampled_from(
    [
        "a = 1",
        "b = f(1,",
        "  2)",
        'c = """',
        '"""',
        "d = \\",
        "# e",
        "g = 'h'  # attnlint: ignore[ATT001]",
        "if i:",
        "    j",
        "",
        "k = [",
        "]",
    ]
)


@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_whatever_parses_is_silenced_and_stays_as_it_is(lines, newline, data):
    text = newline.join(lines)
    try:
        ast.parse(text)
    except SyntaxError:
        return
    rows = data.draw(st.lists(st.integers(1, max(1, make_source(text).line_count)), max_size=3))
    found = [finding(row) for row in rows]
    made = ignored(make_source(text), found)
    assert suppress(made, found).left == ()
    assert ast.dump(ast.parse(made.text)) == ast.dump(ast.parse(text))
    assert made.line_count == make_source(text).line_count or not text
