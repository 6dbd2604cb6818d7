"""Ignores that silence nothing: which are said to be unused, and what taking them away leaves."""

import os
import re
from functools import partial

import pytest

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fix, Note, Severity, Span
from attnlint.discover import Target
from attnlint.engine import Options, check, lint, lint_file
from attnlint.fixing.fixer import fix
from attnlint.importers import Projects
from attnlint.rule import all_rules, select
from attnlint.source import make_source
from attnlint.unused import settled

ALL = all_rules()
WORDS = {"poor": ("ATT002", "missing-scale"), "bad": ("ATT008", "softmax-wrong-axis")}


def findings(source, rules, path=""):
    """A fake analysis: a finding for each word of the table, of the rules that were asked."""
    asked = {rule.code for rule in rules}
    for row in range(1, source.line_count + 1):
        for match in re.finditer(r"\w+", source.line(row)):
            code, name = WORDS.get(match.group(), ("", ""))
            if code in asked:
                edit = Edit(Span(row, match.start() + 1, row, match.end() + 1), "good")
                fix = Fix("write good", (edit,), Applicability.SAFE)
                yield Diagnostic(code, name, Severity.ERROR, "m", edit.span, fix=fix, path=path)


def unused(text, rules=ALL, analyse=findings):
    """The places and messages of the ignores that are unused."""
    report = lint(make_source(text), rules, analyse)
    found = [each for each in report.diagnostics if each.name == "unused-ignore"]
    assert all((each.code, each.severity) == ("ATT100", Severity.INFO) for each in found)
    return [((each.span.row, each.span.column), each.message) for each in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1  # attnlint: ignore[missing-scale]\n", [((1, 8), "this ignore of missing-scale silences nothing")]),
        ("x = poor  # attnlint: ignore[missing-scale]\n", []),
        (
            "x = poor  # attnlint: ignore[ATT008, missing-scale, ATT001]\n",
            [((1, 11), "this ignore of ATT008, ATT001 silences nothing")],
        ),
        ("x = poor\n# attnlint: ignore[att002]\n", [((2, 1), "this ignore of att002 silences nothing")]),
        ("x = 1  # attnlint: ignore\n", [((1, 8), "this ignore silences nothing")]),
        ("x = 1  # attnlint: ignore[*]\n", [((1, 8), "this ignore silences nothing")]),
        ("x = 1  # attnlint: ignore[]\n", [((1, 8), "this ignore silences nothing")]),
        ("x = poor  # attnlint: ignore\n", []),
        ("# attnlint: file-ignore[ATT002, ATT008]\nbad\n", [((1, 1), "this file-ignore of ATT002 silences nothing")]),
        ("# attnlint: file-ignore\nx\n", [((1, 1), "this file-ignore silences nothing")]),
        # Two comments may mean one finding; which of them is one too many is not for us to say.
        ("# attnlint: file-ignore[ATT002]\npoor  # attnlint: ignore[ATT002]\n", []),
        # A name that is no rule's is said in a note.
        ("x = 1  # attnlint: ignore[what]\n", []),
        ("x = 1  # attnlint: ignore[what, ATT002]\n", [((1, 8), "this ignore of ATT002 silences nothing")]),
        ("x = 1  # attnlint: ignore[syntax-error]\n", [((1, 8), "this ignore of syntax-error silences nothing")]),
        ("x = 1  # attnlint: ignore[ATT002, unused-ignore]\n", []),
        ("x = 1  # attnlint: ignore[unused-ignore]\n", []),
        ("# attnlint: file-ignore[ATT100]\nx = 1  # attnlint: ignore\n", []),
        ("x = '# attnlint: ignore[ATT002]'\n", []),
        ('x = """\n# attnlint: ignore\n"""\n', []),
        ("x = f(\n    poor,\n)  # attnlint: ignore[ATT002]\n", []),
        (
            "x = f(\n    poor,\n    1,  # attnlint: ignore[ATT002]\n)\n",
            [((3, 9), "this ignore of ATT002 silences nothing")],
        ),
        ("x = '\U0001f600'  # attnlint: ignore[ATT002]\n", [((1, 10), "this ignore of ATT002 silences nothing")]),
    ],
)
def test_what_is_unused(text, said):
    assert unused(text) == said


def test_a_rule_that_did_not_run_is_no_reason():
    text = "x  # attnlint: ignore[ATT002, ATT008]\ny  # attnlint: ignore\n"
    only = select(ALL, ["ATT008", "unused-ignore"])
    assert [message for _, message in unused(text, only)] == ["this ignore of ATT008 silences nothing"]
    assert unused(text, select(ALL, [], ["unused-ignore"])) == []
    assert len(unused(text, ALL)) == 2


