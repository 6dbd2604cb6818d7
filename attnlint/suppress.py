"""Comments that silence a finding: `# attnlint: ignore[name]` on its line, `# attnlint: file-ignore[name]` anywhere."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from attnlint.diagnostic import SYNTAX_ERROR, Diagnostic
from attnlint.rule import all_rules, near_miss
from attnlint.source import Source

_DIRECTIVE = re.compile(r"#\s*attnlint:\s*(?P<kind>file-ignore|ignore)\b(?:\s*\[(?P<rules>[^\]]*)\])?")
_EVERYTHING = "*"
_SYNTAX_ERROR = {word.lower() for word in SYNTAX_ERROR}


@dataclass(frozen=True, slots=True)
class Suppressions:
    """What a file's comments silence: rule names and codes in lower case, for the whole file and by row.

    `statements` gives for each row of a statement that spans several the first and the last row of it.
    """

    everywhere: frozenset[str] = frozenset()
    by_row: Mapping[int, frozenset[str]] = field(default_factory=dict)
    statements: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    def silence(self, diagnostic: Diagnostic) -> bool:
        """Whether a comment on the finding's rows, on its statement's first or last row, or for the file means it."""
        span = diagnostic.span
        rows = {span.row, span.end_row, *self.statements.get(span.row, ())}
        silenced = self.everywhere.union(*(self.by_row.get(row, frozenset()) for row in rows))
        return not silenced.isdisjoint({_EVERYTHING, diagnostic.code.lower(), diagnostic.name.lower()})


def suppress(source: Source, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics that no comment of the file silences."""
    found = list(diagnostics)
    # The tokenizer is slow: a file without a directive or without a finding does not pay for it.
    if not found or "attnlint:" not in source.text:
        return found
    comments = suppressions(source)
    return [each for each in found if not comments.silence(each)]


def suppressions(source: Source) -> Suppressions:
    """Read the comments of a file; in one that does not tokenize, whatever looks like a comment counts."""
    everywhere: set[str] = set()
    by_row: dict[int, frozenset[str]] = {}
    comments, statements = _comments(source)
    for row, comment in comments:
        for directive in _DIRECTIVE.finditer(comment):
            names = _names(directive.group("rules"))
            if directive.group("kind") == "file-ignore":
                everywhere |= names
            else:
                by_row[row] = by_row.get(row, frozenset()) | names
    return Suppressions(frozenset(everywhere), by_row, statements)


def strangers(source: Source) -> Iterator[tuple[int, str]]:
    """Rows of comments that name a rule that does not exist, and silence nothing for it; with what to say of each."""
    if "attnlint:" not in source.text:
        return
    rules = all_rules()
    known = {_EVERYTHING, *(word.lower() for each in rules for word in (each.name, each.code)), *_SYNTAX_ERROR}
    for row, comment in _comments(source)[0]:
        for directive in _DIRECTIVE.finditer(comment):
            for name in (name.strip() for name in (directive.group("rules") or "").split(",")):
                if name and name.lower() not in known:
                    yield row, f"unknown rule {name!r} in an ignore comment{near_miss(name, rules)}"


def _comments(source: Source) -> tuple[list[tuple[int, str]], dict[int, tuple[int, int]]]:
    try:
        return _tokenized(source)
    except (tokenize.TokenError, SyntaxError):
        return list(_matched(source)), {}


def _names(listed: str | None) -> frozenset[str]:
    if listed is None:
        return frozenset({_EVERYTHING})
    return frozenset(name.strip().lower() for name in listed.split(",") if name.strip())


def _tokenized(source: Source) -> tuple[list[tuple[int, str]], dict[int, tuple[int, int]]]:
    comments: list[tuple[int, str]] = []
    statements: dict[int, tuple[int, int]] = {}
    first = 0
    rows = io.StringIO("\n".join(source.line(row) for row in range(1, source.line_count + 1)) + "\n")
    for token in tokenize.generate_tokens(rows.readline):
        row = token.start[0]
        if token.type == tokenize.COMMENT:
            comments.append((row, token.string))
        elif token.type == tokenize.NEWLINE:
            if first and row > first:
                statements.update(dict.fromkeys(range(first, row + 1), (first, row)))
            first = 0
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT) and not first:
            first = row
    return comments, statements


def _matched(source: Source) -> Iterator[tuple[int, str]]:
    for row in range(1, source.line_count + 1):
        line = source.line(row)
        if "#" in line:
            yield row, line[line.index("#") :]
