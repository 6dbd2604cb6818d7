"""`attnlint rules`: the list of all rules."""

from __future__ import annotations

import json

import click

from attnlint.cli.help import Command
from attnlint.cli.output import width
from attnlint.report.wrapping import wrapped
from attnlint.rule import all_rules

# The narrowest column that a summary is written in beside the name.
NARROW = 40

EPILOG = """\b
Examples:
  attnlint rules
  attnlint rules --output-format json
  attnlint rule ATT008                 explain one of them
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(output_format: str) -> None:
    """List all rules with their codes and what they find."""
    known = all_rules()
    if output_format == "json":
        listed = [{"code": each.code, "name": each.name, "summary": each.summary, "url": each.url} for each in known]
        click.echo(json.dumps(listed, indent=2))
        return
    room = width()
    names = max((len(each.name) for each in known), default=0)
    for each in known:
        beside = f"{each.code}  {each.name:<{names}}  "
        if room is not None and room - len(beside) < NARROW:
            click.echo(beside.rstrip())
            click.echo(wrapped(f"    {each.summary}", room, 4))
        else:
            click.echo(wrapped(beside + each.summary, room, len(beside)))