def test_what_could_not_be_linted_has_no_unused_ignore():
    def failing(source, rules):
        raise KeyError("scores")

    def unparsed(source, rules):
        raise SyntaxError("invalid syntax", ("a.py", 1, 1, ""))

    text = "x  # attnlint: ignore[ATT002]\n"
    assert unused(text, analyse=failing) == []
    assert unused(text, analyse=unparsed) == []
    assert unused(text) != []


def test_an_ignore_that_stands_alone_is_told_where_it_belongs():
    (found,) = lint(make_source("# attnlint: ignore[ATT002]\npoor2\n"), ALL, findings).diagnostics
    assert "the first or the last line of what it silences" in found.help
    (found,) = lint(make_source("x  # attnlint: ignore[ATT002]\n"), ALL, findings).diagnostics
    assert found.help == ""


def test_a_bare_ignore_is_advised_against_and_told_what_to_say():
    text = "x = poor + bad  # attnlint: ignore\ny = 1\nx = bad  # attnlint: ignore[ATT008]\n"
    assert lint(make_source(text), ALL, findings).notes == (
        Note(
            1, "an ignore without names silences whatever comes; here it is `ignore[missing-scale, softmax-wrong-axis]`"
        ),
    )


@pytest.fixture
def fixed(tmp_path, monkeypatch):
    """A file's bytes after fixing, of which a second round changes nothing."""
    monkeypatch.chdir(tmp_path)

    def once(data, analyse):
        (tmp_path / "a.py").write_bytes(data)
        report = lint_file(Target("a.py", named=True), ALL, analyse)
        done = fix(lambda source: lint(source, ALL, analyse), [report], frozenset(rule.code for rule in ALL))
        assert done.refusals == ()
        return next((rewrite.after for group in done.groups for rewrite in group), data)

    def fixed(data, analyse=findings):
        after = once(data, analyse)
        assert once(after, analyse) == after
        return after

    return fixed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # attnlint: ignore[ATT002]\ny\n", "x = 1\ny\n"),
        ("x = 1  # attnlint: ignore[ATT002] -- the weights have it  \ny\n", "x = 1\ny\n"),
        ("x = 1  # attnlint: ignore[ATT002]", "x = 1"),
        ("x = 1  # noqa: E501  # attnlint: ignore[ATT002] -- why\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # attnlint: ignore[ATT002]  # noqa: E501\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # attnlint: ignore[ATT002] -- why  # noqa: E501\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # attnlint: ignore[ATT002] ask Ann\n", "x = 1  # ask Ann\n"),
        ("x = 1  # attnlint: ignore\n", "x = 1\n"),
        ("if x:\n    # attnlint: ignore[ATT002]\n    y\n", "if x:\n    y\n"),
        ("x\n# attnlint: ignore[ATT002]", "x\n"),
        ("# attnlint: file-ignore[ATT002]\nx\n", "x\n"),
        ("#!/usr/bin/env python\n# attnlint: file-ignore[ATT002]\n\nx\n", "#!/usr/bin/env python\n\nx\n"),
        ("x = 1  # attnlint: ignore[ATT002]  # attnlint: ignore[ATT008]\n", "x = 1\n"),
        ("x = 1  # attnlint: ignore[what,ATT002]\n", "x = 1  # attnlint: ignore[what]\n"),
        ("x = 1\t# attnlint: ignore[ATT002]\n", "x = 1\n"),
    ],
)
def test_what_is_left_without_it(fixed, before, after):
    for newline in ("\n", "\r\n", "\r"):
        old, new = before.replace("\n", newline), after.replace("\n", newline)
        assert fixed(old.encode()).decode() == new


def test_names_that_are_used_stay_with_their_reason(fixed):
    def kept(source, rules):
        return [each for each in findings(source, rules) if each.code == "ATT002"]

    def shown(source, rules):
        return [Diagnostic(each.code, each.name, each.severity, "m", each.span) for each in kept(source, rules)]

    before = b"x = poor  # attnlint: ignore[ATT008, missing-scale] -- as in the paper, #3  # noqa\n"
    assert fixed(before, shown) == b"x = poor  # attnlint: ignore[missing-scale] -- as in the paper, #3  # noqa\n"


