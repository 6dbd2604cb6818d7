"""Notebooks: read in the order of their cells, reported by cell and line, fixed in their JSON and nowhere else."""

import json
import re

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlint.diagnostic import Edit, Span
from attnlint.pages.notebook import code_cells, read, rewritten
from attnlint.pages.text import NotAPage
from attnlint.source import Unreadable, decode

# Three mistakes: no scale (cell 4), the queries' axis (cell 5), the mask after the softmax (cell 7).
LAST = (
    r"mask = torch.tril(torch.ones(T, T))\nscores = q @ k.transpose(-2, -1) / D**0.5\n"
    r"attn = F.softmax(scores, dim=-1)\nattn = attn.masked_fill(mask == 0, 0)\ny = attn @ v"
)
BOOK = r"""{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "intro",
   "metadata": {},
   "source": ["# Attention \u00e0 la main\n", "`weights = F.softmax(scores, dim=0)`"]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "id": "imports",
   "metadata": {"tags": ["setup",  "keep"]},
   "outputs": [{"name": "stdout", "output_type": "stream", "text": ["scores\n", "\u2028"]}],
   "source": ["%matplotlib inline\n", "!pip install torch\n", "import torch\n", "import torch.nn.functional as F"]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "shell",
   "metadata": {},
   "outputs": [],
   "source": "%%bash\necho 'it is not Python"
  },
  {
   "cell_type": "code",
   "execution_count": 2,
   "id": "scale",
   "metadata": {},
   "outputs": [],
   "source": [
    "B, H, T, D = 2, 4, 16, 8\n",
    "q, k, v = torch.randn(B, H, T, D), torch.randn(B, H, T, D), torch.randn(B, H, T, D)\n",
    "scores = q @ k.transpose(-2, -1)  # 日本 😀\n",
    "weights = F.softmax(scores, dim=-1)\n",
    "%time out = weights @ v"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 3,
   "id": "axis",
   "metadata": {},
   "outputs": [],
   "source": [
    "def attend(q, k, v):\n",
    "    weights = F.softmax(q @ k.transpose(-2, -1) / D**0.5, dim=-2)\n",
    "    return weights @ v\n",
    "out = attend(q, k, v)"
   ]
  },
  {"cell_type": "raw", "id": "raw", "metadata": {}, "source": []},
  {
   "cell_type": "code",
   "execution_count": 4,
   "id": "mask",
   "metadata": {},
   "outputs": [],
   "source": "LAST"
  }
 ],
 "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
 "nbformat": 4,
 "nbformat_minor": 5
}""".replace("LAST", LAST)

FIXED = (
    BOOK.replace("scores = q @ k.transpose(-2, -1)  #", "scores = q @ k.transpose(-2, -1) / D ** 0.5  #")
    .replace("D**0.5, dim=-2)", "D**0.5, dim=-1)")
    .replace(
        r"attn = F.softmax(scores, dim=-1)\nattn = attn.masked_fill(mask == 0, 0)\n",
        r"scores = scores.masked_fill(mask == 0, float(\"-inf\"))\nattn = F.softmax(scores, dim=-1)\n",
    )
)

PLANTED = {(4, 3, 10, "missing-scale"), (5, 2, 15, "softmax-wrong-axis"), (7, 4, 8, "mask-after-softmax")}


def found(out):
    return {
        (each["cell"], each["location"]["row"], each["location"]["column"], each["name"])
        for each in json.loads(out)
        if each["severity"] != "info"
    }


def book(*cells, **more):
    """A notebook of code cells, as a text."""
    made = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": c} for c in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4, **more})


def test_planted_mistakes_are_reported_by_cell_and_line(plant, check):
    plant({"a.ipynb": BOOK})
    code, out, _ = check("a.ipynb", "--output-format", "json")
    assert code == 1
    assert found(out) == PLANTED


