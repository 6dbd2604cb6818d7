"""The comments that speak to attnlint, as they stand in a file, and the statements that they may speak of."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from attnlint.diagnostic import UNUSED_IGNORE, Diagnostic, Span
from attnlint.source import Source

EVERYTHING = "*"
KINDS = ("ignore", "file-ignore")
_DIRECTIVE = re.compile(r"#\s*attnlint:\s*(?P<kind>file-ignore|ignore)(?!\w|-\w)(?:\s*\[(?P<rules>[^\]]*)\])?", re.I)
_ADDRESSED = re.compile(r"#\s*attnlint[\s:]", re.I)
# A comment that begins as a directive does, perhaps without its colon.
_NEAR = re.compile(r"#\s*attnlint(?P<colon>\s*:\s*|\s+)(?P<word>[\w-]+)(?P<behind>\s*\[|\s*(?:#|$))?", re.I)
# A reason ends where the comment does, or where another one follows in it; `#12` is the number of an issue.
_REASON = re.compile(r"\s*(?:--|:|\u2013|\u2014)\s*\S.*?(?=\s+#\s*[^\W\d]|\s*$)")


@dataclass(frozen=True, slots=True)
class Directive:
    """An `ignore` or `file-ignore`: where it stands, and between its brackets the text that lists the rules.

    `column` is that of its `#`, `end_column` the one behind its brackets; `listed` is None where it has none.
    """

    row: int
    column: int
    end_column: int
    is_for_file: bool
    listed: str | None

    @property
    def span(self) -> Span:
        """The text of it, without a reason."""
        return Span(self.row, self.column, self.row, self.end_column)

    @property
    def inside(self) -> Span:
        """What stands between its brackets."""
        end = self.end_column - 1
        return Span(self.row, end - len(self.listed or ""), self.row, end)

    @property
    def names(self) -> tuple[str, ...]:
        """The rules it names, as they are written."""
        return tuple(name.strip() for name in (self.listed or "").split(",") if name.strip())

    @property
    def is_bare(self) -> bool:
        """Whether it means every rule."""
        return self.listed is None or EVERYTHING in self.names

    def means(self, diagnostic: Diagnostic) -> bool:
        """Whether it names the finding's rule. That ignores are unused is only silenced by its name."""
        spellings = {diagnostic.code.lower(), diagnostic.name.lower()}
        if self.is_bare and diagnostic.code != UNUSED_IGNORE[0]:
            return True
        return not spellings.isdisjoint(name.lower() for name in self.names)


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments of a text by row and column; for each row of a statement of several the first and the last row.

    `is_tokenized` says whether Python's tokenizer could read the text to its end.
    """

    found: tuple[tuple[int, int, str], ...] = ()
    statements: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    is_tokenized: bool = True

    @property
    def directives(self) -> tuple[Directive, ...]:
        """What the comments say to attnlint."""
        return tuple(
            Directive(
                row,
                column + match.start(),
                column + match.end(),
                match["kind"].lower() == "file-ignore",
                match.group("rules"),
            )
            for row, column, text in self.found
            for match in _DIRECTIVE.finditer(text)
        )

    @property
    def strange(self) -> tuple[tuple[int, str, bool], ...]:
        """What begins as a directive and is none: its row, its word, and whether a colon stands between.

        Without one, and with more than brackets behind the word, it is prose and left out.
        """
        return tuple(
            (row, match["word"], ":" in match["colon"])
            for row, _, text in (self.found if self.is_tokenized else ())
            for match in _NEAR.finditer(text)
            if (":" in match["colon"] or match["behind"] is not None) and not _DIRECTIVE.match(text, match.start())
        )

    def rows(self, span: Span) -> tuple[int, ...]:
        """The rows at whose end a comment silences what is found there, the last of the statement first."""
        first, last = self.statements.get(span.row, (span.row, span.row))
        return tuple(dict.fromkeys((last, span.end_row, span.row, first)))


def is_addressed(source: Source) -> bool:
    """Whether a text may have a directive; the tokenizer is slow, and most files need not pay for it."""
    return _ADDRESSED.search(source.text) is not None


def read_comments(source: Source) -> Comments:
    """The comments of a text; in one that does not tokenize, whatever looks like a comment counts."""
    try:
        return _tokenized(source)
    except (tokenize.TokenError, SyntaxError):
        return Comments(tuple(_matched(source)), {}, False)


def reason_behind(line: str, directive: Directive) -> str:
    """The reason that follows a directive in its line, with the dashes or the colon before it; empty without one."""
    found = _REASON.match(line, directive.end_column - 1)
    return found.group() if found else ""


def _tokenized(source: Source) -> Comments:
    comments: list[tuple[int, int, str]] = []
    statements: dict[int, tuple[int, int]] = {}
    first = 0
    rows = io.StringIO("\n".join(source.line(row) for row in range(1, source.line_count + 1)) + "\n")
    for token in tokenize.generate_tokens(rows.readline):
        row, column = token.start
        if token.type == tokenize.COMMENT:
            comments.append((row, column + 1, token.string))
        elif token.type == tokenize.NEWLINE:
            if first and row > first:
                statements.update(dict.fromkeys(range(first, row + 1), (first, row)))
            first = 0
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT) and not first:
            first = row
    return Comments(tuple(comments), statements)


def _matched(source: Source) -> Iterator[tuple[int, int, str]]:
    for row in range(1, source.line_count + 1):
        line = source.line(row)
        if "#" in line:
            start = line.index("#")
            yield row, start + 1, line[start:]
