"""The data path: paths are discovered, read, gated, analysed, and what is found is suppressed, sorted and reported."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

from attnlint.cache import Cache
from attnlint.config.nearest import Configured
from attnlint.config.settings import Settings
from attnlint.diagnostic import SYNTAX_ERROR, Diagnostic, Fault, Severity, Span
from attnlint.discover import Target, discover, nothing
from attnlint.elsewhere import by_file, with_code
from attnlint.filed import FileReport
from attnlint.gate import is_script, may_attend
from attnlint.project import uses_project, watched
from attnlint.rule import Rule
from attnlint.source import STDIN, Source, Unreadable, decode, identity, read_bytes
from attnlint.suppress import strangers, suppress
from attnlint.workers import Overdue, cores, deadline, in_parallel

Analyse = Callable[[Source, Sequence[Rule]], Iterable[Diagnostic]]
Announce = Callable[[int], None]

# Nobody writes four megabytes by hand; a generated file of that size would keep a core for minutes.
LARGEST = 4_000_000
# Below this many files a second process costs more than it saves.
FEW = 30
# Seconds that one file may take.
PATIENCE = 60.0
# Rows of source around a finding that a report may show.
FRAME = 2


@dataclass(frozen=True, slots=True)
class Options:
    """What to ask of the files, and with how many processes; 0 means one for each core that may be used.

    `cache` holds the reports of earlier runs; without one every file is linted. With `configured` each file has the
    rules of its own configuration, without it all have `rules`.
    """

    rules: tuple[Rule, ...] = ()
    jobs: int = 0
    cache: Cache | None = None
    configured: Configured | None = None

    def settings(self, path: str) -> Settings:
        """What holds for a file; raises `Misconfigured`."""
        return self.configured.settings(path) if self.configured else Settings(self.rules)

    def settings_beside(self, path: str, read: Set[str]) -> Settings:
        """What holds for a file that another one's trace went into: a file that is left out has no rules.

        Unless it is `read` for its own sake, by its identity. Raises `Misconfigured`.
        """
        if self.configured and identity(path) not in read and self.configured.leaves_out(path):
            return Settings()
        return self.settings(path)


@dataclass(frozen=True, slots=True)
class Job:
    """A file to lint and the rules to ask."""

    target: Target
    rules: tuple[Rule, ...]


def analyse(source: Source, rules: Sequence[Rule]) -> Iterable[Diagnostic]:
    """The findings of one file; libcst is imported here, in the process that needs it, and no earlier."""
    from attnlint.analyse import findings

    return findings(source, rules)


def check(
    paths: Sequence[str],
    options: Options,
    *,
    analyse: Analyse = analyse,
    announce: Announce | None = None,
) -> Iterator[FileReport]:
    """Lint every file below `paths`: one report for each, as it becomes ready.

    `announce` hears how many there will be. Raises `Misconfigured` before the first report.
    """
    configured = options.configured
    targets = list(discover(paths, configured.excludes if configured else nothing))
    jobs = [Job(target, () if target.fault else options.settings(target.path).rules) for target in targets]
    read = frozenset(identity(target.path) for target in targets)
    if announce:
        announce(len(targets))
    passed: list[Job] = []
    for job in jobs:
        if report := _stopped(job.target):
            yield report
        else:
            passed.append(job)
    one = partial(_do, analyse=analyse, cache=options.cache)
    for report in _lint_all(passed, one, options.jobs or cores()):
        yield judged(report, options, read)


def judged(report: FileReport, options: Options, read: Set[str]) -> FileReport:
    """The report with the severities of each file's own configuration.

    What a trace found in another file is left out where that file does not have the rule. Severities are no concern
    of the cache: what it keeps is judged anew in each run. `read` are the identities of the files that the run reads
    for their own sake. Raises `Misconfigured`.
    """
    if options.configured is None:
        return report
    others = (_weighed(other, options.settings_beside(other.path, read), True) for other in report.others)
    own = _weighed(report, options.settings(report.path), False) if report.diagnostics else report
    return replace(own, others=tuple(other for other in others if other.diagnostics))


def _weighed(report: FileReport, settings: Settings, is_beside: bool) -> FileReport:
    severities = dict(settings.severities)
    codes = {rule.code for rule in settings.rules}
    kept = (each for each in report.diagnostics if not is_beside or each.code in codes)
    found = tuple(replace(each, severity=severities.get(each.code, each.severity)) for each in kept)
    return replace(report, diagnostics=found)


def _stopped(target: Target) -> FileReport | None:
    """The report of a file that does not pass the gate, or that cannot be read.

    A file that the user named passes whatever is in it, so that its syntax errors are reported.
    """
    if target.fault:
        return FileReport(target.path, fault=target.fault)
    if target.named:
        return None
    try:
        data = read_bytes(target.path)
    except Unreadable as error:
        return FileReport(target.path, fault=error.fault)
    return None if may_speak(data, target.path) else FileReport(target.path, lines=data.count(b"\n"))


def may_speak(data: bytes, path: str) -> bool:
    """Whether a rule can have anything to say about a file with these bytes; cheap, since nothing is parsed."""
    return may_attend(data) or (is_script(data) and uses_project(data.decode("utf-8", "replace"), path))


def _lint_all(jobs: list[Job], lint: Callable[[Job], FileReport], processes: int) -> Iterator[FileReport]:
    # Standard input cannot be read by another process.
    if processes == 1 or len(jobs) <= FEW or any(job.target.path == STDIN for job in jobs):
        return map(lint, jobs)
    return in_parallel(sorted(jobs, key=_size, reverse=True), lint, _died, processes)


def _do(job: Job, analyse: Analyse, cache: Cache | None) -> FileReport:
    return lint_file(job.target, job.rules, analyse, cache)


def _size(job: Job) -> int:
    try:
        return os.path.getsize(job.target.path)
    except OSError:  # it is gone, and linting it will say so
        return 0


def lint_file(
    target: Target, rules: Sequence[Rule], analyse: Analyse = analyse, cache: Cache | None = None
) -> FileReport:
    """Lint one file; whatever goes wrong in it is in the report, so that the run goes on."""
    if target.path.endswith(".ipynb"):
        return FileReport(target.path, fault=Fault("unreadable", "is a notebook, and only Python source is read"))
    try:
        data = read_bytes(target.path)
        if len(data) > LARGEST:
            return FileReport(target.path, fault=_too_large(len(data)), lines=data.count(b"\n"))
        kept = cache.look_up(target.path, data, rules) if cache and target.path != STDIN else None
        if kept is not None:
            return kept
        source = decode(target.path, data)
    except Unreadable as error:
        return FileReport(target.path, fault=error.fault)
    with watched() as uses:
        report = lint(source, rules, analyse)
    report = replace(report, rests_on=tuple(sorted(uses.files)))
    if cache and target.path != STDIN and report.fault is None:
        cache.keep(target.path, data, rules, report, uses)
    return report


def lint(source: Source, rules: Sequence[Rule], analyse: Analyse = analyse) -> FileReport:
    """Lint a source that is already in memory."""
    fault = None
    found: list[Diagnostic] = []
    try:
        with deadline(PATIENCE):
            found = suppress(source, analyse(source, rules))
    except SyntaxError as error:
        found = suppress(source, [_syntax_error(source, error)])
    except (RecursionError, MemoryError):
        fault = Fault("unreadable", "cannot be analysed: it is nested too deeply")
    except Overdue:
        fault = Fault("internal", f"took attnlint more than {PATIENCE:.0f} seconds and was given up")
    except Exception as error:
        fault = Fault("internal", f"attnlint failed on it: {type(error).__name__}: {error}", traceback.format_exc())
    here = [with_code(each) for each in found if not each.path]
    there = by_file(with_code(each) for each in found if each.path)
    others = tuple(_report(other, diagnostics) for other, diagnostics in there if diagnostics)
    report = _report(source, here, fault, source.line_count, others)
    return replace(report, notes=tuple(strangers(source)))


def _report(
    source: Source,
    found: Iterable[Diagnostic],
    fault: Fault | None = None,
    lines: int = 0,
    others: tuple[FileReport, ...] = (),
) -> FileReport:
    ordered = tuple(sorted(_once(found), key=lambda each: (each.span, each.code)))
    return FileReport(source.path, ordered, fault, lines, _excerpt(source, ordered), others)


def gathered(reports: Iterable[FileReport]) -> list[FileReport]:
    """One report for each file, in order: what other files' traces found in it stands with its own."""
    files: dict[str, FileReport] = {}
    for report in (one for each in reports for one in (each, *each.others)):
        place = report.path if report.path == STDIN else os.path.abspath(report.path)
        known = files.get(place)
        files[place] = report if known is None else _joined(known, report)
    return sorted(files.values(), key=lambda report: report.path)


