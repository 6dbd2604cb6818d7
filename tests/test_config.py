"""Configuration files: which one holds for which linted file, what it extends, and which rules and files it means."""

import os

import pytest

from attnlint.config.file import read
from attnlint.config.nearest import Configured
from attnlint.config.settings import CommandLine
from attnlint.discover import discover
from attnlint.ignores import Ignores, is_glob
from attnlint.rule import all_rules
from tests.configured import wrong

CODES = [rule.code for rule in all_rules()]


def codes(path, configured=None, **command):
    configured = configured or Configured(CommandLine(**command))
    return [rule.code for rule in configured.settings(path).rules]


def found(*paths):
    return [target.path for target in discover(paths or (".",), Configured().excludes)]


def test_everything_wrong_is_said_at_once_in_order(plant):
    plant({"attnlint.toml": "fail-on = 1\nselect = ['x-y', 'ALL', 3]\n'ignroe' = []\n"})
    assert [line for _, line, _ in wrong("a.py")] == [1, 2, 2, 3]


def test_a_table_that_is_none(plant):
    plant({"pyproject.toml": "[tool]\n\nattnlint = 3\n"})
    assert wrong("a.py") == [("pyproject.toml", 3, "[tool.attnlint] must be a table, not a number")]


def test_unreadable_files(plant, monkeypatch):
    root = plant({"attnlint.toml": ""})
    (root / "attnlint.toml").write_bytes(b"# a\nselect = ['\xff']\n")
    assert wrong("a.py") == [("attnlint.toml", 2, "is not UTF-8: byte 0xff")]

    def denied(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", denied)
    assert wrong("a.py") == [("attnlint.toml", 0, "cannot be read: Permission denied")]


def test_a_link_that_leads_nowhere_is_not_passed_over(plant):
    (plant({}) / "attnlint.toml").symlink_to("gone.toml")
    assert wrong("a.py") == [("attnlint.toml", 0, "cannot be read: No such file or directory")]


def test_a_byte_order_mark_is_no_mistake(plant):
    (plant({}) / "attnlint.toml").write_bytes(b"\xef\xbb\xbfselect = ['ATT008']\r\n")
    assert codes("a.py") == ["ATT008"]


def test_the_nearest_file_wins_whole(plant):
    plant(
        {
            "attnlint.toml": "select = ['ATT001']\nfail-on = 'error'",
            "a/b/attnlint.toml": "ignore = ['ATT002']",
            "a/x.py": "",
        }
    )
    assert codes("a/x.py") == ["ATT001"]
    assert codes("a/b/c/x.py") == [code for code in CODES if code != "ATT002"]
    assert Configured().settings("a/b/x.py").fail_on == "warning"
    assert Configured().settings("a/x.py").fail_on == "error"


def test_a_pyproject_without_our_table_is_passed_over(plant):
    plant(
        {
            "pyproject.toml": "[tool.attnlint]\nselect = ['ATT001']",
            "a/pyproject.toml": "[project]\nname = 'a'\n[tool.ruff]\n",
            "a/b/pyproject.toml": "[project]\ndependencies = ['attnlint']\n[tool]\n",
            "c/pyproject.toml": "[project\nbroken, and no concern of ours",
            "d/pyproject.toml": "[tool.attnlint]\n",
            "e/attnlint.toml/x.py": "",
        }
    )
    assert [codes(path) for path in ("a/x.py", "a/b/x.py", "c/x.py", "e/x.py", "e/attnlint.toml/x.py")] == [
        ["ATT001"]
    ] * 5
    assert codes("d/x.py") == CODES


def test_a_file_of_our_own_goes_before_pyproject(plant):
    plant({"pyproject.toml": "[tool.attnlint]\nselect = ['ATT001']", "attnlint.toml": "select = ['ATT002']"})
    assert codes("x.py") == ["ATT002"]


def test_standard_input_has_what_holds_in_the_current_folder(plant):
    plant({"attnlint.toml": "select = ['ATT001']\nper-file-ignores = { '*' = ['ALL'] }"})
    assert codes("-") == ["ATT001"]


def test_extend_key_by_key(plant):
    plant(
        {
            "shared/base.toml": "select = ['ATT001', 'ATT002']\nignore = ['ATT002']\nfail-on = 'error'\n"
            "extend-select = ['ATT003']\n[severity]\nATT001 = 'info'\nATT003 = 'info'",
            "a/attnlint.toml": "extend = '../shared/base.toml'\nselect = ['ATT002', 'ATT004']\n"
            "extend-select = ['ATT005']\nseverity = { missing-causal-mask = 'error' }",
        }
    )
    settings = Configured().settings("a/x.py")
    assert [rule.code for rule in settings.rules] == ["ATT003", "ATT004", "ATT005"]
    assert settings.fail_on == "error"
    assert {code: severity.value for code, severity in settings.severities} == {"ATT001": "error", "ATT003": "info"}
    configuration = read("a/attnlint.toml")
    assert [os.path.relpath(path) for path in configuration.files] == ["a/attnlint.toml", "shared/base.toml"]
    places = {
        (each.key, each.name): (os.path.relpath(each.place.path), each.place.line) for each in configuration.values
    }
    assert places["select", ""] == ("a/attnlint.toml", 2)
    assert places["ignore", ""] == ("shared/base.toml", 2)
    assert places["severity", "missing-causal-mask"] == ("a/attnlint.toml", 4)
    assert places["severity", "ATT003"] == ("shared/base.toml", 7)
    assert ("severity", "ATT001") not in places


def test_extend_a_pyproject_and_a_chain(plant):
    plant(
        {
            "pyproject.toml": "[tool.attnlint]\nextend = 'one.toml'\nselect = ['ATT001']",
            "one.toml": "extend = './two.toml'\nignore = ['ATT003']",
            "two.toml": "fail-on = 'never'",
            "a/attnlint.toml": "extend = '../pyproject.toml'\nextend-select = ['ATT002', 'ATT003']",
        }
    )
    assert codes("a/x.py") == ["ATT001", "ATT002"]
    assert Configured().settings("a/x.py").fail_on == "never"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"attnlint.toml": "\nextend = 'attnlint.toml'"}, ("attnlint.toml", 2, "attnlint.toml -> attnlint.toml")),
        (
            {"attnlint.toml": "extend = 'b.toml'", "b.toml": "fail-on = 'info'\nextend = './attnlint.toml'"},
            ("b.toml", 2, "extend: goes in a circle: attnlint.toml -> b.toml -> attnlint.toml"),
        ),
        ({"attnlint.toml": "extend = 'b.toml'", "b.toml": "\nselct = 1"}, ("b.toml", 2, "did you mean 'select'?")),
        (
            {"attnlint.toml": "extend = 'a/pyproject.toml'", "a/pyproject.toml": "[tool.x]\n# attnlint"},
            ("a/pyproject.toml", 1, "has no [tool.attnlint] table"),
        ),
        ({"attnlint.toml": "extend = 'a'", "a/b": ""}, ("attnlint.toml", 1, "there is no file 'a'")),
    ],
)
def test_extend_that_cannot_be_followed(plant, files, expected):
    plant(files)
    ((path, line, message),) = wrong("x.py")
    assert (path, line) == expected[:2]
    assert expected[2] in message


