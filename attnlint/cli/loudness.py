"""How much is said: everything, the findings alone, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import wraps

import click


class Loudness(IntEnum):
    """What is said, from the least to the most."""

    SILENT = 0
    QUIET = 1
    NORMAL = 2


def loudness_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options `--quiet` and `--silent`, which the command receives as its `loudness`."""

    @wraps(command)
    def with_loudness(quiet: bool, silent: bool, **given: object) -> int:
        if quiet and silent:
            raise click.UsageError("--quiet shows the findings, --silent does not; ask for one of them")
        loudness = Loudness.SILENT if silent else Loudness.QUIET if quiet else Loudness.NORMAL
        return command(loudness=loudness, **given)

    text = "Show no findings either, only what went wrong; the exit code says how it went."
    with_loudness = click.option("--silent", "-s", is_flag=True, help=text)(with_loudness)
    text = "Show findings and what went wrong; no counts, no notes."
    return click.option("--quiet", "-q", is_flag=True, help=text)(with_loudness)
