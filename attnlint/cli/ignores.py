"""The part of `attnlint check` that silences: writes ignore comments for what is found, and proves that they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any

import click

from attnlint.cli.fixes import Asked, Done, relinted
from attnlint.cli.reporting import DEFAULT, Shown
from attnlint.config.keys import NEVER
from attnlint.diagnostic import UNUSED_IGNORE, Diagnostic, Severity, Span
from attnlint.engine import Options
from attnlint.filed import FileReport, gathered
from attnlint.fixing.edits import Refused
from attnlint.fixing.ignoring import ignored, out_of_reach
from attnlint.pages.kinds import is_notebook, wrong_mark
from attnlint.report.patch import unified
from attnlint.report.place import row_place
from attnlint.report.statistics import plural
from attnlint.rows import NEWLINE
from attnlint.source import Source, Unreadable, identity, overlaid, read_bytes, read_source
from attnlint.writing import Rewrite, Unwritable, write

# A finding by the identity of its file, its rule and its place.
_Key = tuple[str, str, Span]


@dataclass(frozen=True, slots=True)
class Adding:
    """What was asked for: to add comments, and the reason to give in them."""

    wanted: bool = False
    reason: str = ""

    def verify(self, asked: Asked, updates: bool, shown: Shown) -> None:
        """Raise `click.UsageError` for options that contradict each other."""
        if self.reason and not self.wanted:
            raise click.UsageError("--reason stands in the comments of --add-ignores; ask for them")
        if NEWLINE.search(self.reason) or "# " in self.reason:
            raise click.UsageError("--reason must be one line without `# `, which begins another comment")
        if not self.wanted:
            return
        if asked.writes or asked.shown or asked.unsafe:
            raise click.UsageError("--add-ignores accepts what is found, --fix repairs it; ask for one after the other")
        if updates:
            raise click.UsageError("--add-ignores and --update-baseline both accept what is found; ask for one")
        if shown.counted or shown.typed_format != DEFAULT:
            option = "--statistics" if shown.counted else f"--output-format {shown.output_format}"
            raise click.UsageError(f"--add-ignores reports no findings, so {option} has no place beside it")


@dataclass(slots=True)
class _Work:
    """The files with their comments, by their identities, and how many findings could not be silenced."""

    made: dict[str, tuple[Source, Source]] = field(default_factory=dict)
    left: int = 0

    @property
    def contents(self) -> Mapping[str, bytes]:
        """What the changed files are to have, by their paths."""
        return {old.path: new.data for old, new in self.made.values()}

    def refuse(self, path: str, span: Span | None, what: str) -> None:
        """Say that something got no comment: what stands at a place, or a whole file."""
        self.left += 1
        click.echo(f"{path}:{row_place(span)}: {what}" if span else f"{path}: {what}", err=True)


def ignore_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of adding comments, handed on as one argument, `adding`."""

    @wraps(command)
    def bundled(*, add_ignores: bool, reason: str | None, **rest: object) -> object:
        return command(adding=Adding(add_ignores, (reason or "").strip()), **rest)

    # The last stands first in the help.
    text = "What --add-ignores gives as the reason."
    made: Callable[..., Any] = click.option("--reason", metavar="TEXT", default=None, help=text)(bundled)
    text = "Write a comment for each finding that silences it; with --diff, show them."
    return click.option("--add-ignores", is_flag=True, help=text)(made)


def add_ignores(
    found: Sequence[FileReport], linted: Sequence[FileReport], adding: Adding, run: Asked, options: Options
) -> Done:
    """Write comments for what is `found`, and say which findings get none; with `--diff` show them only.

    `linted` are the reports of the run, one for each file. Before anything is written, all is linted with the
    comments: a finding that they do not silence is named, and a file in which they bring another is left alone.
    """
    work = _Work()
    wanted: dict[_Key, FileReport] = {}
    for report in found:
        asked = [each for each in report.diagnostics if each.code != UNUSED_IGNORE[0]]
        if asked and report.fault is None:
            left = _comment(work, report, asked, adding.reason)
            wanted |= {(identity(report.path), each.code, each.span): report for each in asked if each not in left}
        for each in _unused(report, options):
            work.refuse(report.path, each.span, f"{each.code} gets no comment: --fix takes away what silences nothing")
    _prove(work, wanted, linted, options)
    rewrites = [Rewrite(old.path, old.data, new.data) for old, new in work.made.values() if old.data != new.data]
    changed: set[str] = set()
    for rewrite in sorted(rewrites, key=lambda each: each.path):
        if run.diff:
            for line in unified(rewrite):
                click.echo(line)
        if run.diff or run.is_stdin(rewrite.path) or _written(rewrite):
            changed.add(identity(rewrite.path))
    stdin = _stdin(work, run) if not run.diff and any(run.is_stdin(report.path) for report in linted) else None
    count = plural(sum(key[0] in changed for key in wanted), "finding")
    said = f"{'Would add' if run.diff else 'Added'} ignores for {count} in {plural(len(changed), 'file')}."
    click.echo(said, err=run.diff or stdin is not None)
    return Done(linted, changed=len(changed), failed=work.left + len(rewrites) - len(changed), stdin=stdin)


