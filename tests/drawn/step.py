"""One step of decoding with a cache: keys and values joined to the earlier ones, or, by mistake, put in their place."""


def cache(body):
    """The lines between the projections and the scores."""
    return functional(body) if body.form.is_function else stateful(body)


def joined(body):
    """Which of keys and values are joined to the earlier ones."""
    n = body.names
    pairs = [(n.k, n.caches[0]), (n.v, n.caches[1])]
    if not body.form.has("cache-loses-history"):
        return pairs
    return body.form.pick("history lost", [], [], pairs[:1])


def stateful(body):
    form, n = body.form, body.names
    axis = 2 if form.layout == "bhsd" else 1
    pairs = joined(body)
    if pairs:
        body.add(f"if self.{n.caches[0]} is not None:")
    for t, kept in pairs:
        body.lines.append(f"    {t} = {body.write.concat([f'self.{kept}', t], axis)}")
    if form.chance("stored in one line", 0.4):
        body.add(f"self.{n.caches[0]}, self.{n.caches[1]} = {n.k}, {n.v}")
    else:
        body.add(f"self.{n.caches[0]} = {n.k}")
        body.add(f"self.{n.caches[1]} = {n.v}")
    if form.chance("attends to the cache"):
        body.keys, body.values = (f"self.{each}" for each in n.caches)


def functional(body):
    """The caches are arguments, and the longer ones are returned."""
    form, n = body.form, body.names
    axis = 2 if form.layout == "bhsd" else 1
    pairs = joined(body)
    for t, kept in zip((n.k, n.v), held(form), strict=True):
        longer = body.write.concat([kept, t], axis)
        body.add(f"{kept} = {longer if t in dict(pairs) else t}")
    body.keys, body.values = held(form)


def held(form):
    """The earlier keys and values, as a function has them that is given them."""
    return ('cache["k"]', 'cache["v"]') if form.keeps_dict else form.names.caches


def caches(form):
    """The arguments that hold them."""
    return ("cache",) if form.keeps_dict else form.names.caches
