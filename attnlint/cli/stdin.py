"""`--stdin-filename`: standard input is linted as the file that it stands for, which is not written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps

import click

from attnlint.source import STDIN, overlaid


def stdin_option(command: Callable[..., int]) -> Callable[..., int]:
    """The option, by which the command receives the file among its `paths`, and as its `stdin` the path of the file.

    What that file has is read from standard input, whatever is on disk.
    """

    @wraps(command)
    def with_stdin(paths: tuple[str, ...], stdin_filename: str | None, **given: object) -> int:
        if stdin_filename is None:
            return command(paths=paths, stdin=STDIN, **given)
        path = _verified(stdin_filename, paths)
        named = tuple(path if each == STDIN else each for each in paths or (STDIN,))
        with overlaid({path: sys.stdin.buffer.read()}):
            return command(paths=named, stdin=path, **given)

    text = "Lint standard input as if it stood at this path; the file itself is neither read nor written."
    return click.option("--stdin-filename", type=click.Path(), metavar="PATH", help=text)(with_stdin)


def _verified(path: str, paths: tuple[str, ...]) -> str:
    if paths and STDIN not in paths:
        raise click.UsageError("--stdin-filename says where standard input stands, and - is not among the paths")
    if path in ("", STDIN) or os.path.isdir(path):
        raise click.UsageError(f"--stdin-filename: {path!r} is not the path of a file")
    return os.path.normpath(path)
