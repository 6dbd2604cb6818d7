"""Symbolic sizes: their algebra holds whatever positive numbers the symbols stand for."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from attnlint import dims
from attnlint.dims import Answer, Dim

SYMBOLS = [dims.symbol(name) for name in ("a", "b", "c")]


@st.composite
def sizes(draw) -> Dim:
    size = dims.const(draw(st.integers(1, 6)))
    for _ in range(draw(st.integers(0, 4))):
        other = draw(st.sampled_from([*SYMBOLS, dims.const(2), dims.const(3)]))
        size = draw(st.sampled_from([size * other, size + other, size / other]))
    return size


values = st.lists(st.integers(1, 9), min_size=3, max_size=3)


def put_in(size: Dim, numbers: list[int]) -> Fraction:
    table = {one.symbol: Fraction(number) for one, number in zip(SYMBOLS, numbers, strict=True)}
    result = size.substitute(table.get)
    assert result is not None
    return result


@given(sizes(), sizes(), values)
def test_arithmetic_agrees_with_numbers(one, other, numbers):
    mine, theirs = put_in(one, numbers), put_in(other, numbers)
    assert put_in(one + other, numbers) == mine + theirs
    assert put_in(one - other, numbers) == mine - theirs
    assert put_in(one * other, numbers) == mine * theirs
    if len(other.terms) == 1:
        assert put_in(one / other, numbers) == mine / theirs


@given(sizes(), sizes(), values)
def test_equal_is_right_wherever_it_is_sure(one, other, numbers):
    same = put_in(one, numbers) == put_in(other, numbers)
    answer = dims.equal(one, other)
    assert answer is not Answer.YES or same
    assert answer is not Answer.NO or not same
    assert dims.equal(other, one) is answer


@given(sizes(), st.sampled_from(SYMBOLS))
def test_a_quotient_times_its_divisor_is_the_whole(one, divisor):
    assert dims.equal((one // divisor) * divisor, one) is Answer.YES


@given(st.integers(-50, 50), st.integers(1, 12))
def test_numbers_divide_as_in_python(number, divisor):
    assert (dims.const(number) // dims.const(divisor)).value == number // divisor


def test_two_symbols_of_one_name_are_two_sizes():
    assert dims.equal(dims.symbol("n"), dims.symbol("n")) is Answer.MAYBE
    assert dims.equal(dims.symbol("n"), dims.const(3)) is Answer.MAYBE


def test_a_quotient_is_what_is_divided():
    width, heads = dims.symbol("d_model"), dims.symbol("heads")
    assert (width / heads).is_quotient
    assert (width / dims.const(2)).is_quotient
    assert not (width / heads * heads).is_quotient
    assert not (width * heads + dims.const(2)).is_quotient
    assert not (dims.const(64) / dims.const(2)).is_quotient


def test_a_square_root_squares_back():
    n = dims.symbol("n")
    root = n.power(Fraction(1, 2))
    assert dims.equal(root * root, n) is Answer.YES
    assert dims.const(64).power(Fraction(1, 2)).value == 8


def test_defaults_tell_where_symbols_cannot():
    width, heads = dims.symbol("d_model", 512), dims.symbol("heads", 7)
    assert dims.equal(width, heads * dims.const(64)) is Answer.MAYBE
    assert dims.equal_by_default(width, heads * dims.const(64)) is Answer.NO
    assert dims.equal_by_default(width, dims.symbol("other")) is Answer.MAYBE
