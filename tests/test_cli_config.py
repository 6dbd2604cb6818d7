"""Configuration at the command line: what each file of a run is asked, what fails it, and `attnlint config`."""

import json
import re
import sys
from types import SimpleNamespace

import pytest

from attnlint.cli import main
from attnlint.config.keys import schema
from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fix, Severity, Span
from attnlint.rule import all_rules
from attnlint.source import read_source

# What each word is called, and how grave it is by itself.
WORDS = {
    "softmax": ("ATT008", "softmax-wrong-axis", Severity.ERROR),
    "scale": ("ATT002", "missing-scale", Severity.WARNING),
    "causal": ("ATT001", "missing-causal-mask", Severity.INFO),
}


def findings(source, rules):
    """Each word of the table, of the rules that were asked; its fix is to shout it, and `calls F` finds it in F too."""
    compile(source.text, source.path, "exec")
    asked = {rule.code for rule in rules}
    for path in ("", *re.findall(r"# calls (\S+)", source.text)):
        text = read_source(path).text if path else source.text
        for row, line in enumerate(text.splitlines(), 1):
            for match in re.finditer(r"\w+", line):
                code, name, severity = WORDS.get(match.group(), ("", "", None))
                if code in asked:
                    span = Span(row, match.start() + 1, row, match.end() + 1)
                    fix = Fix("shout", (Edit(span, match.group().upper(), path),), Applicability.SAFE)
                    yield Diagnostic(code, name, severity, match.group(), span, fix=fix, path=path)


ALL = "softmax\nscale\ncausal\n"


@pytest.fixture
def plant(plant, monkeypatch):
    """Write files below the current folder, and an analysis that knows the words of the table."""
    monkeypatch.setitem(sys.modules, "attnlint.analyse", SimpleNamespace(findings=findings))
    return plant


def run(capsys, *arguments):
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def check(capsys, *arguments):
    """The exit code, and each finding as its file, its code and its severity."""
    code, out, err = run(capsys, "check", *arguments, "--output-format", "json")
    assert err == ""
    found = [(each["filename"], each["code"], each["severity"]) for each in json.loads(out)]
    return code, [(re.sub(r".*/(?=a/|b/)", "", path), code, severity) for path, code, severity in found]


def said(found):
    return " ".join(f"{code}:{severity}" for _, code, severity in found)


@pytest.mark.parametrize(
    ("text", "arguments", "code", "expected"),
    [
        ("", [], 1, "ATT008:error ATT002:warning ATT001:info"),
        ("select = ['missing-scale']", [], 1, "ATT002:warning"),
        ("select = ['missing-scale']", ["--select", "ATT001"], 0, "ATT001:info"),
        ("select = ['missing-scale']", ["--extend-select", "ATT001"], 1, "ATT002:warning ATT001:info"),
        ("select = ['missing-scale']", ["--ignore", "ATT002"], 0, ""),
        ("ignore = ['ATT008']\nfail-on = 'error'", [], 0, "ATT002:warning ATT001:info"),
        ("ignore = ['ATT008']\nfail-on = 'error'", ["--fail-on", "warning"], 1, "ATT002:warning ATT001:info"),
        ("fail-on = 'never'", [], 0, "ATT008:error ATT002:warning ATT001:info"),
        ("select = ['ATT001']\nfail-on = 'info'", [], 1, "ATT001:info"),
        ("select = ['ATT001']\nfail-on = 'info'", ["--fail-on", "never"], 0, "ATT001:info"),
        ("select = ['ATT001']\nfail-on = 'info'", ["--exit-zero"], 0, "ATT001:info"),
        ("severity = { ATT001 = 'error', ATT008 = 'off', missing-scale = 'info' }", [], 1, "ATT002:info ATT001:error"),
        ("severity = { ATT008 = 'info', ATT002 = 'info' }", [], 0, "ATT008:info ATT002:info ATT001:info"),
        ("severity = { ATT008 = 'off' }", ["--select", "ATT008"], 1, "ATT008:error"),
        ("severity = { ATT008 = 'info' }", ["--select", "ATT008"], 0, "ATT008:info"),
        ("per-file-ignores = { 'a*' = ['ALL'] }", [], 0, ""),
        ("per-file-ignores = { 'b*' = ['ALL'] }", [], 1, "ATT008:error ATT002:warning ATT001:info"),
        ("select = ['ATT001']", ["--isolated"], 1, "ATT008:error ATT002:warning ATT001:info"),
        ("select = ['ATT001']", ["--config", "ci/any.toml"], 1, "ATT002:warning"),
    ],
)
def test_what_is_asked_and_what_fails(plant, capsys, text, arguments, code, expected):
    plant({"attnlint.toml": text, "a.py": ALL, "ci/any.toml": "select = ['ATT002']"})
    got, found = check(capsys, *arguments)
    assert (got, said(found)) == (code, expected)


