"""Head sizes that multiply out: a head's width computed from the model's, or a number of heads that divides it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from attnlint.attention.heads import Misfit
from attnlint.attention.lineage import ancestors, consumers, is_carrier
from attnlint.attention.widths import WrongWidth
from attnlint.diagnostic import Applicability, Fix
from attnlint.dims import Answer, Dim, const, equal
from attnlint.ir import Site
from attnlint.names import is_head_dim
from attnlint.ops.match import Target, target_of
from attnlint.ops.view import size_list
from attnlint.repair import calls, names, tree, widths, words
from attnlint.repair.draft import Draft
from attnlint.repair.wanted import Fixes, all_if_wanted
from attnlint.trace import OpCall, Trace
from attnlint.values import Layer

# The fix, and others that would do.

_FEWER = re.compile(r"kv|key_value|group", re.I)
TITLE = "compute the width of a head: d_model // n_heads"


@all_if_wanted
def resized(trace: Trace, op: OpCall, found: Misfit) -> Fixes:
    """A reshape whose heads multiply out to the features that there are, and what else would do."""
    draft = Draft(trace)
    fix = _resized(draft, op, found)
    return fix, tuple(draft.others)


def _resized(draft: Draft, op: OpCall, found: Misfit) -> Fix | None:
    layer = op.notes.get("layer")
    made = layer.site if isinstance(layer, Layer) and op.name == "rearrange" else None
    trace, call = draft.trace, calls.call_at(made or op.site)
    if call is None:
        return None
    total = found.found
    if op.name == "rearrange":
        return _of_pattern(draft, op, call, total)
    targets = [target_of(each) for each in size_list(op.args.get("sizes")) or []]
    given = _sizes(draft, call)
    if len(given) != len(targets) or len(given) < 2:
        return None
    head, heads = given[-1], given[-2]
    if len(found.parts) == 1:
        # The heads are split already: the last size alone is another one than before.
        number = total.by_default if total.value is None else total.value
        return _literal(draft, head, words.named(trace, head, total, "feature") or str(number or ""))
    return _split(draft, op, (heads, targets[-2]), (head, targets[-1]), total)


def _split(draft: Draft, op: OpCall, heads: tuple[Site, Target], head: tuple[Site, Target], total: Dim) -> Fix | None:
    have, count, width = (size.by_default for size in (total, heads[1].dim, head[1].dim))
    if equal(head[1].dim, total) is Answer.YES:
        return _of_one_head(draft, op, heads, head, total)
    if have is None or count is None or not count:
        return _computed(draft, op, heads[0], head[0], total)
    if (have / count).denominator == 1:
        if isinstance(head[0].node, cst.Integer):
            return _literal(draft, head[0], _quotient(draft, head[0], total, tree.source(heads[0]), heads[1].dim))
        return _computed(draft, op, heads[0], head[0], total)
    if isinstance(heads[0].node, cst.Integer) and width and (have / width).denominator == 1:
        return _literal(draft, heads[0], str(have / width))
    _checked(draft, heads[0], head[0], total)
    fix = _divisor(draft, heads[0], int(have), int(count))
    return fix or (draft.others.pop() if draft.others else None)


def _of_one_head(
    draft: Draft, op: OpCall, heads: tuple[Site, Target], head: tuple[Site, Target], total: Dim
) -> Fix | None:
    """Features for one head alone: a projection that is too narrow, or heads that are each as wide as the model."""
    if is_head_dim(tree.source(head[0])):
        if widths.widened_at(draft, op, total, heads[1].dim * total):
            return draft.fix("project to n_heads * head_dim")
        return _computed(draft, op, heads[0], head[0], total, one_head=True)
    return _narrowed(draft, op)


def _checked(draft: Draft, heads: Site, head: Site, total: Dim) -> None:
    """Beside another number of heads: a check, where a caller chooses both sizes, that says so at once."""
    defined = names.definition(draft.trace, head)
    statement = tree.statement(defined) if defined is not None else None
    if defined is None or statement is None or tree.function(defined) is None:
        return
    width = words.named(draft.trace, defined, total, "feature")
    count = names.readable(draft.trace, heads, defined)
    node = defined.node
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.FloorDivide):
        width, count = tree.source(tree.at(defined, node.left)), tree.source(tree.at(defined, node.right))
    check = Draft(draft.trace)
    if width and " " not in width and count:
        check.before(statement, f"assert {width} % {count} == 0")
    choice = check.fix("check that the heads divide the width", Applicability.DISPLAY)
    draft.others.extend([choice] if choice is not None else [])


def _sizes(draft: Draft, call: Site) -> list[Site]:
    """The sizes that a reshape is given, one by one."""
    return calls.listed(calls.arguments(draft, call)[1:])


def _literal(draft: Draft, place: Site, text: str) -> Fix | None:
    if not text:
        return None
    is_plain = text.replace(".", "_").isidentifier() or text.isdigit()
    draft.replace(place, text, tree.PRIMARY if is_plain else tree.PRODUCT)
    return draft.fix(f"split into {text} each" if not text.isdigit() else f"split into {text}")


def _quotient(draft: Draft, place: Site, total: Dim, heads: str, count: Dim) -> str:
    """`d_model // n_heads` by the names that stand there, or the number that it is."""
    name = words.named(draft.trace, place, total, "feature")
    if name and not heads.isdigit():
        return f"{name} // {heads}"
    have, number = total.by_default, count.by_default
    return str(have / number) if have is not None and number else ""


def _computed(draft: Draft, op: OpCall, heads: Site, head: Site, total: Dim, *, one_head: bool = False) -> Fix | None:
    """The definition of the head's width, in the place that sets it, as the model's width over the heads."""
    defined = names.definition(draft.trace, head)
    if defined is None:
        return None
    if _FEWER.search(tree.source(heads)):
        # Of grouped heads there are fewer for the keys; what one is wide the queries say.
        return _projected(draft, op, heads, head)
    if not one_head and isinstance(defined.node, cst.Name) and defined.node.value in words.parameters(defined):
        # Whoever makes the object chooses the width of a head: then it is the projections that do not fit.
        return _projected(draft, op, heads, defined)
    width = words.named(draft.trace, defined, total, "feature") or _made_with(op, defined)
    count = names.readable(draft.trace, heads, defined)
    if not width or not count:
        return None
    text = f"{width if ' ' not in width else f'({width})'} // {count}"
    if tree.source(defined) == text:
        return None
    draft.replace(defined, text, tree.PRODUCT)
    return draft.fix(TITLE)


def _projected(draft: Draft, op: OpCall, heads: Site, head: Site) -> Fix | None:
    """The projections of all that is split at one place, made as wide as the heads are together."""
    for other in draft.trace.ops:
        out = _out_size(other) if other.site == op.site else None
        count, width = (names.readable(draft.trace, each, out) if out is not None else "" for each in (heads, head))
        if out is not None and count and width:
            draft.replace(out, f"{count} * {width}", tree.PRODUCT)
    return draft.fix("make the projections n_heads * head_dim wide")


def _out_size(op: OpCall) -> Site | None:
    """The size that the layer which made an op's features gives out."""
    taken = op.tensor("x")
    for step in ancestors(taken, is_carrier, 20) if taken is not None else ():
        layer = step.notes.get("layer")
        if isinstance(layer, Layer) and layer.site is not None:
            call = calls.call_at(layer.site)
            given = calls.positional(call) if call is not None else []
            out = calls.of_keyword(call, "out_features") if call is not None else None
            return out or (given[1] if len(given) > 1 else None)
    return None


