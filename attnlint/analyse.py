"""From a source to its findings: indexed, traced, read as attention, and asked by each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from attnlint.assumptions import NOTHING, Assumptions
from attnlint.attention.describe import describe
from attnlint.attention.sites import find_sites
from attnlint.diagnostic import Applicability, Diagnostic, Fix, Related, Severity
from attnlint.index import FileIndex, index
from attnlint.interpret.entries import trace_file
from attnlint.interpret.recall import Recall
from attnlint.rule import Finding, Rule
from attnlint.source import STDIN, Source
from attnlint.trace import Known, Trace

Ask = Callable[[Rule, Trace], Iterable[Finding]]


def traces(source: Source, assumptions: Assumptions = NOTHING) -> list[Trace]:
    """Every trace of a file, with the attention that is in it.

    Raises SyntaxError with its place.
    """
    return traces_of(index(source.text, "" if source.path == STDIN else source.path), assumptions)


def traces_of(parts: FileIndex, assumptions: Assumptions = NOTHING, recall: Recall | None = None) -> list[Trace]:
    """Every trace of a file that is cut into its parts, those that `recall` knows as they were; raises SyntaxError."""
    found = trace_file(parts, assumptions, recall)
    for trace in found:
        if recall is None or trace not in recall.again:
            trace.sites = find_sites(trace)
    return found


def findings(source: Source, rules: Sequence[Rule], assumptions: Assumptions = NOTHING) -> list[Diagnostic]:
    """What the rules say about a file; of one rule at one place only the gravest.

    Raises SyntaxError with its place.
    """
    return findings_in(traces(source, assumptions), source, rules)


def _ask(rule: Rule, trace: Trace) -> Iterable[Finding]:
    return rule.check(trace)


def findings_in(traces: Iterable[Trace], source: Source, rules: Sequence[Rule], ask: Ask = _ask) -> list[Diagnostic]:
    """What the rules say about the traces of a file; of one rule at one place only the gravest.

    `ask` puts a rule's question to a trace, or knows the answer from before.
    """
    best: dict[tuple[str, str, int, int], Diagnostic] = {}
    for trace in traces:
        for rule in rules:
            for finding in ask(rule, trace):
                made = _diagnostic(rule, finding, source)
                key = (made.code, made.path, made.span.row, made.span.column)
                if key not in best or best[key].severity.rank < made.severity.rank:
                    best[key] = made
    return sorted(best.values(), key=lambda one: (one.span, one.code))


def known(source: Source, assumptions: Assumptions = NOTHING) -> list[Known]:
    """What the traces know of each name that is bound to a tensor.

    Raises SyntaxError with its place.
    """
    lines: dict[tuple[str, int, str], Known] = {}
    for trace in traces(source, assumptions):
        for line in describe(trace):
            key = (line.scope, line.row, line.name)
            if key not in lines or (lines[key].reason and not line.reason):
                lines[key] = line
    return sorted(lines.values(), key=lambda line: (line.row, line.scope, line.name))


def unknown_reasons(source: Source) -> Counter[str]:
    """How often each reason kept the traces of a file from knowing more, names left out."""
    counts: Counter[str] = Counter()
    for trace in traces(source):
        counts.update(reason for _, reason in trace.unknowns)
        counts.update(trace.notes)
    return counts


def _diagnostic(rule: Rule, finding: Finding, source: Source) -> Diagnostic:
    home = finding.site.path
    related = tuple(
        Related(s.span, text, "" if s.path == home else s.path)
        for s, text in finding.related
        if s != finding.site  # the finding's own place is shown already
    )
    return Diagnostic(
        rule.code,
        rule.name,
        finding.severity,
        finding.message,
        finding.site.span,
        related,
        finding.help,
        _fix(home, finding),
        "" if home in {"", source.path} else home,
        tuple(_from(home, fix) for fix in finding.alternatives),
    )


def _fix(home: str, finding: Finding) -> Fix | None:
    """The repair that goes with a finding; what only asks a question only shows it."""
    if finding.fix is None:
        return None
    fix = _from(home, finding.fix)
    return replace(fix, applicability=Applicability.DISPLAY) if finding.severity is Severity.INFO else fix


def _from(home: str, fix: Fix) -> Fix:
    """The fix with the edits of the finding's own file marked as such."""
    return replace(fix, edits=tuple(replace(edit, path="") if edit.path == home else edit for edit in fix.edits))
