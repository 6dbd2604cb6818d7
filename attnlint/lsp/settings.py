"""What the editor's own settings say: the rules that run, the configuration to use, and what is shown."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from attnlint.config.nearest import Configured
from attnlint.config.settings import CommandLine
from attnlint.rule import UnknownRule, did_you_mean

SECTION = "attnlint"
_RULES = {"select": "selected", "extendSelect": "extended", "ignore": "ignored"}
_SWITCHES = {"enable": "enabled", "inlayHints": "inlay_hints", "hover": "hover", "isolated": "isolated"}


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of one folder; `command` is what the command line would say, and wins over files in the same way."""

    command: CommandLine = field(default_factory=CommandLine)
    configuration: str = ""
    isolated: bool = False
    enabled: bool = True
    inlay_hints: bool = True
    hover: bool = True

    def configured(self, folder: str) -> Configured:
        """A fresh look at what is configured; a relative configuration file is one of the folder."""
        file = os.path.join(folder, os.path.expanduser(self.configuration)) if self.configuration else ""
        return Configured(self.command, "" if self.isolated else file, self.isolated)


def read(given: object) -> tuple[ClientSettings, tuple[str, ...]]:
    """The settings that a client sent, and what is wrong with them; what is wrong holds as if it were not there."""
    if given is None:
        return ClientSettings(), ()
    if not isinstance(given, Mapping):
        return ClientSettings(), (f"settings must be a table, not {type(given).__name__}",)
    table = _table(given)
    settings, wrong = ClientSettings(), list(_strangers(table))
    for key, name in _SWITCHES.items():
        value = table.get(key, getattr(settings, name))
        if isinstance(value, bool):
            settings = replace(settings, **_of(name, value))
        else:
            wrong.append(f"{key}: must be true or false, not {value!r}")
    configuration = table.get("configuration") or ""
    if isinstance(configuration, str):
        settings = replace(settings, configuration=configuration)
    else:
        wrong.append(f"configuration: must be the path of a file, not {configuration!r}")
    for key, name in _RULES.items():
        try:
            settings = replace(settings, command=_rules(settings.command, name, table.get(key)))
        except ValueError as error:
            wrong.append(f"{key}: {error}")
    return settings, tuple(wrong)


def _table(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The table of our settings, which some clients hand over in one or two tables around it."""
    for name in ("settings", SECTION):
        if isinstance(given.get(name), Mapping):
            given = given[name]
    return given


def _rules(command: CommandLine, name: str, value: object) -> CommandLine:
    """The command line with a list of selectors; raises ValueError for what is none or means no rule."""
    if value is None:
        return command
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"must be a list of rules, not {value!r}")
    changed = replace(command, **_of(name, tuple(value)))
    try:
        changed.verify()
    except UnknownRule as error:
        raise ValueError(str(error)) from error
    return changed


def _of(name: str, value: object) -> dict[str, Any]:
    return {name: value}


def _strangers(given: Mapping[str, object]) -> Iterator[str]:
    known = [*_SWITCHES, *_RULES, "configuration", "trace"]
    for key in given:
        if key not in known:
            yield f"unknown setting {key!r}{did_you_mean(str(key), known)}"
