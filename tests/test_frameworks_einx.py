"""einx as its documentation has it: brackets mark what an op works along, everything else broadcasts by name."""

import pytest

MAKE = "import einx\nimport numpy as np\nattn = None\nx = np.zeros((2, 3, 5))\n"

SHAPES = {
    "cut": ("y = einx.rearrange('a b (c d) -> a c b d', np.zeros((2, 3, 20)), c=4)", "[2 4 3 5]"),
    "id is rearrange": ("y = einx.id('a b c -> c (a b)', x)", "[5 (2 3)]"),
    "dot": ("y = einx.dot('a b [c], d [c] -> a b d', x, np.zeros((7, 5)))", "[2 3 7]"),
    "dot without brackets": ("y = einx.dot('a b c, c d -> a d b', x, np.zeros((5, 7)))", "[2 7 3]"),
    "dot of composed axes": (
        "y = einx.dot('a (e [d]), b (e [d]) -> a b e', np.zeros((3, 20)), np.zeros((7, 20)), e=4)", "[3 7 4]",
    ),
    "dot that composes": ("y = einx.dot('a b c, c h d -> a b (h d)', x, np.zeros((5, 4, 6)))", "[2 3 (4 6)]"),
    "dot without an output": ("y = einx.dot('a [b], [b] c', np.zeros((3, 5)), np.zeros((5, 7)))", "[3 7]"),
    "sum": ("y = einx.sum('a [b] c', x)", "[2 5]"),
    "sum of two axes": ("y = einx.sum('a [b c]', x)", "[2]"),
    "sum by what is missing": ("y = einx.sum('a b c -> c', x)", "[5]"),
    "mean that keeps the axis": ("y = einx.mean('a [b] c', x, keepdims=True)", "[2 1 5]"),
    "sum inside a composed axis": ("y = einx.sum('a b ([e] d)', np.zeros((2, 3, 20)), e=4)", "[2 3 5]"),
    "add by name": ("y = einx.add('a b c, c', x, np.zeros((5,)))", "[2 3 5]"),
    "add in another order": ("y = einx.add('a b, b c a -> a b c', np.zeros((2, 3)), np.zeros((3, 5, 2)))", "[2 3 5]"),
    "add of a marked part": ("y = einx.add('a [b] c', x, np.zeros((3,)))", "[2 3 5]"),
    "where with a number": ("y = einx.where('b c, a b c,', np.zeros((3, 5)) > 0, x, -np.inf)", "[2 3 5]"),
    "softmax keeps the shape": ("y = einx.softmax('a b [c]', x)", "[2 3 5]"),
    "softmax with an ellipsis": ("y = einx.softmax('... [c]', x)", "[2 3 5]"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name, shapes):
    code, wanted = SHAPES[name]
    assert shapes(f"{MAKE}{code}\n", "y") == wanted


UNREAD = {
    "an axis that stands for several": "y = einx.sum('a... [c]', x)",
    "another number of arrays": "y = einx.add('a b c, c, c', x, x)",
    "a shape made by brackets": "y = einx.dot('a b [c->d]', x, np.zeros((5, 7)))",
    "arrays put together": "y = einx.rearrange('a b c, a b d -> a b (c + d)', x, x)",
    "no pattern in sight": "y = einx.softmax(pattern(), x)",
    "nothing marked": "y = einx.softmax('a b c', x)",
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_read_is_unknown_and_no_fault(name, shapes):
    assert shapes(f"{MAKE}{UNREAD[name]}\n", "y") == "?"