def test_evidence_and_edits_are_in_their_cells(plant, check):
    plant({"a.ipynb": BOOK})
    reported = json.loads(check("a.ipynb", "--output-format", "json")[1])
    scale = next(each for each in reported if each["name"] == "missing-scale")
    assert [each["location"]["row"] for each in scale["related"]] == [4]
    (edit,) = scale["fix"]["edits"]
    assert edit["location"] == {"row": 3, "column": 10}
    assert edit["content"] == "q @ k.transpose(-2, -1) / D ** 0.5"


def test_odd_comments_are_noted_at_their_cells_in_every_run(plant, check):
    plant({"a.ipynb": book("%matplotlib inline\nscores = 1", "", "x = 1\n\ny = 1  # attnlint: ignore[what]")})
    noted = "a.ipynb:cell 3:3: unknown rule 'what' in an ignore comment\n"
    for _ in range(2):  # the second one is served from the cache
        assert check("a.ipynb")[2] == noted


FILE_LINE = {
    "sarif": r'"physicalLocation": \{[^{]*\{[^}]*\},\s*"region": \{\s*"startLine": (\d+)',
    "github": r"^::\w+ file=a.ipynb,line=(\d+),",
    "gitlab": r'"begin": \{\s*"line": (\d+)',
    "azure": r"linenumber=(\d+);",
    "rdjson": r'"start": \{\s*"line": (\d+)',
}


def written(name):
    """A notebook with one mistake, as different tools write it."""
    rows = [
        "import torch",
        "import torch.nn.functional as F",
        "q, k = torch.randn(2, 4, 16, 8), torch.randn(2, 4, 16, 8)",
    ]
    rows += ["scores = q @ k.transpose(-2, -1) / 8**0.5", "", 'weights = F.softmax(scores, dim=2)  # 日😀 "\\n"']
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# A\n", "b"]}]
    cells.append({"cell_type": "code", "metadata": {}, "outputs": [], "source": [f"{row}\n" for row in rows[:3]]})
    last = [f"{row}\n" for row in rows[3:]]
    cells.append(
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": last if name != "string" else "".join(last)}
    )
    data = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    text = json.dumps(data, indent=None if name == "one line" else 1, ensure_ascii=name == "ascii")
    return text.replace("\n", "\r\n") if name == "carriage returns" else text


@pytest.mark.parametrize("format_", FILE_LINE)
@pytest.mark.parametrize("style", ["ascii", "unicode", "string", "one line", "carriage returns"])
def test_services_get_the_line_of_the_file_on_which_the_code_stands(plant, check, format_, style):
    text = written(style)
    plant({"a.ipynb": text})
    for _ in range(2):  # the second one is served from the cache
        out = check("a.ipynb", "--output-format", format_)[1]
        (line,) = {int(each) for each in re.findall(FILE_LINE[format_], out, re.M)[:1]}
        assert "weights = F.softmax(scores, dim=2)" in text.split("\n")[line - 1]
        assert "cell 3, line 3" in out


def test_a_folder_is_searched_for_notebooks_but_not_for_their_checkpoints(plant, check):
    plant({"book/a.ipynb": BOOK})
    plant({"book/.ipynb_checkpoints/a-checkpoint.ipynb": BOOK})
    reported = json.loads(check("book", "--output-format", "json")[1])
    assert len({each["filename"] for each in reported}) == 1


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"], ids=["no newline", "newline", "crlf"])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["no mark", "byte order mark"])
def test_fixes_change_the_lines_they_mean_and_not_a_byte_else(plant, check, ending, start):
    def written(text):
        text = f"{start}{text}{ending}"
        return (text.replace("\r\n", "\n").replace("\n", "\r\n") if ending == "\r\n" else text).encode()

    path = plant({"a.ipynb": written(BOOK)}) / "a.ipynb"
    _, out, _ = check("a.ipynb", "--fix")
    assert path.read_bytes() == written(FIXED)
    assert "Fixed 3 findings in 1 file" in out
    check("a.ipynb", "--fix")
    assert path.read_bytes() == written(FIXED)
    nbformat.validate(nbformat.reads(FIXED, as_version=4))


