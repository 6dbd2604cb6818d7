"""How PyTorch spells the steps of attention."""

from tests.drawn.dialects import SWAPS, Numpy, atom


class Torch(Numpy):
    imports = ("import torch", "import torch.nn as nn", "import torch.nn.functional as F")
    needs_math = True
    space = "torch"
    axis = "dim"
    root = "math.sqrt"
    lowest = ('float("-inf")', "-1e9", '-float("inf")', "-torch.inf")
    boolean = "torch.bool"
    diagonal = "diagonal=1"

    def matmul(self, a, b, key="product"):
        product = self.form.product if key == "product" else self.form.pick(key, "@", "@", "matmul")
        if product == "bmm" and key == "product":
            return f"torch.bmm({a}, {b})"
        return f"{atom(a)} @ {atom(b)}" if product == "@" else f"torch.matmul({a}, {b})"

    def swap(self, t, key="swap"):
        last = {3: "1, 2", 4: "2, 3"}[self.form.rank]
        spellings = ("transpose(-2, -1)", "transpose(-1, -2)", f"transpose({last})")
        return f"{atom(t)}.{self.form.pick(key, *spellings, f'permute({SWAPS[self.form.rank]})', 'mT')}"

    def permute(self, t, axes):
        return f"{atom(t)}.permute({axes})"

    def reshape(self, t, *sizes):
        return f"{atom(t)}.{self.form.pick('view', 'view', 'reshape')}({', '.join(sizes)})"

    def heads_first(self, t):
        return f"{atom(t)}.{self.form.pick('heads first', 'transpose(1, 2)', 'transpose(1, 2)', 'permute(0, 2, 1, 3)')}"

    def concat(self, parts, axis):
        return f"torch.cat({self.form.pick('list', '[%s]', '(%s)') % ', '.join(parts)}, dim={axis})"

    def cut(self, t):
        return f"{atom(t)}.chunk(3, dim=-1)"

    def shape(self, t):
        return f"{t}.{self.form.pick('shape', 'shape', 'size()')}"

    def masked(self, scores, blocked, keep):
        if self.form.chance("torch.where", 0.2):
            # where() takes a number only beside a tensor whose dtype it then has
            return super().masked(scores, blocked, keep)
        condition = f"~{keep}" if blocked is None else blocked
        return f"{atom(scores)}.masked_fill({condition}, {self.minus_infinity()})"

    def ones(self, size, more=""):
        return f"torch.ones({size}, {size}{more}, device={self.form.names.q}.device)"

    def lower(self, size):
        return f"torch.tril({self.ones(size)})"

    def upper(self, size):
        return f"torch.triu({self.ones(size, ', dtype=torch.bool')}, diagonal=1)"

    def additive(self, size):
        full = f'torch.full(({size}, {size}), float("-inf"), device={self.form.names.q}.device)'
        return f"torch.triu({full}, diagonal=1)"

    def softmax(self, t, axis):
        if self.softmax_is_layer():
            return f"self.softmax({t})"
        spelling = self.form.pick("softmax", "F.softmax(%s, dim=%s)", "torch.softmax(%s, dim=%s)", "%s.softmax(dim=%s)")
        return spelling % (atom(t) if spelling.startswith("%") else t, axis)

    def softmax_is_layer(self):
        return not self.form.is_function and self.form.chance("softmax layer", 0.2)

    def softmax_layer(self, axis):
        return f"nn.Softmax(dim={axis})"

    def project(self, name, x):
        return f"self.{name}({x})"

    def linear(self, name, inside, outside):
        return f"self.{name} = nn.Linear({inside}, {outside}{self.form.pick('bias', '', ', bias=False')})"

    def table(self, name, count, width):
        return f"self.{name} = nn.Embedding({count}, {width})"

    def look_up(self, name, ids):
        return f"self.{name}({ids})"

    def places(self, name, size, x):
        return f"self.{name}(torch.arange({size}, device={x}.device))"

    def spread(self, places, x):
        return f"{places}.expand({self.form.names.batch}, {self.form.names.time}, -1)"
