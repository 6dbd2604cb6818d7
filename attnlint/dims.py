"""Symbolic sizes: polynomials over named symbols that compare to yes, no or cannot tell."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

# Whole numbers are ints in here, which are much faster than fractions and compare equal to them.
_Number = int | Fraction
Monomial = tuple[tuple["Symbol", _Number], ...]
_ONE: tuple[tuple[Monomial, _Number], ...] = (((), 1),)
_uids = itertools.count()


class Answer(Enum):
    """What a comparison of two sizes can say."""

    YES = "yes"
    NO = "no"
    MAYBE = "cannot tell"


@dataclass(eq=False, slots=True)
class Symbol:
    """A size that has an identity: two symbols of one name are still two sizes.

    `default` is the value that the author gives it when a caller says nothing.
    """

    uid: int
    name: str
    default: int | None = None


@dataclass(frozen=True, slots=True)
class Dim:
    """A size, as a sum of `coefficient * product of symbol ** exponent`.

    `d_model // n_heads` is kept as an exact quotient, since code that splits heads relies on it;
    so `(d_model // n_heads) * n_heads` is `d_model`. Roots keep fractional exponents.
    """

    terms: tuple[tuple[Monomial, _Number], ...]

    @property
    def value(self) -> int | None:
        """The whole number that this is, where it is one."""
        number = self._constant
        return number if isinstance(number, int) else None

    @property
    def number(self) -> Fraction | None:
        """The plain number that this is, where no symbol is left."""
        number = self._constant
        return None if number is None else Fraction(number)

    @property
    def _constant(self) -> _Number | None:
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    @property
    def symbols(self) -> frozenset[Symbol]:
        """Every symbol that occurs in it."""
        return frozenset(symbol for monomial, _ in self.terms for symbol, _ in monomial)

    @property
    def is_quotient(self) -> bool:
        """Whether something is divided in it."""
        return any(
            factor.denominator != 1 or any(power < 0 for _, power in monomial) for monomial, factor in self.terms
        )

    @property
    def symbol(self) -> Symbol | None:
        """The symbol that this is, where it is nothing else."""
        if len(self.terms) == 1 and self.terms[0][1] == 1:
            monomial = self.terms[0][0]
            if len(monomial) == 1 and monomial[0][1] == 1:
                return monomial[0][0]
        return None

    @property
    def name(self) -> str:
        """The author's name for it, where it is one symbol."""
        return self.symbol.name if self.symbol else ""

    def __str__(self) -> str:
        return " + ".join(_show_term(monomial, factor) for monomial, factor in self.terms) or "0"

    def __add__(self, other: Dim) -> Dim:
        return _collect([*self.terms, *other.terms])

    def __sub__(self, other: Dim) -> Dim:
        return self + other * const(-1)

    def __mul__(self, other: Dim) -> Dim:
        if other.terms == _ONE:
            return self
        if self.terms == _ONE:
            return other
        return _collect([(_times(m, n), _whole(f * g)) for m, f in self.terms for n, g in other.terms])

    def __truediv__(self, other: Dim) -> Dim:
        if self.terms and self.terms == other.terms:
            return const(1)
        if len(other.terms) != 1:
            return unknown(f"({self})/({other})")
        monomial, factor = other.terms[0]
        inverse = tuple((symbol, -power) for symbol, power in monomial)
        return _collect([(_times(m, inverse), _whole(Fraction(f) / factor)) for m, f in self.terms])

    def __floordiv__(self, other: Dim) -> Dim:
        mine, theirs = self.number, other.number
        if mine is not None and theirs:
            return const(mine // theirs)
        return self / other

    def power(self, exponent: Fraction) -> Dim:
        """This to a rational power; a new unknown where that is no product of symbols."""
        if exponent.denominator == 1 and 0 <= exponent <= 3:
            product = const(1)
            for _ in range(int(exponent)):
                product = product * self
            return product
        if len(self.terms) == 1:
            monomial, factor = self.terms[0]
            root = _rational_power(factor, exponent)
            if root is not None:
                return Dim(((tuple((s, _whole(p * exponent)) for s, p in monomial), _whole(root)),))
        return unknown(f"({self})**{exponent}")

    def substitute(self, values: Callable[[Symbol], Fraction | None]) -> Fraction | None:
        """The number that comes out when every symbol has a value; None where one has none."""
        total = Fraction(0)
        for monomial, coefficient in self.terms:
            factor = Fraction(coefficient)
            for symbol, power in monomial:
                value = values(symbol)
                raised = None if value is None else _rational_power(value, power)
                if raised is None:
                    return None
                factor = factor * raised
            total += factor
        return total

    @property
    def by_default(self) -> Fraction | None:
        """The number that the author's defaults give; None where a symbol has no default."""
        return self.substitute(lambda symbol: None if symbol.default is None else Fraction(symbol.default))


def const(number: int | Fraction) -> Dim:
    """A known size."""
    return Dim((((), _whole(number)),)) if number else Dim(())


def symbol(name: str, default: int | None = None) -> Dim:
    """A new size with a name, equal to itself alone."""
    return Dim(((((Symbol(next(_uids), name, default), 1),), 1),))


def unknown(text: str = "") -> Dim:
    """A size of which nothing is known; `text` is only for a reader, and no name."""
    return symbol("?" + text)


def is_named(dim: Dim) -> bool:
    """Whether the author gave this size a name of its own."""
    return bool(dim.name) and not dim.name.startswith("?")


def product(dims: list[Dim] | tuple[Dim, ...]) -> Dim:
    """The product of sizes; 1 of none."""
    result = const(1)
    for dim in dims:
        result = result * dim
    return result


def equal(one: Dim, other: Dim) -> Answer:
    """Whether two sizes are equal, whatever positive values their symbols take.

    NO needs a proof: two numbers, or the same symbols with another factor.
    """
    if one.terms == other.terms:
        return Answer.YES
    difference = one - other
    if not difference.terms:
        return Answer.YES
    if difference.number is not None:
        return Answer.NO
    if len(one.terms) == len(other.terms) == 1 and one.terms[0][0] == other.terms[0][0]:
        return Answer.NO
    return Answer.MAYBE


def equal_by_default(one: Dim, other: Dim) -> Answer:
    """As `equal`, and where that cannot tell, with the values that the author's defaults give."""
    answer = equal(one, other)
    if answer is Answer.MAYBE:
        mine, theirs = one.by_default, other.by_default
        if mine is not None and theirs is not None:
            return Answer.YES if mine == theirs else Answer.NO
    return answer


def _whole(number: _Number) -> _Number:
    return number.numerator if number.denominator == 1 else number


def _show_term(monomial: Monomial, factor: _Number) -> str:
    above = [str(factor.numerator)] if factor.numerator != 1 else []
    below = [str(factor.denominator)] if factor.denominator != 1 else []
    for symbol, power in monomial:
        name = symbol.name or "?"
        side = above if power > 0 else below
        side.append(name if abs(power) == 1 else f"{name}**{abs(power)}")
    top = "*".join(above) or "1"
    return f"{top}/{'*'.join(below)}" if below else top


def _collect(terms: list[tuple[Monomial, _Number]]) -> Dim:
    if len(terms) == 1:
        return Dim(tuple(terms)) if terms[0][1] else Dim(())
    total: dict[Monomial, _Number] = {}
    for monomial, factor in terms:
        total[monomial] = _whole(total.get(monomial, 0) + factor)
    ordered = sorted(((m, f) for m, f in total.items() if f), key=lambda term: [(s.uid, p) for s, p in term[0]])
    return Dim(tuple(ordered))


def _times(one: Monomial, other: Monomial) -> Monomial:
    if not one or not other:
        return one or other
    merged: dict[Symbol, _Number] = dict(one)
    for symbol, power in other:
        before: _Number = merged.get(symbol, 0)
        merged[symbol] = _whole(before + power)
    return tuple(sorted(((s, p) for s, p in merged.items() if p), key=lambda item: item[0].uid))


def _rational_power(base: _Number, exponent: _Number) -> Fraction | None:
    """base ** exponent where that is rational; None otherwise."""
    if exponent.denominator == 1:
        if not -8 <= exponent <= 8 or (base == 0 and exponent < 0):
            return None
        return Fraction(base) ** int(exponent)
    if base < 0:
        return None
    top = round(base.numerator ** (1 / exponent.denominator))
    bottom = round(base.denominator ** (1 / exponent.denominator))
    if top**exponent.denominator == base.numerator and bottom**exponent.denominator == base.denominator:
        root = Fraction(top, bottom)
        return root ** int(exponent.numerator) if abs(exponent.numerator) <= 8 and root else None
    return None
