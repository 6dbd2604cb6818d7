"""Whether a mask lies on the scores as it should: keys on keys, queries on queries, batch on batch."""

from __future__ import annotations

from dataclasses import dataclass

from attnlint.attention.layout import fused_scores
from attnlint.attention.lineage import is_activation_product
from attnlint.attention.masks import MaskInfo, ancestors_of_mask
from attnlint.attention.sites import AttentionSite, MaskUse
from attnlint.dims import Answer, equal
from attnlint.names import kind_of
from attnlint.ops.axes import fresh
from attnlint.ops.signature import as_tensor
from attnlint.tensor import Axis, Shape, Tensor, show_axis, show_shape
from attnlint.trace import OpCall
from attnlint.values import Seq, Unknown, Value, as_bool, as_dim


@dataclass(frozen=True, slots=True)
class Misfit:
    """How a mask fails to fit, and whether sizes prove it."""

    message: str
    certain: bool


def misfit(use: MaskUse, site: AttentionSite | None) -> Misfit | None:
    """The fault in the shape of a mask where it meets the scores; None where there is none that can be told."""
    mask = mask_tensor(use.mask)
    scores = scores_shape(use, site)
    if mask is None or scores is None or not mask.shape.known or not scores.known:
        return None
    if (use.info.bias or use.op.name in {"mul", "div"}) and not use.info.is_mask:
        # A bias, or a factor that nothing says to be a mask.
        return None
    if not use.info.is_mask and any(is_activation_product(op) for op in ancestors_of_mask(mask)):
        # What is computed from the queries, as scores by distance or by edges, is a part of the scores.
        return None
    if not _is_sure(mask):
        # Whatever it was before, an axis that is put in last is where the keys are.
        return _of_queries(mask.shape, scores, use.info, site)
    found = _compare(mask.shape, scores, use.info, site)
    return None if found is not None and not found.certain and _is_named_for_others(mask) else found


def _is_named_for_others(mask: Tensor) -> bool:
    """Whether its features are what a function that takes any tensor calls the axes that this mask came with."""
    features = [axis for axis in mask.shape.axes[-2:] if axis.kind == "feature"]
    given = [op.output for op in ancestors_of_mask(mask) if op.name in {"input", "unknown"}]
    own = [axis for tensor in given if tensor is not None for axis in tensor.shape.axes]
    return any(axis.same(theirs) for axis in features for theirs in own)


def _is_sure(mask: Tensor) -> bool:
    """Whether all that a mask was made by is followed: on an unknown path it may have got its axes."""
    for op in ancestors_of_mask(mask):
        if op.name == "unknown" or (
            op.name == "join" and any(not (t.shape.known or _is_default_of(t)) for t in op.inputs)
        ):
            return False
    return True


def _is_default_of(tensor: Tensor) -> bool:
    """Whether it is a parameter that may be left out: what the code makes in its place shows what it is."""
    return tensor.op is not None and tensor.op.name == "input" and bool(tensor.op.notes.get("maybe_none"))


def mask_tensor(value: Value) -> Tensor | None:
    """The tensor that a mask is, an index made of one too; None where it is no single tensor."""
    if isinstance(value, Seq):
        return as_tensor(value.items[0]) if len(value.items) == 1 else None
    return as_tensor(value) if isinstance(value, Tensor | Unknown) else None


def scores_shape(use: MaskUse, site: AttentionSite | None) -> Shape | None:
    """The axes of the scores that a mask meets; None where these are not known."""
    op = use.op
    if op.name == "sdpa" and site is not None:
        return fused_scores(site)
    if op.name in {"masked_fill", "setitem", "at_set", "softmax"}:
        tensor = op.tensor("x")
        return tensor.shape if tensor is not None else None
    if op.name == "mha" and site is not None and site.query is not None and site.key is not None:
        position = -2 if as_bool(op.args.get("batch_first")) else 0
        rows, columns = site.query.shape.at(position), site.key.shape.at(position)
        if _is_for_each_example(op) and site.query.rank == 3 and rows is not None and columns is not None:
            return Shape((site.query.axes[0], rows, columns))
        if as_bool(op.args.get("per_head")) and rows is not None and columns is not None:
            return Shape((*site.query.shape.axes[:-2], heads_of(op), rows, columns), site.query.shape.open)
        return Shape((rows, columns)) if rows is not None and columns is not None and site.query.rank == 3 else None
    for name in ("a", "b"):
        tensor = op.tensor(name)
        if tensor is not None and tensor is not use.mask and not (op.name == "where" and tensor.rank == 0):
            return tensor.shape
    return None


