"""Memory is cleared in pauses, and after many keystrokes without one."""

import asyncio
import gc

import pytest

from attnlint.lsp import tidy
from attnlint.lsp.tidy import MOST, Tidy

pytestmark = pytest.mark.asyncio


class Worker:
    def __init__(self):
        self.done = []

    def submit(self, work):
        self.done.append(work)


@pytest.fixture
def worker(monkeypatch):
    monkeypatch.setattr(tidy, "REST", 0.02)
    return Worker()


async def test_a_pause_after_a_look_clears_memory_once(worker):
    clears = Tidy(worker)
    clears.pressed()
    clears.rest()
    assert worker.done == []
    await asyncio.sleep(0.1)
    assert worker.done == [gc.collect]


async def test_a_keystroke_ends_the_pause(worker):
    clears = Tidy(worker)
    clears.rest()
    clears.pressed()
    await asyncio.sleep(0.1)
    assert worker.done == []


async def test_typing_without_a_pause_clears_memory_now_and_then(worker):
    clears = Tidy(worker)
    for _ in range(2 * MOST + MOST // 2):
        clears.pressed()
    assert worker.done == [gc.collect] * 2
