"""SARIF: what the schema cannot say — places that exist, evidence in order, fixes that repair, stable fingerprints."""

import json
import os
from pathlib import Path

import pytest

from attnlint import __version__
from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fault, Fix, Note, Related, Severity, Span
from attnlint.engine import Options, check
from attnlint.filed import FileReport, gathered
from attnlint.fixing.edits import applied, placed
from attnlint.report.sarif import sarif
from attnlint.report.sarif_places import ROOT, artifact
from attnlint.rule import all_rules
from attnlint.source import read_source
from tests.readers import sarif_path
from tests.reported import plant

PLAIN = Diagnostic("ATT008", "softmax-wrong-axis", Severity.ERROR, "over the queries", Span(3, 5, 4, 9))


def run_of(*reports):
    (run,) = json.loads(sarif(reports))["runs"]
    return run


def result_of(diagnostic):
    (result,) = run_of(FileReport("a.py", (diagnostic,)))["results"]
    return result


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plant(tmp_path)
    return tmp_path


def linted(folder="."):
    return gathered(check([folder], Options(all_rules(), jobs=1)))


def test_the_driver_has_every_rule_with_its_documentation():
    driver = run_of()["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("attnlint", __version__)
    assert [rule["id"] for rule in driver["rules"]] == ["ATT000", *(rule.code for rule in all_rules())]
    for described, rule in zip(driver["rules"][1:], all_rules(), strict=True):
        assert (described["name"], described["shortDescription"]["text"]) == (rule.name, rule.summary)
        assert described["helpUri"] == rule.url
        assert described["fullDescription"]["text"].startswith(rule.summary)
        assert described["defaultConfiguration"]["level"] == "warning"
        for part in (rule.why, rule.known_limits, rule.references):
            assert part in described["help"]["text"]
            assert part in described["help"]["markdown"]
        for code in (rule.example, rule.use_instead):
            assert f"```python\n{code.rstrip()}\n```" in described["help"]["markdown"]


@pytest.mark.parametrize(
    ("severity", "level"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note")]
)
def test_each_severity_has_a_level(severity, level):
    assert result_of(Diagnostic("ATT008", "m", severity, "m", Span(1, 1, 1, 2)))["level"] == level


def test_results_point_to_their_rules(tree):
    run = run_of(*linted())
    assert len(run["results"]) == 4
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_regions_end_behind_the_last_character():
    # SARIF 2.1.0, 3.30.8: endColumn is one more than the column of the region's last character.
    (location,) = result_of(PLAIN)["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 5, "endLine": 4, "endColumn": 9}


def test_columns_are_code_points(tree):
    run = run_of(*linted())
    assert run["columnKind"] == "unicodeCodePoints"
    (result,) = [each for each in run["results"] if each["ruleId"] == "ATT008"]
    region = result["locations"][0]["physicalLocation"]["region"]
    line = (tree / "model.py").read_text(encoding="utf-8").splitlines()[region["startLine"] - 1]
    covered = line[region["startColumn"] - 1 : region["endColumn"] - 1]
    assert covered == "np.exp(scores) / np.exp(scores).sum(axis=-2, keepdims=True)"


def test_places_below_the_folder_are_relative_to_it(tree):
    run = run_of(*linted())
    assert run["originalUriBaseIds"][ROOT]["uri"] == tree.as_uri() + "/"
    artifacts = [each["locations"][0]["physicalLocation"]["artifactLocation"] for each in run["results"]]
    assert {"uri": "two%20words/encoder.py", "uriBaseId": ROOT} in artifacts
    assert all(os.path.isfile(sarif_path(each, run)) for each in artifacts)


def test_places_elsewhere_are_absolute(tmp_path, monkeypatch):
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    assert artifact("../a b.py") == {"uri": (tmp_path / "a b.py").as_uri()}
    assert artifact(str(inner / "c.py")) == {"uri": "c.py", "uriBaseId": ROOT}
    assert artifact("-") == {"uri": "-"}


@pytest.mark.parametrize(
    ("path", "uri"),
    [("100 %.py", "100%20%25.py"), ("ä#?.py", "%C3%A4%23%3F.py"), ("a:b.py", "a%3Ab.py"), ("\udcff.py", "%FF.py")],
)
def test_uris_are_percent_encoded(path, uri):
    # RFC 3986: of these only letters, digits, `-._~` and the slash may stand as they are; other bytes are UTF-8.
    assert artifact(path)["uri"] == uri


def test_evidence_is_a_flow_that_ends_in_the_finding(tree):
    (result,) = [each for each in run_of(*linted())["results"] if each["ruleId"] == "ATT002"]
    ((flow,),) = [each["threadFlows"] for each in result["codeFlows"]]
    steps = [step["location"] for step in flow["locations"]]
    places = [
        (step["physicalLocation"]["artifactLocation"]["uri"], step["physicalLocation"]["region"]["startLine"])
        for step in steps
    ]
    assert places == [("products.py", 2), ("two%20words/encoder.py", 16), ("two%20words/encoder.py", 16)]
    assert steps[-1]["physicalLocation"] == result["locations"][0]["physicalLocation"]
    related = result["relatedLocations"]
    assert [each.pop("id") for each in related] == [1, 2]
    assert related == steps[:-1]


def test_without_evidence_there_is_no_flow():
    assert not {"codeFlows", "relatedLocations", "fixes"} & set(result_of(PLAIN))


def replaced(text, replacements):
    """A text with the replacements of one artifact in it, by the rows and columns of their regions."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(region, end):
        return starts[region[f"{end}Line"] - 1] + region[f"{end}Column"] - 1

    regions = sorted(replacements, key=lambda each: offset(each["deletedRegion"], "start"), reverse=True)
    for each in regions:
        region = each["deletedRegion"]
        text = text[: offset(region, "start")] + each["insertedContent"]["text"] + text[offset(region, "end") :]
    return text


def test_a_fix_makes_what_the_edits_make(tree):
    repaired = 0
    for report in linted():
        run = run_of(report)
        for each, result in zip(report.diagnostics, run["results"], strict=True):
            if each.fix is None or not each.fix.is_allowed(unsafe=True):
                assert "fixes" not in result
                continue
            (fix,) = result["fixes"]
            (change,) = fix["artifactChanges"]
            source = read_source(sarif_path(change["artifactLocation"], run))
            assert replaced(source.text, change["replacements"]) == applied(source, placed(source, each.fix.edits)).text
            repaired += 1
    assert repaired == 2


def test_a_fix_may_change_several_files():
    edits = (
        Edit(Span(3, 12, 3, 13), "-1"),
        Edit(Span(1, 1, 1, 1), "import math\n", "lib/b.py"),
        Edit(Span(9, 1, 9, 2), ""),
    )
    fix = Fix("normalise", edits, Applicability.UNSAFE)
    result = result_of(Diagnostic("ATT008", "m", Severity.ERROR, "m", Span(3, 5, 3, 9), fix=fix))
    (written,) = result["fixes"]
    changes = {change["artifactLocation"]["uri"]: change["replacements"] for change in written["artifactChanges"]}
    assert {path: len(replacements) for path, replacements in changes.items()} == {"a.py": 2, "lib/b.py": 1}
    assert changes["lib/b.py"][0]["insertedContent"]["text"] == "import math\n"
    assert written["properties"]["applicability"] == "unsafe"


def test_what_is_only_shown_is_no_fix():
    fix = Fix("choose", (Edit(Span(3, 12, 3, 13), "-1"),), Applicability.DISPLAY)
    assert "fixes" not in result_of(Diagnostic("ATT008", "m", Severity.ERROR, "m", Span(3, 5, 3, 9), fix=fix))


def test_fingerprints_stay_when_lines_move(tree):
    def fingerprints():
        return [tuple(each["partialFingerprints"].values()) for each in run_of(*linted())["results"]]

    before = fingerprints()
    for path in Path().rglob("*.py"):
        path.write_text("# moved\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert fingerprints() == before
    assert len(set(before)) == len(before) == 4


def test_fingerprints_are_the_same_however_the_path_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = ("a.py", "./a.py", str(tmp_path / "a.py"))
    runs = [run_of(FileReport(path, (PLAIN,))) for path in paths]
    assert len({run["results"][0]["partialFingerprints"]["fileRuleMessage/v1"] for run in runs}) == 1


def test_faults_are_notifications_and_end_the_success():
    missing = FileReport("b c.py", fault=Fault("missing", "no such file or folder"))
    broken = FileReport("d.py", fault=Fault("unreadable", "is not valid utf-8", row=7))
    loop = FileReport("loop", fault=Fault("skipped", "is a directory loop"))
    (invocation,) = run_of(FileReport("a.py", (PLAIN,)), missing, broken, loop)["invocations"]
    assert invocation["executionSuccessful"] is False
    told = invocation["toolExecutionNotifications"]
    assert [(each["level"], each["descriptor"]["id"], each["message"]["text"]) for each in told] == [
        ("error", "missing", "no such file or folder"),
        ("error", "unreadable", "is not valid utf-8"),
        ("note", "skipped", "is a directory loop"),
    ]
    places = [each["locations"][0]["physicalLocation"] for each in told]
    assert [place["artifactLocation"]["uri"] for place in places] == ["b%20c.py", "d.py", "loop"]
    assert [place.get("region") for place in places] == [None, {"startLine": 7}, None]
    assert run_of(loop)["invocations"][0]["executionSuccessful"] is True
    assert run_of(FileReport("a.py", (PLAIN,)))["invocations"][0]["executionSuccessful"] is True


def test_strangers_in_comments_are_notifications():
    (invocation,) = run_of(FileReport("a.py", notes=(Note(4, "unknown rule 'x'"),)))["invocations"]
    (told,) = invocation["toolConfigurationNotifications"]
    assert (told["level"], told["message"]["text"]) == ("warning", "unknown rule 'x'")
    assert told["locations"][0]["physicalLocation"]["region"] == {"startLine": 4}


def test_a_note_on_a_cell_names_the_cell():
    (invocation,) = run_of(FileReport("a.ipynb", notes=(Note(4, "unknown rule 'x'", 3),)))["invocations"]
    (told,) = invocation["toolConfigurationNotifications"]
    assert told["message"]["text"] == "cell 3, line 4: unknown rule 'x'"
    assert told["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_evidence_in_another_file_has_its_path():
    related = (Related(Span(7, 1, 7, 4), "called here", "lib/b.py"),)
    result = result_of(Diagnostic("ATT008", "m", Severity.ERROR, "m", Span(3, 5, 3, 9), related))
    (place,) = result["relatedLocations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "lib/b.py"
