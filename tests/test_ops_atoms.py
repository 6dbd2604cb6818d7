"""What becomes of an axis' identity: through views, transposes, products and indices."""

import pytest

from attnlint import dims
from attnlint.dims import Answer
from attnlint.ops import OPS, Args
from attnlint.ops.signature import Result
from attnlint.tensor import Atom, Axis, Shape, Tensor, axis, show_shape
from attnlint.values import NONE, Const, Seq, Size, SliceValue, Unknown, integer

B, T, C, H = (dims.symbol(name) for name in ("B", "T", "C", "n_heads"))
D = C / H


def sized(*values):
    return Seq([integer(v) if isinstance(v, int) else Size(v, v.name) for v in values])


def run(name, **args) -> Result:
    return OPS[name](Args(args))


def after(name, x, **args) -> Tensor:
    return Tensor(run(name, x=x, **args).shape)


@pytest.fixture
def x():
    return Tensor(Shape((axis(B, "batch"), axis(T, "seq"), axis(C, "feature"))))


def split_heads(x):
    return after("reshape", x, sizes=sized(B, T, H, D))


def test_split_transpose_merge_gives_the_parent_back(x):
    heads = after("transpose", split_heads(x), axis0=integer(1), axis1=integer(2))
    assert show_shape(heads.shape) == "[B heads T head_dim]"
    back = after("transpose", heads, axis0=integer(1), axis1=integer(2))
    result = run("reshape", x=back, sizes=sized(B, T, C))
    assert "scrambled" not in result.notes
    assert all(new.same(old) for new, old in zip(result.shape.axes, x.axes, strict=True))


def test_merge_without_transpose_scrambles(x):
    heads = after("transpose", split_heads(x), axis0=integer(1), axis1=integer(2))
    result = run("reshape", x=heads, sizes=sized(B, T, C))
    assert result.notes["scrambled"] is True
    sources, targets = result.notes["group"]
    assert [one.kind for one in sources] == ["heads", "seq", "feature"]
    assert targets == (T, C)


def test_split_without_transpose_scrambles(x):
    assert run("reshape", x=x, sizes=sized(B, H, T, D)).notes["scrambled"] is True


def test_a_rest_size_is_worked_out_before_the_fit(x):
    heads = split_heads(x)
    merged = run("reshape", x=heads, sizes=sized(B, T, -1))
    assert merged.shape.axes[2].same(x.axes[2])
    folded = run("reshape", x=heads, sizes=sized(B, -1, D))
    assert "scrambled" not in folded.notes
    assert [atom.kind for atom in folded.shape.axes[1].atoms] == ["seq", "heads"]


def test_heads_of_unrelated_symbols_split_the_last_axis(x):
    n, d = dims.symbol("h"), dims.symbol("d_k")
    result = run("reshape", x=x, sizes=sized(B, T, n, d))
    assert show_shape(result.shape) == "[B T heads head_dim]"
    assert not {"scrambled", "mismatch"} & set(result.notes)
    assert all(one.atoms[0].parent is x.axes[2].atoms[0] for one in result.shape.axes[2:])


def test_literal_sizes_that_do_not_multiply_out():
    x = Tensor(Shape((axis(B), axis(T), axis(dims.const(512), "feature"))))
    result = run("reshape", x=x, sizes=sized(B, T, 8, 100))
    assert result.notes["mismatch"] is True
    size, parts = result.notes["piece"]
    assert size.value == 512
    assert [part.value for part in parts] == [8, 100]
    assert "by_default" not in result.notes


def test_a_mismatch_by_the_authors_defaults_alone():
    width, heads = dims.symbol("d_model", 512), dims.symbol("n_heads", 8)
    x = Tensor(Shape((axis(B), axis(width))))
    notes = run("reshape", x=x, sizes=sized(B, heads, 100)).notes
    assert notes["mismatch"]
    assert notes["by_default"]
    assert "mismatch" not in run("reshape", x=x, sizes=sized(B, heads, 64)).notes


