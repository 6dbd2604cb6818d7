"""What the code says about itself: whether an attention must not see the future, or may look everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from attnlint.assumptions import NEVER, Causal
from attnlint.attention.lineage import LAYOUT, ancestors, consumers
from attnlint.attention.sites import AttentionSite
from attnlint.dims import Answer, equal
from attnlint.tensor import Tensor
from attnlint.trace import FileText, Frame, OpCall, Trace
from attnlint.values import Seq, SliceValue, as_dim, as_int

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CAUSAL_NAMES = frozenset(
    """gpt gpt2 gpt3 nanogpt minigpt causal autoregressive lm language llama decoder lookahead mistral""".split()
)
_FREE_NAMES = frozenset(
    """encoder vit bert roberta deberta electra vision visual patch patches image img pixel clip siglip audio
    wav speech acoustic cross detr swin video graph gat point cloud classifier classification classify
    sentence embedder embedding bidirectional mlm masked unet diffusion slot perceiver protein molecule rna
    dna nerf spatial channel window grid mae siamese retrieval tagger tagging ner pooling pool memory
    segmentation seg mask2 deformable t5encoder noncausal vae denoiser dit conv nonlocal gan axial object
    queries box regression forecast tabular""".split()
)
_CAUSAL_TEXT = re.compile(
    r"\bcausal|autoregressive|\bdecoder\b|language[- ]model|look-?ahead|masked (?:multi-?head(?:ed)? )?self"
    r"|next[- ](?:token|word|char)|the future|\bGPT\b|left[- ]to[- ]right|character model",
    re.I,
)
_MASKED_SELF = re.compile(r"(?<!non)(?<!non_)(?<!un)masked_?(?:multi_?head(?:ed)?_?)?self_?att", re.I)
_FREE_TEXT = re.compile(
    r"non-?causal|not causal|bidirectional|\bencoder\b|\bViT\b|\bBERT\b|\bpatch|\bimage|\bvision|\baudio|\bspeech"
    r"|cross-?attention|classif|retriev|\bpixel|\bvideo|\bgraph|\bDETR|sentence embedding|\bsegment"
    r"|\bfeature maps?\b|diffusion|non-?local|\bslots?\b",
    re.I,
)
_CROSS = re.compile(r"cross|(?:src|enc(?:oder)?_?dec(?:oder)?|memory)_?att", re.I)
_SURELY_CAUSAL = re.compile(r"\bcausal|autoregressive|auto-regressive|look-?ahead mask|see(?:s|ing)? the future", re.I)
# A parameter as a docstring lists it: what it makes causal is so only where it is asked for.
_CHOSEN = re.compile(r"\b\w*causal\w*`{0,2} *(?:\([^)\n]*\))?:", re.I)
_NEGATED = re.compile(r"(?:non-?|not |no |without )\W*(?:causal|autoregressive)", re.I)
_OPENING = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:[rRuU]?(?:\"\"\"[\s\S]*?\"\"\"|\'\'\'[\s\S]*?\'\'\'))?")
_MASKED_LM = frozenset({"mlm", "masked_lm", "mask_token", "mask_token_id", "MaskedLM", "mlm_probability"})
_VISION = frozenset(
    {
        "Conv2d",
        "bbox",
        "boxes",
        "pixel_mask",
        "object_query",
        "vqvae",
        "img",
        "image",
        "images",
        "pixel_values",
        "patch_size",
        "num_patches",
        "patches",
        "object_queries",
        "num_queries",
    }
)
_GENERATES = frozenset(
    {"generate", "sample", "next_token", "idx_next", "sample_next", "greedy_decode", "max_new_tokens"}
)


@dataclass(frozen=True, slots=True)
class Direction:
    """Whether attention must be causal: True, False, or None where nothing tells; and what says so."""

    causal: bool | None
    why: str = ""


def direction(site: AttentionSite) -> Direction:
    """The evidence for an attention: names and words of its functions and classes first, then the model's shape.

    What is configured goes before both, except that what a decoder reads as its memory is no decoder's.
    """
    trace = site.trace
    said = _configured(site) if trace.assumptions.causal else None
    if said is not None and said.word == NEVER:
        return Direction(False, said.quoted)
    if _is_read_by_a_decoder(site):
        return Direction(False, "a decoder reads it as its memory")
    if said is not None:
        return _autoregressive(site, said)
    if _is_of_pixels(site):
        return Direction(False, "it attends to the places of an image")
    frames = list(site.op.frame.stack)
    for frame in frames:
        verdict = _by_words(frame)
        if verdict is not None and verdict.causal and "decoder" in verdict.why.lower() and trace.mentions(_VISION):
            return Direction(False, "it decodes what was seen and writes no text")
        if verdict is not None:
            return verdict
    by_model = _language_model(trace, site)
    if by_model is not None:
        return by_model
    entry = _by_name(trace.entry) or _by_words(Frame("this file", text=str(trace.ask(opening))))
    if entry is not None:
        return entry
    if trace.mentions(_VISION) or trace.says("pixel"):
        return Direction(False, "the file works on images")
    return Direction(None)


def _configured(site: AttentionSite) -> Causal | None:
    """What the configuration says of the file that an attention stands in or, if nothing, of those that call it."""
    places = [site.op.site, *(frame.site for frame in site.op.frame.stack if frame.site is not None)]
    said = (site.trace.assumptions.causal_in(place.path) for place in places)
    return next((each for each in said if each is not None), None)


def _autoregressive(site: AttentionSite, said: Causal) -> Direction:
    """Attention in code that is configured to be causal: only what reads another sequence is not."""
    for frame in site.op.frame.stack:
        if _CROSS.search(frame.qualname):
            return Direction(False, f"{frame.qualname} is named after what reads another sequence")
    return Direction(True, f"the configuration says that it must not see them: {said.quoted}")


def opening(file: FileText) -> str:
    """What a file says of itself before its first line of code."""
    found = _OPENING.match(file.text)
    return found.group(0) if found else ""


def _is_read_by_a_decoder(site: AttentionSite) -> bool:
    for tensor in site.context[:1]:
        for op in consumers(site.trace, tensor, lambda o: o.name in {"norm", "dropout", "add", "linear"}, 30):
            if (
                op.name.startswith("transformer_decoder")
                and op.tensor("memory") is not None
                and op.tensor("tgt") is not tensor
            ):
                return True
    return any(_attends_across(other, site) for other in site.trace.sites)


def _is_of_pixels(site: AttentionSite) -> bool:
    """Whether the queries are made by a convolution over two or more axes, whose places have no order in time."""
    through = LAYOUT | {"add", "norm", "dropout", "concat"}
    steps = ancestors(site.query, lambda op: op.name in through, 24) if site.query is not None else ()
    return any(op.name == "conv" and op.output is not None and (op.output.rank or 0) >= 4 for op in steps)


def _attends_across(other: AttentionSite, site: AttentionSite) -> bool:
    """Whether another attention takes keys from this one's context and queries from elsewhere."""
    if other is site or other.key is None or other.query is None or not site.context:
        return False
    made = site.context[0].op

    def reads(tensor: Tensor) -> bool:
        return any(op is made for op in ancestors(tensor, lambda op: op is not made, 200))

    return reads(other.key) and not reads(other.query)


