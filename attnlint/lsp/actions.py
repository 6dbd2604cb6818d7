"""What can be done about a finding: fixed, with all others, ignored on its line, or read about."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from lsprotocol import types

from attnlint.diagnostic import UNUSED_IGNORE, Applicability, Diagnostic, Fix
from attnlint.engine import lint
from attnlint.filed import FileReport
from attnlint.fixing.edits import Refused
from attnlint.fixing.fixer import Fixed, fix
from attnlint.fixing.ignoring import comments_for
from attnlint.lsp.analysis import Analysis
from attnlint.lsp.diagnostics import diagnostic, is_about_rules
from attnlint.lsp.edits import of_fix, of_rewrites
from attnlint.lsp.hovers import markdown
from attnlint.lsp.session import Session
from attnlint.lsp.snapshots import Snapshot
from attnlint.rule import UnknownRule, all_rules, find
from attnlint.source import Source, Unreadable, overlaid

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.attnlint"
SHOW_RULE = "attnlint.showRule"
_NAMED = {
    Applicability.SAFE: "{}",
    Applicability.UNSAFE: "{} (unsafe: it may change what you meant)",
    Applicability.DISPLAY: "{} (a suggestion)",
}


async def actions(session: Session, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The actions for a range of a document's present text."""
    uri = params.text_document.uri
    whole = session.whole(uri)
    analysis = await session.desk.settled(whole)
    report = session.report(whole)
    if analysis is None or report is None:
        return []
    locate = session.locate(analysis.snapshot)

    def is_here(each: Diagnostic) -> bool:
        place = locate("", each.span)
        return place.uri == uri and _overlap(place.range, params.range) and is_about_rules(each)

    is_all_asked = bool(params.context.only) and _is_asked(FIX_ALL, params.context.only)
    if is_all_asked or any(map(is_here, report.diagnostics)):
        report = await session.report_with_fixes(whole) or report
    found: list[types.CodeAction] = []
    if _is_asked(types.CodeActionKind.QuickFix.value, params.context.only):
        for each in filter(is_here, report.diagnostics):
            found.extend(_quick(session, analysis.snapshot, each, diagnostic(each, locate)))
    if _is_asked(FIX_ALL, params.context.only) and any(map(_is_safe, report.diagnostics)):
        action = types.CodeAction("Fix all that attnlint can fix safely", FIX_ALL, data={"uri": whole})
        found.append(action if _resolves(session) else await resolved(session, action))
    return found


def _is_asked(kind: str, only: object) -> bool:
    """Whether a kind of action is asked for: by its own name or that of a kind above it."""
    if not isinstance(only, list | tuple):
        return True
    names = [str(getattr(each, "value", each)) for each in only]
    return any(not name or kind == name or kind.startswith(f"{name}.") for name in names)


def _quick(
    session: Session, snapshot: Snapshot, each: Diagnostic, shown: types.Diagnostic
) -> Iterator[types.CodeAction]:
    fixes = [*([each.fix] if each.fix else []), *each.alternatives]
    for number, one in enumerate(fixes):
        if one.edits:
            yield from _fixed(session, snapshot, one, shown, preferred=number == 0)
    if each.code != UNUSED_IGNORE[0]:
        with suppress(Refused):
            edit = of_fix(session, snapshot, comments_for(snapshot.source, [each]))
            kind = types.CodeActionKind.QuickFix
            yield types.CodeAction(f"Ignore {each.name} for this line", kind, [shown], edit=edit)
    command = types.Command(title=f"Show the rule {each.name}", command=SHOW_RULE, arguments=[each.code])
    yield types.CodeAction(command.title, types.CodeActionKind.QuickFix, [shown], command=command)


def _fixed(
    session: Session, snapshot: Snapshot, one: Fix, shown: types.Diagnostic, preferred: bool
) -> Iterator[types.CodeAction]:
    try:
        edit = of_fix(session, snapshot, one.edits)
    except (Refused, Unreadable):
        return
    is_safe = one.applicability is Applicability.SAFE and preferred
    title = _NAMED[one.applicability].format(f"{one.title[:1].upper()}{one.title[1:]}")
    kind = types.CodeActionKind.QuickFix
    yield types.CodeAction(title, kind, [shown], edit=edit, is_preferred=True if is_safe else None)


async def resolved(session: Session, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit: all safe fixes of a document, proved by linting what they make of it."""
    uri = action.data.get("uri", "") if isinstance(action.data, dict) else ""
    analysis = await session.desk.settled(uri)
    report = await session.report_with_fixes(uri)
    if analysis is None or report is None:
        return action
    home = analysis.snapshot
    # The cells of a notebook are fixed as the Python that they are together.
    name = f"{report.path}.py" if home.cells else report.path
    loop = asyncio.get_running_loop()
    made = await loop.run_in_executor(session.executor, _all_fixed, analysis, replace(report, path=name))
    rewrites = [rewrite for group in made.groups for rewrite in group]
    with suppress(Refused, Unreadable):
        action.edit = of_rewrites(session, home, name, rewrites)
    return action


def _all_fixed(analysis: Analysis, report: FileReport) -> Fixed:
    codes = frozenset(each.code for each in report.diagnostics)
    source = analysis.snapshot.source
    settings = analysis.options.settings(source.path)

    def judge(source: Source) -> FileReport:
        judged = lint(source, all_rules(), assumptions=settings.assumptions, judged=settings.rules, is_located=False)
        return replace(_only(judged, codes), others=tuple(_only(other, codes) for other in judged.others))

    with overlaid({**analysis.unsaved, report.path: source.data}):
        return fix(judge, [report], codes)


def _only(report: FileReport, codes: frozenset[str]) -> FileReport:
    """The report with the fixes of these rules alone."""
    found = (each if each.code in codes else replace(each, fix=None) for each in report.diagnostics)
    return replace(report, diagnostics=tuple(found))


def show_rule(session: Session, code: str) -> str | None:
    """Name a rule and where to read on; all that there is to say of it is the answer, for clients that show it."""
    try:
        rule = find(code)
    except UnknownRule as error:
        session.say(types.MessageType.Error, f"attnlint: {error}", shown=True)
        return None
    head = f"{rule.name} ({rule.code})"
    line = " ".join(f"{head}: {rule.summary} {rule.url or ''}".split())
    session.server.window_show_message(types.ShowMessageParams(types.MessageType.Info, line))
    return f"{head}\n\n{markdown(rule)}"


def _is_safe(each: Diagnostic) -> bool:
    return each.fix is not None and each.fix.is_allowed(unsafe=False)


def _resolves(session: Session) -> bool:
    document = session.server.client_capabilities.text_document
    action = document.code_action if document is not None else None
    return action is not None and action.resolve_support is not None and "edit" in action.resolve_support.properties


def _overlap(one: types.Range, other: types.Range) -> bool:
    def key(place: types.Position) -> tuple[int, int]:
        return place.line, place.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)