TWO = {
    "a/pyproject.toml": "[tool.attnlint]\nselect = ['ATT008']\nfail-on = 'never'\nexclude = ['gone.py']",
    "a/x.py": ALL,
    "a/gone.py": ALL,
    "b/attnlint.toml": "ignore = ['ATT008']\nseverity = { ATT001 = 'error' }",
    "b/x.py": ALL,
    "b/gone.py": ALL,
}


def test_two_projects_in_one_run(plant, capsys):
    plant(TWO)
    code, found = check(capsys)
    assert found == [
        ("a/x.py", "ATT008", "error"),
        ("b/gone.py", "ATT002", "warning"),
        ("b/gone.py", "ATT001", "error"),
        ("b/x.py", "ATT002", "warning"),
        ("b/x.py", "ATT001", "error"),
    ]
    assert code == 1
    assert check(capsys, "a")[0] == 0
    assert check(capsys, "--jobs", "2") == (code, found)


def test_two_projects_in_several_processes(plant, capsys):
    plant({**TWO, **{f"{folder}/{number}.py": ALL for folder in "ab" for number in range(20)}})
    code, found = check(capsys, "--jobs", "2")
    assert code == 1
    assert {each[1:] for each in found if each[0].startswith("a/")} == {("ATT008", "error")}
    assert {each[1:] for each in found if each[0].startswith("b/")} == {("ATT002", "warning"), ("ATT001", "error")}


def test_named_files_are_read(plant, capsys):
    plant(TWO)
    assert check(capsys, "a/gone.py")[1] == [("a/gone.py", "ATT008", "error")]


def test_a_kept_report_is_not_served_under_another_configuration(plant, capsys):
    root = plant({"a.py": ALL})
    for text, expected in [
        ("", "ATT008:error ATT002:warning ATT001:info"),
        ("severity = { ATT002 = 'error' }", "ATT008:error ATT002:error ATT001:info"),
        ("severity = { ATT002 = 'off' }", "ATT008:error ATT001:info"),
        ("select = ['ATT002']", "ATT002:warning"),
        ("per-file-ignores = { 'a.py' = ['ATT001'] }", "ATT008:error ATT002:warning"),
        ("", "ATT008:error ATT002:warning ATT001:info"),
    ]:
        (root / "attnlint.toml").write_text(text)
        for _ in range(2):
            assert said(check(capsys, "a.py")[1]) == expected


BESIDE = {
    "a/attnlint.toml": "ignore = ['ATT001']\nseverity = { ATT002 = 'error' }",
    "a/x.py": "attn = 1  # calls b/y.py\n",
    "b/attnlint.toml": "ignore = ['ATT008']\nseverity = { ATT002 = 'info' }",
    "b/y.py": ALL,
}


def test_what_is_found_in_another_file_is_judged_by_the_configuration_of_that(plant, capsys):
    root = plant(BESIDE)
    for _ in range(2):  # the second time from the cache
        assert check(capsys, "a/x.py") == (0, [("b/y.py", "ATT002", "info")])
    (root / "b/attnlint.toml").write_text("fail-on = 'never'")
    assert check(capsys, "a/x.py") == (0, [("b/y.py", "ATT008", "error"), ("b/y.py", "ATT002", "warning")])
    (root / "b/attnlint.toml").write_text("exclude = ['y.py']")
    assert check(capsys, "a/x.py") == (0, [])
    code, found = check(capsys, "a/x.py", "b/y.py")
    assert (code, said(found)) == (1, "ATT008:error ATT002:warning ATT001:info")


