"""How einops and einx spell ops: the axes' sizes are keywords of any name, gathered as `sizes`."""

from __future__ import annotations

from attnlint.frameworks.spelling import LayerSpelling, Spelling, layer, spell

FUNCTIONS: dict[str, Spelling] = {
    "einops.rearrange": spell("rearrange", "x=tensor pattern"),
    "einops.reduce": spell("einops_reduce", "x=tensor pattern reduction"),
    "einops.repeat": spell("einops_repeat", "x=tensor pattern"),
    "einops.einsum": spell("einsum", "*xs", fixed={"named": True}),
    # einx gives the pattern first, and marks what is summed by brackets.
    "einx.rearrange": spell("rearrange", "pattern x=tensor"),
    "einx.dot": spell("einsum", "pattern *xs", fixed={"named": True}),
}

LAYERS: dict[str, LayerSpelling] = {
    f"einops.layers.torch.{name}": layer(op, f"pattern{extra}", "x=input")
    for name, op, extra in (("Rearrange", "rearrange", ""), ("Reduce", "einops_reduce", " reduction"))
}
