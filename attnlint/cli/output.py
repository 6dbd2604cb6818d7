"""Where output goes: consoles with or without colour, and the progress bar of a long run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import Progress

T = TypeVar("T")
Decorated = TypeVar("Decorated", bound=Callable[..., object])

# Seconds that a run may take before it shows how far it is.
PATIENCE = 1.0


def color_option(command: Decorated) -> Decorated:
    """The option `--color`, the same for every subcommand."""
    choice = click.Choice(["auto", "always", "never"])
    return click.option("--color", type=choice, default="auto", show_default=True, help="When to use colours.")(command)


def console(color: str, stderr: bool = False) -> Console:
    """A console that colours when told to, or by itself on a terminal unless NO_COLOR is set."""
    if color == "always":
        return Console(stderr=stderr, force_terminal=True, color_system="standard", no_color=False, highlight=False)
    if color == "never" or os.environ.get("NO_COLOR"):
        return Console(stderr=stderr, color_system=None, highlight=False)
    return Console(stderr=stderr, highlight=False)


def followed(items: Iterable[T], total: Callable[[], int]) -> Iterator[T]:
    """The items, with a progress bar on standard error when that is a terminal and the run is long."""
    shown = console("auto", stderr=True)
    if not shown.is_terminal:
        yield from items
        return
    # Refreshed by hand: rich's own refreshing is a thread, and a process with threads must not fork.
    progress = Progress(console=shown, transient=True, auto_refresh=False)
    task = progress.add_task("linting", total=None)
    began = drawn = time.monotonic()
    try:
        for item in items:
            progress.update(task, advance=1, total=total())
            now = time.monotonic()
            if now - began > PATIENCE and now - drawn > 0.1:
                progress.start()
                progress.refresh()
                drawn = now
            yield item
    finally:
        progress.stop()
