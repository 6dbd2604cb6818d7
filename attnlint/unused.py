"""Comments that silence nothing: found where that can be known, with the repair that takes them away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from attnlint.diagnostic import SYNTAX_ERROR, UNUSED_IGNORE, Applicability, Diagnostic, Edit, Fix, Note, Span
from attnlint.directives import Directive, is_addressed, read_comments, reason_behind
from attnlint.filed import FileReport
from attnlint.pages.layout import fitted
from attnlint.rule import Rule, all_rules, spellings
from attnlint.rules.unused_ignore import SEVERITY
from attnlint.source import Source, identity
from attnlint.suppress import Suppressed, near_directives, strangers, suppress

_ALONE = "an ignore stands at the end of the first or the last line of what it silences, and this one stands alone"


@dataclass(frozen=True, slots=True)
class Heeded:
    """What is left of a file's findings when its comments were heeded, and what is odd in these comments."""

    left: tuple[Diagnostic, ...]
    notes: tuple[Note, ...] = ()


def heed(source: Source, diagnostics: Iterable[Diagnostic], judged: Sequence[Rule]) -> Heeded:
    """Leave out what a file's comments silence, and find those that silence nothing.

    `judged` are the rules that were asked and could answer: of no other one is an ignore unused, and without
    `unused-ignore` among them none is.
    """
    found = tuple(diagnostics)
    if not is_addressed(source):
        return Heeded(found)
    comments = read_comments(source)
    suppressed = suppress(source, found, comments)
    left = suppressed.left
    if any(rule.code == UNUSED_IGNORE[0] for rule in judged):
        unused = suppress(source, _unused(source, comments.directives, suppressed, judged), comments).left
        left += unused if source.layout is None else tuple(fitted(source.layout, each) for each in unused)
    notes = (*strangers(comments.directives), *near_directives(comments), *_blanket(comments.directives, suppressed))
    return Heeded(left, notes)


def silenced_elsewhere(reports: Iterable[FileReport]) -> dict[str, frozenset[str]]:
    """The lines, by the identities of their files, whose comments silence what another file's trace finds there."""
    lines: dict[str, frozenset[str]] = {}
    for report in reports:
        for other in report.others:
            if other.silencing:
                file = identity(other.path)
                lines[file] = lines.get(file, frozenset()).union(other.silencing)
    return lines


def without_needed(report: FileReport, needed: Mapping[str, frozenset[str]]) -> FileReport:
    """The report without unused ignores on lines that `silenced_elsewhere` has."""
    lines = needed.get(identity(report.path))
    if not lines:
        return report

    def stands(each: Diagnostic) -> bool:
        text = report.rows(each.span.cell).get(each.span.row)
        return each.code != UNUSED_IGNORE[0] or not (text is None or text.strip() in lines)

    return replace(report, diagnostics=tuple(filter(stands, report.diagnostics)))


def provable(report: FileReport, is_imported_outside: Callable[[str], bool]) -> FileReport:
    """The report without unused ignores where a file that the run does not read may have a use for them."""
    left = tuple(each for each in report.diagnostics if each.code != UNUSED_IGNORE[0])
    if len(left) == len(report.diagnostics) or not is_imported_outside(report.path):
        return report
    return replace(report, diagnostics=left)


def settled(reports: Iterable[FileReport]) -> list[FileReport]:
    """The reports of a whole run, without the ignores that one file's trace has no use for and another one's has."""
    known = list(reports)
    needed = silenced_elsewhere(known)
    return [without_needed(report, needed) for report in known]


def _blanket(directives: Iterable[Directive], suppressed: Suppressed) -> Iterator[Note]:
    """On ignores of everything that silence something: the advice to name it."""
    for each in directives:
        if each.is_bare and not each.is_for_file and (names := _silenced_by(each, suppressed)):
            listed = ", ".join(sorted(names))
            yield Note(each.row, f"an ignore without names silences whatever comes; here it is `ignore[{listed}]`")


def _silenced_by(directive: Directive, suppressed: Suppressed) -> set[str]:
    return {found.name for found, by in suppressed.silenced if directive in by}


def _unused(
    source: Source, directives: Iterable[Directive], suppressed: Suppressed, judged: Sequence[Rule]
) -> Iterator[Diagnostic]:
    codes = {rule.code for rule in judged}
    has_all = all(rule.code in codes for rule in all_rules())
    known = {*spellings(judged), *map(str.lower, SYNTAX_ERROR)} - {*map(str.lower, UNUSED_IGNORE)}
    used: dict[Directive, set[str]] = {}
    for found, by in suppressed.silenced:
        for each in by:
            used.setdefault(each, set()).update((found.name.lower(), found.code.lower()))
    for each in directives:
        if each.is_bare:
            if has_all and each not in used:
                yield _found(source, each, ())
            continue
        idle = [name for name in each.names if name.lower() in known - used.get(each, set())]
        if idle or not each.names:
            yield _found(source, each, tuple(idle))


def _found(source: Source, directive: Directive, idle: tuple[str, ...]) -> Diagnostic:
    """The finding that some names of a directive silence nothing; with no names it is the whole of it."""
    code, name = UNUSED_IGNORE
    kind = "file-ignore" if directive.is_for_file else "ignore"
    message = f"this {kind}{' of ' if idle else ''}{', '.join(idle)} silences nothing"
    kept = [each for each in directive.names if each not in idle] if not directive.is_bare else []
    if kept:
        fix = _fix(f"take {', '.join(idle)} out of the comment", Edit(directive.inside, ", ".join(kept)))
    else:
        fix = _fix("remove the comment", _removal(source, directive))
    is_alone = not directive.is_for_file and source.line(directive.row).lstrip().startswith("#")
    advice = _ALONE if is_alone else ""
    return Diagnostic(code, name, SEVERITY, message, directive.span, help=advice, fix=fix)


def _fix(title: str, edit: Edit) -> Fix:
    return Fix(title, (edit,), Applicability.SAFE)


def _removal(source: Source, directive: Directive) -> Edit:
    """The edit that takes a directive away with its reason, and the line with it where it stands alone."""
    row = directive.row
    line = source.line(row)
    end = directive.end_column - 1 + len(reason_behind(line, directive))
    before, behind = line[: directive.column - 1], line[end:]
    if not behind.strip():
        if not before.strip():
            block = source.layout.block(row) if source.layout else None
            is_all = block is not None and block.first == block.last
            return Edit(Span(row, 1, row, len(line) + 1) if is_all else Span(row, 1, row + 1, 1), "")
        return Edit(Span(row, len(before.rstrip()) + 1, row, len(line) + 1), "")
    # Another comment that follows stays one.
    rest = behind.lstrip()
    return Edit(
        Span(row, directive.column, row, len(line) - len(rest) + 1),
        "" if rest.startswith("#") else "# ",
    )
