"""One line for each finding as pylint's parseable format has it: `path:row: [CODE(name), ] message`.

Many editors and build servers read it: https://pylint.readthedocs.io/en/stable/user_guide/usage/output.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attnlint.filed import FileReport
from attnlint.report.message import one_line
from attnlint.report.place import row_place


def pylint(reports: Iterable[FileReport]) -> Iterator[str]:
    """The lines of the report; pylint's empty place for the name of the object stays empty."""
    for report in reports:
        for each in report.diagnostics:
            yield f"{report.path}:{row_place(each.span)}: [{each.code}({each.name}), ] {one_line(each.message)}"
