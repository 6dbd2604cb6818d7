"""What a project may say that its own functions do: short names of ops, and every function and layer of a library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from attnlint.frameworks import LIBRARIES, function, functions_of, layer
from attnlint.frameworks.spelling import Spelling
from attnlint.values import integer

# A short name has the signature of the function that it stands for, and works on the arrays of any library.
SHORT = {
    "softmax": "torch.nn.functional.softmax",
    "log_softmax": "torch.nn.functional.log_softmax",
    "matmul": "torch.matmul",
    "einsum": "torch.einsum",
    "scaled_dot_product_attention": "torch.nn.functional.scaled_dot_product_attention",
    "causal_mask": "torch.nn.Transformer.generate_square_subsequent_mask",
    "masked_fill": "torch.masked_fill",
    "where": "torch.where",
    "tril": "torch.tril",
    "triu": "torch.triu",
    "transpose": "torch.transpose",
    "permute": "torch.permute",
    "reshape": "torch.reshape",
    "concat": "torch.cat",
    "stack": "torch.stack",
    "rearrange": "einops.rearrange",
    "repeat": "einops.repeat",
    "reduce": "einops.reduce",
    "linear": "torch.nn.functional.linear",
    "embedding": "torch.nn.functional.embedding",
    "layer_norm": "torch.nn.functional.layer_norm",
    "rms_norm": "torch.nn.functional.rms_norm",
    "dropout": "torch.nn.functional.dropout",
    "relu": "torch.nn.functional.relu",
    "gelu": "torch.nn.functional.gelu",
    "silu": "torch.nn.functional.silu",
    "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh",
    "exp": "torch.exp",
    "identity": "torch.clone",
}
SOFTMAX = frozenset({"softmax", "log_softmax"})


def spelled(meaning: str) -> Spelling | None:
    """The spelling that a project's function has by its meaning; None where the meaning is no function's.

    A softmax takes the last axis where none is given: no project writes its own for the sake of torch's old default.
    """
    found = function(SHORT.get(meaning, meaning))
    if found is None or found.op not in SOFTMAX:
        return found
    fixed = {name: value for name, value in found.fixed.items() if name != "legacy"}
    return replace(found, fixed=fixed, defaults={**found.defaults, "axis": integer(-1)})


def is_known(meaning: str) -> bool:
    """Whether a meaning is a short name, or a function or layer of a library."""
    return spelled(meaning) is not None or layer(meaning) is not None


def known_beside(meaning: str) -> Iterable[str]:
    """What an unknown meaning may have been meant to be: the same name elsewhere, else what its library has."""
    root, dot, name = meaning.rpartition(".")
    if not dot:
        return SHORT
    known = [*SHORT, *(each for library in LIBRARIES for each in functions_of(library))]
    return [each for each in known if each.rpartition(".")[2] == name] or functions_of(root)