def test_encodings_stay(fixed):
    text = "# coding: latin-1\nx = 'é'  # attnlint: ignore[ATT002] -- déjà vu\n"
    assert fixed(text.encode("latin-1")).decode("latin-1") == "# coding: latin-1\nx = 'é'\n"
    text = "\ufeffx = '\U0001f600'  # attnlint: ignore[ATT002]\n"
    assert fixed(text.encode()).decode() == "\ufeffx = '\U0001f600'\n"


def test_what_a_fix_makes_unused_goes_with_it(fixed):
    def together(source, rules):
        """`bad` is found where `poor` stands; both are gone when `poor` is."""
        found = list(findings(source, rules))
        return found if any(each.code == "ATT002" for each in found) else []

    assert fixed(b"poor\nbad  # attnlint: ignore[ATT008]\n", together) == b"good\nbad\n"


# What the trace of `train.py` finds in `model.py`, which has nothing to say by itself.
PROJECT = {
    "model.py": "class Model:\n    s = 1  # attnlint: ignore[missing-scale]\n    o = 2  # attnlint: ignore[ATT008]\n",
    "train.py": "from model import Model\nModel()  # attention\n",
}


def from_train(source, rules):
    if os.path.basename(source.path) == "train.py":
        yield Diagnostic("ATT002", "missing-scale", Severity.ERROR, "m", Span(2, 5, 2, 11), path="model.py")


def rows(paths, analyse=from_train):
    reports = settled(check(paths, Options(ALL, 1), analyse=analyse))
    return {
        (report.path, each.span.row)
        for report in reports
        for each in report.diagnostics
        if each.name == "unused-ignore"
    }


def test_what_another_file_needs_is_used(plant):
    plant(PROJECT)
    assert rows(["."]) == {("model.py", 3)}
    assert rows(["train.py", "model.py"]) == {("model.py", 3)}


def test_without_the_file_that_imports_it_nothing_is_said(plant):
    plant({**PROJECT, "pyproject.toml": ""})
    assert rows(["model.py"]) == set()
    (plant({}) / "train.py").unlink()
    assert rows(["model.py"]) == {("model.py", 2), ("model.py", 3)}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"train.py": "import model\nattention\n"}, True),
        ({"train.py": "from model import (\n    Model,\n)\nattention\n"}, True),
        ({"train.py": "from \\\n    model import Model\nattention\n"}, True),
        ({"train.py": "def f():\r    from model import Model\rattention\r"}, True),
        ({"deep/er/train.py": "import model\nattention\n"}, True),
        ({"b.py": "import model\n", "train.py": "import b\nattention\n"}, True),
        ({"b.py": "import model\n"}, False),  # it cannot have findings
        ({"train.py": "attention = 'import model'\n"}, False),
        ({"train.py": "import models\nattention\n"}, False),
        ({"build/train.py": "import model\nattention\n"}, False),
    ],
)
def test_importers(plant, files, expected):
    root = plant({"model.py": "attention\n", "setup.py": "", **files})
    assert Projects().is_imported_outside("model.py", {os.path.realpath("model.py")}) is expected
    every = {os.path.realpath(path) for path in root.rglob("*.py")}
    assert not Projects().is_imported_outside("model.py", every)


def test_importers_by_way_of_a_package(plant):
    plant(
        {
            "setup.py": "",
            "src/pkg/__init__.py": "from .model import Model\n",
            "src/pkg/model.py": "attention\n",
            "src/pkg/sub/train.py": "from .. import Model\nattention\n",
        }
    )
    assert Projects().is_imported_outside("src/pkg/model.py", {os.path.realpath("src/pkg/model.py")})


def test_standard_input_is_imported_by_nobody(plant):
    plant({"train.py": "import model\nattention\n"})
    assert not Projects().is_imported_outside("-", set())


def test_a_comment_here_says_nothing_of_a_row_there(plant):
    plant({"model.py": "a\nb\n", "train.py": "x\ny  # attnlint: ignore\n"})
    (report,) = check(["train.py"], Options((), 1), analyse=from_train)
    assert [(other.path, len(other.diagnostics)) for other in report.others] == [("model.py", 1)]


def test_a_rule_is_judged_only_where_it_was_asked():
    source = make_source("x  # attnlint: ignore[ATT002, ATT008]\n")
    (found,) = lint(source, ALL, findings, judged=select(ALL, ["ATT002", "ATT100"])).diagnostics
    assert found.message == "this ignore of ATT002 silences nothing"
    assert partial(lint, judged=())(source, ALL, findings).diagnostics == ()
