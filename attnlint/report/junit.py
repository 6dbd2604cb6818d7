"""Findings as JUnit's XML, which build servers show as failed tests.

The format has no owner; this keeps to what Jenkins reads:
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from attnlint.diagnostic import Diagnostic
from attnlint.filed import FileReport
from attnlint.report.message import explained, message
from attnlint.report.place import place

# The characters of XML 1.0: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(reports: Iterable[FileReport]) -> str:
    """A suite for each file: a failed case for each finding of whatever severity, or one that passed.

    What kept a file from being linted is an error, a file that was left out is skipped. The place, with the cell of a
    notebook, is in the name of the case, since the format has no field for it. All is ASCII, whatever stream it
    goes to.
    """
    root = Element("testsuites", name="attnlint")
    for report in reports:
        _suite(root, report)
    _count(root)
    indent(root)
    document: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return document.decode("ascii")


def _suite(root: Element, report: FileReport) -> None:
    suite = SubElement(root, "testsuite", name=_legal(report.path))
    for each in report.diagnostics:
        case = _case(suite, report, f"{each.code} {each.name} at {place(each.span)}")
        failure = SubElement(case, "failure", type=each.severity.value, message=_legal(message(each)))
        failure.text = _legal(_story(report, each))
    if report.fault is not None:
        case = _case(suite, report, report.fault.kind)
        skipped = report.fault.kind == "skipped"
        text = _legal(report.fault.message)
        SubElement(case, "skipped" if skipped else "error", type=report.fault.kind, message=text)
    elif not report.diagnostics:
        _case(suite, report, "no findings")
    _count(suite)
    suite.set("skipped", str(len(suite.findall(".//skipped"))))


def _case(suite: Element, report: FileReport, name: str) -> Element:
    # Build servers group cases by class, and a file is the nearest thing to one.
    stem = PurePath(report.path).with_suffix("").as_posix() if report.path.endswith((".py", ".ipynb")) else report.path
    return SubElement(suite, "testcase", name=_legal(name), classname=_legal(stem))


def _story(report: FileReport, each: Diagnostic) -> str:
    return f"{report.path}:{place(each.span)}: {explained(each, report.path)}"


def _count(element: Element) -> None:
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(name, str(len(element.findall(f".//{tag}"))))


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
