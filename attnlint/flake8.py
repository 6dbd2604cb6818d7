"""A plugin of flake8, which shows what fails a run of attnlint beside what flake8's other plugins find.

What flake8 asks of a plugin: https://flake8.pycqa.org/en/latest/plugin-development/plugin-parameters.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache

from attnlint import __version__
from attnlint.baseline import Baseline, read_baseline, sorted_out
from attnlint.config.file import Misconfigured
from attnlint.config.keys import NEVER
from attnlint.config.nearest import Configured
from attnlint.diagnostic import SYNTAX_ERROR, Diagnostic, Severity
from attnlint.engine import Options, judged, lint, may_speak
from attnlint.source import STDIN, identity, make_source

Found = tuple[int, int, str, type]

# A file that could not be linted must not pass for a clean one.
NOT_LINTED = "ATT999 not-linted"
# How flake8 calls standard input, unless it is told its name.
STDIN_NAMES = frozenset({"-", "stdin"})


class Plugin:
    """What flake8 makes for each file and asks for its findings.

    Only what is at or above the file's `fail-on` and not in its baseline is shown, since whatever flake8 shows fails
    its run. Syntax errors are flake8's own to report (E999), and `# noqa` is its own to read. What a trace finds in
    another file of the project is not shown: flake8 asks about one file at a time.
    """

    name = "attnlint"
    version = __version__

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:  # noqa: ARG002
        """Take a file as flake8 read it; by the word `tree` flake8 knows to ask once for each file that parses."""
        self.path = STDIN if filename in STDIN_NAMES else filename
        self.text = "".join(lines)

    def run(self) -> Iterator[Found]:
        """Each finding: its row from 1, its column from 0, its code with the text, and the class it comes from.

        Nothing is raised, since flake8 would stop and leave the other files unlinted.
        """
        try:
            for each in _shown(self.path, self.text):
                message = " ".join(each.message.split())
                yield each.span.row, each.span.column - 1, f"{each.code} {each.name}: {message}", Plugin
        except Misconfigured as error:
            for place, message in error.wrong:
                yield 1, 0, f"{NOT_LINTED}: {place.path}:{place.line}: {message}", Plugin
        except Exception as error:
            yield 1, 0, f"{NOT_LINTED}: {error or type(error).__name__}", Plugin


class _Failed(Exception):
    """A file that could not be linted; its text says why."""


def _shown(path: str, text: str) -> Iterator[Diagnostic]:
    """What fails a run, by the file's own configuration and baseline.

    Raises `Misconfigured`, `BadBaseline`, or `_Failed` with the fault.
    """
    options = Options(configured=_configured())
    settings = options.settings_beside(path, frozenset())
    if not settings.rules or settings.fail_on == NEVER:
        return
    if not may_speak(text.encode("utf-8", "surrogatepass"), path, settings.assumptions):
        return
    report = lint(make_source(text, path), settings.rules, assumptions=settings.assumptions)
    report = judged(report, options, frozenset({identity(path)}))
    if report.fault:
        raise _Failed(report.fault.message)
    if settings.baseline:
        report, _again = sorted_out(_baseline(settings.baseline), report)
    bar = Severity(settings.fail_on).rank
    yield from (each for each in report.diagnostics if each.severity.rank >= bar and each.code != SYNTAX_ERROR[0])


@cache
def _baseline(path: str) -> Baseline:
    """A baseline, read once while the process lasts; raises `BadBaseline`."""
    return read_baseline(path)


@cache
def _configured() -> Configured:
    """Where the files' configurations are looked up; what was read is remembered while the process lasts."""
    return Configured()
