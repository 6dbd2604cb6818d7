"""What a mask is made of: the future, padding, or something that is not in sight."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from attnlint.attention.lineage import LAYOUT, PRODUCTS, PROJECTIONS, ancestors, carried
from attnlint.tensor import Tensor
from attnlint.trace import OpCall
from attnlint.values import Choice, Const, Seq, Size, SliceValue, Unknown, Value, as_float, as_str, is_none

_CAUSAL = re.compile(
    r"causal|tril|triu|(?:^|[._])tri$|future|look_?ahead|subsequent|autoregress|no_?peek|(?:^|_)dec(?:oder)?_mask|square_mask|triangular|lower_tri",
    re.I,
)
_PADDING = re.compile(
    r"pad|key_mask|src_mask|source_mask|length|valid|enc(?:oder)?_mask|input_mask|memory_mask|doc_mask", re.I
)
_IDS = re.compile(r"(?:^|_)(?:ids?|tokens?|src|tgt|trg|idx|words?|sentences?|inputs?|tok)(?:_|$)", re.I)
_BIAS = re.compile(r"bias|rel_?pos|relative|alibi|slope|(?:^|_)pos(?:_|$)|position", re.I)
_COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
_BY_SHAPE = frozenset({"expand_as", "view_as", "cast"})
_LAID_OUT = LAYOUT - {"index"}
_STOPS = PRODUCTS | PROJECTIONS | {"softmax", "mha", "sdpa", "norm", "loss"}


@dataclass(frozen=True, slots=True)
class MaskInfo:
    """What is known of a mask.

    `unseen` says that part of it comes from where the trace does not see, so that it may be causal after all.
    `bias` says that by its names it is a bias, no mask; `named` that it is called a mask or made as one.
    """

    causal: bool = False
    padding: bool = False
    unseen: bool = False
    bias: bool = False
    named: bool = False

    @property
    def is_mask(self) -> bool:
        """Whether it blocks positions, as far as can be told."""
        return self.causal or self.padding or self.named

    @property
    def may_be_causal(self) -> bool:
        """Whether it is causal, or could be."""
        return self.causal or (self.unseen and not (self.bias and not self.named))


NO_MASK = MaskInfo()


def classify(value: Value | None) -> MaskInfo:
    """What a mask argument is."""
    text = as_str(value) if value is not None else None
    if text is not None:
        # A fused call may take the mask's name in place of the mask.
        return _by_name(text)
    if value is None or is_none(value) or isinstance(value, Size | Const):
        return NO_MASK
    if isinstance(value, Choice):
        return _merge([classify(option) for option in value.options if not is_none(option)])
    if isinstance(value, Unknown):
        if value.tensor is None:
            named = _by_name(value.name)
            return _merge([named, MaskInfo(unseen=not named.padding)])
        value = value.tensor
    if isinstance(value, Seq):
        return _merge([classify(item) for item in value.items if not isinstance(item, SliceValue)])
    return _of_tensor(value) if isinstance(value, Tensor) else MaskInfo(unseen=True)


def _of_tensor(tensor: Tensor) -> MaskInfo:
    steps, outside = _origins(tensor)
    told = [*map(_by_name, {tensor.name, *tensor.aliases}), *map(_of_op, steps), *map(_of_outside, outside)]
    found = _merge(told)
    return replace(found, causal=False) if _only_hides_padding(steps, outside) else found


def _of_outside(tensor: Tensor) -> MaskInfo:
    """What the name says of a tensor that no op of the trace made, such as an item of a batch."""
    named = _by_name(tensor.name)
    return named if named.causal or named.padding or tensor.param else _merge([named, MaskInfo(unseen=True)])


def _only_hides_padding(steps: list[OpCall], outside: list[Tensor]) -> bool:
    """Whether all that a mask is made by is in sight and tells padding from words: then no name makes it causal."""
    made = _merge([*map(_made, steps), *map(_of_outside, outside)])
    compared = {op.name for op in steps if op.name in _COMPARISONS}
    return made.padding and not made.causal and not made.unseen and compared <= {"eq", "ne"}


def ancestors_of_mask(tensor: Tensor) -> list[OpCall]:
    """Every op that a mask is made by, comparisons and indices included."""
    return _origins(tensor)[0]


def _origins(tensor: Tensor) -> tuple[list[OpCall], list[Tensor]]:
    """The ops that a mask is made by, and the tensors that go into them and that no op of the trace made."""
    seen: set[OpCall] = set()
    queue, order = [tensor], []
    outside: list[Tensor] = []
    while queue and len(seen) < 80:
        current = queue.pop(0)
        op = current.op
        if op is None and current is not tensor:
            outside.append(current)
        if op is None or op in seen:
            continue
        seen.add(op)
        order.append(op)
        # What a comparison of tokens or positions says does not hang on where these come from.
        if op.name not in _STOPS and not (op.name in _COMPARISONS and _of_comparison(op).is_mask):
            queue.extend([] if op.name.endswith("_like") else carried(op) if op.name in _BY_SHAPE else op.inputs)
    return order, outside


def _of_op(op: OpCall) -> MaskInfo:
    output = op.output
    told = [t for t in op.inputs if t.op is not None and t.op.name == "unknown"]
    told += [output] if output is not None else []
    names = {name for tensor in told for name in (tensor.name, *tensor.aliases)}
    return _merge([*map(_by_name, names), _made(op)])


def _made(op: OpCall) -> MaskInfo:
    """What an op itself says of the mask that it makes, whatever the result is called."""
    match op.name:
        case "tril" | "triu" | "causal_mask" | "tri":
            return MaskInfo(causal=True, named=True)
        case "input":
            name = op.spelling
            mine = _by_name(name)
            outside = bool(op.notes.get("parameter") or op.notes.get("free"))
            return _merge([mine, MaskInfo(unseen=outside and not mine.causal and not mine.padding)])
        case "unknown":
            mine = _by_name(op.spelling)
            return _merge([mine, MaskInfo(unseen=not mine.padding)])
        case "setitem" | "at_set":
            return MaskInfo(causal=_writes_a_triangle(op))
    if _CAUSAL.search(op.spelling):
        return MaskInfo(causal=True, named=True)
    return _of_comparison(op) if op.name in _COMPARISONS else NO_MASK


def _of_comparison(op: OpCall) -> MaskInfo:
    sides = [op.tensor("a") or op.args.get("a"), op.tensor("b") or op.args.get("b")]
    if any(isinstance(side, Size | Const) for side in sides) and any(_is_called_mask(side) for side in sides):
        # `mask > 0` is the mask itself: what it is made of tells what it blocks.
        return NO_MASK
    counts = [_counts(side) for side in sides]
    if all(counts) and op.name in {"lt", "le", "gt", "ge"}:
        return MaskInfo(causal=True, named=True)
    difference = next((side for side in sides if isinstance(side, Tensor)), None)
    if difference is not None and difference.op is not None and difference.op.name == "sub":
        inner_sides = [difference.op.args.get("a"), difference.op.args.get("b")]
        if all(_counts(side) for side in inner_sides):
            return MaskInfo(causal=True, named=True)
    if any(counts):
        return MaskInfo(padding=True, named=True)
    if op.name in {"eq", "ne"}:
        tensor = next((side for side in sides if isinstance(side, Tensor)), None)
        inner = _of_tensor_names(tensor)
        return NO_MASK if inner.is_mask else MaskInfo(padding=True, named=True)
    if difference is not None and _IDS.search(difference.name or (difference.op.spelling if difference.op else "")):
        return MaskInfo(padding=True, named=True)
    return NO_MASK


def _is_called_mask(value: Value | None) -> bool:
    if not isinstance(value, Tensor) or value.op is None or value.op.name in {"input", "unknown"}:
        return False
    return any("mask" in name for name in (value.name, *value.aliases, value.op.spelling))


def _of_tensor_names(tensor: Tensor | None) -> MaskInfo:
    if tensor is None:
        return NO_MASK
    found = [_by_name(name) for name in {tensor.name, *tensor.aliases}]
    op = _made_by(tensor)
    if op is not None:
        found.append(_by_name(op.spelling))
        if op.name in {"tril", "triu", "index", "causal_mask"} | _COMPARISONS:
            found.extend(_of_op(each) for each in ancestors_of_mask(tensor))
    return _merge(found)


def _made_by(tensor: Tensor) -> OpCall | None:
    """The op that made a tensor's values, behind what only laid them out anew."""
    return next((op for op in ancestors(tensor, lambda o: o.name in _LAID_OUT) if op.name not in _LAID_OUT), tensor.op)