def _is_for_each_example(op: OpCall) -> bool:
    """Whether a layer takes a mask for each entry of the batch and puts in the heads itself, as that of Keras does."""
    return "use_causal_mask" in op.args


def heads_of(op: OpCall) -> Axis:
    """The axis of heads in the scores of a library's layer, which nobody sees."""
    return fresh(as_dim(op.args.get("num_heads")), "heads")


def _compare(mask: Shape, scores: Shape, info: MaskInfo, site: AttentionSite | None) -> Misfit | None:
    text = f"a mask of shape {show_shape(mask)} on scores {show_shape(scores)}"
    if site is not None and _is_for_each_example(site.op) and len(mask.axes) > 3:
        # With an axis for the heads, which the layer takes too.
        return None
    folds = site is not None and site.op.name == "mha" and "per_head" not in site.op.args
    if site is not None and folds and not _is_for_each_example(site.op) and len(mask.axes) == 3:
        return _unfolded(mask, site)
    if not scores.open and not mask.open and len(mask.axes) > len(scores.axes):
        return Misfit(f"{text} has more axes than they do", True)
    pairs = list(zip(reversed(mask.axes), reversed(scores.axes), strict=False))
    if any(theirs.kind not in {"", "seq"} for _, theirs in pairs[:2]):
        # Scores whose last axes count something else are not understood well enough to judge a mask by them.
        return None
    for number, (mine, theirs) in enumerate(pairs):
        problem = _clash(mine, theirs, theirs.kind or ("seq" if number < 2 else ""))
        if problem is not None:
            names = ("keys", "queries")
            on = names[number] if number < 2 else f"axis {-number - 1}"
            return Misfit(f"{text} puts {show_axis(mine)} on the {on} ({show_axis(theirs)})", problem)
        if number == len(pairs) - 1 and len(mask.axes) == len(scores.axes) == 3 and _is_folded(mine, theirs):
            return Misfit(f"{text} has the batch alone where the scores have the heads folded into it", True)
        if _is_the_batch(mine, theirs, mask, scores):
            return Misfit(f"{text} puts the batch on axis {-number - 1} ({show_axis(theirs)})", True)
    if _on_heads_alone(mask, scores, info):
        return Misfit(f"{text} puts the padding on the heads and masks no keys", True)
    return _of_queries(mask, scores, info, site)


def _of_queries(mask: Shape, scores: Shape, info: MaskInfo, site: AttentionSite | None) -> Misfit | None:
    if not _on_queries_alone(mask, info) or _keys_are_masked_too(site):
        return None
    text = f"a mask of shape {show_shape(mask)} on scores {show_shape(scores)}"
    return Misfit(f"{text} masks padded queries and no keys: its padding axis lies on the queries", False)


def _clash(mine: Axis, theirs: Axis, kind: str) -> bool | None:
    """Whether two aligned axes cannot belong together; True where their sizes prove it."""
    if mine.is_one or theirs.is_one:
        return None
    answer = equal(mine.size, theirs.size)
    if answer is Answer.NO and any(atom.part == "joined" for atom in theirs.atoms):
        # Keys behind those of earlier steps, of which there may be none.
        return None
    if answer is Answer.NO:
        return True
    if mine.same(theirs) or (answer is Answer.YES and mine.size.value is None):
        # Two numbers that agree may do so by chance; one symbol is one size.
        return None
    kinds = mine.kind, kind
    if any(atom.part in {"tiled", "interleaved", "joined"} for atom in mine.atoms):
        return None
    if len(theirs.atoms) > 1 and len(mine.atoms) == 1 and {a.kind for a in theirs.atoms} == {"batch", "heads"}:
        return True if mine.kind == "batch" else None
    if "" in kinds or kinds[0] == kinds[1] or not _is_told(mine):
        return None
    return False if "qkv" not in kinds else None


