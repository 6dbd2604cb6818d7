"""The formats read back, as the services that they are for would read them: each to the same set of findings."""

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

# What a finding is in every format: (path, row, column, code, cell); a column that a format does not say is None.
IN_CELL = re.compile(r"cell (\d+), line (\d+): ")


def absolute(path):
    return path if path == "-" else os.path.abspath(path)


def found(path, row, column, code, cell=None):
    return absolute(path), int(row), None if column is None else int(column), code, int(cell or 0)


def from_message(path, row, column, code, message):
    """The finding of a service that only knows lines: in a notebook the message says where it is."""
    if match := IN_CELL.match(message):
        assert row == 1, "a notebook's findings stand on its first line"
        return found(path, match[2], None, code, match[1])
    return found(path, row, column, code)


def concise(text):
    line = re.compile(r"(.+?):(?:cell (\d+):)?(\d+):(\d+): (ATT\d+) [a-z-]+ \[(?:error|warning|info)\] ")
    matches = [line.match(each) for each in text.splitlines() if ": ATT" in each]
    return [found(match[1], match[3], match[4], match[5], match[2]) for match in matches]


def full(text):
    finding = re.compile(r"^(?:error|warning|info)\[(ATT\d+)\] .*\n *--> (.+?):(?:cell (\d+):)?(\d+):(\d+)$", re.M)
    return [found(path, row, column, code, cell) for code, path, cell, row, column in finding.findall(text)]


def grouped(text):
    finding = re.compile(r"^  +(?:cell +(\d+):)?(\d+):(\d+) +(ATT\d+) ")
    path, findings = "", []
    for line in text.splitlines():
        if match := finding.match(line):
            findings.append(found(path, match[2], match[3], match[4], match[1]))
        elif line.endswith(":"):
            path = line.removesuffix(":")
    return findings


def pylint(text):
    line = re.compile(r"(.+?):(?:cell (\d+):)?(\d+): \[(ATT\d+)\([a-z-]+\), \] .")
    matches = [line.match(each) for each in text.splitlines()]
    return [found(match[1], match[3], None, match[4], match[2]) for match in matches]


def json_objects(objects):
    return [
        found(each["filename"], each["location"]["row"], each["location"]["column"], each["code"], each["cell"])
        for each in objects
    ]


def json_list(text):
    return json_objects(json.loads(text))


def json_lines(text):
    return json_objects(map(json.loads, text.splitlines()))


def gitlab(text):
    return [
        from_message(
            each["location"]["path"],
            each["location"]["positions"]["begin"]["line"],
            each["location"]["positions"]["begin"]["column"],
            each["check_name"].split()[0],
            each["description"],
        )
        for each in json.loads(text)
    ]


def command(line, pattern, separator, escapes):
    """The parameters and the text of one command to a runner, unescaped as the runner does it."""

    def plain(text):
        for escape, character in escapes:
            text = text.replace(escape, character)
        return text

    match = re.fullmatch(pattern, line)
    assert match, line
    return {name: plain(value) for name, _, value in (pair.partition("=") for pair in match[1].split(separator))} | {
        "message": plain(match[2])
    }


def github(text):
    escapes = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
    read = [command(line, r"::(?:error|warning|notice) (.*?)::(.*)", ",", escapes) for line in text.splitlines()]
    return [
        from_message(each["file"], int(each["line"]), each.get("col"), each["title"].split()[0], each["message"])
        for each in read
    ]


def azure(text):
    escapes = (("%0D", "\r"), ("%0A", "\n"), ("%3B", ";"), ("%5D", "]"), ("%AZP25", "%"))
    read = [command(line, r"##vso\[task\.logissue ([^\]]*)\](.*)", ";", escapes) for line in text.splitlines()]
    return [
        from_message(
            each["sourcepath"],
            int(each["linenumber"]),
            each.get("columnnumber"),
            each["code"],
            each["message"].partition(": ")[2],
        )
        for each in read
    ]


def junit(text):
    name = re.compile(r"(ATT\d+) [a-z-]+ at (?:cell (\d+):)?(\d+):(\d+)")
    findings = []
    for suite in ElementTree.fromstring(text).iter("testsuite"):
        matches = [name.fullmatch(case.get("name")) for case in suite if case.find("failure") is not None]
        findings += [found(suite.get("name"), match[3], match[4], match[1], match[2]) for match in matches]
    return findings


def rdjson(text):
    findings = []
    for each in json.loads(text)["diagnostics"]:
        path, code = each["location"]["path"], each["code"]["value"]
        if "range" not in each["location"] or each["message"].startswith("cell "):
            findings.append(from_message(path, 1, None, code, each["message"]))
            continue
        start = each["location"]["range"]["start"]
        line = Path(path).read_bytes().splitlines()[start["line"] - 1]
        findings.append(found(path, start["line"], len(line[: start["column"] - 1].decode()) + 1, code))
    return findings


def sarif_path(artifact, run):
    """The path of an artifactLocation, by way of its base."""
    base = run["originalUriBaseIds"][artifact["uriBaseId"]]["uri"] if "uriBaseId" in artifact else ""
    return unquote(urlsplit(base + artifact["uri"]).path)


def sarif(text):
    (run,) = json.loads(text)["runs"]
    findings = []
    for each in run["results"]:
        (location,) = each["locations"]
        physical, code = location["physicalLocation"], each["ruleId"]
        path, region = sarif_path(physical["artifactLocation"], run), physical["region"]
        findings.append(
            from_message(path, region["startLine"], region.get("startColumn"), code, each["message"]["text"])
        )
        cells = [logical["name"] for logical in location.get("logicalLocations", [])]
        assert cells == [f"cell {findings[-1][4]}"] * bool(findings[-1][4])
    return findings


READERS = {
    "full": full,
    "concise": concise,
    "grouped": grouped,
    "json": json_list,
    "json-lines": json_lines,
    "sarif": sarif,
    "junit": junit,
    "github": github,
    "gitlab": gitlab,
    "azure": azure,
    "rdjson": rdjson,
    "pylint": pylint,
}
