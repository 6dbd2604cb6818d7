"""When memory is cleared: in a pause between keystrokes, since it takes as long as a look at the text."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import Executor
from dataclasses import dataclass

# Seconds after a look without another keystroke that are a pause.
REST = 0.5
# So many looks may come without a pause before memory is cleared all the same.
MOST = 40


@dataclass(slots=True)
class Tidy:
    """Clears away the circles that traces are, in the executor's thread."""

    executor: Executor
    looks: int = 0
    waiting: asyncio.TimerHandle | None = None

    def disturb(self) -> None:
        """A keystroke came: this is no pause."""
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def looked(self) -> None:
        """A look is done: clear up after it in the next pause, or at once where none came for long."""
        self.disturb()
        self.looks += 1
        if self.looks >= MOST:
            self._clear()
        else:
            self.waiting = asyncio.get_running_loop().call_later(REST, self._clear)

    def _clear(self) -> None:
        self.looks, self.waiting = 0, None
        self.executor.submit(gc.collect)
