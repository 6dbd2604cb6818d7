"""The part of `attnlint check` that accepts: reads baselines, leaves out what is in them, and writes them anew."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from attnlint.baseline import BadBaseline, Baseline, Entry, dumped, entry, read_baseline, sorted_out
from attnlint.cli.config import relative
from attnlint.diagnostic import SYNTAX_ERROR
from attnlint.engine import Options
from attnlint.filed import FileReport
from attnlint.report.statistics import plural
from attnlint.source import STDIN, identity
from attnlint.writing import Unwritable, put


@dataclass(frozen=True, slots=True)
class Accepting:
    """What was asked for: a baseline for all files, none at all, or those configured; and to write them anew."""

    file: str = ""
    none: bool = False
    updates: bool = False

    def verify(self, writes_nothing: bool) -> None:
        """Raise `click.UsageError` for options that contradict each other."""
        if self.none and (self.file or self.updates):
            other = "--baseline" if self.file else "--update-baseline"
            raise click.UsageError(f"--no-baseline uses none, {other} uses one; ask for one of them")
        if self.updates and writes_nothing:
            raise click.UsageError("--diff writes nothing, --update-baseline does; ask for one")


class _Bad(click.ClickException):
    exit_code = 2

    def show(self, file: object = None) -> None:  # noqa: ARG002
        """Print the line as it is, so that editors and terminals find the place."""
        click.echo(self.message, err=True)


@dataclass(frozen=True, slots=True)
class Baselines:
    """The baselines of a run, each read once; `options` say which one a file has where the command line does not."""

    asked: Accepting
    options: Options
    _known: dict[str, Baseline] = field(default_factory=dict)

    def of(self, path: str) -> Baseline | None:
        """The baseline of a file, if it has one; raises `click.ClickException` for one that cannot be read."""
        file = "" if self.asked.none or path == STDIN else self.asked.file or self.options.settings(path).baseline
        return self.read(file) if file else None

    def read(self, file: str) -> Baseline:
        """A baseline by its path; raises `click.ClickException` for one that cannot be read."""
        if file not in self._known:
            try:
                self._known[file] = read_baseline(file)
            except BadBaseline as error:
                if not self.asked.updates or os.path.exists(file):
                    raise _Bad(str(error)) from error
                self._known[file] = Baseline(os.path.abspath(file))
        return self._known[file]

    def unaccepted(self, report: FileReport) -> FileReport:
        """The report, and those in it on other files, without the fixes of what is accepted."""
        others = tuple(map(self._without_fixes, report.others))
        return replace(self._without_fixes(report), others=others)

    def _without_fixes(self, report: FileReport) -> FileReport:
        baseline = self.of(report.path) if report.diagnostics else None
        if baseline is None:
            return report
        new = {id(each) for each in sorted_out(baseline, report)[0].diagnostics}
        found = (each if id(each) in new else replace(each, fix=None) for each in report.diagnostics)
        return replace(report, diagnostics=tuple(found))


def baseline_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of baselines, handed on as one argument, `accepting`."""

    @wraps(command)
    def bundled(*, baseline: str | None, no_baseline: bool, update_baseline: bool, **rest: object) -> object:
        return command(accepting=Accepting(baseline or "", no_baseline, update_baseline), **rest)

    # The last stands first in the help.
    text = "Write what is found now into the baseline, which accepts it."
    made: Callable[..., Any] = click.option("--update-baseline", is_flag=True, help=text)(bundled)
    text = "Use no baseline, whatever is configured."
    made = click.option("--no-baseline", is_flag=True, help=text)(made)
    text = "Report, fix and fail on what is not in this file only."
    return click.option("--baseline", type=click.Path(dir_okay=False), default=None, help=text)(made)


def opened(asked: Accepting, options: Options) -> Baselines:
    """The baselines of a run; raises `click.ClickException` where one that is named cannot be read."""
    baselines = Baselines(asked, options)
    if asked.file:
        baselines.read(asked.file)
    return baselines