def test_a_notebook_that_escapes_its_characters_keeps_doing_so(plant, check):
    escaped = json.dumps(json.loads(BOOK), indent=1)
    path = plant({"a.ipynb": escaped}) / "a.ipynb"
    check("a.ipynb", "--fix")
    assert path.read_text(encoding="utf-8") == json.dumps(json.loads(FIXED), indent=1)


def test_a_diff_shows_cells_and_not_json(plant, check):
    path = plant({"a.ipynb": BOOK}) / "a.ipynb"
    lines = check("a.ipynb", "--diff")[1].splitlines()
    assert [line for line in lines if line.startswith("+++")] == [f"+++ a.ipynb:cell {cell}" for cell in (4, 5, 7)]
    assert "-    weights = F.softmax(q @ k.transpose(-2, -1) / D**0.5, dim=-2)" in lines
    assert "+    weights = F.softmax(q @ k.transpose(-2, -1) / D**0.5, dim=-1)" in lines
    assert path.read_text(encoding="utf-8") == BOOK


def test_what_was_fixed_is_told_by_cell(plant, check):
    plant({"a.ipynb": BOOK})
    out = check("a.ipynb", "--fix", "--show-fixes")[1]
    assert "(cell 5, line 2)" in out


def test_ignore_comments_work_in_cells(plant, check):
    plant({"a.ipynb": BOOK.replace("# 日本 😀", "# attnlint: ignore[missing-scale]")})
    assert {name for *_, name in found(check("a.ipynb", "--output-format", "json")[1])} == {
        "softmax-wrong-axis",
        "mask-after-softmax",
    }


def test_a_cell_that_does_not_parse_is_reported_and_the_others_are_read(plant, check):
    plant({"a.ipynb": BOOK.replace('"import torch\\n", ', '"import torch\\n", "x = = 1\\n", ')})
    got = found(check("a.ipynb", "--output-format", "json")[1])
    assert (2, 4, 5, "syntax-error") in got
    assert len(got) > 1


def test_other_cells_are_fixed_beside_one_that_does_not_parse(plant, check):
    broken = BOOK.replace('"source": []', '"source": []').replace('"cell_type": "raw"', '"cell_type": "code"')
    broken = broken.replace('"source": []', '"source": ["def f(:"]')
    path = plant({"a.ipynb": broken}) / "a.ipynb"
    check("a.ipynb", "--fix")
    assert path.read_text(encoding="utf-8").count("dim=-2") == 0
    assert '"source": ["def f(:"]' in path.read_text(encoding="utf-8")


def test_a_notebook_of_another_language_is_not_read(plant, check):
    plant({"a.ipynb": book("scores <- q %*% t(k)", metadata={"kernelspec": {"language": "R", "name": "ir"}})})
    assert check("a.ipynb")[0] == 0


@pytest.mark.parametrize("metadata", [{"kernelspec": {"name": "ir"}}, {"kernelspec": {"name": "julia-1.10"}}])
def test_a_kernel_that_says_no_language_is_known_by_its_name(metadata):
    assert read(book("x <- 1", metadata=metadata)).text == ""


def test_kernels_have_whatever_names_environments_have():
    assert read(book("x = 1", metadata={"kernelspec": {"name": "iris-env"}})).text == "x = 1\n\n"


def test_a_cell_in_another_language_is_not_read():
    cells = json.loads(book("SELECT 1", "x = 1"))
    cells["cells"][0]["metadata"] = {"vscode": {"languageId": "sql"}}
    page = read(json.dumps(cells))
    assert page.text == "x = 1\n\n"
    assert page.layout.line(1).cell == 2


