"""Every kind of Python's syntax as the IR has it, from source."""

import pytest

from attnlint import ir
from attnlint.lower import lower


def stmt(text):
    (only,) = lower(text, 1)
    return only


def expr(text):
    return stmt(text + "\n").value


def shown(node):  # noqa: C901
    """An expression as nested tuples, places left out."""
    match node:
        case None:
            return None
        case ir.Const():
            return node.value
        case ir.Name():
            return node.id
        case ir.Attr():
            return (".", shown(node.value), node.name)
        case ir.Call():
            return ("call", shown(node.func), *((a.star or a.keyword or "", shown(a.value)) for a in node.args))
        case ir.Index():
            return ("[,]" if node.is_tuple else "[]", shown(node.value), *map(shown, node.items))
        case ir.Slice():
            return ("slice", shown(node.lower), shown(node.upper), shown(node.step))
        case ir.Display():
            return (node.kind, *map(shown, node.items))
        case ir.DictDisplay():
            return ("dict", *((shown(key), shown(value)) for key, value in node.items))
        case ir.Bin() | ir.BoolOp():
            return (node.op, shown(node.left), shown(node.right))
        case ir.Unary():
            return (node.op, shown(node.value))
        case ir.Compare():
            return ("compare", shown(node.left), *((op, shown(right)) for op, right in node.rest))
        case ir.IfExp():
            return ("if", shown(node.test), shown(node.body), shown(node.orelse))
        case ir.Lambda():
            return ("lambda", [p.name for p in node.params], shown(node.body))
        case ir.Comp():
            clauses = [(shown(t), shown(i), *map(shown, tests)) for t, i, tests in node.clauses]
            return (node.kind, shown(node.key), shown(node.element), *clauses)
        case ir.Starred():
            return ("*", shown(node.value))
        case ir.Walrus():
            return (":=", shown(node.target), shown(node.value))
        case ir.Opaque():
            return ("opaque", *map(shown, node.inner))
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1_000", 1000), ("0x1F", 31), ("0b101", 5), ("0o17", 15), ("1.5e-3", 0.0015), ("1_0.5", 10.5),
        ("'a\\n'", "a\n"), ("r'\\n'", "\\n"), ("'a' \"b\"", "ab"), ("b'a'", b"a"), ("None", None),
        ("True", True), ("False", False), ("...", ...), ("'''a\nb'''", "a\nb"),
    ],
)  # fmt: skip
def test_literals(text, value):
    node = expr(text)
    assert isinstance(node, ir.Const)
    assert node.value == value
    assert type(node.value) is type(value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", "a"),
        ("a.b.c", (".", (".", "a", "b"), "c")),
        ("f(a, *b, c=1, **d)", ("call", "f", ("", "a"), ("*", "b"), ("c", 1), ("**", "d"))),
        ("a[b]", ("[]", "a", "b")),
        ("a[b,]", ("[,]", "a", "b")),
        ("a[b, c]", ("[,]", "a", "b", "c")),
        ("a[(b, c)]", ("[,]", "a", "b", "c")),
        ("a[()]", ("[,]", "a")),
        ("a[...]", ("[]", "a", ...)),
        ("a[1:, :b:2, None]", ("[,]", "a", ("slice", 1, None, None), ("slice", None, "b", 2), None)),
        ("a[*b, c]", ("[,]", "a", ("*", "b"), "c")),
        ("(a, *b)", ("tuple", "a", ("*", "b"))),
        ("()", ("tuple",)),
        ("a,", ("tuple", "a")),
        ("[a, b]", ("list", "a", "b")),
        ("{a, b}", ("set", "a", "b")),
        ("{'a': b, **c}", ("dict", ("a", "b"), (None, "c"))),
        ("{}", ("dict",)),
        ("-a", ("neg", "a")),
        ("+a", ("pos", "a")),
        ("~a", ("invert", "a")),
        ("not a", ("not", "a")),
        ("-a ** 2", ("neg", ("pow", "a", 2))),
        ("a @ b * c", ("mul", ("matmul", "a", "b"), "c")),
        ("a or b and c", ("or", "a", ("and", "b", "c"))),
        ("a < b <= c", ("compare", "a", ("lt", "b"), ("le", "c"))),
        ("a is not None", ("compare", "a", ("is not", None))),
        ("a not in b", ("compare", "a", ("not in", "b"))),
        ("a if b else c", ("if", "b", "a", "c")),
        ("lambda a, *b: a", ("lambda", ["a", "b"], "a")),
        ("lambda: 1", ("lambda", [], 1)),
        ("[a for a in b if c if d]", ("list", None, "a", ("a", "b", "c", "d"))),
        ("(a for b in c for a in b)", ("generator", None, "a", ("b", "c"), ("a", "b"))),
        ("f(a for a in b)", ("call", "f", ("", ("generator", None, "a", ("a", "b"))))),
        ("{a for a in b}", ("set", None, "a", ("a", "b"))),
        ("{a: b for a, b in c}", ("dict", "a", "b", (("tuple", "a", "b"), "c"))),
        ("(a := b)", (":=", "a", "b")),
        ("f'{a} {b.c!r:>{d}}'", ("opaque", "a", (".", "b", "c"))),
        ("'x' f'{a}' 'y' f'{b}'", ("opaque", "a", "b")),
        ("'x' 'y' 'z'", "xyz"),
        ("(yield a)", ("opaque", "a")),
        ("(yield)", ("opaque",)),
        ("(yield from a)", ("opaque", "a")),
        ("await a", "a"),
        ("((a))", "a"),
        ("1j", ("opaque",)),
    ],
)
def test_expressions(text, tree):
    assert shown(expr(text)) == tree


OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "&": "and", "|": "or", "^": "xor", "<<": "lshift", ">>": "rshift",
}  # fmt: skip


@pytest.mark.parametrize(("sign", "name"), OPERATORS.items())
def test_operators(sign, name):
    assert shown(expr(f"a {sign} b")) == (name, "a", "b")
    node = stmt(f"a {sign}= b\n")
    assert (node.op, shown(node.targets[0]), shown(node.value)) == (name, "a", "b")


COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "is": "is", "in": "in"}


@pytest.mark.parametrize(("sign", "name"), COMPARISONS.items())
def test_comparisons(sign, name):
    assert shown(expr(f"a {sign} b")) == ("compare", "a", (name, "b"))


def test_assignments():
    node = stmt("a = b.c = d, e\n")
    assert isinstance(node, ir.Assign)
    assert [shown(target) for target in node.targets] == ["a", (".", "b", "c")]
    assert shown(node.value) == ("tuple", "d", "e")
    assert node.op == ""


def test_annotated_assignments_keep_the_annotations_text():
    node = stmt('a: Float[Tensor, "b t"] = c\n')
    assert node.annotation == 'Float[Tensor, "b t"]'
    assert shown(node.value) == "c"
    assert stmt("a: int\n").value is None


def test_parameters():
    node = stmt("def f(a, b: int = 1, /, c=None, *d, e, g=2, **h): pass\n")
    seen = [(p.name, p.kind, p.keyword_only, p.annotation, shown(p.default)) for p in node.params]
    assert seen == [
        ("a", "", False, "", None), ("b", "", False, "int", 1), ("c", "", False, "", None), ("d", "*", False, "", None),
        ("e", "", True, "", None), ("g", "", True, "", 2), ("h", "**", False, "", None),
    ]  # fmt: skip
    assert node.params[0].default is None
    assert isinstance(node.params[2].default, ir.Const)


def test_a_bare_star_is_no_parameter():
    node = stmt("def f(a, *, b): pass\n")
    assert [(p.name, p.keyword_only) for p in node.params] == [("a", False), ("b", True)]


def test_comments_beside_parameters():
    node = stmt("def f(\n    a,  # (B, T)\n    b=1,  # heads\n    c=2  # last\n):\n    pass\n")
    assert [p.comment for p in node.params] == ["# (B, T)", "# heads", "# last"]


def test_functions():
    node = stmt("# above\n@d(1)\n# between\ndef f(x) -> Tensor:\n    '''Doc.'''\n    return x\n")
    assert isinstance(node, ir.Function)
    assert (node.name, node.docstring, node.returns) == ("f", "Doc.", "Tensor")
    assert [shown(d) for d in node.decorators] == [("call", "d", ("", 1))]
    assert node.comments == ("# above", "# between")
    assert isinstance(node.body.stmts[-1], ir.Return)


def test_classes():
    node = stmt('@d\nclass A(B, c.D, metaclass=M):\n    """Doc."""\n    x: int = 1\n')
    assert isinstance(node, ir.Class)
    assert (node.name, node.docstring, [shown(base) for base in node.bases]) == ("A", "Doc.", ["B", (".", "c", "D")])
    assert [shown(d) for d in node.decorators] == ["d"]


