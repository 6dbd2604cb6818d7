"""What a finding is: a place, a message, the evidence for it, and perhaps a repair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How sure a finding is; ordered by `rank`."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for error."""
        return ("info", "warning", "error").index(self.value)


class Applicability(Enum):
    """How far a fix may be trusted, in the words that ruff's users know."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A half-open range of source text: rows from 1, columns in code points from 1.

    `cell` is 0 but in a report on a notebook, where rows are those of the cell with this number, from 1.
    """

    row: int
    column: int
    end_row: int
    end_column: int
    cell: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `text`. `path` is empty for the finding's own file."""

    span: Span
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair: what it does, in a few words, and the edits that do it."""

    title: str
    edits: tuple[Edit, ...] = ()
    applicability: Applicability = Applicability.DISPLAY

    def is_allowed(self, unsafe: bool) -> bool:
        """Whether it may be applied: a safe one always, an unsafe one when that was asked for, any other never."""
        allowed = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
        return bool(self.edits) and self.applicability in allowed


@dataclass(frozen=True, slots=True)
class Related:
    """One line of evidence: where it stands and what it shows.

    `path` is empty for the finding's own file; for another one, `code` is the text of its row.
    """

    span: Span
    text: str
    path: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding in one file.

    `code` and `name` are the rule's two spellings, as in `ATT008` and `softmax-wrong-axis`;
    `related` is the evidence in reading order; `help` says what to do about it. `path` is empty for a finding in
    the file that was linted, and names the project's other file that it stands in. `alternatives` are other repairs,
    of which the author must choose; they are never applied. `scope` is the qualified name of the definition that it
    stands in, `line` the code of its first row: they tell it apart when rows have moved.
    """

    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    related: tuple[Related, ...] = ()
    help: str = ""
    fix: Fix | None = None
    path: str = ""
    alternatives: tuple[Fix, ...] = ()
    scope: str = ""
    line: str = ""


@dataclass(frozen=True, order=True, slots=True)
class Note:
    """What is odd about a comment to attnlint: the row of the comment and, as in a span, its cell; and what to say."""

    row: int
    text: str
    cell: int = 0

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.row, 1, self.row, 1, self.cell)


SYNTAX_ERROR = ("ATT000", "syntax-error")
# Of a hundred and more are findings that are not about attention.
UNUSED_IGNORE = ("ATT100", "unused-ignore")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that kept one file from being linted, other than its syntax.

    `kind` is `missing` (there is no such file), `unreadable` (the file could not be opened or decoded), `internal` (a
    fault of attnlint itself) or `skipped` (left out on purpose and said aloud, such as a link that leads back to its
    own folder); `detail` is for whoever has to repair it, and `row` is the line it stands on, where it stands on one.
    """

    kind: str
    message: str
    detail: str = ""
    row: int = 0
