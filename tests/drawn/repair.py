"""What `check --fix --unsafe-fixes` makes of a drawn source."""

from attnlint.diagnostic import Applicability
from attnlint.engine import lint
from attnlint.rule import all_rules
from attnlint.source import STDIN, make_source
from tests.repaired import fixed_text


def repaired(source, mistake):
    """The source with its fixes applied, or None where no finding of the mistake has one that may be applied."""
    report = lint(make_source(source, STDIN), all_rules())
    found = [each.fix for each in report.diagnostics if each.name == mistake and each.severity.rank]
    if not any(each and each.edits and each.applicability is not Applicability.DISPLAY for each in found):
        return None
    return fixed_text(source)
