"""PyTorch code as the interpreter follows it; the shapes are those that the framework gives."""

import pytest

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def module(init, forward, params="x", init_params="d, n_heads", before=""):
    """An nn.Module named AttentionBlock with these bodies."""
    lines = [HEAD, before, "class AttentionBlock(nn.Module):", f"    def __init__(self, {init_params}):"]
    lines += ["        super().__init__()", *(f"        {line}" for line in init.splitlines())]
    lines += [f"    def forward(self, {params}):", *(f"        {line}" for line in forward.splitlines())]
    return "\n".join(lines) + "\n        return torch.softmax(out, -1)\n"


def test_sizes_flow_from_the_constructor(shapes):
    code = module("self.q = nn.Linear(d, 3 * d)", "B, T, C = x.shape\nq = self.q(x)\nout = q.transpose(1, 2)")
    assert shapes(code, "q out") == "[B T 3*d] [B 3*d T]"


@pytest.mark.parametrize(
    "unpack",
    [
        "B, T, C = x.shape", "B, T, C = x.size()", "(B, T, C) = x.shape",
        "B = x.shape[0]\nT = x.shape[1]\nC = x.shape[2]", "B, T, C = list(x.shape)",
        "B, T, C = x.size(0), x.size(1), x.size(2)", "B, T, C = tuple(x.size())",
    ],
)  # fmt: skip
def test_shapes_are_learnt_where_they_are_unpacked(shapes, unpack):
    code = module("self.n = n_heads", f"{unpack}\nout = x.view(B, T, self.n, C // self.n).transpose(1, 2)")
    assert shapes(code, "out") == "[B heads T head_dim]"


def test_leading_axes_stay_open(shapes):
    code = module("self.n = n_heads", "*lead, T, C = x.shape\nout = x.reshape(*lead, T, self.n, C // self.n)")
    assert shapes(code, "out").endswith("T heads head_dim]")


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("out = x[:, None]", "[B 1 T C]"),
        ("out = x[..., None]", "[B T C 1]"),
        ("out = x[:, -1]", "[B C]"),
        ("out = x[:, -1:, :]", "[B 1 C]"),
        ("out = x[..., 0]", "[B T]"),
        ("out = x[0]", "[T C]"),
        ("out = x[None, :, 0, ..., None]", "[1 B C 1]"),
        ("out = x.unsqueeze(1).unsqueeze(-1)", "[B 1 T C 1]"),
        ("out = x.unsqueeze(1).squeeze(1)", "[B T C]"),
        ("out = x.flatten(1)", "[B (T C)]"),
        ("out = x.permute(2, 0, 1)", "[C B T]"),
        ("out = x.mT", "[B C T]"),
        ("out = x.mean(1)", "[B C]"),
        ("out = x.sum(-1, keepdim=True)", "[B T 1]"),
        ("out = x @ x.transpose(-2, -1)", "[B T T]"),
        ("out = torch.einsum('bqd,bkd->bqk', x, x)", "[B T T]"),
        ("out = torch.einsum('b q d, b k d -> q b k', x, x)", "[T B T]"),
        ("out = torch.einsum('...qd,...kd->...qk', x, x)", "[B T T]"),
        ("out = torch.stack([x, x], 1)", "[B 2 T C]"),
        ("out = torch.cat([x, x], dim=-1)", "[B T 2*C]"),
        ("a, out = x.chunk(2, dim=-1)", "[B T C/2]"),
        ("out = torch.zeros_like(x)", "[B T C]"),
        ("out = x.new_zeros(B, 3)", "[B 3]"),
        ("out = torch.arange(T)[:, None] >= torch.arange(T)", "[T T]"),
        ("out = torch.ones(T, T).tril().view(1, 1, T, T)", "[1 1 T T]"),
        ("out = x.repeat(1, 1, 2)", "[B T 2*C]"),
        ("out = x.expand(B, T, C)", "[B T C]"),
        ("out = x.to('cpu').float().contiguous().detach().clone()", "[B T C]"),
    ],
)
def test_operations(shapes, line, shape):
    assert shapes(module("pass", f"B, T, C = x.shape\n{line}"), "out") == shape


@pytest.mark.parametrize(
    ("pattern", "sizes", "shape"),
    [
        ("'b t (h d) -> b h t d'", ", h=self.n", "[B heads T head_dim]"),
        ("'b t c -> b c t'", "", "[B C T]"),
        ("'b t c -> (b t) c'", "", "[(B T) C]"),
        ("'b t c -> b 1 t c'", "", "[B 1 T C]"),
        ("'b ... -> ... b'", "", "[T C B]"),
    ],
)
def test_rearrange(shapes, pattern, sizes, shape):
    body = f"B, T, C = x.shape\nout = rearrange(x, {pattern}{sizes})"
    assert shapes(module("self.n = n_heads", body, before="from einops import rearrange"), "out") == shape


