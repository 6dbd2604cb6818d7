"""The command line: one module for each subcommand, imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

import click

from attnlint import __version__
from attnlint.cli.help import Context, meant, terminal_width, write_examples
from attnlint.rule import did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Named here and not found by walking the package, so that `--help` and `--version` import none of them.
COMMANDS = {
    "check": "Find mistakes in attention code.",
    "config": "Show what is configured for a path, and which file and line say so.",
    "completion": "Print the script by which a shell completes commands and names of rules.",
    "clean": "Delete the reports that earlier runs kept.",
    "rule": "Explain one rule: why, example, what to use instead, known limits.",
    "rules": "List all rules.",
    "server": "Run the language server for editors (LSP).",
    "show": "Print what the trace knows of a file, tensor by tensor.",
}

FAILED = 2
# What a shell reports for a process that Ctrl-C or a closed pipe ended.
INTERRUPTED, PIPE_CLOSED = 130, 141


class LazyGroup(click.Group):
    """A group that imports a subcommand's module when the subcommand is called or asks for help."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of the subcommands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one subcommand."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"attnlint.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand that was called; of a word that is none it is said what was probably meant."""
        word = args[0]
        if word not in COMMANDS and not word.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(meant(word) or f"no such command {word!r}{did_you_mean(word, COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of subcommands without importing them, and options."""
        from click.shell_completion import CompletionItem

        named = [
            CompletionItem(name, help=text) for name, text in sorted(COMMANDS.items()) if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the examples."""
        write_examples(EPILOG, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


EPILOG = """\b
Examples:
  attnlint check                      lint the folder you are in
  attnlint check model.py --select softmax-wrong-axis
  attnlint rule missing-scale         what the rule wants, and why
  attnlint config src/model.py        what is configured for a file, and where
  attnlint show model.py::Attention   axes and facts of every tensor
"""


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="attnlint")
def attnlint() -> None:
    """Find mistakes in attention code by tracing its tensors; nothing is imported or run."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 clean, 1 findings, 2 could not do what was asked."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a source line may hold what the terminal's encoding cannot say
            stream.reconfigure(errors="backslashreplace")
    try:
        code = attnlint.main(
            args=arguments, prog_name="attnlint", standalone_mode=False, terminal_width=terminal_width()
        )
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more when it ends; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        if os.environ.get("ATTNLINT_DEBUG"):
            raise
        message = f"attnlint failed: {type(error).__name__}: {error} (ATTNLINT_DEBUG=1 shows where)"
        click.echo(message, err=True)
        return FAILED
    return code if isinstance(code, int) else 0
