"""Cutting an atom into pieces, fusing pieces back, and what each piece counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attnlint import dims
from attnlint.dims import Answer, Dim, product
from attnlint.tensor import Atom, Axis, Kind

HEAD_DIM = "head_dim"


@dataclass(frozen=True, slots=True)
class Target:
    """One size of a view: the size (none yet for -1), what its name says, and whether it is a bare number.

    `rest` marks the one that takes what is left, once its size has been worked out.
    """

    size: Dim | None
    kind: Kind = ""
    head_dim: bool = False
    literal: bool = False
    rest: bool = False
    name: str = ""

    @property
    def dim(self) -> Dim:
        """The size, or an unknown one."""
        return dims.unknown() if self.size is None else self.size


@dataclass(frozen=True, slots=True)
class Role:
    """What one piece counts, and whether it is the width of a head."""

    kind: Kind
    head_dim: bool = False


def roles(targets: Sequence[Target], inside: Kind | None = None) -> list[Role]:
    """What each target counts, from its name and its neighbours; `inside` is the kind of the atom being cut."""
    kinds: list[Kind] = [target.kind for target in targets]
    if inside is not None:
        _name_heads(targets, kinds)
    heads = "heads" in kinds
    if heads and inside is None:
        # What is left over between the batch or the heads and the last axis is the length.
        kinds = [
            k or ("seq" if t.rest or t.size is None else "") for k, t in zip(kinds[:-1], targets, strict=False)
        ] + kinds[-1:]
    for place, target in enumerate(targets):
        near = heads and "heads" in kinds[max(0, place - 1) : place + 2]
        alone = inside == "feature" and place == 0 and not heads and target.dim.value == 3
        if target.literal and not kinds[place] and target.dim.value in (2, 3) and (near or alone):
            kinds[place] = "qkv"
    found: list[Role] = []
    for place, kind in enumerate(kinds):
        wide = kind in ("", "feature") and _follows_heads(kinds, place, last=inside is None)
        rest: Kind = "feature" if inside == "feature" and not kind and place == len(kinds) - 1 else kind
        found.append(Role("feature", True) if wide else Role(rest))
    return found


def _name_heads(targets: Sequence[Target], kinds: list[Kind]) -> None:
    """A piece without a name just before one that is the width of a head counts heads."""
    for place, target in enumerate(targets[1:], 1):
        bare = targets[place - 1].literal and targets[place - 1].dim.value in (2, 3) and place > 1
        if target.head_dim and not kinds[place - 1] and not bare and "heads" not in kinds:
            kinds[place - 1] = "heads"


def _follows_heads(kinds: list[Kind], place: int, last: bool) -> bool:
    before = place - 1
    while before >= 0 and kinds[before] == "qkv":
        before -= 1
    if before >= 0 and kinds[before] == "heads":
        return True
    return last and place == len(kinds) - 1 and "heads" in kinds[:place]


def cut(atom: Atom, targets: Sequence[Target]) -> list[Axis]:
    """An atom cut into pieces, outermost first; pieces of size 1 are none."""
    found = roles(targets, atom.kind)
    count = sum(target.dim.value != 1 for target in targets)
    axes: list[Axis] = []
    number = 0
    for target, role in zip(targets, found, strict=True):
        if target.dim.value == 1:
            axes.append(Axis())
            continue
        if count == 1:
            axes.append(Axis((atom,)))
            continue
        part = HEAD_DIM if role.head_dim else f"split {number}/{count}"
        axes.append(Axis((_named(atom.derived(part, target.dim, role.kind), target),)))
        number += 1
    return axes


def _named(atom: Atom, target: Target) -> Atom:
    atom.learn(atom.kind, target.name)
    return atom


def fresh_axes(targets: Sequence[Target], every: Sequence[Target]) -> list[Axis]:
    """New axes for targets that stand among all the targets of a view."""
    whole = roles(every)
    by_target = {id(target): role for target, role in zip(every, whole, strict=True)}
    axes: list[Axis] = []
    for target in targets:
        role = by_target.get(id(target), Role(target.kind))
        part = HEAD_DIM if role.head_dim else ""
        axes.append(Axis() if target.dim.value == 1 else Axis((Atom(target.dim, role.kind, None, part, target.name),)))
    return axes


def fuse(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """Atoms side by side in one axis, with all the pieces of one atom, in order, put together again."""
    current = list(atoms)
    changed = True
    while changed:
        changed = False
        for low in range(len(current)):
            high = _family(current, low)
            parent = current[low].parent
            if high and parent is not None:
                current[low:high] = [parent]
                changed = True
                break
    return tuple(current)


def _family(atoms: list[Atom], low: int) -> int:
    """Where the run of all the pieces of one atom ends that begins here; 0 where none does."""
    parent = atoms[low].parent
    if parent is None or not atoms[low].part:
        return 0
    high = low
    while high < len(atoms) and atoms[high].parent is parent:
        part = atoms[high].part
        if part != HEAD_DIM and part.partition("/")[0] != f"split {high - low}":
            return 0
        high += 1
        if high - low > 1 and dims.equal(product(tuple(a.size for a in atoms[low:high])), parent.size) is Answer.YES:
            return high
        total = part.partition("/")[2]
        if total and int(total) == high - low:
            return high
    return _all_pieces(atoms[low:high], low)


def _all_pieces(run: list[Atom], low: int) -> int:
    """A run whose sizes cannot be told to make up the parent's, but whose pieces are as many as it was cut into."""
    totals = {atom.part.partition("/")[2] for atom in run if atom.part != HEAD_DIM}
    return low + len(run) if totals == {str(len(run))} else 0
