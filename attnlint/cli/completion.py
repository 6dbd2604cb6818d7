"""`attnlint completion`: the script by which a shell completes commands, options and names of rules."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem, get_completion_class

from attnlint.cli.help import Command

VARIABLE = "_ATTNLINT_COMPLETE"
SHELLS = ("bash", "zsh", "fish")

EPILOG = """\b
Examples:
  eval "$(attnlint completion bash)"    in ~/.bashrc
  eval "$(attnlint completion zsh)"     in ~/.zshrc, after compinit
  attnlint completion fish > ~/.config/fish/completions/attnlint.fish
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete commands, options, files and the names of rules."""
    kind = get_completion_class(shell)
    assert kind is not None, "click knows these shells"
    click.echo(kind(click.Group(), {}, "attnlint", VARIABLE).source())


def rule_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The rules whose name or code begins so."""
    return list(_items(incomplete))


def selectors(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The rules whose name or code begins as the last word of a list with commas does; and `ALL`."""
    before, comma, last = incomplete.rpartition(",")
    named = before.split(",")
    every = [CompletionItem("ALL", help="every rule")] if "ALL".startswith(last.upper()) and last else []
    found = [*_items(last), *every]
    return [CompletionItem(f"{before}{comma}{each.value}", help=each.help) for each in found if each.value not in named]


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, which the shell itself completes."""
    return [CompletionItem(incomplete, type="file")]


def _items(incomplete: str) -> Iterable[CompletionItem]:
    """Names before codes; codes only where one is begun, so that each rule stands there once."""
    from attnlint.rule import all_rules

    for rule in all_rules():
        if rule.name.startswith(incomplete.lower()):
            yield CompletionItem(rule.name, help=rule.summary)
        elif incomplete and rule.code.startswith(incomplete.upper()):
            yield CompletionItem(rule.code, help=rule.summary)
