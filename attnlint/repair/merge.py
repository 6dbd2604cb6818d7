"""Heads put side by side where they were reduced, in the layout that the reduction was to leave."""

from __future__ import annotations

import re

import libcst as cst

from attnlint.diagnostic import Applicability, Fix, Span
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.repair import calls, tree, widths, words
from attnlint.repair.draft import Draft
from attnlint.repair.wanted import if_wanted
from attnlint.tensor import Axis, Tensor
from attnlint.trace import OpCall, Trace

TITLE = "concatenate the heads"


@if_wanted
def concatenated(trace: Trace, op: OpCall, taken: Tensor | None) -> Fix | None:
    """The heads of a context beside its features, for what averaged, added or dropped them.

    What comes next may have been made for one head's width, so that the fix is unsafe.
    """
    draft = Draft(trace)
    call = calls.call_at(op.site)
    text = ""
    if op.name == "einsum" and call is not None:
        return _summed_nowhere(draft, op, call)
    if op.name == "sum_of" and call is not None:
        text = _of_generator(draft, op, call)
    elif op.name == "einops_reduce" and call is not None:
        text = _rearranged(draft, call)
    elif taken is not None and taken.op is not None and taken.op.name == "stack" and call is not None:
        text = _of_stack(draft, op, call)
    if not text and taken is not None:
        array, axis = _array(draft, op, call), _heads_axis(op, taken)
        if array is None or axis is None or not tree.simple(array):
            return None
        text = _merged(draft, op, array, taken, axis)
    if not text or _is_taken_apart(draft, op, call or op.site):
        return None
    draft.replace(call or op.site, text)
    _widen(draft, op, taken)
    # A function that several call may be asked for a mean elsewhere.
    shared = words.calls_of(trace.text_of(op.site), op.frame.name) > 1
    return draft.fix(TITLE, Applicability.DISPLAY if shared else Applicability.UNSAFE)


def _is_taken_apart(draft: Draft, op: OpCall, place: Site) -> bool:
    """Whether what a reduction gives is used as no one array: its values alone, unpacked, with the axis kept, twice."""
    parent = next(tree.around(place), None)
    outer = parent.node if parent is not None else None
    parts = isinstance(outer, cst.Attribute) and outer.attr.value in {"values", "indices"}
    unpacked = isinstance(outer, cst.Assign) and any(isinstance(t.target, cst.Tuple) for t in outer.targets)
    call = place.node
    keeps = isinstance(call, cst.Call) and calls.of_keyword(place, "keepdim", "keepdims") is not None
    indexed = isinstance(outer, cst.Subscript) and outer.value is place.node
    twice = op.output is not None and len({user.site for user in draft.trace.uses(op.output)}) > 1
    return parts or unpacked or keeps or indexed or twice


def _widen(draft: Draft, op: OpCall, taken: Tensor | None) -> None:
    """What takes the context next, made for all heads where it was made for one."""
    place = _heads_axis(op, taken) if taken is not None else None
    if taken is None or place is None or op.output is None:
        return
    narrow = taken.axes[-1].size
    widths.widen(draft, op.output, narrow, taken.axes[place].size * narrow)


def _heads_axis(op: OpCall, taken: Tensor) -> int | None:
    """The position of the axis that goes: the heads', or the one along which heads were stacked."""
    named = next((n for n, each in enumerate(taken.axes) if each.kind == "heads"), None)
    positions = op.notes.get("positions")
    if named is None and isinstance(positions, tuple) and len(positions) == 1 and isinstance(positions[0], int):
        return taken.shape.place(positions[0])
    return named


def _summed_nowhere(draft: Draft, op: OpCall, call: Site) -> Fix | None:
    """An einsum that keeps the letter of the heads, in front of that of the features, and merges the two."""
    contracted = op.notes.get("contracted")
    letters = [each[0] for each in contracted if each[1].kind == "heads"] if isinstance(contracted, tuple) else []
    pattern = calls.pattern(call)
    if len(letters) != 1 or pattern is None:
        return None
    text, letter = tree.source(pattern), str(letters[0])
    head, arrow, tail = text.rstrip("'\"").partition("->")
    quote, names = text[-1], tail.split() or [""]
    if not arrow:
        return None
    if "[" in head:
        kept = head.replace(f"[{letter}]", letter)
        draft.replace(pattern, f"{kept}-> {' '.join(names[:-1])} ({letter} {names[-1]}){quote}")
        return draft.fix(TITLE, Applicability.UNSAFE)
    spaced = " " in tail.strip()
    merged = f" {' '.join([*names[:-1], letter, names[-1]])}" if spaced else f"{tail[:-1]}{letter}{tail[-1]}"
    draft.replace(pattern, f"{head}->{merged}{quote}")
    return draft.fix(TITLE, Applicability.UNSAFE) if _merged_after(draft, op, call) else None


def _merged_after(draft: Draft, op: OpCall, call: Site) -> bool:
    """The last two axes of what a call gives put together, where it has a name or by a method of it."""
    library = draft.library(call, op.output, *op.inputs)
    end = call.span
    if library in {"torch", "tinygrad"}:
        draft.put(call, Span(end.end_row, end.end_column, end.end_row, end.end_column), ".flatten(-2)")
        return True
    target, statement = tree.only_target(call), tree.statement(call)
    if target is None or statement is None or not isinstance(target.node, cst.Name):
        return False
    if library not in {"numpy", "jax", "mlx", "cupy"}:
        return False
    name = target.node.value
    draft.after(statement, f"{name} = {name}.reshape(*{name}.shape[:-2], -1)")
    return True


