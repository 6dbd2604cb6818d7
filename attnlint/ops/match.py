"""Fitting the atoms of an array to the sizes of a view: which atoms stay, are cut, are fused, or are scrambled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attnlint import dims
from attnlint.dims import Answer, Dim, product
from attnlint.ops.axes import kind_of_value, label_of, says_head_dim
from attnlint.ops.pieces import Target, cut, fresh_axes, fuse
from attnlint.ops.refine import refine
from attnlint.tensor import Atom, Axis
from attnlint.values import Size, Value, as_dim

__all__ = ["Fit", "Target", "fit", "target_of"]


@dataclass(frozen=True, slots=True)
class Fit:
    """The axes of the view, and what is to be said about it."""

    axes: tuple[Axis, ...]
    notes: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Block:
    """So many atoms from `low` on that make up so many targets."""

    atoms: tuple[int, int]
    targets: tuple[int, int]


def target_of(value: Value) -> Target:
    """One size of a view; -1 is the size that takes what is left."""
    dim = as_dim(value)
    label = label_of(value)
    if dim is None:
        dim = dims.unknown()
    literal = isinstance(value, Size) and not label and dim.value is not None
    size = None if dim.value == -1 else dim
    return Target(size, kind_of_value(value), says_head_dim(value), literal, name=label)


def fit(axes: Sequence[Axis], targets: Sequence[Target]) -> Fit:
    """Fit the atoms of axes to targets, of which one may have no size."""
    atoms = [atom for one in axes for atom in one.atoms if atom.size.value != 1]
    total = product(tuple(atom.size for atom in atoms))
    sizes, whole = _sizes(total, targets)
    asked = product(tuple(sizes))
    notes: dict[str, object] = {"source": total, "target": asked}
    answer = Answer.YES if any(target.size is None for target in targets) else dims.equal(total, asked)
    proved = answer is Answer.NO or not whole
    if not proved and _differ_by_default(total, asked, sizes, targets):
        notes["by_default"] = True
    if proved or "by_default" in notes:
        notes["mismatch"] = True
    filled = [replace(t, size=size, rest=t.size is None) for t, size in zip(targets, sizes, strict=True)]
    return Fit(tuple(_fit(atoms, filled, notes)), notes)


def _differ_by_default(total: Dim, asked: Dim, sizes: list[Dim], targets: Sequence[Target]) -> bool:
    """Whether the author's defaults make the sizes disagree; sizes on both sides that have none cancel out."""
    rest = [size.by_default for size, target in zip(sizes, targets, strict=True) if target.size is None]
    if rest:
        return rest[0] is not None and rest[0].denominator != 1
    ratio = (asked / total).by_default if total.terms else None
    return ratio is not None and ratio != 1


def _sizes(total: Dim, targets: Sequence[Target]) -> tuple[list[Dim], bool]:
    """The targets' sizes with the missing one worked out, and whether that came out whole."""
    known = product(tuple(target.size for target in targets if target.size is not None))
    sizes: list[Dim] = []
    whole = True
    for target in targets:
        if target.size is not None:
            sizes.append(target.size)
            continue
        left = total / known if known.terms else dims.unknown()
        number = left.number
        whole = number is None or number.denominator == 1
        sizes.append(left if whole else dims.unknown())
    return sizes, whole


def _fit(atoms: list[Atom], targets: list[Target], notes: dict[str, object]) -> list[Axis]:
    front = _blocks(atoms, targets)
    used_atoms, used = (front[-1].atoms[1], front[-1].targets[1]) if front else (0, 0)
    rest_atoms, rest = atoms[used_atoms:], targets[used:]
    back = _blocks(rest_atoms[::-1], rest[::-1])
    end_atoms, end = (back[-1].atoms[1], back[-1].targets[1]) if back else (0, 0)
    middle_atoms, middle = rest_atoms[: len(rest_atoms) - end_atoms], rest[: len(rest) - end]
    axes: list[Axis] = []
    for block in front:
        axes.extend(_carry(atoms[slice(*block.atoms)], targets[slice(*block.targets)], targets, notes))
    axes.extend(_settle(middle_atoms, middle, notes))
    for block in reversed(back):
        taken = rest_atoms[::-1][slice(*block.atoms)][::-1]
        axes.extend(_carry(taken, rest[::-1][slice(*block.targets)][::-1], targets, notes))
    return axes


def _blocks(atoms: list[Atom], targets: list[Target]) -> list[_Block]:
    """The smallest groups, from the left, whose sizes are provably the same."""
    blocks: list[_Block] = []
    low = start = 0
    while start < len(targets):
        found = _smallest(atoms[low:], targets[start:])
        if found is None:
            break
        blocks.append(_Block((low, low + found[0]), (start, start + found[1])))
        low, start = low + found[0], start + found[1]
    return blocks


