"""One look at an open document: its findings and its traces, with the unsaved text of all other open documents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from attnlint.analyse import findings_in
from attnlint.assumptions import NOTHING, Assumptions
from attnlint.diagnostic import UNUSED_IGNORE, Diagnostic, Fault
from attnlint.engine import LARGEST, PATIENCE, Options, fault_of, judged, lint, may_speak
from attnlint.filed import FileReport, gathered
from attnlint.lsp.memory import Memory
from attnlint.lsp.snapshots import Snapshot
from attnlint.patience import GivenUp, while_wanted
from attnlint.project import watched
from attnlint.repair.wanted import without_repairs
from attnlint.rule import Rule, all_rules
from attnlint.source import STDIN, Source, identity, overlaid
from attnlint.trace import Trace


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in a snapshot, still without fixes, and by what: the traces, the configuration, unsaved text."""

    snapshot: Snapshot
    report: FileReport
    traces: tuple[Trace, ...] = ()
    unsaved: Mapping[str, bytes] = field(default_factory=dict)
    options: Options = field(default_factory=Options)

    @property
    def rests_on(self) -> frozenset[str]:
        """The identities of the other files that went into it."""
        return frozenset(map(identity, self.report.rests_on))

    @property
    def is_present(self) -> bool:
        """Whether the traces still speak of its text: they move on with the document."""
        return all(trace.file.text == self.snapshot.source.text for trace in self.traces)


def analyse(
    snapshot: Snapshot,
    options: Options,
    unsaved: Mapping[str, bytes],
    memory: Memory,
    is_wanted: Callable[[], bool] = lambda: True,
    patience: float = PATIENCE,
) -> Analysis | None:
    """Lint a snapshot as a run over the open documents would; None when nobody waits for it any more.

    `unsaved` are the open documents by the identity of their files. Raises `Misconfigured`.
    """
    source = snapshot.source
    with overlaid(unsaved):
        settings = options.settings(source.path)
        if (
            len(source.data) > LARGEST
            or not settings.rules
            or not may_speak(source.data, _home(source), settings.assumptions)
            or _is_left_out(source, options)
        ):
            return Analysis(snapshot, FileReport(source.path, lines=source.line_count), (), unsaved)
        traces: list[Trace] = []

        def asked(source: Source, rules: Sequence[Rule], assumptions: Assumptions = NOTHING) -> Iterable[Diagnostic]:
            traces.extend(memory.traces(source, assumptions))
            return findings_in(traces, source, rules, memory.ask)

        end = time.monotonic() + patience

        def goes_on() -> bool:
            return is_wanted() and time.monotonic() < end

        try:
            with while_wanted(goes_on), watched() as uses, without_repairs():
                report = lint(source, settings.rules, asked, settings.assumptions, is_located=False)
        except GivenUp:
            overdue = Fault("internal", f"took attnlint more than {patience:.0f} seconds and was given up")
            return Analysis(snapshot, FileReport(source.path, fault=overdue)) if is_wanted() else None
        report = _judged(replace(report, rests_on=tuple(sorted(uses.files))), options)
        return Analysis(snapshot, report, tuple(traces), unsaved, options)


def repaired(analysis: Analysis) -> FileReport:
    """What was found, with its fixes: the rules that found it are asked once more.

    Traces move on with the text, so that what was found in an earlier one stays without. Raises `Misconfigured`.
    """
    source, report = analysis.snapshot.source, analysis.report
    if not analysis.is_present:
        return report
    # Which ignores are unused is known when all rules have answered.
    codes = {each.code for one in (report, *report.others) for each in one.diagnostics}
    settings = analysis.options.settings(source.path)
    rules = settings.rules if UNUSED_IGNORE[0] in codes else [rule for rule in all_rules() if rule.code in codes]

    def asked(source: Source, rules: Sequence[Rule], _: Assumptions = NOTHING) -> Iterable[Diagnostic]:
        return findings_in(analysis.traces, source, rules)

    with overlaid(analysis.unsaved):
        fixed = lint(source, rules, asked, is_located=False)
        return _judged(replace(fixed, rests_on=report.rests_on), analysis.options)


def _judged(report: FileReport, options: Options) -> FileReport:
    return judged(report, options, frozenset({identity(report.path)}))


def failed(snapshot: Snapshot, error: Exception) -> Analysis:
    """The analysis of a document that could not be had."""
    return Analysis(snapshot, FileReport(snapshot.source.path, fault=fault_of(error)))


def joined(reports: list[FileReport]) -> FileReport:
    """The first report, with what the others say of its file."""
    here = identity(reports[0].path)
    others = [other for report in reports[1:] for other in report.others if identity(other.path) == here]
    return next(each for each in gathered([reports[0], *others]) if identity(each.path) == here)


def _home(source: Source) -> str:
    return "" if source.path == STDIN else source.path


def _is_left_out(source: Source, options: Options) -> bool:
    return source.path != STDIN and options.configured is not None and options.configured.leaves_out(source.path)