def test_a_circle_through_a_link(plant):
    root = plant({"attnlint.toml": "extend = 'loop/attnlint.toml'"})
    (root / "loop").symlink_to(root)
    assert "goes in a circle" in wrong("x.py")[0][2]


@pytest.mark.parametrize(
    ("text", "command", "expected"),
    [
        ("", {}, CODES),
        ("select = []", {}, []),
        ("select = []\nextend-select = ['ATT002']", {}, ["ATT002"]),
        ("select = ['ATT001', 'missing-scale']", {}, ["ATT001", "ATT002"]),
        ("select = ['ATT00']\nignore = ['ATT001']", {}, [code for code in CODES[1:] if code < "ATT010"]),
        ("select = ['ATT008']\nignore = ['ATT0']", {}, ["ATT008"]),
        ("ignore = ['ATT0']", {}, ["ATT100"]),
        ("ignore = ['ATT']", {}, []),
        ("select = ['ATT008']\nseverity = { softmax-wrong-axis = 'off' }", {}, []),
        ("select = ['ATT008']\nignore = ['ATT002']", {"selected": ("ATT002",)}, ["ATT002"]),
        ("severity = { ATT002 = 'off' }", {"selected": ("ATT002",)}, ["ATT002"]),
        ("extend-select = ['ATT008']", {"selected": ("ATT002",)}, ["ATT002"]),
        ("select = ['ATT008']", {"extended": ("ATT002",)}, ["ATT002", "ATT008"]),
        ("select = ['ATT008']\nignore = ['ATT002']", {"extended": ("ATT002",)}, ["ATT002", "ATT008"]),
        ("select = ['ATT008', 'ATT002']", {"ignored": ("ATT008",)}, ["ATT002"]),
        ("select = ['ATT008', 'ATT002']", {"ignored": ("ATT0",)}, []),
        ("select = ['ATT008']", {"extended": ("ATT002",), "ignored": ("ATT0",)}, ["ATT002"]),
        ("select = ['ATT008']", {"ignored": ("ALL",)}, []),
        ("per-file-ignores = { '*.py' = ['ATT002'] }", {"selected": ("ATT00",), "ignored": ("ATT001",)}, CODES[2:9]),
    ],
)
def test_rules_that_run(plant, text, command, expected):
    plant({"attnlint.toml": text})
    assert codes("a.py", **command) == expected


