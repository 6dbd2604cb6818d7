"""Whether an attention can look ahead as it stands, before anyone asks whether it should."""

from __future__ import annotations

from attnlint.attention.evidence import direction
from attnlint.attention.failed_masks import is_dropped
from attnlint.attention.generation import chooses, one_token
from attnlint.attention.reading import is_one_query, is_self_attention, pooled, reads_cache, reads_last_position
from attnlint.attention.sites import AttentionSite, mask_use
from attnlint.ir import Site
from attnlint.values import Const, is_none


def future_is_open(site: AttentionSite) -> bool:
    """Whether a self-attention is known to have no mask that blocks the future, on any path.

    False wherever that cannot be told: a mask that is not in sight, a step that is not followed, one query at a time.
    """
    if site.kind == "written" and (not site.products or site.unseen):
        return False
    if mixes_features(site) or any(op.name == "topk" for op in site.steps):
        return False
    if is_self_attention(site) is False or is_one_query(site) or reads_cache(site) or _is_fed_one_token(site):
        return False
    if any(_may_block(use.info.may_be_causal, use.mask) for use in site.masks) or _is_causal_flag(site):
        return False
    if any(use.info.padding and not use.info.unseen for use in site.masks) and not _named_decoder(site):
        return False
    if site.kind == "layer" and "key_padding_mask" in site.op.args and not _named_decoder(site):
        return False
    if _masked_later(site) or is_dropped(site) or _other_branch_masks(site):
        return False
    return not reads_last_position(site) and not pooled(site)


def mixes_features(site: AttentionSite) -> bool:
    """Whether the scores are between features, as in channel attention, which knows no future."""
    shape = site.product.output.shape if site.product is not None and site.product.output is not None else None
    return shape is not None and len(shape.axes) >= 2 and shape.axes[-1].kind == shape.axes[-2].kind == "feature"


def _may_block(causal: bool, mask: object) -> bool:
    return causal and not (isinstance(mask, Const) and is_none(mask))


def _is_causal_flag(site: AttentionSite) -> bool:
    """Whether the call itself is told to be causal, or may be."""
    # A window or a function of the scores may block the future too.
    for name in ("is_causal", "tgt_is_causal", "use_causal_mask", "causal", "window_size", "score_mod"):
        value = site.op.args.get(name)
        if value is not None and not (isinstance(value, Const) and value.value is False) and not is_none(value):
            return True
    return False


def _is_fed_one_token(site: AttentionSite) -> bool:
    """Whether a loop gives this attention the token that it chose last, and nothing before it."""
    if not chooses(site.trace):
        return False
    way = _way(site)
    rounds = [other.query for other in site.trace.sites if _way(other) == way]
    return any(query is not None and one_token(query) is not None for query in rounds)


def _way(site: AttentionSite) -> list[Site | None]:
    """The calls that lead to an attention: the same ones in each round of a loop."""
    return [site.op.site, *(frame.site for frame in site.op.frame.stack)]


def _named_decoder(site: AttentionSite) -> bool:
    return direction(site).causal is True


def _masked_later(site: AttentionSite) -> bool:
    """Whether a mask meets the weights after the softmax: another rule's business."""
    if site.softmax is None:
        return False
    weights = {site.softmax.op, *site.after}
    if any(op.name in {"tril", "triu"} for op in site.after):
        return True
    uses = [mask_use(op, weights) for op in site.after]
    return any(use is not None and (use.info.causal or use.info.unseen or use.info.is_mask) for use in uses)


def _other_branch_masks(site: AttentionSite) -> bool:
    """Whether these scores are masked where a condition holds, and this is what happens where it does not."""
    for other in site.trace.sites:
        if other is not site and other.product is not None and other.product is site.product:
            shared = _open_branches(other) & _open_branches(site)
            if shared and (other.masks or _masked_later(other)):
                return True
    return False


def _open_branches(site: AttentionSite) -> set[Site]:
    return {branch.site for branch in site.op.branches if not branch.decided}
