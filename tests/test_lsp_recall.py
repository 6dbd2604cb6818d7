"""Traces that are taken again inside of one connected model: as a fresh check finds them, and only where it would."""

import random
from contextlib import suppress
from itertools import islice

import pytest

from attnlint.analyse import findings_in
from attnlint.engine import lint
from attnlint.lsp.memory import Memory
from attnlint.patience import GivenUp, while_wanted
from attnlint.rule import all_rules
from attnlint.source import identity, make_source, overlaid
from tests.keystrokes import typed
from tests.test_lsp_memory import HEAD, ONE, told

LAYERS = '''"""Layers that the models share."""
import torch
from torch import nn

BIAS = torch.zeros(4)


def traced(function):
    def inner(q, k, v):
        return function(q, k, v)
    return inner


def attend(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / query.size(-1) ** 0.5
    if mask is not None:
        scores = scores.masked_fill(mask == 0, float("-inf"))
    return torch.softmax(scores, dim=-1) @ value


@traced
def attend_all(q, k, v):
    return torch.softmax(q @ k.transpose(-2, -1), dim=-1) @ v


class Rotary(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return torch.cat([-x[..., self.dim // 2 :], x[..., : self.dim // 2]], dim=-1)
'''

MODEL = '''"""Three heads on one body."""
import logging
import torch
from torch import nn
from layers import BIAS, Rotary, attend, attend_all

logger = logging.getLogger(__name__)
WIDTH = 64


class SelfAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config.heads
        self.head_dim = config.d_model // config.heads
        self.qkv = nn.Linear(config.d_model, 3 * config.d_model)
        self.out = nn.Linear(config.d_model, config.d_model)
        self.rotary = Rotary(self.head_dim)

    def forward(self, x, mask=None):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, self.head_dim).permute(2, 0, 3, 1, 4)
        context = attend(self.rotary(q), self.rotary(k), v, mask)
        return self.out(context.transpose(1, 2).reshape(b, t, d))


class Body(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed = nn.Embedding(config.vocab, config.d_model)
        self.layers = nn.ModuleList([SelfAttention(config) for _ in range(config.depth)])

    def forward(self, ids, mask=None):
        x = self.embed(ids)
        for layer in self.layers:
            x = x + layer(x, mask)
        return x


class ForTokens(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.body = Body(config)
        self.head = nn.Linear(config.d_model, config.vocab)

    @property
    def width(self):
        return self.head.in_features

    def forward(self, ids, mask=None):
        logits = self.head(self.body(ids, mask))
        return logits


class ForLabels(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.body = Body(config)
        self.score = nn.Linear(config.d_model, 1)

    def forward(self, ids, mask=None):
        hidden = self.body(ids, mask)
        weights = torch.softmax(self.score(hidden), dim=-1)
        pooled = (weights * hidden).sum(1)
        return pooled + BIAS.mean()


class Pooler(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.query = nn.Linear(dim, dim)

    def forward(self, x):
        q = self.query(x)
        k = x
        pooled = attend_all(q, k, x) + torch.softmax(q @ k.mT, dim=-1) @ x
        return lambda y: attend(y, y, pooled)


def pooled_by(model, x):
    scores = x @ x.transpose(-2, -1)
    weights = torch.softmax(scores, dim=-1)
    return model(weights @ x)
'''


@pytest.fixture
def project(tmp_path):
    (tmp_path / "layers.py").write_text(LAYERS)
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


class Editor:
    """A file that is judged with a memory, and each time compared with a fresh check."""

    def __init__(self, path):
        self.path, self.memory, self.traces = str(path), Memory(), {}

    def give_up(self, text, after):
        """Begin to look at a text, and be asked for another after a few questions whether it is still wanted."""
        asked = iter(range(after))
        with suppress(GivenUp, SyntaxError), while_wanted(lambda: next(asked, None) is not None):
            self.memory.traces(make_source(text, self.path))

    def judge(self, text):
        source, rules = make_source(text, self.path), all_rules()
        found = []

        def ask(one, asked):
            found.extend(self.memory.traces(one))
            return findings_in(found, one, asked, self.memory.ask)

        kept = lint(source, rules, ask)
        assert told(kept) == told(lint(source, rules)), text
        before, self.traces = self.traces, {trace.entry: trace for trace in found}
        return {entry for entry, trace in self.traces.items() if before.get(entry) is trace}, kept


