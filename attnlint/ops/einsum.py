"""Einstein sums: axes by letter."""

from __future__ import annotations

from attnlint import dims
from attnlint.dims import Answer
from attnlint.names import kind_of
from attnlint.ops.axes import anonymous, broadcast, pick, promote, unknown
from attnlint.ops.contract import free
from attnlint.ops.notation import ELLIPSIS, Einsum, parse_einsum
from attnlint.ops.signature import Args, Result, as_tensor, op, shape_of
from attnlint.tensor import Axis, Shape
from attnlint.values import Seq, Value, as_str


@op("einsum")
def einsum(args: Args) -> Result:
    """Read the pattern, learn the ranks of operands from it, and put the output's axes together."""
    values = _operands(args)
    text = args.text("pattern")
    if text is None and values:
        # einops gives the pattern last.
        text = as_str(values[-1])
        values = values[:-1]
    if text is None:
        return unknown("the pattern is not known")
    pattern = parse_einsum(text, named=bool(args.flag("named")))
    if pattern is None:
        return unknown(f"the pattern {text!r} cannot be read")
    notes: dict[str, object] = {"pattern": pattern, "letters": (pattern.inputs, pattern.output)}
    if len(values) != len(pattern.inputs):
        return unknown("the pattern has another number of operands", **notes)
    bound = [_bind(value, letters) for value, letters in zip(values, pattern.inputs, strict=True)]
    notes["bad_rank"] = tuple(place for place, found in enumerate(bound) if found is None)
    named = [found or {} for found in bound]
    notes["contracted"] = _contracted(pattern, named)
    clashes = _clashes(named)
    if clashes:
        notes["clash"] = clashes
    axes = [_output_axis(letter, pattern, named, values) for letter in pattern.output if letter != ELLIPSIS]
    if ELLIPSIS not in pattern.output:
        return Result(Shape(tuple(axes)), dtype=promote(*values), notes=notes)
    shape = _with_ellipsis(pattern, values, axes)
    return Result(shape, dtype=promote(*values), notes=notes)


def _operands(args: Args) -> list[Value]:
    value = args.values.get("xs")
    if isinstance(value, Seq) and len(value.items) == 1 and isinstance(value.items[0], Seq):
        value = value.items[0]
    return list(value.items) if isinstance(value, Seq) and not value.many else []


def _bind(value: Value, letters: tuple[str, ...]) -> dict[str, Axis] | None:
    """The axes of an operand by letter; None where it has another number of axes than the pattern says."""
    count = sum(letter != ELLIPSIS for letter in letters)
    tensor = as_tensor(value)
    new = tuple(anonymous(kind_of(letter)) for letter in letters if letter != ELLIPSIS)
    if tensor is not None and ELLIPSIS not in letters:
        tensor.learn(Shape(new))
    elif tensor is not None and letters[:1] == (ELLIPSIS,):
        tensor.learn(Shape(new, open=True))
    shape = shape_of(value)
    if ELLIPSIS not in letters:
        if shape.rank != count:
            return None
        return dict(zip(letters, shape.axes, strict=True))
    cut = letters.index(ELLIPSIS)
    found: dict[str, Axis] = {}
    for place, letter in enumerate(letters):
        if letter != ELLIPSIS:
            one = shape.at(place if place < cut else place - len(letters))
            found[letter] = one if one is not None else anonymous(kind_of(letter))
    return None if shape.rank is not None and shape.rank < count else found


def _contracted(pattern: Einsum, bound: list[dict[str, Axis]]) -> tuple[tuple[str, Axis, Axis], ...]:
    """The letters that two operands have and the output lacks, with their axes."""
    if len(bound) != 2:
        return ()
    return tuple(
        (letter, bound[0][letter], bound[1][letter])
        for letter in bound[0]
        if letter in bound[1] and letter not in pattern.output
    )


def _clashes(bound: list[dict[str, Axis]]) -> tuple[str, ...]:
    clashes: list[str] = []
    sizes: dict[str, Axis] = {}
    for operand in bound:
        for letter, one in operand.items():
            other = sizes.setdefault(letter, one)
            if not one.is_one and not other.is_one and dims.equal(one.size, other.size) is Answer.NO:
                clashes.append(letter)
    return tuple(dict.fromkeys(clashes))


def _output_axis(letter: str, pattern: Einsum, bound: list[dict[str, Axis]], values: list[Value]) -> Axis:
    having = [place for place, operand in enumerate(bound) if letter in operand]
    if not having:
        return anonymous(kind_of(letter))
    weights = [getattr(value, "param", False) for value in values]
    result = bound[having[0]][letter]
    for place in sorted(having[1:], key=lambda place: weights[place]):
        mine = bound[place][letter]
        result = pick(mine, result) if weights[having[0]] and not weights[place] else pick(result, mine)
    summed = any(other not in pattern.output for other in bound[having[0]])
    if len(values) == 2 and len(having) == 1 and not any(weights) and summed:
        return free(result, "rows" if having[0] == 0 else "columns")
    return result


def _with_ellipsis(pattern: Einsum, values: list[Value], axes: list[Axis]) -> Shape:
    """The output with the axes that the ellipses stand for put in at their place."""
    middles = []
    for value, letters in zip(values, pattern.inputs, strict=True):
        if ELLIPSIS not in letters:
            continue
        shape = shape_of(value)
        cut = letters.index(ELLIPSIS)
        behind = len(letters) - cut - 1
        hidden = shape.axes[: len(shape.axes) - behind] if shape.open else shape.axes[cut : len(shape.axes) - behind]
        middles.append(Shape(hidden, shape.open))
    middle = broadcast(middles)[0]
    cut = pattern.output.index(ELLIPSIS)
    if middle.open and cut:
        return Shape((*middle.axes, *axes[cut:]), open=True)
    return Shape((*axes[:cut], *middle.axes, *axes[cut:]), middle.open)