def test_what_is_excluded_above_is_not_reported_from_beside(plant, capsys):
    plant({**BESIDE, "attnlint.toml": "exclude = ['/b']"})
    assert check(capsys, "a/x.py") == (0, [])


def test_fix_by_each_files_own_rules(plant, capsys):
    root = plant(TWO)
    code, _out, err = run(capsys, "check", "--fix")
    assert (code, err) == (0, "")
    assert (root / "a/x.py").read_text() == "SOFTMAX\nscale\ncausal\n"
    assert (root / "b/x.py").read_text() == "softmax\nSCALE\nCAUSAL\n"
    assert (root / "a/gone.py").read_text() == ALL


def test_fix_in_another_file_by_the_rules_of_that(plant, capsys):
    root = plant(BESIDE)
    assert run(capsys, "check", "--fix", "a/x.py")[0] == 0
    # A file that was edited is looked at again by itself, and its own configuration does not ignore ATT001.
    assert (root / "b/y.py").read_text() == "softmax\nSCALE\nCAUSAL\n"


@pytest.mark.parametrize("other", ["ignore = ['ATT008']", "exclude = ['*.py']"])
def test_what_is_not_reported_in_another_file_is_not_fixed_there(plant, capsys, other):
    own = "ignore = ['ATT001', 'ATT002']" if "ignore" in other else ""
    root = plant({**BESIDE, "a/attnlint.toml": own, "b/attnlint.toml": other})
    code, out, err = run(capsys, "check", "--fix", "a/x.py")
    assert (code, err) == (0, "")
    assert out == "Found nothing wrong in 1 file.\nFixed 0 findings in 0 files; 0 remain.\n"
    assert (root / "b/y.py").read_text() == ALL


def test_fix_what_is_lowered_and_not_what_is_off(plant, capsys):
    root = plant({"attnlint.toml": "severity = { ATT008 = 'info', ATT002 = 'off' }", "a.py": ALL})
    code, out, _err = run(capsys, "check", "--diff")
    assert code == 1
    assert [line for line in out.splitlines() if line.startswith("+")] == ["+++ a.py", "+SOFTMAX", "+CAUSAL"]
    run(capsys, "check", "--fix")
    assert (root / "a.py").read_text() == "SOFTMAX\nscale\nCAUSAL\n"


@pytest.mark.parametrize("command", [["check"], ["check", "--fix"], ["config"], ["check", "--config", "attnlint.toml"]])
def test_a_bad_configuration_is_exit_code_2(plant, capsys, command):
    root = plant({"attnlint.toml": "select = []\nselct = []\nfail-on = 'eror'", "a.py": ALL})
    code, out, err = run(capsys, *command)
    assert (code, out) == (2, "")
    one, two = err.splitlines()
    assert one == "attnlint.toml:2: unknown key 'selct'; did you mean 'select'?"
    assert two.startswith(
        "attnlint.toml:3: fail-on: must be one of 'error', 'warning', 'info', 'never', not 'eror'; did"
    )
    assert (root / "a.py").read_text() == ALL


def test_a_bad_configuration_of_a_folder_below(plant, capsys):
    root = plant({"a.py": ALL, "b/attnlint.toml": "[[", "b/c/x.py": ""})
    code, out, err = run(capsys, "check", "--output-format", "concise")
    assert (code, out) == (2, "")
    assert err.startswith("b/attnlint.toml:1: is not TOML: ")
    assert run(capsys, "check", str(root / "b/c/x.py"))[2].startswith("b/attnlint.toml:1: ")
    assert run(capsys, "check", "a.py")[0] == 1
    assert run(capsys, "check", "--isolated")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--config", "none.toml"], "--config: there is no file 'none.toml'"),
        (["check", "--config", "a.py", "--isolated"], "ask for one of them"),
        (["check", "--config", "pyproject.toml"], "pyproject.toml:1: has no [tool.attnlint] table"),
        (["config", "none.py"], "none.py: no such file or folder"),
        (["config", "--config", "none.toml"], "there is no file"),
        (["config", "--output-format", "xml"], "'xml' is not one of"),
    ],
)
def test_options_that_cannot_be_followed(plant, capsys, arguments, message):
    plant({"a.py": "", "pyproject.toml": "[project]\n"})
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_standard_input(plant, capsys, monkeypatch):
    root = plant({"attnlint.toml": "select = ['ATT002']", "in.py": ALL})
    with open(root / "in.py") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert check(capsys, "-") == (1, [("-", "ATT002", "warning")])


