"""The arguments of a call as they stand in the source: found, replaced, added."""

from __future__ import annotations

import libcst as cst

from attnlint.diagnostic import Span
from attnlint.frameworks import library_of
from attnlint.ir import Site
from attnlint.repair import tree
from attnlint.repair.draft import Draft

# Names that fragments use for modules without importing them.
_MODULES = frozenset("np numpy cp torch nn F jax jnp lax tf keras ops mx math einops einx xp".split())


def call_at(site: Site) -> Site | None:
    """The call at a place, be it all of a statement or of an assigned value; None where there is none."""
    node = site.node
    if isinstance(node, cst.Expr | cst.Assign | cst.AugAssign | cst.Return) and node.value is not None:
        node = node.value
    return tree.at(site, node) if isinstance(node, cst.Call) else None


def of_keyword(call: Site, *names: str) -> Site | None:
    """The value of the first argument that is given by one of these names."""
    for arg in _args(call):
        if arg.keyword is not None and arg.keyword.value in names:
            return tree.at(call, arg.value)
    return None


def positional(call: Site) -> list[Site]:
    """The arguments that are given by position, up to the first star."""
    found = []
    for arg in _args(call):
        if arg.star or arg.keyword is not None:
            break
        found.append(tree.at(call, arg.value))
    return found


def pattern(call: Site) -> Site | None:
    """The first text that is given by position, as the pattern of an einsum."""
    return next((each for each in positional(call) if isinstance(each.node, cst.SimpleString)), None)


def listed(given: list[Site]) -> list[Site]:
    """Arguments one by one, where they may be given as one tuple or list too."""
    node = given[0].node if len(given) == 1 else None
    return (
        [tree.at(given[0], each.value) for each in node.elements] if isinstance(node, cst.Tuple | cst.List) else given
    )


def receiver(call: Site) -> Site | None:
    """What a call's method belongs to, as in `receiver.method(…)`; None for a plain function."""
    node = call.node
    assert isinstance(node, cst.Call)
    return tree.at(call, node.func.value) if isinstance(node.func, cst.Attribute) else None


def function_name(call: Site) -> str:
    """The last name of what is called."""
    node = call.node
    assert isinstance(node, cst.Call)
    func = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    return func.value if isinstance(func, cst.Name) else ""


def is_method(draft: Draft, call: Site) -> bool:
    """Whether a call is a method of an array, and not a function of a module or an op of the project."""
    inner = receiver(call)
    if inner is None or any(op.word == function_name(call) for op in draft.trace.assumptions.ops):
        return False
    node = tree.node_of(inner)
    if isinstance(node, cst.Name) and node.value in {"self", "cls"}:
        # A layer or a function that the object has.
        return False
    while isinstance(node, cst.Attribute):
        node = node.value
    if not isinstance(node, cst.Name):
        return True
    imports = draft.index_of(call).imports
    if node.value in imports:
        return not library_of(imports[node.value])
    return node.value not in _MODULES


def arguments(draft: Draft, call: Site) -> list[Site]:
    """The array that a call works on and what else is given by position: of a method, its receiver comes first."""
    inner = receiver(call)
    first = [inner] if inner is not None and is_method(draft, call) else []
    return [*first, *positional(call)]


def add(draft: Draft, call: Site, text: str) -> None:
    """Put one more argument behind the others."""
    args = _args(call)
    if args:
        end = tree.whole_span(tree.at(call, args[-1].value))
        draft.put(call, Span(end.end_row, end.end_column, end.end_row, end.end_column), f", {text}")
        return
    span = call.span
    draft.put(call, Span(span.end_row, span.end_column - 1, span.end_row, span.end_column - 1), text)


def given(call: Site, keywords: tuple[str, ...], position: int) -> Site | None:
    """An argument, by keyword or position; None where it is not given."""
    place = of_keyword(call, *keywords)
    if place is not None:
        return place
    found = positional(call)
    return found[position] if position < len(found) else None


def give(draft: Draft, call: Site, keywords: tuple[str, ...], position: int, text: str) -> None:
    """Give an argument a value: in place of the one it has, by keyword or position, or else by the first keyword."""
    place = given(call, keywords, position)
    if place is not None:
        draft.replace(place, text)
    else:
        add(draft, call, f"{keywords[0]}={text}")


def _args(call: Site) -> list[cst.Arg]:
    node = call.node
    assert isinstance(node, cst.Call)
    return list(node.args)
