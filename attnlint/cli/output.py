"""Where output goes: consoles with or without colour, how wide it is, and the progress bar of a long run."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import Progress

from attnlint.report.wrapping import Page
from attnlint.rule import all_rules

T = TypeVar("T")
Decorated = TypeVar("Decorated", bound=Callable[..., object])

# Seconds that a run may take before it shows how far it is.
PATIENCE = 1.0


def color_option(command: Decorated) -> Decorated:
    """The option `--color`, the same for every subcommand."""
    choice = click.Choice(["auto", "always", "never"])
    return click.option("--color", type=choice, default="auto", show_default=True, help="When to use colours.")(command)


def chosen(color: str, environment: Mapping[str, str]) -> str:
    """Whether to colour: `always`, `never`, or `auto`, which is on a terminal.

    The option goes before `NO_COLOR` (https://no-color.org), that before `FORCE_COLOR` (https://force-color.org), and
    that before `CLICOLOR_FORCE` and `CLICOLOR` (https://bixense.com/clicolors).
    """
    if color != "auto":
        return color
    if environment.get("NO_COLOR"):
        return "never"
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return "always"
    return "never" if environment.get("CLICOLOR") == "0" else "auto"


def console(color: str, stderr: bool = False) -> Console:
    """A console that colours when told to, by the option or the environment, or by itself on a terminal."""
    choice = chosen(color, os.environ)
    if choice == "always":
        return Console(stderr=stderr, force_terminal=True, color_system="standard", no_color=False, highlight=False)
    if choice == "never":
        return Console(stderr=stderr, color_system=None, highlight=False)
    return Console(stderr=stderr, highlight=False)


def width(err: bool = False) -> int | None:
    """The cells of a line: what `COLUMNS` says, else those of the terminal; None where output goes elsewhere."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    return shutil.get_terminal_size().columns if (sys.stderr if err else sys.stdout).isatty() else None


def page(color: str, err: bool = False) -> Page:
    """What a report is written on; rules' codes are links on a terminal with colours, and nowhere else."""
    out = console(color, err)
    is_linked = out.color_system is not None and out.file.isatty()
    return Page(width(err), {rule.code: rule.url for rule in all_rules() if rule.url} if is_linked else {})


def followed(items: Iterable[T], total: Callable[[], int]) -> Iterator[T]:
    """The items, with a progress bar on standard error when that is a terminal and the run is long."""
    shown = console("auto", stderr=True)
    if not sys.stderr.isatty() or shown.is_dumb_terminal:
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
