"""Lint in several processes at once, such that a file that kills its process or never ends costs itself alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

CHUNK = 8


class Overdue(BaseException):
    """Work that took longer than it was given; it must get past every `except Exception` of that work."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `Overdue` in the block when it takes longer; without effect where the system has no timer for it."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise Overdue

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def in_parallel(
    items: Sequence[Item], work: Callable[[Item], Outcome], died: Callable[[Item], Outcome], jobs: int
) -> Iterator[Outcome]:
    """The outcome of `work` for each item, as it becomes ready; `died` makes the outcome of one that kills a process.

    Items are handed out in their order, so the largest should come first.
    """
    chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    lost: list[Item] = []
    pool = _pool(min(jobs, len(chunks)))
    try:
        waiting: dict[Future[list[Outcome]], Sequence[Item]] = {}
        with _uninterrupted():
            for number, chunk in enumerate(chunks):
                try:
                    waiting[pool.submit(_each, work, chunk)] = chunk
                except BrokenProcessPool:  # it broke while chunks were still being handed out
                    lost.extend(item for rest in chunks[number:] for item in rest)
                    break
        for done in as_completed(waiting):
            try:
                yield from done.result()
            except BrokenProcessPool:
                lost.extend(waiting[done])
    except BaseException:  # Ctrl-C, or a caller who wants no more: do not wait for what is under way
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        # Waited for, since the thread that watches the workers would else close its pipe while Python, ending, writes
        # to it. It takes no time: the workers are done or dead.
        pool.shutdown(wait=True, cancel_futures=True)
    # Which item of a lost chunk was to blame is not known, so each gets a process of its own.
    yield from (_alone(item, work, died) for item in lost)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep Ctrl-C back for a moment: a worker that is just being forked would answer it with a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def cores() -> int:
    """How many processes can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _alone(item: Item, work: Callable[[Item], Outcome], died: Callable[[Item], Outcome]) -> Outcome:
    with _pool(1) as pool:
        try:
            return pool.submit(work, item).result()
        except BrokenProcessPool:
            return died(item)


def _each(work: Callable[[Item], Outcome], items: Sequence[Item]) -> list[Outcome]:
    return [work(item) for item in items]


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Forked workers start in a millisecond and share what is loaded; macOS may not fork safely.
    can_fork = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    context = multiprocessing.get_context("fork" if can_fork else None)
    # Ctrl-C reaches the whole process group; the parent alone answers it.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=signal.signal, initargs=ignore)
