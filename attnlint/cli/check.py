"""`attnlint check`: lint files and folders, report, and say with the exit code how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from attnlint.cache import FOLDER, Cache
from attnlint.cli.baseline import Accepting, Baselines, baseline_options, new_findings, opened
from attnlint.cli.completion import files, selectors
from attnlint.cli.config import config_options, configured, misconfigured
from attnlint.cli.fixes import Asked, Done, echo_fixes, fix_options, repaired, stdin_held
from attnlint.cli.help import Command
from attnlint.cli.ignores import Adding, add_ignores, ignore_options
from attnlint.cli.loudness import Loudness, loudness_options
from attnlint.cli.output import color_option, followed
from attnlint.cli.reporting import Shown, report_options, show
from attnlint.cli.stdin import stdin_option
from attnlint.cli.watch import watch_option
from attnlint.config.file import Misconfigured
from attnlint.config.keys import NEVER
from attnlint.config.settings import CommandLine
from attnlint.diagnostic import Severity
from attnlint.engine import Options
from attnlint.engine import check as lint
from attnlint.filed import FileReport, gathered
from attnlint.report.concise import fault_line
from attnlint.report.place import row_place
from attnlint.rule import UnknownRule
from attnlint.unused import settled

CLEAN, FINDINGS, FAILED = 0, 1, 2

EPILOG = """\b
Examples:
  attnlint check                                 the folder you are in
  attnlint check src model.py --fail-on error
  attnlint check --select ATT008,missing-scale --output-format concise
  cat model.py | attnlint check - --output-format json
  attnlint check --output-format github          beside the lines of a pull request
  attnlint check --output-format sarif --output-file attnlint.sarif
  attnlint check --config ci.toml src            one configuration for all files
  attnlint check --watch src                     again whenever a file changes
  attnlint check --diff                          what --fix would write
  attnlint check --fix --unsafe-fixes model.py
  attnlint check --add-ignores --reason "as in the paper" model.py
  attnlint check --baseline accepted.json --update-baseline

\b
Exit codes:
  0  nothing at or above --fail-on, after fixing with --fix; with --diff, nothing to write; with --add-ignores, all
     silenced
  1  findings; with --diff, something to write
  2  attnlint could not do what was asked: a bad option, a bad configuration, a file that cannot be read or written,
     a fault of its own
