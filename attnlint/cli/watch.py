"""`--watch`: lint again whenever a file that a report rests on, or a configuration, has changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import click

from attnlint.cli.reporting import is_typed
from attnlint.config.file import Misconfigured
from attnlint.config.nearest import Configured
from attnlint.discover import SKIPPED_FOLDERS, SUFFIXES, discover
from attnlint.filed import FileReport
from attnlint.report.formats import READ_BY_PEOPLE
from attnlint.source import STDIN, version

# Options that have no place beside `--watch`, by the names of their parameters.
WRITING = {
    "fixes": "--fix",
    "fix_only": "--fix-only",
    "diff": "--diff",
    "add_ignores": "--add-ignores",
    "update_baseline": "--update-baseline",
}

# Milliseconds after which it is looked whether something has changed that stands elsewhere.
TICK = 1000


def watch_option(command: Callable[..., int]) -> Callable[..., int]:
    """The option, by which the command is called again and again; as its `heard` it receives what takes its reports.

    Raises `click.UsageError` for options that contradict it, and where `watchfiles` is not installed.
    """

    @wraps(command)
    def watching(watch: bool, **given: Any) -> int:  # noqa: ANN401
        if not watch:
            return command(heard=None, **given)
        _verify(given)
        return _watch(command, given)

    return click.option("--watch", "-w", is_flag=True, help="Lint again whenever a file changes.")(watching)


def _verify(given: Mapping[str, Any]) -> None:
    if STDIN in given["paths"] or given["stdin_filename"] is not None:
        raise click.UsageError("--watch lints files again and again; standard input can be read only once")
    for name, option in WRITING.items():
        if given.get(name):
            raise click.UsageError(f"--watch shows what is found while you edit; it has no {option}")
    if given["output_format"] not in READ_BY_PEOPLE:
        has = ", ".join(READ_BY_PEOPLE)
        raise click.UsageError(f"--watch has no {given['output_format']} format; it has {has}")
    if given["output_file"] is not None and is_typed("output_file"):
        raise click.UsageError("--watch shows what is found while you edit; it has no --output-file")
    try:
        import watchfiles  # noqa: F401
    except ImportError as error:
        raise click.UsageError("--watch needs watchfiles: pip install 'attnlint[watch]'") from error


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run rests on: its files with their versions, and what is wrong with its configuration."""

    files: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched: the paths that are linted, and how their configuration is found."""

    paths: Sequence[str]
    config: str
    isolated: bool
    cache: str

    @property
    def roots(self) -> frozenset[str]:
        """The folders of the paths. Of a file it is the one it stands in, since editors put a new file in its place."""
        places = {os.path.abspath(path) for path in self.paths}
        return frozenset(place if os.path.isdir(place) else os.path.dirname(place) for place in places)

    @property
    def is_deep(self) -> bool:
        """Whether changes below the folders are told of, and not only those in them."""
        return any(os.path.isdir(path) for path in self.paths)

    def seen(self, beside: Iterable[str] = ()) -> Seen:
        """What a run would rest on now, with the files `beside` that the last one went into."""
        configured = Configured(file=self.config, isolated=self.isolated)
        try:
            linted = {os.path.abspath(target.path) for target in discover(self.paths, configured.excludes)}
            folders = self.roots | {os.path.dirname(path) for path in linted}
            saying = {file for folder in folders for file in configured.configuration(folder).files}
        except Misconfigured as error:
            return _misconfigured(error)
        return Seen(_versions({*linted, *saying, *beside}))

    def elsewhere(self, before: Seen) -> Seen:
        """What was seen, with the files as they are now that stand where nothing tells of changes."""
        if before.wrong:
            return self.seen()
        configured = Configured(file=self.config, isolated=self.isolated)
        try:
            saying = {file for folder in self.roots for file in configured.configuration(folder).files}
        except Misconfigured as error:
            return _misconfigured(error)
        told = self.roots if self.is_deep else ()
        outside = {path for path in before.files if not any(_is_below(path, root) for root in told)}
        return Seen({**before.files, **_versions(outside | saying)})

    def may_matter(self, _change: object, path: str) -> bool:
        """Whether a change of a path is worth a look at the files: not below what is never walked."""
        if _is_below(path, self.cache):
            return False
        folders = [os.path.relpath(path, root).split(os.sep) for root in self.roots if _is_below(path, root)]
        return any(SKIPPED_FOLDERS.isdisjoint(parts) for parts in folders) and not self._is_other_file(path)

    def _is_other_file(self, path: str) -> bool:
        # A folder that was moved is told of by its own name alone; so is one that is gone.
        return os.path.isfile(path) and not path.lower().endswith((*SUFFIXES, ".toml", ".gitignore"))


def _watch(command: Callable[..., int], given: Mapping[str, Any]) -> int:
    paths = given["paths"] or (".",)
    watched = Watched(paths, given["config"] or "", given["isolated"], os.path.abspath(given["cache_dir"]))
    if missing := next((root for root in sorted(watched.roots) if not os.path.isdir(root)), ""):
        raise click.UsageError(f"--watch: there is no folder {missing!r}")
    beside: set[str] = set()

    def heard(reports: Sequence[FileReport]) -> None:
        beside.clear()
        beside.update(os.path.abspath(path) for report in reports for path in report.rests_on)

    is_first = True
    while True:
        before, known = watched.seen(), _versions(beside)
        click.clear()
        _again(command, {**given, "heard": heard}, is_first)
        # What this run is the first to go into is as it is now; this is before anybody is told that it is watched.
        now = {**_versions(beside), **{path: of for path, of in known.items() if path in beside}}
        if not (given["quiet"] or given["silent"]):
            click.echo(f"{time.strftime('%H:%M:%S')} watching {', '.join(paths)} for changes; Ctrl-C ends", err=True)
        _wait(watched, before if before.wrong else Seen({**now, **before.files}), beside)
        is_first = False


def _again(command: Callable[..., int], given: Mapping[str, Any], is_first: bool) -> None:
    """Lint once; what is wrong with the command line ends the watch, what is wrong with a configuration does not."""
    try:
        command(**given)
    except click.UsageError as error:
        if is_first:
            raise
        error.show()
    except click.ClickException as error:
        error.show()


def _wait(watched: Watched, before: Seen, beside: Set[str]) -> None:
    """Return when something is not as it was.

    Nothing is watched while files are linted, since that forks: what changed meanwhile is found at the first tick.
    """
    from watchfiles import watch

    is_first = True
    changes = watch(
        *watched.roots,
        watch_filter=watched.may_matter,
        rust_timeout=TICK,
        yield_on_timeout=True,
        recursive=watched.is_deep,
        ignore_permission_denied=True,
    )
    with closing(changes):
        for told in changes:
            now = watched.seen(beside) if told or is_first else watched.elsewhere(before)
            is_first = False
            if now != before:
                return


def _misconfigured(error: Misconfigured) -> Seen:
    return Seen(_versions({place.path for place, _ in error.wrong}), str(error))


def _versions(paths: Iterable[str]) -> dict[str, tuple[int, ...]]:
    return {path: _version(path) for path in paths}


def _version(path: str) -> tuple[int, ...]:
    try:
        return version(path)
    except OSError:
        return ()


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))
