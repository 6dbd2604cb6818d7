"""Where output is coloured, how wide it is, where codes are links, and how much is said."""

import io
import json
import sys
import unicodedata

import pytest

from attnlint.cli import COMMANDS, main
from attnlint.cli.output import chosen, page
from attnlint.rule import all_rules, find

RULE = find("missing-scale")
BAD, GOOD = RULE.example, RULE.use_instead
LINK = f"\x1b]8;;{RULE.url}\x1b\\"


@pytest.mark.parametrize(
    ("option", "environment", "expected"),
    [
        ("auto", {}, "auto"),
        ("always", {"NO_COLOR": "1"}, "always"),
        ("never", {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, "never"),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, "never"),
        ("auto", {"NO_COLOR": "0"}, "never"),
        ("auto", {"NO_COLOR": ""}, "auto"),
        ("auto", {"FORCE_COLOR": "1", "CLICOLOR": "0"}, "always"),
        ("auto", {"FORCE_COLOR": ""}, "auto"),
        ("auto", {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, "never"),
        ("auto", {"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, "always"),
        ("auto", {"CLICOLOR_FORCE": "0"}, "auto"),
        ("auto", {"CLICOLOR": "0"}, "never"),
        ("auto", {"CLICOLOR": "1"}, "auto"),
    ],
)
def test_what_goes_before_what(option, environment, expected):
    """As the pages say that `chosen` names."""
    assert chosen(option, environment) == expected


@pytest.mark.parametrize(("name", "colours"), [("CLICOLOR_FORCE", True), ("FORCE_COLOR", True), ("CLICOLOR", False)])
def test_the_environment_is_heard(plant, capsys, monkeypatch, name, colours):
    plant({"a.py": BAD})
    monkeypatch.setenv(name, "1")
    main(["check", "a.py"])
    assert ("\x1b[" in capsys.readouterr().out) is colours


class Terminal(io.StringIO):
    """Standard output as a terminal of eighty columns."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Run attnlint on a terminal; what it shows."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")

    def terminal(*arguments):
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", Terminal())
            main(list(arguments))
            return sys.stdout.getvalue()

    return terminal


@pytest.mark.parametrize("name", ["full", "concise"])
def test_codes_are_links_on_a_terminal_alone(plant, capsys, monkeypatch, terminal, name):
    plant({"a.py": BAD})
    arguments = ["check", "a.py", "--output-format", name]
    shown = terminal(*arguments)
    if name == "concise":
        assert f"{LINK}ATT002\x1b]8;;\x1b\\" in shown
    else:  # where rich also numbers the links
        assert f";{RULE.url}\x1b\\" in shown
    assert "]8;" not in terminal(*arguments, "--color", "never")
    main([*arguments, "--color", "always"])
    assert "]8;" not in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "]8;" not in terminal(*arguments)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "]8;" not in terminal(*arguments)


def test_every_rule_has_somewhere_to_lead_to(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert set(page("auto").urls) == {rule.code for rule in all_rules()}


@pytest.mark.parametrize(
    ("options", "out", "err"),
    [
        ([], ["bad.py:", "Found 1 ", "[*] 1 fixable"], ["gone.py: no such", "good.py:1: unknown rule"]),
        (["--quiet"], ["bad.py:"], ["gone.py: no such"]),
        (["-q"], ["bad.py:"], ["gone.py: no such"]),
        (["--silent"], [], ["gone.py: no such"]),
        (["-s"], [], ["gone.py: no such"]),
        (["-s", "--fix"], [], ["gone.py: no such"]),
        (["-q", "--fix"], [], ["gone.py: no such"]),
    ],
)
def test_how_much_is_said(plant, capsys, options, out, err):
    plant({"bad.py": BAD, "good.py": "# attnlint: ignore[mising-scale]\n"})
    assert main(["check", "gone.py", "bad.py", "good.py", "--output-format", "concise", *options]) == 2
    shown = capsys.readouterr()
    for text, beginnings in ((shown.out, out), (shown.err, err)):
        lines = text.splitlines()
        assert len(lines) == len(beginnings)
        assert all(line.startswith(beginning) for line, beginning in zip(lines, beginnings, strict=True))


@pytest.mark.parametrize("options", [["-q"], ["-s"], ["-q", "--statistics"]])
def test_the_exit_code_is_the_same(plant, capsys, options):
    plant({"bad.py": BAD, "good.py": GOOD, "empty/a.txt": ""})
    assert main(["check", "bad.py", *options]) == 1
    assert main(["check", "good.py", *options]) == 0
    assert main(["check", "empty", *options]) == 0
    assert capsys.readouterr().err == ""


def test_both_are_a_contradiction(capsys):
    assert main(["check", "-q", "-s"]) == 2
    assert "ask for one of them" in capsys.readouterr().err


def test_silence_is_also_for_programs(plant, capsys):
    plant({"bad.py": BAD})
    assert main(["check", "bad.py", "--silent", "--output-format", "json"]) == 1
    assert capsys.readouterr().out == ""
    assert main(["check", "bad.py", "--quiet", "--output-format", "json"]) == 1
    assert len(json.loads(capsys.readouterr().out)) == 1


WIDTHS = (40, 60, 80, 200)
CONFIGURATION = """\
select = ["missing-scale", "softmax-wrong-axis", "mask-after-softmax", "cache-loses-history"]
per-file-ignores = {"tests/**" = ["missing-scale", "missing-causal-mask"]}
severity = {missing-scale = "error"}
"""


def cells(line):
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)


def too_wide(text, width):
    """Lines that are wider although they could be broken: those of one word, behind their margin, cannot."""
    return [line for line in text.splitlines() if cells(line) > width and len(line.split()) > 1]


@pytest.fixture
def wide(plant, capsys, monkeypatch):
    """Run attnlint with `COLUMNS` set, on a project; what it shows on standard output."""
    plant({"bad.py": BAD + "    " * 3 + "# attention " + "很长的注释 " * 20 + "\n", "attnlint.toml": CONFIGURATION})

    def wide(width, *arguments):
        monkeypatch.setenv("COLUMNS", str(width))
        main(list(arguments))
        return capsys.readouterr().out

    return wide


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--config", "attnlint.toml"],
        ["check", "--statistics"],
        ["rules"],
        ["config", "bad.py"],
        ["show", "bad.py"],
        ["--help"],
        *([name, "--help"] for name in COMMANDS),
    ],
    ids=" ".join,
)
def test_no_line_is_wider_than_the_page(wide, width, arguments):
    out = wide(width, *arguments)
    assert out
    # The place of a finding is one word behind its arrow.
    lines = "\n".join(line for line in out.splitlines() if "-->" not in line)
    assert too_wide(lines, width) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_the_prose_of_a_rule_fits_and_its_code_is_whole(wide, width, rule):
    out = wide(width, "rule", rule.name)
    code = {f"  {line}".rstrip() for text in (rule.example, rule.use_instead) for line in text.splitlines()}
    lines = out.splitlines()
    assert code <= {*lines, ""}
    assert too_wide("\n".join(line for line in lines if line not in code), width) == []
    for text in (rule.summary, rule.why, rule.known_limits, rule.references):
        assert " ".join(text.split()) in " ".join(out.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_is_lost_or_broken(wide, width):
    unbroken, out = wide(10_000, "rules"), wide(width, "rules")
    assert out.split() == unbroken.split()
    unbroken, out = wide(10_000, "config", "bad.py"), wide(width, "config", "bad.py")
    assert out.split() == unbroken.split()


def test_what_is_piped_is_not_broken(plant, capsys):
    plant({})
    main(["rules"])
    assert len(capsys.readouterr().out.splitlines()) == len(all_rules())


@pytest.mark.parametrize("command", [[], *([name] for name in sorted(COMMANDS))])
def test_every_command_has_examples(capsys, command):
    assert main([*command, "--help"]) == 0
    out = capsys.readouterr().out
    examples = out.partition("\nExamples:\n")[2]
    assert f"attnlint {' '.join(command)}".strip() in examples


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chekc"], "no such command 'chekc'; did you mean 'check'?"),
        (["Rules"], "no such command 'Rules'; did you mean 'rules'?"),
        (["zzz"], "no such command 'zzz'\n"),
        (["model.py"], "'model.py' is no command; did you mean: attnlint check model.py"),
        (["src"], "'src' is no command; did you mean: attnlint check src"),
        (["none/there"], "did you mean: attnlint check none/there"),
        (["--verson"], "--version"),
        (["check", "--quite"], "--quiet"),
    ],
)
def test_near_misses(plant, capsys, arguments, message):
    plant({"src/a.py": ""})
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
