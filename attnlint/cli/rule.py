"""`attnlint rule NAME`: what a rule wants, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
from rich.console import Console
from rich.syntax import Syntax

from attnlint.cli.completion import rule_names
from attnlint.cli.help import Command
from attnlint.cli.output import color_option, console, width
from attnlint.diagnostic import SYNTAX_ERROR
from attnlint.report.wrapping import wrapped
from attnlint.rule import Rule, UnknownRule, find

# Longer lines of prose are hard to read.
WIDEST = 100

EPILOG = """\b
Examples:
  attnlint rule softmax-wrong-axis   by its name
  attnlint rule ATT008               by its code
  attnlint rules                     the list of all
"""

# No rule finds it, and nothing selects it; people look it up all the same.
_SYNTAX = Rule(
    *SYNTAX_ERROR,
    lambda _trace: iter(()),
    "The file, or the cell of a notebook, is no Python that can be parsed.",
    "Nothing else can be found in what does not parse. It is an error in every run, which no baseline accepts.",
    known_limits="In a folder, a file without any word of attention code is not parsed, unless it is named. Blocks of\n"
    "a page of text that do not parse are left out without a finding; `attnlint show` names them. The syntax is that\n"
    "of the Python that attnlint runs on.",
)


@click.command(cls=Command, epilog=EPILOG)
@click.argument("name", shell_complete=rule_names)
@color_option
def rule(name: str, color: str) -> None:
    """Explain the rule NAME (`softmax-wrong-axis` or `ATT008`)."""
    asked = _SYNTAX if name.lower() in {word.lower() for word in SYNTAX_ERROR} else _found(name)
    out, room = console(color), width()
    out.print(f"{asked.name} ({asked.code})", style="bold", markup=False, soft_wrap=True)
    out.print(f"{wrapped(asked.summary, room and min(room, WIDEST))}\n", markup=False, soft_wrap=True)
    for title, body, is_code in asked.sections:
        out.print(title, style="bold", markup=False)
        if is_code and out.is_terminal:
            _highlighted(out, body)
        else:
            for line in _lines(body, None if is_code else room):
                out.print(line, markup=False, soft_wrap=True)
        out.print()


def _found(name: str) -> Rule:
    try:
        return find(name)
    except UnknownRule as error:
        raise click.UsageError(str(error)) from error


def _lines(body: str, room: int | None) -> Iterator[str]:
    """The lines of a section, indented; its paragraphs and the items of its lists are filled to the page."""
    body = body.rstrip()
    if room is not None:
        body = re.sub(r"(?<!\n)\n(?!\n|- )[ ]*", " ", body)
    for line in body.splitlines():
        yield wrapped(f"  {line}".rstrip(), room and min(room, WIDEST), 4 if line.startswith("- ") else 2)


def _highlighted(out: Console, code: str) -> None:
    """The code in colours, whole: it is there to be copied, so a narrow terminal has to break its lines itself."""
    syntax = Syntax("", "python", theme="ansi_dark", background_color="default")
    for line in syntax.highlight(code.rstrip()).split("\n"):
        out.print("  ", line, sep="", soft_wrap=True)
