"""The part of `attnlint check` that repairs: what may be asked for, what is written, and what is said of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import click

from attnlint.cli.baseline import Baselines
from attnlint.cli.loudness import Loudness
from attnlint.diagnostic import Diagnostic
from attnlint.discover import Target
from attnlint.engine import Options, judged, lint, lint_file
from attnlint.filed import FileReport
from attnlint.fixing.fixer import Fixed, fix
from attnlint.fixing.workbench import Applied
from attnlint.report.fixes import applied_lines, fixed_line, refusal_line
from attnlint.report.patch import unified
from attnlint.rule import all_rules
from attnlint.source import STDIN, Source, identity, overlaid, overlay
from attnlint.unused import provable, settled, silenced_elsewhere, without_needed
from attnlint.writing import Rewrite, Unwritable, write

Decorated = TypeVar("Decorated", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: to write fixes, to show them as a diff, to be silent on the rest, and which fixes.

    `stdin` is the path that standard input is linted as; what becomes of it is printed, and no such file is written.
    What `silences` findings repairs none of them.
    """

    writes: bool = False
    diff: bool = False
    only: bool = False
    unsafe: bool = False
    shown: bool = False
    stdin: str = STDIN
    loudness: Loudness = Loudness.NORMAL
    silences: bool = False

    @property
    def fixes(self) -> bool:
        """Whether anything is to be fixed, on disk or in a diff."""
        return (self.writes or self.diff) and not self.silences

    @property
    def reports(self) -> bool:
        """Whether what is found is reported."""
        return not (self.diff or self.only or self.silences)

    def is_stdin(self, path: str) -> bool:
        """Whether a path means standard input."""
        return identity(path) == identity(self.stdin)

    def verify(self, output_format: str, counted: bool) -> None:
        """Raise `click.UsageError` for options that contradict each other."""
        if self.diff and self.writes:
            raise click.UsageError(f"--diff writes nothing, {'--fix-only' if self.only else '--fix'} does; ask for one")
        if (self.diff or self.only) and (counted or output_format != "full"):
            silent = "--diff" if self.diff else "--fix-only"
            option = "--statistics" if counted else f"--output-format {output_format}"
            raise click.UsageError(f"{silent} reports no findings, so {option} has no place beside it")
        if self.shown and not self.fixes:
            raise click.UsageError("--show-fixes shows what --fix, --fix-only or --diff did; ask for one of them")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: the reports on what the files are now, the fixes that were written, and how many failed."""

    reports: Sequence[FileReport] = ()
    applied: Sequence[Applied] = ()
    changed: int = 0
    failed: int = 0
    stdin: bytes | None = field(default=None, repr=False)


def fix_options(command: Decorated) -> Decorated:
    """The options of fixing."""
    # The last stands first in the help.
    command = click.option("--show-fixes", is_flag=True, help="List every fix that was applied.")(command)
    text = "Write nothing; show what --fix would write, as a unified diff."
    command = click.option("--diff", is_flag=True, help=text)(command)
    text = "Count and apply also fixes that may change what was meant."
    command = click.option("--unsafe-fixes", is_flag=True, help=text)(command)
    text = "Like --fix, without a report of what remains."
    command = click.option("--fix-only", is_flag=True, help=text)(command)
    return click.option("--fix", "fixes", is_flag=True, help="Write the safe fixes into the files.")(command)


@contextmanager
def stdin_held(paths: Sequence[str], is_changed: bool) -> Iterator[None]:
    """Read standard input now, where it is to be changed: it cannot be read twice."""
    if not is_changed or STDIN not in paths:
        yield
        return
    with overlaid({STDIN: sys.stdin.buffer.read()}):
        yield


def repaired(reports: Sequence[FileReport], asked: Asked, options: Options, baselines: Baselines) -> Done:
    """Fix what the reports of a run allow to be fixed, and say what was not; with --diff nothing is written.

    What a baseline accepts is left as it is.
    """
    read = frozenset(identity(report.path) for report in reports)
    files = {one.path for report in reports for one in (report, *report.others)}
    codes = frozenset(rule.code for path in files for rule in options.settings_beside(path, read).rules)
    needed = silenced_elsewhere(reports)
    # Who pipes a file through asks for no other to be written.
    confined = read if asked.stdin != STDIN else None

    def fixable(report: FileReport) -> FileReport:
        return _confined(baselines.unaccepted(report), confined)

    def judge(source: Source) -> FileReport:
        return fixable(without_needed(_judge(source, codes, options, read), needed))

    fixed = fix(judge, list(map(fixable, reports)), codes, asked.unsafe)
    for refusal in fixed.refusals if asked.loudness > Loudness.SILENT else ():
        click.echo(refusal_line(refusal, written=not asked.diff), err=True)
    if asked.diff:
        for rewrite in _rewrites(fixed):
            for line in unified(rewrite):
                click.echo(line)
        return Done(reports, fixed.applied, len(_rewrites(fixed)))
    return _written(reports, fixed, asked, options, read)


def _judge(source: Source, codes: Set[str], options: Options, read: Set[str]) -> FileReport:
    """What all rules say of a source; only what the run reports of it has a fix.

    Of `codes`, the rules that some file of the run asks for, that is what the source asks for and, where it finds that
    in another file, that one too. What no file asks for keeps its fix: it may be made with one that brings it.
    """
    rules = options.settings_beside(source.path, read).rules
    linted = lint(source, all_rules(), assumptions=options.settings(source.path).assumptions, judged=rules)
    report = provable(linted, partial(options.is_imported_outside, read=read))
    asked = {rule.code for rule in rules}
    others = []
    for other in report.others:
        wanted = {rule.code for rule in options.settings_beside(other.path, read).rules}
        others.append(_without_fixes(other, codes - (asked & wanted)))
    return replace(_without_fixes(report, codes - asked), others=tuple(others))


def _confined(report: FileReport, files: Set[str] | None) -> FileReport:
    """The report without the fixes that edit any but these files, which are given by their identities."""
    if files is None:
        return report

    def kept(each: Diagnostic) -> Diagnostic:
        edits = each.fix.edits if each.fix else ()
        is_inside = all(identity(edit.path or report.path) in files for edit in edits)
        return each if is_inside else replace(each, fix=None)

    others = tuple(_confined(other, files) for other in report.others)
    return replace(report, diagnostics=tuple(map(kept, report.diagnostics)), others=others)


def _without_fixes(report: FileReport, unwanted: Set[str]) -> FileReport:
    found = (replace(each, fix=None) if each.code in unwanted else each for each in report.diagnostics)
    return replace(report, diagnostics=tuple(found))


def echo_fixes(done: Done, asked: Asked, remaining: int, err: bool) -> None:
    """Say what was fixed; on standard error where standard output belongs to a diff, to data or to a source."""
    if asked.shown:
        for line in applied_lines(done.applied):
            click.echo(line, err=err)
    if asked.loudness is Loudness.NORMAL:
        click.echo(fixed_line(done.applied, None if asked.only or asked.diff else remaining, asked.diff), err=err)


def _rewrites(fixed: Fixed) -> list[Rewrite]:
    return sorted((rewrite for group in fixed.groups for rewrite in group), key=lambda rewrite: rewrite.path)


def _written(reports: Sequence[FileReport], fixed: Fixed, asked: Asked, options: Options, read: Set[str]) -> Done:
    changed: set[str] = set()
    failed: set[str] = set()
    stdin: bytes | None = None
    for group in fixed.groups:
        files = {identity(rewrite.path) for rewrite in group}
        try:
            write([rewrite for rewrite in group if not asked.is_stdin(rewrite.path)])
        except Unwritable as error:
            rest = sorted(rewrite.path for rewrite in group if rewrite.path != error.path)
            also = f"; {', '.join(rest)} stays as it is too, since they are fixed together" if rest else ""
            click.echo(f"{error.path}: not fixed: {error}{also}", err=True)
            failed |= files
            continue
        changed |= files
        stdin = next((rewrite.after for rewrite in group if asked.is_stdin(rewrite.path)), stdin)
    with overlaid({} if stdin is None else {asked.stdin: stdin}):
        now = settled(relinted(report, changed, options, read) for report in reports)
        if any(asked.is_stdin(report.path) for report in reports):
            stdin = overlay(asked.stdin)
    applied = [each for each in fixed.applied if not each.files & failed]
    return Done(now, applied, len(changed), len(failed), stdin)


def relinted(report: FileReport, changed: Set[str], options: Options, read: Set[str]) -> FileReport:
    """The report on a file as it is now: linted again where it or a file that it rests on has changed."""
    rests_on = (report.path, *report.rests_on, *(other.path for other in report.others))
    if changed.isdisjoint(map(identity, rests_on)):
        return report
    settings = options.settings(report.path)
    target = Target(report.path, named=True)
    now = lint_file(target, settings.rules, cache=options.cache, assumptions=settings.assumptions)
    return judged(now, options, read)
