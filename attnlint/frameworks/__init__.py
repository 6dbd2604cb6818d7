"""What a library's function, method or layer is: its op, and how its arguments map to that op's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module

from attnlint.frameworks.spelling import LayerSpelling, Spelling

_FUNCTIONS = {
    "numpy": ("attnlint.frameworks.numpy", "attnlint.frameworks.numpy_random"),
    "scipy": ("attnlint.frameworks.numpy",),
    "torch": ("attnlint.frameworks.torch_functions", "attnlint.frameworks.torch_functional"),
    "jax": ("attnlint.frameworks.jax_numpy", "attnlint.frameworks.jax_lax"),
    "flax": ("attnlint.frameworks.flax",),
    "optax": ("attnlint.frameworks.flax",),
    "opt_einsum": ("attnlint.frameworks.jax_lax",),
    "cupy": ("attnlint.frameworks.cupy",),
    "cupyx": ("attnlint.frameworks.cupy",),
    "equinox": (),
    "haiku": (),
    "mlx": ("attnlint.frameworks.mlx_core", "attnlint.frameworks.mlx_nn"),
    "tinygrad": ("attnlint.frameworks.tinygrad",),
    "xformers": ("attnlint.frameworks.fused_kernels",),
    "flash_attn": ("attnlint.frameworks.fused_kernels",),
    "flash_attn_interface": ("attnlint.frameworks.fused_kernels",),
    "einops": ("attnlint.frameworks.einops",),
    "einx": ("attnlint.frameworks.einx",),
    "tensorflow": ("attnlint.frameworks.tensorflow_functions",),
    "keras": ("attnlint.frameworks.keras_ops", "attnlint.frameworks.keras_backend"),
}
_METHODS = {
    "numpy": "attnlint.frameworks.numpy_methods",
    "torch": "attnlint.frameworks.torch_methods",
    "jax": "attnlint.frameworks.jax_numpy",
    "cupy": "attnlint.frameworks.cupy",
    "mlx": "attnlint.frameworks.mlx_methods",
    "tinygrad": "attnlint.frameworks.tinygrad",
    "tensorflow": "attnlint.frameworks.tensorflow_methods",
    "keras": "attnlint.frameworks.tensorflow_methods",
}
_LAYERS = {
    "torch": "attnlint.frameworks.torch_layers",
    "einops": "attnlint.frameworks.einops",
    "flax": "attnlint.frameworks.flax",
    "equinox": "attnlint.frameworks.jax_layers",
    "haiku": "attnlint.frameworks.jax_layers",
    "mlx": "attnlint.frameworks.mlx_nn",
    "tinygrad": "attnlint.frameworks.tinygrad",
    "keras": "attnlint.frameworks.keras_layers",
}
_ARRAYS = {"flax": "jax", "equinox": "jax", "haiku": "jax", "optax": "jax", "cupyx": "cupy"}
LIBRARIES = tuple(_FUNCTIONS)
# The array API standard (https://data-apis.org/array-api) spells as NumPy does, and gives the arrays that it gets.
ARRAY_API = "numpy"


# One library under several names, and modules that others of the same library are also reached through.
_ALIASES = (
    (re.compile(r"^(?:tensorflow\.(?:compat\.v[12]\.|python\.)?keras|tf_keras|keras_core)\b"), "keras"),
    (re.compile(r"^keras\.src\b"), "keras"),
    (re.compile(r"^keras\.(layers|ops|activations|losses|backend)\.(?:\w+\.)+(\w+)$"), r"keras.\1.\2"),
    (re.compile(r"^tensorflow\.experimental\.numpy\b"), "numpy"),
    (re.compile(r"^tensorflow\.(?:compat\.v[12]|python\.ops\.\w+)(?=\.|$)"), "tensorflow"),
    (re.compile(r"^tensorflow\.(?:math|nn|linalg)\."), "tensorflow."),
)


@cache
def resolved(dotted: str) -> str:
    """A dotted name as the tables have it: `tensorflow.keras.layers.Dense` is `keras.layers.Dense`."""
    for pattern, name in _ALIASES:
        dotted = pattern.sub(name, dotted)
    return dotted


def library_of(dotted: str) -> str:
    """The library that a dotted name belongs to, such as `torch`; empty for others."""
    root = resolved(dotted).partition(".")[0]
    return root if root in LIBRARIES else ""


def arrays_of(dotted: str) -> str:
    """The library whose arrays code works on that imports this: `jax` for its layers; empty for others."""
    library = library_of(dotted)
    return _ARRAYS.get(library, library)


def maker_of(dotted: str) -> str:
    """The library whose arrays a function gives, whatever it takes; empty where these are the arguments' own.

    NumPy's functions work on other libraries' arrays too, and give those.
    """
    library = library_of(dotted)
    return library if library in _METHODS and library != "numpy" else ""


def function(dotted: str) -> Spelling | None:
    """A library's function by its dotted name; None where it is none that we know."""
    name = resolved(dotted)
    return _functions(library_of(name)).get(name)


def functions_of(dotted: str) -> Iterable[str]:
    """The dotted names of the functions and layers of the library that a name belongs to."""
    library = library_of(dotted)
    return (*_functions(library), *_layers(library))


def method(library: str, name: str, keywords: Iterable[str] = ()) -> Spelling | None:
    """A method of a library's arrays; of an array of unknown library torch's, then NumPy's.

    Keywords that are NumPy's (`axis`, `keepdims`) say that it is NumPy's first.
    """
    guess = ("numpy", "torch") if {"axis", "keepdims"} & set(keywords) else ("torch", "numpy")
    order = (library,) if library in _METHODS else guess
    for one in order:
        found = _methods(one).get(name)
        if found is not None:
            return found
    return None


def random_method(name: str) -> Spelling | None:
    """A method of NumPy's random generators."""
    table: dict[str, Spelling] = import_module("attnlint.frameworks.numpy_random").RANDOM
    return table.get(name)


def layer(dotted: str) -> LayerSpelling | None:
    """A library's layer by its class; None where it is none that we know."""
    name = resolved(dotted)
    return _layers(library_of(name)).get(name)


@cache
def _functions(library: str) -> dict[str, Spelling]:
    table: dict[str, Spelling] = {}
    for module in _FUNCTIONS.get(library, ()):
        table.update(import_module(module).FUNCTIONS)
    return table


@cache
def _methods(library: str) -> dict[str, Spelling]:
    table: dict[str, Spelling] = import_module(_METHODS[library]).METHODS
    return table


@cache
def _layers(library: str) -> dict[str, LayerSpelling]:
    module = _LAYERS.get(library)
    table: dict[str, LayerSpelling] = import_module(module).LAYERS if module else {}
    return table
