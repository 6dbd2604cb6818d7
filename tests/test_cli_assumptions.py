"""What a configuration says of the code, from its file to the report: with the cache, several processes, and fixes."""

import json

import pytest

from attnlint.cli import main

ATTEND = """import torch
from own.ops import soft


def attend(hidden):
    w = soft(hidden @ hidden.transpose(-2, -1) / hidden.size(-1) ** 0.5, dim=1)
    return w @ hidden
"""
FILES = {"own/ops.py": "import kernels\n\n\ndef soft(x, dim=-1):\n    return kernels.run(x, dim)\n", "a.py": ATTEND}
OPS = "[ops]\n'own.ops.soft' = 'softmax'\n"
LAYOUTS = "[layouts]\nhidden = 'B T C'\n"
ALWAYS = "[per-file-causal]\n'a*.py' = 'always'\n"
NONE, ALL = [], ["ATT001:info", "ATT008:error"]


def check(capsys, *arguments):
    """The findings of a run as `code:severity`, and their messages."""
    main(["check", "--output-format", "json", *arguments])
    found = json.loads(capsys.readouterr().out)
    return [f"{each['code']}:{each['severity']}" for each in found], [each["message"] for each in found]


def test_a_kept_report_is_not_served_under_other_assumptions(plant, capsys):
    root = plant(FILES)
    for text, expected in [
        ("", NONE),
        (OPS, ["ATT001:info"]),
        (OPS + LAYOUTS, ALL),
        (OPS + LAYOUTS + ALWAYS, ["ATT001:warning", "ATT008:error"]),
        ("causal = 'never'\n" + OPS + LAYOUTS, ["ATT008:error"]),
        ("causal = 'never'\n" + OPS + LAYOUTS + ALWAYS, ["ATT001:warning", "ATT008:error"]),
        (OPS + LAYOUTS.replace("B T C", "T C"), ["ATT001:info"]),
        (OPS.replace("'softmax'", "'dropout'") + LAYOUTS, NONE),
        ("causal = 'auto'", NONE),
    ]:
        (root / "attnlint.toml").write_text(text)
        for _ in range(2):
            assert check(capsys, "a.py")[0] == expected


def test_the_report_names_the_file_that_says_so(plant, capsys):
    plant(
        {
            **FILES,
            "pyproject.toml": "[tool.attnlint]\ncausal = 'always'\n[tool.attnlint.ops]\n'own.ops.soft' = 'softmax'",
        }
    )
    codes, messages = check(capsys, "a.py", "--select", "ATT001")
    assert codes == ["ATT001:warning"]
    assert messages[0].endswith('causal = "always" in pyproject.toml')


def test_in_several_processes(plant, capsys):
    plant({"attnlint.toml": OPS + LAYOUTS + ALWAYS, **FILES, **{f"a{number}.py": ATTEND for number in range(40)}})
    one = check(capsys, "--jobs", "1", "--no-cache")
    assert one[0] == ["ATT001:warning", "ATT008:error"] * 41
    assert check(capsys, "--jobs", "2", "--no-cache") == one


def test_options_choose_what_is_assumed(plant, capsys):
    plant({**FILES, "attnlint.toml": OPS, "ci/any.toml": "causal = 'never'\n" + OPS + LAYOUTS})
    assert check(capsys, "a.py")[0] == ["ATT001:info"]
    assert check(capsys, "a.py", "--isolated")[0] == NONE
    assert check(capsys, "a.py", "--config", "ci/any.toml")[0] == ["ATT008:error"]


def test_extend(plant, capsys):
    base = "causal = 'never'\n[ops]\n'own.ops.soft' = 'dropout'\n" + LAYOUTS + ALWAYS.replace("a*.py", "/a*.py")
    root = plant({**FILES, "base/base.toml": base, "attnlint.toml": "extend = 'base/base.toml'\n" + OPS})
    # The glob speaks of the folder of the base; the op is said anew.
    assert check(capsys, "a.py")[0] == ["ATT008:error"]
    (root / "attnlint.toml").write_text("extend = 'base/base.toml'\n" + OPS + ALWAYS)
    assert check(capsys, "a.py")[0] == ["ATT001:warning", "ATT008:error"]
    assert main(["config", "a.py"]) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert [row for row in rows if row.startswith("ops")] == ["ops own.ops.soft = softmax attnlint.toml:3"]


def test_a_file_that_says_nothing_of_attention_but_the_name_of_an_op_is_linted(plant, capsys):
    quiet = "import torch\nfrom own.ops import soft\n\n\ndef mix(hidden):\n    return soft(hidden, hidden, hidden)\n"
    root = plant({**FILES, "a.py": quiet, "attnlint.toml": ALWAYS})
    assert check(capsys)[0] == NONE
    (root / "attnlint.toml").write_text(OPS.replace("softmax", "scaled_dot_product_attention") + ALWAYS)
    assert check(capsys)[0] == ["ATT001:warning"]


def test_show_honours_them(plant, capsys):
    plant({**FILES, "attnlint.toml": OPS + LAYOUTS})

    def shape(*options):
        assert main(["show", "a.py", "--output-format", "json", *options]) == 0
        return {each["name"]: each["shape"] for each in json.loads(capsys.readouterr().out)}.get("w")

    assert shape() == "[B T T]"
    assert shape("--isolated") != "[B T T]"
    assert shape("--config", "attnlint.toml") == "[B T T]"


def test_show_with_a_bad_configuration(plant, capsys):
    plant({**FILES, "attnlint.toml": "\n[ops]\n'own.ops.soft' = 'sofmax'"})
    assert main(["show", "a.py"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "attnlint.toml:3: ops: unknown op 'sofmax'; did you mean 'softmax'?\n")


FIXED = [
    ("soft", "hidden, 1", "hidden, -1"),
    ("soft", "hidden, mask, 1", "hidden, mask, -1"),
    ("soft", "hidden, None, dim=1", "hidden, None, dim=-1"),
    ("own.ops.soft", "hidden, None, 1", "hidden, None, -1"),
    ("own.ops.soft", "hidden, dim=1", "hidden, dim=-1"),
    ("functools.partial(soft, dim=1)", "hidden", "hidden"),
]


@pytest.mark.parametrize(("called", "before", "after"), FIXED)
def test_the_axis_is_repaired_where_it_stands(plant, capsys, called, before, after):
    product = "hidden @ hidden.transpose(-2, -1) / hidden.size(-1) ** 0.5"
    before, after = (f"{called}({each.replace('hidden', product)})" for each in (before, after))
    head = "import functools\nimport own.ops\nfrom own.ops import soft\n\n\ndef encoder(hidden, mask):\n"
    code = f"{head}    return {before} @ hidden\n"
    root = plant({**FILES, "a.py": code, "attnlint.toml": OPS + LAYOUTS})
    assert "ATT008:error" in check(capsys, "a.py")[0]
    main(["check", "--fix", "a.py"])
    assert (root / "a.py").read_text() == code.replace(before, after)


@pytest.mark.parametrize("option", ["--fix", "--unsafe-fixes"])
def test_what_is_fixed_is_judged_by_the_same_assumptions(plant, capsys, option):
    root = plant({**FILES, "attnlint.toml": OPS + LAYOUTS + ALWAYS})
    main(["check", "--fix", option, "a.py"])
    capsys.readouterr()
    assert ", dim=-1)" in (root / "a.py").read_text()
    assert check(capsys, "a.py")[0] == ([] if option == "--unsafe-fixes" else ["ATT001:warning"])
