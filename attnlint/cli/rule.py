"""`attnlint rule NAME`: what a rule wants, and why."""

from __future__ import annotations

from textwrap import indent

import click
from rich.console import Console
from rich.syntax import Syntax

from attnlint.cli.output import color_option, console
from attnlint.rule import UnknownRule, find


@click.command()
@click.argument("name")
@color_option
def rule(name: str, color: str) -> None:
    """Explain the rule NAME (`softmax-wrong-axis` or `ATT008`)."""
    try:
        asked = find(name)
    except UnknownRule as error:
        raise click.UsageError(str(error)) from error
    out = console(color)
    out.print(f"{asked.name} ({asked.code})", style="bold", markup=False)
    out.print(f"{asked.summary}\n", markup=False, soft_wrap=True)
    for title, body, is_code in asked.sections:
        out.print(title, style="bold", markup=False)
        if is_code and out.is_terminal:
            _highlighted(out, body)
        else:
            out.print(indent(body.rstrip(), "  "), markup=False, soft_wrap=True)
        out.print()


def _highlighted(out: Console, code: str) -> None:
    out.print(Syntax(code.rstrip(), "python", theme="ansi_dark", background_color="default", padding=(0, 2)))
