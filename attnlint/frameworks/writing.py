"""How each library writes what a repair needs: one table a library, where `m` is what the author calls its module."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Writing:
    """Expressions of one library.

    `swap` exchanges the last two axes of `x`, `turned` the second and the third of four; `masked` blocks the scores `x`
    where `blocked` is true; `future` is true where scores like `x` see a later position; `joined` puts `a` before `b`
    along `axis`; `merged` puts the heads, on `axis` of `x`, beside the features; `axis` is the library's word for an
    axis.
    """

    module: str
    swap: str
    turned: str
    masked: str
    future: str
    joined: str
    merged: str
    axis: str = "axis"


_ARRAY = "{x}.swapaxes(-1, -2)"
_WRITINGS = {
    "torch": Writing(
        "torch",
        "{x}.transpose(-2, -1)",
        "{x}.transpose(1, 2)",
        '{x}.masked_fill({blocked}, float("-inf"))',
        "{m}.ones_like({x}, dtype={m}.bool).triu(1)",
        "{m}.cat([{a}, {b}], dim={axis})",
        "{x}.movedim({axis}, -2).flatten(-2)",
        "dim",
    ),
    "numpy": Writing(
        "numpy",
        _ARRAY,
        "{x}.transpose(0, 2, 1, 3)",
        "{m}.where({blocked}, -{m}.inf, {x})",
        "{m}.triu({m}.ones_like({x}, dtype=bool), k=1)",
        "{m}.concatenate([{a}, {b}], axis={axis})",
        "{m}.moveaxis({x}, {axis}, -2).reshape({lead}, -1)",
    ),
    "jax": Writing(
        "jax.numpy",
        _ARRAY,
        "{x}.swapaxes(1, 2)",
        "{m}.where({blocked}, -{m}.inf, {x})",
        "{m}.triu({m}.ones_like({x}, dtype=bool), k=1)",
        "{m}.concatenate([{a}, {b}], axis={axis})",
        "{m}.moveaxis({x}, {axis}, -2).reshape({lead}, -1)",
    ),
    "tensorflow": Writing(
        "tensorflow",
        "{m}.linalg.matrix_transpose({x})",
        "{m}.transpose({x}, (0, 2, 1, 3))",
        "{m}.where({blocked}, {fill}, {x})",
        "{m}.linalg.band_part({m}.ones_like({x}), -1, 0) == 0",
        "{m}.concat([{a}, {b}], axis={axis})",
        "{m}.reshape({m}.experimental.numpy.moveaxis({x}, {axis}, -2), ({lead}, {width}))",
    ),
    "keras": Writing(
        "keras.ops",
        "{m}.swapaxes({x}, -1, -2)",
        "{m}.transpose({x}, (0, 2, 1, 3))",
        "{m}.where({blocked}, -1e9, {x})",
        '{m}.triu({m}.ones_like({x}, dtype="bool"), k=1)',
        "{m}.concatenate([{a}, {b}], axis={axis})",
        "{m}.reshape({m}.moveaxis({x}, {axis}, -2), ({lead}, {width}))",
    ),
    "mlx": Writing(
        "mlx.core",
        _ARRAY,
        "{x}.transpose(0, 2, 1, 3)",
        "{m}.where({blocked}, -{m}.inf, {x})",
        "{m}.triu({m}.ones_like({x}), k=1) > 0",
        "{m}.concatenate([{a}, {b}], axis={axis})",
        "{m}.moveaxis({x}, {axis}, -2).reshape({lead}, -1)",
    ),
    "tinygrad": Writing(
        "tinygrad.Tensor",
        "{x}.transpose(-2, -1)",
        "{x}.transpose(1, 2)",
        '{x}.masked_fill({blocked}, -float("inf"))',
        "{x}.ones_like().triu(1) > 0",
        "{a}.cat({b}, dim={axis})",
        "{x}.transpose({axis}, -2).flatten(-2)",
    ),
}  # fmt: skip
_WRITINGS["cupy"] = replace(_WRITINGS["numpy"], module="cupy")
# What NumPy, PyTorch, JAX and MLX all understand, for code of which nobody knows whose arrays it works on.
_ANY = Writing("", _ARRAY, "", "{x} + ({blocked}) * -1e9", "", "", "")


def writing(library: str) -> Writing:
    """How a library writes; of an unknown one what most understand."""
    return _WRITINGS.get(library, _ANY)