def _array(draft: Draft, op: OpCall, call: Site | None) -> Site | None:
    if call is not None:
        given = calls.arguments(draft, call)
        return given[0] if given else None
    node = op.site.node
    return tree.at(op.site, node.value) if isinstance(node, cst.Subscript) else None


def _merged(draft: Draft, op: OpCall, array: Site, taken: Tensor, axis: int) -> str:
    """The array with its heads moved before the features and merged with these."""
    library = _library(draft, op, taken)
    how, x, rank = writing(library), tree.source(array), len(taken.axes)
    before_features = axis == rank - 2
    if library == "torch" or library == "tinygrad":
        if before_features:
            return f"{x}.flatten(-2)"
        if rank == 4 and axis == 1 and not taken.shape.open:
            return f"{draft.written(how.turned, how, array, x=x)}.flatten(2)"
        return draft.written(how.merged, how, array, x=x, axis=axis) if not taken.shape.open else ""
    if not how.merged:
        # Of unknown arrays: by NumPy's methods, which most have.
        how = writing("numpy")
    if taken.shape.open:
        return f"{x}.reshape(*{x}.shape[:-2], -1)" if before_features and library in {"numpy", "jax", "mlx", ""} else ""
    rest = [(n, each) for n, each in enumerate(taken.axes[:-1]) if n != axis]
    lead = ", ".join(_size(draft, array, n, each, library) for n, each in rest)
    width = words.named(draft.trace, array, taken.axes[axis].size * taken.axes[-1].size, "feature")
    width = width or f"{x}.shape[{axis}] * {x}.shape[{rank - 1}]"
    if before_features or (rank == 4 and axis == 1):
        laid_out = x if before_features else draft.written(how.turned, how, array, x=x)
        if library in {"tensorflow", "keras"}:
            return f"{draft.module(how.module, array)}.reshape({laid_out}, ({lead}, {width}))"
        return f"{laid_out}.reshape({lead}, -1)"
    return draft.written(how.merged, how, array, x=x, axis=axis, lead=lead, width=width)


def _library(draft: Draft, op: OpCall, taken: Tensor) -> str:
    """The library of an array; in a fragment the one whose word for an axis the author uses."""
    found = draft.library(op.site, op.output, taken)
    call = calls.call_at(op.site)
    said = call is not None and calls.of_keyword(call, "dim") is not None
    return found or ("torch" if said else "")


def _size(draft: Draft, array: Site, place: int, axis: Axis, library: str) -> str:
    name = words.named(draft.trace, array, axis.size, axis.kind)
    if name and name.isidentifier():
        return name
    x = tree.source(array)
    if library in {"tensorflow", "keras"}:
        return f"{draft.module(writing(library).module, array)}.shape({x})[{place}]"
    return f"{x}.shape[{place}]"


def _rearranged(draft: Draft, call: Site) -> str:
    """einops' and einx' reductions of a letter as patterns that put it beside the last one."""
    pattern = calls.pattern(call)
    array = next((each for each in calls.positional(call) if each != pattern), None)
    if pattern is None or array is None:
        return ""
    text = tree.source(pattern)
    quote = text[-1]
    inner = text.strip(quote)
    head, arrow, tail = inner.partition("->")
    if not arrow:
        names = head.replace("[", "").replace("]", "").split()
        gone = re.findall(r"\[(\w+)\]", head)
        kept = [name for name in names if name not in gone]
        head = " ".join(names) + " "
    else:
        names, kept = head.split(), tail.split()
        gone = [name for name in names if name not in kept]
    if len(gone) != 1 or not kept or "(" in head:
        return ""
    wanted = f"{quote}{head}-> {' '.join(kept[:-1])} ({gone[0]} {kept[-1]}){quote}"
    if not arrow:
        return f"{draft.module('einx', call)}.rearrange({wanted}, {tree.source(array)})"
    return f"{draft.module('einops.rearrange', call)}({tree.source(array)}, {wanted})"


def _of_generator(draft: Draft, op: OpCall, call: Site) -> str:
    """`sum(head(x) for head in heads)` as a concatenation of the same heads."""
    given = calls.positional(call)
    node = given[0].node if given else None
    library = next((t.library for t in op.inputs if t.library), "")
    how = writing(library)
    if not isinstance(node, cst.GeneratorExp | cst.ListComp) or not how.joined or library == "tinygrad":
        return ""
    inner = tree.source(given[0])
    inner = inner[1:-1] if isinstance(node, cst.ListComp) else inner
    listed = how.joined.replace("[{a}, {b}]", "[{a}]")
    return draft.written(listed, how, call, a=inner, axis=-1)


def _of_stack(draft: Draft, op: OpCall, call: Site) -> str:
    """`stack(heads).mean(0)` as a concatenation of the list that was stacked."""
    given = calls.arguments(draft, call)
    stack = calls.call_at(given[0]) if given else None
    inner = calls.positional(stack) if stack is not None and calls.function_name(stack) == "stack" else []
    library = next((t.library for t in op.inputs if t.library), "")
    how = writing(library)
    if not inner or not how.joined or library == "tinygrad":
        return ""
    joined = how.joined.replace("[{a}, {b}]", "{a}")
    return draft.written(joined, how, call, a=tree.source(inner[0]), axis=-1)
