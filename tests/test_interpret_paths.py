"""Branches, None, in-place ops, fragments, budgets: what holds whichever way the code runs."""

import pytest

from attnlint import machine
from attnlint.analyse import traces
from attnlint.attention.scale import scaling
from attnlint.source import make_source

SOFTMAX = """
import numpy as np

def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)

"""


def attention(*lines, params="q, k, v"):
    body = "".join(f"    {line}\n" for line in lines)
    return f"{SOFTMAX}def attention({params}):\n{body}"


WEIGH = ("w = softmax(s)", "return w @ v")


def scaled(site):
    return scaling(site) is not None


def masks(site):
    return [use.info for use in site.masks if use.info.is_mask]


@pytest.mark.parametrize(
    "lines",
    [
        ["s *= 2 ** -0.5"],
        ["s = s * 0.5"],
        ["s /= np.sqrt(q.shape[-1])"],
        ["t = s", "t *= 0.5"],
        ["t = s", "t /= 2", "u = t"],
        ["box = [s]", "box[0] *= 0.5"],
        ["def f(x):", "    x *= 0.5", "f(s)"],
        ["np.multiply(s, 0.5, out=s)"],
        ["s[...] = s * 0.5"],
        ["s[:] = s / 2"],
        ["for _ in range(1):", "    s = s / 2"],
        ["with np.errstate():", "    s = s / 2"],
        ["try:", "    s = s / 2", "finally:", "    pass"],
        ["if (n := 2) and True:", "    s = s / n"],
        ["f = lambda x: x / 2", "s = f(s)"],
    ],
)
def test_an_in_place_op_holds_for_every_name(sites, lines):
    (site,) = sites(attention("s = q @ k.swapaxes(-1, -2)", *lines, *WEIGH))
    assert scaled(site)


@pytest.mark.parametrize(
    "lines", [["t = s", "t = t / 2"], ["t = s / 2"], ["t = s.copy()", "t /= 2"], ["f = lambda x: x / 2"]]
)
def test_a_new_array_leaves_the_old_one_as_it_is(sites, lines):
    found = sites(attention("s = q @ k.swapaxes(-1, -2)", *lines, *WEIGH))
    assert [scaled(site) for site in found] == [False]


@pytest.mark.parametrize(
    "lines",
    [
        ["s[np.triu(np.ones(s.shape[-2:]), 1) > 0] = -np.inf"],
        ["t = s", "t[..., np.triu(np.ones(s.shape[-2:]), 1) == 1] = -1e9"],
        ["s = np.where(np.tril(np.ones(s.shape[-2:])), s, -np.inf)"],
        ["s += np.triu(np.ones(s.shape[-2:]), 1) * -1e9"],
        ["np.putmask(s, np.triu(np.ones(s.shape[-2:]), 1) > 0, -np.inf)"],
    ],
)
def test_masks_that_are_written_in_place(sites, lines):
    (site,) = sites(attention("s = q @ k.swapaxes(-1, -2)", *lines, *WEIGH))
    assert [info.causal for info in masks(site)] == [True]


def test_a_mask_that_is_none_by_default_is_one_of_two_ways(sites):
    lines = ["s = q @ k.swapaxes(-1, -2)", "if mask is not None:", "    s = np.where(mask, s, -1e9)", *WEIGH]
    (site,) = sites(attention(*lines, params="q, k, v, mask=None"))
    assert [info.unseen for info in masks(site)] == [True]


@pytest.mark.parametrize("test", ["mask is None", "mask is not None and False", "not True"])
def test_a_branch_that_is_never_taken_masks_nothing(sites, test):
    lines = ["mask = np.ones((2, 2))", "s = q @ k.swapaxes(-1, -2)", f"if {test}:", "    s = np.where(mask, s, -1e9)"]
    (site,) = sites(attention(*lines, *WEIGH))
    assert masks(site) == []


@pytest.mark.parametrize("call", ["attention(a, b, c)", "attention(a, b, c, None)", "attention(a, b, v=c, mask=None)"])
def test_a_caller_that_passes_no_mask_gets_none(sites, call):
    lines = ["s = q @ k.swapaxes(-1, -2)", "if mask is not None:", "    s = np.where(mask, s, -1e9)", *WEIGH]
    code = attention(*lines, params="q, k, v, mask=None")
    (site,) = sites(f"{code}\ndef model(a, b, c):\n    return {call}\n")
    assert masks(site) == []


