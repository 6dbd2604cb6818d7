"""Contents that are not on the disk yet: every reader of the project sees them, while they last and no longer."""

import os

import pytest

from attnlint.cache import Cache
from attnlint.diagnostic import Diagnostic, Severity, Span
from attnlint.discover import Target
from attnlint.elsewhere import by_file
from attnlint.engine import lint_file
from attnlint.project import indexed
from attnlint.source import STDIN, overlaid, overlay, read_source


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("disk = 1\n")
    (tmp_path / "link.py").symlink_to("a.py")
    return tmp_path / "a.py"


def test_it_is_seen_by_every_name_of_the_file(file):
    with overlaid({"a.py": b"buffer = 1\n"}):
        for path in ("a.py", "./a.py", str(file), "link.py"):
            assert read_source(path).text == "buffer = 1\n"
            assert read_source(path).path == path
    assert read_source("a.py").text == "disk = 1\n"
    assert overlay("a.py") is None


def test_the_inner_one_is_seen_first(file):
    with overlaid({"a.py": b"outer", "b.py": b"b"}):
        with overlaid({str(file): b"inner"}):
            assert (overlay("a.py"), overlay("b.py")) == (b"inner", b"b")
        assert overlay("a.py") == b"outer"


def test_it_ends_with_an_error(file):
    with pytest.raises(KeyError), overlaid({"a.py": b"buffer"}):
        raise KeyError
    assert overlay("a.py") is None


def test_standard_input(file):
    with overlaid({STDIN: b"x = 1\n"}):
        assert read_source(STDIN).text == "x = 1\n"


def test_an_imported_file_is_not_remembered_wrongly(file):
    def names():
        return sorted(indexed("a.py").assigned)

    assert names() == ["disk"]
    for word in ("one", "two", "one"):
        with overlaid({"a.py": f"{word} = 1\n".encode()}):
            assert names() == [word]
    assert names() == ["disk"]
    with overlaid({"a.py": b"def ("}):
        assert indexed("a.py") is None
    with overlaid({"a.py": b"#" * 400_001}):
        assert indexed("a.py") is None


def test_a_file_that_is_replaced_within_one_tick_of_the_clock(file):
    for word in ("one", "two"):
        (file.parent / "new").write_text(f"{word} = 1\n")
        os.replace(file.parent / "new", file)
        os.utime(file, ns=(1, 1))
        assert sorted(indexed("a.py").assigned) == [word]
        found = [Diagnostic("A", "a", Severity.ERROR, "m", Span(1, 1, 1, 2), path="a.py")]
        assert [each.source.text for each in by_file(found)] == [f"{word} = 1\n"]


def test_findings_in_other_files_are_read_there(file):
    found = [Diagnostic("A", "a", Severity.ERROR, "m", Span(1, 1, 1, 2), path="a.py")]
    with overlaid({"a.py": b"x  # attnlint: ignore\n"}):
        assert [(each.found, each.silencing) for each in by_file(found)] == [((), ("x  # attnlint: ignore",))]
    assert [len(each.found) for each in by_file(found)] == [1]


def test_reports_that_rest_on_it_are_kept_apart(file):
    """What is found in b.py is what a.py says."""
    (file.parent / "b.py").write_text("import a\n")

    def analyse(source, rules):
        text = indexed("a.py").text.strip()
        return [Diagnostic("A", "a", Severity.ERROR, text, Span(1, 1, 1, 2))]

    def found():
        report = lint_file(Target("b.py"), (), analyse, Cache(file.parent / "kept"))
        assert report.rests_on == ("a.py",)
        return report.diagnostics[0].message

    assert [found(), found()] == ["disk = 1", "disk = 1"]
    with overlaid({"a.py": b"buffer = 1\n"}):
        assert [found(), found()] == ["buffer = 1", "buffer = 1"]
    assert found() == "disk = 1"
