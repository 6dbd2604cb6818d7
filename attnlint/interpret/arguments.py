"""Which argument is which parameter's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attnlint import hints, ir
from attnlint.frameworks.spelling import Parameter
from attnlint.interpret.binding import mark_weight
from attnlint.interpret.restating import restate
from attnlint.names import kind_of
from attnlint.state import Scope
from attnlint.tensor import Tensor
from attnlint.values import Mapping, Seq, Size, Unknown, Value

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter


def bind(params: tuple[Parameter, ...], args: list[Value], kwargs: dict[str, Value]) -> dict[str, Value]:
    """Arguments under the canonical names of a library's signature; unexpected keywords keep their own name."""
    bound: dict[str, Value] = {}
    rest = list(args)
    for parameter in params:
        if parameter.rest:
            if rest:
                bound[parameter.name] = Seq(rest)
                rest = []
        elif rest:
            bound[parameter.name] = rest.pop(0)
    by_keyword = {keyword: parameter.name for parameter in params for keyword in parameter.keywords}
    for keyword, value in kwargs.items():
        bound[by_keyword.get(keyword, keyword)] = value
    return bound


def bind_parameters(
    i: Interpreter,
    node: ir.Function | ir.Lambda,
    outer: Scope,
    scope: Scope,
    args: list[Value],
    kwargs: dict[str, Value],
) -> None:
    """Give each parameter of a function of the project its argument, its default, or an unknown."""
    rest, named = list(args), dict(kwargs)
    open_kwargs = named.pop("**", None)
    docs = "" if isinstance(node, ir.Lambda) else node.docstring
    documented = hints.in_docstring(docs) if docs else []
    # Constructors take sizes by the names that arrays have elsewhere.
    layouts = {} if getattr(node, "name", "") == "__init__" else i.m.layouts
    for param in node.params:
        value: Value
        if param.kind == "*":
            value, rest = Seq(rest), []
        elif param.kind == "**":
            value, named = Mapping(named, open_kwargs is not None), {}
        elif rest and not param.keyword_only:
            value = rest.pop(0)
        elif param.name in named:
            value = named.pop(param.name)
        elif open_kwargs is not None and param.default is None:
            value = Unknown(f"{param.name} may come with **kwargs", param.name)
        elif param.default is not None:
            value = i.expr(param.default, outer)
        else:
            value = Unknown(f"{param.name} was not passed", param.name)
        scope.names[param.name] = _labelled(value, param.name)
        mark_weight(param.name, value)
        _learn(i, param, value, documented, scope, layouts)


def _labelled(value: Value, name: str) -> Value:
    if isinstance(value, Size) and (kind_of(name) or not value.label):
        return Size(value.dim, name)
    return value


def _learn(
    i: Interpreter,
    param: ir.Param,
    value: Value,
    documented: Sequence[hints.Hint],
    scope: Scope,
    layouts: dict[str, hints.Hint],
) -> None:
    if not isinstance(value, Tensor | Unknown):
        return
    if isinstance(value, Unknown):
        value.name = value.name or param.name
    elif param.name not in value.aliases:
        value.aliases.append(param.name)
    found: Sequence[hints.Hint] = [hint for hint in documented if param.name in hint.names]
    annotated = hints.in_annotation(param.annotation) if param.annotation else None
    found = [annotated] if annotated is not None else found
    if param.comment and not found:
        found = hints.in_comment(param.comment)
    if not found and param.name in layouts:
        found = (layouts[param.name],)
    for hint in found[:1]:
        shape = hints.shape_of(hint, lambda name: i.binding.size(name, scope))
        if restate(i, scope, param.name, value, shape, binding=True) is None:
            i.binding.learn(i.m.settled(value), shape)
