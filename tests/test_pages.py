"""Pages of text: their blocks of Python are read together, reported at the page's own lines, and fixed in place."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlint.diagnostic import Edit, Fix, Span
from attnlint.fixing.edits import Refused, applied, placed, text_after
from attnlint.rows import lines_of
from attnlint.source import decode

# Three mistakes: the queries' axis (in a list), no scale (in a quotation), the mask after the softmax (in a tab).
PAGE = """\
# Attention à la main 😀

Some `weights = softmax(scores, axis=0)` in the text.

```python
import numpy as np

def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
```

1. First:

   ```py title="axis.py"
   # scores: [batch, heads, q_len, k_len]
   weights = softmax(scores, axis=-2)  # 日本
   ```

> ~~~python
> scores = query @ key.transpose(0, 1, 3, 2)
>
> weights = softmax(scores)
> ~~~

```sh
weights = softmax(scores, axis=0)
```

=== "NumPy"

    ```{.python linenums="1"}
    attn = softmax(scores / np.sqrt(d_k))
    attn = attn * mask
    context = attn @ value
    ```

The end, without a newline"""

FIXED = (
    PAGE.replace("axis=-2)  #", "axis=-1)  #")
    .replace("key.transpose(0, 1, 3, 2)", "key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1])")
    .replace(
        "    attn = softmax(scores / np.sqrt(d_k))\n    attn = attn * mask\n",
        "    attn = softmax(np.where(mask == 0, -np.inf, scores / np.sqrt(d_k)))\n",
    )
)

RST = """\
Attention
=========

.. code-block:: python
   :linenos:

   import numpy as np

Text::

    # scores: [batch, heads, q_len, k_len]
    weights = softmax(scores, axis=-2)

.. code-block:: console

   weights = softmax(scores, axis=0)

* An item

  .. code:: python

     scores = query @ key.transpose(0, 1, 3, 2)
     weights = softmax(scores)