def new_findings(
    reports: Sequence[FileReport], linted: Iterable[FileReport], baselines: Baselines
) -> Sequence[FileReport]:
    """What of the gathered reports is in no baseline, and a word on the rest; with --update-baseline it is written.

    `linted` are the reports of the files that the run read for their own sake. Raises `click.ClickException` for a
    baseline that cannot be read or written.
    """
    new, again = [], dict[str, Counter[Entry]]()
    for report in reports:
        baseline = baselines.of(report.path)
        if baseline is None:
            new.append(report)
            continue
        kept, known = sorted_out(baseline, report)
        new.append(kept)
        again.setdefault(baseline.path, Counter()).update(known)
    used = {baseline.path: baseline for report in reports if (baseline := baselines.of(report.path))}
    if baselines.asked.updates:
        if not used:
            raise click.UsageError("--update-baseline needs --baseline FILE, or `baseline` in the configuration")
        _update(used.values(), reports, list(linted), baselines)
        return [_never_accepted(report, baselines) for report in reports]
    for path, baseline in used.items():
        for line in _told(baseline, again[path], _gone(baseline, again[path], linted, baselines)):
            click.echo(line, err=True)
    return new


def _told(baseline: Baseline, again: Counter[Entry], gone: Counter[Entry]) -> Iterator[str]:
    if count := again.total():
        yield f"{plural(count, 'finding')} accepted by {relative(baseline.path)}"
    if count := gone.total():
        are = "is" if count == 1 else "are"
        them = "it" if count == 1 else "them"
        yield f"{plural(count, 'finding')} of the baseline {are} gone; --update-baseline takes {them} out"


def _gone(
    baseline: Baseline, again: Mapping[Entry, int], linted: Iterable[FileReport], baselines: Baselines
) -> Counter[Entry]:
    """What of a baseline was not found again, though the run would have found it."""
    reports = {identity(report.path): report for report in linted}
    left = Counter(baseline.counts)
    left.subtract(again)
    could: dict[tuple[str, str], bool] = {}
    for each in +left:
        if (each.path, each.rule) not in could:
            could[each.path, each.rule] = _would_find(baseline.place(each), each.rule, reports, baselines.options)
    return Counter({each: count for each, count in left.items() if count > 0 and could[each.path, each.rule]})


def _would_find(path: str, rule: str, reports: Mapping[str, FileReport], options: Options) -> bool:
    """Whether a run asked a rule of a file and of all that could find something in it; also where the file is gone."""
    if not os.path.exists(path):
        return True
    report = reports.get(identity(path))
    if report is None or report.fault or any(each.code == SYNTAX_ERROR[0] for each in report.diagnostics):
        return False
    if all(each.name != rule for each in options.settings(path).rules):
        return False
    return not options.is_imported_outside(path, reports.keys())


def _never_accepted(report: FileReport, baselines: Baselines) -> FileReport:
    """The report with what no baseline ever accepts."""
    baseline = baselines.of(report.path)
    if baseline is None:
        return report
    found = (each for each in report.diagnostics if entry(baseline.path, report.path, each) is None)
    return replace(report, diagnostics=tuple(found))


def _update(
    used: Iterable[Baseline], reports: Sequence[FileReport], linted: Sequence[FileReport], baselines: Baselines
) -> None:
    """Write baselines with what is found, and with what they have of files and rules that the run did not ask."""
    for baseline in used:
        counts: Counter[Entry] = Counter()
        for report in reports:
            if baselines.of(report.path) is baseline:
                entries = (entry(baseline.path, report.path, each) for each in report.diagnostics)
                counts.update(each for each in entries if each is not None)
        gone = _gone(baseline, counts, linted, baselines)
        for each, count in baseline.counts.items():
            counts[each] = max(counts[each], count - gone[each])
        _write(baseline.path, dumped(counts))
        click.echo(f"Wrote {plural(counts.total(), 'finding')} to {relative(baseline.path)}.", err=True)


def _write(path: str, data: bytes) -> None:
    try:
        if not os.path.exists(path) or Path(path).read_bytes() != data:
            put(path, data)
    except (Unwritable, OSError) as error:
        raise _Bad(f"{relative(path)}: the baseline {error}") from error