def test_a_cell_without_a_source_is_empty():
    assert read(book(None, "x = 1")).text.split() == ["x", "=", "1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no notebook: Expecting property name enclosed in double quotes"),
        ("[]", "is no notebook: its JSON is no object"),
        ("{}", "is no notebook: it has no list of cells"),
        ('{"nbformat": 3, "worksheets": []}', "is a notebook of format 3"),
        ('{"cells": [1]}', "its cell 1 is no object"),
        ('{"cells": [{"cell_type": "code", "source": [1]}]}', "the source of its cell 1 is no text"),
        ("", "is no notebook: Expecting value"),
        ('{"cells": [], "n": ' + "1" * 5000 + "}", "is no notebook that can be read: Exceeds the limit"),
    ],
)
def test_what_is_no_notebook_is_said_with_its_place(plant, check, text, message):
    plant({"a.ipynb": text or "\n"})
    code, _, err = check("a.ipynb")
    assert code == 2
    assert message in err


def test_a_notebook_that_is_no_utf_8_is_said():
    with pytest.raises(Unreadable, match="is not valid utf-8: byte 0xe9 on line 1"):
        decode("a.ipynb", '{"cells": "é"}'.encode("latin-1"))


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    !ls 'a\ny = 2", "if x:\n    pass\ny = 2"),
        ("files = !ls\nn = %timeit -o f()", "files = None\nn = None"),
        ("%time y = f(x)", "y = f(x)"),
        ("%timeit -n 10 f(x)", "f(x)"),
        ("f?\n?f\nx = 1", "pass\npass\nx = 1"),
        ("!pip install a \\\n  b\nx = 1", "pass\n\nx = 1"),
        ("%%time\ny = f(x)", "\ny = f(x)"),
        ("%%capture out\n%time y = 1", "\ny = 1"),
        ("%%writefile model.py\ny = 1", "\ny = 1"),
        ("%%writefile notes.txt\ny = 1", "\n"),
        ("%%html\n<b>\n</b>", "\n\n"),
        ("y = (a\n% b)", "y = (a\n% b)"),
        ('s = """\n%%bash\n!ls\n"""', 's = """\n%%bash\n!ls\n"""'),
        ("!ls (\nx = 1", "pass\nx = 1"),
        ("def run(x):\n    %time y = f(x)\n    return y", "def run(x):\n    y = f(x)\n    return y"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        ("pip install torch\nx = 1", "pass\nx = 1"),
        ("cd ..\nx = 1", "pass\nx = 1"),
        ("res['attn'] = !ls\nres[f(a=1)] = %pwd", "res['attn'] = None\nres[f(a=1)] = None"),
        ("x: list = !ls", "x: list = None"),
        (">>> x = 1\n>>> for i in x:\n...     print(i)\n1", "x = 1\nfor i in x:\n    print(i)\n"),
        ("In [1]: x = 1\nOut[1]: 1", "x = 1\n"),
        ("%%tab pytorch\nx = 1", "\nx = 1"),
        ("x = 1\ry = 2\r\nz = 3", "x = 1\ny = 2\nz = 3"),
        ("await f()", "await f()"),
    ],
)
def test_what_is_ipythons_is_out_of_the_way(cell, python):
    assert read(book(cell)).text == f"{python}\n\n"


def test_names_go_on_from_cell_to_cell_and_rows_know_their_cells():
    page = read(book("a = 1\nb = 2", "", ["c = a\n", "d = b"]))
    assert page.text == "a = 1\nb = 2\n\n\n\nc = a\nd = b\n\n"
    assert [page.layout.line(row).cell for row in range(1, 9)] == [1, 1, 1, 2, 2, 3, 3, 3]
    assert page.layout.placed(Span(7, 5, 7, 6)) == Span(2, 5, 2, 6, 3)


LINES = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8), max_size=4)


