"""The masks of a drawn module: made in place or taken from the caller, applied to scores or, by mistake, to weights."""


def causal(body, scores, late, unused=False):
    """The lines that hide the future, or only make the mask for it."""
    form, n, write = body.form, body.names, body.write
    made = getattr(write, form.mask_style)(n.time)
    name = n.causal
    buffered = has_buffer(form)
    if buffered:
        name = form.pick("buffered", f"self.{name}[:{n.time}, :{n.time}]", name)
    if not buffered or name == n.causal:
        self_made = f"self.{name}[:{n.time}, :{n.time}]" if buffered else made
        body.add(f"{n.causal} = {self_made}", n.time, n.time)
    if unused:
        return
    if form.mask_style == "additive":
        body.add(form.pick("added", f"{scores} = {scores} + {name}", f"{scores} += {name}"))
        return
    blocked = f"{name} == 0" if form.mask_style == "lower" else name
    apply(body, scores, late, blocked, None, name if form.mask_style == "lower" else None)


def has_buffer(form):
    """Whether the mask is made once, in the constructor."""
    return form.framework == "torch" and not form.is_function and form.is_causal and form.chance("buffer", 0.4)


def buffer(form, body):
    """The constructor's line for it."""
    name, size = form.names.causal, "max_len"
    made = getattr(body.write, form.mask_style)(size).replace(f", device={form.names.q}.device", "")
    return f'self.register_buffer("{name}", {made})'


def padding(body, scores, late):
    """The lines that hide the padding, on the axis of the keys or, by mistake, on another one."""
    form, n = body.form, body.names
    mask = spread(body, n.padding)
    if form.true_is_padding:
        apply(body, scores, late, mask, None, None)
    elif form.counts_tokens:
        apply(body, scores, late, f"{mask} == 0", None, mask)
    else:
        apply(body, scores, late, None, mask, mask)


def spread(body, mask):
    """A mask of (batch, keys) for the axes of the scores."""
    form = body.form
    torch = form.framework in ("torch", "tinygrad") and form.chance("unsqueezed", 0.4)
    if form.has("mask-shape-mismatch"):
        wrong = ("[:, None, :]", "[:, None, :, None]", "[:, :, None, None]", "")
        return mask + form.pick("mistaken axes", *(wrong if form.rank == 4 else ("[:, :, None]", "")))
    if torch:
        return mask + (".unsqueeze(1)" if form.rank == 3 else ".unsqueeze(1).unsqueeze(2)")
    axes = "[:, None, :]" if form.rank == 3 else "[:, None, None, :]"
    return mask + (axes.replace("None", "np.newaxis") if form.framework == "numpy" and form.chance("newaxis") else axes)


def apply(body, scores, late, blocked, keep, ones):
    """`ones`: a mask of 1 and 0, where there is one to multiply with."""
    form, write = body.form, body.write
    if not late:
        body.add(f"{scores} = {write.masked(scores, blocked, keep)}")
        return
    how = late_way(form)
    if how == "multiplied" and ones is not None:
        body.add(f"{scores} = {scores} * {write.number(ones)}")
    elif how == "lowest":
        body.add(f"{scores} = {write.masked(scores, blocked, keep)}")
    elif form.framework == "torch":
        body.add(f"{scores} = {scores}.masked_fill({blocked if blocked is not None else f'~{keep}'}, 0.0)")
    elif keep is not None:
        body.add(f"{scores} = {write.where(keep, scores, '0.0')}")
    else:
        body.add(f"{scores} = {write.where(blocked, '0.0', scores)}")


def late_way(form):
    """How weights are masked that should have been masked as scores."""
    return form.pick("late", "zero", "multiplied", "zero", "lowest")
