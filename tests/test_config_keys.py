"""The keys of a configuration: on which line each stands, what is wrong with a value, and the schema made of them."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlint.config.keys import KEYS, problems, schema
from attnlint.config.lines import lines
from tests.configured import wrong

LINES = [
    ("a = 1\n\n# b = 2\nb = 2\n", {("a",): 1, ("b",): 4}),
    ("[t]\na = 1\n[t.u]\nb = 2\n", {("t",): 1, ("t", "a"): 2, ("t", "u"): 3, ("t", "u", "b"): 4}),
    ("[t]\n'x.y' = 1\n\"z\\u0061\" = 2\n", {("t", "x.y"): 2, ("t", "za"): 3}),
    ("a.b . c = 1\na.d = 2\n", {("a",): 1, ("a", "b", "c"): 1, ("a", "d"): 2}),
    ("a = [\n  'x', # ]\n\n  'y' ]\nb = 1\n", {("a", 0): 2, ("a", 1): 4, ("b",): 5}),
    ("a = { b = 1, 'c' = [1,\n2] }\nd = 1\n", {("a", "b"): 1, ("a", "c"): 1, ("a", "c", 1): 2, ("d",): 3}),
    ('a = """\nb = 1\n\\""" "" """""\nc = 1\n', {("a",): 1, ("c",): 4}),
    ("a = '''\nb = 1\n'''\nc = 1\n", {("a",): 1, ("c",): 4}),
    ('a = """"""\nb = "\\"#["\nc = 1979-05-27T07:32:00Z # d = 1\ne = 1', {("b",): 2, ("c",): 3, ("e",): 4}),
    ("[[x]]\na = 1\n[[x]]\na = 2\n[y]\nb = 1\n", {("x",): 1, ("y", "b"): 6}),
    ("a = 1\r\nb = 2\r\n", {("a",): 1, ("b",): 2}),
    ("a = [[1], [],\n[2]]\nb = {}\nc = 1", {("a", 2): 2, ("a", 2, 0): 2, ("b",): 3, ("c",): 4}),
]


@pytest.mark.parametrize(("text", "known"), LINES)
def test_lines_of_keys(text, known):
    tomllib.loads(text)
    scanned = lines(text).known
    assert {path: scanned.get(path) for path in known} == known
    paths = {path[0] for path in scanned}
    assert paths == set(tomllib.loads(text))


def test_the_line_of_what_is_not_known_is_that_of_its_table():
    scanned = lines("\n[t]\na = 1\n")
    assert scanned.of(("t", "b", "c")) == 2
    assert scanned.of(("u",)) == 1


@given(st.text(alphabet="ab=.,[]{}\"'\\\n #\r1", max_size=40))
def test_lines_of_any_text_end(text):
    rows = text.count("\n") + 1
    assert all(1 <= line <= rows for line in lines(text).known.values())


