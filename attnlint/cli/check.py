"""`attnlint check`: lint files and folders, report, and say with the exit code how it went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from attnlint.cache import FOLDER, Cache
from attnlint.cli.baseline import Accepting, Baselines, baseline_options, new_findings, opened
from attnlint.cli.config import config_options, configured, misconfigured
from attnlint.cli.fixes import Asked, Done, echo_fixes, fix_options, repaired, stdin_held
from attnlint.cli.ignores import Adding, add_ignores, ignore_options
from attnlint.cli.output import color_option, console, followed
from attnlint.config.file import Misconfigured
from attnlint.config.keys import NEVER
from attnlint.config.settings import CommandLine
from attnlint.diagnostic import Severity
from attnlint.engine import Options, gathered
from attnlint.engine import check as lint
from attnlint.filed import FileReport
from attnlint.report.concise import concise, fault_line
from attnlint.report.statistics import fixable, statistics, statistics_json, totals
from attnlint.rule import UnknownRule
from attnlint.unused import settled

CLEAN, FINDINGS, FAILED = 0, 1, 2
FORMATS = ("full", "concise", "json", "json-lines", "github", "gitlab", "pylint")
READ_BY_PEOPLE = frozenset({"full", "concise"})

EPILOG = """\b
Examples:
  attnlint check                                 the folder you are in
  attnlint check src model.py --fail-on error
  attnlint check --select ATT008,missing-scale --output-format concise
  cat model.py | attnlint check - --output-format json
  attnlint check --output-format github          beside the lines of a pull request
  attnlint check --config ci.toml src            one configuration for all files
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


@dataclass(frozen=True, slots=True)
class Shown:
    """How the findings are shown, and whether on standard error."""

    output_format: str
    counted: bool
    color: str
    unsafe: bool
    was_fixed: bool
    err: bool


def _names(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, type=click.Path())
@fix_options
@ignore_options
@baseline_options
@click.option("--output-format", type=click.Choice(FORMATS), default="full", show_default=True)
@click.option("--select", "selected", multiple=True, callback=_names, help="Run these rules only: names, codes, ATT0.")
@click.option("--extend-select", "extended", multiple=True, callback=_names, help="Run these rules too.")
@click.option("--ignore", "ignored", multiple=True, callback=_names, help="Do not run these rules.")
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
@click.option("--verbose", "-v", is_flag=True, help="Show where attnlint itself failed, for a report of it.")
@color_option
def check(
    paths: tuple[str, ...],
    output_format: str,
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
    adding: Adding,
    accepting: Accepting,
) -> int:
    """Find mistakes in the attention code of PATHS: files, folders (default: the one you are in), or - for stdin."""
    asked = Asked(fixes or fix_only, diff, fix_only, unsafe_fixes, show_fixes, adding.wanted)
    adding.verify(asked, accepting.updates, output_format, counted)
    asked.verify(output_format, counted)
    accepting.verify(asked.diff)
    if counted and output_format not in {*READ_BY_PEOPLE, "json"}:
        raise click.UsageError(f"--statistics has no {output_format} format; it has full, concise and json")
    paths = paths or (".",)
    command = _verified(CommandLine(selected, extended, ignored, fail_on or ""))
    cache = None if no_cache else Cache(cache_dir)
    options = Options(jobs=jobs, cache=cache, configured=configured(command, config, isolated))
    try:
        done, reports = _done(paths, options, asked, adding, opened(accepting, options))
    except Misconfigured as error:
        raise misconfigured(error) from error
    _say(reports, done, asked, Shown(output_format, counted, color, unsafe_fixes, asked.writes, done.stdin is not None))
    _echo_faults(reports, verbose)
    if not reports:
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
        _show(reports, shown)
    if asked.fixes:
        apart = asked.diff or shown.err or shown.output_format not in READ_BY_PEOPLE
        echo_fixes(done, asked, sum(len(report.diagnostics) for report in reports), err=apart)


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
            done = add_ignores(reports, done.reports, adding, asked.diff, options)
    return done, reports


def _run(paths: Sequence[str], options: Options) -> list[FileReport]:
    total = [0]

    def announce(count: int) -> None:
        total[0] = count

    return settled(followed(lint(paths, options, announce=announce), lambda: total[0]))


def _echo_faults(reports: Sequence[FileReport], verbose: bool) -> None:
    for report in reports:
        if line := fault_line(report):
            click.echo(line, err=True)
        for row, note in report.notes:
            click.echo(f"{report.path}:{row}: {note}", err=True)
        if verbose and report.fault and report.fault.detail:
            click.echo(report.fault.detail, err=True)


def _fails(reports: Sequence[FileReport], options: Options) -> bool:
    """Whether a file has a finding at or above its own bar."""
    for report in reports:
        bar = options.settings(report.path).fail_on if report.diagnostics else NEVER
        if bar != NEVER and any(each.severity.rank >= Severity(bar).rank for each in report.diagnostics):
            return True
    return False


def _machine_read(reports: Sequence[FileReport], shown: Shown) -> Iterable[str]:
    """The lines of a format that a program reads; each is imported where it is asked for."""
    if shown.counted:
        return [statistics_json(reports)]
    if shown.output_format.startswith("json"):
        from attnlint.report.json import json_lines, json_report

        return json_lines(reports) if shown.output_format == "json-lines" else [json_report(reports)]
    if shown.output_format == "github":
        from attnlint.report.github import github

        return github(reports)
    if shown.output_format == "gitlab":
        from attnlint.report.gitlab import gitlab

        return [gitlab(reports)]
    from attnlint.report.pylint import pylint

    return pylint(reports)


def _show(reports: Sequence[FileReport], shown: Shown) -> None:
    if shown.output_format not in READ_BY_PEOPLE:
        for line in _machine_read(reports, shown):
            click.echo(line, err=shown.err)
        return
    if shown.counted:
        for line in statistics(reports):
            click.echo(line, err=shown.err)
    elif shown.output_format == "concise":
        for line in concise(reports, shown.unsafe):
            click.echo(line, err=shown.err)
    else:
        from attnlint.report.full import full

        out = console(shown.color, stderr=shown.err)
        for block in full(reports):
            out.print(block, soft_wrap=True)
    click.echo(totals(reports), err=shown.err)
    if line := fixable(reports, shown.unsafe, shown.was_fixed):
        click.echo(line, err=shown.err)
