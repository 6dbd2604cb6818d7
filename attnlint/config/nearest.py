"""Which configuration holds for which file: the nearest one above it, one for all, or none."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from attnlint.config.file import OWN, SHARED, Configuration, is_configured, read
from attnlint.config.settings import Apart, CommandLine, Settings, excludes, ignored, settings
from attnlint.ignores import Ignores
from attnlint.source import STDIN


@dataclass(frozen=True, slots=True)
class _Derived:
    """What follows from one configuration for all of its files, made once."""

    settings: Settings
    excludes: Ignores
    ignored: tuple[Apart, ...]


@dataclass(frozen=True, slots=True)
class Configured:
    """Looks up what holds for a file. What was read is remembered, so a run sees each file as it was once.

    `file` is the one for all, if there is one; `isolated` is to read none.
    """

    command: CommandLine = field(default_factory=CommandLine)
    file: str = ""
    isolated: bool = False
    _by_folder: dict[str, Configuration] = field(default_factory=dict)
    _by_files: dict[tuple[str, ...], _Derived] = field(default_factory=dict)

    def configuration(self, folder: str) -> Configuration:
        """What is configured for the files in a folder, given by its absolute path; raises `Misconfigured`."""
        if self.isolated:
            return Configuration()
        if self.file:
            folder = ""
        if folder not in self._by_folder:
            self._by_folder[folder] = read(self.file) if self.file else self._nearest(folder)
        return self._by_folder[folder]

    def settings(self, path: str) -> Settings:
        """What holds for a file; for standard input, what holds in the current folder. Raises `Misconfigured`."""
        place = os.path.abspath(path)
        derived = self._derived(self.configuration(os.path.dirname(place)))
        apart = () if path == STDIN else derived.ignored
        codes = {code for each in apart if each.files.means(place) for code in each.codes}
        if not codes:
            return derived.settings
        rules = tuple(rule for rule in derived.settings.rules if rule.code not in codes)
        return replace(derived.settings, rules=rules)

    def shared(self, folder: str) -> Settings:
        """What holds for the files in a folder, but for what single ones of them ignore; raises `Misconfigured`."""
        return self._derived(self.configuration(folder)).settings

    def excludes(self, folder: str) -> Ignores:
        """What is left out of a folder, given by its absolute path; raises `Misconfigured`."""
        return self._derived(self.configuration(folder)).excludes

    def leaves_out(self, path: str, is_folder: bool = False) -> bool:
        """Whether a walk from above leaves a path out, by the configuration around it or that of a folder above."""
        place = os.path.abspath(path)
        while (folder := os.path.dirname(place)) != place:
            decision = self.excludes(folder).decision(place, is_folder)
            if decision is not None:
                return decision
            place, is_folder = folder, True
        return False

    def _derived(self, configuration: Configuration) -> _Derived:
        if configuration.files not in self._by_files:
            shared = settings(configuration, self.command)
            self._by_files[configuration.files] = _Derived(shared, excludes(configuration), ignored(configuration))
        return self._by_files[configuration.files]

    def _nearest(self, folder: str) -> Configuration:
        for name in (OWN, SHARED):
            if is_configured(path := os.path.join(folder, name)):
                return read(path)
        above = os.path.dirname(folder)
        return Configuration() if above == folder else self.configuration(above)