def test_a_rest_that_is_no_whole_number_is_a_mismatch():
    x = Tensor(Shape((axis(B), axis(dims.const(512)))))
    assert run("reshape", x=x, sizes=sized(B, -1, 100)).notes["mismatch"]


def test_folding_heads_into_the_batch_as_torch_does():
    width = dims.symbol("E")
    x = Tensor(Shape((axis(T, "seq"), axis(B, "batch"), axis(width, "feature"))))
    result = run("reshape", x=x, sizes=Seq([Size(T, "T"), Size(B * H), Size(width / H, "head_dim")]))
    assert "scrambled" not in result.notes
    folded = result.shape.axes[1]
    assert folded.atoms[0] is x.axes[1].atoms[0]
    assert [atom.kind for atom in folded.atoms] == ["batch", "heads"]


def test_fused_qkv_is_seen(x):
    fused = Tensor(Shape((*x.axes[:2], axis(C * dims.const(3), "feature"))))
    result = run("reshape", x=fused, sizes=sized(B, T, 3, H, D))
    assert [one.kind for one in result.shape.axes[2:]] == ["qkv", "heads", "feature"]
    assert show_shape(Shape(result.shape.axes[3:])) == "[heads head_dim]"


def test_a_view_of_the_unknown_takes_its_sizes_and_names():
    result = run("reshape", x=Unknown("?"), sizes=sized(B, -1, H, D))
    assert [one.kind for one in result.shape.axes] == ["batch", "seq", "heads", "feature"]
    assert result.shape.rank == 4


def test_a_view_of_known_last_axes_keeps_them():
    projected = Tensor(Shape((axis(C, "feature"),), open=True))
    result = run("reshape", x=projected, sizes=sized(B, -1, H, D))
    assert result.shape.axes[2].atoms[0].parent is projected.axes[0].atoms[0]


def test_scores_and_context_name_their_axes(x):
    heads = after("transpose", split_heads(x), axis0=integer(1), axis1=integer(2))
    scores = run("matmul", a=heads, b=after("matrix_transpose", heads)).shape
    time = heads.axes[2].atoms[0]
    rows, columns = scores.axes[2].atoms[0], scores.axes[3].atoms[0]
    assert (rows.part, columns.part) == ("rows", "columns")
    assert rows.parent is time
    assert columns.parent is time
    context = run("matmul", a=Tensor(scores), b=heads)
    assert context.shape.axes[2].atoms[0] is rows
    one, other = context.notes["contracted"]
    assert one is scores.axes[3]
    assert other is heads.axes[2]


def test_a_projection_keeps_the_rows(x):
    weight = Tensor(Shape((axis(C), axis(dims.const(64)))), param=True)
    result = run("matmul", a=x, b=weight)
    assert result.shape.axes[1] is x.axes[1]
    assert result.shape.axes[2].kind == "feature"
    assert result.shape.axes[2].size.value == 64


def test_linear_gives_a_new_feature_axis_of_the_same_size(x):
    result = run("linear", x=x, **{"in": Size(C), "out": Size(C)})
    assert result.shape.axes[:2] == x.axes[:2]
    assert not result.shape.axes[2].same(x.axes[2])
    assert result.notes["clash"] is False
    wrong = run("linear", x=x, **{"in": Size(C * dims.const(2)), "out": Size(C)})
    assert wrong.notes["clash"] is True
    assert wrong.notes["found"] == C


def test_einsum_learns_ranks_and_names_free_axes():
    q, k = Tensor(), Tensor()
    result = run("einsum", pattern=Const("b h i d, b h j d -> b h i j"), xs=Seq([q, k]))
    assert q.rank == 4
    assert [one.kind for one in q.axes] == ["batch", "heads", "seq", "feature"]
    rows, columns = result.shape.axes[2].atoms[0], result.shape.axes[3].atoms[0]
    assert (rows.part, columns.part) == ("rows", "columns")
    assert [letter for letter, _, _ in result.notes["contracted"]] == ["d"]