def test_both_branches_of_a_flag_are_judged(sites):
    lines = ["s = q @ k.swapaxes(-1, -2)", "if fast:", "    return softmax(s / 8) @ v", "return softmax(s) @ v"]
    found = sites(attention(*lines, params="q, k, v, fast"))
    assert sorted(scaled(site) for site in found) == [False, True]


def test_what_one_branch_does_may_hold_behind_them(sites):
    lines = ["s = q @ k.swapaxes(-1, -2)", "if flag:", "    s = s / 8", *WEIGH]
    (site,) = sites(attention(*lines, params="q, k, v, flag"))
    assert scaled(site)


def test_a_branch_that_leaves_takes_its_writes_with_it(sites):
    lines = ["s = q @ k.swapaxes(-1, -2)", "if flag:", "    s = s / 8", "    raise ValueError", *WEIGH]
    (site,) = sites(attention(*lines, params="q, k, v, flag"))
    assert not scaled(site)


def test_the_shapes_of_two_branches_are_joined(shapes):
    code = (
        "import numpy as np\nx = np.zeros((2, 3))\nif flag:\n    y = x.T\nelse:\n    y = np.ones((3, 5))\nz = y + 0\n"
    )
    code += "w = np.zeros((2, 3)) if flag else np.ones((2, 4))\nu = np.zeros((2, 3)) if flag else np.ones((2,))\n"
    assert shapes(code, "z w u") == "[3 ?] [2 ?] [?]"


def test_a_loop_is_gone_through_twice(sites):
    lines = ["for n in range(12):", "    q = softmax(q @ k.swapaxes(-1, -2) / 8) @ v", "return q"]
    found = sites(attention(*lines))
    assert len({site.op.site for site in found}) == 1
    assert [scaled(site) for site in found] == [True, True]


FRAGMENT = """
scores = Q @ K.transpose(-2, -1)
weights = F.softmax(scores, dim=-1)
output = weights @ V
"""


def test_a_fragments_names_come_from_nowhere(sites, shapes):
    (site,) = sites(FRAGMENT)
    assert site.trace.is_fragment
    assert shapes(FRAGMENT, "scores output") == "[... q_len k_len] [... q_len feature]"
    assert site.roles == ("q", "k")
    assert site.mixes


def test_a_fragment_with_comments(shapes):
    code = "# Q, K, V: [batch, heads, seq, d_k]\n" + FRAGMENT
    assert shapes(code, "scores output") == "[batch heads seq seq] [batch heads seq head_dim]"


def test_module_level_scripts(sites):
    code = SOFTMAX + "rng = np.random.default_rng(0)\nq, k, v = (rng.normal(size=(4, 8)) for _ in range(3))\n"
    (site,) = sites(code + "out = softmax(q @ k.T / np.sqrt(8)) @ v\n")
    assert site.trace.is_script
    assert scaled(site)


@pytest.mark.parametrize("guard", ["if __name__ == '__main__':", 'if __name__ == "__main__" and True:'])
def test_what_stands_under_main_is_run(sites, guard):
    code = attention("s = q @ k.swapaxes(-1, -2)", *WEIGH)
    code += f"\n{guard}\n    a = np.zeros((3, 4))\n    out = attention(a, a, a)\n"
    found = sites(code)
    assert [site.query.rank for site in found] == [2]


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n    def attend(self, q, k, v):\n        return softmax(q @ k.T) @ v\n",
        "class A:\n    def _a(self, q, k, v):\n        return softmax(q @ k.T) @ v\n    def b(self):\n        pass\n",
        "class A:\n    @staticmethod\n    def attend(q, k, v):\n        return softmax(q @ k.T) @ v\n",
        "class A:\n    @classmethod\n    def attend(cls, q, k, v):\n        return softmax(q @ k.T) @ v\n",
        "def outer():\n    def attend(q, k, v):\n        return softmax(q @ k.T) @ v\n    return attend\n",
        "attend = lambda q, k, v: softmax(q @ k.T) @ v\nx = np.zeros((2, 3))\nattend(x, x, x)\n",
        "async def attend(q, k, v):\n    return softmax(q @ k.T) @ v\n",
        "if True:\n    def attend(q, k, v):\n        return softmax(q @ k.T) @ v\n",
    ],
)
def test_code_that_nobody_calls_is_entered(sites, code):
    (site,) = sites(SOFTMAX + code)
    assert site.mixes


