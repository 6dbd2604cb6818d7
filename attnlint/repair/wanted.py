"""Whether findings are repaired: a fix is dear to work out, and an editor asks for it later than for the finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec

from attnlint.diagnostic import Fix

Given = ParamSpec("Given")
Fixes = tuple[Fix | None, tuple[Fix, ...]]

_IS_WANTED: ContextVar[bool] = ContextVar("repairs_wanted", default=True)


@contextmanager
def without_repairs() -> Iterator[None]:
    """Leave the findings of this block without fixes."""
    token = _IS_WANTED.set(False)
    try:
        yield
    finally:
        _IS_WANTED.reset(token)


def if_wanted(work: Callable[Given, Fix | None]) -> Callable[Given, Fix | None]:
    """A function that works out a fix, and none where no repairs are wanted."""

    @wraps(work)
    def made(*args: Given.args, **kwargs: Given.kwargs) -> Fix | None:
        return work(*args, **kwargs) if _IS_WANTED.get() else None

    return made


def all_if_wanted(work: Callable[Given, Fixes]) -> Callable[Given, Fixes]:
    """A function that works out a fix and its alternatives, and none where no repairs are wanted."""

    @wraps(work)
    def made(*args: Given.args, **kwargs: Given.kwargs) -> Fixes:
        return work(*args, **kwargs) if _IS_WANTED.get() else (None, ())

    return made
