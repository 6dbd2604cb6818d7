"""Whether anybody still waits for a trace: an editor's next keystroke makes the one under way worthless."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_IS_WANTED: ContextVar[Callable[[], bool] | None] = ContextVar("is_wanted", default=None)


class GivenUp(BaseException):
    """Work that nobody waits for any more; it must get past every `except Exception` of that work."""


@contextmanager
def while_wanted(is_wanted: Callable[[], bool]) -> Iterator[None]:
    """Raise `GivenUp` in the traces of this block once `is_wanted` says no."""
    token = _IS_WANTED.set(is_wanted)
    try:
        yield
    finally:
        _IS_WANTED.reset(token)


def go_on() -> None:
    """Raise `GivenUp` where the work is not wanted any more."""
    is_wanted = _IS_WANTED.get()
    if is_wanted is not None and not is_wanted():
        raise GivenUp
