"""einops: rearrange, reduce and repeat."""

from __future__ import annotations

from attnlint import dims
from attnlint.dims import Answer, Dim
from attnlint.names import is_head_dim, kind_of
from attnlint.ops.axes import NO_SHAPE, anonymous, dtype_of, fresh, label_of, unknown
from attnlint.ops.match import fit
from attnlint.ops.notation import ELLIPSIS, Rearrangement, parse_rearrange
from attnlint.ops.pieces import HEAD_DIM, Target, fuse, roles
from attnlint.ops.signature import Args, Result, as_tensor, op, shape_of
from attnlint.tensor import Atom, Axis, Kind, Shape
from attnlint.values import Mapping, Value, as_dim

Bound = dict[str, Axis]
_OWN = frozenset({"x", "pattern", "reduction", "sizes", "**", "named"})


def _sizes(args: Args) -> dict[str, Value]:
    """The sizes that the caller names: keywords of any name, and a dict `sizes`."""
    value = args.values.get("sizes")
    given = dict(value.items) if isinstance(value, Mapping) else {}
    return {**given, **{name: size for name, size in args.values.items() if name not in _OWN}}


def _kind(name: str, sizes: dict[str, Value]) -> Kind:
    """What a name counts, from itself or from the author's name for its size."""
    # In einops' patterns `n` is the number of tokens by long custom.
    return (
        kind_of(name)
        or ("seq" if name in ("n", "m") else "")
        or (kind_of(label_of(sizes[name])) if name in sizes else "")
    )


def _target(name: str, sizes: dict[str, Value]) -> Target:
    if name.isdigit():
        return Target(dims.const(int(name)), literal=True)
    size = as_dim(sizes[name]) if name in sizes else None
    label = label_of(sizes[name]) if name in sizes else ""
    return Target(size, _kind(name, sizes), is_head_dim(name) or is_head_dim(label), name in ("k", "three", "qkv"))


def _guess(group: tuple[str, ...], sizes: dict[str, Value]) -> Axis:
    """A new axis for a group of names, of which nothing but the names is known."""
    targets = [_target(name, sizes) for name in group]
    atoms: list[Atom] = []
    for name, target, role in zip(group, targets, roles(targets, "feature" if len(group) > 1 else None), strict=True):
        size = target.size if target.size is not None else dims.unknown()
        told = name if len(group) == 1 and kind_of(name) == role.kind else ""
        atoms.append(Atom(size, role.kind, None, HEAD_DIM if role.head_dim else "", told))
    return Axis(tuple(atom for atom in atoms if atom.size.value != 1))


def _learn(args: Args, pattern: Rearrangement, sizes: dict[str, Value]) -> Shape:
    """Make a tensor of unknown rank have the axes of the pattern's left side."""
    tensor = as_tensor(args.values.get("x"))
    if tensor is not None and tensor.shape.open:
        groups = [group for group in pattern.left if ELLIPSIS not in group]
        if all(ELLIPSIS not in group for group in pattern.left):
            tensor.learn(Shape(tuple(_guess(group, sizes) for group in groups)))
        elif pattern.left[0] == (ELLIPSIS,):
            tensor.learn(Shape(tuple(_guess(group, sizes) for group in groups), open=True))
    return shape_of(args.values.get("x"))


def _bind(shape: Shape, pattern: Rearrangement, sizes: dict[str, Value], notes: dict[str, object]) -> Bound | None:
    """The axes by name; None where the pattern has another number of axes."""
    left = pattern.left
    cut = left.index((ELLIPSIS,)) if (ELLIPSIS,) in left else None
    if any(ELLIPSIS in group and len(group) > 1 for group in left):
        return None
    if cut is None and shape.rank != len(left):
        notes["bad_rank"] = shape.rank
        return None
    bound: Bound = {}
    for place, group in enumerate(left):
        if group == (ELLIPSIS,):
            continue
        one = shape.at(place if cut is None or place < cut else place - len(left))
        if one is None:
            return None
        _bind_group(one, group, sizes, bound, notes)
    return bound


