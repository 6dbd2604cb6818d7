"""What `check --fix --unsafe-fixes` makes of a drawn source."""

from functools import partial

from attnlint.diagnostic import Applicability
from attnlint.engine import lint
from attnlint.fixing.fixer import fix
from attnlint.rule import all_rules
from attnlint.source import STDIN, make_source, overlaid


def repaired(source, mistake):
    """The source with its fixes applied, or None where no finding of the mistake has one that may be applied."""
    report = lint(make_source(source, STDIN), all_rules())
    found = [each.fix for each in report.diagnostics if each.name == mistake and each.severity.rank]
    if not any(each and each.edits and each.applicability is not Applicability.DISPLAY for each in found):
        return None
    codes = frozenset(rule.code for rule in all_rules())
    with overlaid({STDIN: source.encode()}):
        fixed = fix(partial(lint, rules=all_rules()), [report], codes, unsafe=True)
    return next((each.after.decode() for group in fixed.groups for each in group), source)