def _joined(one: FileReport, other: FileReport) -> FileReport:
    found = sorted(_once((*one.diagnostics, *other.diagnostics)), key=lambda each: (each.span, each.code))
    excerpt = {**one.excerpt, **other.excerpt}
    path = one.path if one.lines else other.path
    notes = tuple(sorted({*one.notes, *other.notes}))
    lines = max(one.lines, other.lines)
    return FileReport(path, tuple(found), one.fault or other.fault, lines, excerpt, notes=notes)


def _once(diagnostics: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    """Each rule once for each place: a helper inlined by two callers is judged twice and has one bug."""
    first: dict[tuple[str, Span], Diagnostic] = {}
    for each in diagnostics:
        known = first.get((each.code, each.span))
        if known is None or each.severity.rank > known.severity.rank:
            first[each.code, each.span] = each
    return first.values()


def _excerpt(source: Source, diagnostics: Iterable[Diagnostic]) -> dict[int, str]:
    rows: set[int] = set()
    for each in diagnostics:
        rows.update(range(each.span.row - FRAME, each.span.end_row + FRAME + 1))
        rows.update(related.span.row for related in each.related if not related.path)
        for edit in each.fix.edits if each.fix else ():
            if not edit.path:  # a report shows the repair as well
                rows.update(range(edit.span.row - 1, edit.span.end_row + 2))
    return {row: source.line(row) for row in sorted(rows) if 1 <= row <= source.line_count}


def _syntax_error(source: Source, error: SyntaxError) -> Diagnostic:
    row = min(error.lineno or 1, source.line_count)
    column = min(max(error.offset or 1, 1), len(source.line(row)) + 1)
    end_row, end_column = error.end_lineno or 0, error.end_offset or 0
    if end_row > source.line_count or (end_row, end_column) <= (row, column):
        end_row, end_column = row, column + 1
    code, name = SYNTAX_ERROR
    return Diagnostic(code, name, Severity.ERROR, error.msg or "invalid syntax", Span(row, column, end_row, end_column))


def _died(job: Job) -> FileReport:
    return FileReport(job.target.path, fault=Fault("internal", "attnlint's process died on it"))


def _too_large(size: int) -> Fault:
    limit = f"{LARGEST / 1e6:.0f} MB"
    return Fault("skipped", f"has {size / 1e6:.1f} MB; not linted, since nobody writes more than {limit} by hand")
