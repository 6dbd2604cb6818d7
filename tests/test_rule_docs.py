"""The rules' pages: in step with the rules, and true in what they count."""

import types

import pytest

from attnlint.diagnostic import Severity
from attnlint.rule import Rule, all_rules
from benchmarks.corpus import load_pins
from benchmarks.measured import Measured, Size, Unfit, measured, read_measured, write_measured
from benchmarks.record import Finding, PackageResult
from benchmarks.triage import Key, Row
from scripts import rule_docs
from scripts.rule_docs import FOLDER, fix_safety, index, page, pages, precision
from scripts.rule_facts import FRAMEWORKS, Fixtures, fixtures, severities

RUN = Measured("2026-01-02", "abc1234", (Size("one", "1.0", 2, 600), Size("two", "2.0", 3, 634)))
KNOWN = Fixtures(("NumPy", "JAX"), 3, 4, 2, {"display": 1, "safe": 2})
RULE = Rule(
    "ATT008",
    "softmax-wrong-axis",
    next(rule.check for rule in all_rules() if rule.code == "ATT008"),
    summary="A summary.",
    why="Because.",
    example="a = 1\n",
    use_instead="a = 2\n",
    references="- A paper: https://example.org/paper",
)


def row(verdict, reason="why | not"):
    return Row(Key("one", "1.0", "one/a.py", 7, RULE.name), verdict, reason)


@pytest.fixture(scope="module")
def wanted():
    return dict(pages(read_measured(), all_rules()))


@pytest.mark.parametrize("name", [*(f"{rule.name}.md" for rule in all_rules()), "README.md"])
def test_a_page_is_in_step(wanted, name):
    path = FOLDER / name
    is_right = path.is_file() and path.read_text(encoding="utf-8") == wanted[name]
    assert is_right, f"docs/rules/{name} is out of step; run `{rule_docs.COMMAND}`"


def test_no_page_is_left_of_a_rule_that_is_gone(wanted):
    assert {path.name for path in FOLDER.iterdir()} == set(wanted)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_a_page_says_what_the_rule_says(wanted, rule):
    text = wanted[f"{rule.name}.md"]
    assert text.startswith(f"# {rule.name} ({rule.code})\n")
    for part in (rule.summary, rule.why, rule.example, rule.use_instead, rule.known_limits, rule.references):
        assert part in text
        assert part
    # What the reports of a finding link to is what the page refers to.
    assert rule.url
    assert rule.url in text.partition("## References")[2]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_every_rule_on_attention_has_fixtures_in_every_framework(rule):
    known = fixtures(rule)
    assert set(known.frameworks) == (set(FRAMEWORKS.values()) if rule.code.startswith("ATT0") else set())
    assert known.good > known.bad >= known.repaired


def test_a_page_without_what_the_rule_does_not_say():
    text = page(RULE, KNOWN, (), RUN)
    assert "- Severity: error or info\n- Fix: safe or display\n" in text
    assert "- Fixtures: 3 with the mistake and 4 without, in NumPy, JAX\n" in text
    assert "## Example\n\n<!-- attnlint: wrong[softmax-wrong-axis] -->\n```python\na = 1\n```\n" in text
    assert "Known limits" not in text
    assert text.endswith("- A paper: https://example.org/paper\n")


def test_fixes_are_counted_by_their_safety():
    text = fix_safety(KNOWN)
    assert "3 findings: 2 with a safe fix, 1 with a fix that is only shown." in text
    assert "2 of these 3 files" in text
    assert "`--fix` applies" in text
    assert "never applied" in text
    assert "--unsafe-fixes" not in text


def test_precision_counts_lines_and_verdicts():
    corpus = "1,234 lines in 5 files of 2 published packages (verdicts of 2026-01-02, commit abc1234)"
    assert precision((), RUN) == f"No warning and no error in {corpus}."
    text = precision((row(True), row(False)), RUN)
    assert text.startswith(f"Warnings and errors in {corpus}: 2, of which 1 true and 1 false.\n")
    assert "| one 1.0 | `one/a.py`, line 7 | false | why \\| not |" in text


