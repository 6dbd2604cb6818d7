"""How einops spells ops: the axes' sizes are keywords of any name, gathered as `sizes`."""

from __future__ import annotations

from attnlint.frameworks.spelling import LayerSpelling, Spelling, layer, spell

FUNCTIONS: dict[str, Spelling] = {
    "einops.rearrange": spell("rearrange", "x=tensor pattern"),
    "einops.reduce": spell("einops_reduce", "x=tensor pattern reduction"),
    "einops.repeat": spell("einops_repeat", "x=tensor pattern"),
    "einops.einsum": spell("einsum", "*xs", fixed={"named": True}),
}

LAYERS: dict[str, LayerSpelling] = {
    f"einops.layers.{library}.{name}": layer(op, f"pattern{extra}", "x=input")
    for library in ("torch", "flax", "keras", "tensorflow")
    for name, op, extra in (("Rearrange", "rearrange", ""), ("Reduce", "einops_reduce", " reduction"))
}
