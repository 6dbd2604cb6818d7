"""Fitting a group of atoms to a group of sizes where both have cuts that the other one lacks."""

from __future__ import annotations

from collections.abc import Sequence

from attnlint import dims
from attnlint.dims import Answer, Dim
from attnlint.names import kind_of
from attnlint.ops.pieces import HEAD_DIM, Target
from attnlint.tensor import Atom, Axis, Kind


def refine(atoms: Sequence[Atom], targets: Sequence[Target]) -> list[Axis] | None:
    """The axes as compositions of pieces, as `(batch heads) head_dim` of `batch (heads head_dim)`; None where none are.

    Each cut has to be provably whole, or leave exactly the size that comes next.
    """
    cuts = _cuts(atoms, targets)
    if cuts is None:
        return None
    pieces: dict[int, list[tuple[int, Dim]]] = {}
    for place, source, size in cuts:
        pieces.setdefault(source, []).append((place, size))
    result: list[list[Atom]] = [[] for _ in targets]
    for source in sorted(pieces):
        taken = pieces[source]
        for number, (place, size) in enumerate(taken):
            atom = atoms[source]
            whole = len(taken) == 1
            result[place].append(atom if whole else _piece(atom, number, len(taken), size, targets[place]))
    return [Axis(tuple(found)) for found in result]


def _piece(atom: Atom, number: int, count: int, size: Dim, target: Target) -> Atom:
    own = dims.equal(size, target.dim) is Answer.YES
    kind: Kind = kind_of(size.name) or (target.kind if own else "") or ("feature" if atom.kind == "feature" else "")
    is_width = number == count - 1 and own and (target.head_dim or (atom.kind == "feature" and count == 2))
    return atom.derived(HEAD_DIM if is_width else f"split {number}/{count}", size, "feature" if is_width else kind)


def _cuts(atoms: Sequence[Atom], targets: Sequence[Target]) -> list[tuple[int, int, Dim]] | None:
    """The pieces as (target, atom, size), in order; None where a cut is not whole."""
    cuts: list[tuple[int, int, Dim]] = []
    source, left = 0, atoms[0].size
    for place, target in enumerate(targets):
        need = target.dim
        while need.value != 1:
            if source >= len(atoms):
                return None
            following = targets[place + 1].dim if place + 1 < len(targets) else None
            if dims.equal(left, need) is Answer.YES:
                taken, need, left = need, dims.const(1), dims.const(1)
            elif _divides(need, left) or (following is not None and dims.equal(left / need, following) is Answer.YES):
                taken, left, need = need, left / need, dims.const(1)
            elif _divides(left, need):
                taken, need, left = left, need / left, dims.const(1)
            else:
                return None
            cuts.append((place, source, taken))
            if left.value == 1:
                source += 1
                left = atoms[source].size if source < len(atoms) else left
    return cuts if source == len(atoms) else None


def _divides(divisor: Dim, size: Dim) -> bool:
    """Whether the size is provably a whole multiple of the divisor."""
    if len(divisor.terms) != 1:
        return False
    quotient = size / divisor
    whole = all(power.denominator == 1 for monomial, _ in quotient.terms for _, power in monomial)
    return whole and not quotient.is_quotient
