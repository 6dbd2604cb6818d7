"""`attnlint server`: the language server, over standard input and output."""

from __future__ import annotations

import importlib.util

import click

from attnlint.cli.help import Command

EPILOG = """\b
Examples:
  pip install 'attnlint[lsp]'                    the extra that it comes with
  attnlint server                                what an editor starts; it waits for messages on standard input
"""


@click.command(cls=Command, epilog=EPILOG)
def server() -> None:
    """Run the language server (LSP) that shows findings, fixes and shapes in an editor while you type."""
    if importlib.util.find_spec("pygls") is None:
        message = "the language server needs pygls, which is not installed: pip install 'attnlint[lsp]'"
        raise click.ClickException(message)
    from attnlint.lsp.server import serve

    serve()
