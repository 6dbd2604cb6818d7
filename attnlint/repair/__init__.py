"""How each kind of mistake is repaired, in the author's own words: from what a trace knows to edits of the source.

Each kind has a module, and is loaded when something has to be repaired: libcst is dear to load.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attnlint.repair import axis, causal, forward, history, late, mask_axes, merge, scale, sizes, sums, turn

__all__ = ["axis", "causal", "forward", "history", "late", "mask_axes", "merge", "scale", "sizes", "sums", "turn"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
