"""What a finding says where a format has one field for its text."""

from __future__ import annotations

from attnlint.diagnostic import Diagnostic
from attnlint.report.place import row_place, spoken


def message(each: Diagnostic) -> str:
    """The message; of a finding in a notebook it begins with the place, `cell 2, line 3: …`."""
    return f"{spoken(each.span)}: {each.message}" if each.span.cell else each.message


def explained(each: Diagnostic, path: str) -> str:
    """The message, each piece of evidence with its place, and the advice, one to a line; `path` is the finding's."""
    evidence = [f"{related.path or path}:{row_place(related.span)}: {related.text}" for related in each.related]
    return "\n".join([message(each), *evidence, *([f"help: {each.help}"] if each.help else [])])


def one_line(text: str) -> str:
    """The text in one line, for formats in which a line is a finding."""
    return " ".join(text.split())
