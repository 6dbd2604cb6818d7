"""How NumPy and JAX spell the steps of attention, in one of the ways that people do; every method gives text."""

SWAPS = {3: "0, 2, 1", 4: "0, 1, 3, 2"}


def atom(text):
    """An expression that a dot may follow."""
    depth = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and letter in " -+*/@":
            return f"({text})"
    return text


class Numpy:
    """NumPy's words, and where the others have the same ones theirs."""

    imports = ("import numpy as np",)
    needs_math = False
    space = "np"
    axis = "axis"
    root = "np.sqrt"
    lowest = ("-np.inf", "-1e9", 'float("-inf")')

    def __init__(self, form):
        self.form = form

    def call(self, function, *arguments):
        return f"{self.space}.{function}({', '.join(arguments)})"

    def root_of(self, size):
        return f"{self.root}({size})"

    def minus_infinity(self):
        return self.form.pick("lowest", *self.lowest)

    def matmul(self, a, b, key="product"):
        product = self.form.pick(key, "@", "@", "matmul") if key != "product" else self.form.product
        return f"{atom(a)} @ {atom(b)}" if product == "@" else self.call("matmul", a, b)

    def einsum(self, equation, *operands):
        return self.call("einsum", f'"{equation}"', *operands)

    def swap(self, t, key="swap"):
        """With the last two axes exchanged."""
        rank = self.form.rank
        if rank == 2:
            return f"{atom(t)}.T"
        spellings = (f"{atom(t)}.swapaxes(-1, -2)", f"np.swapaxes({t}, -1, -2)", self.permute(t, SWAPS[rank]))
        return self.form.pick(key, *spellings)

    def permute(self, t, axes):
        return f"{atom(t)}.transpose({axes})"

    def heads_first(self, t):
        """From (batch, time, heads, size) to (batch, heads, time, size), or back."""
        return self.permute(t, "0, 2, 1, 3")

    def reshape(self, t, *sizes):
        return f"{atom(t)}.reshape({', '.join(sizes)})"

    def concat(self, parts, axis):
        return self.call("concatenate", f"[{', '.join(parts)}]", f"{self.axis}={axis}")

    def cut(self, t):
        """Three tensors, cut along the features."""
        return self.call("split", t, "3", f"{self.axis}=-1")

    def shape(self, t):
        return f"{t}.shape"

    def reduce(self, how, t, axis):
        return self.form.pick("reduced", f"{t}.{how}({self.axis}={axis})", self.call(how, t, f"{self.axis}={axis}"))

    def where(self, condition, yes, no):
        return self.call("where", condition, yes, no)

    def masked(self, scores, blocked, keep):
        """Scores that are -inf where `blocked`, or where not `keep`; one of the two is not None."""
        if keep is not None:
            return self.where(keep, scores, self.minus_infinity())
        return self.where(blocked, self.minus_infinity(), scores)

    def lower(self, size):
        return self.call("tril", self.call("ones", f"({size}, {size})"))

    def upper(self, size):
        ones = self.call("ones", f"({size}, {size})", f"dtype={self.boolean}")
        return self.call("triu", ones, self.diagonal)

    boolean = "bool"
    diagonal = "k=1"

    def additive(self, size):
        ones = self.call("ones", f"({size}, {size})")
        full = self.call("full", f"({size}, {size})", self.lowest[0])
        spellings = (f"{self.call('triu', ones, self.diagonal)} * -1e9", self.call("triu", full, self.diagonal))
        return self.form.pick("additive", *spellings)

    def number(self, mask):
        """A boolean mask as numbers, to multiply with."""
        return mask

    def softmax(self, t, axis):
        if self.form.planted == "softmax-wrong-axis" or self.form.chance("axis said", 0.6):
            return f"softmax({t}, axis={axis})"
        return f"softmax({t})"

    def softmax_of_all(self, t):
        return f"softmax({t})"

    def project(self, name, x):
        """x times a matrix, which is an attribute or an argument."""
        matrix = name if self.form.is_function else f"self.{name}"
        return self.form.pick("projection", f"{x} @ {matrix}", f"{x} @ {matrix}", self.call("dot", x, matrix))

    def linear(self, name, inside, outside):
        made = (
            f"np.random.randn({inside}, {outside}) / np.sqrt({inside})",
            f"rng.normal(0, 0.02, ({inside}, {outside}))",
        )
        return f"self.{name} = {self.form.pick('matrix', *made)}"

    def table(self, name, count, width):
        return f"self.{name} = np.random.randn({count}, {width}) * 0.02"

    def look_up(self, name, ids):
        return f"{self.held(name)}[{ids}]"

    def held(self, name):
        return name if self.form.is_function else f"self.{name}"

    def places(self, name, size, x):
        """The first rows of the table of positions."""
        return f"{self.held(name)}[:{size}]"

    def spread(self, places, x):
        """Positions for each example of the batch."""
        return self.call("broadcast_to", places, f"{x}.shape")


class Jax(Numpy):
    imports = ("import jax", "import jax.numpy as jnp")
    space = "jnp"
    root = "jnp.sqrt"
    lowest = ("-jnp.inf", "-1e9", "-1e30")

    def swap(self, t, key="swap"):
        rank = self.form.rank
        if rank == 2:
            return f"{atom(t)}.T"
        spellings = (f"{atom(t)}.swapaxes(-1, -2)", f"jnp.swapaxes({t}, -1, -2)", f"{atom(t)}.mT")
        return self.form.pick(key, *spellings, self.permute(t, SWAPS[rank]))

    def softmax(self, t, axis):
        return f"jax.nn.softmax({t}, axis={axis})"

    def project(self, name, x):
        matrix = self.held(name)
        spellings = [f"{x} @ {matrix}", f"jnp.dot({x}, {matrix})"]
        if self.form.rank != 2 and self.form.kind != "embedded":
            spellings.append(f'jnp.einsum("btd,de->bte", {x}, {matrix})')
        return self.form.pick("projection", *spellings)

    def held(self, name):
        return f'params["{name}"]' if self.form.chance("params", 0.6) else name
