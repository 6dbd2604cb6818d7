"""How commands explain themselves: help that fits the terminal, and what a word that is no command meant."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator

import click

# The narrowest and the widest that help is written, and the narrowest column beside another.
NARROW, WIDE, COLUMN = 30, 80, 30
# How far what a line goes on with is indented.
INDENT = 4

_COLUMNS = re.compile(r"\s*(.*?\S)\s{2,}(\S.*)")
_GOES_ON = re.compile(r"\n {4,}")


class Formatter(click.HelpFormatter):
    """Writes help that never breaks a word at a hyphen, and in one column where there is no room for two."""

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms and what they mean."""
        rows = list(rows)
        first = min(max(len(term) for term, _ in rows), col_max) + col_spacing
        is_beside = self.width - self.current_indent - first >= COLUMN
        margin = " " * self.current_indent
        indent = margin + " " * (first if is_beside else INDENT)
        for term, text in rows:
            lines = _wrap(text, self.width, indent, indent)
            if is_beside and lines and len(term) + col_spacing <= first:
                self.write(f"{margin}{term:<{first}}{lines.pop(0).lstrip()}\n")
            else:
                self.write(f"{margin}{term}\n")
            self.write("".join(f"{line}\n" for line in lines))


class Context(click.Context):
    """A context whose help is written so."""

    formatter_class = Formatter


class Command(click.Command):
    """A command whose help is written so, and its epilog too, one line for each example."""

    context_class = Context

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the lines of the epilog."""
        write_examples(self.epilog or "", formatter)


def write_examples(epilog: str, formatter: click.HelpFormatter) -> None:
    """Write lines of one or two columns; what does not fit beside the first goes below it."""
    if epilog:
        formatter.write("\n")
    for line in _GOES_ON.sub(" ", epilog.replace("\b\n", "")).rstrip().splitlines():
        formatter.write("".join(f"{part}\n" for part in _fitted(line, formatter.width)) or "\n")


def _fitted(line: str, width: int) -> Iterator[str]:
    if len(line) <= width:
        yield line
        return
    margin = line[: len(line) - len(line.lstrip())]
    columns = _COLUMNS.fullmatch(line)
    if columns and columns[1].isdecimal():  # a number and what it means
        yield from _wrap(line.strip(), width, margin, margin + " " * 3)
        return
    first, *rest = columns.groups() if columns else (line.strip(),)
    deeper = margin + " " * INDENT
    yield from _wrap(first, width, margin, deeper)
    for part in rest:
        yield from _wrap(part, width, deeper, deeper)


def _wrap(text: str, width: int, first: str, later: str) -> list[str]:
    wrapper = textwrap.TextWrapper(width, first, later, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text)


def terminal_width() -> int:
    """How wide help is, by the terminal or `COLUMNS`."""
    return max(NARROW, min(WIDE, shutil.get_terminal_size().columns))


def meant(word: str) -> str:
    """What is said of a first word that is a path and no command; of any other word nothing."""
    is_path = os.path.exists(word) or word.endswith((".py", ".pyw")) or os.sep in word
    return f"{word!r} is no command; did you mean: attnlint check {word}" if is_path else ""
