"""A file is cut into parts by whole rows; together the parts are the file, and each parses by itself."""

import ast
import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlint.index import index
from tests.keystrokes import typed

TWO = "import os\nx = 1\n\n\ndef f():\n    return 1\n\n\nclass A:\n    pass\n\n\ny = 2\n"


def kinds(text):
    return [(part.kind, part.name) for part in index(text).parts]


def rows(text):
    return [(part.first_row, part.text) for part in index(text).parts]


def together(text):
    return "".join(part.text for part in index(text).parts)


def test_definitions_stand_alone_and_statements_between_them_together():
    assert kinds(TWO) == [("code", ""), ("def", "f"), ("class", "A"), ("code", "")]


def test_parts_are_the_whole_file():
    assert together(TWO) == TWO
    assert [part.first_row for part in index(TWO).parts] == [1, 3, 7, 11]


def test_only_definitions_are_definitions():
    assert [part.name for part in index(TWO).definitions] == ["f", "A"]


def test_async_functions_are_functions():
    assert kinds("async def f():\n    await g()\n") == [("def", "f")]


def test_decorators_and_the_comments_above_belong_to_their_definition():
    text = "def f(): pass\n# why\n\n@one\n# and\n@two(\n    3\n)\ndef g(): pass\n"
    assert rows(text) == [(1, "def f(): pass\n"), (2, text.partition("\n")[2])]


def test_statements_on_one_line_stay_together():
    assert kinds("x = 1; y = 2\n") == [("code", "")]
    text = 'x = """\na"""; y = 1\ndef f(): pass\n'
    assert kinds(text) == [("code", ""), ("def", "f")]
    assert together(text) == text


def test_a_semicolon_behind_a_statement_starts_no_other():
    assert rows("x = 1;\ndef f(): pass\n") == [(1, "x = 1;\n"), (2, "def f(): pass\n")]


def test_a_last_comment_belongs_to_the_last_part():
    assert rows("def f(): pass\n\n# end")[-1] == (1, "def f(): pass\n\n# end")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_as_python_counts_it(newline):
    text = TWO.replace("\n", newline)
    assert kinds(text) == kinds(TWO)
    assert together(text) == text
    assert [part.first_row for part in index(text).parts] == [part.first_row for part in index(TWO).parts]
    assert len(index(text).parts[1].lowered().stmts) == 1


def test_a_form_feed_ends_no_row():
    text = "\x0cx = 1\n\x0c\ndef f():\n    return '\x0c'\n"
    assert [row for row, _ in rows(text)] == [1, 2]
    assert together(text) == text
    (stmt,) = index(text).parts[1].lowered()
    assert stmt.site.span.row == 3


def test_other_separators_of_unicode_end_no_row():
    text = 'x = "a\u2028b\x85c\x0bd"\ndef f(): pass\n'
    assert [row for row, _ in rows(text)] == [1, 2]


def test_text_at_column_0_inside_a_string_is_no_statement():
    text = 'def f():\n    s = """\nclass X:\n    pass\ndef g(): pass\n"""\n    return s\n\n\ny = 1\n'
    assert kinds(text) == [("def", "f"), ("code", "")]
    assert index(text).parts[1].first_row == 8


def test_a_continued_line_belongs_to_its_statement():
    assert [row for row, _ in rows("x = 1 \\\n  + 2\ndef f(): pass\n")] == [1, 3]


def test_files_without_a_statement():
    assert rows("") == []
    assert rows("\n\n") == []
    assert rows("# only\n") == [(1, "# only\n")]


def test_a_byte_order_mark_is_no_statement():
    assert kinds("\ufeffx = 1\ndef f(): pass\n") == [("code", ""), ("def", "f")]


# Python 3.11 knows none of these; libcst does.
NEWER = [
    "def f[T](x: T): return x\n",
    "type X = int\n",
    "try:\n    pass\nexcept A, B:\n    pass\n",
    "x = t'{a}'\n",
]


def is_known_to_ast(text):
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("text", [text for text in NEWER if not is_known_to_ast(text)])
def test_syntax_that_ast_does_not_know_goes_to_libcst_whole(text):
    whole = "import os\n" + text + "y = 1\n"
    assert rows(whole) == [(1, whole)]
    assert len(index(whole).parts[0].lowered().stmts) >= 2


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("x = 1\n\n\ny = )\n", 4),
        ("def f():\n    return 1\n  x\n", 3),
        ('print "a"\n', 1),
        ("x = (1,\ny = 2\n", 1),
        ('x = 1\ny = "abc\n', 2),
        ("x = 1\r\rdef f(:\r    pass\r", 3),
    ],
)
def test_a_syntax_error_has_the_row_that_python_gives_it(text, row):
    with pytest.raises(SyntaxError) as wrong:
        index(text)
    assert wrong.value.lineno == row


def test_a_syntax_error_is_told_in_pythons_words():
    with pytest.raises(SyntaxError, match="unmatched '\\)'") as wrong:
        index("é = )\n")
    assert wrong.value.offset == 5


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("import torch\n", {"torch": "torch"}),
        ("import torch.nn\n", {"torch": "torch"}),
        ("import torch.nn as nn\n", {"nn": "torch.nn"}),
        ("from torch import nn as n, Tensor\n", {"n": "torch.nn", "Tensor": "torch.Tensor"}),
        ("def f():\n    import numpy as np\n", {"np": "numpy"}),
        ("try:\n    import a as x\nexcept ImportError:\n    import b as x\n", {"x": "a"}),
        ("from . import a\n", {"a": ".a"}),
        ("from .b import a\n", {"a": ".b.a"}),
        ("from .. import a\n", {"a": "..a"}),
        ("from ..b import a\n", {"a": "..b.a"}),
        ("from ...b.c import a\n", {"a": "...b.c.a"}),
    ],
)
def test_imports_wherever_they_stand(text, imports):
    assert index(text).imports == imports


