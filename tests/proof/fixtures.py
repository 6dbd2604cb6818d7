"""Fixtures as modules: read, given the names that a fragment takes from nowhere, and run."""

import itertools
import sys
import types
from pathlib import Path

from tests.repaired import UNKNOWN, fixed_path, shown

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"

count = itertools.count()


def code(path):
    """A function that runs a file of fixtures/, with the given names bound beforehand, and gives its module."""
    file = FIXTURES / path
    return _code(file.read_text(encoding="utf-8"), str(file))


def repaired(path):
    """The same for what the fixer makes of a bad fixture, or would make of it where it only shows a fix."""
    file = FIXTURES / path
    written = fixed_path(file)
    text = written.read_text(encoding="utf-8") if written.exists() else shown(file)
    return _code(text, str(written))


def repairable(paths, but=()):
    """Those of bad fixtures for which there is a fix that can be run."""
    return [path for path in paths if path not in UNKNOWN and path not in but]


def _code(text, name):
    compiled = compile(text, name, "exec")

    def run(**names):
        module = types.ModuleType(f"fixture_{next(count)}")
        module.__dict__.update(names)
        sys.modules[module.__name__] = module  # dataclasses, on which Flax builds, look their annotations up there
        exec(compiled, module.__dict__)
        return module

    return run


def bad(*frameworks):
    """The bad fixtures of these frameworks, by their path inside fixtures/, without their repairs."""
    patterns = [f"*/bad_{name}*.py" for name in frameworks] + [f"seed/*_wrong*_{name}*.py" for name in frameworks]
    found = {str(path.relative_to(FIXTURES)) for pattern in patterns for path in FIXTURES.glob(pattern)}
    return sorted(path for path in found if not path.endswith(".fixed.py"))


def good(*frameworks):
    """The good and the fixed fixtures of these frameworks, by their path inside fixtures/."""
    patterns = [f"*/good_{name}*.py" for name in frameworks] + [f"seed/*_fixed_{name}.py" for name in frameworks]
    return sorted(str(path.relative_to(FIXTURES)) for pattern in patterns for path in FIXTURES.glob(pattern))