def test_the_index_links_every_rule():
    text = index([(RULE, KNOWN, (row(True), row(True)))], RUN)
    link = "[`softmax-wrong-axis`](softmax-wrong-axis.md)"
    assert f"| ATT008 | {link} | A summary. | error or info | safe, display | 2 and 0 |" in text


def test_severities_are_those_that_the_module_names(monkeypatch):
    module = types.ModuleType("named")
    source = "x = Severity.INFO if a else Severity.ERROR\ny = Other.WARNING\n"
    monkeypatch.setattr("scripts.rule_facts.inspect.getsource", {module: source}.__getitem__)
    assert severities(module) == (Severity.ERROR, Severity.INFO)


def test_a_fixture_of_no_framework_is_named(tmp_path):
    (tmp_path / RULE.name).mkdir()
    (tmp_path / RULE.name / "good_theano_x.py").touch()
    with pytest.raises(ValueError, match=r"softmax-wrong-axis/good_theano_x\.py: 'theano' is none of numpy"):
        fixtures(RULE, tmp_path)


def test_check_names_the_pages_and_writes_none(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rule_docs, "pages", lambda *_: iter([("a.md", "a\n"), ("b.md", "b\n"), ("d.md", "d\n")]))
    for name, text in (("a.md", "a\n"), ("b.md", "old\n"), ("c.md", "gone\n")):
        (tmp_path / name).write_text(text)
    assert rule_docs.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"docs/rules/{name}.md is out of step; run `python -m scripts.rule_docs`" for name in "bcd"
    ]
    assert (tmp_path / "b.md").read_text() == "old\n"
    assert rule_docs.main([], tmp_path) == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {n + ".md": n + "\n" for n in "abd"}
    assert rule_docs.main(["--check"], tmp_path) == 0


class TestMeasured:
    PINS = (("one", "1.0"), ("two", "2.0"))

    @pytest.fixture(autouse=True)
    def pins(self, monkeypatch):
        pins = [types.SimpleNamespace(name=name, version=version, label=name) for name, version in self.PINS]
        monkeypatch.setattr("benchmarks.measured.load_pins", lambda: pins)

    @pytest.fixture
    def table(self, tmp_path):
        path = tmp_path / "triage.csv"
        text = "package,version,file,line,rule,verdict,reason\none,1.0,a.py,7,missing-scale,true,no scale\n"
        path.write_text(text)
        return path

    @staticmethod
    def results(*findings):
        sizes = ((2, 600), (3, 634))
        found = ([Finding("a.py", line, "missing-scale", "warning") for line in findings], [])
        return [
            PackageResult(name, version, files, lines, 1.0, 1.0, findings=each)
            for (name, version), (files, lines), each in zip(TestMeasured.PINS, sizes, found, strict=True)
        ]

    def test_a_judged_run_over_all_packages_is_kept(self, table, tmp_path):
        run = measured(self.results(7), "abc1234", "2026-01-02", table)
        assert run == RUN
        assert (run.files, run.lines) == (5, 1234)
        write_measured(run, tmp_path / "measured.toml")
        assert read_measured(tmp_path / "measured.toml") == run

    @pytest.mark.parametrize(("found", "complaint"), [((7, 9), "no verdict on .*:9"), ((), "no finding: .*:7")])
    def test_a_run_that_the_verdicts_do_not_fit_is_not(self, table, found, complaint):
        with pytest.raises(Unfit, match=complaint):
            measured(self.results(*found), "abc1234", "2026-01-02", table)

    def test_a_run_over_some_packages_is_not(self, table):
        with pytest.raises(Unfit, match="not in this run: two"):
            measured(self.results(7)[:1], "abc1234", "2026-01-02", table)


def test_the_verdicts_in_use_are_on_the_packages_measured():
    run = read_measured()
    labels = {(package.name, package.version) for package in run.packages}
    assert {(row.key.package, row.key.version) for rule in all_rules() for row in rule_docs.verdicts(rule)} <= labels
    assert labels == {(package.name, package.version) for package in load_pins()}