"""


def _names(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


_naming = partial(click.option, multiple=True, callback=_names, shell_complete=selectors)


@click.command(cls=Command, epilog=EPILOG)
@click.argument("paths", nargs=-1, type=click.Path(), shell_complete=files)
@fix_options
@ignore_options
@baseline_options
@watch_option
@stdin_option
@report_options
@_naming("--select", "selected", help="Run these rules only: names, codes, ATT0.")
@_naming("--extend-select", "extended", help="Run these rules too.")
@_naming("--ignore", "ignored", help="Do not run these rules.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option(
    "--fail-on",
    type=click.Choice([*(each.value for each in Severity), NEVER]),
    default=None,
    help="The mildest finding that makes the exit code 1.  [default: what is configured, else warning]",
)
@config_options
@click.option("--statistics", "counted", is_flag=True, help="Count findings by rule and show no more.")
@click.option("--jobs", "-j", type=click.IntRange(min=0), default=0, help="Processes to use; 0 is one for each core.")
@click.option("--no-cache", is_flag=True, help="Lint every file, and keep nothing of this run.")
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    envvar="ATTNLINT_CACHE_DIR",
    help="Where reports are kept, so that only what changed is linted again.",
)
@loudness_options
@click.option("--verbose", "-v", is_flag=True, help="Show where attnlint itself failed, for a report of it.")
@color_option
def check(
    paths: tuple[str, ...],
    output_format: str,
    output_file: str | None,
    selected: tuple[str, ...],
    extended: tuple[str, ...],
    ignored: tuple[str, ...],
    exit_zero: bool,
    fail_on: str | None,
    config: str | None,
    isolated: bool,
    counted: bool,
    jobs: int,
    no_cache: bool,
    cache_dir: Path,
    verbose: bool,
    color: str,
    fixes: bool,
    fix_only: bool,
    unsafe_fixes: bool,
    diff: bool,
    show_fixes: bool,
    stdin: str,
    loudness: Loudness,
    heard: Callable[[Sequence[FileReport]], None] | None,
    adding: Adding,
    accepting: Accepting,
) -> int:
    """Find mistakes in the attention code of PATHS: files, folders (default: the one you are in), or - for stdin."""
    asked = Asked(fixes or fix_only, diff, fix_only, unsafe_fixes, show_fixes, stdin, loudness, adding.wanted)
    shown = Shown(output_format, output_file, counted, color, unsafe_fixes, asked.writes, loudness=loudness)
    adding.verify(asked, accepting.updates, shown)
    shown.verify(asked)
    accepting.verify(asked.diff)
    paths = paths or (".",)
    command = _verified(CommandLine(selected, extended, ignored, fail_on or ""))
    cache = None if no_cache else Cache(cache_dir)
    options = Options(jobs=jobs, cache=cache, configured=configured(command, config, isolated))
    try:
        done, reports = _done(paths, options, asked, adding, opened(accepting, options))
    except Misconfigured as error:
        raise misconfigured(error) from error
    if heard:
        heard(done.reports)
    _say(reports, done, asked, replace(shown, err=done.stdin is not None))
    _echo_faults(reports, verbose, loudness)
    if not reports and loudness is Loudness.NORMAL:
        click.echo(f"warning: no Python files found under {', '.join(paths)}", err=True)
    if done.failed or any(report.fault and report.fault.kind != "skipped" for report in reports):
        return FAILED
    fails = bool(done.changed) if asked.diff else asked.reports and _fails(reports, options)
    return FINDINGS if fails and not exit_zero else CLEAN


def _verified(command: CommandLine) -> CommandLine:
    try:
        command.verify()
    except UnknownRule as error:
        raise click.UsageError(str(error)) from error
    return command


def _say(reports: Sequence[FileReport], done: Done, asked: Asked, shown: Shown) -> None:
    """The fixed standard input, what is found now, and what was fixed, each where it was asked for."""
    if done.stdin is not None:
        click.echo(done.stdin, nl=False)
    if asked.reports:
        show(reports, shown)
    if asked.fixes:
        remaining = sum(len(report.diagnostics) for report in reports)
        echo_fixes(done, asked, remaining, err=asked.diff or shown.apart)


def _done(
    paths: Sequence[str], options: Options, asked: Asked, adding: Adding, baselines: Baselines
) -> tuple[Done, Sequence[FileReport]]:
    """Lint, and repair or silence where that is asked; with what is found now and is in no baseline, by file."""
    with stdin_held(paths, asked.fixes or adding.wanted):
        done = Done(_run(paths, options))
        if asked.fixes:
            done = repaired(done.reports, asked, options, baselines)
        reports = new_findings(gathered(done.reports), done.reports, baselines)
        if adding.wanted:
            done = add_ignores(reports, done.reports, adding, asked, options)
    return done, reports


def _run(paths: Sequence[str], options: Options) -> list[FileReport]:
    total = [0]

    def announce(count: int) -> None:
        total[0] = count

    return settled(followed(lint(paths, options, announce=announce), lambda: total[0]))


def _echo_faults(reports: Sequence[FileReport], verbose: bool, loudness: Loudness) -> None:
    for report in reports:
        is_note = report.fault is not None and report.fault.kind == "skipped"
        if (line := fault_line(report)) and not (is_note and loudness < Loudness.NORMAL):
            click.echo(line, err=True)
        for note in report.notes if loudness is Loudness.NORMAL else ():
            click.echo(f"{report.path}:{row_place(note.span)}: {note.text}", err=True)
        if verbose and report.fault and report.fault.detail:
            click.echo(report.fault.detail, err=True)


def _fails(reports: Sequence[FileReport], options: Options) -> bool:
    """Whether a file has a finding at or above its own bar."""
    for report in reports:
        bar = options.settings(report.path).fail_on if report.diagnostics else NEVER
        if bar != NEVER and any(each.severity.rank >= Severity(bar).rank for each in report.diagnostics):
            return True
    return False