def _made_with(op: OpCall, place: Site) -> str:
    """The width that the projection of the features was made with, as the constructor writes it."""
    out = _out_size(op)
    beside = out is not None and tree.function(out) == tree.function(place)
    return tree.source(out) if out is not None and beside and tree.simple(out) else ""


def _of_pattern(draft: Draft, op: OpCall, call: Site, total: Dim) -> Fix | None:
    """einops: the sizes are keywords, or the one of them that is worked out."""
    node = call.node
    assert isinstance(node, cst.Call)
    sized = [arg for arg in node.args if arg.keyword is not None]
    if len(sized) == 2:
        heads, head = (tree.at(call, arg.value) for arg in sized)
        count = names.number(draft.trace, heads)
        if not tree.simple(head) and count:
            return _literal(draft, head, words.named(draft.trace, head, total / const(count), "feature"))
        return _computed(draft, op, heads, head, total)
    have, number = total.by_default, None
    for arg in sized:
        site = tree.at(call, arg.value)
        number = names.number(draft.trace, site)
        if have is not None and number:
            return _divisor(draft, site, int(have), number)
    return None


def _divisor(draft: Draft, heads: Site, have: int, count: int) -> Fix | None:
    """A number of heads that divides the width: which one is the author's to choose."""
    divisors = [n for n in _near(count) if have % n == 0]
    place = names.definition(draft.trace, heads, to_number=True) or heads
    if not divisors or not isinstance(place.node, cst.Integer):
        return None
    best, *others = divisors
    beyond = next((n for n in others if (n > count) != (best > count)), None)
    if beyond is not None:
        other = Draft(draft.trace)
        other.replace(place, str(beyond))
        choice = other.fix(f"use {beyond} heads, which divide {have}", Applicability.DISPLAY)
        draft.others.extend([choice] if choice is not None else [])
    draft.replace(place, str(best))
    return draft.fix(f"use {best} heads, which divide {have}", Applicability.DISPLAY)


def _near(count: int) -> Iterator[int]:
    """The numbers of heads next to one, the smaller first."""
    for distance in range(1, count):
        yield from (n for n in (count - distance, count + distance) if n > 1)


@all_if_wanted
def refitted(trace: Trace, wrong: WrongWidth, op: OpCall) -> Fixes:
    """A projection made for what the heads have together, or a layer whose heads divide its width; and what else."""
    draft = Draft(trace)
    fix = _refitted(draft, wrong, op)
    return fix, tuple(draft.others)


def _refitted(draft: Draft, wrong: WrongWidth, op: OpCall) -> Fix | None:
    if wrong.split is not None:
        return _narrowed(draft, wrong.split)
    expected, found = wrong.sizes
    if expected is None or found is None:
        return None
    if wrong.heads:
        call = calls.call_at(wrong.site)
        have, count = found.by_default, expected.by_default
        given = _heads_of(call) if call is not None else None
        return _divisor(draft, given, int(have), int(count)) if given is not None and have and count else None
    if widths.refit(draft, op, expected, found):
        return draft.fix("make the projection for what the heads have together")
    return None


def _narrowed(draft: Draft, split: OpCall) -> Fix | None:
    """A split into heads that are each as wide as the model, with a head's share of it."""
    call = calls.call_at(split.site)
    given = _sizes(draft, call) if call is not None else []
    if len(given) < 2:
        return None
    whole, heads = tree.operand(given[-1], tree.PRODUCT), tree.operand(given[-2], tree.UNARY)
    places = [given[-1]]
    for later in consumers(draft.trace, split.output, is_carrier, 12) if split.output is not None else ():
        # What folds the heads away says their width once more.
        folded = calls.call_at(later.site) if later.name == "reshape" and later.frame is split.frame else None
        last = _sizes(draft, folded)[-1:] if folded is not None else []
        places.extend(each for each in last if tree.source(each) == tree.source(given[-1]))
    for place in dict.fromkeys(places):
        draft.replace(place, f"{whole} // {heads}", tree.PRODUCT)
    return draft.fix(TITLE)


def _heads_of(call: Site) -> Site | None:
    given = calls.positional(call)
    return calls.of_keyword(call, "num_heads", "nhead", "heads") or (given[1] if len(given) > 1 else None)
