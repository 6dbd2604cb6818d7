"""The shapes that people write into comments, docstrings and annotations, and the texts that are no shapes."""

from functools import cache

import pytest

from attnlint import dims, hints
from attnlint.tensor import show_shape


def in_comment(text):
    return [(hint.names, hint.sizes) for hint in hints.in_comment(text)]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("# [batch, n_heads, seq, d_k]", "batch n_heads seq d_k"),
        ("# (B, nh, T, hs)", "B nh T hs"),
        ("#(B,nh,T,hs)", "B nh T hs"),
        ("# B, T, C", "B T C"),
        ("# shape: B, T, C", "B T C"),
        ("# shape (B, T)", "B T"),
        ("# Shape: (batch_size, seq_len)", "batch_size seq_len"),
        ("# shape = (N, L, E)", "N L E"),
        ("# B x T x C", "B T C"),
        ("# (B \u00d7 T \u00d7 C)", "B T C"),
        ("# -> (B, T)", "B T"),
        ("# => [B, T]", "B T"),
        ("# [B,T,C]: tokens", "B T C"),
        ("# [B, 1, 1, T]", "B 1 1 T"),
        ("# [..., seq, dim]", "... seq dim"),
        ("# [2, 8, 64]", "2 8 64"),
        ("# (2, 3)", "2 3"),
        ("# (B, T, 3 * C)", "B T|3 * C"),
        ("# (bs, n, h*d)", "bs n h*d"),
        ("# (batch, seq, d_model // n_heads)", "batch seq|d_model // n_heads"),
        ("# (B, T', C)", "B T' C"),
        ("# (T, T) lower triangular", "T T"),
        ("# (B, T, C) -> (B, T, H, D)", "B T H D"),
        ("# (B, H, T, D) => transpose => (B, T, H, D)", "B T H D"),
        ("# [seq_len]", "seq_len"),
        ("# head_num None F D", "head_num batch F D"),
        ("# None T d_model", "batch T d_model"),
        ("# [batch heads seq head_dim]", "batch heads seq head_dim"),
        ("# [... seq dim]", "... seq dim"),
    ],
)
def test_the_shape_of_the_value_on_the_line(text, sizes):
    first, _, expression = sizes.partition("|")
    names, found = in_comment(text)[0]
    assert names == ()
    assert found == (*first.split(), *([expression] if expression else []))


@pytest.mark.parametrize(
    ("text", "names", "sizes"),
    [
        ("# x: (B, T, C)", "x", "B T C"),
        ("# x is (B, T)", "x", "B T"),
        ("# x = [B, T]", "x", "B T"),
        ("# x (B, T)", "x", "B T"),
        ("# x: [B T C]", "x", "B T C"),
        ("# q, k, v: [batch heads q_len k_len]", "q k v", "batch heads q_len k_len"),
        ("# x: tensor of shape [batch seq 64]", "x", "batch seq 64"),
        ("# `q` (B, T, C)", "q", "B T C"),
        ("# `q`: (B, T, C)", "q", "B T C"),
        ("# x :: (B, T)", "x", "B T"),
        ("# x - (B, T)", "x", "B T"),
        ("# x has shape (B, T)", "x", "B T"),
        ("# x: tensor of shape (B, T)", "x", "B T"),
        ("# q, k, v: (B, T, C)", "q k v", "B T C"),
        ("# q/k/v: (B, T, C)", "q k v", "B T C"),
        ("# q and k are [batch, seq, dim]", "q k", "batch seq dim"),
        ("# mask [B, 1, 1, T], 1 = keep", "mask", "B 1 1 T"),
        ("# scores: [batch, heads, q_len, k_len] (before softmax)", "scores", "batch heads q_len k_len"),
        ("# x: (B, T, C) -> (B, T, H, D)", "x", "B T H D"),
    ],
)
def test_the_shape_of_a_name(text, names, sizes):
    assert in_comment(text) == [(tuple(names.split()), tuple(sizes.split()))]


def test_several_names_each_with_its_shape():
    assert in_comment("# Q: (B, T, d), K: (B, S, d)") == [(("Q",), ("B", "T", "d")), (("K",), ("B", "S", "d"))]


@pytest.mark.parametrize(
    "text",
    [
        "# TODO(me): fix this", "# (see note)", "# (see, note)", "# (e.g., foo)", "# noqa: E501", "# list[int]",
        "# type: ignore[arg-type]", "# https://a.b/(c)", "# (first, second)", "# [1]", "# [0]", "# [0, 1, 2]",
        "# (None, None)", "# softmax(q, k)", "# returns (k, v)", "# attention(Q, K, V)", "# (x, y)",
        "# x[0]", "# see [12]", "# it's (really) fine", "# (self, x)", "# Attention is all you need (2017)", "#", "",
        "# a (b) c (d)", "# -----", "# [T]", "# see [the seq of tokens]", "# x: [one word seq]",
        "# note: [batch of heads]", "# the weights of [batch seq]", "# [10 20]",
    ],
)  # fmt: skip
def test_texts_that_are_no_shapes(text):
    assert in_comment(text) == []


