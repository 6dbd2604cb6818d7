"""`attnlint rules`: the list of all rules."""

from __future__ import annotations

import json

import click

from attnlint.rule import all_rules


@click.command()
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(output_format: str) -> None:
    """List all rules with their codes and what they find."""
    known = all_rules()
    if output_format == "json":
        listed = [{"code": each.code, "name": each.name, "summary": each.summary, "url": each.url} for each in known]
        click.echo(json.dumps(listed, indent=2))
        return
    width = max((len(each.name) for each in known), default=0)
    for each in known:
        click.echo(f"{each.code}  {each.name:<{width}}  {each.summary}")
