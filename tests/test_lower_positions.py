"""A node of the IR stands where Python's own parser says that it stands."""

import ast
import dataclasses
import re
from pathlib import Path

import pytest

from attnlint import ir
from attnlint.index import index
from attnlint.ir import Site
from attnlint.lower import lower

ROOT = Path(__file__).parent.parent
CORPUS = [*sorted(ROOT.glob("fixtures/*/*.py")), *sorted(ROOT.glob("tests/*.py"))]
TWINS = {ir.Name: ast.Name, ir.Call: ast.Call, ir.Bin: ast.BinOp, ir.Index: ast.Subscript, ir.Attr: ast.Attribute}
# What is not lowered: a linter of tensors has no use for it.
LEFT_OUT = {
    ast.arg: {"annotation"}, ast.AnnAssign: {"annotation"}, ast.FunctionDef: {"returns"},
    ast.AsyncFunctionDef: {"returns"}, ast.ClassDef: {"keywords"}, ast.ExceptHandler: {"type"}, ast.Raise: {"cause"},
    ast.FormattedValue: {"format_spec"}, ast.match_case: {"pattern", "guard"}, ast.Delete: {"targets"},
    ast.Assert: {"msg"},
}  # fmt: skip


def nodes(tree):
    """Every node below one of the IR."""
    if isinstance(tree, tuple):
        for item in tree:
            yield from nodes(item)
    elif dataclasses.is_dataclass(tree) and not isinstance(tree, Site):
        yield tree
        for each in dataclasses.fields(tree):
            yield from nodes(getattr(tree, each.name))


def kept(node):
    yield node
    for name, value in ast.iter_fields(node):
        if name not in LEFT_OUT.get(type(node), ()):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from kept(child)


def in_ast(text, kind):
    lines = ["", *re.split("\r\n|\r|\n", text)]

    def column(row, offset):
        return len(lines[row].encode()[:offset].decode()) + 1

    return sorted(
        (n.lineno, column(n.lineno, n.col_offset), n.end_lineno, column(n.end_lineno, n.end_col_offset))
        for n in kept(ast.parse(text))
        if isinstance(n, kind)
    )


def in_ir(text, kind):
    spans = [n.site.span for part in index(text).parts for n in nodes(part.lowered()) if isinstance(n, kind)]
    return sorted((span.row, span.column, span.end_row, span.end_column) for span in spans)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: str(path.relative_to(ROOT)))
def test_positions_are_those_of_ast(path):
    text = path.read_text(encoding="utf-8")
    for kind, twin in TWINS.items():
        assert in_ir(text, kind) == in_ast(text, twin), kind.__name__


def test_the_corpus_has_every_kind():
    assert len(CORPUS) > 50
    text = "\n".join(path.read_text(encoding="utf-8") for path in CORPUS[:20])
    for kind in TWINS.values():
        assert len(in_ast(text, kind)) > 20


@pytest.mark.parametrize(
    "text",
    [
        "é = f(ü)[ö] @ ä.ß\n",
        "x = (\n    a\n    + b\n)\n",
        "x = ((a + b) * (c))\n",
        "if x:\n\ty = a[1:2]\n",
        "x = a.b(\n  c,\n).d\n",
        "\x0c\nx = f(a)\n",
        "@d(a)\ndef f(x=g(1)): return x @ x\n",
    ],
)
def test_positions_of_odd_layouts(text):
    assert any(in_ast(text, twin) for twin in TWINS.values())
    for kind, twin in TWINS.items():
        assert in_ir(text, kind) == in_ast(text, twin), kind.__name__


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_rows_count_every_line_ending(newline):
    text = "import a\n\nx = (\n    a +\n    b\n)\n\ndef f():\n    return a @ b\n"
    for kind, twin in TWINS.items():
        assert in_ir(text.replace("\n", newline), kind) == in_ast(text, twin)


def test_a_piece_further_down_counts_from_its_first_row():
    (stmt,) = lower("x = 1\n", 41)
    assert (stmt.site.span.row, stmt.site.span.column) == (41, 1)


def test_a_syntax_error_counts_from_the_first_row():
    with pytest.raises(SyntaxError) as wrong:
        lower("def f(:\n    pass\n", 41)
    assert wrong.value.lineno >= 41
