"""Writes the comments that silence findings into a text: one for each statement, or names in one that is there."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping

from attnlint.diagnostic import SYNTAX_ERROR, Diagnostic, Edit, Span
from attnlint.directives import Comments, Directive, read_comments, reason_behind
from attnlint.fixing.edits import Refused, applied, placed
from attnlint.source import Source


def ignored(source: Source, diagnostics: Iterable[Diagnostic], reason: str = "") -> Source:
    """The source with a comment for each finding, by the name of its rule; a syntax error gets none.

    It stands at the end of the statement's last line, where no backslash and no string is open; or its name joins an
    `ignore[…]` that would silence it already. Raises `Refused` where more than comments would change.
    """
    made = applied(source, placed(source, comments_for(source, diagnostics, reason)))
    if _tree(made) != _tree(source):
        raise Refused("would change more than comments")
    return made


def comments_for(source: Source, diagnostics: Iterable[Diagnostic], reason: str = "") -> tuple[Edit, ...]:
    """The edits that write the comments; raises `Refused` for a text that Python cannot read."""
    comments = read_comments(source)
    if not comments.is_tokenized:
        raise Refused("does not parse")
    joined: dict[Directive, list[str]] = {}
    added: dict[int, list[str]] = {}
    for each in diagnostics:
        if (each.code, each.name) == SYNTAX_ERROR:
            continue
        rows = comments.rows(each.span)
        known = _listing(comments, rows)
        names = added.setdefault(rows[0], []) if known is None else joined.setdefault(known, list(known.names))
        if each.name not in names:
            names.append(each.name)
    return (*_joining(source, joined, reason), *_adding(source, added, reason))


def out_of_reach(source: Source, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings whose comments would stand where a page cannot be edited, as in a session or at a magic.

    Raises `Refused` for a text that Python cannot read.
    """
    layout = source.layout
    if layout is None:
        return ()
    comments = [(each, comments_for(source, [each])) for each in diagnostics]
    return tuple(each for each, edits in comments if not all(layout.may_edit(edit.span) for edit in edits))


def _listing(comments: Comments, rows: Iterable[int]) -> Directive | None:
    """An ignore that lists rules and would silence what is found at some rows."""
    for row in rows:
        for each in comments.directives:
            if each.row == row and not each.is_for_file and not each.is_bare:
                return each
    return None


def _joining(source: Source, joined: Mapping[Directive, list[str]], reason: str) -> Iterator[Edit]:
    for each, names in joined.items():
        yield Edit(each.inside, ", ".join(names))
        if reason and not reason_behind(source.line(each.row), each):
            yield Edit(Span(each.row, each.end_column, each.row, each.end_column), f" -- {reason}")


def _adding(source: Source, added: Mapping[int, list[str]], reason: str) -> Iterator[Edit]:
    for row, names in added.items():
        line = source.line(row)
        text = f"  # attnlint: ignore[{', '.join(names)}]{f' -- {reason}' if reason else ''}"
        yield Edit(Span(row, len(line.rstrip()) + 1, row, len(line) + 1), text)


def _tree(source: Source) -> str:
    """What the text means to Python; the text itself where it means nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what the code says
            return ast.dump(ast.parse(source.text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Refused("does not parse") from None
