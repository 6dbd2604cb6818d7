"""`attnlint check --output-file` and `--output-format`: where a report goes, and what is said besides."""

import io
import json
import os
import stat
import sys

import pytest

from attnlint.cli import main
from attnlint.report.formats import FORMATS
from tests.readers import READERS, absolute
from tests.reported import FOUND, MODEL, plant
from tests.schemas import VALIDATED, validate

SUMMARY = "Found 2 errors, 1 warning, 1 info in 3 of 4 files.\n[*] 2 fixable with --fix.\n"
REPAIRED = MODEL.replace("axis=-2", "axis=-1")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plant(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    code = main(["check", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("name", FORMATS)
def test_the_file_has_what_standard_output_would_have(tree, capsys, name):
    _code, printed, _err = run(capsys, "--output-format", name)
    assert run(capsys, "--output-format", name, "--output-file", "report.out", "--color", "always") == (1, "", SUMMARY)
    written = (tree / "report.out").read_text(encoding="utf-8")
    assert written == printed.removesuffix(SUMMARY)
    assert "\x1b" not in written
    assert {each[3] for each in READERS[name](written)} == {each[3] for each in FOUND}


def test_a_summary_of_machine_formats_is_only_said_when_standard_output_is_free(tree, capsys):
    code, out, err = run(capsys, "--output-format", "sarif")
    assert (code, err) == (1, "")
    json.loads(out)


def test_faults_stay_on_standard_error(tree, capsys):
    code, out, err = run(capsys, "none.py", "--output-format", "sarif", "--output-file", "report.sarif")
    assert (code, out) == (2, "")
    assert err == "Found nothing wrong in 0 files; 1 file could not be linted.\nnone.py: no such file or folder\n"
    validate("sarif", (tree / "report.sarif").read_text())


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("none/report.txt", "the folder 'none' of 'report.txt' does not exist"),
        ("two words", "is a directory"),
        ("model.py", "'model.py' is a file that attnlint reads, and the report would take its place"),
    ],
)
def test_a_file_that_no_report_can_go_to(tree, capsys, file, message):
    code, out, err = run(capsys, "--output-file", file)
    assert (code, out) == (2, "")
    assert message in err
    assert "--output-file" in err
    assert (tree / "model.py").read_text(encoding="utf-8") == MODEL


@pytest.mark.parametrize("suffix", [".py", ".pyw", ".pyi", ".ipynb", ".md", ".markdown", ".qmd", ".rst", ".MD"])
def test_no_report_takes_the_place_of_what_could_be_linted(tree, capsys, suffix):
    (tree / f"one{suffix}").write_text("what somebody wrote\n", encoding="utf-8")
    code, _out, err = run(capsys, "model.py", "--output-file", f"one{suffix}")
    assert code == 2
    assert f"'one{suffix}' is a file that attnlint reads" in err
    assert (tree / f"one{suffix}").read_text(encoding="utf-8") == "what somebody wrote\n"


def test_a_new_page_can_have_the_report(tree, capsys):
    run(capsys, "model.py", "--output-format", "concise", "--output-file", "report.md")
    assert (tree / "report.md").read_text(encoding="utf-8").startswith("model.py:")


def test_a_report_that_cannot_be_written_is_an_error(tree, capsys, monkeypatch):
    def replace(*_arguments):
        raise OSError(28, "No space left on device")

    (tree / "report.txt").write_text("old")
    monkeypatch.setattr(os, "replace", replace)
    code, out, err = run(capsys, "--output-file", "report.txt", "--no-cache")
    assert (code, out) == (2, "")
    assert "the report could not be written: report.txt cannot be written: No space left on device" in err
    assert (tree / "report.txt").read_text() == "old"
    assert not list(tree.glob(".report*"))


def test_an_older_report_is_replaced_and_keeps_its_mode(tree, capsys):
    report = tree / "report.txt"
    report.write_text("old " * 10_000)
    report.chmod(0o640)
    run(capsys, "--output-format", "concise", "--output-file", "report.txt")
    assert len(report.read_text().splitlines()) == len(FOUND)
    assert stat.S_IMODE(report.stat().st_mode) == 0o640


def test_a_usage_error_writes_no_file(tree, capsys):
    assert run(capsys, "--select", "nothing", "--output-file", "report.txt")[0] == 2
    assert not (tree / "report.txt").exists()


@pytest.mark.parametrize("silent", ["--diff", "--fix-only"])
def test_options_without_a_report_have_no_file(tree, capsys, silent):
    code, _out, err = run(capsys, silent, "--output-file", "report.txt")
    assert code == 2
    assert f"{silent} reports no findings, so --output-file has no place beside it" in err
    assert (tree / "model.py").read_text(encoding="utf-8") == MODEL


@pytest.mark.parametrize("name", FORMATS)
def test_options_without_a_report_have_no_format(tree, capsys, name):
    code, _out, err = run(capsys, "--diff", "--output-format", name)
    if name == "full":
        assert code == 1
    else:
        assert code == 2
        assert f"--diff reports no findings, so --output-format {name} has no place beside it" in err


@pytest.mark.parametrize("name", FORMATS)
def test_fixing_reports_what_remains_in_every_format(tree, capsys, name):
    code, out, err = run(capsys, "--fix", "--output-format", name)
    assert code == 1
    assert {each[3] for each in READERS[name](out)} == {"ATT000", "ATT001"}
    said = out if FORMATS[name].for_people else err
    assert "Fixed 2 findings in 2 files; 2 remain." in said
    assert (tree / "model.py").read_text(encoding="utf-8") == REPAIRED


def test_fixing_with_a_file_says_the_rest_on_standard_error(tree, capsys):
    code, out, err = run(capsys, "--fix", "--output-file", "report.txt")
    assert (code, out) == (1, "")
    assert "Fixed 2 findings in 2 files; 2 remain." in err


def test_statistics_go_to_the_file_as_well(tree, capsys):
    code, out, err = run(capsys, "--statistics", "--output-format", "json", "--output-file", "counts.json")
    assert (code, out, err) == (1, "", SUMMARY)
    assert sum(each["count"] for each in json.loads((tree / "counts.json").read_text())) == len(FOUND)
    _code, out, _err = run(capsys, "--statistics", "--output-format", "grouped")
    assert out.splitlines()[0] == "1  ATT000  syntax-error [error]"


@pytest.mark.parametrize("name", FORMATS)
def test_standard_input_in_every_format(tree, capsys, monkeypatch, name):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MODEL.encode())))
    code, out, _err = run(capsys, "-", "--output-format", name)
    assert code == 1
    if name != "rdjson":  # whose columns are bytes of a file, and here there is none
        findings = {(path, code) for path, _, _, code, _ in READERS[name](out)}
        assert {path.removeprefix(absolute("")).strip("/") for path, _ in findings} == {"-"}
    assert out.count("ATT008") >= 1
    if name in VALIDATED:
        validate(name, out)


