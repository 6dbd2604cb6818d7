"""The file of a drawn module: imports, a softmax of its own, the class or function, and what is said of it."""

from tests.drawn.body import Body
from tests.drawn.masks import buffer, has_buffer
from tests.drawn.merge import merge, result
from tests.drawn.step import cache, caches

SOFTMAX = tuple(
    "\n    ".join(lines)
    for lines in (
        ("e = np.exp(x - x.max({axis}))", "return e / e.sum({axis})"),
        ("x = x - np.max(x, {axis})", "return np.exp(x) / np.sum(np.exp(x), {axis})"),
        ("x_max = np.max(x, {axis})", "exp_x = np.exp(x - x_max)", "return exp_x / np.sum(exp_x, {axis})"),
    )
)
OF_ALL = "e = np.exp(x - np.max(x))\n    return e / {sum}"
ADDED = "The positions are added to the embeddings."
METHODS = {"torch": "forward", "keras": "call", "mlx": "__call__", "tinygrad": "__call__"}


def source_of(form):
    """The text of the module that a form describes."""
    body = filled(form)
    imports = list(body.write.imports)
    text = "\n".join(body.lines)
    unit = function(form, body) if form.is_function else layer(form, body)
    if "math." in unit:
        imports.insert(0, "import math\n")
    if "rng." in unit:
        imports.append("\nrng = np.random.default_rng(0)")
    helper = softmax_helper(form, body) if form.framework == "numpy" and "softmax(" in text else ""
    return "\n".join(imports) + "\n\n\n" + helper + unit


def filled(form):
    """The lines of the function that attends."""
    body = Body(form)
    if form.kind == "embedded":
        body.embed()
        if form.is_function and form.has_heads:
            body.add(f"{form.names.size} = {form.names.width_here} // {form.names.heads}")
    else:
        body.sizes()
    if not form.is_given:
        body.projections()
    if form.kind == "step":
        cache(body)
    body.scores()
    body.attend()
    merge(body)
    results = [result(body)]
    if form.kind == "step" and form.is_function:
        results += caches(form)
    body.add(f"return {', '.join(results)}")
    return body


def softmax_helper(form, body):
    """A softmax as people write it, with an axis to choose or without."""
    if form.has("softmax-wrong-axis") and body.of_all():
        body_text = OF_ALL.format(sum=form.pick("sum", "e.sum()", "np.sum(e)"))
        return f"def softmax(x):\n    {body_text}\n\n\n"
    text = form.pick("softmax body", *SOFTMAX)
    uses_axis = any("axis=" in line.split("softmax(", 1)[-1] for line in body.lines if "softmax(" in line)
    if uses_axis or form.chance("softmax takes an axis"):
        return f"def softmax(x, axis=-1):\n    {text.format(axis='axis=axis, keepdims=True')}\n\n\n"
    return f"def softmax(x):\n    {text.format(axis='axis=-1, keepdims=True')}\n\n\n"


def parameters(form):
    """The arguments of the function that attends, each with the part that it plays."""
    n = form.names
    if form.is_given:
        found = [(n.q, "q"), (n.k, "k"), (n.v, "v")]
    else:
        found = [("ids", "ids") if form.kind == "embedded" else (n.x, "x")]
    if form.is_function and not form.is_given:
        found += weights(form)
    if form.is_padded:
        found.append((n.padding, "padding"))
    if form.kind == "step" and form.is_function:
        found += [(name, "cache") for name in caches(form)]
    if form.is_function and form.has_heads and not form.is_given:
        found.append((n.heads, "heads"))
    if form.framework == "jax" and found[1][1] == "params" and form.chance("params first", 0.6):
        found[:2] = reversed(found[:2])
    return found


def matrices(form):
    """The names of the projections that a module has, and of the tables."""
    n = form.names
    names = [n.fused] if form.is_fused else list(n.projections[:3])
    names += [n.projections[3]] * form.has_output
    return tables(form) + names


