"""An analysis for tests of the command line, that finds words and knows how to mend them."""

import re

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fix, Severity, Span

WORDS = {"bad": ("ATT008", "softmax-wrong-axis"), "poor": ("ATT002", "missing-scale")}


def findings(source, rules):
    """Each word of the table outside of comments, of the rules that were asked; `good` is better."""
    compile(source.text, source.path, "exec")
    asked = {rule.code for rule in rules}
    for row in range(1, source.line_count + 1):
        for match in re.finditer(r"\w+", source.line(row).partition("#")[0]):
            code, name = WORDS.get(match.group(), ("", ""))
            if code in asked:
                span = Span(row, match.start() + 1, row, match.end() + 1)
                fix = Fix("write good", (Edit(span, "good"),), Applicability.SAFE)
                yield Diagnostic(code, name, Severity.ERROR, match.group(), span, fix=fix)
