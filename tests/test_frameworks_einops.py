"""einops beyond its functions: layers of each framework, and arrays packed into one."""

import pytest

MAKE = """
import numpy as np
from einops import pack
from einops.layers.{library} import Rearrange, Reduce
attn = None
x, y = np.zeros((2, 5, 24)), np.zeros((2, 24))
"""


@pytest.mark.parametrize("library", ["torch", "flax", "keras", "tensorflow"])
def test_layers(shapes, library):
    code = MAKE.format(library=library)
    code += "q = Rearrange('b t (m n d) -> b m t n d', m=2, n=3)(x)\nm = Reduce('b t c -> b c', 'mean')(x)\n"
    assert shapes(code, "q m") == "[2 2 5 3 4] [2 24]"


def test_sizes_as_a_dict_of_their_own(shapes):
    code = MAKE.format(library="flax") + "q = Rearrange('b t (m d) -> b m t d', sizes={'m': 3})(x)\n"
    assert shapes(code, "q") == "[2 3 5 8]"


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ("pack([x, x], 'b * c')", "[2 10 24]"),
        ("pack([x, x], 'b t *')", "[2 5 48]"),
        ("pack([y, x], 'b * c')", "[2 6 24]"),
        ("pack([x, y], pattern='b * c')", "[2 6 24]"),
    ],
)
def test_packed_arrays_lie_behind_each_other(shapes, call, shape):
    """As `einops.pack` documents: an array without the open axis has one place on it."""
    assert shapes(MAKE.format(library="torch") + f"z, counts = {call}\n", "z") == shape


@pytest.mark.parametrize("call", ["pack([x, x], 'b t c')", "pack([x], pattern())", "pack(x, 'b * c')"])
def test_what_cannot_be_packed_is_unknown_and_no_fault(shapes, call):
    assert shapes(MAKE.format(library="torch") + f"z, counts = {call}\n", "z") in {"?", "[?]"}