def _counts(value: Value | None) -> bool:
    """Whether a value is a run of positions."""
    if not isinstance(value, Tensor):
        return False
    steps = ancestors(value, lambda op: op.name not in _STOPS and op.name != "input", 16)
    return any(op.name == "arange" for op in steps)


def _writes_a_triangle(op: OpCall) -> bool:
    """Whether an assignment in a loop, or by triangle indices, blocks what lies behind a position."""
    if any(_CAUSAL.search(o.spelling) for t in op.inputs for o in ancestors(t, lambda _: True, 8)):
        return True
    items = op.args.get("items")
    if not isinstance(items, Seq):
        return False
    if any(_is_triangles(item) for item in items.items):
        return True
    if not op.loops:
        return False
    value = as_float(op.args.get("value"))
    sliced = any(isinstance(item, SliceValue) for item in items.items)
    return sliced and len(items.items) >= 2 and value is not None


def _is_triangles(value: Value | None) -> bool:
    """Whether an index that is not followed comes from `triu_indices` or its like, unpacked or not."""
    while isinstance(value, Unknown) and value.op is not None:
        if _CAUSAL.search(value.op.spelling):
            return True
        value = value.op.args.get("x")
    return False


def _by_name(name: str) -> MaskInfo:
    return MaskInfo(
        causal=_CAUSAL.search(name) is not None,
        padding=_PADDING.search(name) is not None,
        bias=_BIAS.search(name) is not None and "mask" not in name,
        named=re.search(r"(?<!un)mask", name, re.I) is not None,
    )


def _merge(found: list[MaskInfo]) -> MaskInfo:
    return MaskInfo(
        any(info.causal for info in found),
        any(info.padding for info in found),
        any(info.unseen for info in found),
        any(info.bias for info in found),
        any(info.named for info in found),
    )
