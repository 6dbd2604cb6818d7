"""A causal mask where there is none: a word to the fused call, a mask for the library's layer, or one on the scores."""

from __future__ import annotations

import re

from attnlint import frameworks
from attnlint.attention.masks import classify
from attnlint.attention.places import place_in
from attnlint.attention.sites import AttentionSite
from attnlint.diagnostic import Applicability, Fix
from attnlint.frameworks.spelling import Parameter
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.names import is_cache_name
from attnlint.repair import calls, tree, words
from attnlint.repair.draft import Draft
from attnlint.repair.wanted import if_wanted
from attnlint.tensor import Tensor
from attnlint.values import Layer, as_bool

_FREE_NAMES = ("scores", "attn_scores", "attention_scores", "masked_scores")
_JOINS = re.compile(r"\b(?:cat|concat|concatenate|update|append)\(")
_MASKS = ("attn_mask", "mask", "tgt_mask")


@if_wanted
def blocked(site: AttentionSite) -> Fix | None:
    """The attention with a causal mask; what the author meant is not certain, so that the fix is unsafe."""
    draft = Draft(site.trace)
    certainty = Applicability.DISPLAY if _serves_others(site) else Applicability.UNSAFE
    if site.kind == "written":
        _on_scores(draft, site)
        return draft.fix("mask what comes later", certainty)
    call = calls.call_at(site.op.site)
    if call is None:
        return None
    params = _parameters(draft, site, call)
    flag = next((each for each in params if each.name in {"is_causal", "use_causal_mask"}), None)
    if flag is not None and not _is_torch_layer(site):
        calls.give(draft, call, flag.keywords, _position(params, flag), "True")
        return draft.fix(f"make the call causal: {flag.keywords[0]}=True", certainty)
    mask = next((each for each in params if each.name in _MASKS), None)
    text = _mask_of(draft, site, call) if mask is not None else ""
    if mask is None or not text:
        return None
    calls.give(draft, call, mask.keywords, _position(params, mask), text)
    return draft.fix("give it a causal mask", certainty)


def _serves_others(site: AttentionSite) -> bool:
    """Whether an attention is used in several places, or with a cache: then not all of it must be made causal."""
    frame = site.op.frame
    if any(is_cache_name(name) for each in frame.stack for name in each.params):
        return True
    function = tree.function(site.op.site)
    if function is not None and _JOINS.search(tree.source(function)):
        # Keys that are joined with others may be those of earlier steps.
        return True
    return words.calls_of(site.trace.text_of(site.op.site), frame.owner or frame.name) > 1


def _position(params: tuple[Parameter, ...], wanted: Parameter) -> int:
    """The place of a parameter among a call's arguments, the array that a method belongs to left out."""
    places = [each for each in params if each.name != "self"]
    first = params[0].keywords if params else ()
    return places.index(wanted) - (first == ("self",))


def _is_torch_layer(site: AttentionSite) -> bool:
    return site.kind == "layer" and _library(site) == "torch"


def _library(site: AttentionSite) -> str:
    tensors = (*site.op.inputs, site.op.output, *site.op.outputs)
    return next((t.library for t in tensors if isinstance(t, Tensor) and t.library), "")


def _parameters(draft: Draft, site: AttentionSite, call: Site) -> tuple[Parameter, ...]:
    """What the library's function, method or layer takes."""
    layer = site.op.notes.get("layer")
    if not isinstance(layer, Layer):
        layer = next((each for each in site.op.args.values() if isinstance(each, Layer) and each.site), None)
    if isinstance(layer, Layer):
        made = frameworks.layer(layer.dotted)
        return made.call if made is not None else ()
    spelling = frameworks.function(site.op.spelling)
    if spelling is None and calls.is_method(draft, call):
        spelling = frameworks.method(_library(site), calls.function_name(call))
    return spelling.params if spelling is not None else ()


