"""What is known before a rule speaks: small codes whose lines say what must be found on them, and nothing else."""

import re

import pytest

from attnlint.analyse import findings
from attnlint.diagnostic import Severity
from attnlint.rule import all_rules
from attnlint.source import make_source

EXPECT = re.compile(r"# expect: ([\w-]+)")
HEAD = "import torch\nimport torch.nn.functional as F\n"
SCORES = "    s = q @ k.mT * q.shape[-1] ** -0.5\n"


def expected(code):
    return [(row, name) for row, line in enumerate(code.splitlines(), 1) for name in EXPECT.findall(line)]


def found(code):
    """What is wrong in a code, by row; questions are left out."""
    told = findings(make_source(code), all_rules())
    return sorted((each.span.row, each.name) for each in told if each.severity is not Severity.INFO)


def four(name, *more):
    return f"{HEAD}def {name}({', '.join(('q', 'k', 'v', *more))}):  # q, k, v: (b, h, n, d)\n"


MIXED = {
    "heads of the weights": four("f", "post")
    + SCORES
    + "    a = s.softmax(-1)\n    a = torch.einsum('bhij,hg->bgij', a, post)\n    return a @ v\n",
    "heads of scores and weights": four("f", "pre", "post")
    + SCORES
    + "    s = torch.einsum('bhij,hg->bgij', s, pre)\n    a = s.softmax(-1)\n"
    + "    a = torch.einsum('bhij,hg->bgij', a, post)\n    return torch.einsum('bhij,bhjd->bhid', a, v)\n",
    "heads by a product": four("f", "post")
    + SCORES
    + "    a = (s.softmax(-1).permute(0, 2, 3, 1) @ post).permute(0, 3, 1, 2)\n    return a @ v\n",
    "heads, with the queries' axis": four("f", "post")
    + SCORES
    + "    a = s.softmax(-2)  # expect: softmax-wrong-axis\n"
    + "    a = torch.einsum('bhij,hg->bgij', a, post)\n    return a @ v\n",
    "heads of the scores, with the queries' axis": four("f", "pre", "post")
    + SCORES
    + "    s = torch.einsum('bhij,hg->bgij', s, pre)\n    a = s.softmax(-2)  # expect: softmax-wrong-axis\n"
    + "    a = torch.einsum('bhij,hg->bgij', a, post)\n    return a @ v\n",
    "weights of tokens": four("f", "tok_w")
    + SCORES
    + "    a = s.softmax(-1)\n    return a @ v, torch.einsum('bhij,bi->bhj', a, tok_w)\n",
    "weights of tokens alone": four("f", "tok_w")
    + SCORES
    + "    a = s.softmax(-1)\n    return torch.einsum('bhij,i->bhj', a, tok_w)\n",
    "values by the queries' axis": four("f")
    + SCORES
    + "    a = s.softmax(-1)  # expect: softmax-wrong-axis\n    return torch.einsum('bhij,bhid->bhjd', a, v)\n",
}


@pytest.mark.parametrize("name", MIXED)
def test_what_multiplies_weights_is_not_always_the_values(name):
    assert found(MIXED[name]) == expected(MIXED[name])