WRONG = [
    ("selct = []", 1, "unknown key 'selct'; did you mean 'select'?"),
    ("# c\n\nextend_select = []", 3, "unknown key 'extend_select'; did you mean 'extend-select'?"),
    ("Ignore = []", 1, "unknown key 'Ignore'; did you mean 'ignore'?"),
    ("xyzzy = 1", 1, "unknown key 'xyzzy'; the keys are extend, select, "),
    ("[lint]\nselect = []", 1, "unknown key 'lint'"),
    ("select = 'ATT008'", 1, "select: must be a list, not a string"),
    ("select = [\n'ATT008',\n8]", 3, "select: must be a rule's name or code, not a number"),
    ("select = [\n'ATT008',\n'mising-scale']", 3, "select: unknown rule 'mising-scale'; did you mean 'missing-scale'?"),
    ("ignore = ['ATT99']", 1, "ignore: unknown rule 'ATT99'"),
    ("ignore = ['']", 1, "ignore: unknown rule ''"),
    ("extend-select = ['no-such']", 1, "extend-select: unknown rule 'no-such'"),
    ("exclude = [true]", 1, "exclude: must be a glob, not a boolean"),
    ("exclude = ['a',\n'!']", 2, "exclude: '!' is no glob that matches anything"),
    ("extend-exclude = ['# a']", 1, "extend-exclude: '# a' is no glob that"),
    ("extend-exclude = {}", 1, "extend-exclude: must be a list, not a table"),
    ("fail-on = 'eror'", 1, "'never', not 'eror'; did you mean 'error'?"),
    ("fail-on = 1979-05-27", 1, "not a date or time"),
    ("fail-on = 1.5", 1, "not a number"),
    ("severity = 'error'", 1, "severity: must be a table, not a string"),
    ("[severity]\nATT008 = 'info'\nmising-scale = 'info'", 3, "severity: unknown rule 'mising-scale'; did you mean"),
    ("[severity]\nATT008 = 'fatal'", 2, "severity: must be one of 'error', 'warning', 'info', 'off', not 'fatal'"),
    ("[severity]\nATT008 = true", 2, "not a boolean"),
    ("[severity]\nATT002 = 'info'\nmissing-scale = 'off'", 3, "'missing-scale' and 'ATT002' are one rule"),
    ("severity = { ATT0 = 'info' }", 1, "severity: 'ATT0' means several rules; give the whole name or code of one"),
    ("severity = { all = 'info' }", 1, "severity: 'all' means several rules; give the whole name or code of one"),
    ("[per-file-ignores]\n'tests/**' = 'ALL'", 2, "per-file-ignores: must be a list, not a string"),
    ("[per-file-ignores]\n'a' = []\n'tests/**' = [\n  'ALL',\n  'ATT9']", 5, "per-file-ignores: unknown rule 'ATT9'"),
    ("[per-file-ignores]\n'' = []", 2, "'' is no glob"),
    (
        "causal = 'allways'",
        1,
        "causal: must be one of 'auto', 'always', 'never', not 'allways'; did you mean 'always'?",
    ),
    ("causal = true", 1, "'never', not a boolean"),
    ("causal = { 'a.py' = 'always' }", 1, "'never', not a table"),
    ("[per-file-causal]\n'gpt/**' = ['always']", 2, "per-file-causal: must be one of 'auto', "),
    ("[per-file-causal]\n'a' = 'auto'\n'#' = 'never'", 3, "per-file-causal: '#' is no glob"),
    ("per-file-causl = {}", 1, "unknown key 'per-file-causl'; did you mean 'per-file-causal'?"),
    ("[ops]\n'a.b' = 'matmul'\n'a.c' = 'softmx'", 3, "ops: unknown op 'softmx'; did you mean 'softmax'?"),
    ("[ops]\n'a.b' = 'torch.softmx'", 2, "ops: unknown op 'torch.softmx'; did you mean 'torch.softmax'?"),
    ("[ops]\n'a.b' = 'torhc.matmul'", 2, "ops: unknown op 'torhc.matmul'; did you mean 'torch.matmul'?"),
    (
        "[ops]\n'a.b' = 'torch.nn.funtional.gelu'",
        2,
        "unknown op 'torch.nn.funtional.gelu'; did you mean 'torch.nn.functional.gelu'?",
    ),
    ("[ops]\n'a.b' = 'F.softmax'", 2, "ops: unknown op 'F.softmax'; did you mean 'softmax'?"),
    ("[ops]\n'a.b' = 'mylib.attend'", 2, "ops: unknown op 'mylib.attend'; "),
    ("[ops]\n'a.b' = ['softmax']", 2, "ops: must be the name of an op, not a list"),
    (
        "[ops]\na.b = 'softmax'",
        2,
        "ops: 'a' is no dotted name as it is imported, such as \"mylib.ops.softmax\", in quotes",
    ),
    ("[ops]\n'a.b' = {}", 2, "ops: must be the name of an op, not a table"),
    ("[ops]\nmasked_softmax = 'softmax'", 2, "ops: 'masked_softmax' is no dotted name as it is imported"),
    ("[ops]\n'a.1b' = 'softmax'", 2, "ops: 'a.1b' is no dotted name"),
    ("[layouts]\nx = 'B T C'\nq = 'B, T,, C'", 3, "layouts: '' in 'B, T,, C' is no axis"),
    ("[layouts]\nq = 'B H (T D'", 2, "layouts: '(T' in 'B H (T D' is no axis; write them as in 'batch heads"),
    ("[layouts]\nq = 'B ... C'", 2, "layouts: '...' in 'B ... C' is any number of axes, which can only stand in"),
    ("[layouts]\nq = '[]'", 2, "layouts: '[]' has no axes"),
    ("[layouts]\nq = ['B', 'T']", 2, "layouts: must be a string of axes, not a list"),
    ("[layouts]\n'self.q' = 'B T'", 2, "layouts: 'self.q' is no name of a parameter"),
    ("extend = 1", 1, "extend: must be a string, not a number"),
    ("extend = ''", 1, "extend: must not be empty"),
    ("\nextend = 'none.toml'", 2, "extend: there is no file 'none.toml'"),
    ("select = [\n'ATT008'\nignore = []", 3, "is not TOML: "),
    ("select = [", 1, "is not TOML: "),
    ("\nselect = " + "1" * 5000, 2, "is not TOML: "),
    ("select = []\nselect = []", 2, "is not TOML: "),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_what_is_wrong_is_said_with_its_line(plant, text, line, message):
    plant({"attnlint.toml": text})
    ((path, row, said),) = wrong("a.py")
    assert (path, row) == ("attnlint.toml", line)
    assert message in said


@pytest.mark.parametrize(("text", "line", "message"), WRONG[:-5])
def test_the_same_in_pyproject(plant, text, line, message):
    text = text.replace("[severity]", "[tool.attnlint.severity]").replace("[per-file", "[tool.attnlint.per-file")
    text = text.replace("[ops]", "[tool.attnlint.ops]").replace("[layouts]", "[tool.attnlint.layouts]")
    text = text.replace("[lint]", "[tool.attnlint.lint]")
    plant({"pyproject.toml": f"[project]\nname = 'x'\n[tool.attnlint]\n{text}\n[tool.other]\nselct = 1\n"})
    ((path, row, said),) = wrong("a.py")
    assert (path, row) == ("pyproject.toml", line + 3)
    assert message in said


def satisfies(value, schema):
    """Whether a value is as a JSON schema describes it; only the words that our schema uses are understood."""
    types = {"object": dict, "array": list, "string": str}
    assert set(schema) <= {
        *("$schema", "title", "description", "default", "type", "enum", "items", "minLength", "pattern", "anyOf"),
        *("properties", "additionalProperties", "propertyNames"),
    }
    if "type" in schema and not isinstance(value, types[schema["type"]]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(satisfies(value, each) for each in schema["anyOf"]):
        return False
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None and len(value) >= schema.get("minLength", 0)
    if isinstance(value, list):
        return all(satisfies(each, schema["items"]) for each in value)
    if isinstance(value, dict):
        return all(
            satisfies(name, schema.get("propertyNames", {}))
            and bool(below := schema.get("properties", {}).get(name, schema["additionalProperties"]))
            and satisfies(each, below)
            for name, each in value.items()
        )
    return True


RIGHT = [
    "",
    "select = ['ALL', 'ATT0', 'ATT008', 'missing-scale']\nignore = []\nextend-select = ['A']",
    "extend = '../base.toml'\nfail-on = 'never'\nexclude = ['gen/', '!a']\nextend-exclude = ['*.py']",
    "[per-file-ignores]\n'tests/**' = ['ALL']\n[severity]\nATT001 = 'off'\nmissing-scale = 'error'",
    "causal = 'never'\n[per-file-causal]\n'gpt/**' = 'always'\n'!x.py' = 'auto'",
    "[ops]\n'mylib.ops.f' = 'softmax'\n'a.B.c' = 'einops.rearrange'\n'a.LN' = 'torch.nn.LayerNorm'",
    "[layouts]\nq = 'batch heads q_len head_dim'\nx = '[B, T, H*D]'\ny = '(B, T // 2,)'\nz = '... 3'\nt = 'T'",
]
# What the schema cannot say: that two spellings are one rule, that a file is there, that a glob is only a comment,
# which functions a library has, what an axis is.
BEYOND = ("are one rule", "there is no file", "is no glob", "is not TOML", "unknown op '", " axes", "is no axis")


def test_the_schema_describes_every_key():
    made = schema()
    assert list(made["properties"]) == [key.name for key in KEYS]
    assert all(each["description"] for each in made["properties"].values())
    assert made == json.loads(json.dumps(made))
    for each in made["properties"].values():
        assert "default" not in each or satisfies(each["default"], each)


@pytest.mark.parametrize("text", RIGHT)
def test_the_schema_takes_what_we_take(text):
    table = tomllib.loads(text)
    assert list(problems(table)) == []
    assert satisfies(table, schema())


@pytest.mark.parametrize("text", [text for text, _, said in WRONG if not any(word in said for word in BEYOND)])
def test_the_schema_refuses_what_we_refuse(text):
    table = tomllib.loads(text)
    assert list(problems(table))
    assert not satisfies(json.loads(json.dumps(table, default=lambda _: 0)), schema())


def test_the_readme_tells_the_truth():
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", readme, re.DOTALL)[1]
    table = tomllib.loads(example)["tool"]["attnlint"]
    assert list(problems(table)) == []
    assert satisfies(table, schema())
    section = readme.partition("## Configuration")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE) == [key.name for key in KEYS]


@pytest.mark.parametrize("table", ["[tool.attnlint]", "[attnlint]"])
def test_attnlint_toml_needs_no_table_and_says_so(plant, table):
    plant({"attnlint.toml": f"{table}\nselect = ['ATT008']\n"})
    ((file, _line, message),) = wrong("a.py")
    assert file == "attnlint.toml"
    assert message.startswith(f"unknown key '{table.strip('[]').partition('.')[0]}'; ")
    assert message.endswith("; outside of pyproject.toml the keys stand at the top level, in no table")
