"""Heads merged again at the end of a function, or, by mistake, averaged; and what is returned."""

from tests.drawn.body import Folded


def merge(body):
    """Heads side by side again, or, by mistake, averaged."""
    form, n, write = body.form, body.names, body.write
    if not form.has_heads or (form.is_given and not merges_given(body)):
        return
    if form.has("heads-not-concatenated"):
        mistaken_merge(body)
        return
    sizes = merged_sizes(body)
    if form.layout == "bshd":
        body.add(f"{n.context} = {Folded(write).reshape(n.context, *sizes)}", *sizes)
        return
    if form.layout == "folded":
        heads = write.reshape(n.context, n.batch, body.heads, n.time, body.size.strip("()"))
        merged = Folded(write).reshape(write.heads_first(heads), *sizes)
        body.add(f"{n.context} = {merged}", n.batch, n.time, n.width_here)
        return
    merged = flattened(body, write.heads_first(n.context), sizes)
    if form.chance("merged in two", 0.3):
        body.add(f"{n.context} = {write.heads_first(n.context)}", n.batch, n.time, "heads", "d")
        merged = flattened(body, n.context, sizes)
    body.add(f"{n.context} = {merged}", n.batch, n.time, n.width_here)


def flattened(body, t, sizes):
    form, write = body.form, body.write
    if form.framework == "torch":
        joined = f"{t}.contiguous().view({', '.join(sizes)})"
        return form.pick("merge", joined, f"{t}.reshape({', '.join(sizes)})", f"{t}.flatten(2)")
    return write.reshape(t, *sizes)


def merges_given(body):
    return body.form.planted == "heads-not-concatenated"


def merged_sizes(body):
    n = body.names
    if body.form.is_given:
        time = 1 if body.form.layout == "bshd" else 2
        return [f"{n.q}.shape[0]", f"{n.q}.shape[{time}]", "-1"]
    return [n.batch, n.time, body.form.pick("merged width", n.width_here, "-1", n.width_here)]


def mistaken_merge(body):
    n, axis = body.names, 2 if body.form.layout == "bshd" else 1
    how = body.form.pick("merged how", "mean", "sum", "max", "first", "mean")
    if how == "first":
        body.add(f"{n.context} = {n.context}[:, {':, ' * (axis - 1)}0]")
    else:
        body.add(f"{n.context} = {body.write.reduce(how, n.context, axis)}")


def result(body):
    """What is returned."""
    form, n, write = body.form, body.names, body.write
    if form.has_output:
        return write.project(n.projections[3], n.context)
    return n.context