def test_fixed_standard_input_and_a_report_in_a_file(tree, capsysbinary, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MODEL.encode())))
    code = main(["check", "-", "--fix", "--output-format", "sarif", "--output-file", "report.sarif"])
    out, _err = capsysbinary.readouterr()
    assert (code, out.decode()) == (0, REPAIRED)
    assert [each[3] for each in READERS["sarif"]((tree / "report.sarif").read_text())] == ["ATT001"]


def test_the_environment_may_name_format_and_file(tree, capsys, monkeypatch):
    monkeypatch.setenv("ATTNLINT_OUTPUT_FORMAT", "junit")
    monkeypatch.setenv("ATTNLINT_OUTPUT_FILE", "report.xml")
    assert run(capsys) == (1, "", SUMMARY)
    validate("junit", (tree / "report.xml").read_text())
    (tree / "report.xml").unlink()
    _code, out, _err = run(capsys, "--output-file", "-", "--output-format", "concise")
    assert len(READERS["concise"](out)) == len(FOUND)
    assert not (tree / "report.xml").exists()


@pytest.mark.parametrize("silent", ["--diff", "--fix-only"])
def test_the_environment_contradicts_nothing(tree, capsys, monkeypatch, silent):
    monkeypatch.setenv("ATTNLINT_OUTPUT_FORMAT", "junit")
    monkeypatch.setenv("ATTNLINT_OUTPUT_FILE", "report.xml")
    code, _out, err = run(capsys, silent)
    assert code == (1 if silent == "--diff" else 0), err
    assert not (tree / "report.xml").exists()


def test_a_format_of_the_environment_that_is_none(tree, capsys, monkeypatch):
    monkeypatch.setenv("ATTNLINT_OUTPUT_FORMAT", "xml")
    code, out, err = run(capsys)
    assert (code, out) == (2, "")
    assert "ATTNLINT_OUTPUT_FORMAT" in err
    assert "'xml' is not one of" in err