def _unused(report: FileReport, options: Options) -> Sequence[Diagnostic]:
    """The unused ignores of a report that fail a run."""
    found = [each for each in report.diagnostics if each.code == UNUSED_IGNORE[0]]
    bar = options.settings(report.path).fail_on if found else NEVER
    return [each for each in found if bar != NEVER and each.severity.rank >= Severity(bar).rank]


def _comment(work: _Work, report: FileReport, asked: Sequence[Diagnostic], reason: str) -> Sequence[Diagnostic]:
    """Write comments for the findings of a report; those for which its page has no place are named and returned."""
    try:
        source = read_source(report.path)
        texts = {each: _in_text(source, each) for each in asked}
        apart = out_of_reach(source, texts.values())
        made = ignored(source, [each for each in texts.values() if each not in apart], reason)
    except (Unreadable, Refused) as error:
        work.refuse(report.path, None, f"no ignores were added: the file {error}")
        return ()
    work.made[identity(report.path)] = source, made
    left = [each for each, text in texts.items() if text in apart]
    for each in left:
        work.refuse(report.path, each.span, f"{each.code} gets no comment: {_instead(report.path, each)}")
    return left


def _instead(path: str, each: Diagnostic) -> str:
    """Why a row of a page gets no comment, and what would silence the finding."""
    why = "the line is IPython's or a session's, and is not edited"
    if is_notebook(path):
        return why
    return f"{why}; {wrong_mark(path, each.name)} above the block silences it"


def _in_text(source: Source, each: Diagnostic) -> Diagnostic:
    """The finding with the rows of the text where the report has those of a page."""
    if source.layout is None:
        return each
    rows = {source.place(row): row for row in range(1, source.line_count + 1)}
    span = each.span
    row = rows[span.cell, span.row]
    return replace(each, span=replace(span, row=row, end_row=rows.get((span.cell, span.end_row), row), cell=0))


def _prove(work: _Work, wanted: dict[_Key, FileReport], linted: Sequence[FileReport], options: Options) -> None:
    """Lint with the comments; leave out files in which they bring something, and name what they do not silence."""
    read = frozenset(identity(report.path) for report in linted)
    before = {key for key, _ in _keys(gathered(linted))}
    while work.made:
        with overlaid(work.contents):
            after = dict(_keys(gathered(relinted(report, work.made.keys(), options, read) for report in linted)))
        brought = {key: path for key, path in after.items() if key not in before and key[0] in work.made}
        if not brought:
            break
        for (file, code, span), path in brought.items():
            if work.made.pop(file, None):
                work.refuse(path, span, f"no ignores were added: they would bring {code}")
    else:
        after = {}
    for key in [key for key in wanted if key in after and key[0] in work.made]:
        _file, code, span = key
        work.refuse(wanted.pop(key).path, span, f"{code} cannot be silenced by a comment")


def _keys(reports: Iterable[FileReport]) -> Iterable[tuple[_Key, str]]:
    """The findings of reports, but for those on comments, with the paths of their files."""
    for report in reports:
        for each in report.diagnostics:
            if each.code != UNUSED_IGNORE[0]:
                yield (identity(report.path), each.code, each.span), report.path


def _written(rewrite: Rewrite) -> bool:
    try:
        write([rewrite])
    except Unwritable as error:
        click.echo(f"{error.path}: no ignores were added: it {error}", err=True)
        return False
    return True


def _stdin(work: _Work, run: Asked) -> bytes:
    """Standard input with its comments, or as it came."""
    file = identity(run.stdin)
    return work.made[file][1].data if file in work.made else read_bytes(run.stdin)
