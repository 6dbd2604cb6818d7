"""What is kept between keystrokes changes nothing: every version is judged as by a fresh check."""

import random
from itertools import islice

import pytest

from attnlint.analyse import findings_in
from attnlint.config.nearest import Configured
from attnlint.diagnostic import Severity
from attnlint.engine import Options, lint
from attnlint.index import index
from attnlint.islands import islands
from attnlint.lsp.analysis import analyse, repaired
from attnlint.lsp.memory import Memory
from attnlint.lsp.snapshots import of_text
from attnlint.rule import all_rules
from attnlint.source import identity, make_source, overlaid
from benchmarks.keystrokes import model
from tests.keystrokes import typed

HEAD = "import torch\nfrom torch import nn\n\n"
ONE = "def one(q, k, v):\n    return torch.softmax(q @ k.transpose(-2, -1) / q.size(-1) ** 0.5, dim=-1) @ v\n\n"
TWO = ONE.replace("one", "two")


def told(report):
    found = [(one.code, one.span, one.severity, one.message, one.related, one.help) for one in report.diagnostics]
    return found, report.fault, [(other.path, told(other)) for other in report.others]


def names(text):
    return [sorted(part.name for part in each.definitions) for each in islands(index(text))]


@pytest.mark.parametrize(
    ("code", "groups"),
    [
        ("", [["one"], ["two"]]),
        ("BIG = 3\nname: str = 'x'\n", [["one"], ["two"]]),
        ("def both(x):\n    return one(x, x, x) + two(x, x, x)\n", [["both", "one", "two"]]),
        ("def named(x):\n    'like one'\n", [["named", "one"], ["two"]]),
        ("x = one(1, 2, 3)\n", [["one"], ["two"]]),
        ("f = [one, two]\n", [["one", "two"]]),
        ("def one(q):\n    return q\n", [["one", "one"], ["two"]]),
        ("def free(x):\n    return d_k\ndef also(x):\n    return d_k\n", [["also", "free"], ["one"], ["two"]]),
        ("class A(nn.Module):\n    def forward(self, x):\n        return x\ndef run(model, x):\n    return model(x)\n",
         [["A", "run"], ["one"], ["two"]]),
        ("class A(nn.Module):\n    def forward(self, x):\n        return x\ndef run(model, x):\n    return model + x\n",
         [["A"], ["one"], ["run"], ["two"]]),
        ("@register('a')\ndef three(x):\n    return x\n", [["one", "three", "two"]]),
    ],
)  # fmt: skip
def test_what_speaks_of_each_other_is_one_group(code, groups):
    assert sorted(names(HEAD + ONE + TWO + code)) == sorted(groups)


def check_edits(seed, count, rows):
    """Edit a file and compare; broken text is repaired now and then, so that most versions parse."""
    memory, rules = Memory(), all_rules()
    parsed = 0
    for text, good in islice(typed(model(rows), random.Random(seed)), count):
        parsed += text is good
        source = make_source(text, "/nowhere/model.py")
        kept = lint(source, rules, lambda one, asked: findings_in(memory.traces(one), one, asked, memory.ask))
        assert told(kept) == told(lint(source, rules)), text
    assert parsed > count / 4


def test_random_edits_are_judged_as_by_a_fresh_check():
    check_edits(seed=1, count=40, rows=130)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_many_random_edits_are_judged_as_by_a_fresh_check(seed):
    check_edits(seed, count=1000, rows=250)


def test_what_only_moves_is_not_traced_again():
    """A line more above definitions moves what is known of them, to the rows that a fresh check finds."""
    text, memory, rules = HEAD + ONE + TWO.replace(" / q.size(-1) ** 0.5", ""), Memory(), all_rules()

    def traced(text):
        source = make_source(text, "/nowhere/model.py")
        traces = memory.traces(source)
        assert told(lint(source, rules, lambda one, asked: findings_in(traces, one, asked, memory.ask))) == told(
            lint(source, rules)
        )
        return {trace.entry: trace for trace in traces}

    before = traced(text)
    after = traced(text.replace("def one(q, k, v):\n", "def one(q, k, v):\n    q = q * 1.0\n"))
    assert after["two"] is before["two"]
    assert after["one"] is not before["one"]
    assert [trace is after[entry] for entry, trace in traced(text[len("import torch\n") :]).items()] == [False, False]
    assert all(trace.entry in before for trace in traced(text).values())


