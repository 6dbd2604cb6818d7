"""`attnlint config`: what is configured for a path and where; and the options by which other commands choose it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import click

from attnlint.cli.completion import files
from attnlint.cli.help import Command
from attnlint.cli.output import width
from attnlint.config.file import Configuration, Misconfigured, Place, Value
from attnlint.config.keys import KEYS, Key, schema
from attnlint.config.nearest import Configured
from attnlint.config.settings import CommandLine, Settings
from attnlint.report.wrapping import wrapped

Decorated = TypeVar("Decorated", bound=Callable[..., object])

EPILOG = """\b
Examples:
  attnlint config                       what holds in the folder you are in
  attnlint config src/model.py          what holds for one file, and which file and line say so
  attnlint config --output-format json
  attnlint config --schema              a JSON schema, for editors
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What holds for a path: the configuration, what follows from it, and whether a walk leaves the path out."""

    path: str
    configuration: Configuration
    settings: Settings
    is_excluded: bool


def config_options(command: Decorated) -> Decorated:
    """The options that choose the configuration, the same for every subcommand."""
    # The last stands first in the help.
    text = "Read no configuration."
    command = click.option("--isolated", is_flag=True, help=text)(command)
    text = "Use this configuration for all files, in place of the nearest one."
    return click.option("--config", type=click.Path(), default=None, help=text)(command)


def configured(command: CommandLine, file: str | None, isolated: bool) -> Configured:
    """Look up as the options say; raises `click.UsageError` where they contradict each other."""
    if file is not None and isolated:
        raise click.UsageError("--isolated reads no configuration, --config reads one; ask for one of them")
    if file is not None and not os.path.isfile(file):
        raise click.UsageError(f"--config: there is no file {file!r}")
    return Configured(command, file or "", isolated)


def misconfigured(error: Misconfigured) -> click.ClickException:
    """What is wrong with a configuration, one line for each, as the last words of a command."""
    return _Misconfigured("\n".join(f"{_spelt(place)}: {message}" for place, message in error.wrong))


class _Misconfigured(click.ClickException):
    exit_code = 2

    def show(self, file: object = None) -> None:  # noqa: ARG002
        """Print the lines as they are, so that editors and terminals find the places."""
        click.echo(self.message, err=True)


@click.command(cls=Command, epilog=EPILOG)
@click.argument("path", default=".", type=click.Path(), shell_complete=files)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON schema of the configuration, and no more.")
@config_options
def config(path: str, output_format: str, as_schema: bool, config: str | None, isolated: bool) -> None:
    """Show what is configured for PATH, a file or a folder (default: the one you are in), and where that is said."""
    if as_schema:
        click.echo(json.dumps(schema(), indent=2))
        return
    if not os.path.exists(path):
        raise click.UsageError(f"{path}: no such file or folder")
    try:
        shown = _shown(path, configured(CommandLine(), config, isolated))
    except Misconfigured as error:
        raise misconfigured(error) from error
    if output_format == "json":
        click.echo(json.dumps(_data(shown), indent=2))
        return
    room = width()
    for line in _text(shown, room):
        click.echo(wrapped(line, room, 4))


def _shown(path: str, configured: Configured) -> Shown:
    place, is_folder = os.path.abspath(path), os.path.isdir(path)
    folder = place if is_folder else os.path.dirname(place)
    settings = configured.shared(folder) if is_folder else configured.settings(path)
    return Shown(path, configured.configuration(folder), settings, configured.leaves_out(path, is_folder))


def _text(shown: Shown, room: int | None) -> Iterator[str]:
    files = [relative(file) for file in shown.configuration.files]
    yield f"{shown.path}: {' extends '.join(files) if files else 'no configuration'}"
    if shown.is_excluded:
        yield "It is excluded: only naming it on the command line has it linted."
    rows = [(key.name, *row) for key in KEYS for row in _rows(key, shown.configuration)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1, 2)]
    if room is not None and sum(widths) + 6 > room:  # no third column, then
        widths[1] = 0
    for name, value, place in rows:
        yield f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {place}".rstrip()
    severities = dict(shown.settings.severities)
    yield "Rules that run:" if shown.settings.rules else "No rule runs."
    for rule in shown.settings.rules:
        severity = severities.get(rule.code)
        yield f"  {rule.code}  {rule.name}" + (f" [{severity.value}]" if severity else "")


def _rows(key: Key, configuration: Configuration) -> Iterator[tuple[str, str]]:
    """The values of a key and their places; one line that says so where a file says nothing of it."""
    said = list(configuration.said(key.name))
    for each in said:
        yield f"{each.name} = {_words(each)}" if key.is_table else _words(each), _spelt(each.place)
    if not said and key.name != "extend":
        yield key.default or "-", "default"


def _words(value: Value) -> str:
    return ", ".join(value.words) or "(none)"


def _data(shown: Shown) -> dict[str, object]:
    severities = {code: severity.value for code, severity in shown.settings.severities}
    defaults = [key for key in KEYS if key.default and not any(shown.configuration.said(key.name))]
    return {
        "path": shown.path,
        "excluded": shown.is_excluded,
        "files": list(shown.configuration.files),
        "values": [
            *(_said(value) for value in shown.configuration.values),
            *({"key": key.name, "name": None, **_listed(key, (key.default,)), "source": None} for key in defaults),
        ],
        "rules": [
            {"code": rule.code, "name": rule.name, "severity": severities.get(rule.code)}
            for rule in shown.settings.rules
        ],
    }


def _said(value: Value) -> dict[str, object]:
    key = next(key for key in KEYS if key.name == value.key)
    source = {"path": value.place.path, "line": value.place.line}
    return {"key": value.key, "name": value.name or None, **_listed(key, value.words), "source": source}


def _listed(key: Key, words: tuple[str, ...]) -> dict[str, object]:
    """The value as it is written: one word or a list of them."""
    return {"value": list(words) if key.holds_list else words[0]}


def _spelt(place: Place) -> str:
    return f"{relative(place.path)}:{place.line}" if place.line else relative(place.path)


def relative(path: str) -> str:
    """A path as seen from the current folder, if it is in it."""
    here = os.getcwd()
    return os.path.relpath(path, here) if path.startswith(os.path.join(here, "")) else path