"""


def found(out):
    return {
        (each["location"]["row"], each["location"]["column"], each["name"])
        for each in json.loads(out)
        if each["severity"] != "info"
    }


def names(check, page, path="page.md"):
    return [(row, name) for row, _, name in sorted(found(check(path, "--output-format", "json")[1]))]


def test_planted_mistakes_are_reported_at_the_lines_of_the_page(plant, check):
    plant({"page.md": PAGE})
    code, out, _ = check("page.md", "--output-format", "json")
    assert code == 1
    assert found(out) == {
        (17, 14, "softmax-wrong-axis"),
        (21, 12, "missing-scale"),
        (34, 12, "mask-after-softmax"),
    }
    assert {each["cell"] for each in json.loads(out)} == {None}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["no mark", "byte order mark"])
def test_fixes_are_made_in_place_and_change_not_a_byte_else(plant, check, newline, start):
    def written(text):
        return f"{start}{text}".replace("\n", newline).encode()

    folder = plant({"page.md": written(PAGE)})
    check("page.md", "--fix")
    assert (folder / "page.md").read_bytes() == written(FIXED)
    check("page.md", "--fix")
    assert (folder / "page.md").read_bytes() == written(FIXED)


def test_a_diff_is_one_of_the_page(plant, check):
    plant({"page.md": PAGE})
    lines = check("page.md", "--diff")[1].splitlines()
    assert "-> scores = query @ key.transpose(0, 1, 3, 2)" in lines
    assert "+> scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1])" in lines


def test_restructured_text_is_read_and_fixed_alike(plant, check):
    folder = plant({"page.rst": RST})
    assert names(check, RST, "page.rst") == [(12, "softmax-wrong-axis"), (22, "missing-scale")]
    check("page.rst", "--fix")
    fixed = RST.replace("axis=-2", "axis=-1").replace("3, 2)", "3, 2) / np.sqrt(query.shape[-1])")
    assert (folder / "page.rst").read_text() == fixed


AXIS = "# scores: [batch, heads, q_len, k_len]\nweights = softmax(scores, axis=-2)\n"


@pytest.mark.parametrize(
    ("info", "is_read"),
    [
        *((info, True) for info in ("python", "py", "Python3", "python3.11", "{python}", "{.python .numberLines}")),
        *((info, True) for info in ("{#lst-a .python lst-cap='x'}", "{testcode} group", "python,linenos")),
        *((info, True) for info in ("{code-cell} ipython3", "{code-cell}", "{code-block} python", "py hl_lines=2")),
        *((info, False) for info in ("", "text", "pytb", "pythonrepl", "python-traceback", "{r}", "{code-block} r")),
    ],
)
def test_a_fence_is_read_by_its_language(plant, check, info, is_read):
    plant({"page.md": f"```{info}\n{AXIS}```\n"})
    assert names(check, "page.md") == ([(3, "softmax-wrong-axis")] if is_read else [])


UNSCALED = "# q, k: [batch, heads, length, 64]\nweights = softmax(q @ k.swapaxes(-1, -2))\n"
ADVICE = "the page shows this as a mistake, so it is not fixed; "


@pytest.mark.parametrize(
    ("above", "comment", "is_lesson"),
    [
        ("This is wrong:", "", True),
        ("**Bad**", "", True),
        ("\u274c Unscaled", "", True),
        ("Don't do this:", "", True),
        ("Incorrect\n=========", "", True),
        ("### Wrong", "", True),
        ("## Pitfall: forgetting the scale\n\nSay:", "", True),
        ("Attention:", "# WRONG: no scale\n", True),
        ("Attention:", "# bad\n", True),
        ("Attention:", "x = 1  # \u274c\n", True),
        ("Attention:", "", False),
        ("Attention:", "# Don't do this\n", True),
        ("Attention:", "# don't attend to bad tokens\n", False),
        ("Attention:", "# heads that do not go wrong\n", False),
        ("Attention in badges:", "", False),
        ("Wrong:\n\n```python\ny = 1\n```\n", "", False),
    ],
)
def test_a_fix_of_what_a_page_calls_wrong_is_shown_and_not_made(plant, check, above, comment, is_lesson):
    page = f"{above}\n\n```python\n{comment}{UNSCALED}```\n"
    folder = plant({"page.md": page})
    (found,) = json.loads(check("page.md", "--select", "ATT002", "--output-format", "json")[1])
    assert found["name"] == "missing-scale"
    assert (found["fix"]["applicability"] == "display") == is_lesson
    mark = "<!-- attnlint: wrong[missing-scale] -->"
    assert (
        ADVICE + f"`{mark}` above the block silences it" in check("page.md", "--select", "ATT002")[1].replace("\n", " ")
    ) == is_lesson
    check("page.md", "--fix", "--unsafe-fixes")
    assert ((folder / "page.md").read_text() == page) == is_lesson
    start = page.rindex("```python")
    plant({"page.md": f"{page[:start]}{mark}\n\n{page[start:]}"})
    assert check("page.md", "--select", "ATT002") == (0, "Found nothing wrong in 1 file.\n", "")


@pytest.mark.parametrize(
    ("above", "is_lesson"),
    [
        ("This is wrong::\n\n", True),
        ("This is wrong:\n\n.. code-block:: python\n   :linenos:\n\n", True),
        ("Like this::\n\n", False),
        ("It is::\n\n   bad = wrong = 1\n\n.. code:: python\n\n", False),
    ],
)
def test_so_in_restructured_text(plant, check, above, is_lesson):
    page = above + "".join(f"   {line}\n" for line in UNSCALED.splitlines())
    folder = plant({"page.rst": page})
    assert (f"{ADVICE}`.. attnlint: wrong[missing-scale]`" in check("page.rst")[1].replace("\n", " ")) == is_lesson
    check("page.rst", "--fix", "--unsafe-fixes")
    assert ((folder / "page.rst").read_text() == page) == is_lesson


def test_a_file_is_fixed_whatever_it_says_of_itself(plant, check):
    folder = plant({"model.py": f"# WRONG\n{UNSCALED}"})
    check("model.py", "--fix", "--unsafe-fixes")
    assert (folder / "model.py").read_text() != f"# WRONG\n{UNSCALED}"


@pytest.mark.parametrize(("name", "mark"), [("a.md", "<!-- ATTNLINT: Skip -->"), ("a.rst", ".. Attnlint: SKIP")])
def test_marks_may_be_in_any_case(plant, check, name, mark):
    body = "".join(f"   {line}\n" for line in AXIS.splitlines())
    block = f"```python\n{body}```\n" if name == "a.md" else f".. code:: python\n\n{body}"
    plant({name: f"{mark}\n\n{block}", f"b{name}": block})
    assert check(name) == (0, "Found nothing wrong in 1 file.\n", "")
    assert check(f"b{name}")[0] == 1


def test_of_an_unused_ignore_in_a_session_no_fix_is_promised(plant, check):
    session = "```pycon\n>>> x = 1  # attnlint: ignore[ATT002]\n```\n"
    code = "\n```python\ny = 1  # attnlint: ignore[ATT002]\n```\n"
    folder = plant({"page.md": session + code})
    _code, out, _err = check("page.md", "--output-format", "json")
    found = json.loads(out)
    assert [(each["location"]["row"], each["name"]) for each in found] == [(2, "unused-ignore"), (6, "unused-ignore")]
    assert [each["fix"] is not None for each in found] == [False, True]
    assert "[*] 1 fixable with --fix.\n" in check("page.md")[1]
    assert "Fixed 1 finding in 1 file; 1 remains.\n" in check("page.md", "--fix")[1]
    assert (folder / "page.md").read_text() == session + "\n```python\ny = 1\n```\n"


@pytest.mark.parametrize("options", ["#| echo: false\n", ":tags: [hide]\n:linenos:\n", "---\ntags: [hide]\n---\n"])
def test_options_of_a_cell_are_no_code(plant, check, options):
    plant({"page.qmd": f"```{{code-cell}}\n{options}{AXIS}```\n"})
    assert names(check, "", "page.qmd") == [(3 + options.count("\n"), "softmax-wrong-axis")]


def test_a_session_is_read_without_its_prompts_and_never_edited(plant, check):
    session = (
        "```pycon\n>>> # scores: [batch, heads, q_len, k_len]\n>>> weights = softmax(\n...     scores, axis=-2)\n"
        "array(\n```\n"
    )
    folder = plant({"page.md": session})
    assert names(check, session) == [(3, "softmax-wrong-axis")]
    check("page.md", "--fix")
    assert (folder / "page.md").read_text() == session


@pytest.mark.parametrize(
    "block",
    [
        "class A:\n    def __init__(self):\n        ...\n",
        'def f():\n    """Do.\n\n    >>> f()\n    """\n',
        "%matplotlib inline\n",
        "!pip install torch\n",
        "%%time\n",
    ],
)
def test_what_looks_like_a_session_or_is_ipythons_keeps_no_block_from_being_read(plant, check, block):
    plant({"page.md": f"```{{python}}\n{block}{AXIS}```\n"})
    assert names(check, "") == [(3 + block.count("\n"), "softmax-wrong-axis")]


@pytest.mark.parametrize("newline", ["\r", "\r\r\n"], ids=["cr", "crcrlf"])
@pytest.mark.parametrize("suffix", [".md", ".rst"])
def test_lines_end_as_the_page_ends_them(plant, check, newline, suffix):
    block = "".join(f"   {line}\n" for line in AXIS.splitlines())
    page = f"```python\n{AXIS}```\n" if suffix == ".md" else f".. code:: python\n\n{block}"
    folder = plant({f"page{suffix}": page.replace("\n", newline).encode()})
    check(f"page{suffix}", "--fix")
    fixed = page.replace("axis=-2", "axis=-1").replace("\n", newline).encode()
    assert (folder / f"page{suffix}").read_bytes() == fixed


def test_a_carriage_return_in_the_text_shifts_no_line(plant, check):
    plant({"page.md": f"progress\rdone\n\n```python\n{AXIS}```\n"})
    assert names(check, "") == [(6, "softmax-wrong-axis")]


def test_directives_may_hold_blocks(plant, check):
    plant({"page.md": f"````{{note}}\n```python\n{AXIS}```\n````\n"})
    assert names(check, "") == [(4, "softmax-wrong-axis")]


def test_a_page_may_say_that_its_cells_are_in_another_language(plant, check):
    front = "---\nkernelspec:\n  display_name: R\n  language: R\n---\n\n"
    plant({"page.md": f"{front}```{{code-cell}}\n{AXIS}```\n\n```python\n{AXIS}```\n"})
    assert names(check, "") == [(14, "softmax-wrong-axis")]


def test_the_title_of_a_page_about_mistakes_sets_nothing_apart(plant, check):
    front = '---\ntitle: "Common mistakes"\n---\n\n'
    first = f"{front}```python\n# scores: [batch, heads, q_len, k_len]\n```\n\n"
    page = f"{first}```python\nw = softmax(scores, axis=2)\n```\n"
    plant({"page.md": page})
    assert names(check, "") == [(10, "softmax-wrong-axis")]


@pytest.mark.parametrize("heading", ["Problem setup", "Error analysis", "Avoiding loops", "What is missing"])
def test_a_heading_that_speaks_of_no_mistake_sets_nothing_apart(plant, check, heading):
    head = "```python\n# scores: [batch, heads, q_len, k_len]\n```\n\n"
    plant({"page.md": f"# Attention\n\n{head}## {heading}\n\n```python\nw = softmax(scores, axis=2)\n```\n"})
    assert names(check, "") == [(10, "softmax-wrong-axis")]


def test_in_a_section_on_a_mistake_a_class_that_is_written_anew_hides_nothing(plant, check):
    head = "```python\nimport numpy as np\nclass Attention:\n    def __call__(self, q, k, v):\n"
    wrong = "        return softmax(q @ k.swapaxes(-1, -2)) @ v\n```\n\nWhat they mean is:\n\n"
    right = "        return softmax(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])) @ v\n```\n"
    plant({"page.md": f"# Attention\n\n## Pitfalls\n\n{head}{wrong}{head}{right}"})
    assert names(check, "") == [(9, "missing-scale")]


def test_what_is_commented_out_is_not_read(plant, check):
    block = "".join(f"      {line}\n" for line in AXIS.splitlines())
    plant({"page.rst": f"..\n   .. code:: python\n\n{block}\n.. This is\n   commented out::\n\n{block}"})
    assert names(check, "", "page.rst") == []


def test_sessions_and_long_options_of_restructured_text_are_read(plant, check):
    session = "".join(f">>> {line}\n" for line in AXIS.splitlines())
    block = "".join(f"   {line}\n" for line in AXIS.splitlines())
    page = f"Try:\n\n{session}\n.. code:: python\n   :caption: one\n      two\n\n{block}"
    plant({"page.rst": page})
    assert names(check, "", "page.rst") == [(4, "softmax-wrong-axis"), (11, "softmax-wrong-axis")]


@pytest.mark.parametrize(
    ("marks", "is_found"),
    [
        ("<!-- attnlint: wrong[softmax-wrong-axis] -->\n<!-- attnlint: wrong[missing-scale] -->\n", False),
        ("<!-- attnlint: skip -->\n<!-- prettier-ignore -->\n", False),
        ("<!-- prettier-ignore -->\n", True),
    ],
)
def test_all_comments_above_a_block_count(plant, check, marks, is_found):
    plant({"page.md": f"{marks}```python\n{AXIS}```\n"})
    assert bool(names(check, "")) == is_found


@pytest.mark.parametrize("margin", ["- ", "> ", "1. "])
def test_a_comment_above_a_list_or_a_quotation_is_for_the_block_that_begins_it(plant, check, margin):
    rows = ["```python", *AXIS.splitlines(), "```"]
    rest = "> " if margin == "> " else " " * len(margin)
    block = "".join(f"{rest if number else margin}{row}\n" for number, row in enumerate(rows))
    plant({"page.md": f"<!-- attnlint: skip -->\n{block}"})
    assert names(check, "") == []


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("skp", "page.md:1: unknown word 'skp' in a comment to attnlint; did you mean 'skip'?"),
        ("ignore", "page.md:1: unknown word 'ignore' in a comment to attnlint; there is skip, and wrong[…]"),
        ("wrong[softmax-wrong-axes]", "unknown rule 'softmax-wrong-axes' in a comment to attnlint; did you mean"),
    ],
)
def test_a_comment_that_means_nothing_is_told(plant, check, mark, said):
    plant({"page.md": f"<!-- attnlint: {mark} -->\n```python\n{AXIS}```\n"})
    code, _, err = check("page.md")
    assert code == 1
    assert said in err


def test_a_rule_that_did_not_run_is_not_missed(plant, check):
    plant({"page.md": f"<!-- attnlint: wrong[softmax-wrong-axis] -->\n```python\n{AXIS}```\n"})
    assert check("page.md", "--select", "missing-scale")[2] == ""


def test_a_block_that_does_not_parse_is_left_out_and_can_be_seen(plant, check, capsys):
    from attnlint.cli import main

    plant({"page.md": f"```python\ndef forward(self, …):\n```\n\n```python\n{AXIS}```\n"})
    assert names(check, "") == [(7, "softmax-wrong-axis")]
    main(["show", "page.md"])
    assert "page.md:2: not read: invalid character" in capsys.readouterr().err


@pytest.mark.parametrize("mark", ["attnlint: skip", "attnlint:skip -- shown as it was"])
def test_a_block_marked_to_be_skipped_is_not_read(plant, check, mark):
    plant({"page.md": f"<!-- {mark} -->\n```python\n{AXIS}```\n\n```python\n{AXIS}```\n"})
    assert names(check, "") == [(9, "softmax-wrong-axis")]


def test_a_mark_is_for_the_block_below_it_alone(plant, check):
    plant({"page.md": f"<!-- attnlint: skip -->\nWords between.\n\n```python\n{AXIS}```\n"})
    assert names(check, "") == [(6, "softmax-wrong-axis")]


def test_restructured_text_marks_blocks_by_its_own_comments(plant, check):
    block = "".join(f"   {line}\n" for line in AXIS.splitlines())
    page = f".. attnlint: skip\n\n.. code:: python\n\n{block}\n.. attnlint: wrong\n\n.. code:: python\n\n{block}"
    plant({"page.rst": page})
    assert names(check, "", "page.rst") == []


@pytest.mark.parametrize("rules", ["", "[softmax-wrong-axis]", "[ATT008, missing-scale]"])
def test_code_that_is_wrong_on_purpose_is_not_reported_and_not_fixed(plant, check, rules):
    page = f"<!-- attnlint: wrong{rules} -->\n\n```python\n{AXIS}```\n"
    folder = plant({"page.md": page})
    assert check("page.md", "--fix")[0] == 0
    assert (folder / "page.md").read_text() == page


def test_what_is_wrong_in_another_way_than_it_says_is_reported(plant, check):
    plant({"page.md": f"<!-- attnlint: wrong[missing-scale] -->\n```python\n{AXIS}```\n"})
    code, out, err = check("page.md", "--output-format", "concise")
    assert code == 1
    assert "page.md:4:11: ATT008" in out
    assert "page.md:3: marked as wrong, and no missing-scale is found here" in err


def test_code_that_is_right_and_said_to_be_wrong_is_told(plant, check):
    plant({"page.md": "<!-- attnlint: wrong -->\n```python\nweights = softmax(scores, axis=-1)\n```\n"})
    code, _, err = check("page.md")
    assert code == 0
    assert "page.md:3: marked as wrong, and nothing is found here" in err


def test_blocks_share_their_names_and_what_comments_say(plant, check):
    first = "```python\n# scores: [batch, heads, q_len, k_len]\n```\n\n## Next\n\n"
    page = f"{first}```python\nw = softmax(scores, axis=2)\n```\n"
    plant({"page.md": page})
    assert names(check, page) == [(8, "softmax-wrong-axis")]


def test_blocks_for_another_library_begin_anew(plant, check):
    block = "```python\nimport {} as nn\nmha = nn.{}(64, 4)\n```\n\n"
    plant({"page.md": block.format("torch.nn", "MultiheadAttention") + block.format("keras.layers", "Attention")})
    assert names(check, "") == []


def test_a_section_on_a_mistake_stands_alone(plant, check):
    """The comment of the second section is no word about the tensors of the first."""
    page = (
        "# Mistakes\n\n## Mistake 1: scale\n\n```python\nscores = Q @ K.T\n```\n\n"
        "## Mistake 2: transpose\n\n```python\nscores = Q @ K  # Q, K: [batch, seq, d_k]\n```\n\n"
        "The fix:\n\n```python\nscores = Q @ K.transpose(0, 2, 1)  # [batch, seq, seq]\n```\n"
    )
    plant({"page.md": page})
    assert names(check, page) == [(6, "missing-scale"), (12, "wrong-qk-transpose")]


def test_a_page_without_python_is_clean(plant, check):
    plant({"page.md": "# attention\n\nsoftmax\n", "page.rst": "attention\n", "empty.md": ""})
    assert check("page.md", "page.rst", "empty.md")[0] == 0


def test_a_page_that_is_no_utf_8_is_said(plant, check):
    plant({"page.md": "# attention é\n".encode("latin-1")})
    code, _, err = check("page.md")
    assert code == 2
    assert "page.md:1: unreadable: is not valid utf-8: byte 0xe9 on line 1; save it as UTF-8" in err


MARGINS = st.sampled_from(["", "   ", "> ", "> > ", "1. "])
CODE = st.sampled_from(["x = 1", "if x:", "    y = 'é😀'", "", "    z = (1,", "  2)", "w = 3", "\tv = 4"])


@st.composite
def pages(draw):
    """Markdown with some blocks in lists, quotations or none, and words between them."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        margin = draw(MARGINS)
        rest = "   " if margin == "1. " else margin
        rows = ["```python", *draw(st.lists(CODE, min_size=1, max_size=4)), "```"]
        parts += [(rest if number else margin) + row for number, row in enumerate(rows)]
        parts += ["", draw(st.sampled_from(["Words.", "# Title", "```sh", "é"])), ""]
    return draw(st.sampled_from(["\n", "\r\n"])).join(parts)