def test_fail_on(plant):
    plant({"attnlint.toml": "fail-on = 'info'"})
    assert Configured().settings("a.py").fail_on == "info"
    assert Configured(CommandLine(fail_on="never")).settings("a.py").fail_on == "never"


@pytest.mark.parametrize(
    ("glob", "path", "is_ignored"),
    [
        ("tests/**", "tests/a.py", True),
        ("tests/**", "tests/deep/a.py", True),
        ("tests/**", "src/tests/a.py", False),
        ("tests/", "src/tests/a.py", True),
        ("test_*.py", "src/tests/test_a.py", True),
        ("/a.py", "a.py", True),
        ("/a.py", "src/a.py", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("**/deep/*", "src/deep/a.py", True),
        ("!src/**", "src/deep/a.py", False),
        ("!src/**", "tests/a.py", True),
        ("!src/", "src/deep/a.py", False),
    ],
)
def test_per_file_ignores(plant, glob, path, is_ignored):
    plant({"attnlint.toml": f"[per-file-ignores]\n'{glob}' = ['missing-scale', 'ATT001']\n'none.py' = ['ALL']"})
    assert codes(path) == (CODES[2:] if is_ignored else CODES)


def test_globs_speak_of_the_folder_of_the_file_they_stand_in(plant):
    plant(
        {
            "base.toml": "per-file-ignores = { '/a/x.py' = ['ATT001'], 'y.py' = ['ATT001'] }\nexclude = ['/a/gone.py']",
            "a/attnlint.toml": "extend = '../base.toml'\nper-file-ignores = { '/x.py' = ['ATT002'] }",
            "a/gone.py": "",
            "a/x.py": "",
        }
    )
    assert codes("a/x.py") == CODES[2:]
    assert codes("a/y.py") == CODES[1:]
    assert found() == ["a/x.py"]


def test_globs_of_a_file_in_another_folder_mean_names(plant):
    plant(
        {
            "shared/base.toml": "exclude = ['gen/', '/top.py', '*_pb2.py', 'deep/a.py']",
            "a/attnlint.toml": "extend = '../shared/base.toml'",
            **dict.fromkeys(["a/top.py", "a/x_pb2.py", "a/gen/x.py", "a/deep/a.py"], ""),
        }
    )
    assert found() == ["a/top.py", "a/deep/a.py"]


def test_one_file_for_all_and_none_at_all(plant):
    plant({"attnlint.toml": "select = ['ATT001']", "ci.toml": "select = ['ATT002']", "a/attnlint.toml": "broken"})
    assert codes("a/x.py", Configured(file="ci.toml")) == ["ATT002"]
    assert codes("a/x.py", Configured(isolated=True)) == CODES
    assert wrong("a/x.py")[0][:2] == ("a/attnlint.toml", 1)


def test_exclude(plant):
    plant(
        {
            "attnlint.toml": "exclude = ['gen/', '*_pb2.py', '/top.py']\nextend-exclude = ['old/**', '!old/kept.py']",
            **dict.fromkeys(["a.py", "top.py", "a_pb2.py", "gen/a.py", "src/gen/b.py", "src/top.py"], ""),
            **dict.fromkeys(["old/a.py", "old/kept.py"], ""),
        }
    )
    assert found() == ["a.py", "old/kept.py", "src/top.py"]


def test_what_is_named_is_read(plant):
    plant({"attnlint.toml": "exclude = ['gen/', 'a.py']", "a.py": "", "gen/b.py": "", "gen/deep/c.py": ""})
    assert found("a.py", "gen/b.py") == ["a.py", "gen/b.py"]
    assert found("gen") == ["gen/b.py", "gen/deep/c.py"]
    assert found("gen/deep") == ["gen/deep/c.py"]
    assert found(".") == []


def test_exclude_takes_back_in(plant):
    plant(
        {
            "attnlint.toml": "exclude = ['!build/', '!kept.py', 'build/no.py']",
            ".gitignore": "*.py\n!seen.py\n",
            ".git/HEAD": "",
            **dict.fromkeys(["build/a.py", "build/no.py", "dist/b.py", "kept.py", "seen.py", "lost.py"], ""),
        }
    )
    assert found() == ["kept.py", "seen.py", "build/a.py"]


def test_exclude_in_place_of_and_besides(plant):
    files = dict.fromkeys(["a/x.py", "a/y.py", "a/z.py", "b/x.py", "b/y.py", "b/z.py"], "")
    plant(
        {
            "base.toml": "exclude = ['x.py']\nextend-exclude = ['y.py']",
            "a/attnlint.toml": "extend = '../base.toml'\nexclude = ['z.py']",
            "b/attnlint.toml": "extend = '../base.toml'\nextend-exclude = ['z.py']",
            **files,
        }
    )
    assert found() == ["a/x.py"]


def test_each_folder_is_walked_by_its_own_configuration(plant):
    plant(
        {
            "attnlint.toml": "exclude = ['x.py']",
            "a/attnlint.toml": "exclude = ['y.py']",
            **dict.fromkeys(["x.py", "y.py", "a/x.py", "a/y.py", "b/x.py", "b/y.py"], ""),
        }
    )
    assert found() == ["y.py", "a/x.py", "b/y.py"]
    configured = Configured()
    assert [configured.leaves_out(path) for path in ("x.py", "a/x.py", "a/y.py", "b/x.py")] == [True, False, True, True]


def test_ignores_have_an_opinion_or_none():
    ignores = Ignores().also("/r", ["*.py", "!b.py"]).also("/r/s", ["b.py", "!a.py"])
    paths = ["/r/s/a.py", "/r/s/b.py", "/r/s/c.py", "/r/s/c.txt", "/r/s", "/r"]
    assert [ignores.decision(path, False) for path in paths] == [False, True, True, None, None, None]
    assert [is_glob(text) for text in ("a", "**", "!a", "", "#", "!", "/", " ")] == [True] * 3 + [False] * 5
