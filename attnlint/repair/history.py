"""Keys and values of earlier tokens kept: joined where they were overwritten, handed on where they were dropped."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from attnlint.attention.cache import Loss, is_new
from attnlint.attention.roles import role
from attnlint.diagnostic import Applicability, Fix, Span
from attnlint.frameworks.writing import writing
from attnlint.ir import Site
from attnlint.names import is_cache_name
from attnlint.repair import calls, names, tree, words
from attnlint.repair.draft import Draft
from attnlint.repair.wanted import if_wanted
from attnlint.tensor import Tensor
from attnlint.trace import Cell, Trace
from attnlint.values import is_none

TITLE = "keep those of the earlier tokens in front of the new ones"
_NAMES = {"k": "keys", "v": "values"}


@if_wanted
def kept(trace: Trace, loss: Loss) -> Fix | None:
    """The repair of one way to lose what earlier tokens left."""
    draft = Draft(trace)
    first, _, rest = loss.how.partition(" ")
    ways: dict[str, Callable[[Draft, Loss, str], Fix | None]] = {
        "overwritten": _joined,
        "emptied": _made_once,
        "written": _written_on_itself,
        "made": _not_made_anew,
        "dropped": _taken_back,
        "not": _passed_on,
        "kept": _remembered,
    }
    way = ways.get(first)
    return way(draft, loss, rest.removeprefix("passed on ")) if way is not None else None


def _joined(draft: Draft, loss: Loss, _: str) -> Fix | None:
    """What the cache holds put in front of what it is given, for all that one statement overwrites."""
    cell = loss.cell
    node = cell.site.node if cell is not None else None
    statement = tree.statement(cell.site) if cell is not None else None
    if cell is None or not isinstance(node, cst.Assign) or len(node.targets) != 1 or statement is None:
        return None
    lines: list[str] = []
    for target, value in names.pairs(node.targets[0].target, node.value):
        written = _cell_of(draft.trace, cell, tree.at(cell.site, target))
        if written is None or not isinstance(written.new, Tensor) or not is_new(written.new):
            continue
        old, filled = _old(draft.trace, written, tree.at(cell.site, target))
        place = tree.at(cell.site, value)
        name = tree.source(place)
        if not isinstance(value, cst.Name):
            name = _free(place, f"new_{_NAMES.get(role(written.new), 'entries')}")
            lines.append(f"{name} = {tree.operand(place, 1)}")
            draft.replace(place, name)
        both = _concatenation(draft, cell.site, written.new, old, name)
        if not both or not old:
            return None
        lines.extend([f"if {filled}:", f"    {name} = {both}"])
    if lines:
        draft.before(statement, *lines)
    return draft.fix(TITLE)


def _cell_of(trace: Trace, first: Cell, target: Site) -> Cell | None:
    """The write of a cell by the same statement to one of its targets."""
    text = tree.source(target)
    for cell in trace.cells:
        if cell.site == first.site and cell.frame is first.frame:
            name = cell.name.strip("[]")
            if text.endswith((f".{name}", f'["{name}"]', f"['{name}']")) or (cell.name == "[]" and text.endswith("]")):
                return cell
    return None


def _old(trace: Trace, cell: Cell, target: Site) -> tuple[str, str]:
    """How the cache is read, and the condition on which it holds something already."""
    text, node = tree.source(target), target.node
    if isinstance(node, cst.Subscript) and cell.name != "[]":
        owner, key = tree.source(tree.at(target, node.value)), text.rpartition("[")[2].rstrip("]")
        return text, f"{owner}.get({key}) is not None"
    if isinstance(node, cst.Attribute) and node.attr.value == "value":
        # A variable that holds a whole buffer is written at a place, and no more is known of that.
        return "", ""
    starts = [c for c in trace.cells if c.owner is cell.owner and c.name == cell.name and is_none(c.new)]
    if isinstance(node, cst.Attribute) and not starts:
        owner = tree.source(tree.at(target, node.value))
        return text, f'getattr({owner}, "{node.attr.value}", None) is not None'
    return text, f"{text} is not None"


def _concatenation(draft: Draft, site: Site, new: Tensor, old: str, text: str) -> str:
    library = draft.library(site, new)
    how = writing(library or "numpy")
    return draft.written(how.joined, how, site, a=old, b=text, axis=_sequence_axis(new))


def _sequence_axis(tensor: Tensor) -> int:
    """The axis of the tokens: the one that is named so, or of one token, or the last but one."""
    if tensor.shape.open:
        return -2
    places = [n for n, axis in enumerate(tensor.axes) if axis.kind == "seq"]
    places = places or [n for n, axis in enumerate(tensor.axes[1:-1], 1) if axis.is_one]
    return places[0] if len(places) == 1 else -2


def _free(site: Site, name: str) -> str:
    return name if name not in tree.names_around(site) else f"{name}_"


def _made_once(draft: Draft, loss: Loss, _: str) -> Fix | None:
    """A cache that every call makes, made by the first one alone."""
    node = loss.site.node
    statement = tree.statement(loss.site)
    target = node.targets[0].target if isinstance(node, cst.Assign) else None
    if statement is None or not isinstance(target, cst.Attribute):
        return None
    owner, row = tree.source(tree.at(loss.site, target.value)), statement.span.row
    text = f'{draft.indent(statement)}if not hasattr({owner}, "{target.attr.value}"):\n    '
    draft.put(statement, Span(row, 1, row, 1), text)
    for further in range(row + 1, statement.span.end_row + 1):
        draft.put(statement, Span(further, 1, further, 1), "    ")
    return draft.fix("make the cache once", Applicability.UNSAFE)


def _written_on_itself(draft: Draft, loss: Loss, _: str) -> Fix | None:
    """The cache itself as what the new entries are written into, in the place of an array of zeros."""
    node = loss.site.node
    target = node.targets[0].target if isinstance(node, cst.Assign) and len(node.targets) == 1 else None
    empty = loss.related[0][0] if loss.related else None
    inside = empty is not None and any(each.node is node for each in tree.around(empty))
    if target is None or empty is None or not inside:
        return None
    draft.replace(empty, tree.source(tree.at(loss.site, target)))
    return draft.fix("write the new entries into the cache")


def _not_made_anew(draft: Draft, loss: Loss, _: str) -> Fix | None:
    """A cache that is emptied in each round: emptied before the loop, where it is not given a value there already."""
    statement = tree.statement(loss.site)
    loop = next((e for e in tree.around(loss.site) if isinstance(e.node, cst.For | cst.While)), None)
    if statement is None or loop is None:
        return None
    name = tree.assigned(statement)
    before = [each for each in tree.block(loop) if each.span < loop.span]
    if not any(name & tree.assigned(each) for each in before):
        draft.before(loop, tree.source(statement))
    draft.delete(statement)
    return draft.fix("let the cache live through the rounds", Applicability.UNSAFE)


def _taken_back(draft: Draft, loss: Loss, parameter: str) -> Fix | None:
    """The cache that comes back from a call, under the name by which the next round hands it in."""
    call = calls.call_at(loss.site)
    parent = next(tree.around(call), None) if call is not None else None
    node = parent.node if parent is not None else None
    if call is None or parent is None or not isinstance(node, cst.Assign):
        return None
    target = node.targets[0].target
    given = next((each for each in [*calls.positional(call)] if tree.source(each) == parameter), None)
    given = calls.of_keyword(call, parameter) or given
    function = tree.function(call)
    if given is None or not tree.simple(given) or function is None or not isinstance(target, cst.Tuple):
        return None
    places = [tree.at(call, each.value) for each in target.elements]
    unused = [each for each in places if isinstance(each.node, cst.Name) and _is_unused(function, each.node.value)]
    if len(unused) != 1:
        return None
    draft.replace(unused[0], tree.source(given))
    return draft.fix("hand on the cache that comes back")


def _is_unused(function: Site, name: str) -> bool:
    """Whether a name is only ever given a value once, or says itself that nobody wants it."""
    return name == "_" or sum(each.value == name for each in tree.inside(function, cst.Name)) == 1


def _passed_on(draft: Draft, loss: Loss, name: str) -> Fix | None:
    """The cache that comes back from each call, given to the next one."""
    call = calls.call_at(loss.site)
    loop = next((e for e in tree.around(loss.site) if isinstance(e.node, cst.For | cst.While)), None)
    record = next((each for each in draft.trace.calls if each.site == loss.site), None)
    if call is None or loop is None or record is None:
        return None
    parameter = words.cache_parameter(record.callee)
    if not parameter:
        return None
    before = [each for each in tree.block(loop) if each.span < loop.span]
    held = {each for statement in before for each in tree.assigned(statement) if is_cache_name(each)}
    if name not in held and len(held) == 1:
        name = held.pop()
    calls.give(draft, call, (parameter,), 10_000, name)
    _comes_back_as(draft, call, before, name)
    if not any(name in tree.assigned(each) for each in before):
        draft.before(loop, f"{name} = None")
    return draft.fix("pass the cache to the next call", Applicability.UNSAFE)


def _comes_back_as(draft: Draft, call: Site, before: list[Site], name: str) -> None:
    """What a call gives back taken by the name that another call of the same, before the loop, gave it."""
    parent = next(tree.around(call), None)
    outer, node = parent.node if parent is not None else None, call.node
    target = outer.targets[0].target if isinstance(outer, cst.Assign) else None
    if not isinstance(target, cst.Tuple) or not isinstance(node, cst.Call):
        return
    for statement in before:
        for earlier in tree.inside(statement, cst.Assign):
            theirs, value = earlier.targets[0].target, earlier.value
            same = isinstance(value, cst.Call) and value.func.deep_equals(node.func)
            if not same or not isinstance(theirs, cst.Tuple) or len(theirs.elements) != len(target.elements):
                continue
            for mine, other in zip(target.elements, theirs.elements, strict=True):
                wanted = isinstance(other.value, cst.Name) and other.value.value == name
                if wanted and isinstance(mine.value, cst.Name) and mine.value.value != name:
                    draft.replace(tree.at(call, mine.value), name)


def _remembered(draft: Draft, loss: Loss, _: str) -> Fix | None:
    """A cache for the keys and values that a step makes of its token and keeps nowhere."""
    frame = loss.news[0].op.frame if loss.news and loss.news[0].op is not None else None
    this = words.this_of(loss.site) or next(iter(words.parameters(loss.site)), "")
    if frame is None or this not in {"self", "cls"}:
        return None
    done: set[str] = set()
    lines: dict[Site, list[str]] = {}
    for binding in draft.trace.bindings:
        which = role(binding.value) if isinstance(binding.value, Tensor) else ""
        statement = tree.statement(binding.site)
        if binding.frame is not frame or which not in _NAMES or which in done or statement is None:
            continue
        assert isinstance(binding.value, Tensor)
        done.add(which)
        old = f"{this}.{which}_cache"
        both = _concatenation(draft, binding.site, binding.value, old, binding.name)
        lines.setdefault(statement, []).extend(
            [
                f'if getattr({this}, "{which}_cache", None) is not None:',
                f"    {binding.name} = {both}",
                f"{old} = {binding.name}",
            ]
        )
    for statement, text in lines.items():
        draft.after(statement, *text)
    # Of arrays that nothing says to be NumPy's it is not known how they are joined.
    is_known = bool(draft.library(loss.site, *loss.news))
    applicability = Applicability.UNSAFE if is_known else Applicability.DISPLAY
    return draft.fix("keep the keys and values of the earlier tokens", applicability)
