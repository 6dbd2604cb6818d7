"""Where traces begin, and begin anew."""

import pytest

from attnlint.analyse import traces
from attnlint.engine import lint
from attnlint.index import index
from attnlint.interpret import runs
from attnlint.islands import islands
from attnlint.rule import all_rules
from attnlint.source import make_source
from attnlint.tensor import show_shape

HEAD = "import torch\nfrom torch import nn\n\n"
HEADS = """class Attention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads, self.head_dim = n_heads, d_model // n_heads
        self.qkv = nn.Linear(d_model, 3 * d_model)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, self.head_dim).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-2, -1), dim=-1)
        return (weights @ v).transpose(1, 2).reshape(B, T, C)
"""


def indented(code):
    return "".join(f"    {line}" for line in code.splitlines(keepends=True))


def codes(text):
    return [one.code for one in lint(make_source(text), all_rules()).diagnostics if one.severity.value != "info"]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "try:\n    from fast import Attention\nexcept ImportError:\n" + indented(HEADS),
        HEAD + "if torch.cuda.is_available():\n" + indented(HEADS),
        HEAD + "if torch.cuda.is_available():\n    Attention = None\nelse:\n" + indented(HEADS),
    ],
    ids=["except", "if", "else"],
)
def test_a_class_in_a_statement_is_judged(text):
    assert codes(text) == ["ATT002"]


def test_both_classes_of_a_condition_are_judged():
    other = HEADS.replace("dim=-1)\n", "dim=-1)  # as the other\n")
    text = HEAD + "if torch.cuda.is_available():\n" + indented(HEADS) + "else:\n" + indented(other)
    assert codes(text) == ["ATT002", "ATT002"]


def test_a_class_in_a_statement_that_another_one_uses_is_found_once():
    user = "def use(item):\n    return Attention(8, 2)(item)\ndef other(item):\n    return item\n"
    text = HEAD + "try:\n    from fast import Attention\nexcept ImportError:\n" + indented(HEADS) + user
    assert codes(text) == ["ATT002"]
    with_statements = [
        group for group in islands(index(text)) if any("Attention" in part.words for part in group.parts)
    ]
    assert [[part.name for part in group.definitions] for group in with_statements] == [["use"]]


def given(text):
    op = next(op for trace in traces(make_source(HEAD + text)) for op in trace.ops if op.name == "softmax")
    return show_shape(op.output.shape)


LATE = "def attend(x):\n    weights = torch.softmax(x, dim=-1)\n    B, H, T = x.shape\n    return weights\n"


def test_what_is_told_of_a_parameter_after_its_use_holds_from_the_beginning():
    assert given(LATE) == "[B heads T]"


def test_what_two_parameters_tell_one_after_the_other_holds_from_the_beginning():
    text = "def attend(x, y):\n    weights = torch.softmax(y, dim=-1)\n    z = x.exp()\n    B, T = x.shape\n"
    text += "    z = z @ y\n    B, H, S = y.shape\n    return weights, z\n"
    assert given(text) == "[B heads S]"


def test_a_function_that_is_too_long_is_not_begun_anew(monkeypatch):
    monkeypatch.setattr(runs, "MAX_IN_VAIN", 2)
    assert given(LATE) == "[... T]"  # what the softmax itself and the name of its one axis tell


def test_the_functions_that_one_returns_are_followed_when_it_was_begun_anew():
    text = "def make(x):\n    y = x * 2\n    B, T = x.shape\n"
    text += "    def attend(z):\n        return torch.softmax(z, dim=-1)\n    return attend\n"
    assert given(text) == "[... ?]"


HANDED_OUT = """class BlockAttention(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.proj = nn.Linear(d, d)

    @property
    def width(self):
        '''How wide it is.'''
        return self.proj.out_features
{more}
"""


@pytest.mark.parametrize(
    ("more", "entries"),
    [
        ("", ["BlockAttention.width"]),
        ("\n    def forward(self, x):\n        return torch.softmax(self.proj(x), dim=-1)\n",
         ["BlockAttention.forward"]),
        ("\n    def forward(self, x):\n        return self.proj(x)[0]\n\n    def kind(self):\n        return 'block'\n",
         ["BlockAttention.forward"]),
    ],
)  # fmt: skip
def test_what_only_hands_out_an_attribute_is_not_begun_at_beside_other_methods(more, entries):
    found = traces(make_source(HEAD + "def attention(q, k):\n    return q @ k.mT\n\n" + HANDED_OUT.format(more=more)))
    assert [trace.entry for trace in found if trace.entry.startswith("Block")] == entries
