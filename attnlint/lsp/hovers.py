"""What is shown over a tensor, its axes and facts and where each came from, and over a finding, its rule."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from textwrap import dedent

from lsprotocol import types

from attnlint.attention.describe import Seen
from attnlint.diagnostic import Diagnostic, Span
from attnlint.filed import FileReport
from attnlint.lsp.analysis import Analysis
from attnlint.lsp.diagnostics import Locate, is_about_rules
from attnlint.lsp.session import Session
from attnlint.lsp.tensors import tensor_at, tensors
from attnlint.rule import Rule, find

# An expression that is longer is shown by its beginning.
LONGEST = 60


async def hover(session: Session, params: types.HoverParams) -> types.Hover | None:
    """What is known at a place of a document's present text; None where nothing is."""
    uri = params.text_document.uri
    whole = session.whole(uri)
    analysis = await session.desk.settled(whole)
    report = session.report(whole)
    if analysis is None or report is None or not session.settings(analysis.report.path).hover:
        return None
    row, column = analysis.snapshot.place(uri, params.position, session.encoding)
    # libcst works out places when they are first asked for, and only one thread may do that.
    work = asyncio.get_running_loop().run_in_executor(session.executor, _told, analysis, row, column)
    found = await work
    locate = session.locate(analysis.snapshot)
    parts = [*(_tensor(*found, analysis, locate) if found else ()), *_findings(report, row, column)]
    if not parts:
        return None
    place = locate("", found[1].span).range if found else None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts)), place)


def _told(analysis: Analysis, row: int, column: int) -> tuple[str, Seen] | None:
    return tensor_at(tensors(analysis), analysis.snapshot.source, row, column)


def _tensor(name: str, tensor: Seen, analysis: Analysis, locate: Locate) -> Iterator[str]:
    """A tensor in the field's notation, and a line for each fact."""
    facts = [fact.text for fact in tensor.facts if fact.text != name]
    if any(fact.text == "scores" for fact in tensor.facts):
        facts.append("not yet normalised")
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    head = f"{short}  {tensor.shape}"
    if facts:
        head += "  " + " · ".join(facts)
    lines = [f"```text\n{head}\n```"]
    if tensor.reason:
        lines.append(f"Its shape is not known, because {tensor.reason}.")
    lines += [_origin(fact.text, fact.site.path, fact.site.span, analysis, locate) for fact in tensor.facts]
    yield "\n".join(lines)


def _origin(text: str, path: str, span: Span, analysis: Analysis, locate: Locate) -> str:
    source = analysis.snapshot.source
    is_here = path in {"", source.path}
    place = locate("" if is_here else path, span)
    code = f": `{source.line(span.row).strip()}`" if is_here else ""
    return f"- {text}, [line {span.row}]({place.uri}#L{place.range.start.line + 1}){code}"


def _findings(report: FileReport, row: int, column: int) -> Iterator[str]:
    for each in report.diagnostics:
        span = each.span
        if is_about_rules(each) and (span.row, span.column) <= (row, column) <= (span.end_row, span.end_column):
            yield _finding(each)


def _finding(each: Diagnostic) -> str:
    # The message is left out: the editor shows it with the finding.
    return f"**{each.code} {each.name}**: {markdown(find(each.code))}"


def markdown(rule: Rule) -> str:
    """What a rule wants, and why."""
    parts = [rule.summary, f"*Why is this bad?*\n\n{dedent(rule.why)}"]
    if rule.use_instead:
        parts.append(f"*Use instead*\n\n```python\n{rule.use_instead.rstrip()}\n```")
    if rule.references:
        parts.append(f"*References*\n\n{dedent(rule.references)}")
    return "\n\n".join(parts)
