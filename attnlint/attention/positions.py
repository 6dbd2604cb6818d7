"""What tells positions and what tells tokens, and whether the two side by side fit where they go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from attnlint import dims
from attnlint.attention.lineage import LAYOUT, PRODUCTS, PROJECTIONS, ancestors, carried, consumers
from attnlint.dims import Answer, Dim
from attnlint.tensor import Axis, Tensor
from attnlint.trace import OpCall, Trace
from attnlint.values import Layer, Seq, Size, SliceValue, Unknown, as_bool, as_dim, as_int

_POSITION = re.compile(
    r"(?:^|_)(?:pos|posn|posit\w*|pos_?e\w*|pe|places?|wpe)(?:_|s?$)|position(?!.*(?:wise|_ids))", re.I
)
_NOT_POSITION = re.compile(r"time|sigma|noise|rel(?:ative)?_?pos|relpos|coord|xyz|posterior|positive|compos", re.I)
_TOKEN = re.compile(r"emb|tok|word|wte|^x$|^h$|^inputs?$|feat|hidden|patch|frames", re.I)
_MOST = 80
_PASSES = LAYOUT | {
    "mul",
    "div",
    "dropout",
    "join",
    "norm",
    "add",
    "setitem",
    "at_set",
    "scatter",
    "copy_into",
    "concat",
    "hstack",
}
_GOES_ON = frozenset(
    """mul div add sub dropout join norm identity cast contiguous activation transpose permute expand_dims mha
    transformer_encoder transformer_encoder_layer masked_fill sum_of""".split()
)


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """What the next layer says of a width: whether it is the one that it was made for."""

    op: OpCall
    fits: bool
    found: Dim
    expected: Dim | None
    by_default: bool = False


def beside(op: OpCall) -> tuple[Tensor, Tensor] | None:
    """The tokens and the positions that an op puts side by side along the features; None where it does not."""
    if op.name not in {"concat", "hstack"} or not _is_last(op):
        return None
    parts = op.inputs
    if op.output is not None and any(axis.kind == "heads" for axis in op.output.axes):
        # Queries and keys that carry their positions in features of their own, as in conditional DETR.
        return None
    places = [tensor for tensor in parts if is_positional(tensor)]
    others = [tensor for tensor in parts if tensor not in places and is_content(tensor)]
    if len(places) != 1 or not others or len(parts) > 3:
        return None
    if _origins(places[0]) & _origins(others[0]):
        return None
    return others[0], places[0]


def _is_last(op: OpCall) -> bool:
    if op.name == "hstack":
        return as_bool(op.args.get("vertical")) is not True and all(tensor.rank in (None, 2) for tensor in op.inputs)
    position = as_int(op.args.get("axis"))
    if position is None or op.output is None:
        return False
    ranks = {tensor.rank for tensor in op.inputs if tensor.rank is not None}
    return position == -1 or position + 1 in ranks or (not ranks and position == 2)


def _names(tensor: Tensor) -> Iterator[str]:
    yield from {tensor.name, *tensor.aliases} - {""}


def _by_name(name: str) -> bool:
    tail = name.rpartition(".")[2]
    return _POSITION.search(tail) is not None and _NOT_POSITION.search(tail) is None


def is_positional(tensor: Tensor) -> bool:
    """Whether a tensor tells where its rows stand: an embedding of a range, a table of sines, or by its name."""
    if any(_NOT_POSITION.search(name) for name in _names(tensor)):
        return False
    if any(_by_name(name) for name in _names(tensor)):
        return True
    for op in ancestors(tensor, lambda o: o.name in LAYOUT | {"mul", "dropout", "join"} or _spreads(o), 30):
        if op.name == "embedding":
            return _by_name(op.spelling) or _counts(op)
        if op.name == "index" and any(_by_name(name) for t in carried(op) for name in _names(t)):
            return True
        if op.name in {"input", "parameter"} and _by_name(op.spelling):
            return True
        if op.output is not None and any(_by_name(name) for name in _names(op.output)):
            return True
    return _is_table(tensor) or _is_cut_to_length(tensor)


def _is_cut_to_length(tensor: Tensor) -> bool:
    """Whether it is the first rows of a table of weights, as many as there are tokens."""
    op = tensor.op
    table = op.tensor("x") if op is not None and op.name == "index" else None
    items = op.args.get("items") if op is not None else None
    first = items.items[0] if isinstance(items, Seq) and items.items else None
    if table is None or not table.param or not isinstance(first, SliceValue) or first.lower is not None:
        return False
    return isinstance(first.upper, Size) and first.upper.dim.value is None


def _spreads(op: OpCall) -> bool:
    """Whether an op adds zeros, which gives what it has the shape of another array."""
    return op.name == "add" and any(t.op is not None and t.op.name in {"zeros", "zeros_like"} for t in op.inputs)


def _counts(embedding: OpCall) -> bool:
    ids = embedding.tensor("ids")
    return ids is not None and any(op.name == "arange" for op in ancestors(ids, lambda o: o.name in _PASSES, 20))


def _is_table(tensor: Tensor) -> bool:
    """Whether it holds sines and cosines of multiples of a range, and of nothing that is known only at run time."""
    steps = _all_ops(tensor)
    names = {op.name for op in steps}
    computed = names & (PRODUCTS | PROJECTIONS | {"softmax"}) or any(_is_activation(op) for op in steps)
    return {"sin", "cos", "arange"} <= names and not computed and len(steps) < _MOST


def _is_activation(op: OpCall) -> bool:
    output = op.output
    return op.name == "input" and output is not None and not output.param and bool(output.axes)


def _all_ops(tensor: Tensor) -> list[OpCall]:
    seen: dict[OpCall, None] = {}
    queue = [tensor]
    while queue and len(seen) < _MOST:
        op = queue.pop().op
        if op is None or op in seen:
            continue
        seen[op] = None
        queue.extend(t for t in op.inputs if t is not op.args.get("other") and not _is_shape_source(op, t))
    return list(seen)


def _is_shape_source(op: OpCall, tensor: Tensor) -> bool:
    return op.name in {"setitem", "at_set"} and tensor is op.args.get("items")


def _origins(tensor: Tensor) -> set[OpCall]:
    """The activations from outside that a tensor is computed from."""
    # What is only taken as a pattern for a shape gives no content.
    found = ancestors(tensor, lambda o: not o.name.endswith("_like") and (o.name != "embedding" or not _counts(o)), 60)
    return {op for op in found if op.name == "input" and op.output is not None and not op.output.param}


def is_content(tensor: Tensor) -> bool:
    """Whether a tensor holds what stands at each position: embedded tokens, projected features, or by its name."""
    if any(_TOKEN.search(name) for name in _names(tensor)):
        return True
    for op in ancestors(tensor, lambda o: o.name in LAYOUT | {"mul", "div", "dropout", "norm", "join"}, 30):
        if op.name in {"embedding", "linear", "conv"} or (op.name in PRODUCTS and op.notes.get("projection")):
            return True
        if op.name == "input" and (_TOKEN.search(op.spelling) or op.notes.get("parameter")):
            return True
        if op.name == "index" and any(table.param for table in carried(op)):
            return True
        if op.output is not None and any(len(name) > 2 and _TOKEN.search(name) for name in _names(op.output)):
            return True
    return False


def next_width(trace: Trace, op: OpCall) -> Fit | None:
    """The first layer behind an op that was made for a width of which can be told whether it is this one."""
    if op.output is None:
        return None
    for user in consumers(trace, op.output, lambda o: o.name in _GOES_ON, 60):
        if user.name == "rnn":
            return Fit(user, True, dims.unknown(), None)
        found, expected = _widths(user)
        if user.name == "linear" and "in" in user.args and (found is None or unknown_width(found)):
            # Whoever gave this layer its width knew what goes in.
            return Fit(user, True, dims.unknown(), expected)
        if found is None or expected is None:
            if _broadcasts_wrongly(user):
                last = op.output.shape.at(-1)
                return Fit(user, False, last.size if last is not None else dims.unknown(), None)
            continue
        answer = Answer.NO if _is_more(found, expected) else dims.equal_by_default(found, expected)
        if answer is not Answer.MAYBE:
            certain = _is_more(found, expected) or dims.equal(found, expected) is answer
            return Fit(user, answer is Answer.YES, found, expected, by_default=not certain)
    return None


def _is_more(found: Dim, expected: Dim) -> bool:
    """Whether one size is another and something positive besides, as the sum of two widths is more than either."""
    rest = (found - expected).terms
    named = all(symbol.name and "?" not in symbol.name for monomial, _ in rest for symbol, _ in monomial)
    return bool(rest) and named and all(factor > 0 for _, factor in rest)


def _widths(user: OpCall) -> tuple[Dim | None, Dim | None]:
    """The width that a layer finds and the one that it was made for."""
    found, expected = user.notes.get("found"), user.notes.get("expected")
    if isinstance(found, Dim) and isinstance(expected, Dim):
        return found, expected
    last = next((t.shape.at(-1) for t in user.inputs if not t.param), None)
    size = last.size if last is not None else None
    if user.name == "norm":
        return size, as_dim(user.args.get("shape"))
    layer = user.args.get("layer")
    if isinstance(layer, Layer):
        return size, as_dim(layer.config.get("d_model"))
    pair = user.notes.get("contracted")
    other = user.tensor("b")
    if user.name in {"matmul", "dot"} and isinstance(pair, tuple) and other is not None and _is_weight(other):
        sizes = [axis.size if isinstance(axis, Axis) else None for axis in pair]
        return sizes[0], sizes[1]
    return None, None


def _is_weight(tensor: Tensor) -> bool:
    return tensor.param or (
        tensor.op is not None and tensor.op.name in {"rand", "parameter", "unbind"} and tensor.rank == 2
    )


def _broadcasts_wrongly(user: OpCall) -> bool:
    clash = user.notes.get("clash")
    return user.name in {"mul", "add"} and isinstance(clash, tuple) and -1 in clash


def unknown_width(value: object) -> bool:
    """Whether a size is none that a reader would know."""
    return isinstance(value, Unknown) or "?" in str(value)