@pytest.mark.parametrize(
    ("text", "concerns"),
    [
        ("def f(x): return x.softmax(-1)\n", True),
        ("class MultiHeadAttention: pass\n", True),
        ("def f(x): e = exp(x); return e / e.sum(-1, keepdims=True)\n", True),
        ("def f(x): e = x.exp(); return e / e.sum(-1, keepdim=True)\n", True),
        ("def f(x): e = torch.exp(x); return e / e.sum(-1, keepdim=True)\n", True),
        ("def f(x): return regexp(x)\n", False),
        ("def f(a, b): return a + b\n", False),
        ("class Parser: pass\n", False),
    ],
)
def test_which_definitions_concern_attention(text, concerns):
    (part,) = index(text).parts
    assert part.concerns_attention is concerns


STATEMENTS = st.sampled_from(
    [
        "x = 1", "x = 1; y = 2", "def f():\n    pass", "@d\nclass A:\n\n    x = 1", "for i in x: pass",
        's = """\ndef g(): pass\n"""', "# comment", "", "x = [\n    1,\n]", "def g(): return 1  # here",
        "if x:\n    y = 1\nelse:\n    z = 2",
        "async def h():\n    '''doc\n\nclass Q: pass\n'''", "x = 1 + \\\n    2",
    ]
)  # fmt: skip


@given(st.lists(STATEMENTS, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_parts_cover_every_row_and_parse_by_themselves(statements, newline, ends):
    text = newline.join(statement.replace("\n", newline) for statement in statements) + (newline if ends else "")
    parts = index(text).parts
    if text.strip():
        assert together(text) == text
    row = 1
    for part in parts:
        assert part.first_row == row
        row += len(part.text.split(newline)) - 1
        if part.kind != "code":
            (node,) = ast.parse(part.text).body
            assert node.name == part.name
        part.lowered()


MIXED = '''"""A module."""
import torch
from layers import *

SIZE = 4


@torch.no_grad()
def first(x):
    import numpy as np
    return np.asarray(x)


# Beside the second.
class Second:
    from math import pi

    def forward(self, x):
        return x


if SIZE > 3:
    import jax as np
else:
    third = 1

def last(x): return x
# The end.
'''


def said(whole):
    parts = [(one.kind, one.name, one.first_row, one.text, one.words, one.bound) for one in whole.parts]
    return parts, list(whole.imports.items()), whole.assigned, whole.stars, whole.words


def indexed(text, before=None):
    try:
        whole = index(text, "model.py", before)
    except SyntaxError as error:
        return before, (error.msg, error.lineno, error.offset)
    return whole, said(whole)


@pytest.mark.parametrize(
    "texts",
    [
        ["x = 1\n\n\ndef f():\n    pass\n", "x = 1\n\n\n\ndef f():\n    pass\n"],
        ["def f():\n    pass\ndef g():\n    pass\n", "def f():\n    pass\n# g\n\n\ndef g():\n    pass\n"],
        ["def f():\n    pass\ndef g():\n    pass\n", "def f():\n    pass\n    x = 1\ndef g():\n    pass\n"],
        ["def f():\n    pass\nx = 1\ndef g():\n    pass\ny = 1\n", "def f():\n    pass\nx = 1\ny = 1\n"],
        ["def f():\n    pass\nx = 1\n", "def f():\n    passx = 1\n"],
        ["def f():\n    pass\ndef g():\n    pass\n", "def f():\n    pass\n\ufeffdef g():\n    pass\n"],
        ["x = 1 \\\n\ndef g():\n    pass\n", "x = 1 \\\ny\ndef g():\n    pass\n"],
        ["x = 1\ndef f():\n    pass\n", "x = 1\ndef f():\n    pass\n# more\n"],
        ["x = 1\ndef f(): pass\n# end\n", "x = 1\ndef f(): pass\n# end\ndef g(): pass\n", "x = 1\n# end\n"],
        ["x = 1\ndef f():\n    pass\n", "x = 1\n@f\ndef f():\n    pass\n", "x = 1\n@f\n"],
        ["x = 1\rdef f(): pass\r", "x = 1\r\ndef f(): pass\r", "x = 1\r\n\rdef f(): pass\r"],
        ["x = 1\r\ndef f():\r\n    pass\r\n", "x = 1\r\ndef f():\r\n    pas\r\n", "x = 1\ndef f():\n    pas"],
        ["def f(): pass\nx = 1; y = 2\n", "def f(): pass; x = 1\ny = 2\n", "", "def f(): pass\n"],
        ["def f(): pass\ndef f(): pass\n", "def f(): pass\ndef f(): pass\ndef f(): pass\n", "def f(): pass\n"],
        [
            "import a as n\ndef f():\n    import b as m\n",
            "import a as n\ndef f():\n    import b as n, c as m\nimport d as m\n",
        ],
    ],
)
def test_a_new_version_is_cut_as_by_itself(texts):
    before = None
    for text in texts:
        before, found = indexed(text, before)
        assert found == indexed(text)[1]


@pytest.mark.parametrize("seed", range(4))
def test_random_edits_are_cut_as_by_themselves(seed):
    before, kept = None, 0
    for text, _ in islice(typed(MIXED, random.Random(seed)), 300):
        previous = before
        before, found = indexed(text, previous)
        assert found == indexed(text)[1], text
        if not isinstance(found[0], str):
            kept += previous is not None and any(part in previous.parts for part in before.parts)
    assert kept > 50