def test_the_same_text_twice_moves_each_to_its_own_rows():
    memory, rules = Memory(), all_rules()
    twice = ONE.replace(" / q.size(-1) ** 0.5", "")
    for text in (HEAD + twice + "x = 1\n" + twice, HEAD + "\n" + twice + "x = 1\n\n" + twice, HEAD + twice + "x = 2\n"):
        source = make_source(text, "/nowhere/model.py")
        found = lint(source, rules, lambda one, asked: findings_in(memory.traces(one), one, asked, memory.ask))
        assert told(found) == told(lint(source, rules))
        assert found.diagnostics


def test_words_elsewhere_in_the_file_count():
    """A word of another definition says that the file generates text, which makes a missing mask a mistake."""
    text = model(200)
    memory, rules = Memory(), all_rules()

    def kept(text):
        source = make_source(text, "/nowhere/model.py")
        found = lint(source, rules, lambda one, asked: findings_in(memory.traces(one), one, asked, memory.ask))
        assert told(found) == told(lint(source, rules))
        return found

    for line in ("", "def generate(x):\n    return x\n", "pixel_values = None\n", "# a decoder\n", "class GPT: pass\n"):
        kept(text + line)


def test_another_file_that_changes(tmp_path):
    """The scale stands in a helper of another file, whose unsaved text counts."""
    (tmp_path / "scores.py").write_text("import torch\n\ndef scores(q, k):\n    return q @ k.transpose(-2, -1)\n")
    caller = "import torch\nfrom scores import scores\n\ndef attention(query, key, value):\n"
    caller += "    return torch.softmax(scores(query, key), dim=-1) @ value\n"
    helper = tmp_path / "scores.py"
    snapshot = of_text((tmp_path / "model.py").as_uri(), 1, caller)
    memory = Memory()

    def codes(unsaved):
        found = analyse(snapshot, Options(configured=Configured(isolated=True)), unsaved, memory)
        assert str(helper) in found.report.rests_on
        every = (found.report, *found.report.others)
        with overlaid(unsaved):
            fresh = lint(snapshot.source, all_rules())
        assert told(found.report) == told(fresh)
        return [each.code for one in every for each in one.diagnostics if each.severity is not Severity.INFO]

    assert codes({}) == ["ATT002"]
    scaled = helper.read_text().replace("-1)\n", "-1) / q.size(-1) ** 0.5\n")
    assert codes({identity(str(helper)): scaled.encode()}) == []
    assert codes({}) == ["ATT002"]
    helper.write_text(scaled)
    assert codes({}) == []


def test_fixes_are_worked_out_when_they_are_asked_for():
    text = HEAD + ONE.replace("dim=-1", "dim=-2")
    found = analyse(
        of_text("file:///nowhere/a.py", 1, text), Options(configured=Configured(isolated=True)), {}, Memory()
    )
    assert "ATT008" in [each.code for each in found.report.diagnostics]
    assert not any(each.fix for each in found.report.diagnostics)
    fixes = {each.code: each.fix for each in repaired(found).diagnostics}
    assert [edit.text for edit in fixes["ATT008"].edits] == ["-1"]


def test_what_nobody_waits_for_is_given_up():
    snapshot = of_text("file:///nowhere/a.py", 1, model(300))
    assert analyse(snapshot, Options(configured=Configured(isolated=True)), {}, Memory(), lambda: False) is None


def test_what_takes_too_long_is_given_up_and_said():
    snapshot = of_text("file:///nowhere/a.py", 1, model(300))
    found = analyse(snapshot, Options(configured=Configured(isolated=True)), {}, Memory(), patience=0)
    assert "given up" in found.report.fault.message