def _by_words(frame: Frame) -> Direction | None:
    for name in (frame.name, frame.owner):
        found = _by_name(name)
        if found is not None:
            return found
    if any("causal" in name for name in frame.params) or _CHOSEN.search(frame.text):
        # What may be causal or not, as its caller says, is described as both.
        return None
    strong = _SURELY_CAUSAL.search(_NEGATED.sub("", frame.text))
    if strong and re.search(r"\bencoder\b", frame.text, re.I) and re.search(r"\bdecoder\b", frame.text, re.I):
        # A text on both says of neither attention which one it is.
        return None
    if strong:
        return Direction(True, f"{frame.qualname} is described as {strong.group(0)!r}")
    causal, free = _CAUSAL_TEXT.search(frame.text), _FREE_TEXT.search(frame.text)
    if free:
        return Direction(False, f"{frame.qualname} is described as {free.group(0)!r}")
    if causal:
        return Direction(True, f"{frame.qualname} is described as {causal.group(0)!r}")
    return None


def _by_name(name: str) -> Direction | None:
    words = {word.lower() for word in _WORDS.findall(name)}
    if _MASKED_SELF.search(name):
        return Direction(True, f"{name} is named after the decoder's attention, whose mask hides the future")
    if "att" in name.lower():
        # Attention that is masked is none that fills in masked words.
        words -= {"masked"}
    if words & _FREE_NAMES or "noncausal" in name.lower():
        return Direction(False, f"{name} is named after what sees both sides")
    if words & _CAUSAL_NAMES or "gpt" in name.lower():
        return Direction(True, f"{name} is named after what must not see the future")
    return None