@given(
    st.lists(st.tuples(st.sampled_from(["code", "markdown"]), LINES, st.booleans()), min_size=1, max_size=4),
    st.sampled_from([None, 0, 1, 4, "\t"]),
    st.booleans(),
    st.data(),
)
def test_an_edit_changes_one_source_and_nothing_else_of_any_json(cells, indent, ascii_only, data):
    made = [
        {"outputs": [{"source": "no"}], "cell_type": kind, "source": "\n".join(rows) if is_text else
         [f"{row}\n" for row in rows[:-1]] + rows[-1:], "metadata": {"source": [1, {"cells": []}]}}
        for kind, rows, is_text in cells
    ]  # fmt: skip
    whole = {"metadata": {"cells": [3]}, "cells": made, "nbformat": 4}
    text = json.dumps(whole, indent=indent, ensure_ascii=ascii_only)
    codes = list(code_cells(text))
    if not codes:
        return
    number, source = data.draw(st.sampled_from(codes))
    rows = source.split("\n")
    row = data.draw(st.integers(1, len(rows)))
    column = data.draw(st.integers(1, len(rows[row - 1]) + 1))
    new = data.draw(st.sampled_from(["x", "é\n", 'a"b\n\n', "\\"]))
    after = json.loads(rewritten(text, [Edit(Span(row, column, row, column, number), new)]))
    line = rows[row - 1]
    rows[row - 1] = line[: column - 1] + new + line[column - 1 :]
    got = after["cells"][number - 1].pop("source")
    assert "".join(got) == "\n".join(rows)
    assert isinstance(got, str) == isinstance(made[number - 1].pop("source"), str)
    assert after == whole


def test_lines_that_stay_keep_their_very_spelling():
    text = r'{"cells": [{"cell_type": "code", "source": ["\u0061 = 1\n"  ,  "b = 2\n", "c = \/\u002f3"]}]}'
    edit = Edit(Span(2, 5, 2, 6, 1), "20")
    assert rewritten(text, [edit]) == text.replace("b = 2", "b = 20")


@pytest.mark.parametrize(
    ("source", "span", "new", "expected"),
    [
        (r'"# \u003ca\u003e \/\nx = 1\ny"', (2, 5, 2, 6), "2", r'"# \u003ca\u003e \/\nx = 2\ny"'),
        (r'["x = \"\f\"\n",   "y = 1\n", "z \/"]', (2, 5, 2, 6), "2", r'["x = \"\f\"\n",   "y = 2\n", "z \/"]'),
        (r'["a = 1\nb = 2\n", "", "c"]', (2, 5, 2, 6), "3", r'["a = 1\nb = 3\n", "", "c"]'),
        (r'["a\n",  "b\n",  "c"]', (2, 1, 3, 1), "", r'["a\n",  "c"]'),
        (r'["a\n",  "b\n",  "c"]', (3, 1, 4, 1), "", r'["a\n",  "b"]'),
        (r'["a\n",  "b\n",  "c"]', (2, 1, 2, 1), "new\n", r'["a\n",  "new\n",  "b\n",  "c"]'),
        (r'["a\n",  "b"]', (3, 1, 3, 1), "new\n", r'["a\n",  "b\n",  "new"]'),
        (r'["\ud83d\ude00 = 1"]', (1, 5, 1, 6), "2", r'["\ud83d\ude00 = 2"]'),
    ],
)
def test_all_that_no_edit_means_keeps_its_spelling(source, span, new, expected):
    text = '{"cells": [{"cell_type": "code", "source": %s}]}'
    assert rewritten(text % source, [Edit(Span(*span, 1), new)]) == text % expected


def test_a_line_added_below_the_last_one_begins_a_new_one():
    text = book(["a = 1"])
    after = rewritten(text, [Edit(Span(2, 1, 2, 1, 1), "b = 2\n")])
    assert json.loads(after)["cells"][0]["source"] == ["a = 1\n", "b = 2"]


def test_nothing_that_is_too_deep_is_read():
    with pytest.raises(NotAPage, match="nested too deeply"):
        list(code_cells("[" * 200_000))
