"""What holds for one linted file: its rules, what their findings count as, what fails a run, what is assumed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from attnlint.assumptions import AUTO, NOTHING, Assumptions, Causal, OwnOp
from attnlint.config.file import Configuration, Value
from attnlint.config.keys import BY_NAME, OFF
from attnlint.diagnostic import Severity
from attnlint.ignores import Files, Ignores
from attnlint.rule import ALL, Rule, all_rules, find, select


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What the command line says; it wins over every file."""

    selected: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    fail_on: str = ""

    def verify(self) -> None:
        """Raise `UnknownRule` for a selector that means no rule."""
        select(all_rules(), (*self.selected, *self.extended), self.ignored)


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for one file: the rules that run, the severities that are not the rules' own by code, the bar.

    `assumptions` are what its project says of the code; `baseline` is the absolute path of the file of accepted
    findings, or empty.
    """

    rules: tuple[Rule, ...] = ()
    severities: tuple[tuple[str, Severity], ...] = ()
    fail_on: str = BY_NAME["fail-on"].default
    assumptions: Assumptions = NOTHING
    baseline: str = ""


def settings(configuration: Configuration, command: CommandLine) -> Settings:
    """What holds for the files of a configuration, but for what single ones of them ignore."""
    severities = {find(each.name).code: each.words[0] for each in configuration.said("severity")}
    return Settings(
        _rules(configuration, command),
        tuple((code, Severity(word)) for code, word in severities.items() if word != OFF),
        command.fail_on or next((each.words[0] for each in configuration.said("fail-on")), Settings().fail_on),
        _assumptions(configuration),
        next((os.path.join(_folder(each), each.words[0]) for each in configuration.said("baseline")), ""),
    )


def _assumptions(configuration: Configuration) -> Assumptions:
    causal = tuple(
        Causal(each.words[0], os.path.basename(each.place.path), each.name, _folder(each) if each.name else "")
        for key in ("causal", "per-file-causal")
        for each in configuration.said(key)
    )
    return Assumptions(
        causal if any(each.word != AUTO for each in causal) else (),
        tuple(OwnOp(each.name, each.words[0], _folder(each)) for each in configuration.said("ops")),
        tuple((each.name, each.words[0]) for each in configuration.said("layouts")),
    )


@dataclass(frozen=True, slots=True)
class Apart:
    """Files that are treated apart, and the rules not run on them."""

    files: Files
    codes: frozenset[str]


def ignored(configuration: Configuration) -> tuple[Apart, ...]:
    """The files that a configuration treats apart."""
    return tuple(
        Apart(Files.of(_folder(each), each.name), frozenset(rule.code for rule in _some(each.words)))
        for each in configuration.said("per-file-ignores")
    )


def excludes(configuration: Configuration) -> Ignores:
    """What a configuration leaves out of a walk."""
    ignores = Ignores()
    for key in ("exclude", "extend-exclude"):
        for each in configuration.said(key):
            ignores = ignores.also(_folder(each), each.words)
    return ignores


def _folder(value: Value) -> str:
    """The folder that globs and paths speak of: that of the file they stand in."""
    return os.path.dirname(value.place.path)


def _rules(configuration: Configuration, command: CommandLine) -> tuple[Rule, ...]:
    if command.selected:  # the files' own choice is set aside as a whole
        return select(all_rules(), (*command.selected, *command.extended), command.ignored)
    chosen = {*_chosen(configuration), *_some(command.extended)}
    # An option means more than a file, so what a file selects counts here as if by `ALL` only.
    left = select(all_rules(), (ALL, *command.extended), command.ignored)
    return tuple(rule for rule in left if rule in chosen)


def _chosen(configuration: Configuration) -> tuple[Rule, ...]:
    """The rules that the files choose; one that is off is as good as ignored by its name."""
    selects = list(configuration.said("select"))
    off = [each.name for each in configuration.said("severity") if each.words == (OFF,)]
    ignored = [word for each in configuration.said("ignore") for word in each.words]
    extended = [word for each in configuration.said("extend-select") for word in each.words]
    selected = [word for each in selects for word in each.words] if selects else [ALL]
    if not selected and not extended:  # `select = []` asks for none
        return ()
    return select(all_rules(), (*selected, *extended), (*ignored, *off))


def _some(selectors: Sequence[str]) -> tuple[Rule, ...]:
    return select(all_rules(), selectors) if selectors else ()