def _is_folded(mine: Axis, theirs: Axis) -> bool:
    """Whether the scores have the heads folded into the batch and the mask has the batch alone."""
    ratio = theirs.size / mine.size if mine.size.terms and not mine.is_one else None
    if ratio is None or len(ratio.terms) != 1:
        return False
    factors = ratio.terms[0][0]
    return bool(factors) and all(kind_of(symbol.name) == "heads" and power > 0 for symbol, power in factors)


def _is_the_batch(mine: Axis, theirs: Axis, mask: Shape, scores: Shape) -> bool:
    """Whether an axis of the mask is the very axis that the scores have in front, and lies on another one of theirs."""
    batch = scores.axes[0]
    if scores.open or mine.is_one or theirs is batch or theirs.same(mine):
        return False
    # One symbol is one size, whichever tensor it was read off.
    # One name is one size, where the mask has it once.
    name = mine.size.name
    once = [axis.size.name for axis in mask.axes].count(name) == 1
    one_name = once and name.isidentifier() and name == batch.size.name != theirs.size.name
    return mine.same(batch) or (one_name and equal(mine.size, theirs.size) is not Answer.YES)


def _is_told(axis: Axis) -> bool:
    """Whether the author's own name for a size says what the axis counts, and not just its place."""
    return all(kind_of(atom.size.name) == atom.kind or kind_of(atom.name) == atom.kind for atom in axis.atoms)


def _unfolded(mask: Shape, site: AttentionSite) -> Misfit | None:
    """A mask [batch, q_len, k_len] for a layer that wants one for each head of each entry, folded together."""
    heads, first = as_dim(site.op.args.get("num_heads")), mask.axes[0]
    several = heads is not None and heads.value != 1
    if not several or len(first.atoms) != 1 or first.kind != "batch" or not _is_told(first) or first.atoms[0].part:
        return None
    text = f"a mask of shape {show_shape(mask)} for a layer that takes [batch * heads, q_len, k_len]"
    return Misfit(f"{text}: repeat it for the {heads} heads", False)


def _is_padding(mask: Shape, info: MaskInfo) -> bool:
    """Whether a mask tells padding from words: by its names, or since it has one value for each token of a batch."""
    long = [axis for axis in mask.axes if not axis.is_one]
    by_token = not mask.open and [axis.kind for axis in long] == ["batch", "seq"] and mask.axes[0] is long[0]
    return not info.causal and (info.padding or by_token)


def _on_heads_alone(mask: Shape, scores: Shape, info: MaskInfo) -> bool:
    if not _is_padding(mask, info) or len(mask.axes) != 4 or len(scores.axes) != 4:
        return False
    last = mask.axes[-1].is_one and mask.axes[-2].is_one and not mask.axes[-3].is_one
    return last and scores.axes[-3].kind == "heads" and mask.axes[-3].kind != "heads"


def _on_queries_alone(mask: Shape, info: MaskInfo) -> bool:
    if not _is_padding(mask, info) or len(mask.axes) < 3:
        return False
    return mask.axes[-1].is_one and not mask.axes[-2].is_one and mask.axes[-2].kind in {"seq", ""}


def _keys_are_masked_too(site: AttentionSite | None) -> bool:
    """Whether another mask hides padded keys, or may: one that is only causal hides none."""
    for use in site.masks if site is not None else ():
        tensor = mask_tensor(use.mask)
        last = tensor.shape.at(-1) if tensor is not None else None
        only_causal = use.info.causal and not use.info.padding and not use.info.unseen
        if (last is None or not last.is_one) and not only_causal:
            return True
    return False