@pytest.mark.parametrize(
    "init",
    [
        "self.f = nn.Linear(d, 7)",
        "self.f = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, 7))",
        "self.f = nn.Sequential(*[nn.Linear(d, 7), nn.ReLU()])",
        "layers = [nn.Linear(d, 7)]\nself.f = nn.Sequential(*layers)",
        "self.f = nn.ModuleList([nn.Linear(d, 7)])[0]",
        "self.f = nn.ModuleDict({'a': nn.Linear(d, 7)})['a']",
        "self.fs = nn.ModuleDict({'a': nn.Linear(d, 7)})\nself.f = self.fs['a']",
        "self.fs = nn.ModuleList(nn.Linear(d, 7) for _ in range(n_heads))\nself.f = self.fs[0]",
        "self.f = lambda t: nn.Linear(d, 7)(t)",
        "from functools import partial\nlinear = partial(nn.Linear, bias=False)\nself.f = linear(d, 7)",
        "setattr(self, 'f', nn.Linear(d, 7))",
        "self.add_module('f', nn.Linear(d, 7))",
        "cls = nn.Linear\nself.f = cls(d, 7)",
        "self.f = nn.Linear(in_features=d, out_features=7)",
        "self.f = nn.Linear(d, 7) if n_heads else nn.Linear(d, 7, bias=False)",
    ],
)
def test_layers_however_they_are_kept(shapes, init):
    assert shapes(module(init, "B, T, C = x.shape\nout = self.f(x)"), "out") == "[B T 7]"


@pytest.mark.parametrize(
    "loop",
    [
        "for f in self.fs:\n    x = f(x)\nout = x",
        "for n, f in enumerate(self.fs):\n    x = x + f(x)\nout = x",
        "for n in range(len(self.fs)):\n    x = self.fs[n](x)\nout = x",
        "out = torch.stack([f(x) for f in self.fs]).sum(0)",
    ],
)
def test_layers_in_loops(shapes, loop):
    code = module("self.fs = nn.ModuleList([nn.Linear(d, d) for _ in range(6)])", f"B, T, d = x.shape\n{loop}")
    assert shapes(code, "out") == "[B T d]"


def test_one_linear_per_head(shapes):
    init = "self.fs = nn.ModuleList([nn.Linear(d, 7) for _ in range(4)])"
    code = module(init, "B, T, C = x.shape\nout = torch.cat([f(x) for f in self.fs], dim=-1)")
    assert shapes(code, "out").startswith("[B T ")


@pytest.mark.parametrize(
    ("init", "name"),
    [
        ("self.register_buffer('w', torch.zeros(3, 5))", "self.w"),
        ("self.register_buffer('w', torch.zeros(3, 5), persistent=False)", "self.w"),
        ("self.w = nn.Parameter(torch.zeros(3, 5))", "self.w"),
        ("self.register_parameter('w', nn.Parameter(torch.zeros(3, 5)))", "self.w"),
        ("self.w = torch.zeros(3, 5)", "self.w"),
        ("self.e = nn.Embedding(3, 5)", "self.e.weight[:3, :5].new_zeros(3, 5)"),
    ],
)
def test_buffers_and_parameters(shapes, init, name):
    assert shapes(module(init, f"out = {name}.T"), "out") == "[5 3]"


def test_a_configuration_of_unknown_class(shapes):
    init = "self.n = config.n_head\nself.f = nn.Linear(config.n_embd, 3 * config.n_embd)\nself.c = config"
    forward = "B, T, C = x.shape\nq, k, v = self.f(x).split(self.c.n_embd, dim=-1)\n"
    forward += "out = q.view(B, T, self.n, -1).transpose(1, 2)"
    assert shapes(module(init, forward, init_params="config"), "q out") == "[B T n_embd] [B heads T head_dim]"


def test_a_configuration_by_keys(shapes):
    code = module("self.f = nn.Linear(cfg['dim'], cfg['dim'])", "B, T, C = x.shape\nout = self.f(x)", init_params="cfg")
    assert shapes(code, "out") == "[B T dim]"


def test_a_base_of_another_file(shapes):
    code = module("self.f = nn.Linear(d, 7)", "B, T, C = x.shape\nout = self.f(x)")
    assert shapes(code.replace("nn.Module", "BaseLayer"), "out") == "[B T 7]"


def test_hooks_on_modules_give_the_module_back(shapes):
    code = module("self.f = nn.Linear(d, 7).cuda().eval()", "B, T, C = x.shape\nout = self.f(x)")
    assert shapes(code, "out") == "[B T 7]"


def test_annotations_documents_and_comments_give_shapes(shapes):
    for params, before in [
        ('x: Float[Tensor, "B T C"]', ""),
        ("x", '"""Args:\n            x (Tensor): shape (B, T, C)\n        """'),
        ("x", "# x: (B, T, C)"),
    ]:
        assert shapes(module("pass", f"{before}\nout = x.transpose(1, 2)", params), "out") == "[B C T]"
