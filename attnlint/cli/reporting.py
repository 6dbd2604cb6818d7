"""The part of `attnlint check` that reports: in which format, on which stream or in which file, with what summary."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import click
from click.core import ParameterSource

from attnlint.cli.fixes import Asked
from attnlint.cli.loudness import Loudness
from attnlint.cli.output import console, page, width
from attnlint.discover import SUFFIXES
from attnlint.filed import FileReport
from attnlint.report.concise import concise
from attnlint.report.formats import FORMATS, READ_BY_PEOPLE, report_lines
from attnlint.report.statistics import fixable, statistics, statistics_json, totals
from attnlint.report.wrapping import wrapped
from attnlint.writing import Unwritable, put

Decorated = TypeVar("Decorated", bound=Callable[..., object])

DEFAULT = "full"
SOURCES = (*SUFFIXES, ".pyi")


@dataclass(frozen=True, slots=True)
class Shown:
    """How the findings are shown, and where: in a file if one is named, else on standard output or error."""

    output_format: str = DEFAULT
    output_file: str | None = None
    counted: bool = False
    color: str = "auto"
    unsafe: bool = False
    was_fixed: bool = False
    err: bool = False
    loudness: Loudness = Loudness.NORMAL

    @property
    def is_for_people(self) -> bool:
        """Whether the format is one that people read."""
        return FORMATS[self.output_format].for_people

    @property
    def apart(self) -> bool:
        """Whether what is said besides the findings belongs on standard error."""
        return self.err or self.output_file is not None or not self.is_for_people

    @property
    def typed_format(self) -> str:
        """The format that the command line asks for: the environment's is meant for all runs."""
        return self.output_format if is_typed("output_format") else DEFAULT

    def verify(self, asked: Asked) -> None:
        """Raise `click.UsageError` for options that contradict each other, and for a file that no report can go to.

        What the environment says is meant for all runs and contradicts nothing.
        """
        asked.verify(self.typed_format, self.counted)
        if (asked.diff or asked.only) and is_typed("output_file"):
            silent = "--diff" if asked.diff else "--fix-only"
            raise click.UsageError(f"{silent} reports no findings, so --output-file has no place beside it")
        if self.counted and not self.is_for_people and self.output_format != "json":
            has = ", ".join(READ_BY_PEOPLE)
            raise click.UsageError(f"--statistics has no {self.output_format} format; it has {has} and json")


def report_options(command: Decorated) -> Decorated:
    """The options of reporting."""
    # The last stands first in the help.
    command = click.option(
        "--output-file",
        type=click.Path(dir_okay=False),
        callback=_writable,
        envvar="ATTNLINT_OUTPUT_FILE",
        show_envvar=True,
        help="Write the report to this file; the summary goes to standard error.",
    )(command)
    return click.option(
        "--output-format",
        type=click.Choice(tuple(FORMATS)),
        default=DEFAULT,
        show_default=True,
        envvar="ATTNLINT_OUTPUT_FORMAT",
        show_envvar=True,
        metavar="FORMAT",
        help=f"How findings are shown: {', '.join(FORMATS)}.",
    )(command)


def _writable(_context: click.Context, _option: click.Parameter, path: str | None) -> str | None:
    """The path, if a report can go there; checked before anything is linted."""
    if path is None or path == "-":
        return None
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise click.BadParameter(f"the folder {folder!r} of {os.path.basename(path)!r} does not exist")
    if path.lower().endswith(SOURCES) and os.path.isfile(path):
        raise click.BadParameter(f"{path!r} is a file that attnlint reads, and the report would take its place")
    return path


def show(reports: Sequence[FileReport], shown: Shown) -> None:
    """Write the report, and the summary where people read it; a file is written also when nothing is to be said.

    Raises `click.ClickException` for a file that cannot be written.
    """
    if shown.output_file is not None:
        _write(shown.output_file, _lines(reports, shown))
    elif shown.loudness > Loudness.SILENT:
        _print(reports, shown)
    if shown.loudness is Loudness.NORMAL and (shown.is_for_people or shown.output_file is not None):
        _summarise(reports, shown)


def _print(reports: Sequence[FileReport], shown: Shown) -> None:
    """What people read is as wide as what they read it on, with links where that can follow them."""
    sheet = page(shown.color, shown.err)
    if shown.counted and shown.is_for_people:
        for line in statistics(reports):
            click.echo(wrapped(line, sheet.width, 4), err=shown.err)
    elif shown.output_format == "full" and not shown.counted:
        from attnlint.report.full import full

        out = console(shown.color, stderr=shown.err)
        for block in full(reports, sheet):
            out.print(block, soft_wrap=True)
    elif shown.output_format == "concise" and not shown.counted:
        for line in concise(reports, shown.unsafe, sheet.urls):
            click.echo(line, err=shown.err)
    else:
        for line in _lines(reports, shown):
            click.echo(line, err=shown.err)


def _lines(reports: Sequence[FileReport], shown: Shown) -> Iterable[str]:
    if not shown.counted:
        return report_lines(reports, shown.output_format, shown.unsafe)
    return statistics(reports) if shown.is_for_people else [statistics_json(reports)]


def _write(path: str, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    try:
        put(path, text.encode("utf-8", "backslashreplace"))
    except Unwritable as error:
        raise click.ClickException(f"the report could not be written: {error.path} {error}") from error


def _summarise(reports: Sequence[FileReport], shown: Shown) -> None:
    room = width(shown.apart)
    for line in (totals(reports), fixable(reports, shown.unsafe, shown.was_fixed)):
        if line:
            click.echo(wrapped(line, room, 2), err=shown.apart)


def is_typed(option: str) -> bool:
    """Whether an option of the command that runs was given on the command line, and not by the environment."""
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE
