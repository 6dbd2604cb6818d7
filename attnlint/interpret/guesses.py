"""Calls of what is not in sight: taken for what its name says only where that is safe, else an unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attnlint import ir
from attnlint.frameworks import random_method
from attnlint.ir import Site
from attnlint.ops.signature import as_tensor
from attnlint.tensor import Tensor
from attnlint.values import CALLED, ClassValue, Func, Instance, Seq, Unknown, Value, as_int, integer, is_none

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

_SOFTMAX = re.compile(r"^_?(?:stable_|masked_|safe_|row_)?softmax\w*$", re.I)
# A softmax whose name says an axis: which one it is, is the name's and no default's.
_OF_AN_AXIS = re.compile(
    r"softmax_?(?:\w*_)?(?:col(?:umn)?s?|rows?|(?:axis|dim)_?[01-9]|[0-9]d|first|quer(?:y|ies)|keys?|heads?|batch|over|along)"
    r"(?:_|\b|$)|softmax_?(?:over|along|by)_",
    re.I,
)
_CAUSAL = re.compile(
    r"causal\w*mask|mask\w*causal|look_?ahead|subsequent|future_mask|autoregressive_mask|square_mask", re.I
)
_PROJECTION = re.compile(
    r"^(?:\w*_)?(?:proj\w*|linear\w*|dense\w*|fc\w*|w[qkvo]s?|q|k|v|qs|ks|vs|query|key|value|queries|keys|values|qkv|kv|to_\w+|c_attn|in_proj)$",
    re.I,
)
_KEEPS_SHAPE = re.compile(
    r"rotary|rope|rotate|layer_?norm|rms_?norm|\bnorm\w*$|\w*_norm$|\bln_?\w*$|dropout|\bdrop\w*$|gelu|relu|silu|activation|act_fn|positional|pos_enc\w*",
    re.I,
)
_GENERATOR = re.compile(r"(?:^|[._])(?:rng|prng|random_state|rs)$")
_NO_MODEL = re.compile(r"embed|^(?:lm_|out_|output_)?head$|^lm_head", re.I)
_MODULE_NAMES = re.compile(r"attn|attention|model|net|block|layer|decoder|encoder|head|mha|transformer|lm|gpt", re.I)


class Guesses:
    """Names what a call probably is; every guess is noted as one."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter

    def external(self, dotted: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value:
        """A call of something of another package that no table spells."""
        tail = dotted.rpartition(".")[2]
        for value in (*args, *kwargs.values()):
            if args and isinstance(value, Func) and args[0] is not value and tail in {"checkpoint", "remat"}:
                return self.i.calls.call(value, args[1:], {}, site)
        if tail[:1].isupper():
            made = Unknown(f"{dotted} is defined in another file", tail)
            made.annotation = dotted
            return made
        return self._by_name(tail, args, kwargs, site) or self._unknown(
            f"{dotted} is not known", tail, args, kwargs, site
        )

    def call(self, func: Value, args: list[Value], kwargs: dict[str, Value], site: Site, name: str) -> Value:
        """A call of a value that is unknown."""
        owner, _, tail = (name or getattr(func, "name", "")).rpartition(".")
        drawn = random_method(tail) if _GENERATOR.search(owner) else None
        if drawn is not None:
            return self.i.calls.spelled(drawn, args, kwargs, site, name)
        if isinstance(func, Tensor):
            return self._unknown("a tensor is called", tail, args, kwargs, site)
        if isinstance(func, Unknown):
            duck = self._duck(func, tail, args, kwargs, site)
            if duck is not None:
                return duck
        reason = getattr(func, "reason", f"{tail} is not callable as far as the code shows")
        return self._by_name(tail, args, kwargs, site) or self._unknown(
            f"what {tail or 'it'} does is not known: {reason}", tail, args, kwargs, site
        )

    def _unknown(self, reason: str, name: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Unknown:
        inputs = {**{str(n): value for n, value in enumerate(args)}, **kwargs}
        return self.i.m.unknown(reason, site, inputs, name)

    def _by_name(self, name: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        m = self.i.m
        first = args[0] if args else None
        if _SOFTMAX.match(name) and first is not None and "log" not in name.lower():
            axis = kwargs.get(
                "axis", kwargs.get("dim", args[1] if len(args) > 1 and as_int(args[1]) is not None else None)
            )
            if axis is None and _OF_AN_AXIS.search(name):
                return None
            call_args = {"x": self.i.as_operand(first, site), "axis": axis if axis is not None else integer(-1)}
            others = [value for value in (*args[1:], *kwargs.values()) if isinstance(value, Tensor | Unknown)]
            if any(not is_none(value) for value in others):
                # It may be a mask, but what a function that is not in sight does with it is not known.
                call_args["mask"] = m.unknown(f"what {name} does with it is not known", site)
            result = m.emit("softmax", call_args, site, name)
            m.trace.ops[-1].notes["assumed"] = axis is None
            return result
        if _CAUSAL.search(name) and (first is None or not isinstance(first, Tensor)):
            result = m.emit("causal_mask", {"size": first} if first is not None else {}, site, name)
            m.trace.ops[-1].notes["assumed"] = True
            return result
        tensors = [
            value for value in (*args, *kwargs.values()) if isinstance(value, Tensor | Unknown) and not is_none(value)
        ]
        if first is None or not isinstance(first, Tensor | Unknown) or not tensors:
            return None
        if _PROJECTION.match(name) and len(args) == 1:
            result = m.emit("linear", {"x": self.i.as_operand(as_tensor(first) or first, site)}, site, name)
            m.trace.ops[-1].notes["assumed"] = True
            return result
        if _KEEPS_SHAPE.search(name) and len(tensors) == 1:
            kind = (
                "rotate"
                if re.search("rot|rope", name, re.I)
                else "norm"
                if re.search("norm|ln", name, re.I)
                else "activation"
            )
            result = m.emit(kind, {"x": as_tensor(first) or first}, site, name)
            m.trace.ops[-1].notes["assumed"] = True
            return result
        if re.search(r"rotary|rope", name, re.I) and len(args) >= 2:
            # apply_rotary_pos_emb(q, k, cos, sin) gives q and k back, turned.
            return Seq([m.emit("rotate", {"x": as_tensor(value) or value}, site, name) for value in args[:2]])
        return None

    def _duck(self, func: Unknown, name: str, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """A parameter that is called as only one class of the file can be."""
        if not func.parameter or not args or not _MODULE_NAMES.search(func.name) or _NO_MODEL.search(func.name):
            return None
        fitting = [cls for cls in self._classes() if self._fits(cls, args, kwargs)]
        named = [cls for cls in fitting if func.name.lower().strip("_") in cls.name.lower()]
        chosen = named or (self._outermost(fitting) if len(fitting) > 1 else fitting)
        if len(chosen) != 1 or self.i.m.depth > 4:
            return None
        this = self.i.calls.symbolic_instance(chosen[0], site)
        if not isinstance(this, Instance) or not this.ready:
            return None
        return self.i.calls.call(this, args, kwargs, site, name)

    def _outermost(self, classes: list[ClassValue]) -> list[ClassValue]:
        """Of several classes those that no other class of the file is built from: the models."""
        parts = {part.name: part for part in self.i.m.index.definitions if part.kind == "class"}
        return [c for c in classes if not any(c.name in part.words for name, part in parts.items() if name != c.name)]

    def _classes(self) -> list[ClassValue]:
        scope = self.i.m.globals
        self.i.m.ties.searched = True
        found = []
        for part in self.i.m.index.definitions:
            if part.kind == "class" and part.name in scope.names:
                value = self.i.force(scope, part.name)
                if isinstance(value, ClassValue):
                    found.append(value)
        return found

    def _fits(self, cls: ClassValue, args: list[Value], kwargs: dict[str, Value]) -> bool:
        for name in CALLED:
            member = self.i.attributes.member(cls, name)
            if isinstance(member, Func) and isinstance(member.node, ir.Function):
                params = [p for p in member.node.params if not p.kind][1:]
                names = {p.name for p in params}
                required = [p for p in params if p.default is None and p.name not in kwargs]
                return set(kwargs) <= names and len(required) <= len(args) <= len(params)
        return False
