"""When memory is cleared: in a pause between keystrokes, since it takes as long as a look at the text."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import Executor
from dataclasses import dataclass

# Seconds after a look without another keystroke that are a pause.
REST = 0.5
# So many keystrokes may come without a pause before memory is cleared all the same.
MOST = 25


@dataclass(slots=True)
class Tidy:
    """Clears away the circles that traces are, in the executor's thread."""

    executor: Executor
    keystrokes: int = 0
    waiting: asyncio.TimerHandle | None = None

    def pressed(self) -> None:
        """A keystroke came: this is no pause, and if there has been none for long, there need be none."""
        self._wake()
        self.keystrokes += 1
        if self.keystrokes >= MOST:
            self._clear()

    def rest(self) -> None:
        """A look is done: clear up after it once no keystroke has come for a while."""
        self._wake()
        self.waiting = asyncio.get_running_loop().call_later(REST, self._clear)

    def _wake(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def _clear(self) -> None:
        self.keystrokes, self.waiting = 0, None
        self.executor.submit(gc.collect)
