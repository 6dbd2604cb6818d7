"""The lines of a function that attends: projections, heads, scores, masks, softmax, context and merge."""

from tests.drawn.masks import causal, padding
from tests.drawn.other_words import DIALECTS

HEADS_LAST = "bqhd,bkhd->bhqk", "bhqk,bkhd->bqhd"
HEADS_FIRST = "bhqd,bhkd->bhqk", "bhqk,bhkd->bhqd"
NO_HEADS = "bqd,bkd->bqk", "bqk,bkd->bqd"
FLAT = "qd,kd->qk", "qk,kd->qd"
EQUATIONS = {"bshd": HEADS_LAST, "bhsd": HEADS_FIRST, "single": NO_HEADS, "folded": NO_HEADS, "flat": FLAT}
LETTERS = str.maketrans({"q": "i", "k": "j"})


class Body:
    """Writes the lines of one form, in the framework's spelling."""

    def __init__(self, form):
        self.form, self.names = form, form.names
        self.write = DIALECTS[form.framework](form)
        self.keys, self.values = form.names.k, form.names.v
        self.lines = []

    def add(self, line, *shape):
        """One line, and behind it now and then the shape of what it makes."""
        shown = shape and self.form.shows_shapes and self.form.chance(f"shape of {line}", 0.7)
        self.lines.append(f"{line}  # ({', '.join(shape)})" if shown else line)

    def equation(self, which):
        equation = EQUATIONS[self.form.layout][which]
        return self.form.pick("letters", equation, equation.translate(LETTERS))

    @property
    def own(self):
        """How the attributes are reached."""
        return "" if self.form.is_function else "self."

    @property
    def heads(self):
        return self.own + self.names.heads

    @property
    def size(self):
        """The size of a head, as this place knows it."""
        if not self.form.has_heads or self.form.is_given:
            return f"{self.names.q}.shape[-1]"
        if self.form.size_is_kept or self.form.is_function:
            return self.own + self.names.size
        return f"({self.names.width_here} // {self.heads})"

    def shapes(self):
        """The shapes of q, of the scores, and of the context, for comments."""
        n = self.names
        of = {
            "flat": ((n.time, n.width_here), (n.time, n.time)),
            "single": ((n.batch, n.time, n.width_here), (n.batch, n.time, n.time)),
            "folded": ((f"{n.batch} * heads", n.time, "d"), (f"{n.batch} * heads", n.time, n.time)),
            "bhsd": ((n.batch, "heads", n.time, "d"), (n.batch, "heads", n.time, n.time)),
            "bshd": ((n.batch, n.time, "heads", "d"), (n.batch, "heads", n.time, n.time)),
        }
        return of[self.form.layout]

    def rows(self):
        """The axes of the input before its features."""
        return (self.names.time,) if self.form.layout == "flat" else (self.names.batch, self.names.time)

    def sizes(self):
        """The unpacked shape of the input, where a later line needs it."""
        form, n = self.form, self.names
        if form.is_given:
            if form.is_causal:
                self.add(f"{n.time} = {n.q}.shape[{1 if form.layout == 'bshd' else -2}]")
        elif form.has_heads or form.is_causal or form.kind == "embedded":
            named = [n.time, n.width_here] if form.layout == "flat" else [n.batch, n.time, n.width_here]
            self.add(f"{', '.join(named)} = {self.write.shape(n.x)}")
        if form.is_function and form.has_heads and not form.is_given:
            self.add(f"{n.size} = {n.width_here} // {n.heads}")

    def embed(self):
        """Tokens and positions: added, or beside each other by mistake."""
        form, n, write = self.form, self.names, self.write
        named = form.pick("named tables", ("token_emb", "pos_emb"), ("tok_embedding", "position_embedding"))
        self.add(f"{n.x} = {write.look_up(named[0], 'ids')}", n.batch, n.time, n.width_here)
        self.add(f"{n.batch}, {n.time}, {n.width_here} = {write.shape(n.x)}")
        self.add(f"positions = {write.places(named[1], n.time, n.x)}", n.time, n.width_here)
        if form.has("concatenated-positions"):
            spread = write.spread("positions", n.x)
            self.add(f"{n.x} = {write.concat([n.x, spread], form.pick('last', -1, -1, 2))}")
        else:
            self.add(f"{n.x} = {n.x} + positions", n.batch, n.time, n.width_here)

    def projections(self):
        """q, k and v of the input, split into heads."""
        form, n, write = self.form, self.names, self.write
        if form.is_fused:
            how = form.pick("fused how", "line", "two lines")
            cut = write.cut(write.project(n.fused, n.x) if how == "line" else "qkv")
            if how != "line":
                self.add(f"qkv = {write.project(n.fused, n.x)}", *self.rows(), f"3 * {n.width_here}")
            self.add(f"{n.q}, {n.k}, {n.v} = {cut}")
            self.split_each({t: t for t in (n.q, n.k, n.v)})
            return
        made = {t: write.project(p, n.x) for t, p in zip((n.q, n.k, n.v), n.projections, strict=False)}
        if form.layout in ("flat", "single") or form.chance("split later", 0.4):
            if form.chance("in one line", 0.25):
                self.add(f"{', '.join(made)} = {', '.join(made.values())}")
            else:
                for t, of in made.items():
                    self.add(f"{t} = {of}", *self.rows(), n.width_here)
            made = {t: t for t in made}
        self.split_each(made)

    def split_each(self, made):
        """Heads cut from each of three expressions, which are bound to their names."""
        form, n = self.form, self.names
        if not form.has_heads:
            return
        if form.has("head-dim-mismatch") and self.mistaken_size() == "of keys":
            for t, of in made.items():
                self.add(f"{t} = {self.split(of, self.whole_width() if t == n.k else None)}")
            return
        if all(t == of for t, of in made.items()) and form.chance("split in one", 0.3):
            kind = form.pick("split in", "tuple", "list")
            each = f"{self.split('t')} for t in ({', '.join(made)})"
            self.add(f"{', '.join(made)} = {f'({each})' if kind == 'tuple' else f'[{each}]'}")
            return
        for t, of in made.items():
            self.add(f"{t} = {self.split(of)}", *self.shapes()[0])

    def split(self, t, size=None):
        form, n, write = self.form, self.names, self.write
        if size is None:
            all_wrong = form.has("head-dim-mismatch") and self.mistaken_size() == "of all"
            size = self.whole_width() if all_wrong else self.size
            if size.startswith("("):
                size = size[1:-1]
        cut = write.reshape(t, n.batch, n.time, self.heads, size)
        if form.layout == "bshd":
            return cut
        cut = write.heads_first(cut)
        if form.layout == "bhsd":
            return cut
        return Folded(write).reshape(cut, f"{n.batch} * {self.heads}", n.time, size)

    def whole_width(self):
        """The width of the model, where that of a head belongs."""
        kept = self.form.planted == "head-dim-mismatch" and self.form.keeps_width
        return f"self.{self.names.width}" if kept else self.names.width_here

    def mistaken_size(self):
        """Which size of a head is the wrong one."""
        where = ["of keys", "of all"] + ["projection", "output", "kept"] * (not self.form.is_function)
        # Of Keras' layers only the width that comes out is said, so that none can be wrong about what goes in.
        if "output" in where and not (self.form.has_output and self.form.framework != "keras"):
            where.remove("output")
        return self.form.pick("mistaken size", *where)

    def scores(self):
        """The product of q and k, and its scale before, beside or behind it."""
        form, n = self.form, self.names
        unscaled = form.has("missing-scale")
        where = form.pick("scale where", "beside", "beside", "behind", "before")
        scale = self.scale()
        q = n.q
        if where == "before" and not unscaled:
            if form.chance("q scaled in place", 0.6):
                self.add(f"{q} = {q} {scale}")
            else:
                q = f"({q} {scale})"
        product = self.product(q)
        if where == "beside" and not unscaled:
            product = f"{product} {scale}"
        self.add(f"{n.scores} = {product}", *self.shapes()[1])
        if where == "behind" and not unscaled:
            plain = f"{n.scores} = {n.scores} {scale}"
            self.add(form.pick("scaled", plain, f"{n.scores} {scale[0]}= {scale[2:]}"))

    def product(self, q):
        form, write = self.form, self.write
        if form.has("wrong-qk-transpose"):
            return self.mistaken_product(q)
        if form.product == "einsum":
            return write.einsum(self.equation(0), q, self.keys)
        return write.matmul(q, write.swap(self.keys))

    def mistaken_product(self, q):
        """Keys not transposed, other axes exchanged, or the queries transposed."""
        write = self.write
        wrong = [write.matmul(q, self.keys), write.matmul(write.swap(q), self.keys)]
        if self.form.rank == 4:
            wrong.append(write.matmul(q, write.heads_first(self.keys)))
        if self.form.rank > 2 and self.form.framework in ("numpy", "jax", "torch", "mlx"):
            wrong.append(write.matmul(q, f"{self.keys}.T"))
        return self.form.pick("mistaken product", *wrong)

    def scale(self):
        """Times or by something, as it stands behind a product."""
        form, size = self.form, self.size
        root = f"/ {self.write.root_of(size.strip('()'))}"
        options = [root, f"/ {size} ** 0.5", f"* {size} ** -0.5", f"* ({size} ** -0.5)"]
        if self.keeps_scale():
            return form.pick("scale kept", f"* {self.own}scale", f"* {self.own}scale", f"/ {self.own}sqrt_d")
        return form.pick("scale", root, *options)

    def keeps_scale(self):
        form = self.form
        return not form.is_function and form.chance("scale is kept", 0.4)

    def attend(self):
        """Masks, softmax and dropout, and the values mixed."""
        form, n, write = self.form, self.names, self.write
        weights = n.weights if form.chance("weights renamed", 0.7) else n.scores
        late = form.has("mask-after-softmax")
        if not late:
            self.masks(n.scores, late=False)
        self.add(f"{weights} = {self.softmax(n.scores)}", *self.shapes()[1])
        if late:
            self.masks(weights, late=True)
        if form.has_dropout:
            self.add(f"{weights} = self.{form.pick('dropout', 'dropout', 'attn_dropout', 'drop')}({weights})")
        if form.product == "einsum":
            mixed = write.einsum(self.equation(1), weights, self.values)
        else:
            mixed = write.matmul(weights, self.values)
        self.add(f"{n.context} = {mixed}", *self.shapes()[0])

    def softmax(self, scores):
        form = self.form
        if not form.has("softmax-wrong-axis"):
            return self.write.softmax(scores, -1)
        if self.of_all():
            return self.write.softmax_of_all(scores)
        return self.write.softmax(scores, self.mistaken_axis())

    def of_all(self):
        """Whether the mistaken softmax is one over the whole array."""
        form = self.form
        return form.framework in ("numpy", "mlx") and form.chance("softmax of all", 0.3)

    def mistaken_axis(self):
        options = {2: (0, -2), 3: (1, -2, 0, 1), 4: (-2, 1, 2, -2, 0)}[self.form.rank]
        return self.form.pick("mistaken axis", *options)

    def masks(self, scores, late):
        if self.form.is_causal and not self.form.has("missing-causal-mask"):
            causal(self, scores, late)
        elif self.form.is_causal and self.form.chance("mask left unused", 0.3):
            causal(self, scores, late, unused=True)
        if self.form.is_padded:
            padding(self, scores, late)


class Folded:
    """A reshape of what was transposed, for which PyTorch has no view."""

    def __init__(self, write):
        self.write = write

    def reshape(self, t, *sizes):
        before, _, after = self.write.reshape(t, *sizes).rpartition(".view(")
        return f"{before}.reshape({after}" if before else after
