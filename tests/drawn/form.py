"""What is drawn: every choice of a module by its name, so that right and wrong differ in the mistake alone."""

import random
from dataclasses import dataclass
from functools import cached_property

from tests.drawn.words import WORDS, names_of

CLASSES = ("torch", "keras", "mlx", "tinygrad")
OFTEN = {"numpy": 6, "torch": 9, "jax": 4, "keras": 2, "mlx": 2, "tinygrad": 1}
FRAMEWORKS = tuple(OFTEN)
MISTAKES = (
    "missing-causal-mask",
    "missing-scale",
    "wrong-qk-transpose",
    "head-dim-mismatch",
    "heads-not-concatenated",
    "concatenated-positions",
    "mask-shape-mismatch",
    "softmax-wrong-axis",
    "mask-after-softmax",
    "cache-loses-history",
)
# Where a mistake is at home: without heads none of them can be averaged, without a mask none can come too late.
LAYOUTS = {
    "head-dim-mismatch": ("bhsd", "bhsd", "bshd", "folded"),
    "heads-not-concatenated": ("bhsd", "bhsd", "bshd"),
    "wrong-qk-transpose": ("bhsd", "bhsd", "single", "folded", "flat"),
    "concatenated-positions": ("single", "bhsd"),
    "mask-shape-mismatch": ("single", "bhsd", "bhsd", "bshd"),
    "cache-loses-history": ("single", "bhsd"),
}
MASKS = {
    "missing-causal-mask": ("causal", "causal", "causal", "both"),
    "mask-after-softmax": ("causal", "padding"),
    "mask-shape-mismatch": ("padding", "padding", "both"),
    "concatenated-positions": ("none", "padding", "causal"),
    "cache-loses-history": ("none",),
}


@dataclass(frozen=True)
class Form:
    """One draw: the choices follow from the seed, and `wrong` says whether the mistake is written or not."""

    seed: int
    framework: str
    wrong: bool = False

    def pick(self, key, *options):
        """One of the options, always the same for a key of a seed."""
        return random.Random(f"{self.seed} {key}").choice(options)

    def chance(self, key, share=0.5):
        return random.Random(f"{self.seed} {key}").random() < share

    def word(self, kind):
        return self.pick(f"word {kind}", *WORDS[kind])

    @cached_property
    def planted(self):
        return self.pick("mistake", *MISTAKES)

    def has(self, mistake):
        """Whether this mistake is to be written here."""
        return self.wrong and self.planted == mistake

    @cached_property
    def kind(self):
        kinds = {"cache-loses-history": "step", "concatenated-positions": "embedded"}
        return kinds.get(self.planted, "layer")

    @cached_property
    def is_function(self):
        if self.framework == "jax":
            return True
        if self.kind == "step" or self.framework not in ("numpy", "torch"):
            return False
        if self.framework == "torch":
            return self.kind == "layer" and self.planted != "head-dim-mismatch" and self.chance("function", 0.2)
        return self.chance("function", 0.6)

    @cached_property
    def holds_matrices(self):
        """Whether the projections are matrices, and not layers."""
        return self.is_function or self.framework == "numpy"

    @cached_property
    def is_given(self):
        """Whether the function takes q, k and v, which somebody else has projected and split."""
        if not self.is_function or self.planted in ("head-dim-mismatch", "concatenated-positions"):
            return False
        return self.kind == "layer" and (self.framework == "torch" or self.chance("given", 0.35))

    @cached_property
    def layout(self):
        options = LAYOUTS.get(self.planted, ("single", "bhsd", "bhsd", "bshd", "folded", "flat"))
        if self.is_given:
            options = [each for each in options if each != "folded"]
        if self.mask in ("padding", "both"):
            options = [each for each in options if each not in ("folded", "flat")]
        if self.framework not in ("numpy", "jax") or not self.is_function:
            options = [each for each in options if each != "flat"]
        return self.pick("layout", *options)

    @cached_property
    def has_heads(self):
        return self.layout in ("bhsd", "bshd", "folded")

    @cached_property
    def rank(self):
        return {"flat": 2, "single": 3, "folded": 3, "bhsd": 4, "bshd": 4}[self.layout]

    @cached_property
    def mask(self):
        return self.pick("mask", *MASKS.get(self.planted, ("none", "causal", "causal", "padding", "both")))

    @cached_property
    def is_causal(self):
        return self.mask in ("causal", "both")

    @cached_property
    def is_padded(self):
        return self.mask in ("padding", "both")

    @cached_property
    def mask_style(self):
        """How the causal mask is made: ones below the diagonal, True above it, or -inf above it."""
        styles = ["lower", "lower", "upper", "additive"]
        return self.pick("mask style", *styles[: 3 if self.planted == "mask-after-softmax" else 4])

    @cached_property
    def true_is_padding(self):
        return self.chance("padding is true")

    @cached_property
    def counts_tokens(self):
        """Whether a mask of the tokens is one of 1 and 0, which is compared with 0."""
        return not self.true_is_padding and self.chance("padding == 0")

    @cached_property
    def is_fused(self):
        """One projection for q, k and v, which is then cut in three."""
        return not self.is_given and self.planted != "head-dim-mismatch" and self.chance("fused", 0.3)

    @cached_property
    def has_output(self):
        if self.is_given or self.planted == "heads-not-concatenated":
            return False
        return self.chance("output", 0.6)

    @cached_property
    def has_dropout(self):
        return not self.is_function and self.framework in ("torch", "keras", "mlx") and self.chance("dropout", 0.3)

    @cached_property
    def size_is_kept(self):
        """Whether a class has an attribute for the size of a head."""
        return self.planted == "head-dim-mismatch" or self.chance("size kept", 0.8)

    @cached_property
    def keeps_width(self):
        """Whether a class has an attribute for the width of the model."""
        return not self.is_function and self.chance("width kept", 0.6)

    @cached_property
    def keeps_dict(self):
        """Whether the cache that a function is given is a dict of keys and values."""
        return self.chance("cache is a dict", 0.6)

    @cached_property
    def product(self):
        if self.layout == "bshd":
            return "einsum"
        options = ["@", "@", "matmul"] + ["bmm"] * (self.framework == "torch" and self.rank == 3)
        return self.pick("product", *options, *["einsum"] * (self.planted != "wrong-qk-transpose"))

    @cached_property
    def shows_shapes(self):
        return self.chance("shape comments", 0.45)

    @cached_property
    def names(self):
        return names_of(self)

    @cached_property
    def title(self):
        """The name of the class or function, and what its docstring says of it, or nothing."""
        what = "function" if self.is_function else "class"
        kind = "causal" if self.is_causal or self.kind == "step" else "free"
        told = self.pick("told", "name", "text", *["both", "neither"])
        if told == "neither" and self.planted == "missing-causal-mask":
            told = "name"
        name = self.word(f"{kind} {what}" if told in ("name", "both") else what)
        text = self.word(f"{kind} text" if told in ("text", "both") else "text")
        return name, text if told in ("text", "both") or self.chance("docstring") else ""