def tables(form):
    if form.kind != "embedded":
        return []
    return list(form.pick("named tables", ("token_emb", "pos_emb"), ("tok_embedding", "position_embedding")))


def weights(form):
    if form.framework == "jax" and form.chance("params", 0.6):
        return [("params", "params")]
    return [(name, name) for name in matrices(form)]


def said(form):
    """What is told of the arguments: the padding mask always, the input where shapes are shown."""
    n = form.names
    told = []
    if form.kind == "step":
        told.append(f"{n.x}: ({n.batch}, 1, {n.width}), the newest token")
    elif form.is_given:
        shape = body_shape(form)
        told.append(f"{n.q}, {n.k}, {n.v}: ({shape})")
    elif form.shows_shapes or needs_rank(form):
        named = "ids" if form.kind == "embedded" else n.x
        axes = (n.batch, n.time, n.width)
        shape = {"flat": axes[1:]}.get(form.layout, axes[:2] if form.kind == "embedded" else axes)
        told.append(f"{named}: ({', '.join(shape)})")
    if form.is_function and form.planted in ("head-dim-mismatch", "concatenated-positions"):
        told += of_matrices(form)
    elif form.framework == "keras" and form.kind == "embedded":
        told.append(ADDED)  # a Dense takes whatever width there is
    if form.is_padded:
        meaning = form.pick("true means padding", "True on padding", "True where there is no token")
        if form.counts_tokens:
            meaning = form.pick("one means token", "1 for real tokens, 0 for padding", "0 on padding")
        elif not form.true_is_padding:
            where = "True where there is a token, False on padding"
            meaning = form.pick("true means token", "True for real tokens", where)
        told.append(f"{n.padding}: ({n.batch}, {n.time}), {meaning}")
    return told


def needs_rank(form):
    """Whether a mistake is one only for a batch, of which nothing else in the file would tell."""
    return form.planted in ("wrong-qk-transpose", "mask-shape-mismatch") and form.layout == "single"


def of_matrices(form):
    """What is said of the matrices that a function takes; of a dict of them, that positions are added."""
    n, held = form.names, ", ".join(matrices(form)[len(tables(form)) :])
    if form.is_fused:
        held = f"{n.fused}: ({n.width}, 3 * {n.width})"
        held += f"; {n.projections[3]}: ({n.width}, {n.width})" * form.has_output
    else:
        held += f": ({n.width}, {n.width})"
    if weights(form)[0][0] == "params":
        return [ADDED] if form.kind == "embedded" else [f"params: {held}"]
    if form.kind == "embedded":
        held = f"{tables(form)[0]}: (vocab_size, {n.width}), {tables(form)[1]}: (max_len, {n.width}); {held}"
    return held.split("; ")


def body_shape(form):
    n = form.names
    d = form.pick("size said", "head_dim", "d_k", "d")
    shapes = {
        "flat": (n.time, d),
        "single": (n.batch, n.time, d),
        "bhsd": (n.batch, "heads", n.time, d),
        "bshd": (n.batch, n.time, "heads", d),
    }
    return ", ".join(shapes[form.layout])


def docstring(text, told, indent):
    """A docstring of a sentence and of lines on the arguments."""
    pad = " " * indent
    if text and told:
        lines = "".join(f"{pad}{line}\n" for line in told)
        return f'{pad}"""{text}\n\n{lines}{pad}"""\n'
    if text or told:
        return f'{pad}"""{text or "; ".join(told)}"""\n'
    return ""


def function(form, body):
    name, text = form.title
    if form.kind == "step":
        name = form.word("step")
    told = said(form)
    arguments = ", ".join(each for each, _ in parameters(form))
    lines = "".join(f"    {line}\n" for line in body.lines)
    return f"def {name}({arguments}):\n{docstring(text, told, 4)}{lines}"


