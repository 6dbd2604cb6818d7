"""`attnlint clean`: delete the cache."""

from __future__ import annotations

from pathlib import Path

import click

from attnlint import cache
from attnlint.cli.help import Command

EPILOG = """\b
Examples:
  attnlint clean
  attnlint clean --cache-dir ~/.cache/attnlint
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=cache.FOLDER,
    show_default=True,
    envvar="ATTNLINT_CACHE_DIR",
    help="The folder that `attnlint check` was told to keep them in.",
)
def clean(cache_dir: Path) -> None:
    """Delete the reports that earlier runs of `attnlint check` kept; nothing else in the folder is touched."""
    count = cache.clean(cache_dir)
    click.echo(f"Deleted {count} {'report' if count == 1 else 'reports'} from {cache_dir}.")
