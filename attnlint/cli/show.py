"""`attnlint show FILE[::name]`: what the trace knows, tensor by tensor."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click
from rich.text import Text

from attnlint.assumptions import Assumptions
from attnlint.cli.completion import files
from attnlint.cli.config import config_options, configured, misconfigured
from attnlint.cli.help import Command
from attnlint.cli.output import color_option, console, width
from attnlint.config.file import Misconfigured
from attnlint.config.nearest import Configured
from attnlint.config.settings import CommandLine
from attnlint.paged import views
from attnlint.report.wrapping import hanging
from attnlint.rule import did_you_mean
from attnlint.source import Source, Unreadable, read_source

if TYPE_CHECKING:
    from attnlint.trace import Known

EPILOG = """\b
Examples:
  attnlint show model.py
  attnlint show model.py::CausalSelfAttention
  attnlint show model.py::CausalSelfAttention.forward --output-format json
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("target", metavar="FILE[::NAME]", shell_complete=files)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@config_options
@color_option
def show(target: str, output_format: str, config: str | None, isolated: bool, color: str) -> None:
    """Print what is known of each tensor in FILE: its axes, its facts, and for what is unknown the reason."""
    path, _, scope = target.partition("::")
    tensors = _known(path, configured(CommandLine(), config, isolated))
    if scope:
        tensors = _within(tensors, scope)
    if output_format == "json":
        click.echo(json.dumps([asdict(each) for each in tensors], indent=2))
        return
    out = console(color)
    for block in _blocks(tensors):
        out.print(block, soft_wrap=True)
    if not tensors:
        click.echo("Nothing traced: no attention code was found here.", err=True)


def _known(path: str, configured: Configured) -> Sequence[Known]:
    try:
        source: Source = read_source(path)
        assumptions = configured.settings(path).assumptions
        return list(_placed(source, _known_in(source, assumptions)))
    except Misconfigured as error:
        raise misconfigured(error) from error
    except Unreadable as error:
        raise click.UsageError(f"{path} {error.fault.message}") from error
    except SyntaxError as error:
        raise click.UsageError(f"{path}:{error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise click.UsageError(f"{path} is nested too deeply to be analysed") from error


def _known_in(source: Source, assumptions: Assumptions) -> Iterator[Known]:
    from attnlint.analyse import known

    for view in views(source):
        yield from (each for each in known(view.source, assumptions) if view.owns(each.row))


def _placed(source: Source, tensors: Iterable[Known]) -> Iterator[Known]:
    """The tensors with their rows as a page counts them, each once, and a word of every block that was not read."""
    for each in dict.fromkeys(tensors):
        cell, row = source.place(each.row)
        yield replace(each, row=row, cell=cell)
    for broken in source.layout.broken if source.layout else ():
        cell, row = source.place(broken.span.row)
        click.echo(f"{source.path}:{f'cell {cell}:' if cell else ''}{row}: not read: {broken.message}", err=True)


def _within(tensors: Sequence[Known], scope: str) -> Sequence[Known]:
    """The tensors of a scope and of what is defined in it; `forward` means every scope that ends so."""
    inside = [each for each in tensors if f".{each.scope}.".find(f".{scope}.") >= 0]
    if inside:
        return inside
    scopes = sorted({each.scope for each in tensors})
    near = did_you_mean(scope, [*scopes, *(part for each in scopes for part in each.split("."))])
    hint = near or (f"; there is {', '.join(scopes)}" if scopes else "")
    raise click.UsageError(f"nothing was traced in {scope!r}{hint}")


def _blocks(tensors: Sequence[Known]) -> list[Text]:
    scopes: dict[str, list[Known]] = {}
    for each in tensors:
        scopes.setdefault(each.scope, []).append(each)
    return [_block(scope, inside) for scope, inside in scopes.items()]


def _block(scope: str, tensors: Sequence[Known]) -> Text:
    names = max(len(each.name) for each in tensors)
    shapes = max(len(each.shape) for each in tensors)
    places = {each: f"{each.cell}:{each.row}" if each.cell else str(each.row) for each in tensors}
    rows = max(map(len, places.values()))
    text = Text().append(f"{scope or '<module>'}\n", "bold")
    for each in tensors:
        line = Text().append(f"  {places[each]:>{rows}}  ", "dim").append(f"{each.name:<{names}}  ")
        line.append(f"{each.shape:<{shapes}}", "cyan" if not each.reason else "dim")
        if each.facts:
            line.append("  " + ", ".join(each.facts), "green")
        if each.reason:
            line.append(f"  because {each.reason}", "yellow")
        text.append_text(hanging(line, width(), rows + 6)).append("\n")
    return text
