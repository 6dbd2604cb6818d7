"""Comments that silence a finding: `# attnlint: ignore[name]` on its line, `# attnlint: file-ignore[name]` anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from attnlint.diagnostic import SYNTAX_ERROR, Diagnostic, Note
from attnlint.directives import EVERYTHING, KINDS, Comments, Directive, is_addressed, read_comments
from attnlint.rule import all_rules, did_you_mean, near_miss, spellings
from attnlint.source import Source


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The findings that no comment silences, and the others, each with the comments that silence it."""

    left: tuple[Diagnostic, ...] = ()
    silenced: tuple[tuple[Diagnostic, tuple[Directive, ...]], ...] = ()


def suppress(source: Source, diagnostics: Iterable[Diagnostic], comments: Comments | None = None) -> Suppressed:
    """Sort the findings of a file by whether a comment silences them; `comments` are its own, if they are known."""
    found = tuple(diagnostics)
    if not found or not is_addressed(source):
        return Suppressed(found)
    comments = comments or read_comments(source)
    pairs = [(each, tuple(silencing(comments, each))) for each in found]
    return Suppressed(tuple(each for each, by in pairs if not by), tuple((each, by) for each, by in pairs if by))


def silencing(comments: Comments, diagnostic: Diagnostic) -> Iterator[Directive]:
    """The comments on the finding's rows, on its statement's first or last row, or for the file that mean it."""
    rows = comments.rows(diagnostic.span)
    for each in comments.directives:
        if (each.is_for_file or each.row in rows) and each.means(diagnostic):
            yield each


def strangers(directives: Iterable[Directive]) -> Iterator[Note]:
    """On comments that name a rule that does not exist, and silence nothing for it."""
    rules = all_rules()
    known = {EVERYTHING, *spellings(rules), *map(str.lower, SYNTAX_ERROR)}
    for each in directives:
        for name in each.names:
            if name.lower() not in known:
                yield Note(each.row, f"unknown rule {name!r} in an ignore comment{near_miss(name, rules)}")


def near_directives(comments: Comments) -> Iterator[Note]:
    """On comments that look as if they were to silence something, and say nothing that attnlint knows."""
    for row, word, has_colon in comments.strange:
        if word.lower() in KINDS:
            yield Note(row, f"a comment to attnlint that silences nothing; it is written `# attnlint: {word.lower()}`")
            continue
        near = did_you_mean(word, KINDS[1:] if "file" in word.lower() else KINDS)
        if near or has_colon:
            known = "; there is ignore[…] and file-ignore[…]"
            yield Note(row, f"unknown word {word!r} in a comment to attnlint{near or known}")
