"""Where features are split into heads and heads merged into features, and which sizes do not multiply out there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from attnlint import dims
from attnlint.attention.lineage import ancestors, is_carrier
from attnlint.attention.sites import AttentionSite
from attnlint.dims import Answer, Dim, product
from attnlint.names import kind_of
from attnlint.ops.axes import kind_of_value, label_of
from attnlint.ops.match import Target, target_of
from attnlint.ops.pieces import HEAD_DIM
from attnlint.ops.view import size_list
from attnlint.tensor import Axis, Tensor
from attnlint.trace import OpCall, Trace

RESHAPES = frozenset({"reshape", "unflatten", "rearrange", "einops_repeat", "einops_reduce"})


@dataclass(frozen=True, slots=True)
class Misfit:
    """Sizes that should be one and are not; `by_default` says that only the author's defaults prove it."""

    found: Dim
    wanted: Dim
    parts: tuple[str, ...] = ()
    by_default: bool = False
    one_head: bool = False


def show(size: Dim, name: str = "") -> str:
    """A size with its number where it has a name too: `d_model (512)`."""
    number = size.by_default
    text = name if name and not name.startswith("?") else "" if size.value is not None else str(size)
    if number is None or number.denominator != 1:
        return text or str(size)
    return f"{text} ({number})" if text else str(number)


def known(size: Dim) -> bool:
    """Whether a reader would know what a size means: it has no unknown in it."""
    return "?" not in str(size)


def named(atom_name: str, size: Dim) -> str:
    """The name that the author gave to a size, where there is one."""
    return atom_name or size.name


def concerns_heads(op: OpCall) -> bool:
    """Whether a reshape makes heads or takes them together."""
    tensors = [*op.inputs, *([op.output] if op.output is not None else [])]
    symbols = {x.name for tensor in tensors for axis in tensor.axes for atom in axis.atoms for x in atom.size.symbols}
    if {"h", "w"} <= symbols:
        # An h beside a w is a height.
        return False
    if any(_is_of_heads(axis) for tensor in tensors for axis in tensor.axes):
        return True
    sizes = size_list(op.args.get("sizes")) or []
    return any(kind_of_value(size) == "heads" for size in sizes)


def _is_of_heads(axis: Axis) -> bool:
    return any(atom.kind == "heads" or atom.part == HEAD_DIM for atom in axis.atoms)


def mixes_of(sites: Sequence[AttentionSite]) -> dict[OpCall, AttentionSite]:
    """The ops that give a context, each with its attention; a library's whole layer has merged its heads itself."""
    found: dict[OpCall, AttentionSite] = {}
    for site in sites:
        if site.kind == "layer":
            continue
        for op in site.mixes or ([site.op] if site.kind == "fused" else []):
            found[op] = site
    return found


def context_of(tensor: Tensor, mixes: dict[OpCall, AttentionSite]) -> OpCall | None:
    """The mix that a tensor comes from with nothing but its layout changed; None where there is none."""
    return next((op for op in ancestors(tensor, is_carrier, 60) if op in mixes), None)


def feeds_attention(op: OpCall, trace: Trace) -> bool:
    """Whether what an op gives becomes the query, key or value of an attention."""
    for site in trace.sites:
        for tensor in (site.query, site.key, site.value):
            if tensor is not None and any(each is op for each in ancestors(tensor, _keeps, 40)):
                return True
    return False


def is_of_attention(op: OpCall, trace: Trace, mixes: dict[OpCall, AttentionSite]) -> bool:
    """Whether a reshape makes heads or merges them, or lays out what goes into an attention or comes out of one."""
    taken = op.tensor("x")
    gives = taken is not None and context_of(taken, mixes) is not None
    return gives or concerns_heads(op) or feeds_attention(op, trace)


def _keeps(op: OpCall) -> bool:
    return is_carrier(op) or op.name in {"norm", "rotate", "normalize"}


def misfit(op: OpCall) -> Misfit | None:
    """What does not multiply out in a reshape that concerns heads; None where all does, or it cannot be told."""
    if "mismatch" in op.notes:
        return _noted(op)
    source = op.tensor("x")
    sizes = size_list(op.args.get("sizes")) if op.name == "reshape" else None
    if source is None or sizes is None:
        return None
    targets = [target_of(size) for size in sizes]
    return _of_last(source.axes, targets) if source.shape.open else _aligned(source.axes, targets)


def _noted(op: OpCall) -> Misfit | None:
    by_default = bool(op.notes.get("by_default"))
    piece = op.notes.get("piece")
    if isinstance(piece, tuple):
        found, wanted = piece
        return Misfit(found, product(tuple(wanted)), _labels(op, wanted), by_default)
    found, wanted = op.notes.get("source"), op.notes.get("target")
    source = op.tensor("x")
    if not isinstance(found, Dim) or not isinstance(wanted, Dim):
        return None
    sizes = [target_of(size) for size in size_list(op.args.get("sizes")) or []]
    if source is None or not sizes or any(target.size is None for target in sizes):
        return Misfit(found, wanted, (), by_default)
    mine, theirs = _without_common([axis.size for axis in source.axes], [target.dim for target in sizes])
    return Misfit(product(mine), product(theirs), _labels(op, theirs), by_default)


