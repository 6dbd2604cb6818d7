"""Loops and branches that libraries spell as functions: carried out as the interpreter carries out Python's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attnlint import dims
from attnlint.ir import Site
from attnlint.trace import Branch
from attnlint.values import NONE, Seq, Size, Value, as_bool

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter

Handler = Callable[[list[Value], dict[str, Value], Site], "Value | None"]
Body = Callable[[Value], Value]


class ControlFlow:
    """Carries out `lax.fori_loop`, `tf.while_loop`, `keras.ops.cond` and their like."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter
        self.handlers: dict[str, Handler] = {
            "jax.lax.fori_loop": self._fori,
            "keras.ops.fori_loop": self._fori,
            "jax.lax.while_loop": self._while,
            "flax.linen.while_loop": self._while_of_module,
            "tensorflow.while_loop": self._while_laid_out,
            "keras.ops.while_loop": self._while_laid_out,
            "jax.lax.cond": self._cond,
            "flax.linen.cond": self._cond,
            "tensorflow.cond": self._cond,
            "keras.ops.cond": self._cond,
            "torch.cond": self._cond_of_list,
            "jax.lax.switch": self._switch,
            "flax.linen.switch": self._switch,
            "keras.ops.switch": self._switch,
            "tensorflow.switch_case": self._switch,
        }

    def _fori(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        names = ("lower", "upper", "body_fun", "init_val")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        body, carry = given.get("body_fun"), given.get("init_val", NONE)
        if body is None:
            return None
        counter = Size(dims.unknown("a loop's counter"))
        return self._twice(lambda carry: self.i.calls.call(body, [counter, carry], {}, site), carry, site)

    def _while(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        given = {**dict(zip(("cond_fun", "body_fun", "init_val"), args, strict=False)), **kwargs}
        body, carry = given.get("body_fun"), given.get("init_val", NONE)
        if body is None:
            return None
        return self._twice(lambda carry: self.i.calls.call(body, [carry], {}, site), carry, site)

    def _while_of_module(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """A loop whose body takes the module before what goes round."""
        given = {**dict(zip(("cond_fn", "body_fn", "mdl", "init"), args, strict=False)), **kwargs}
        body, module, carry = given.get("body_fn"), given.get("mdl", NONE), given.get("init", NONE)
        if body is None:
            return None
        return self._twice(lambda carry: self.i.calls.call(body, [module, carry], {}, site), carry, site)

    def _while_laid_out(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        """A loop whose body takes the loop's variables one by one, and gives them back as a list."""
        given = {**dict(zip(("cond", "body", "loop_vars"), args, strict=False)), **kwargs}
        body, carry = given.get("body"), given.get("loop_vars", NONE)
        if body is None or not isinstance(carry, Seq):
            return None

        def run(carry: Value) -> Value:
            result = self.i.calls.call(body, list(carry.items) if isinstance(carry, Seq) else [carry], {}, site)
            return result if isinstance(result, Seq) else Seq([result], "list")

        return self._twice(run, carry, site)

    def _twice(self, body: Body, carry: Value, site: Site) -> Value:
        with self.i.m.within(loop=site):
            for _ in range(2):
                carry = body(carry)
        return carry

    def _cond(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        names = ("pred", "true_fn", "false_fn")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        branches = [given[name] for name in names[1:] if name in given]
        if len(branches) < 2:
            return None
        truth = as_bool(given.get("pred", NONE))
        chosen = branches if truth is None else [branches[0 if truth else 1]]
        return self._either(chosen, args[3:], site)

    def _cond_of_list(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        operands = args[3] if len(args) > 3 else kwargs.get("operands", Seq([]))
        return self._cond([*args[:3], *(operands.items if isinstance(operands, Seq) else [operands])], kwargs, site)

    def _switch(self, args: list[Value], kwargs: dict[str, Value], site: Site) -> Value | None:
        listed = args[1] if len(args) > 1 else kwargs.get("branches", kwargs.get("branch_fns"))
        return self._either(listed.items[:4], args[2:], site) if isinstance(listed, Seq) else None

    def _either(self, branches: list[Value], operands: list[Value], site: Site) -> Value:
        results = []
        for number, branch in enumerate(branches):
            with self.i.m.within(branch=Branch(site, number)):
                results.append(self.i.calls.call(branch, operands, {}, site))
        return self.i.join(results, site)
