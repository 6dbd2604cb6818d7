"""The full report: carets under the right characters, evidence in order, nothing that commands a terminal."""

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fix, Related, Severity, Span
from attnlint.engine import lint
from attnlint.report.full import WINDOW, full
from attnlint.source import make_source


def shown(text, span, message="over the queries", related=(), **more):
    found = Diagnostic("ATT008", "softmax-wrong-axis", Severity.ERROR, message, span, tuple(related), **more)
    report = lint(make_source(text, "a.py"), (), lambda source, rules: [found])
    return "\n".join(block.plain for block in full([report]))


def test_everything_in_order():
    text = "q = x\n\ns = q @ k.T\ns = s / 8\nw = softmax(s, dim=0)\ny = w @ v\n"
    related = [Related(Span(3, 5, 3, 12), "scores computed here"), Related(Span(4, 5, 4, 10), "scaled here")]
    fix = Fix("normalise over the keys", (Edit(Span(5, 20, 5, 21), "-1"),), Applicability.SAFE)
    expected = """\
error[ATT008] softmax-wrong-axis: over the queries
 --> a.py:5:5
  |
4 | s = s / 8
5 | w = softmax(s, dim=0)
  |     ^^^^^^^^^^^^^^^^^
6 | y = w @ v
  |
  1. scores computed here (line 3)
3 | s = q @ k.T
  |     -------
  2. scaled here (line 4)
4 | s = s / 8
  |     -----
  = help: pass dim=-1
  = fix (safe): normalise over the keys
5 - w = softmax(s, dim=0)
5 + w = softmax(s, dim=-1)
"""
    assert shown(text, Span(5, 5, 5, 22), related=related, help="pass dim=-1", fix=fix) == expected


def test_display_fix_shows_what_to_write():
    fix = Fix("scale", (Edit(Span(1, 1, 1, 2), "a\nb"),))
    assert shown("x\n", Span(1, 1, 1, 2), fix=fix).endswith("= fix (display): scale\n1 - x\n1 + a\n2 + b\n")


def test_edits_far_apart_are_shown_with_their_rows():
    text = "a\n" * 8 + "\tbad\n" + "b\n" * 3
    edits = (Edit(Span(9, 2, 9, 5), "good"), Edit(Span(1, 1, 1, 1), "import m\n"), Edit(Span(12, 1, 13, 1), ""))
    fix = Fix("repair", edits, Applicability.UNSAFE)
    assert shown(text, Span(9, 2, 9, 5), fix=fix).endswith("""\
   = fix (unsafe): repair
 1 + import m
 9 -     bad
10 +     good
12 - b
""")


def test_edits_of_other_files_and_alternatives():
    fix = Fix("move", (Edit(Span(4, 1, 5, 1), "mask = m\n", "masks.py"), Edit(Span(9, 1, 9, 3), "", "masks.py")))
    other = (Fix("drop it"), Fix("rename it"))
    assert shown("x\n", Span(1, 1, 1, 2), fix=fix, alternatives=other).endswith("""\
  = fix (display): move
  = masks.py:4: mask = m
  = masks.py:9: taken out
  = or: drop it
  = or: rename it
""")
    assert shown("x\n", Span(1, 1, 1, 2), alternatives=other[:1]).endswith("  = fix (display): drop it\n")


def test_long_patch_is_cut():
    fix = Fix("rewrite", (Edit(Span(1, 1, 1, 2), "y\n" * 40),))
    lines = shown("x\n", Span(1, 1, 1, 2), fix=fix).splitlines()
    assert len(lines) < 40
    assert lines[-1].endswith(" more lines")


def test_gutter_is_as_wide_as_the_largest_row():
    text = "a\n" * 99 + "bad\n"
    assert " 99 | a\n100 | bad\n    | ^^^\n" in shown(text, Span(100, 1, 100, 4))


def test_several_rows():
    assert """\
1 | w = softmax(
  |     ^^^^^^^^
2 |     s,
  |     ^^
3 | )
  | ^
""" in shown("w = softmax(\n    s,\n)\n", Span(1, 5, 3, 2))


def test_tabs_and_wide_characters():
    assert "1 |     x = bad\n  |         ^^^\n" in shown("\tx = bad\n", Span(1, 6, 1, 9))
    assert "1 | 注意 = bad\n  |        ^^^\n" in shown("注意 = bad\n", Span(1, 6, 1, 9))


def test_long_line_is_cut_around_the_finding():
    text = "a" * 1000 + "BAD" + "b" * 1000 + "\n"
    lines = shown(text, Span(1, 1001, 1, 1004)).splitlines()
    code, marks = lines[3], lines[4]
    assert len(code) <= WINDOW + 4
    assert code[marks.index("^") : marks.rindex("^") + 1] == "BAD"


def test_control_characters_do_not_reach_the_terminal():
    assert "\x1b" not in shown("x = '\x1b[2J'\n", Span(1, 1, 1, 2), message="\x1b]0;owned\x07")


def test_markup_is_text():
    assert "x = [bold]" in shown("x = [bold]\n", Span(1, 1, 1, 2))


def test_empty_span_has_one_caret():
    assert "1 | x\n  |  ^\n" in shown("x\n", Span(1, 2, 1, 2))
