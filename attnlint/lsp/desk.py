"""The order of work: one thread looks at each document once its text rests, and a keystroke cancels the look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from attnlint.lsp.analysis import Analysis

Look = Callable[[Callable[[], bool]], Analysis | None]
Done = Callable[[str, Analysis], None]
Failed = Callable[[str, Exception], None]


@dataclass(slots=True)
class Desk:
    """The looks that are wanted, by document, and the last one of each that was finished.

    `prepare` makes a look at a document's present text, which runs in the executor's thread and may ask whether it is
    still wanted; `done` hears of its result, and `failed` of a fault on the way.
    """

    executor: Executor
    prepare: Callable[[str], Look]
    done: Done
    failed: Failed
    wanted: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    finished: dict[str, Analysis] = field(default_factory=dict)

    def want(self, uri: str, delay: float = 0.0) -> None:
        """Look at a document after a delay, and at no earlier text of it any more."""
        self._cancel(uri)
        self.wanted[uri] = asyncio.get_running_loop().create_task(self._run(uri, delay))

    def drop(self, uri: str) -> None:
        """Forget a document that was closed."""
        self._cancel(uri)
        self.finished.pop(uri, None)

    async def settled(self, uri: str) -> Analysis | None:
        """The look at a document's present text, when it is there; None for a document that is not open."""
        while (task := self.wanted.get(uri)) is not None:
            await asyncio.wait([task])
            if self.wanted.get(uri) is task:
                break
        return self.finished.get(uri)

    async def _run(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        task = self.wanted.get(uri)

        def is_wanted() -> bool:
            return self.wanted.get(uri) is task

        try:
            loop = asyncio.get_running_loop()
            analysis = await loop.run_in_executor(self.executor, self.prepare(uri), is_wanted)
            if analysis is not None and is_wanted():
                self.finished[uri] = analysis
                self.done(uri, analysis)
        except Exception as error:
            self.failed(uri, error)

    def _cancel(self, uri: str) -> None:
        task = self.wanted.pop(uri, None)
        if task is not None:
            task.cancel()
