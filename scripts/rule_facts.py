"""What a rule's page states as fact: its severities, its fixtures and their fixes, its verdicts on published code."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from attnlint.diagnostic import Severity
from attnlint.engine import lint
from attnlint.rule import Rule, all_rules
from attnlint.source import read_source
from benchmarks.triage import TABLE, Row, read_rows

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"

# What the codes of the rules on attention begin with.
ATTENTION = "ATT0"
# The second word of a fixture's name says what it is written in.
FRAMEWORKS = {
    "numpy": "NumPy",
    "torch": "PyTorch",
    "jax": "JAX",
    "flax": "Flax",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "mlx": "MLX",
    "tinygrad": "tinygrad",
    "einops": "einops",
}
NO_FIX = "none"


@dataclass(frozen=True, slots=True)
class Fixtures:
    """The fixtures of one rule: by framework, how many have the mistake, and what repairs it.

    `bad` and `good` count files, `repaired` those of the bad ones that have a fixed file beside them. `fixes` counts
    the findings by how far their fix may be trusted: `safe`, `unsafe`, `display`, or `none`.
    """

    frameworks: tuple[str, ...]
    bad: int
    good: int
    repaired: int
    fixes: Mapping[str, int]


def severities(module: ModuleType) -> tuple[Severity, ...]:
    """The severities that a rule's module names, the gravest first."""
    nodes = ast.walk(ast.parse(inspect.getsource(module)))
    names = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Severity"
    }
    return tuple(sorted((Severity[name] for name in names), key=lambda each: -each.rank))


def fixtures(rule: Rule, folder: Path = FIXTURES) -> Fixtures:
    """The fixtures in the rule's folder; raises ValueError for a name that says no framework."""
    files = [path for path in sorted((folder / rule.name).glob("*.py")) if not path.name.endswith(".fixed.py")]
    bad = [path for path in files if path.name.startswith("bad_")]
    fixes: Counter[str] = Counter()
    for path in bad:
        found = (each for each in lint(read_source(str(path)), all_rules()).diagnostics if each.code == rule.code)
        fixes.update(each.fix.applicability.value if each.fix else NO_FIX for each in found)
    repaired = sum(path.with_name(f"{path.stem}.fixed.py").exists() for path in bad)
    # A rule about comments has no framework.
    frameworks = _frameworks(files) if rule.code.startswith(ATTENTION) else ()
    return Fixtures(frameworks, len(bad), len(files) - len(bad), repaired, fixes)


def _frameworks(files: Iterable[Path]) -> tuple[str, ...]:
    words = set()
    for path in files:
        word = path.stem.split("_")[1]
        if word not in FRAMEWORKS:
            raise ValueError(f"{path.parent.name}/{path.name}: {word!r} is none of {', '.join(FRAMEWORKS)}")
        words.add(word)
    return tuple(name for word, name in FRAMEWORKS.items() if word in words)


def verdicts(rule: Rule, table: Path = TABLE) -> tuple[Row, ...]:
    """The judged findings of a rule in published packages; raises `TableError` for a table that cannot be read."""
    return tuple(row for row in read_rows(table) if row.key.rule == rule.name and row.verdict is not None)