def test_an_edit_in_one_head_leaves_the_others_as_they_are(project):
    editor = Editor(project / "model.py")
    _, first = editor.judge(MODEL)
    assert {one.code for one in first.diagnostics} == {"ATT001", "ATT002"}
    again, _ = editor.judge(MODEL.replace("logits = self.head", "logit = self.head"))
    assert again == {"ForLabels.forward", "Pooler.forward"}


def test_an_edit_in_the_body_reaches_all_that_use_it(project):
    editor = Editor(project / "model.py")
    editor.judge(MODEL)
    again, found = editor.judge(MODEL.replace("mask)\n        return self.out", "mask) * 2\n        return self.out"))
    assert again == {"Pooler.forward"}
    again, _ = editor.judge(MODEL.replace("self.heads = config.heads", "self.heads = int(config.heads)"))
    assert again == {"Pooler.forward"}
    assert found.diagnostics


def test_a_new_line_moves_what_is_taken_again(project):
    editor = Editor(project / "model.py")
    editor.judge(MODEL)
    text = MODEL.replace("        x = self.embed(ids)\n", "        x = self.embed(ids)\n\n")
    assert "Pooler.forward" in editor.judge(text)[0]


def test_half_a_name_leaves_no_trace_behind(project):
    """A name that comes from nowhere for the length of a word is made anew by each trace that reads it."""
    editor = Editor(project / "model.py")
    editor.judge(MODEL)
    half = MODEL.replace("hidden = self.body(ids, mask)", "hid = self.body(ids, mask)")
    again, _ = editor.judge(half)
    assert again == {"ForTokens.forward", "Pooler.forward"}
    again, _ = editor.judge(half.replace("hid = ", "hidd = "))
    assert again == {"ForTokens.forward", "Pooler.forward"}


def test_what_is_called_as_any_class_may_be_rests_on_all(project):
    """`model` is whatever class fits, so that an edit in any of them counts."""
    text = MODEL.replace("def pooled_by(model, x):\n", "def pooled_by(model, x):\n    x = model(x)\n")
    editor = Editor(project / "model.py")
    editor.judge(text)
    again, _ = editor.judge(text.replace("def forward(self, x):\n        q =", "def forward(self, x, y):\n        q ="))
    assert "pooled_by" not in again


def test_names_that_mean_two_things_are_always_traced(project):
    text = MODEL + "\nclass Pooler(nn.Module):\n    def forward(self, x):\n        return attend(x, x, x)\n"
    editor = Editor(project / "model.py")
    editor.judge(text)
    again, _ = editor.judge(text.replace("logits = self.head", "logit = self.head"))
    assert again == {"ForLabels.forward"}


def test_another_file_counts(project):
    editor = Editor(project / "model.py")
    editor.judge(MODEL)
    unscaled = LAYERS.replace(" / query.size(-1) ** 0.5", "")
    edited = MODEL.replace("logits = self.head", "logit = self.head")
    with overlaid({identity(str(project / "layers.py")): unscaled.encode()}):
        again, found = editor.judge(edited)
    assert again == set()
    others = [one.code for other in found.others for one in other.diagnostics]
    assert "ATT002" in others


@pytest.mark.parametrize("seed", range(2))
def test_random_edits_of_one_model(project, seed):
    check_random(project, seed, 25)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 5))
def test_many_random_edits_of_one_model(project, seed):
    check_random(project, seed, 600)


def check_random(project, seed, count):
    draw, editor, parsed, taken = random.Random(seed), Editor(project / "model.py"), 0, 0
    for text, good in islice(typed(MODEL, draw), count):
        parsed += text is good
        editor.give_up(text, after=draw.randrange(4))
        again, _ = editor.judge(text if draw.random() < 0.8 else good)
        taken += bool(again)
    assert parsed > count / 4
    assert taken > count / 10


def test_a_look_that_was_given_up_leaves_places_right(project):
    """A letter typed and taken back before the look at it ended, and then a new line in another function above."""
    wrong = ONE.replace(" / q.size(-1) ** 0.5", "")
    text = HEAD + ONE + wrong.replace("one", "two")
    editor = Editor(project / "model.py")
    _, found = editor.judge(text)
    assert [one.code for one in found.diagnostics if one.code == "ATT002"] == ["ATT002"]
    editor.give_up(text.replace("def two(q, k, v)", "def two(q, k, v, x)"), after=0)
    editor.judge(text)
    again, _ = editor.judge(text.replace("def one(q, k, v):\n", "def one(q, k, v):\n\n"))
    assert again == {"two"}