def _without_common(mine: list[Dim], theirs: list[Dim]) -> tuple[list[Dim], list[Dim]]:
    """Both lists without the sizes that occur in both."""
    rest = list(theirs)
    kept = []
    for size in mine:
        twin = next((place for place, other in enumerate(rest) if dims.equal(size, other) is Answer.YES), None)
        if twin is None:
            kept.append(size)
        else:
            del rest[twin]
    return (kept, rest) if kept and rest else (mine, theirs)


def _labels(op: OpCall, wanted: Sequence[Dim]) -> tuple[str, ...]:
    """The sizes as the author calls them, with their numbers."""
    labels: list[tuple[Dim, str]] = []
    for size in size_list(op.args.get("sizes")) or list(op.args.values()):
        target = target_of(size)
        if target.size is not None:
            labels.append((target.size, label_of(size)))
    return tuple(
        show(size, next((label for other, label in labels if other.terms == size.terms and label), ""))
        for size in wanted
    )


def _of_last(axes: Sequence[Axis], targets: Sequence[Target]) -> Misfit | None:
    """The last axis, all that is known, against the heads and what follows them in a view that ends in these."""
    place = next((place for place, target in enumerate(targets) if target.kind == "heads"), 0)
    if not axes or not place:
        return None
    before = targets[place - 1].size
    if place > 1 and targets[place - 1].literal and before is not None and before.value in (2, 3):
        place -= 1
    wanted = targets[place:]
    if len(wanted) < 2 or any(target.size is None or target.kind in ("seq", "batch") for target in wanted):
        return None
    return _compared(axes[-1].size, wanted)


def _compared(found: Dim, wanted: Sequence[Target]) -> Misfit | None:
    """Whether a size is provably not the product of others, always or by default, or only that of one head."""
    asked = product([target.dim for target in wanted])
    if not known(found) or not known(asked):
        return None
    parts = tuple(show(target.dim, target.name) for target in wanted)
    if any(_is_broken(target.dim) for target in wanted):
        return Misfit(found, product([_rounded(target.dim) for target in wanted]), parts, True)
    if dims.equal_by_default(found, asked) is Answer.NO:
        return Misfit(found, asked, parts, dims.equal(found, asked) is not Answer.NO)
    return Misfit(found, asked, parts, one_head=True) if differ_by_heads(asked, found) else None


def _is_broken(size: Dim) -> bool:
    """Whether the author's defaults make a size no whole number: `//` rounds it down without a word."""
    number = size.by_default
    return number is not None and number.denominator != 1


def _rounded(size: Dim) -> Dim:
    number = size.by_default
    return size if number is None else dims.const(number.numerator // number.denominator)


def _aligned(axes: Sequence[Axis], targets: Sequence[Target]) -> Misfit | None:
    """The last axis against what it is cut into, or merged heads against theirs, where all else stands as it was."""
    lead = len(axes) - 1
    if lead > 1 and all(_is_of_heads(axis) for axis in axes[-2:]) and len(targets) < len(axes):
        lead -= 1
    rest, wanted = list(axes[lead:]), list(targets[lead:])
    if lead < 1 or not wanted or any(target.size is None for target in wanted):
        return None
    if len(rest) == len(wanted) == 1 and not _is_of_heads(rest[0]):
        return None
    before = list(zip(axes[:lead], targets[:lead], strict=True))
    if not all(_stands(axis, target) for axis, target in before) or any(_fused(*pair) for pair in before):
        return None
    if any(target.size is None and (axis.kind == "heads" or _may_be_heads(axis)) for axis, target in before):
        # A -1 for the heads, or for an axis that may be these, is cut into groups together with what follows.
        return None
    return _compared(product([axis.size for axis in rest]), wanted)


def _fused(axis: Axis, target: Target) -> bool:
    """Whether the number of q, k and v stands where another axis was, so that axes before it were put together."""
    number = target.size.value if target.literal and target.size is not None else None
    return number in (2, 3) and axis.size.value != number


def _may_be_heads(axis: Axis) -> bool:
    return not known(axis.size) and axis.kind != "seq"


def _stands(axis: Axis, target: Target) -> bool:
    """Whether an axis keeps its place: of the target's size or name, or one of the two is of no known size."""
    if target.kind == "heads" and axis.kind != "heads":
        return False
    if target.size is None:
        return True
    if not known(axis.size):
        # So many chunks of an axis, as in `seq_len // chunk_size`, are not the axis, whatever its size.
        return not target.size.is_quotient
    if axis.size.name and axis.size.name in (target.size.name, target.name):
        return True
    return dims.equal(axis.size, target.size) is Answer.YES


def differ_by_heads(wanted: Dim, found: Dim) -> bool:
    """Whether two sizes differ by numbers of heads: they agree for one head, which nobody means who splits heads."""
    if not found.terms:
        return False
    ratio = wanted / found
    # Two numbers of heads, as of queries and of keys in grouped attention, may well differ.
    if len(ratio.terms) != 1 or len(ratio.symbols) != 1 or ratio.terms[0][1] != Fraction(1):
        return False
    return all(kind_of(symbol.name) == "heads" for symbol in ratio.symbols)