def test_recursion_ends(sites):
    lines = ["if n == 0:", "    return q", "return attention(softmax(q @ k.swapaxes(-1, -2)) @ v, k, v, n - 1)"]
    assert sites(attention(*lines, params="q, k, v, n"))
    assert sites(attention("s = attention(q, k, v)", "return softmax(q @ k.T) @ v"))


def test_two_functions_that_call_each_other_end():
    code = "def f(mask):\n    return g(mask) + 1\ndef g(mask):\n    return f(mask) @ mask\n"
    assert traces(make_source(code))


@pytest.mark.parametrize("where", ["script", "function"])
def test_too_much_code_is_a_note_and_what_was_seen_stands(monkeypatch, where):
    monkeypatch.setattr(machine, "MAX_STEPS", 300)
    rest = "".join(f"x{n} = x0 @ x0\n" for n in range(400))
    code = f"{SOFTMAX}x0 = np.zeros((3, 3))\nw = softmax(x0 @ x0) @ x0\n{rest}"
    if where == "function":
        body = code.removeprefix(SOFTMAX).replace("\n", "\n    ")
        code = f"{SOFTMAX}def main():\n    {body}\n"
    found = traces(make_source(code))
    assert any("too long" in note for trace in found for note in trace.notes)
    assert sum(len(trace.sites) for trace in found) == 1


@pytest.mark.parametrize(
    "code",
    [
        "x = 1 / 0\n",
        "x = [][3]\n",
        "x, y = 1\n",
        "x = ()[0]\n",
        "f()()()\n",
        "x = {}['a']['b']\n",
        "a.b.c = d[e].f()\n",
        "x = softmax\n",
        "def f(x, x2=f): return f(x)\n",
        "class A(A): pass\n",
        "class A(B): pass\nclass B(A): pass\nB().f()\n",
        "x = np.zeros(-1)\nx[5, 6, 7] = x @ x.T[..., ..., 0]\n",
        "for x in x: x = x\n",
        "x = lambda: x()\nx()\n",
        "x = x @ x\nx = softmax(x) @ x\n",
        "import softmax\nsoftmax(softmax)(softmax=softmax, *softmax, **softmax)\n",
        "x = np.einsum('ij,jk', q)\ny = np.einsum(q, 'ab->')\nz = np.einsum('', q)\n",
        "def f(*, a): return a\nf(1)\nf(b=2)\n",
        "x = torch.randn(2, 3).view(-1, -1).transpose(5, 6).softmax(9)\n",
        "super().mask()\n",
        "x = mask[:, *y, ::0]\n",
        "x: mask = 1\nx += mask\ndel x\nx @= x\n",
        "x = [*mask, *3]\n",
        "(yield mask)\n",
        "return softmax\n",
        "x = f'{mask!r:>{x}}'\n",
        "match mask:\n    case softmax: pass\n",
        "global mask\nnonlocal x\n",
        "x = 10 ** 10 ** 10\n",
        "x = 'a' * 10 ** 9\nmask = [0] * 10 ** 9\n",
        "x = 2 ** -1.5 // 0.0\ny = (-8) ** 0.5\nz = 1 << 10 ** 9\nw = 1 % 0\n",
        "x = np.zeros((2,) * 40)\nmask = x.T\n",
    ],
)
def test_odd_code_is_no_fault(code):
    try:
        compile(code, "<code>", "exec")
    except SyntaxError:
        assert traces(make_source(code)) is not None
    else:
        assert traces(make_source("import numpy as np, torch\n" + code + "\nq = np.zeros((2, 3))\ns = q @ q.T\n"))[
            0
        ].ops
