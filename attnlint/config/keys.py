"""The table of keys: what a configuration may say, what holds where it says nothing, and the schema made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from attnlint.assumptions import ALWAYS, AUTO
from attnlint.config.kinds import Choice, Glob, Kind, Problem, RuleName, Schema, Selector, Several, Table, Text
from attnlint.config.meanings import Layout, Meaning, ParameterName, QualifiedName
from attnlint.diagnostic import Severity
from attnlint.rule import did_you_mean, find

OFF = "off"
NEVER = "never"
_SEVERITIES = tuple(each.value for each in Severity)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the configuration.

    `default` is what holds where no file says it. What a file says stands in place of what the file that it extends
    says; `adds` is for keys that say something besides. Of a table that goes for each entry.
    """

    name: str
    kind: Kind
    summary: str
    default: str = ""
    adds: bool = False

    @property
    def is_table(self) -> bool:
        """Whether it holds a table."""
        return isinstance(self.kind, Table)

    @property
    def is_of_files(self) -> bool:
        """Whether it holds a table of globs, which mean other files in another folder."""
        return isinstance(self.kind, Table) and isinstance(self.kind.names, Glob)

    @property
    def holds_list(self) -> bool:
        """Whether it holds a list, or a table of lists."""
        return isinstance(self.kind.of if isinstance(self.kind, Table) else self.kind, Several)


_RULES, _GLOBS = Several(Selector()), Several(Glob())
_CAUSAL = Choice((AUTO, ALWAYS, NEVER))

KEYS = (
    Key("extend", Text(), "Another configuration file, relative to this one, whose values hold where this has none."),
    Key("select", _RULES, "The rules that run: names, codes, beginnings of codes, or ALL.", default="ALL"),
    Key("extend-select", _RULES, "Rules that run besides.", adds=True),
    Key("ignore", _RULES, "Rules that do not run; of `select` and `ignore` the narrower one wins."),
    Key(
        "per-file-ignores",
        Table(Glob(), _RULES),
        "Globs of files (`!glob`: all others), and rules that do not run there.",
    ),
    Key("exclude", _GLOBS, "Globs of files and folders to leave out; `!glob` takes back in what is left out."),
    Key("extend-exclude", _GLOBS, "Globs to leave out besides.", adds=True),
    Key("fail-on", Choice((*_SEVERITIES, NEVER)), "The mildest finding that makes the exit code 1.", default="warning"),
    Key("baseline", Text(), "A file of accepted findings, relative to this one: only others are reported."),
    Key("severity", Table(RuleName(), Choice((*_SEVERITIES, OFF))), "What the findings of a rule count as, or `off`."),
    Key("causal", _CAUSAL, "Whether attention must not see the future; `auto`: the code tells.", default=AUTO),
    Key(
        "per-file-causal",
        Table(Glob(), _CAUSAL),
        "The same of single files, by globs (`!glob`: all others); the last that means a file wins.",
    ),
    Key(
        "ops",
        Table(QualifiedName(), Meaning()),
        "Functions of the project by dotted name, and the known op or library function that each does the work of.",
    ),
    Key("layouts", Table(ParameterName(), Layout()), "Names of parameters, and the axes that these have everywhere."),
)
BY_NAME = {key.name: key for key in KEYS}


def problems(table: Mapping[str, object]) -> Iterator[Problem]:
    """What is wrong with the keys and values of a configuration."""
    for name, value in table.items():
        key = BY_NAME.get(name)
        if key is None and name in {"tool", "attnlint"} and isinstance(value, Mapping):
            yield (
                (name,),
                f"unknown key {name!r}; outside of pyproject.toml the keys stand at the top level, in no table",
            )
            continue
        if key is None:
            yield (name,), f"unknown key {name!r}{did_you_mean(name.replace('_', '-'), BY_NAME) or _there_are()}"
            continue
        found = [((name, *path), message) for path, message in key.kind.problems(value)]
        yield from ((path, f"{name}: {message}") for path, message in found)
        if name == "severity" and not found and isinstance(value, Mapping):
            yield from _twice(value)


def _twice(severities: Mapping[str, object]) -> Iterator[Problem]:
    """Rules that have a severity by their name and another by their code."""
    first: dict[str, str] = {}
    for spelling in severities:
        known = first.setdefault(find(spelling).code, spelling)
        if known != spelling:
            yield ("severity", spelling), f"severity: {spelling!r} and {known!r} are one rule; say it once"


def _there_are() -> str:
    return f"; the keys are {', '.join(BY_NAME)}"


def schema() -> Schema:
    """The JSON schema of `attnlint.toml`, and of `[tool.attnlint]` in `pyproject.toml`."""
    described = {}
    for key in KEYS:
        default = {"default": [key.default] if isinstance(key.kind, Several) else key.default} if key.default else {}
        described[key.name] = {"description": key.summary, **key.kind.schema(), **default}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attnlint",
        "description": "The configuration of attnlint, in attnlint.toml or as [tool.attnlint] in pyproject.toml.",
        "type": "object",
        "properties": described,
        "additionalProperties": False,
    }
