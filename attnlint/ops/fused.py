"""Attention as one call: the fused product, and a library's whole attention and transformer layers."""

from __future__ import annotations

from attnlint import dims
from attnlint.dims import Answer
from attnlint.ops.axes import NO_SHAPE, anonymous, derived_axis, dtype_of, fresh, learn_rank
from attnlint.ops.signature import Args, Result, op
from attnlint.tensor import UNKNOWN_SHAPE, Shape


def _fits(shape: Shape, args: Args, *names: str) -> dict[str, object]:
    """Whether the last axis provably has another size than the layer was made for."""
    name = next((name for name in names if args.given(name)), None)
    expected = args.dim(name) if name else None
    found = shape.at(-1)
    if expected is None or found is None:
        return {"clash": False}
    wrong = dims.equal(found.size, expected) is Answer.NO
    return {"clash": wrong, "expected": expected, "found": found.size}


def place_in(layout: str, letter: str, rank: int | None) -> int:
    """Where an axis lies, from the end, in a layout such as `bshd`; of `bshd|bsd` the one with the tensor's rank."""
    choices = layout.split("|")
    chosen = next((one for one in choices if len(one) == rank), choices[0])
    return chosen.find(letter) - len(chosen) if letter in chosen else -len(chosen) - 1


def unpacked(shape: Shape) -> Shape:
    """The shape of one of the tensors that are packed as `[..., 3, heads, head_dim]`."""
    return Shape((*shape.axes[:-3], *shape.axes[-2:]), shape.open) if len(shape.axes) >= 3 else UNKNOWN_SHAPE


@op("sdpa")
def sdpa(args: Args) -> Result:
    """The fused product: the query's axes, and the value's last one.

    `qkv` or `kv` may come packed; `layout` says where the sequence lies, where that is not behind the heads.
    """
    args.shape("k")  # says nothing of the result, but what is used as a key is a tensor
    query = args.shape("q") if args.given("q") else unpacked(args.shape("qkv"))
    value = args.shape("v") if args.given("v") else unpacked(args.shape("kv" if args.given("kv") else "qkv"))
    dtype = dtype_of(args.values.get("q"))
    last = value.at(-1) or query.at(-1)
    if not query.known or last is None:
        shape = Shape((last,), open=True) if last is not None else Shape((), open=True)
        return Result(shape, dtype=dtype, reason="" if last is not None else NO_SHAPE)
    if query.at(-1) is None:
        return Result(Shape((last,), open=True), dtype=dtype)
    return Result(Shape((*query.axes[:-1], last), query.open), dtype=dtype)


@op("attention_weights")
def attention_weights(args: Args) -> Result:
    """The weights of `[..., length, heads, head_dim]` queries and keys: `[..., heads, q_len, k_len]`."""
    query, key = args.shape("q"), args.shape("k")
    dtype = dtype_of(args.values.get("q"))
    if len(query.axes) < 3 or len(key.axes) < 3:
        return Result(Shape((), open=True), dtype=dtype, reason=NO_SHAPE)
    rows, columns = query.axes[-3], key.axes[-3]
    pair = (derived_axis(rows, "rows", rows.size), derived_axis(columns, "columns", columns.size))
    return Result(Shape((*query.axes[:-3], query.axes[-2], *pair), query.open), dtype=dtype)


@op("mha")
def mha(args: Args) -> Result:
    """A whole attention layer: the query's axes with new features, and the weights."""
    if args.flag("batch_first"):
        # What has the batch in front is read as [batch, sequence, features].
        learn_rank(args.values.get("q"), 3)
        learn_rank(args.values.get("k"), 3)
    query, key = args.shape("q"), args.shape("k")
    output = _projected(query)
    if args.given("out_dim") and output.axes:
        output = Shape((*output.axes[:-1], fresh(args.dim("out_dim"), "feature")), output.open)
    length = -2 if args.flag("batch_first") else 0
    rows, columns = query.at(length), key.at(length)
    first = query.at(0 if args.flag("batch_first") else 1) if query.rank == 3 else None
    weights = Shape((), open=True)
    if rows is not None and columns is not None and query.rank is not None:
        pair = (derived_axis(rows, "rows", rows.size), derived_axis(columns, "columns", columns.size))
        weights = Shape((first, *pair) if first is not None else pair)
        if args.values.get("average") is not None and args.flag("average") is False:
            heads = dims.unknown() if args.dim("num_heads") is None else args.dim("num_heads") or dims.unknown()
            from attnlint.tensor import axis

            weights = Shape((*weights.axes[:-2], axis(heads, "heads"), *weights.axes[-2:]))
    notes = _fits(query, args, "q_dim", "embed_dim")
    reason = "" if query.known else NO_SHAPE
    # Some libraries give the output alone.
    parts = None if args.flag("lone") else (output, weights)
    return Result(output, parts=parts, dtype=dtype_of(args.values.get("q")), notes=notes, reason=reason)


def _projected(shape: Shape) -> Shape:
    last = shape.at(-1)
    if last is None:
        return Shape((anonymous("feature"),), open=True)
    new = last if last.is_one else derived_axis(last, "projected", last.size, "feature")
    return Shape((*shape.axes[:-1], new), shape.open)


def _stays(args: Args, name: str, *widths: str) -> Result:
    shape = args.shape(name)
    notes = _fits(shape, args, *widths)
    return Result(shape, dtype=dtype_of(args.values.get(name)), notes=notes, reason="" if shape.known else NO_SHAPE)


@op("transformer_encoder_layer", "transformer_encoder")
def transformer_encoder(args: Args) -> Result:
    """Encoder layers: the shape stays."""
    return _stays(args, "x", "d_model")


@op("transformer_decoder_layer", "transformer_decoder", "transformer")
def transformer_decoder(args: Args) -> Result:
    """Decoder layers, and the whole model: the target's shape stays."""
    return _stays(args, "tgt", "d_model")