@given(pages(), st.data())
def test_every_row_of_code_stands_where_the_layout_says(page, data):
    source = decode("page.md", page.encode())
    lines = [line.rstrip("\r\n") for line in lines_of(page)]
    rows = [row for block in source.layout.blocks for row in range(block.first, block.last + 1)]
    for row in rows:
        line = source.layout.line(row)
        assert line.prefix + source.line(row) == lines[line.row - 1]
    if not rows:
        return
    row = data.draw(st.sampled_from(rows))
    column = data.draw(st.sampled_from([1, len(source.line(row)) + 1]))
    text = data.draw(st.sampled_from(["import a\n", "u = 1\nv = 2\n", "  # é", "\nt = 1"]))
    try:
        after = applied(source, placed(source, [Edit(Span(row, column, row, column), text)]))
    except Refused:  # the block would not parse any more
        return
    assert after.text == text_after(source.text, placed(source, [Edit(Span(row, column, row, column), text)]))
    kept = [line for line in lines if line not in {lines[row - 1]}]
    remaining = iter(after.data.decode().replace("\r\n", "\n").split("\n"))
    assert all(line in remaining for line in kept)


def test_what_is_put_at_the_top_of_a_page_goes_into_its_first_block():
    source = decode("page.md", b"# Title\n\n```python\nx = 1\n```\n")
    fix = Fix("import", (Edit(Span(1, 1, 1, 1), "import math\n"),))
    assert source.layout.fitted(fix).edits == (Edit(Span(4, 1, 4, 1), "import math\n"),)


