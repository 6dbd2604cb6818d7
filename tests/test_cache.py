"""The cache: a report is used again while nothing that it rests on has changed, and not once longer."""

import json
import os

import pytest

from attnlint import cache as caching
from attnlint.cache import Cache, clean
from attnlint.cli import main
from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fault, Fix, Related, Severity, Span
from attnlint.engine import Options, check
from attnlint.filed import FileReport, as_data, from_data, gathered
from attnlint.rule import all_rules, select

ATTEND = """import torch
from masks import {mask}


def decoder_attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / q.size(-1) ** 0.5
    scores = {mask}(scores)
    return torch.softmax(scores, dim=-1) @ v
"""
CAUSAL = """import torch


def blocked(scores):
    t = scores.size(-1)
    return scores.masked_fill(torch.triu(torch.ones(t, t), 1) == 1, float("-inf"))
"""
OPEN = """def blocked(scores):
    return scores
"""
RULES = all_rules()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of two files; what was linted anew is counted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(ATTEND.format(mask="blocked"))
    (tmp_path / "masks.py").write_text(CAUSAL)
    return tmp_path


def analyse(source, rules):
    from attnlint.analyse import findings

    LINTED.append(source.path)
    return findings(source, rules)


LINTED = []


def run(rules=RULES, folder="kept"):
    """The names of the findings in model.py, and which files were linted for them."""
    LINTED.clear()
    reports = gathered(check(["."], Options(rules, 1, Cache(caching.Path(folder))), analyse=analyse))
    found = [each.name for report in reports if report.path.endswith("model.py") for each in report.diagnostics]
    return found, sorted(os.path.basename(path) for path in LINTED)


def test_nothing_changed_nothing_is_linted(project):
    first, linted = run()
    assert linted == ["masks.py", "model.py"]
    assert run() == (first, [])


def test_a_changed_file_alone(project):
    run()
    (project / "model.py").write_text(ATTEND.format(mask="blocked") + "\n# softmax\n")
    assert run()[1] == ["model.py"]


def test_a_changed_file_makes_its_importers_be_linted_again(project):
    assert run()[0] == []
    (project / "masks.py").write_text(OPEN)
    found, linted = run()
    assert found == ["missing-causal-mask"]
    assert "model.py" in linted
    (project / "masks.py").write_text(CAUSAL)
    assert run()[0] == []


def test_a_file_that_comes_to_be_is_found(project):
    (project / "masks.py").unlink()
    before = run()[0]
    (project / "masks.py").write_text(OPEN)
    found, linted = run()
    assert before == []
    assert (found, "model.py" in linted) == (["missing-causal-mask"], True)


def test_a_file_that_is_gone_is_missed(project):
    (project / "masks.py").write_text(OPEN)
    assert run()[0] == ["missing-causal-mask"]
    (project / "masks.py").unlink()
    found, linted = run()
    assert (found, linted) == ([], ["model.py"])


def test_other_rules_are_asked_anew(project):
    (project / "masks.py").write_text(OPEN)
    assert run()[0] == ["missing-causal-mask"]
    assert run(select(RULES, ("ATT002",), ()))[0] == []


def test_another_attnlint_asks_anew(project, monkeypatch):
    run()
    monkeypatch.setattr(caching, "_self", lambda: "another")
    assert run()[1] == ["masks.py", "model.py"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"key": 1}', "\udcff"])
def test_what_cannot_be_read_is_linted(project, content):
    first, _ = run()
    for file in (project / "kept").glob("*.json"):
        file.write_text(content, errors="surrogateescape")
    assert run() == (first, ["masks.py", "model.py"])


def test_what_fits_no_report_is_linted(project):
    first, _ = run()
    for file in (project / "kept").glob("*.json"):
        kept = json.loads(file.read_text())
        kept["report"]["diagnostics"] = [{"code": 1}]
        file.write_text(json.dumps(kept))
    assert run() == (first, ["masks.py", "model.py"])


def test_a_folder_that_cannot_be_made_is_no_fault(project):
    (project / "kept").write_text("a file is in the way")
    first, _ = run()
    assert run() == (first, ["masks.py", "model.py"])


def test_a_fault_is_not_kept(project, monkeypatch):
    def failing(source, rules):
        raise KeyError("scores")

    cache = Cache(project / "kept")
    list(check(["model.py"], Options(RULES, 1, cache), analyse=failing))
    (report,) = check(["model.py"], Options(RULES, 1, cache), analyse=analyse)
    assert report.fault is None


def test_the_folder_is_ignored_by_git_and_known_as_a_cache(project):
    run()
    assert (project / "kept" / ".gitignore").read_text() == "*\n"
    assert (project / "kept" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_clean_deletes_reports_and_nothing_else(project):
    run()
    (project / "kept" / "mine.txt").write_text("mine")
    assert clean(project / "kept") == 2
    assert [file.name for file in (project / "kept").iterdir()] == ["mine.txt"]
    assert clean(project / "kept") == 0


def test_clean_leaves_a_folder_that_is_no_cache(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    assert clean(tmp_path) == 0
    assert (tmp_path / "a.json").exists()


def test_the_command_line(project, capsys):
    (project / "masks.py").write_text(OPEN)
    assert main(["check", ".", "--cache-dir", "kept", "--output-format", "json"]) == 1
    first = capsys.readouterr().out
    assert list((project / "kept").glob("*.json"))
    assert main(["check", ".", "--cache-dir", "kept", "--output-format", "json"]) == 1
    assert capsys.readouterr().out == first
    assert main(["clean", "--cache-dir", "kept"]) == 0
    assert "Deleted 2 reports" in capsys.readouterr().out
    assert not (project / "kept").exists()
    assert main(["check", ".", "--cache-dir", "kept", "--no-cache"]) == 1
    assert not (project / "kept").exists()


def test_a_report_survives_being_written_down():
    span = Span(1, 2, 3, 4)
    fix = Fix("scale", (Edit(span, "/ 8"),), Applicability.UNSAFE)
    related = (Related(span, "here"), Related(span, "there", "other.py", "x = 1"))
    found = Diagnostic("ATT002", "missing-scale", Severity.WARNING, "m", span, related, "help", fix, "")
    plain = Diagnostic("ATT008", "softmax-wrong-axis", Severity.ERROR, "m", span)
    other = FileReport("b.py", (plain,), None, 7, {2: "é"})
    report = FileReport("a.py", (found, plain), None, 9, {1: "x", 3: "y"}, (other,))
    assert from_data(json.loads(json.dumps(as_data(report), default=lambda value: value.value))) == report


def test_a_report_with_a_fault_says_that_it_is_not_for_keeping():
    assert "fault" not in as_data(FileReport("a.py", fault=Fault("internal", "m")))