def _smallest(atoms: list[Atom], targets: list[Target]) -> tuple[int, int] | None:
    if targets[0].dim.value == 1:
        return 0, 1
    mine = _running([atom.size for atom in atoms])
    theirs = _running([target.dim for target in targets])
    pairs = [(a, b) for a in range(1, len(mine) + 1) for b in range(1, len(theirs) + 1)]
    for a, b in sorted(pairs, key=lambda pair: (pair[0] + pair[1], min(pair))):
        if dims.equal(mine[a - 1], theirs[b - 1]) is Answer.YES:
            return a, b
    return None


def _running(sizes: list[Dim]) -> list[Dim]:
    products: list[Dim] = []
    for size in sizes:
        products.append(products[-1] * size if products else size)
    return products


def _carry(atoms: list[Atom], targets: list[Target], every: Sequence[Target], notes: dict[str, object]) -> list[Axis]:
    """The axes of one block whose sizes agree."""
    if not atoms:
        return [Axis()] * len(targets)
    if len(targets) == 1:
        return [Axis(fuse(tuple(atoms)))]
    if len(atoms) == 1:
        return cut(atoms[0], targets)
    refined = None if _crosses(atoms, targets) else refine(atoms, targets)
    if refined is not None:
        return refined
    _scramble(atoms, targets, notes)
    return fresh_axes(targets, every)


def _crosses(atoms: list[Atom], targets: list[Target]) -> bool:
    """Whether a target has the very size of an atom that it cannot be, since another size stands before it."""
    return any(
        target.dim.value != 1 and dims.equal(atom.size, target.dim) is Answer.YES
        for atom in atoms
        for target in targets
    )


def _scramble(atoms: list[Atom], targets: list[Target], notes: dict[str, object]) -> None:
    if "mismatch" not in notes:
        notes["scrambled"] = True
        notes["group"] = (tuple(Axis((atom,)) for atom in atoms), tuple(target.dim for target in targets))


def _settle(atoms: list[Atom], targets: list[Target], notes: dict[str, object]) -> list[Axis]:
    """What stands between the blocks, where sizes cannot be told to agree: take the one reading that there is."""
    if not targets:
        return []
    if not atoms:
        return fresh_axes(targets, targets)
    if len(atoms) == 1:
        if "mismatch" in notes:
            notes["piece"] = (atoms[0].size, tuple(target.dim for target in targets))
            return fresh_axes(targets, targets)
        return [Axis((atoms[0],))] if len(targets) == 1 else cut(atoms[0], _again(atoms[0].size, targets))
    if "mismatch" in notes:
        return fresh_axes(targets, targets)
    if len(targets) == 1:
        return [Axis(fuse(tuple(atoms)))]
    if any(atom.size.value is None for atom in atoms) and _crosses_by_name(atoms, targets):
        _scramble(atoms, targets, notes)
        return fresh_axes(targets, targets)
    if len(atoms) <= len(targets) and _pairs(atoms[:-1], targets):
        last = targets[len(atoms) - 1 :]
        end = [Axis((atoms[-1],))] if len(last) == 1 else cut(atoms[-1], _again(atoms[-1].size, last))
        return [*(Axis((atom,)) for atom in atoms[:-1]), *end]
    notes["ambiguous"] = True
    return fresh_axes(targets, targets)


def _again(size: Dim, targets: list[Target]) -> list[Target]:
    """The targets with the size of the -1 among them worked out from this atom alone."""
    known = product(tuple(target.dim for target in targets if not target.rest))
    return [replace(target, size=size / known) if target.rest and known.terms else target for target in targets]


def _crosses_by_name(atoms: list[Atom], targets: list[Target]) -> bool:
    """Whether a named size is found both among the atoms and among the targets, at places that cannot be one.

    Plain numbers prove nothing here: 8 heads and a batch of 8 are no relation.
    """
    return any(
        i != j and target.dim.value is None and dims.equal(atom.size, target.dim) is Answer.YES
        for i, atom in enumerate(atoms)
        for j, target in enumerate(targets)
    )


def _pairs(atoms: list[Atom], targets: list[Target]) -> bool:
    """Whether each atom can be the target at its place: not provably of another size, and not of another kind."""
    return all(
        dims.equal(atom.size, target.dim) is not Answer.NO
        and not (atom.kind and target.kind and atom.kind != target.kind)
        for atom, target in zip(atoms, targets, strict=False)
    )