def test_both_sides_of_a_product():
    pair = hints.of_operands("# [batch, seq, d_k] @ [batch, d_k, seq]")
    assert pair is not None
    assert [side.sizes for side in pair] == [("batch", "seq", "d_k"), ("batch", "d_k", "seq")]
    assert hints.of_operands("# (B, T, C) x (B, C, S)") is not None
    assert hints.of_operands("# (B, T, C)") is None


@pytest.mark.parametrize(
    ("line", "names", "sizes"),
    [
        ("x: (B, T, C)", "x", "B T C"),
        ("x (Tensor): shape (B, T, C)", "x", "B T C"),
        ("x (torch.Tensor): input of shape (B, T, C).", "x", "B T C"),
        ("mask (torch.Tensor, optional): [B, 1, T]", "mask", "B 1 T"),
        ("q: Tensor of shape [batch, seq, dim]", "q", "batch seq dim"),
        ("queries: array of shape (n, d)", "queries", "n d"),
        ("x : ndarray, shape (batch, seq_len)", "x", "batch seq_len"),
        ("x : np.ndarray of shape (T, C)", "x", "T C"),
        ("- `x`: (batch, seq)", "x", "batch seq"),
        ("- query: :math:`(L, N, E)` where L is the length", "query", "L N E"),
        ("query \u2013 (N, L, E)", "query", "N L E"),
        ("key_padding_mask: (N, S)", "key_padding_mask", "N S"),
        (":param q: (batch, heads, seq, d_k)", "q", "batch heads seq d_k"),
        ("    q, k, v: (B, H, T, D)", "q k v", "B H T D"),
    ],
)
def test_shapes_in_docstrings(line, names, sizes):
    found = hints.in_docstring(f"Attend.\n\n    Args:\n{line}\n")
    assert [(hint.names, hint.sizes) for hint in found] == [(tuple(names.split()), tuple(sizes.split()))]


def test_a_docstrings_shape_without_a_name_says_nothing():
    assert hints.in_docstring("Give back something.\n\n(B, T, C)\n") == ()
    assert hints.in_docstring("Multi-head attention (Vaswani, 2017).\n") == ()


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ('Float[Tensor, "batch seq dim"]', "batch seq dim"),
        ("Float[Tensor, 'batch seq dim']", "batch seq dim"),
        ('jaxtyping.Float[torch.Tensor, "b t d"]', "b t d"),
        ('Float[Array, "... d"]', "... d"),
        ('Float[Tensor, "*batch seq dim"]', "*batch seq dim"),
        ('Int[Tensor, "b 3"]', "b 3"),
        ('Float[Tensor, "b h*d"]', "b h*d"),
        ('Shaped[Array, "b t=4 #c"]', "b t=4 c"),
        ('Optional[Float[Tensor, "b t"]]', "b t"),
        ('Float[Tensor, "b t"] | None', "b t"),
        ("TensorType['b', 't']", "b t"),
        ('TensorType["batch", "seq", "dim", float]', "batch seq dim"),
        ('TensorType["b", 4, "c"]', "b 4 c"),
    ],
)
def test_annotations(text, sizes):
    hint = hints.in_annotation(text)
    assert hint is not None
    assert hint.sizes == tuple(sizes.split())


@pytest.mark.parametrize(
    "text",
    [
        "Tensor", "torch.Tensor", "int", '"Tensor"', 'Literal["a", "b"]', "Literal['causal']",
        'typing.Literal["batch", "seq"]', 'Float[Tensor, ""]', "list[int]", "dict['str', int]", "",
    ],
)  # fmt: skip
def test_annotations_without_a_shape(text):
    assert hints.in_annotation(text) is None


def shape(text):
    """The shape that a comment gives, its sizes named as in the text and one symbol for a name."""
    return hints.shape_of(hints.Hint(tuple(text.split())), cache(dims.symbol))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("B T C", "[B T C]"),
        ("batch n_heads seq d_k", "[batch heads seq head_dim]"),
        ("B 1 1 T", "[B 1 1 T]"),
        ("2 8 64", "[2 8 64]"),
        ("... T C", "[... T C]"),
        ("*lead T C", "[... T C]"),
        ("B ...", "[?]"),
        ("B t=4", "[B 4]"),
    ],
)
def test_hints_become_shapes(text, shown):
    assert show_shape(shape(text)) == shown


def test_a_name_stands_for_one_size():
    one, other = shape("T T").axes
    assert dims.equal(one.size, other.size) is dims.Answer.YES
    assert not one.same(other)


@pytest.mark.parametrize(
    ("text", "value"),
    [("64", 64), ("8*4", 32), ("8 * 4", 32), ("d//4", 16), ("d / 4", 16), ("d+1", 65), ("d - 1", 63), ("2**3", 8)],
)
def test_sizes_are_calculated(text, value):
    size = hints.size_in(text, lambda name: {"d": dims.const(64)}[name])
    assert size.value == value


def test_a_size_that_is_no_expression_is_a_name():
    assert hints.size_in("T'", dims.symbol).name == "T_"
    assert hints.size_in("a b", dims.symbol).name == "a b"