def test_branches_nest():
    node = stmt("if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\n")
    assert isinstance(node, ir.If)
    (inner,) = node.orelse
    assert isinstance(inner, ir.If)
    assert shown(inner.test) == "b"
    assert [shown(s.value) for block in (node.body, inner.body, inner.orelse) for s in block] == [1, 2, 3]


def test_a_suite_on_one_line():
    assert [shown(s.value) for s in stmt("if a: x = 1; y = 2\n").body] == [1, 2]


def test_loops():
    node = stmt("for a, b in c:\n    break\nelse:\n    continue\n")
    assert (shown(node.target), shown(node.iterable)) == (("tuple", "a", "b"), "c")
    assert (node.body.stmts[0].kind, node.orelse.stmts[0].kind) == ("break", "continue")
    node = stmt("while a < b:\n    x = 1\n")
    assert isinstance(node, ir.Loop)
    assert node.target is None


def test_with_try_and_match():
    node = stmt("with a as b, c:\n    pass\n")
    assert [(shown(item), shown(target)) for item, target in node.items] == [("a", "b"), ("c", None)]
    node = stmt("try:\n    a\nexcept B as e:\n    c\nexcept D:\n    e\nelse:\n    f\nfinally:\n    g\n")
    assert isinstance(node, ir.Try)
    blocks = [node.body, *node.handlers, node.orelse, node.final]
    assert [shown(s.value) for block in blocks for s in block] == ["a", "c", "e", "f", "g"]
    assert isinstance(stmt("try:\n    a\nexcept* B:\n    c\n"), ir.Try)
    node = stmt("match a:\n    case 1:\n        b\n    case [x, *_] if x:\n        c\n")
    assert isinstance(node, ir.Match)
    assert [shown(s.value) for block in node.cases for s in block] == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "names", "star"),
    [
        ("import torch.nn\n", (("torch", "torch"),), ()),
        ("import torch.nn as nn, math\n", (("nn", "torch.nn"), ("math", "math")), ()),
        ("from a.b import c, d as e\n", (("c", "a.b.c"), ("e", "a.b.d")), ()),
        ("from . import a\n", (("a", ".a"),), ()),
        ("from ..b import a\n", (("a", "..b.a"),), ()),
        ("from a import *\n", (), ("a",)),
    ],
)
def test_imports(text, names, star):
    node = stmt(text)
    assert isinstance(node, ir.Import)
    assert (node.names, node.star) == (names, star)


def test_leaving():
    assert [(s.kind, shown(s.value)) for s in lower("raise A(1) from b\nraise\nassert a, b\n", 1)] == [
        ("raise", ("call", "A", ("", 1))),
        ("raise", None),
        ("assert", "a"),
    ]
    node = stmt("def f():\n    return\n").body.stmts[0]
    assert isinstance(node, ir.Return)
    assert node.value is None


def test_names_of_other_scopes():
    first, second = lower("def f():\n    global a, b\n    nonlocal c\n", 1).stmts[0].body
    assert isinstance(first, ir.Outer)
    assert (first.names, first.nonlocal_) == (("a", "b"), False)
    assert (second.names, second.nonlocal_) == (("c",), True)


def test_statements_that_make_nothing_are_left_out():
    assert lower("pass\ndel b\n", 1).stmts == ()


def test_comments_above_beside_and_at_the_end():
    text = "# head\n\n# above\nx = a  # beside\n\ny = b  # beside y\n# end\n"
    block = lower(text, 1)
    first, second = block
    assert first.comments == ("# head", "# above")
    assert (first.trailing, second.comments, second.trailing) == ("# beside", (), "# beside y")
    assert block.comments == ("# end",)


def test_comments_in_a_body():
    node = stmt("def f(x):  # (B, T)\n    # above\n    return x  # beside\n    # end\n")
    (statement,) = node.body
    assert statement.comments == ("# (B, T)", "# above")
    assert statement.trailing == "# beside"
    assert node.body.comments == ("# end",)


def test_a_comment_above_a_statement_that_is_left_out_goes_to_nobody_else():
    block = lower("# of a\ndel a\nb = 1\n", 1)
    assert [statement.comments for statement in block] == [()]


def test_syntax_that_libcst_does_not_know():
    with pytest.raises(SyntaxError):
        lower("x = )\n", 7)