def method_of(form):
    if form.kind == "step":
        return form.word("step")
    return METHODS.get(form.framework) or form.pick("method", "forward", "__call__")


def layer(form, body):
    """A class that holds its projections."""
    name, text = form.title
    base = {"torch": "(nn.Module)", "mlx": "(nn.Module)", "keras": "(layers.Layer)"}.get(form.framework, "")
    arguments = ", ".join(each for each, _ in parameters(form))
    told, comments = said(form), ""
    method = docstring("", told, 8)
    if form.chance("told in a comment") and form.kind == "layer":
        method, comments = "", "".join(f"        # {line}\n" for line in told)
    lines = "".join(f"        {line}\n" for line in body.lines)
    made = "".join(f"        {line}\n" for line in constructor(form, body))
    return (
        f"class {name}{base}:\n{docstring(text, [], 4)}{chr(10) if text else ''}"
        f"    def __init__(self, {', '.join(each for each, _ in init_parameters(form))}):\n{made}\n"
        f"    def {method_of(form)}(self, {arguments}):\n{method}{comments}{lines}"
    )


def init_parameters(form):
    n = form.names
    found = [("vocab_size", "vocab")] if form.kind == "embedded" else []
    found.append((n.width, "width"))
    if form.has_heads:
        found.append((n.heads, "heads"))
    if form.kind == "embedded" or has_buffer(form):
        found.append(("max_len" if form.chance("length given") else "max_len=64", "length"))
    if form.has_dropout:
        found.append(("dropout=0.0", "dropout"))
    return sorted(found, key=lambda each: "=" in each[0])


def constructor(form, body):
    """The lines of __init__: sizes, projections, tables, masks and caches."""
    n, write = form.names, body.write
    if form.framework in ("torch", "keras", "mlx"):
        yield "super().__init__()"
    size = f"{n.width} // {n.heads}"
    mistaken = body.mistaken_size() if form.has("head-dim-mismatch") else ""
    if form.keeps_width:
        yield f"self.{n.width} = {n.width}"
    if form.has_heads:
        yield f"self.{n.heads} = {n.heads}"
        if form.size_is_kept:
            yield f"self.{n.size} = {n.width if mistaken == 'kept' else size}"
    known = f"self.{n.size}" if form.size_is_kept else f"({size})"
    if body.keeps_scale():
        of = known if form.has_heads else n.width
        root = body.write.root_of(of) if form.framework != "keras" else f"{of} ** 0.5"
        scales = [f"self.scale = {of} ** -0.5", f"self.scale = 1 / {root}"]
        yield f"self.sqrt_d = {root}" if "sqrt_d" in body.scale() else form.pick("scale made", *scales)
    for name in tables(form):
        yield write.table(name, "vocab_size" if name.startswith("tok") else "max_len", n.width)
    yield from projections(form, write, mistaken, known)
    if form.has_dropout:
        made = {"torch": "nn.Dropout", "mlx": "nn.Dropout", "keras": "layers.Dropout"}[form.framework]
        yield f"self.{form.pick('dropout', 'dropout', 'attn_dropout', 'drop')} = {made}(dropout)"
    if form.framework in ("torch", "keras") and write.softmax_is_layer():
        wrong = form.has("softmax-wrong-axis")
        yield f"self.softmax = {write.softmax_layer(body.mistaken_axis() if wrong else -1)}"
    if has_buffer(form):
        yield buffer(form, body)
    if form.kind == "step":
        yield from (f"self.{each} = None" for each in n.caches)


def projections(form, write, mistaken, known):
    n = form.names
    if form.is_fused:
        yield write.linear(n.fused, n.width, f"3 * {n.width}")
    else:
        for place, name in enumerate(n.projections[:3]):
            yield write.linear(name, n.width, known if mistaken == "projection" and place == 1 else n.width)
    if form.has_output:
        yield write.linear(n.projections[3], known if mistaken == "output" else n.width, n.width)
