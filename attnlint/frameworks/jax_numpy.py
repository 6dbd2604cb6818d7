"""How `jax.numpy` spells ops: as NumPy does, under another root, and what it adds to that."""

from __future__ import annotations

from attnlint.frameworks import numpy, numpy_methods
from attnlint.frameworks.spelling import Spelling, spell

_MORE = {
    "matvec": spell("matmul", "a=x1 b=x2"),
    "vecdot": spell("pairwise", "a=x1 b=x2 axis", axis=-1),
    "linalg.vector_norm": spell("vector_norm", "x axis keepdims"),
    "bfloat16": spell("cast", "x", fixed={"dtype": "bfloat16"}),
    "unstack": spell("unbind", "x axis", axis=0),
    "concatenate": spell("concat", "xs=arrays axis dtype", axis=0),
    "logaddexp": spell("maximum", "a=x1 b=x2"),
    "select": spell("unknown_shape", "x=condlist"),
    "atleast_2d": spell("unknown_shape", "x"),
}

FUNCTIONS: dict[str, Spelling] = {
    **{f"jax.{name}": s for name, s in numpy.FUNCTIONS.items() if name.startswith("numpy.")},
    **{f"jax.numpy.{name}": s for name, s in _MORE.items()},
}

METHODS: dict[str, Spelling] = {
    **{name: s for name, s in numpy_methods.METHODS.items() if not s.inplace},
    "sort": spell("sort", "x axis", axis=-1),
    "block_until_ready": spell("identity", "x"),
    "unstack": spell("unbind", "x axis", axis=0),
}
