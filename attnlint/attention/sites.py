"""Recognises attention in a trace: the product of query and key, what happens to the scores, and the mix of values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from attnlint.attention.head_mixing import mixed_heads, sums_queries
from attnlint.attention.lineage import (
    CARRIERS,
    PRODUCTS,
    ancestors,
    carried,
    consumers,
    contracted_axis,
    is_activation_product,
    is_carrier,
    operands,
    outputs,
)  # fmt: skip
from attnlint.attention.masks import MaskInfo, classify
from attnlint.attention.normalise import Normaliser, normaliser, renormalises
from attnlint.attention.roles import role
from attnlint.tensor import Axis, Tensor
from attnlint.trace import OpCall, Trace
from attnlint.values import Const, Value, as_float, is_none

_BLOCKING = frozenset({"masked_fill", "where", "setitem", "at_set", "add", "sub", "mul", "maximum", "minimum"})


@dataclass(frozen=True, eq=False, slots=True)
class MaskUse:
    """One place where a mask meets scores or weights: the op, the mask, and what is known of it."""

    op: OpCall
    mask: Value
    info: MaskInfo


@dataclass(eq=False, slots=True)
class AttentionSite:
    """One attention.

    `kind` is `written` (a product and a softmax), `fused` (one call) or `layer` (a library's whole layer).
    `steps` are the ops between the product and the softmax, `after` those between the softmax and the mix;
    `unseen` says that something unknown stands among the steps, `escapes` that the weights go where the trace does not.
    """

    kind: str
    trace: Trace
    op: OpCall
    query: Tensor | None = None
    key: Tensor | None = None
    value: Tensor | None = None
    product: OpCall | None = None
    products: list[OpCall] = field(default_factory=list)
    softmax: Normaliser | None = None
    steps: list[OpCall] = field(default_factory=list)
    masks: list[MaskUse] = field(default_factory=list)
    after: list[OpCall] = field(default_factory=list)
    mixes: list[OpCall] = field(default_factory=list)
    unseen: bool = False
    escapes: bool = False

    @property
    def context(self) -> list[Tensor]:
        """What mixing the values gives."""
        return [t for mix in self.mixes for t in outputs(mix)] or (
            list(outputs(self.op)[:1]) if self.kind != "written" else []
        )

    @property
    def roles(self) -> tuple[str, str]:
        """The roles of the product's left and right operand, by name."""
        return (role(self.query) if self.query else "", role(self.key) if self.key else "")

    @property
    def mixed_axes(self) -> list[Axis]:
        """The axes of the weights that the mixes contract: the keys'."""
        found = []
        for mix in self.mixes:
            axis = contracted_axis(mix, self.weights_at(mix))
            if axis is not None:
                found.append(axis)
        return found

    def weights_at(self, mix: OpCall) -> int:
        """Which operand of a mix the weights are."""
        pair = operands(mix)
        assert pair is not None
        assert self.softmax is not None
        ups = {self.softmax.weights}
        mixed = {op for op in self.after if op.name in PRODUCTS}
        for number, tensor in enumerate(pair):
            steps = ancestors(tensor, lambda op: _weights_pass(op) or op in mixed)
            if tensor in ups or any(op is self.softmax.op for op in steps):
                return number
        return 0


def _weights_pass(op: OpCall) -> bool:
    return is_carrier(op) or op.name == "softmax"


def find_sites(trace: Trace) -> list[AttentionSite]:
    """Every attention of a trace, in its order."""
    sites: list[AttentionSite] = []
    softmaxes = {n.op: n for op in trace.ops if (n := normaliser(op)) is not None}
    ends = set(softmaxes)
    for op in trace.ops:
        if op.name == "sdpa":
            sites.append(_fused(trace, op))
        elif op.name == "attention_weights":
            sites.extend(_weights(trace, op))
        elif op.name in {"mha", "transformer_encoder_layer", "transformer_encoder", "transformer_decoder_layer",
                         "transformer_decoder", "transformer"}:  # fmt: skip
            sites.append(_layer(trace, op))
        elif op in softmaxes:
            site = _written(trace, softmaxes[op], ends)
            if site is not None:
                sites.append(site)
    return sites


def _fused(trace: Trace, op: OpCall) -> AttentionSite:
    packed = op.tensor("qkv")
    pair = op.tensor("kv") or packed
    site = AttentionSite("fused", trace, op, op.tensor("q") or packed, op.tensor("k") or pair, op.tensor("v") or pair)
    for name in ("mask", "bias"):
        if name in op.args:
            info = classify(op.args[name])
            if name == "bias" and not is_none(op.args[name]) and (info.unseen or not info.is_mask):
                # A bias may carry a mask, whatever it is called.
                info = replace(info, unseen=True, bias=False, named=True)
            site.masks.append(MaskUse(op, op.args[name], info))
    return site


def _weights(trace: Trace, op: OpCall) -> list[AttentionSite]:
    """A call that gives the weights alone, where something mixes values with them."""
    site, weights = _fused(trace, op), outputs(op)[0]
    behind = consumers(trace, weights, lambda o: o.name in CARRIERS)
    site.mixes = [later for later in behind if later.name in PRODUCTS and operands(later) is not None]
    return [site] if site.mixes else []


def _layer(trace: Trace, op: OpCall) -> AttentionSite:
    first = op.tensor("q") or op.tensor("x") or op.tensor("tgt")
    site = AttentionSite("layer", trace, op, first, op.tensor("k") or first, op.tensor("v") or first)
    for name in ("attn_mask", "mask", "tgt_mask"):
        if name in op.args:
            site.masks.append(MaskUse(op, op.args[name], classify(op.args[name])))
    return site


def _written(trace: Trace, softmax: Normaliser, ends: set[OpCall]) -> AttentionSite | None:
    found = _reach(softmax.scores, ends)
    products, steps, unseen = found
    if not products and not _named_scores(softmax.scores, trace.is_fragment):
        return None
    site = AttentionSite("written", trace, softmax.op, softmax=softmax, products=products, steps=steps, unseen=unseen)
    if products:
        site.product = products[0]
        pair = operands(products[0])
        if pair is not None:
            site.query, site.key = pair
    site.masks = [use for op in steps if (use := mask_use(op, set(_on_way(steps, products)))) is not None]
    if "mask" in softmax.op.args:
        # A softmax that is told which places to leave out.
        site.masks.append(MaskUse(softmax.op, softmax.op.args["mask"], classify(softmax.op.args["mask"])))
    _forward(site)
    return site


def _reach(start: Tensor, ends: set[OpCall]) -> tuple[list[OpCall], list[OpCall], bool]:
    """The products that scores come from, the ops on the way in order, and whether an unknown stands among them."""
    products: dict[OpCall, None] = {}
    memo: dict[OpCall, bool] = {}
    unseen = False

    def leads(tensor: Tensor, depth: int) -> bool:
        nonlocal unseen
        op = tensor.op
        if op is None or depth > 60 or op in ends:
            return False
        if op in memo:
            return memo[op]
        memo[op] = False
        mixed = mixed_heads(op)
        if mixed is not None:
            memo[op] = leads(mixed, depth + 1)
        elif is_activation_product(op):
            memo[op] = not _mixes(op, ends)
            if memo[op]:
                products[op] = None
        elif op.name == "unknown" or is_carrier(op):
            inputs = list(op.inputs) if op.name == "unknown" else carried(op)
            reached = [leads(inner, depth + 1) for inner in inputs]
            memo[op] = any(reached)
            unseen |= memo[op] and op.name == "unknown"
        return memo[op]

    leads(start, 0)
    steps = sorted((op for op, on in memo.items() if on and op not in products), key=lambda op: op.index)
    return sorted(products, key=lambda op: op.index), steps, unseen


def _mixes(op: OpCall, ends: set[OpCall]) -> bool:
    """Whether a product already mixes weights with values, so that what it gives are no scores."""
    pair = operands(op)
    return any(step in ends for tensor in pair or () for step in ancestors(tensor, is_carrier, 30))


def _named_scores(tensor: Tensor, fragment: bool = True) -> bool:
    """Whether softmax is applied to a fragment's `scores`, which come from nowhere, or have queries' and keys' axes."""
    names = {"scores", "score", "attn_scores", "attention_scores", "energy", "attn_logits"}
    for op in ancestors(tensor, is_carrier, 20):
        if op.notes.get("told") in names:
            return True
        outside = op.notes.get("free") or (fragment and op.notes.get("parameter"))
        if op.name == "input" and outside and op.spelling.lower() in names:
            return True
    return False


def _on_way(steps: list[OpCall], products: list[OpCall]) -> list[OpCall]:
    return [*products, *steps]


def mask_use(op: OpCall, scores: set[OpCall]) -> MaskUse | None:
    """The mask that an op applies to scores or weights that come from one of these ops; None where it applies none."""
    if op.name not in _BLOCKING:
        return None
    if op.name == "masked_fill":
        mask: Value | None = op.args.get("mask")
    elif op.name == "where":
        mask = op.args.get("cond")
    elif op.name in {"setitem", "at_set"}:
        mask = op.args.get("items")
    else:
        mask = _other(op, scores)
        if mask is None or isinstance(mask, Const) or as_float(mask) is not None:
            return None
        info = classify(mask)
        return MaskUse(op, mask, info) if isinstance(mask, Tensor) or info.is_mask else None
    return MaskUse(op, mask, classify(mask)) if mask is not None else None


def loose_mask_uses(trace: Trace) -> list[MaskUse]:
    """Masks that meet a fragment's scores with no softmax in sight."""
    found = []
    on_way = {op for site in trace.sites for op in (*site.steps, *site.after)}
    for op in trace.ops:
        if (
            op.name in _BLOCKING
            and op not in on_way
            and trace.is_fragment
            and any(_named_scores(t) for t in carried(op))
        ):
            use = mask_use(op, set())
            if use is not None and use.info.is_mask:
                found.append(use)
    return found


def _other(op: OpCall, scores: set[OpCall]) -> Value | None:
    """The operand that the scores do not come through."""
    for name, opposite in (("a", "b"), ("b", "a")):
        tensor = op.tensor(name)
        if tensor is not None and (
            tensor.op in scores or (tensor.op is not None and tensor.op.name == "input" and _named_scores(tensor))
        ):
            return op.args.get(opposite)
    return None


def _forward(site: AttentionSite) -> None:
    """Follow the weights to the products that mix values with them."""
    softmax = site.softmax
    assert softmax is not None
    for op in consumers(site.trace, softmax.weights, _weights_go_on):
        if op.name == "unknown":
            site.escapes = True
        elif op.name in CARRIERS or mixed_heads(op) is not None:
            site.after.append(op)
        elif op.name in PRODUCTS:
            pair = operands(op)
            place = site.weights_at(op) if pair is not None else 0
            other = pair[1 - place] if pair is not None else None
            if other is None or other.param or sums_queries(op, place):
                # Weights that are mixed with each other or added up go where they are not followed.
                site.escapes = True
            elif op not in site.mixes:
                site.mixes.append(op)
                site.value = site.value or other


def _weights_go_on(op: OpCall) -> bool:
    return op.name in CARRIERS or renormalises(op) is not None or mixed_heads(op) is not None
