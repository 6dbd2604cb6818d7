"""The data path: paths are discovered, read, gated, analysed, and what is found is suppressed, sorted and reported."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial

from attnlint.asking import Analyse, analyse, ask
from attnlint.assumptions import NOTHING, Assumptions
from attnlint.cache import Cache
from attnlint.config.nearest import Configured
from attnlint.config.settings import Settings
from attnlint.diagnostic import SYNTAX_ERROR, Diagnostic, Fault, Severity, Span
from attnlint.discover import Excludes, Target, discover, nothing
from attnlint.elsewhere import by_file, with_code
from attnlint.filed import FileReport, report_on
from attnlint.gate import is_script, may_attend
from attnlint.importers import Projects
from attnlint.paged import analysed, told, unmeant
from attnlint.pages.kinds import is_notebook
from attnlint.project import uses_project, watched
from attnlint.rule import Rule
from attnlint.source import STDIN, Source, Unreadable, decode, identity, overlay, read_bytes
from attnlint.unused import heed, provable
from attnlint.workers import Overdue, cores, deadline, in_parallel

Announce = Callable[[int], None]

# Nobody writes four megabytes by hand; a generated file of that size would keep a core for minutes.
LARGEST = 4_000_000
# The outputs of a notebook are no code, but have to be read with it.
LARGEST_NOTEBOOK = 100_000_000
# Below this many files a second process costs more than it saves.
FEW = 30
# Seconds that one file may take.
PATIENCE = 60.0


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
    projects: Projects = field(default_factory=Projects, repr=False, compare=False)

    @property
    def excludes(self) -> Excludes:
        """What is left out of each folder."""
        return self.configured.excludes if self.configured else nothing

    def is_imported_outside(self, path: str, read: Set[str]) -> bool:
        """Whether a file that a run would lint, and that is none of those `read`, may import this one."""
        return self.projects.is_imported_outside(path, read, self.excludes)

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
    """A file to lint, the rules to ask, and what to assume of it."""

    target: Target
    rules: tuple[Rule, ...]
    assumptions: Assumptions = NOTHING


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
    targets = list(discover(paths, options.excludes))
    jobs = [_job(target, options) for target in targets]
    read = frozenset(identity(target.path) for target in targets)
    if announce:
        announce(len(targets))
    passed: list[Job] = []
    for job in jobs:
        if report := _stopped(job.target, job.assumptions):
            yield report
        else:
            passed.append(job)
    one = partial(_do, analyse=analyse, cache=options.cache)
    for report in _lint_all(passed, one, options.jobs or cores()):
        yield judged(report, options, read)


def _job(target: Target, options: Options) -> Job:
    settings = Settings() if target.fault else options.settings(target.path)
    return Job(target, settings.rules, settings.assumptions)


def judged(report: FileReport, options: Options, read: Set[str]) -> FileReport:
    """The report with the severities of each file's own configuration.

    What a trace found in another file is left out where that file does not have the rule. Severities are no concern
    of the cache: what it keeps is judged anew in each run. `read` are the identities of the files that the run reads
    for their own sake. Raises `Misconfigured`.
    """
    report = provable(report, partial(options.is_imported_outside, read=read))
    if options.configured is None:
        return report
    others = (_weighed(other, options.settings_beside(other.path, read), True) for other in report.others)
    own = _weighed(report, options.settings(report.path), False) if report.diagnostics else report
    return replace(own, others=tuple(other for other in others if other.diagnostics or other.silencing))


def _weighed(report: FileReport, settings: Settings, is_beside: bool) -> FileReport:
    severities = dict(settings.severities)
    codes = {rule.code for rule in settings.rules}
    kept = (each for each in report.diagnostics if not is_beside or each.code in codes)
    found = tuple(replace(each, severity=severities.get(each.code, each.severity)) for each in kept)
    return replace(report, diagnostics=found)


def _stopped(target: Target, assumptions: Assumptions) -> FileReport | None:
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
    speaks = may_speak(data, target.path, assumptions)
    return None if speaks else FileReport(target.path, lines=data.count(b"\n"))


def may_speak(data: bytes, path: str, assumptions: Assumptions = NOTHING) -> bool:
    """Whether a rule can have anything to say about a file with these bytes; cheap, since nothing is parsed."""
    if may_attend(data) or assumptions.may_concern(data):
        return True
    return is_script(data) and uses_project(data.decode("utf-8", "replace"), path)


def _lint_all(jobs: list[Job], lint: Callable[[Job], FileReport], processes: int) -> Iterator[FileReport]:
    # Standard input cannot be read by another process, nor need one know of an overlay.
    if processes == 1 or len(jobs) <= FEW or any(_is_in_memory(job.target.path) for job in jobs):
        return map(lint, jobs)
    return in_parallel(sorted(jobs, key=_size, reverse=True), lint, _died, processes)


def _is_in_memory(path: str) -> bool:
    return path == STDIN or overlay(path) is not None


def _do(job: Job, analyse: Analyse, cache: Cache | None) -> FileReport:
    return lint_file(job.target, job.rules, analyse, cache, job.assumptions)


def _size(job: Job) -> int:
    try:
        return os.path.getsize(job.target.path)
    except OSError:  # it is gone, and linting it will say so
        return 0


def lint_file(
    target: Target,
    rules: Sequence[Rule],
    analyse: Analyse = analyse,
    cache: Cache | None = None,
    assumptions: Assumptions = NOTHING,
) -> FileReport:
    """Lint one file; whatever goes wrong in it is in the report, so that the run goes on."""
    try:
        data = read_bytes(target.path)
        if fault := _too_large(target.path, data):
            return FileReport(target.path, fault=fault, lines=data.count(b"\n"))
        kept = cache.look_up(target.path, data, rules, assumptions) if cache and target.path != STDIN else None
        if kept is not None:
            return kept
        source = decode(target.path, data)
        if len(source.text) > LARGEST:
            return FileReport(target.path, fault=_too_long(len(source.text), " of code"), lines=source.line_count)
    except Unreadable as error:
        return FileReport(target.path, fault=error.fault)
    except Exception as error:
        return FileReport(target.path, fault=fault_of(error))
    with watched() as uses:
        report = told(lint(source, rules, analyse, assumptions), source)
    report = replace(report, rests_on=tuple(sorted(uses.files)))
    if cache and target.path != STDIN and report.fault is None:
        cache.keep(target.path, data, rules, report, uses, assumptions)
    return report


def lint(
    source: Source,
    rules: Sequence[Rule],
    analyse: Analyse = analyse,
    assumptions: Assumptions = NOTHING,
    judged: Sequence[Rule] | None = None,
    is_located: bool = True,
) -> FileReport:
    """Lint a source that is already in memory; places in the report are those of its text, also for a page.

    `judged` are the rules whose ignores may be unused, if not all. Baselines need findings that are located.
    """
    fault = None
    found: list[Diagnostic] = []
    answered: Sequence[Rule] = ()
    try:
        with deadline(PATIENCE):
            found = list(analysed(source, partial(ask, analyse, rules=rules, assumptions=assumptions)))
        answered = rules if judged is None else judged
    except SyntaxError as error:
        found = [_syntax_error(source, error)]
    except (RecursionError, MemoryError):
        fault = Fault("unreadable", "cannot be analysed: it is nested too deeply")
    except Overdue:
        fault = Fault("internal", f"took attnlint more than {PATIENCE:.0f} seconds and was given up")
    except Exception as error:
        fault = fault_of(error)
    heeded = heed(source, (with_code(each) for each in found if not each.path), answered)
    there = by_file(with_code(each) for each in found if each.path)
    others = tuple(
        replace(report_on(other.source, other.found, is_located=is_located), silencing=other.silencing)
        for other in there
        if other.found or other.silencing
    )
    here, meant = unmeant(source.layout, heeded.left, answered) if fault is None else (heeded.left, ())
    report = report_on(source, here, fault, source.line_count, others, is_located)
    return replace(report, notes=(*heeded.notes, *meant))


def _syntax_error(source: Source, error: SyntaxError) -> Diagnostic:
    row = min(error.lineno or 1, source.line_count)
    column = min(max(error.offset or 1, 1), len(source.line(row)) + 1)
    end_row, end_column = error.end_lineno or 0, error.end_offset or 0
    if end_row > source.line_count or (end_row, end_column) <= (row, column):
        end_row, end_column = row, column + 1
    code, name = SYNTAX_ERROR
    return Diagnostic(code, name, Severity.ERROR, error.msg or "invalid syntax", Span(row, column, end_row, end_column))


def fault_of(error: Exception) -> Fault:
    """The fault that an error of attnlint's own is."""
    detail = "".join(traceback.format_exception(error))
    return Fault("internal", f"attnlint failed on it: {type(error).__name__}: {error}", detail)


def _died(job: Job) -> FileReport:
    return FileReport(job.target.path, fault=Fault("internal", "attnlint's process died on it"))


def _too_large(path: str, data: bytes) -> Fault | None:
    """Why a file is not even decoded; of a notebook the code is measured when it is known."""
    if not is_notebook(path):
        return _too_long(len(data)) if len(data) > LARGEST else None
    if len(data) <= LARGEST_NOTEBOOK:
        return None
    limit = f"{LARGEST_NOTEBOOK / 1e6:.0f} MB"
    return Fault("skipped", f"has {len(data) / 1e6:.1f} MB with its outputs; not linted above {limit}: clear some")


def _too_long(size: int, of: str = "") -> Fault:
    limit = f"{LARGEST / 1e6:.0f} MB"
    return Fault("skipped", f"has {size / 1e6:.1f} MB{of}; not linted, since nobody writes more than {limit} by hand")
