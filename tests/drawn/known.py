"""What attnlint is known not to find yet, told by the choices of a draw; nothing else is excused."""

from dataclasses import replace

from tests.drawn.body import Body
from tests.drawn.masks import late_way
from tests.drawn.step import joined


def known_miss(form):
    """Why the mistake of a form is not found, or nothing."""
    return next((why for why, applies in MISSES.items() if applies(form)), "")


def is_late(form):
    return form.planted == "mask-after-softmax"


def unpacked_width(form):
    body = Body(form)
    wide = form.planted == "head-dim-mismatch" and body.mistaken_size() in ("of keys", "of all")
    return wide and body.whole_width() == form.names.width_here


def replaced_arguments(form):
    lost = form.planted == "cache-loses-history" and form.is_function and not form.keeps_dict
    return lost and not joined(Body(replace(form, wrong=True)))


def times_keep(form):
    return is_late(form) and form.mask == "padding" and form.names.padding == "keep" and late_way(form) == "multiplied"


MISSES = {
    "a width that is unpacked from the input is not told from that of a head": unpacked_width,
    "a cache that a function is given is not seen to be replaced, but where it is a dict": replaced_arguments,
    "a mask called keep is taken for one of dropout where weights are multiplied by it": times_keep,
}
