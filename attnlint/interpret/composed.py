"""Functions of libraries that are several ops in a row: masks made of masks, and initialisers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attnlint.ir import Site
from attnlint.ops.signature import as_tensor
from attnlint.tensor import Tensor
from attnlint.values import NONE, Ref, Seq, Unknown, Value, as_str, integer, is_none

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

_INITIALIZER = re.compile(r"^(?:jax\.nn|flax\.linen|flax\.nnx|haiku)\.initializers\.\w+(?P<called>\(\))?$")
_PLAIN_INITIALIZERS = frozenset({"zeros", "ones"})


class Composed:
    """Carries such functions out op by op."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter

    def call(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """The result of a call; None where the function is none of these."""
        root, _, tail = dotted.partition(".")[0], "", dotted.rpartition(".")[2]
        if root == "flax" and tail == "make_attention_mask":
            return self._pairs(args, kwargs, site)
        if root == "flax" and tail == "combine_masks":
            return self._all_of(args, site)
        if dotted == "einops.pack":
            return self._packed(args, kwargs, site)
        if tail == "get_parameter" and root == "haiku":
            return self.i.variables.parameter([args[0] if args else NONE, NONE, *args[1:], *_shape(kwargs)], site)
        match = _INITIALIZER.match(dotted)
        if match is None:
            return None
        if not match.group("called") and tail not in _PLAIN_INITIALIZERS:
            return Ref(f"{dotted}()")
        sizes = args[1] if len(args) > 1 else kwargs.get("shape", NONE)
        return self.i.m.emit("rand", {"sizes": sizes}, site, tail)

    def _pairs(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """A mask of pairs: `[batch, q_len]` with `[batch, k_len]` gives `[batch, 1, q_len, k_len]`."""
        names = ("query_input", "key_input", "pairwise_fn")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        emit = self.i.m.emit
        rows = emit(
            "expand_dims", {"x": given.get("query_input", NONE), "axis": integer(-1)}, site, "make_attention_mask"
        )
        columns = emit(
            "expand_dims", {"x": given.get("key_input", NONE), "axis": integer(-2)}, site, "make_attention_mask"
        )
        compare = given.get("pairwise_fn")
        if compare is None or is_none(compare):
            pairs = emit("mul", {"a": rows, "b": columns}, site, "make_attention_mask")
        else:
            pairs = self.i.calls.call(compare, [rows, columns], {}, site)
        made = emit("expand_dims", {"x": pairs, "axis": integer(-3)}, site, "make_attention_mask")
        return _named_mask(made)

    def _packed(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """Arrays joined along the axis that the pattern leaves open, and the shapes that they had there."""
        given = {**dict(zip(("tensors", "pattern"), args, strict=False)), **kwargs}
        names = (as_str(given.get("pattern", NONE)) or "").split()
        arrays = given.get("tensors")
        if names.count("*") != 1 or not isinstance(arrays, Seq) or not arrays.items:
            return None
        axis, parts = names.index("*"), []
        for item in arrays.items:
            array = as_tensor(item)
            rank = array.rank if array is not None else None
            if rank is not None and rank == len(names) - 1:
                item = self.i.m.emit("expand_dims", {"x": item, "axis": integer(axis)}, site, "pack")
            elif rank is not None and rank != len(names):
                return None
            parts.append(item)
        joined = self.i.m.emit("concat", {"xs": Seq(parts), "axis": integer(axis - len(names))}, site, "pack")
        return Seq([joined, Unknown("the shapes that were packed")])

    def _all_of(self, masks: list[Value], site: Site) -> Value:
        """Masks that all have to hold; those that are None are left out."""
        given = [self.i.as_operand(mask, site) for mask in masks if not is_none(mask)]
        if not given:
            return NONE
        result = given[0]
        for mask in given[1:]:
            result = self.i.m.emit("and", {"a": result, "b": mask}, site, "combine_masks")
        return _named_mask(result)


def _named_mask(value: Value) -> Value:
    if isinstance(value, Tensor) and not value.name:
        value.name = "mask"
    return value


def _shape(kwargs: dict[str, Value]) -> list[Value]:
    return [kwargs["shape"]] if isinstance(kwargs.get("shape"), Seq) else []