@pytest.mark.parametrize("span", [Span(1, 1, 1, 2), Span(4, 1, 6, 1), Span(5, 1, 5, 2), Span(6, 1, 6, 1)])
def test_what_is_no_code_is_never_edited(span):
    source = decode("page.md", b"# Title\n\n```python\nx = 1\n```\nwords\n")
    assert source.layout.fitted(Fix("change", (Edit(span, "y"),))) is None


SEED = Path(__file__).parent.parent / "fixtures" / "seed"
TITLES = (
    "Forgetting the Causal Mask",
    "Forgetting to Scale",
    "Wrong Transpose",
    "Head Dimension Mismatch",
    "Heads not Concatenated",
    "Concatenated Positions",
    "Mask Shape",
    "Softmax over the Wrong Axis",
    "Mask after Softmax",
    "KV Cache",
)


@pytest.mark.parametrize("suffix", [".md", ".rst"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_page_of_all_ten_mistakes_and_their_repairs(plant, check, library, suffix):
    """Each mistake is found at its line of the page, and nothing in what repairs it."""
    lines = ["Common Mistakes", "===============", ""]
    expected = set()
    for number, title in enumerate(TITLES, 1):
        heading = f"Mistake {number}: {title}"
        lines += [heading, "-" * len(heading), ""]
        for kind, words in (("wrong", "Wrong code:"), ("fixed", "The fix:")):
            opening, margin, closing = (
                ("```python", "", "```") if suffix == ".md" else (".. code:: python\n", "   ", "")
            )
            lines += [words, "", *opening.split("\n")]
            for line in (SEED / f"{number:02}_{kind}_{library}.py").read_text().splitlines():
                code, _, rules = line.partition("  # expect: ")
                lines.append(margin + code)
                expected |= {(len(lines), rule) for rule in rules.split(", ") if rules}
            lines += [closing, ""]
    plant({f"page{suffix}": "\n".join(lines)})
    reported = json.loads(check(f"page{suffix}", "--output-format", "json")[1])
    assert {(each["location"]["row"], each["name"]) for each in reported} == expected
    assert len({rule for _, rule in expected}) == 10


def test_code_that_a_page_writes_anew_is_judged_as_it_first_was(plant, check):
    """The first version uses the first softmax, and the second class of a name does not hide the first."""
    head = "```python\nimport numpy as np\nclass Attention:\n    def __call__(self, q, k, v):\n"
    wrong = "        return softmax(q @ k.swapaxes(-1, -2)) @ v\n```\n\nBetter:\n\n"
    right = "        return softmax(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])) @ v\n```\n"
    plant({"page.md": f"# Attention\n\n{head}{wrong}{head}{right}"})
    assert names(check, "") == [(7, "missing-scale")]


@pytest.mark.parametrize("path", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "benchmarks"])
def test_our_own_pages_show_what_they_say(path, check, monkeypatch):
    """Examples of mistakes are marked as such, and each of them shows its own."""
    monkeypatch.chdir(Path(__file__).parent.parent)
    code, _, err = check(path, "--isolated")
    assert (code, err) == (0, "")
