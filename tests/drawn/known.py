"""What attnlint is known not to find or not to repair yet, told by the choices of a draw; nothing else is excused."""

from dataclasses import replace

from tests.drawn.body import Body
from tests.drawn.masks import late_way, spread
from tests.drawn.step import joined


def known_miss(form):
    """Why the mistake of a form is not found, or nothing."""
    return next((why for why, applies in MISSES.items() if applies(form)), "")


def is_late(form):
    return form.planted == "mask-after-softmax"


def look_ahead(form):
    return is_late(form) and form.mask == "causal" and form.names.causal == "look_ahead_mask"


def unpacked_width(form):
    body = Body(form)
    wide = form.planted == "head-dim-mismatch" and body.mistaken_size() in ("of keys", "of all")
    return wide and body.whole_width() == form.names.width_here


def mistaken_axes(form):
    return spread(Body(replace(form, wrong=True)), "") if form.planted == "mask-shape-mismatch" else None


def query_axis(form):
    return mistaken_axes(form) in ("[:, :, None]", "[:, None, :, None]")


def n_is_the_batch(form):
    return mistaken_axes(form) is not None and form.names.batch == "N"


def kept_on_heads(form):
    return mistaken_axes(form) == "[:, :, None, None]" and not (form.true_is_padding or form.counts_tokens)


def masked_class(form):
    return form.planted == "missing-causal-mask" and not form.is_function and "Masked" in form.title[0]


def product_of_few_axes(form):
    few = form.planted == "wrong-qk-transpose" and form.is_function and form.rank < 4
    return few and (form.shows_shapes or (form.is_given and form.names.batch != "B"))


def projected_by_einsum(form):
    separate = form.framework == "jax" and form.is_function and not (form.is_given or form.is_fused)
    return separate and form.planted == "missing-causal-mask" and "einsum" in Body(form).write.project("", "")


def replaced_arguments(form):
    lost = form.planted == "cache-loses-history" and form.is_function and not form.keeps_dict
    return lost and not joined(Body(replace(form, wrong=True)))


def times_keep(form):
    return is_late(form) and form.mask == "padding" and form.names.padding == "keep" and late_way(form) == "multiplied"


MISSES = {
    "look_ahead_mask is taken for a head_mask, of which weights may be": look_ahead,
    "a width that is unpacked from the input is not told from that of a head": unpacked_width,
    "a mask on the axis of the queries is found only if its name says padding, and without another mask": query_axis,
    "N is taken for the number of tokens, where it is that of the examples": n_is_the_batch,
    "a mask of the tokens on the axis of the heads is missed where `where` keeps": kept_on_heads,
    "no class with Masked in its name is found to lack a mask": masked_class,
    "a right shape in a comment beside a wrong product is believed; axes called b, n mislead": product_of_few_axes,
    "q, k and v that are projected by an einsum each are not seen to be of one input": projected_by_einsum,
    "a cache that a function is given is not seen to be replaced, but where it is a dict": replaced_arguments,
    "a mask called keep is taken for one of dropout where weights are multiplied by it": times_keep,
}


def known_misrepair(form):
    """Why the mistake of a form is not repaired, or wrongly, or nothing."""
    return next((why for why, applies in MISREPAIRS.items() if applies(form)), "")


def written(form):
    return Body(replace(form, wrong=True))


def queries_turned(form):
    body = written(form)
    return form.planted == "wrong-qk-transpose" and body.write.swap(form.names.q) in body.product(form.names.q)


def keys_bare(form):
    if form.planted != "wrong-qk-transpose" or not form.has_heads:
        return False
    product = written(form).product(form.names.q)
    return product.endswith((f"@ {form.names.k}", f", {form.names.k})", f"({form.names.k})"))


def heads_turned_back(form):
    body = written(form)
    turned = body.write.heads_first(form.names.k)
    return form.planted == "wrong-qk-transpose" and form.rank == 4 and turned in body.product(form.names.q)


def values_forgotten(form):
    return form.planted == "cache-loses-history" and len(joined(written(form))) == 1


def lowest_by_where(form):
    if not is_late(form) or late_way(form) != "lowest":
        return False
    return "where" in written(form).write.masked("scores", "blocked", None)


def softmax_of_all(form):
    return form.planted == "softmax-wrong-axis" and form.framework == "numpy" and written(form).of_all()


def size_or_projection(form):
    wrong = written(form).mistaken_size() if form.planted == "head-dim-mismatch" else ""
    return wrong in ("of keys", "of all", "kept", "projection")


MISREPAIRS = {
    "queries transposed in place of the keys are left so": queries_turned,
    "keys without a transpose lose the one that brought their heads forward": keys_bare,
    "a transpose of other axes loses its keys in the repair, which is refused": heads_turned_back,
    "keys that are joined already are joined again where the values are not": values_forgotten,
    "the fill of where() is lost where the mask is moved in front of the softmax": lowest_by_where,
    "a softmax over the whole array is not given its axis in the helper": softmax_of_all,
    "projections are widened to a wrong size of the heads, or left too narrow": size_or_projection,
}
