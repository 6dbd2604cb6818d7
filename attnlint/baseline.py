"""Findings that are accepted, kept in a file: known by their rule, file, definition and line, whatever row that has."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from attnlint.diagnostic import SYNTAX_ERROR, Diagnostic
from attnlint.filed import FileReport
from attnlint.source import STDIN

VERSION = 1
_STRING = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_SPACES = re.compile(r"(?<!\w)\s+|\s+(?!\w)")


class BadBaseline(Exception):
    """A baseline that cannot be read; the message begins with its path and, where there is one, the line."""


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """What a finding is known by: its file relative to the baseline's folder, its rule, its definition, its line.

    Lines are compared without spaces, but for those in strings and between words.
    """

    path: str
    rule: str
    scope: str
    line: str = field(compare=False)
    code: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take the spaces out that formatters put in."""
        parts = _STRING.split(self.line)
        code = (part if number % 2 else _SPACES.sub("", part) for number, part in enumerate(parts))
        object.__setattr__(self, "code", "".join(code))


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted findings of a baseline file, each with how many of it there may be."""

    path: str
    counts: Mapping[Entry, int] = field(default_factory=dict)

    def place(self, entry: Entry) -> str:
        """The path of the file that an entry speaks of."""
        return os.path.normpath(os.path.join(os.path.dirname(self.path), entry.path))


def read_baseline(path: str) -> Baseline:
    """The baseline in a file; raises `BadBaseline`, also where there is none."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig", "surrogatepass")
    except FileNotFoundError as error:
        raise BadBaseline(f"{path}: there is no such baseline; --update-baseline writes it") from error
    except UnicodeDecodeError as error:
        raise BadBaseline(f"{path}: is not UTF-8: byte 0x{error.object[error.start]:02x}") from error
    except OSError as error:
        raise BadBaseline(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        data = json.loads(text)
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise BadBaseline(f"{path}:{line}: is not JSON: {what}") from error
    if not isinstance(data, dict) or not isinstance(data.get("findings"), list) or "version" not in data:
        raise BadBaseline(f"{path}:1: is no baseline: it must be an object with `version` and a list of `findings`")
    if data["version"] != VERSION:
        line = _line(text, text.index('"version"'))
        raise BadBaseline(f"{path}:{line}: has version {data['version']!r}, and this attnlint reads version {VERSION}")
    counts: Counter[Entry] = Counter()
    for number, each in enumerate(data["findings"]):
        known = _entry(each)
        if known is None:
            what = 'must be {"path", "rule", "in", "line"} with texts, and "count" with a number from 1'
            raise BadBaseline(f"{path}:{_line_of_finding(text, number)}: a finding {what}")
        counts[known[0]] += known[1]
    return Baseline(os.path.abspath(path), counts)


def entry(baseline: str, path: str, diagnostic: Diagnostic) -> Entry | None:
    """What a finding in a file is known by in a baseline; None for what is never accepted.

    That is a syntax error, and what was found in standard input without a name.
    """
    if path == STDIN or diagnostic.code == SYNTAX_ERROR[0]:
        return None
    place, folder = os.path.abspath(path), os.path.dirname(os.path.abspath(baseline))
    with contextlib.suppress(ValueError):  # on another drive
        place = os.path.relpath(place, folder)
    return Entry(place.replace(os.sep, "/"), diagnostic.name, diagnostic.scope, diagnostic.line)


def sorted_out(baseline: Baseline, report: FileReport) -> tuple[FileReport, Counter[Entry]]:
    """The report with what is new, and what of the baseline was found again."""
    again: Counter[Entry] = Counter()
    new = []
    for each in report.diagnostics:
        known = entry(baseline.path, report.path, each)
        if known is not None and again[known] < baseline.counts.get(known, 0):
            again[known] += 1
        else:
            new.append(each)
    return replace(report, diagnostics=tuple(new)), again


def dumped(counts: Mapping[Entry, int]) -> bytes:
    """The text of a baseline file: sorted, and one line for each finding, so that a merge can be read."""
    lines = ",\n".join(f"    {_spelt(each, count)}" for each, count in sorted(counts.items()) if count)
    findings = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {findings}\n}}\n'.encode("utf-8", "surrogatepass")


def _spelt(each: Entry, count: int) -> str:
    said = {"path": each.path, "rule": each.rule, "in": each.scope, "line": each.line}
    return json.dumps(said if count == 1 else {**said, "count": count}, ensure_ascii=False)


def _entry(data: object) -> tuple[Entry, int] | None:
    if not isinstance(data, dict):
        return None
    words = [data.get(key) for key in ("path", "rule", "in", "line")]
    count = data.get("count", 1)
    if not all(isinstance(word, str) for word in words) or type(count) is not int or count < 1:
        return None
    return Entry(*map(str, words)), count


def _line_of_finding(text: str, number: int) -> int:
    """The line on which a finding begins, of a text that is a baseline's JSON."""
    starts = _starts(text, text.index("[", text.index('"findings"')) + 1)
    return _line(text, next(start for count, start in enumerate(starts) if count == number))


def _starts(text: str, position: int) -> Iterator[int]:
    decoder = json.JSONDecoder()
    while True:
        while text[position] in " \t\r\n,":
            position += 1
        yield position
        position = decoder.raw_decode(text, position)[1]


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
