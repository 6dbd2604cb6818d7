"""The tables of spellings: they load, name ops that exist, and read arguments as the libraries do."""

import pytest

from attnlint import frameworks
from attnlint.interpret.layer_rewrites import REWRITES
from attnlint.ops import OPS

LIBRARIES = ("numpy", "torch", "scipy", "einops")


def every_spelling():
    for library in LIBRARIES:
        yield from frameworks._functions(library).items()
        yield from frameworks._layers(library).items()
    for library in ("numpy", "torch"):
        yield from frameworks._methods(library).items()


def test_every_spelling_is_of_an_op_that_exists():
    assert {name: spelling.op for name, spelling in every_spelling() if spelling.op not in {*OPS, *REWRITES}} == {}


def test_no_parameter_is_named_twice():
    for name, spelling in every_spelling():
        params = getattr(spelling, "params", ()) or (*spelling.init, *spelling.call)
        names = [param.name for param in params]
        assert len(names) == len(set(names)), name


@pytest.mark.parametrize(
    ("library", "name", "op"),
    [
        ("torch", "transpose", "transpose"),
        ("numpy", "transpose", "permute"),
        ("torch", "repeat", "tile"),
        ("numpy", "repeat", "repeat_interleave"),
        ("torch", "masked_fill_", "masked_fill"),
        ("", "masked_fill", "masked_fill"),
        ("", "astype", "cast"),
        ("torch", "view", "reshape"),
    ],
)
def test_methods_of_one_name_mean_what_their_library_means(library, name, op):
    assert frameworks.method(library, name).op == op


def test_methods_in_place_say_so():
    assert frameworks.method("torch", "masked_fill_").inplace
    assert not frameworks.method("torch", "masked_fill").inplace


def test_functions_and_layers_are_found_by_their_dotted_name():
    assert frameworks.function("torch.nn.functional.scaled_dot_product_attention").op == "sdpa"
    assert frameworks.function("numpy.random.default_rng") is None
    assert frameworks.layer("torch.nn.MultiheadAttention").op == "mha"
    assert frameworks.layer("torch.nn.functional.softmax") is None
    assert frameworks.random_method("standard_normal").op == "rand"
    assert [frameworks.library_of(name) for name in ("torch.nn.Linear", "os.path", "numpy")] == ["torch", "", "numpy"]
