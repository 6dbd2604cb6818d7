"""The fixer, on findings of a toy: words of a file that are wrong, and what is to be written for them."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attnlint.diagnostic import Applicability, Diagnostic, Edit, Fix, Severity, Span
from attnlint.engine import Options, check, lint
from attnlint.fixing.fixer import ROUNDS, fix
from attnlint.project import indexed

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY
ERROR, INFO = Severity.ERROR, Severity.INFO


def finding(code, span, edits=(), applicability=SAFE, severity=ERROR, path=""):
    made = Fix(f"fix {code}", tuple(edits), applicability) if edits else None
    return Diagnostic(code, f"rule-{code.lower()}", severity, "m", span, fix=made, path=path)


def words(text, word):
    """The span of each occurrence of a word."""
    for row, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        for match in re.finditer(rf"\b{re.escape(word)}\b", line):
            yield Span(row, match.start() + 1, row, match.end() + 1)


def table(**rows):
    """An analysis that finds each word of a table; a row is the replacement and what the finding has else."""

    def analyse(source, rules):
        for word, (new, more) in rows.items():
            for span in words(source.text, word):
                edits = () if new is None else (Edit(span, new),)
                yield finding(word.upper(), span, edits, **more)

    return analyse


def run(analyse, *paths, unsafe=False, codes=None):
    """What the fixer makes of files, with every rule of the toy."""
    reports = list(check(paths, Options(), analyse=analyse))
    every = frozenset(codes or (each.code for report in _all(reports) for each in report.diagnostics))
    return fix(lambda source: lint(source, (), analyse), reports, every, unsafe)


def _all(reports):
    return [one for each in reports for one in (each, *each.others)]


@pytest.fixture
def fixed(tmp_path, monkeypatch):
    """Write files, fix them, and say what each is then, which fixes that took and why others were refused.

    Running it once more on the result must change nothing.
    """
    monkeypatch.chdir(tmp_path)

    def fixed(analyse, files, paths=None, **options):
        files = {"a.py": files} if isinstance(files, str) else files
        for name, text in files.items():
            (tmp_path / name).write_bytes(text.encode())
        paths = paths or list(files)
        done = run(analyse, *paths, **options)
        assert {name: (tmp_path / name).read_bytes().decode() for name in files} == files, "it wrote"
        for rewrite in (one for group in done.groups for one in group):
            assert (tmp_path / rewrite.path).read_bytes() == rewrite.before
            (tmp_path / rewrite.path).write_bytes(rewrite.after)
        again = run(analyse, *paths, **options)
        assert (again.groups, again.applied) == ((), ())
        after = {name: (tmp_path / name).read_bytes().decode() for name in files}
        return after["a.py"] if list(after) == ["a.py"] else after, done

    return fixed


def taken(done):
    return [(each.finding.code, each.row) for each in done.applied]


def refused(done):
    return [(each.found.finding.code, each.row, each.reason) for each in done.refusals]


def test_all_of_a_file_at_once(fixed):
    linted = []

    def counting(source, rules):
        linted.append(source.text)
        return table(bad=("good", {}), poor=("rich", {}))(source, rules)

    after, done = fixed(counting, "bad\nx = bad + poor\n")
    assert after == "good\nx = good + rich\n"
    assert taken(done) == [("BAD", 1), ("BAD", 2), ("POOR", 2)]
    assert refused(done) == []
    # The run, what it is before and what it is after; then the second run, which has nothing to do.
    assert [text == after for text in linted] == [False, False, True, True]


@pytest.mark.parametrize(("unsafe", "after"), [(False, "a = good, risky, shown\n"), (True, "a = good, sound, shown\n")])
def test_which_fixes_are_applied(fixed, unsafe, after):
    analyse = table(
        bad=("good", {}), risky=("sound", {"applicability": UNSAFE}), shown=("x", {"applicability": DISPLAY})
    )
    assert fixed(analyse, "a = bad, risky, shown\n", unsafe=unsafe)[0] == after


def test_only_rules_that_were_asked(fixed):
    assert fixed(table(bad=("good", {}), poor=("rich", {})), "bad, poor\n", codes=["POOR"])[0] == "bad, rich\n"


def test_suppressed_findings_stay(fixed):
    assert fixed(table(bad=("good", {})), "bad  # attnlint: ignore[BAD]\nbad\n")[0] == (
        "bad  # attnlint: ignore[BAD]\ngood\n"
    )


def test_file_without_a_fix_is_not_looked_at(fixed):
    after, done = fixed(table(bad=(None, {})), "bad\n")
    assert (after, done.applied, done.refusals) == ("bad\n", (), ())


def test_fix_that_breaks_the_syntax_is_refused_and_the_others_are_not(fixed):
    after, done = fixed(table(bad=("good", {}), poor=("(", {})), "bad\npoor\nbad\n")
    assert after == "good\npoor\ngood\n"
    assert refused(done) == [("POOR", 2, "would leave code that does not parse")]
    assert sorted(taken(done)) == [("BAD", 1), ("BAD", 3)]


def test_fix_that_leaves_its_finding_is_refused(fixed):
    after, done = fixed(table(bad=("1 + bad", {}), poor=("rich", {})), "bad\npoor\n")
    assert after == "bad\nrich\n"
    assert refused(done) == [("BAD", 1, "would leave BAD rule-bad at line 1")]


def test_fix_that_repairs_one_of_two_in_a_row(fixed):
    def analyse(source, rules):
        spans = list(words(source.text, "bad"))
        return [finding("BAD", span, [Edit(span, "good")] if span == spans[-1] else ()) for span in spans]

    after, done = fixed(analyse, "bad, bad\n")
    assert after == "good, good\n"  # the first has a fix when it is the last
    assert taken(done) == [("BAD", 1), ("BAD", 1)]


def test_fix_that_changes_nothing_is_refused(fixed):
    after, done = fixed(table(bad=("bad", {})), "bad\n")
    assert (after, refused(done)) == ("bad\n", [("BAD", 1, "would change nothing")])


def test_fix_that_brings_an_error_is_refused(fixed):
    after, done = fixed(table(bad=("good\nworse", {}), worse=(None, {}), poor=("rich", {})), "bad\npoor\n")
    assert after == "bad\nrich\n"
    assert refused(done) == [("BAD", 1, "would bring WORSE rule-worse at line 2")]


def test_fix_that_brings_a_question_is_not(fixed):
    assert fixed(table(bad=("asked", {}), asked=(None, {"severity": INFO})), "bad\n")[0] == "asked\n"


def test_what_a_rule_that_was_not_asked_says_of_the_result_counts(fixed):
    analyse = table(bad=("worse", {}), worse=(None, {}))
    after, done = fixed(analyse, "bad\n", codes=["BAD"])
    assert after == "bad\n"
    assert refused(done) == [("BAD", 1, "would bring WORSE rule-worse at line 1")]


def test_what_a_comment_silences_is_not_brought(fixed):
    analyse = table(bad=("worse", {}), worse=(None, {}))
    assert fixed(analyse, "bad  # attnlint: ignore[WORSE]\n")[0] == "worse  # attnlint: ignore[WORSE]\n"


def test_old_findings_that_move_are_not_new(fixed):
    after, done = fixed(table(bad=("good\ngood", {}), worse=(None, {})), "bad\nworse\nbad; worse\n")
    assert after == "good\ngood\nworse\ngood\ngood; worse\n"
    assert taken(done) == [("BAD", 1), ("BAD", 3)]


def test_fixes_that_undo_each_other_are_refused(fixed):
    for severity in (ERROR, INFO):
        more = {"severity": severity}
        after, done = fixed(table(ping=("pong", more), pong=("ping", more), bad=("good", {})), "ping\nbad\n")
        assert after == "ping\ngood\n"
        assert refused(done) == [("PING", 1, "would leave PING rule-ping at line 1")]


def test_rounds_that_never_end_change_nothing(fixed):
    """Each fix makes another finding fixable, in a circle of four that no single step shows."""

    def analyse(source, rules):
        number = int(source.line(3)[4:])
        span = Span(3, 5, 3, len(source.line(3)) + 1)
        at = [Span(row, 1, row, 2) for row in (1, 2)]
        yield finding(f"R{number % 4}", at[number % 2], [Edit(span, str(number + 1))], severity=INFO)
        yield finding(f"R{(number + 1) % 4}", at[(number + 1) % 2], severity=INFO)

    after, done = fixed(analyse, "a\nb\nn = 0\n", codes=["R0", "R1", "R2", "R3"])
    assert after == "a\nb\nn = 0\n"
    assert refused(done) == [("R0", 1, f"does not come to an end with others after {ROUNDS} rounds")]


def test_what_a_fix_brings_is_fixed_with_it(fixed):
    after, done = fixed(table(bad=("half", {}), half=("good", {})), "x\nbad\n", codes=["BAD"])
    assert after == "x\ngood\n"
    assert taken(done) == [("BAD", 2), ("HALF", 2)]


def test_what_a_fix_brings_is_not_fixed_unsafely(fixed):
    analyse = table(bad=("half", {}), half=("good", {"applicability": UNSAFE}))
    after, done = fixed(analyse, "bad\n")
    assert (after, refused(done)) == ("bad\n", [("BAD", 1, "would bring HALF rule-half at line 1")])
    assert fixed(analyse, "bad\n", unsafe=True)[0] == "good\n"


@pytest.mark.parametrize(("length", "after"), [(5, "w5\n"), (6, "w0\n")])
def test_follow_ups_are_bounded(fixed, length, after):
    chain = {f"w{number}": (f"w{number + 1}", {}) for number in range(length)}
    assert fixed(table(**chain), "w0\n")[0] == after


def test_all_follow_ups_or_nothing(fixed):
    analyse = table(bad=("half + worse", {}), half=("good", {}), worse=("(", {}), poor=("rich", {}))
    after, done = fixed(analyse, "bad\npoor\n")
    assert after == "bad\nrich\n"
    assert refused(done) == [("BAD", 1, "would leave code that does not parse")]


def test_overlapping_fixes_take_turns(fixed):
    def analyse(source, rules):
        yield from table(bad=("good", {}))(source, rules)
        for match in re.finditer(r"wrap\((\w+)\)", source.text):
            whole, inner = source.span(*match.span()), match[1]
            yield finding("WRAP", whole, [Edit(whole, inner)])

    after, done = fixed(analyse, "wrap(bad)\n")
    assert after == "good\n"
    assert taken(done) == [("WRAP", 1), ("BAD", 1)]


def imports(source, rules):
    """A fix that needs an import at the top, if it is not there."""
    for word, module in (("root", "math"), ("array", "numpy"), ("square", "math")):
        for span in words(source.text, word):
            line = f"import {module}\n"
            top = [] if line in source.text else [Edit(Span(1, 1, 1, 1), line)]
            yield finding("NAME", span, [*top, Edit(span, f"{module}.{word}_")])


def test_one_import_for_several_fixes(fixed):
    after, done = fixed(imports, "root\nsquare\nroot\n")
    assert after == "import math\nmath.root_\nmath.square_\nmath.root_\n"
    assert taken(done) == [("NAME", 1), ("NAME", 2), ("NAME", 3)]


def test_two_imports_at_one_place_take_turns(fixed):
    after, done = fixed(imports, "root\narray\n")
    assert sorted(after.splitlines()) == ["import math", "import numpy", "math.root_", "numpy.array_"]
    assert sorted(taken(done)) == [("NAME", 1), ("NAME", 2)]  # rows are those of before


def test_the_same_edits_of_several_findings_count_once(fixed):
    def analyse(source, rules):
        for match in re.finditer(r"pair", source.text):
            start, end = source.span(*match.span()), source.span(match.end(), match.end())
            edits = [Edit(Span(start.row, start.column, start.row, start.column), "("), Edit(end, "))")]
            yield finding("ONE", start, [edits[0], edits[0], edits[1], Edit(start, "x")])
            yield finding("TWO", start, [edits[0], edits[0], edits[1], Edit(start, "x")])

    after, done = fixed(analyse, "a = pair\n")
    assert after == "a = ((x))\n"
    assert taken(done) == [("ONE", 1), ("TWO", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffif 1:\r\n\tx =bad  # \N{GRINNING FACE} bad\r\nbad; '''\r\n'''",
        "x = bad\rif x:\r\tbad\r",
        "x = bad\r\nif x:\n    \x0cbad\rbad",
    ],
)
def test_line_endings_and_what_is_around_stay(fixed, text):
    assert fixed(table(bad=("good", {})), text)[0] == text.replace("bad", "good")


def test_text_that_the_encoding_lacks_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\nx = bad + '\xe9'\npoor\n")
    done = run(table(bad=("\u03bb", {}), poor=("rich", {})), "a.py")
    assert [one.after for group in done.groups for one in group] == [b"# coding: latin-1\nx = bad + '\xe9'\nrich\n"]
    reason = "needs '\u03bb', which the file's encoding iso-8859-1 does not have"
    assert refused(done) == [("BAD", 2, reason)]


def test_edit_outside_of_the_text_is_refused(fixed):
    def analyse(source, rules):
        yield finding("FAR", Span(1, 1, 1, 2), [Edit(Span(9, 1, 9, 1), "x")])
        yield from table(bad=("good", {}))(source, rules)

    after, done = fixed(analyse, "bad\n")
    assert after == "good\n"
    assert refused(done) == [("FAR", 1, "has an edit outside of the text, at row 9, column 1")]


def test_result_that_cannot_be_linted_is_refused(fixed):
    def analyse(source, rules):
        if "good" in source.text:
            raise KeyError("a bug")
        return list(table(bad=("good", {}))(source, rules))

    after, done = fixed(analyse, "bad\n")
    assert after == "bad\n"
    assert [reason for _, _, reason in refused(done)] == [
        "cannot be judged, since a.py attnlint failed on it: KeyError: 'a bug'"
    ]


def test_rows_of_a_refusal_now_and_before(fixed):
    _after, done = fixed(table(bad=("good\ngood", {}), poor=("poor + 1", {})), "bad\npoor\n")
    assert [(each.row, each.was) for each in done.refusals] == [(3, 2)]


def project(source, rules):
    """Reads `import b`: a word that is bad in b.py for this caller is found there, and repaired in both files."""
    for match in re.finditer(r"^import (\w+)", source.text, re.M):
        other = indexed(f"{match[1]}.py")
        for span in words(other.text, "bad") if other else ():
            own = [Edit(each, "new_name") for each in words(source.text, "old_name")]
            there = Edit(span, "good", f"{match[1]}.py")
            yield finding("BAD", span, [there, *(Edit(e.span, e.text, source.path) for e in own)], path=there.path)
        if other and "good" in other.text and "never_good" in source.text:
            yield finding("NEVER", Span(1, 1, 1, 7))
    yield from table(poor=("rich", {}))(source, rules)


def test_one_fix_in_two_files(fixed):
    files = {"a.py": "import b\nold_name\n", "b.py": "x = bad\npoor\n", "c.py": "poor\n"}
    for paths in (["a.py", "b.py", "c.py"], ["c.py", "b.py", "a.py"]):
        after, done = fixed(project, files, paths)
        assert after == {"a.py": "import b\nnew_name\n", "b.py": "x = good\nrich\n", "c.py": "rich\n"}
        assert sorted(sorted(one.path for one in group) for group in done.groups) == [["a.py", "b.py"], ["c.py"]]
        assert sorted((each.path, each.finding.code, each.row) for each in done.applied) == [
            ("b.py", "BAD", 1),
            ("b.py", "POOR", 2),
            ("c.py", "POOR", 1),
        ]


def test_a_file_that_was_not_named_is_repaired_where_it_is_reported(fixed):
    after, _done = fixed(project, {"a.py": "import b\n", "b.py": "bad\n"}, ["a.py"])
    assert after == {"a.py": "import b\n", "b.py": "good\n"}


def test_a_finding_of_two_callers_is_fixed_once(fixed):
    after, done = fixed(project, {"a.py": "import b\n", "b.py": "bad\n", "c.py": "import b\n"})
    assert after["b.py"] == "good\n"
    assert taken(done) == [("BAD", 1)]


def test_fix_that_breaks_another_file_of_the_run_is_refused(fixed):
    files = {"a.py": "import b\n", "b.py": "bad\n", "c.py": "import b\nnever_good\n"}
    after, done = fixed(project, files)
    assert after == files
    assert refused(done) == [("BAD", 1, "would bring NEVER rule-never at c.py:1")]


def test_fix_of_a_file_that_is_not_there_is_refused(fixed):
    def analyse(source, rules):
        yield finding("GONE", Span(1, 1, 1, 2), [Edit(Span(1, 1, 1, 2), "x", "gone.py")])

    after, done = fixed(analyse, "a\n")
    assert after == "a\n"
    assert refused(done) == [("GONE", 1, "edits gone.py, which cannot be read: No such file or directory")]


LETTERS = st.sampled_from("abcdef")
ROW = st.tuples(st.one_of(st.none(), st.lists(LETTERS, max_size=3).map("\n".join)), st.sampled_from(list(Severity)))


@given(st.dictionaries(LETTERS, ROW, max_size=5), st.lists(LETTERS, min_size=1, max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_the_fixes_do(fixed, rows, text):
    """Letters that turn into other letters: it ends, a second run changes nothing, and no mistake becomes more."""
    analyse = table(**{letter: (new, {"severity": severity}) for letter, (new, severity) in rows.items()})
    before = "\n".join(text) + "\n"
    after, done = fixed(analyse, before)
    for letter, (_new, severity) in rows.items():
        if severity is not INFO:
            assert after.split().count(letter) <= text.count(letter)
    assert bool(done.applied) == (after != before)