def _bind_group(
    one: Axis, group: tuple[str, ...], sizes: dict[str, Value], bound: Bound, notes: dict[str, object]
) -> None:
    targets = [_target(name, sizes) for name in group]
    if len(group) == 1:
        bound[group[0]] = one
        size = targets[0].size
        if size is not None and dims.equal(size, one.size) is Answer.NO:
            notes.update(mismatch=True, piece=(one.size, (size,)), source=one.size, target=size)
        return
    missing = [place for place, target in enumerate(targets) if target.size is None]
    if len(missing) > 1:
        atoms = one.atoms if len(one.atoms) == len(group) else ()
        for name, target, place in zip(group, targets, range(len(group)), strict=True):
            bound[name] = Axis((atoms[place],)) if atoms else anonymous(target.kind)
        return
    found = fit([one], targets)
    bound.update(zip(group, found.axes, strict=True))
    if found.notes.get("mismatch"):
        notes.update(found.notes)
        notes.setdefault("piece", (one.size, tuple(target.dim for target in targets)))


def _compose(shape: Shape, pattern: Rearrangement, bound: Bound, sizes: dict[str, Value]) -> Shape:
    """The right side's axes from the names."""
    axes: list[Axis] = []
    is_open = False
    left = pattern.left
    for group in pattern.right:
        if ELLIPSIS not in group:
            axes.append(_group_axis(group, bound, sizes))
            continue
        cut = left.index((ELLIPSIS,)) if (ELLIPSIS,) in left else 0
        behind = len(left) - cut - 1
        hidden = shape.axes[0 if shape.open else cut : len(shape.axes) - behind]
        if len(group) > 1:
            inner = tuple(atom for one in hidden for atom in one.atoms)
            others = {ELLIPSIS: anonymous() if shape.open else Axis(inner)}
            axes.append(_group_axis(group, {**bound, **others}, sizes))
        else:
            # What stands in front of an open ellipsis cannot be placed from the end.
            is_open = shape.open
            axes = list(hidden) if is_open else [*axes, *hidden]
    return Shape(tuple(axes), is_open)


def _group_axis(group: tuple[str, ...], bound: Bound, sizes: dict[str, Value]) -> Axis:
    atoms: list[Atom] = []
    for name in group:
        if name in bound:
            atoms.extend(bound[name].atoms)
        else:
            size: Dim | None = dims.const(int(name)) if name.isdigit() else as_dim(sizes.get(name))
            new = fresh(size, "" if name.isdigit() else _kind(name, sizes))
            atoms.extend(Atom(atom.size, atom.kind, None, "repeated") for atom in new.atoms)
    return Axis(fuse(tuple(atoms)))


def _einops(args: Args) -> Result:
    text = args.text("pattern")
    pattern = None if text is None else parse_rearrange(text)
    if pattern is None:
        return unknown("the pattern is not known" if text is None else f"the pattern {text!r} cannot be read")
    sizes = _sizes(args)
    shape = _learn(args, pattern, sizes)
    notes: dict[str, object] = {"pattern": pattern}
    if not shape.known:
        return unknown(NO_SHAPE, **notes)
    bound = _bind(shape, pattern, sizes, notes)
    if bound is None:
        right = [_guess(group, sizes) for group in pattern.right if ELLIPSIS not in group]
        is_open = len(right) != len(pattern.right)
        return Result(Shape(() if is_open else tuple(right), is_open), notes=notes, reason="the pattern does not fit")
    result = _compose(shape, pattern, bound, sizes)
    names = {name for group in pattern.right for name in group}
    notes["reduced"] = tuple(one for name, one in bound.items() if name not in names)
    notes["named"] = bound
    return Result(result, dtype=dtype_of(args.values.get("x")), notes=notes)


@op("rearrange")
def rearrange(args: Args) -> Result:
    """Move, cut and fuse axes by name. A list of arrays is one array with a new first axis."""
    return _einops(_stacked(args))


@op("einops_reduce")
def einops_reduce(args: Args) -> Result:
    """As rearrange; names that are missing on the right are reduced, and are in the note `reduced`."""
    return _einops(args)


@op("einops_repeat")
def einops_repeat(args: Args) -> Result:
    """As rearrange; names that are new on the right repeat."""
    return _einops(args)


def _stacked(args: Args) -> Args:
    from attnlint.ops.join import stack
    from attnlint.tensor import Tensor
    from attnlint.values import Seq, integer

    value = args.values.get("x")
    if not isinstance(value, Seq):
        return args
    result = stack(Args({"xs": value, "axis": integer(0)}))
    return Args({**args.values, "x": Tensor(result.shape, dtype=result.dtype)})
