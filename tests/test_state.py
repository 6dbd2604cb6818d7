"""The journal: what a branch wrote can be undone, made again, and joined with its sibling."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from attnlint.state import MISSING, Journal, Scope

KEYS = st.sampled_from("abc")
VALUES = st.integers(0, 5)
# Writes to one of two dicts by key, or to a list by position or at its end.
WRITES = st.lists(st.tuples(st.sampled_from(["one", "two", "list"]), KEYS, VALUES, st.booleans()), max_size=12)


class World:
    """Two dicts and a list, written through one journal."""

    def __init__(self, one, items):
        self.journal = Journal()
        self.one, self.two, self.list = dict(one), {}, list(items)

    def run(self, writes):
        for place, key, value, appends in writes:
            if place == "list":
                position = len(self.list) if appends else "abc".index(key) % (len(self.list) or 1)
                self.journal.write(self.list, position, value)
            else:
                self.journal.write(getattr(self, place), key, value)

    def branch(self, writes):
        mark = self.journal.mark()
        self.run(writes)
        return self.journal.undo(mark)

    @property
    def held(self):
        return copy.deepcopy((self.one, self.two, self.list))


STARTS = st.tuples(st.dictionaries(KEYS, VALUES), st.lists(VALUES, max_size=3))


@given(STARTS, WRITES, WRITES)
def test_undo_takes_back_everything_since_the_mark(start, before, since):
    world = World(*start)
    world.run(before)
    held, mark = world.held, world.journal.mark()
    world.run(since)
    world.journal.undo(mark)
    assert world.held == held
    assert world.journal.mark() == mark


@given(STARTS, WRITES, WRITES)
def test_redo_makes_the_branch_again(start, before, since):
    world, plain = World(*start), World(*start)
    world.run(before)
    plain.run(before)
    world.journal.redo(world.branch(since))
    plain.run(since)
    assert world.held == plain.held


@given(STARTS, WRITES, WRITES)
def test_marks_nest(start, outer, inner):
    world = World(*start)
    held, mark = world.held, world.journal.mark()
    world.run(outer)
    world.journal.redo(world.branch(inner))
    world.journal.undo(mark)
    assert world.held == held


def both(one, other):
    return (one, other)


@given(STARTS, WRITES)
def test_a_branch_merged_with_itself_is_itself(start, writes):
    world, plain = World(*start), World(*start)
    plain.run(writes)
    one, other = world.branch(writes), world.branch(writes)
    world.journal.merge(one, other, lambda a, b: a if a == b else both(a, b))
    assert world.held == plain.held


@given(st.dictionaries(KEYS, VALUES), *[st.dictionaries(KEYS, VALUES)] * 2)
def test_after_two_branches_a_place_holds_what_either_left_there(start, first, second):
    world = World(start, [])
    one = world.branch([("one", key, value, False) for key, value in first.items()])
    other = world.branch([("one", key, value, False) for key, value in second.items()])
    world.journal.merge(one, other, lambda a, b: a if a == b else both(a, b))
    for key in "abc":
        left, right = {**start, **first}.get(key, MISSING), {**start, **second}.get(key, MISSING)
        ends = [end for end in (left, right) if end is not MISSING]
        expected = MISSING if not ends else ends[0] if len(set(ends)) == 1 else both(left, right)
        assert world.one.get(key, MISSING) == expected


@given(st.dictionaries(KEYS, VALUES), st.dictionaries(KEYS, VALUES))
def test_merging_can_itself_be_undone(start, writes):
    world = World(start, [])
    held, mark = world.held, world.journal.mark()
    world.journal.merge(world.branch([("one", k, v, False) for k, v in writes.items()]), [], both)
    world.journal.undo(mark)
    assert world.held == held


def test_values_are_joined_by_identity_first():
    journal, names, value = Journal(), {}, object()
    mark = journal.mark()
    journal.write(names, "x", value)
    one = journal.undo(mark)
    journal.write(names, "x", value)
    other = journal.undo(mark)
    journal.merge(one, other, lambda a, b: 1 / 0)
    assert names == {"x": value}


def test_what_a_branch_only_narrowed_ends_with_the_branch():
    journal, names = Journal(), {"x": "maybe"}
    mark = journal.mark()
    journal.write(names, "x", "surely", narrowing=True)
    narrowed = journal.undo(mark)
    journal.redo(narrowed)
    assert names == {"x": "maybe"}
    journal.merge(narrowed, [], both)
    assert names == {"x": "maybe"}


def test_what_a_branch_wrote_after_narrowing_stands():
    journal, names = Journal(), {"x": "maybe"}
    mark = journal.mark()
    journal.write(names, "x", "surely", narrowing=True)
    journal.write(names, "x", "new")
    journal.redo(journal.undo(mark))
    assert names == {"x": "new"}


def test_scopes_see_outwards():
    module = Scope({"x": 1, "y": 2}, kind="module")
    inner = module.child()
    inner.names["x"] = 3
    assert inner.holder("x") is inner
    assert inner.holder("y") is module
    assert inner.holder("z") is None


def test_a_class_body_is_invisible_from_its_functions():
    module = Scope({"x": 1}, kind="module")
    body = module.child("class")
    body.names["x"] = 2
    assert body.holder("x") is body
    assert body.child().holder("x") is module