SHOWN = {
    "pyproject.toml": "[project]\n[tool.attnlint]\nextend = 'base.toml'\nignore = [\n  'ATT006',\n]\n"
    "exclude = ['gen/']\n[tool.attnlint.per-file-ignores]\n'sub/*.py' = ['missing-scale']\n",
    "base.toml": "fail-on = 'error'\nextend-exclude = []\nseverity = { ATT008 = 'off', missing-scale = 'info' }\n",
    "sub/x.py": "",
    "gen/y.py": "",
}


def test_config_shows_what_holds_and_who_says_so(plant, capsys):
    plant(SHOWN)
    code, out, err = run(capsys, "config")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:16] == [
        ".: pyproject.toml extends base.toml",
        "  select            ALL                       default",
        "  extend-select     -                         default",
        "  ignore            ATT006                    pyproject.toml:4",
        "  per-file-ignores  sub/*.py = missing-scale  pyproject.toml:9",
        "  exclude           gen/                      pyproject.toml:7",
        "  extend-exclude    (none)                    base.toml:2",
        "  fail-on           error                     base.toml:1",
        "  baseline          -                         default",
        "  severity          ATT008 = off              base.toml:3",
        "  severity          missing-scale = info      base.toml:3",
        "  causal            auto                      default",
        "  per-file-causal   -                         default",
        "  ops               -                         default",
        "  layouts           -                         default",
        "Rules that run:",
    ]
    running = [rule for rule in all_rules() if rule.code not in ("ATT006", "ATT008")]
    assert [line.split()[0] for line in lines[16:]] == [rule.code for rule in running]
    assert "  ATT002  missing-scale [info]" in lines
    assert "missing-scale [info]" not in run(capsys, "config", "sub/x.py")[1]
    assert run(capsys, "config", "gen/y.py")[1].splitlines()[1].startswith("It is excluded")
    assert run(capsys, "config", "--isolated")[1].splitlines()[0] == ".: no configuration"
    assert run(capsys, "config", "--config", "base.toml")[1].splitlines()[0] == ".: base.toml"


def test_config_as_json(plant, capsys):
    root = plant(SHOWN)
    code, out, err = run(capsys, "config", "sub/x.py", "--output-format", "json")
    assert (code, err) == (0, "")
    shown = json.loads(out)
    assert shown["path"] == "sub/x.py"
    assert shown["excluded"] is False
    assert shown["files"] == [str(root / "pyproject.toml"), str(root / "base.toml")]
    values = {(each["key"], each["name"]): (each["value"], each["source"]) for each in shown["values"]}
    assert values["select", None] == (["ALL"], None)
    assert values["ignore", None] == (["ATT006"], {"path": str(root / "pyproject.toml"), "line": 4})
    assert values["fail-on", None] == ("error", {"path": str(root / "base.toml"), "line": 1})
    assert values["severity", "missing-scale"] == ("info", {"path": str(root / "base.toml"), "line": 3})
    assert values["per-file-ignores", "sub/*.py"][0] == ["missing-scale"]
    assert "ATT002" not in [each["code"] for each in shown["rules"]]
    assert json.loads(run(capsys, "config", "gen", "--output-format", "json")[1])["excluded"] is True


def test_config_with_no_rules(plant, capsys):
    plant({"attnlint.toml": "select = []"})
    assert run(capsys, "config")[1].splitlines()[-1] == "No rule runs."


def test_config_schema(plant, capsys):
    plant({"attnlint.toml": "broken"})
    code, out, _err = run(capsys, "config", "--schema")
    assert code == 0
    assert json.loads(out) == schema()


def test_help(capsys):
    code, out, _err = run(capsys, "config", "--help")
    assert code == 0
    assert out.startswith("Usage: attnlint config")
    assert "Examples:\n" in out
    assert all(option in run(capsys, "check", "--help")[1] for option in ("--config PATH", "--isolated"))
