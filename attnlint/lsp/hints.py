"""The shape behind each assignment of a tensor, as people write it in comments."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from lsprotocol import types

from attnlint.diagnostic import Span
from attnlint.lsp.analysis import Analysis
from attnlint.lsp.layout import layout
from attnlint.lsp.session import Session
from attnlint.lsp.tensors import UNKNOWN, tensors


async def hints(session: Session, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The hints in a range of a document's present text."""
    uri = params.text_document.uri
    analysis = await session.desk.settled(session.whole(uri))
    if analysis is None or not session.settings(analysis.report.path).inlay_hints:
        return []
    loop = asyncio.get_running_loop()
    lines = await loop.run_in_executor(session.executor, _shapes, analysis)
    found = []
    for row, label in lines:
        end = len(analysis.snapshot.source.line(row)) + 1
        place = analysis.snapshot.location(Span(row, end, row, end), session.encoding)
        position = place.range.start
        if place.uri == uri and params.range.start.line <= position.line <= params.range.end.line:
            found.append(types.InlayHint(position, label, types.InlayHintKind.Type, padding_left=True))
    return found


def _shapes(analysis: Analysis) -> list[tuple[int, str]]:
    """The last row of each statement that binds tensors, and what is shown behind it."""
    source = analysis.snapshot.source
    rows = layout(source.text)
    bound: dict[int, dict[str, str]] = {}
    for each in tensors(analysis):
        if each.name.isidentifier() and each.shape != UNKNOWN:
            bound.setdefault(rows.statement(each.span.row)[1], {})[each.name] = each.shape
    return [(row, f"# ⟵ {' '.join(_named(shapes))}") for row, shapes in sorted(bound.items())]


def _named(shapes: dict[str, str]) -> Iterator[str]:
    """The shapes of a statement; with the names that they are of, where these are several."""
    alone = len(shapes) == 1 or len(set(shapes.values())) == 1
    yield from [next(iter(shapes.values()))] if alone else (f"{name} {shape}" for name, shape in shapes.items())