def _mask_of(draft: Draft, site: AttentionSite, call: Site) -> str:
    """A causal mask for a call that takes one."""
    given = calls.positional(call) or [v for n in ("query", "queries", "inputs_q") if (v := calls.of_keyword(call, n))]
    if not given or not tree.simple(given[0]):
        return ""
    x, library = tree.source(given[0]), _library(site)
    if library == "mlx" and site.kind == "fused":
        return '"causal"'
    if library == "mlx":
        layer = draft.local("mlx.nn.MultiHeadAttention", call)
        return f"{layer}.create_additive_causal_mask({x}.shape[1])" if layer else ""
    if library == "jax":
        make = draft.local("flax.linen.make_causal_mask", call) or draft.local("flax.nnx.make_causal_mask", call)
        return f"{make}({x}[..., 0{', 0' if site.kind == 'fused' else ''}])" if make else ""
    if library == "torch":
        layer = draft.local("torch.nn.Transformer", call)
        axis = 0 if as_bool(site.op.args.get("batch_first")) is False else 1
        return f"{layer}.generate_square_subsequent_mask({x}.size({axis}), device={x}.device)" if layer else ""
    return ""


def _on_scores(draft: Draft, site: AttentionSite) -> None:
    softmax = site.softmax
    assert softmax is not None
    how = writing(draft.library(softmax.op.site, softmax.weights, softmax.scores))
    place = place_in(softmax.op, site.product.frame if site.product is not None else softmax.op.frame)
    call = calls.call_at(place)
    if not how.future:
        return
    # A softmax that is written out has no call, unless it stands in a function of its own.
    is_call = call is not None and (not softmax.written or place != softmax.op.site)
    given = calls.arguments(draft, call) if call is not None and is_call else []
    if given and call is not None and (statement := tree.statement(call)) is not None:
        scores = given[0]
        name = tree.source(scores)
        if tree.is_deferred(scores):
            draft.is_refused = True
        if not name.isidentifier() or tree.is_read_after(statement, name):
            name = _free_name(call)
            draft.before(statement, f"{name} = {name_of(scores)}")
            draft.replace(scores, name)
        draft.before(statement, f"{name} = {_masked(draft, site, name, call)}")
        return
    bound = [b for b in site.trace.bindings if b.value is softmax.scores and b.name.isidentifier()]
    statement = tree.statement(bound[-1].site) if bound else None
    if statement is not None:
        draft.after(statement, f"{bound[-1].name} = {_masked(draft, site, bound[-1].name, statement)}")


def name_of(scores: Site) -> str:
    """An expression as the value of a name: one that stands in brackets over several lines keeps some."""
    text = tree.source(scores)
    return f"({text})" if "\n" in text else text


def _free_name(call: Site) -> str:
    used = tree.names_around(call)
    return next((name for name in _FREE_NAMES if name not in used), _FREE_NAMES[-1])


def _masked(draft: Draft, site: AttentionSite, name: str, place: Site) -> str:
    """The scores of that name with what comes later blocked: by the mask that the author has made, where one is."""
    softmax = site.softmax
    assert softmax is not None
    how = writing(draft.library(place, softmax.weights, softmax.scores))
    blocked = _own(site, name) or draft.written(how.future, how, place, x=name)
    return draft.written(how.masked, how, place, x=name, blocked=blocked, fill=f"{name}.dtype.min")


def _own(site: AttentionSite, name: str) -> str:
    """A lower triangle of ones that the object keeps and nothing uses, cut to the scores, as what it hides."""
    for cell in site.trace.cells:
        made = cell.new.op if isinstance(cell.new, Tensor) else None
        if made is None or made.name not in {"tril", "tri"} or cell.frame.owner != site.op.frame.owner:
            continue
        tensor = cell.new
        if isinstance(tensor, Tensor) and tensor.rank == 2 and classify(tensor).causal and not site.trace.uses(tensor):
            return f"self.{cell.name}[:{name}.shape[-2], :{name}.shape[-1]] == 0"
    return ""
