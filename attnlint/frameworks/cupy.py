"""How CuPy spells ops: as NumPy and SciPy do, under its own roots."""

from __future__ import annotations

from attnlint.frameworks import numpy, numpy_methods, numpy_random
from attnlint.frameworks.spelling import Spelling, spell

_ROOTS = {"numpy": "cupy", "scipy": "cupyx.scipy"}

FUNCTIONS: dict[str, Spelling] = {
    f"{_ROOTS[root]}.{name}": spelling
    for table in (numpy.FUNCTIONS, numpy_random.FUNCTIONS)
    for dotted, spelling in table.items()
    for root, _, name in (dotted.partition("."),)
}

METHODS: dict[str, Spelling] = {**numpy_methods.METHODS, "get": spell("identity", "x")}
