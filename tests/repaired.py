"""What the fixer makes of a fixture; `python -m tests.repaired` writes it beside each bad one, as `bad_x.fixed.py`."""

import sys
from functools import partial
from pathlib import Path

from attnlint.engine import lint
from attnlint.fixing.edits import applied, placed
from attnlint.fixing.fixer import fix
from attnlint.rule import all_rules
from attnlint.source import STDIN, make_source, overlaid, read_source

FIXTURES = Path(__file__).parent.parent / "fixtures"
LINT = partial(lint, rules=all_rules())
CODES = frozenset(rule.code for rule in all_rules())

# Fixes of which the author must decide: how many heads there are, and in a fragment whose arrays these are.
SHOWN = {
    "head-dim-mismatch/bad_einops_literal.py",
    "head-dim-mismatch/bad_flax_not_divisible.py",
    "head-dim-mismatch/bad_keras_default.py",
    "head-dim-mismatch/bad_mlx_layer.py",
    "head-dim-mismatch/bad_torch_not_divisible.py",
    "seed/10_wrong_numpy.py",
    "seed/10_wrong_torch.py",
}
# A buffer that is written as a whole: where in it the new token belongs is said nowhere.
UNKNOWN = {"cache-loses-history/bad_flax_variable.py"}


def bad():
    """The fixtures with a mistake in them."""
    found = [*FIXTURES.glob("*/bad_*.py"), *FIXTURES.glob("seed/*_wrong_*.py")]
    return sorted(path for path in found if not path.name.endswith(".fixed.py"))


def fixed_path(path):
    return path.with_name(f"{path.stem}.fixed.py")


def fixed(path):
    """A file with every safe and unsafe fix in it, as text; None where there is none that can be applied."""
    source = read_source(str(path))
    outcome = fix(LINT, [LINT(source)], CODES, unsafe=True)
    written = [rewrite.after for group in outcome.groups for rewrite in group]
    return written[0].decode(source.encoding) if written else None


def fixed_text(text):
    """A source in memory with every safe and unsafe fix in it."""
    with overlaid({STDIN: text.encode()}):
        outcome = fix(LINT, [LINT(make_source(text, STDIN))], CODES, unsafe=True)
    return next((rewrite.after.decode() for group in outcome.groups for rewrite in group), text)


def shown(path):
    """A file with the fixes in it that are only shown: each edit once, whatever findings it goes with."""
    source = read_source(str(path))
    fixes = [each.fix for each in LINT(source).diagnostics if each.fix is not None]
    edits = dict.fromkeys(edit for each in fixes for edit in each.edits)
    return applied(source, placed(source, edits)).text


def main():
    for path in bad():
        text = fixed(path)
        target = fixed_path(path)
        if text is None:
            target.unlink(missing_ok=True)
        else:
            target.write_bytes(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
