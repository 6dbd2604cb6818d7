"""Write a page for every rule, and their index: `python -m scripts.rule_docs [--check]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from attnlint.rule import Rule, all_rules
from benchmarks.measured import Measured, read_measured
from benchmarks.triage import Row
from scripts.rule_facts import NO_FIX, ROOT, Fixtures, fixtures, severities, verdicts

FOLDER = ROOT / "docs" / "rules"
COMMAND = "python -m scripts.rule_docs"
NOTE = f"<!-- Written by `{COMMAND}`; change the rule's docstring, the fixtures or the verdicts instead. -->"

# What is said of each kind of fix, the most trusted first.
KINDS = {
    "safe": ("a safe fix", "`--fix` applies safe fixes."),
    "unsafe": ("an unsafe fix", "Unsafe fixes need `--fix --unsafe-fixes`: they may change what was meant."),
    "display": ("a fix that is only shown", "What is only shown is never applied: the author has to decide."),
    NO_FIX: ("no fix", ""),
}


def pages(measured: Measured, rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """The name and the text of every page, that of the index last."""
    rows = []
    for rule in rules:
        known, judged = fixtures(rule), verdicts(rule)
        yield f"{rule.name}.md", page(rule, known, judged, measured)
        rows.append((rule, known, judged))
    yield "README.md", index(rows, measured)


def page(rule: Rule, known: Fixtures, judged: Sequence[Row], measured: Measured) -> str:
    """The page of one rule."""
    where = f", in {', '.join(known.frameworks)}" if known.frameworks else ""
    facts = (
        f"- Severity: {severity(rule)}",
        f"- Fix: {either(kinds(known.fixes))}",
        f"- Fixtures: {known.bad} with the mistake and {known.good} without{where}",
    )
    sections = (
        ("Why is this bad?", rule.why),
        ("Example", f"<!-- attnlint: wrong[{rule.name}] -->\n```python\n{rule.example}```"),
        ("Use instead", f"```python\n{rule.use_instead}```"),
        ("Fix", fix_safety(known)),
        ("Known limits", rule.known_limits),
        ("Measured precision", precision(judged, measured)),
        ("References", rule.references),
    )
    bodies = (f"## {title}\n\n{body}" for title, body in sections if body)
    return "\n\n".join((f"# {rule.name} ({rule.code})", NOTE, rule.summary, "\n".join(facts), *bodies)) + "\n"


def index(rows: Iterable[tuple[Rule, Fixtures, Sequence[Row]]], measured: Measured) -> str:
    """The table of all rules."""
    lines = ["| code | rule | finds | severity | fix | true and false |", "|---|---|---|---|---|---|"]
    for rule, known, judged in rows:
        true = sum(row.verdict is True for row in judged)
        link = f"[`{rule.name}`]({rule.name}.md)"
        counts = f"{true} and {len(judged) - true}"
        cells = (rule.code, link, _cell(rule.summary), severity(rule), ", ".join(kinds(known.fixes)), counts)
        lines.append(f"| {' | '.join(cells)} |")
    last = (
        "The last column counts the warnings and errors of each rule that a reader found true and false in "
        f"{corpus(measured)}; [triage.csv](../../benchmarks/triage.csv) has them one by one."
    )
    return "\n\n".join(("# Rules", NOTE, "\n".join(lines), last)) + "\n"


def severity(rule: Rule) -> str:
    """The severities that a rule may give."""
    return either([each.value for each in severities(sys.modules[rule.check.__module__])])


def either(words: Sequence[str]) -> str:
    """The words as a sentence has them: `safe, unsafe or none`."""
    return " or ".join((", ".join(words[:-1]), words[-1])) if words[1:] else "".join(words)


def kinds(fixes: Mapping[str, int]) -> list[str]:
    """How far the fixes of a rule may be trusted, the most trusted first."""
    return [kind for kind in KINDS if fixes.get(kind)]


def fix_safety(known: Fixtures) -> str:
    """What repairs the mistakes of the fixtures, in numbers and in the words of the command line."""
    shares = ", ".join(f"{known.fixes[kind]} with {KINDS[kind][0]}" for kind in kinds(known.fixes))
    text = (
        f"{known.bad} fixtures with this mistake hold {sum(known.fixes.values())} findings: {shares}.\n"
        f"With every fix that may be applied, {known.repaired} of these {known.bad} files are repaired."
    )
    return "\n".join((text, *(KINDS[kind][1] for kind in kinds(known.fixes) if KINDS[kind][1])))


def corpus(measured: Measured) -> str:
    """What was linted, and when."""
    return (
        f"{measured.lines:,} lines in {measured.files:,} files of {len(measured.packages)} published packages "
        f"(verdicts of {measured.date}, commit {measured.commit})"
    )


def precision(judged: Sequence[Row], measured: Measured) -> str:
    """How often the rule was right on published code, each finding with its verdict."""
    if not judged:
        return f"No warning and no error in {corpus(measured)}."
    true = sum(row.verdict is True for row in judged)
    counts = f"{len(judged)}, of which {true} true and {len(judged) - true} false"
    head = f"Warnings and errors in {corpus(measured)}: {counts}."
    lines = ["| package | place | verdict | why |", "|---|---|---|---|"]
    for row in judged:
        place = f"`{row.key.file}`, line {row.key.line}"
        verdict = "true" if row.verdict else "false"
        lines.append(f"| {row.key.package} {row.key.version} | {place} | {verdict} | {_cell(row.reason)} |")
    return "\n".join((head, "", *lines))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def stale(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """The pages of a folder that are missing, that say something else, or that no rule has any more."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))


def main(arguments: list[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the pages; with --check write none, name those out of step, and end with 1 if there are any."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write a page for every rule, and their index.")
    parser.add_argument("--check", action="store_true", help="write nothing; name the pages that are out of step")
    options = parser.parse_args(arguments)
    wanted = dict(pages(read_measured(), all_rules()))
    names = stale(folder, wanted)
    if options.check:
        for name in names:
            print(f"docs/rules/{name} is out of step; run `{COMMAND}`", file=sys.stderr)
        return 1 if names else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (folder / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