def _language_model(trace: Trace, site: AttentionSite) -> Direction | None:
    """Token embedding in and projection to the same vocabulary out, in a file that generates or shifts its labels."""
    if trace.mentions(_MASKED_LM):
        return Direction(False, "the file trains on masked tokens")
    behind = set(ancestors(site.query, lambda _: True, 400)) if site.query is not None else set()
    embeds = [op for op in trace.ops if op.name == "embedding"]
    # Of a model with two vocabularies only that of the tokens that this attention reads says anything of it.
    tables = [(op, as_dim(op.args.get("num"))) for op in [op for op in embeds if op in behind] or embeds]
    heads = [(op, as_dim(op.args.get("out"))) for op in trace.ops if op.name == "linear" and op.index > site.op.index]
    for _, num in tables:
        for _, out in heads:
            if num is None or out is None or equal(num, out) is not Answer.YES or num.value in {1, 2}:
                continue
            if trace.mentions(_GENERATES):
                return Direction(True, "tokens go in, logits over the vocabulary come out, and the file generates text")
            if _shifted(trace) or _trained_on_the_next(trace) or _cuts_pairs(trace):
                return Direction(
                    True, "tokens go in, logits over the vocabulary come out, and the labels are shifted by one"
                )
    return None


def _trained_on_the_next(trace: Trace) -> bool:
    """Whether a loss compares with tokens that were cut from the very tensor that the inputs were cut from."""
    ids = [op.tensor("ids") for op in trace.ops if op.name == "embedding"]
    inputs = {(cut.tensor("x"), cut.site) for t in ids if t is not None for cut in _cuts(t)}
    for op in trace.ops:
        targets = op.tensor("targets") if op.name == "loss" else None
        for cut in _cuts(targets) if targets is not None else ():
            if any(tensor is cut.tensor("x") and site != cut.site for tensor, site in inputs):
                return True
    return False


def _cuts_pairs(trace: Trace) -> bool:
    """Whether all tokens but the last are cut from a tensor, and all but the first from the same one."""
    ends: dict[Tensor, set[tuple[int | None, int | None]]] = {}
    for op in trace.ops:
        tensor, items = op.tensor("x"), op.args.get("items")
        if op.name == "index" and tensor is not None and isinstance(items, Seq):
            cut = [item for item in items.items if isinstance(item, SliceValue)]
            found = {(as_int(one.lower), as_int(one.upper)) for one in cut}
            ends.setdefault(tensor, set()).update(found)
    return any({(None, -1), (1, None)} <= found for found in ends.values())


def _cuts(tensor: Tensor) -> list[OpCall]:
    """The slices that a tensor is, behind what changes its layout."""
    return [op for op in ancestors(tensor, lambda o: o.name in LAYOUT, 20) if op.name == "index"]


def _shifted(trace: Trace) -> bool:
    return trace.says(
        r"\[:, ?1:\]|\[:, ?:-1\]|\[1:\]|shift(?:ed)?[_ ](?:labels|logits|left|right|by)|next[_ ](?:token|char|word)"
    )
