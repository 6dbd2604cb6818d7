"""The benchmark harness: verdicts and their arithmetic, archives that cannot be trusted, a run against a stand-in."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from attnlint.diagnostic import Diagnostic, Severity, Span
from attnlint.rule import Finding as RuleFinding
from attnlint.rule import Rule
from attnlint.source import Source
from attnlint.trace import Trace
from benchmarks import triage
from benchmarks.corpus import Package, choose, load_pins
from benchmarks.fetch import FetchError, find_archive, verify
from benchmarks.linting import LintError, lint
from benchmarks.record import FileFault, Finding, PackageResult, load, save
from benchmarks.run import measure_parse
from benchmarks.tables import total
from benchmarks.triage import COLUMNS, Key, TableError, add_rows, judge, read_verdicts
from benchmarks.unpack import UnsafeArchiveError, safe_destination, unpack

HEADER = ",".join(COLUMNS) + "\n"


def result(*findings: Finding, name: str = "demo", lines: int = 100_000) -> PackageResult:
    return PackageResult(name, "1.0", 3, lines, 2.0, 0.5, findings=list(findings))


def finding(line: int, severity: str = "warning", rule: str = "missing-scale") -> Finding:
    return Finding("demo/a.py", line, rule, severity)


def key(line: int, package: str = "demo", version: str = "1.0") -> Key:
    return Key(package, version, "demo/a.py", line, "missing-scale")


def no_check(_: Trace) -> Iterator[RuleFinding]:
    return iter(())


class TestTriage:
    def test_rate_is_per_50_000_lines(self) -> None:
        judged = judge([result(finding(1), finding(2), finding(3))], {key(1): False, key(2): True, key(3): False})
        assert (judged.total.false, judged.total.true, judged.total.rate) == (2, 1, 1.0)
        assert not judged.passed

    def test_fewer_than_one_passes(self) -> None:
        judged = judge([result(finding(1), lines=50_001)], {key(1): False})
        assert judged.total.rate < 1
        assert judged.passed

    def test_packages_are_rated_apart_and_together(self) -> None:
        small, large = result(finding(1), lines=10_000), result(name="large", lines=190_000)
        judged = judge([small, large], {key(1): False})
        assert [tally.rate for tally in judged.tallies] == [5.0, 0.0]
        assert judged.total.rate == 0.25
        assert judged.passed

    def test_no_lines(self) -> None:
        assert judge([], {}).passed
        assert judge([result(finding(1), lines=0)], {key(1): False}).total.rate == float("inf")

    def test_info_needs_no_verdict(self) -> None:
        assert judge([result(finding(1, "info"))], {}).passed

    @pytest.mark.parametrize("severity", ["warning", "error"])
    def test_unjudged_fails(self, severity: str) -> None:
        judged = judge([result(finding(1, severity))], {})
        assert judged.unjudged == [key(1)]
        assert not judged.passed

    def test_empty_verdict_is_none(self) -> None:
        assert judge([result(finding(1))], {key(1): None}).unjudged == [key(1)]

    def test_one_verdict_covers_both_findings_of_a_line(self) -> None:
        judged = judge([result(finding(1), finding(1))], {key(1): False})
        assert judged.total.false == 2
        assert len(judge([result(finding(1), finding(1))], {}).unjudged) == 1

    def test_gone_findings_are_listed_and_do_not_fail(self) -> None:
        verdicts: dict[Key, bool | None] = {key(9): False, key(1, version="0.9"): True, key(1, package="other"): True}
        judged = judge([result()], verdicts)
        assert judged.gone == [key(9), key(1, version="0.9")]
        assert judged.total.false == 0
        assert judged.passed

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("package,line\n", "first line"),
            (HEADER + "demo,1.0,a.py,1,missing-scale,maybe,why\n", "maybe"),
            (HEADER + "demo,1.0,a.py,one,missing-scale,true,why\n", "not a number"),
            (HEADER + "demo,1.0,a.py,1,missing-scale,true,\n", "needs a reason"),
            (HEADER + "demo,1.0,a.py,1,missing-scale,true,why, and more\n", "7 cells"),
            (HEADER + "demo,1.0,a.py,1,missing-scale\n", "7 cells"),
            (HEADER + "demo,1.0,a.py,1,r,true,why\ndemo,1.0,a.py,1,r,false,why\n", "different verdict"),
        ],
    )
    def test_bad_tables_are_refused(self, tmp_path: Path, text: str, complaint: str) -> None:
        table = tmp_path / "triage.csv"
        table.write_text(text)
        with pytest.raises(TableError, match=complaint):
            read_verdicts(table)

    def test_the_table_in_use_can_be_read(self) -> None:
        read_verdicts()

    def test_add_rows_once(self, tmp_path: Path) -> None:
        table = tmp_path / "triage.csv"
        table.write_text(HEADER.rstrip("\n"))
        assert add_rows(table, [key(2), key(1)], []) == 2
        assert read_verdicts(table) == {key(1): None, key(2): None}
        assert add_rows(table, [key(2)], read_verdicts(table)) == 0

    def test_exit_codes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        run, table = tmp_path / "run.json", tmp_path / "triage.csv"
        arguments = [str(run), "--table", str(table)]
        save([result(finding(1))], run)
        table.write_text(HEADER)
        assert triage.main(arguments) == 1
        assert "demo-1.0/demo/a.py:1 missing-scale" in capsys.readouterr().out
        table.write_text(HEADER + "demo,1.0,demo/a.py,1,missing-scale,true,no scale anywhere\n")
        assert triage.main(arguments) == 0
        table.write_text("")
        assert triage.main(arguments) == 2
        assert triage.main([str(tmp_path / "absent.json")]) == 2


class TestUnpack:
    @staticmethod
    def zipped(path: Path, *members: tuple[zipfile.ZipInfo | str, str]) -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in members:
                archive.writestr(name, text)
        return path

    @staticmethod
    def tarred(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
        with tarfile.open(path, "w:gz") as archive:
            for info, data in members:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return path

    @pytest.mark.parametrize(
        "name", ["../evil.py", "a/../../evil.py", "/etc/evil.py", "..\\evil.py", "C:\\evil.py", "a\0b", "", "//host/x"]
    )
    def test_names_that_leave_are_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(UnsafeArchiveError):
            safe_destination(tmp_path, name)

    def test_names_that_stay(self, tmp_path: Path) -> None:
        assert safe_destination(tmp_path, "./pkg/..hidden/a.py") == tmp_path / "pkg" / "..hidden" / "a.py"

    def test_zip(self, tmp_path: Path) -> None:
        archive = self.zipped(tmp_path / "a.whl", ("pkg/", ""), ("pkg/a.py", "x = 1\n"))
        assert unpack(archive, tmp_path / "out") == 1
        assert (tmp_path / "out/pkg/a.py").read_text() == "x = 1\n"

    def test_a_refused_archive_leaves_everything_as_it_was(self, tmp_path: Path) -> None:
        (tmp_path / "sub/out").mkdir(parents=True)
        (tmp_path / "sub/out/kept.py").touch()
        archive = self.zipped(tmp_path / "a.whl", ("fine.py", ""), ("../../evil.py", ""))
        with pytest.raises(UnsafeArchiveError):
            unpack(archive, tmp_path / "sub/out")
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.whl", "kept.py", "out", "sub"]

    def test_zip_links_are_skipped(self, tmp_path: Path) -> None:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive = self.zipped(tmp_path / "a.whl", (link, "/etc/passwd"), ("a.py", ""))
        assert unpack(archive, tmp_path / "out") == 1
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.py"]

    def test_tar_writes_only_plain_files(self, tmp_path: Path) -> None:
        link = tarfile.TarInfo("demo-1.0/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/"
        pipe = tarfile.TarInfo("demo-1.0/pipe")
        pipe.type = tarfile.FIFOTYPE
        plain = tarfile.TarInfo("demo-1.0/a.py")
        plain.mode = 0o6777
        archive = self.tarred(tmp_path / "demo-1.0.tar.gz", (link, b""), (pipe, b""), (plain, b"x = 1\n"))
        assert unpack(archive, tmp_path / "out") == 1
        written = tmp_path / "out/demo-1.0/a.py"
        assert written.read_bytes() == b"x = 1\n"
        assert not written.stat().st_mode & 0o6111

    def test_tar_names_that_leave_are_refused(self, tmp_path: Path) -> None:
        archive = self.tarred(tmp_path / "a.tar.gz", (tarfile.TarInfo("../evil.py"), b""))
        with pytest.raises(UnsafeArchiveError):
            unpack(archive, tmp_path / "out")

    def test_a_bomb_is_refused(self, tmp_path: Path) -> None:
        archive = self.zipped(tmp_path / "a.whl", ("a.py", "#" * 600), ("b.py", "#" * 600))
        assert unpack(archive, tmp_path / "fits", limit=1200) == 2
        with pytest.raises(UnsafeArchiveError, match="more than"):
            unpack(archive, tmp_path / "out", limit=1199)
        assert not (tmp_path / "out").exists()

    def test_neither_zip_nor_tar(self, tmp_path: Path) -> None:
        (tmp_path / "a.whl").write_text("no archive")
        with pytest.raises(UnsafeArchiveError, match="neither"):
            unpack(tmp_path / "a.whl", tmp_path / "out")


class TestCorpus:
    def test_pins(self) -> None:
        pins = load_pins()
        assert {"labml-nn", "x-transformers", "vit-pytorch", "litgpt", "timm", "transformers"} <= {p.name for p in pins}
        assert all(len(pin.sha256) == 64 for pin in pins)
        assert [pin.name for pin in choose(["timm"], pins)] == ["timm"]
        with pytest.raises(SystemExit, match="not pinned"):
            choose(["tim"], pins)

    def test_find_archive_prefers_the_wheel(self, tmp_path: Path) -> None:
        package = Package("my-pkg", "1.2")
        for name in ("my_pkg-1.2-py3-none-any.whl", "My.Pkg-1.2.tar.gz", "my_pkg-1.20.tar.gz", "my_pkg-1.3.zip"):
            assert find_archive(package, tmp_path) is None
            (tmp_path / name).touch()
            found = find_archive(package, tmp_path)
            assert (found is not None) == ("1.2" in name and "1.20" not in name), name
            (tmp_path / name).unlink()
        (tmp_path / "my-pkg-1.2.tar.gz").touch()
        (tmp_path / "my_pkg-1.2-py3-none-any.whl").touch()
        assert find_archive(package, tmp_path) == tmp_path / "my_pkg-1.2-py3-none-any.whl"

    def test_verify(self, tmp_path: Path) -> None:
        (tmp_path / "a.whl").write_bytes(b"")
        verify(Package("a", "1"), tmp_path / "a.whl")
        with pytest.raises(FetchError, match="pinned"):
            verify(Package("a", "1", "0" * 64), tmp_path / "a.whl")


class TestRun:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "demo").mkdir()
        for name in ("a.py", "b.py", "c.py"):
            (tmp_path / "demo" / name).write_text("attention = 1\nscores = 2\n")
        return tmp_path

    def test_findings_and_faults(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def analyse(source: Source, rules: Sequence[Rule]) -> Iterable[Diagnostic]:
            assert [rule.name for rule in rules] == ["missing-scale"]
            if source.path.endswith("c.py"):
                raise KeyError("k")
            return [Diagnostic("ATT002", "missing-scale", Severity.ERROR, "m", Span(2, 1, 2, 7))]

        monkeypatch.setattr("benchmarks.linting.all_rules", lambda: (Rule("ATT002", "missing-scale", no_check),))
        linted = lint(folder, analyse=analyse)
        assert linted.files == 3
        assert linted.findings == [Finding(f"demo/{name}.py", 2, "missing-scale", "error", "m") for name in "ab"]
        (fault,) = linted.faults
        assert (fault.file, fault.kind) == ("demo/c.py", "internal")
        assert "Traceback" in fault.detail

    def test_a_run_without_rules_is_no_clean_run(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("benchmarks.linting.all_rules", lambda: ())
        with pytest.raises(LintError, match="no rules"):
            lint(folder)

    def test_results_survive_the_disk(self, tmp_path: Path) -> None:
        before = PackageResult(
            "demo", "1.0", 1, 2, 3.0, 0.5, [FileFault("a.py", "internal", "é", "t")], [finding(1)], {"r": 2}
        )
        save([before], tmp_path / "deep/run.json")
        assert load(tmp_path / "deep/run.json") == [before]

    def test_totals(self) -> None:
        both = total([result(finding(1)), result(name="other", lines=1)])
        assert (both.files, both.lines, both.ratio) == (6, 100_001, 4.0)
        assert both.internal_faults() == 0
        assert both.severities() == {"warning": 1}

    def test_lines_are_counted_also_where_python_cannot_parse(self, tmp_path: Path) -> None:
        for name, text in (("a.py", "x = 1\ny = 2"), ("b.py", "def (\n"), ("c.py", ""), ("d.py", "\0")):
            (tmp_path / name).write_text(text)
        lines, seconds = measure_parse(sorted(tmp_path.iterdir()))
        assert lines == 4
        assert seconds > 0


def test_pages_are_linted_and_not_counted_as_python(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("attention = 1\n")
    axis = "# scores: [batch, heads, q_len, k_len]\nweights = softmax(scores, axis=-2)\n"
    (tmp_path / "README.md").write_text(f"```python\n{axis}```\n")
    linted = lint(tmp_path, jobs=1)
    assert linted.files == 1
    assert [(each.file, each.line, each.rule) for each in linted.findings] == [("README.md", 3, "softmax-wrong-axis")]