def test_einsum_context_keeps_the_rows_of_the_scores():
    q, k, v = Tensor(), Tensor(), Tensor()
    scores = Tensor(run("einsum", pattern=Const("bhid,bhjd->bhij"), xs=Seq([q, k])).shape)
    context = run("einsum", pattern=Const("bhij,bhjd->bhid"), xs=Seq([scores, v]))
    assert context.shape.axes[2].same(scores.axes[2])


def test_rearrange_splits_and_merges_back(x):
    heads = run("rearrange", x=x, pattern=Const("b n (h d) -> b h n d"), h=Size(H, "heads"))
    assert show_shape(heads.shape) == "[B heads T head_dim]"
    merged = run("rearrange", x=Tensor(heads.shape), pattern=Const("b h n d -> b n (h d)"))
    assert all(new.same(old) for new, old in zip(merged.shape.axes, x.axes, strict=True))
    other = run("rearrange", x=Tensor(heads.shape), pattern=Const("b h n d -> b n (d h)"))
    assert not other.shape.axes[2].same(x.axes[2])


def test_rearrange_with_sizes_that_do_not_divide():
    x = Tensor(Shape((axis(B), axis(T), axis(dims.const(10)))))
    assert run("rearrange", x=x, pattern=Const("b n (h d) -> b h n d"), h=integer(3)).notes["mismatch"]


def test_rearrange_learns_the_rank():
    x = Tensor()
    run("rearrange", x=x, pattern=Const("b n (h d) -> b h n d"), h=integer(8))
    assert x.rank == 3
    assert [one.kind for one in x.axes] == ["batch", "seq", "feature"]


def test_transposes_learn_what_is_certain():
    x = Tensor()
    run("transpose", x=x, axis0=integer(-2), axis1=integer(-1))
    assert (x.shape.open, len(x.axes)) == (True, 2)
    run("permute", x=x, perm=sized(0, 2, 1, 3))
    assert x.rank == 4


def test_slices_and_indices(x):
    whole = run("index", x=x, items=Seq([SliceValue(None, None, None)]))
    assert whole.shape.axes[0] is x.axes[0]
    short = run("index", x=x, items=Seq([Const(...), SliceValue(None, Size(C / dims.const(2)), None)]))
    assert dims.equal(short.shape.axes[2].size, C / dims.const(2)) is Answer.YES
    assert short.shape.axes[2].atoms[0].parent is x.axes[2].atoms[0]
    last = run("index", x=x, items=Seq([SliceValue(None, None, None), integer(-1)]))
    assert [a for a, _ in last.notes["dropped"]] == [x.axes[1]]
    assert last.shape.axes == (x.axes[0], x.axes[2])
    extra = run("index", x=x, items=Seq([NONE, Const(...), NONE]))
    assert [one.is_one for one in extra.shape.axes] == [True, False, False, False, True]


def test_softmax_takes_torchs_old_default_axis(x):
    assert run("softmax", x=x, legacy=Const(True)).notes["axis"] is x.axes[0]
    matrix = Tensor(Shape(x.axes[:2]))
    assert run("softmax", x=matrix, legacy=Const(True)).notes["axis"] is x.axes[1]
    assert run("softmax", x=x).notes["whole"] is True


def test_broadcasting_keeps_the_scores_axes():
    rows, columns = (Axis((Atom(T, "seq", None, part),)) for part in ("rows", "columns"))
    scores = Tensor(Shape((axis(B, "batch"), axis(H, "heads"), rows, columns)))
    mask = Tensor(Shape((axis(T, "seq"), axis(T, "seq"))))
    for name, names in (("add", ("b", "a")), ("add", ("a", "b")), ("masked_fill", ("x", "mask"))):
        result = run(name, **dict(zip(names, (scores, mask), strict=True)))
        assert result.shape.axes[2].same(rows)
        assert result.shape.axes[3].same(columns)


def test_unknown_inputs_give_reasons_and_no_faults():
    for name in sorted(OPS):
        result = OPS[name](Args({}))
        assert isinstance(result, Result), name
        odd = {"x": Unknown("?"), "a": Unknown("?"), "b": Const("text"), "axis": Unknown("?"), "sizes": Unknown("?")}
        assert isinstance(OPS[name](Args(dict(odd))), Result), name
