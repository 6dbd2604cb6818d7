"""PyTorch's modules at work: made, given weights that matter, run on NumPy's arrays, and their weights read."""

import contextlib
import warnings

import numpy as np

from tests.proof.laws import Run, in_steps
from tests.proof.layers import CAUSAL, cut, exchange, norm, projections, relu_layers, weight
from tests.proof.reference import look_back, multi_head
from tests.proof.seed import X


def tensor(x, dtype=None):
    import torch

    made = torch.tensor(np.asarray(x))
    return made.to(getattr(torch, dtype)) if dtype and made.is_floating_point() else made


def live(layer, dtype="float64"):
    """The layer in double precision and without dropout, its weights so large that no mistake is small."""
    import torch

    generator = torch.Generator().manual_seed(11)
    layer = layer.to(getattr(torch, dtype)).eval()
    with torch.no_grad():
        for each in filter(lambda each: not torch.nn.parameter.is_lazy(each), layer.parameters()):
            each.normal_(0.0, each.shape[-1] ** -0.5 if each.dim() > 1 else 0.3, generator=generator)
    return layer


def make(run, name, *init, dtype="float64", **options):
    return live(getattr(run(), name)(*init, **options), dtype)


def mha_projections(mha):
    """Those of torch.nn.MultiheadAttention."""
    fused = (mha.in_proj_weight.detach().numpy().T, mha.in_proj_bias.detach().numpy())
    return [*cut(fused, 3), weight(mha.out_proj)]


def encoder_layer(layer, x, mask):
    """torch.nn.TransformerEncoderLayer as its documentation has it: the norm behind each residual."""
    mha = layer.self_attn
    x = norm(layer.norm1, x + multi_head(x, mha_projections(mha), mha.num_heads, mask=mask))
    return norm(layer.norm2, x + relu_layers(layer.linear1, layer.linear2, x))


@contextlib.contextmanager
def quiet():
    """Without PyTorch's remarks that a path of its own is slow or new."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def call(f, *more):
    """f of a NumPy array and of what else it takes, in the precision of f; the first of what it returns."""
    import torch

    owner = getattr(f, "__self__", f)
    first = next(owner.parameters(), None) if hasattr(owner, "parameters") else None
    dtype = None if first is None else str(first.dtype).removeprefix("torch.")

    def of_array(x):
        with torch.no_grad(), quiet():
            out = f(*(tensor(each, dtype) for each in (x, *more)))
        return (out[0] if isinstance(out, tuple) else out).numpy()

    return of_array


def self_attention(name, init, names, heads=1, *, more=(), x=X, before=None, after=None, forward="forward", **expected):
    """A case of a module of attention. `before` and `after` say what it does around it, as functions of the layer."""

    def built(run):
        with quiet():
            layer = make(run, name, **init) if isinstance(init, dict) else make(run, name, *init)
        f = call(getattr(layer, forward), *more)
        f(x)  # a lazy layer has its weights from here on
        return live(layer), f

    def case(run):
        layer, f = built(run)
        mixes = None
        if isinstance(names, str) and "|" in names and heads > 1:
            other, mixes = built(run)
            exchange(other, names, tensor, heads, expected.get("kv_heads"), assign=assign)

        def right(x):
            own = projections(layer, names) if isinstance(names, str) else names(layer)
            given = before(layer, x) if before else x
            y = multi_head(given, own, heads, **expected)
            return after(layer, x, y) if after else y

        return Run(f, x, right, causal=expected.get("mask") is CAUSAL, exchanged=mixes)

    return case


def assign(layer, name, value):
    getattr(layer, name).data = value


def decoder(make_step, names, heads=1, window=None, full=None, *, after=None, build):
    """A case of a cache: `build(module)` makes the layer, `make_step(layer)` a decoder whose cache is empty, and
    `full(layer)`, where the layer has one, the same attention of a whole sentence."""

    def case(run):
        import torch

        module = run()
        layer = live(build(module))

        def step():
            inner = make_step(live(build(module)))
            return lambda token: inner(tensor(token)).detach().numpy()

        def whole(x):
            with torch.no_grad():
                return full(layer)(tensor(x)).numpy()

        def right(x):
            y = multi_head(x, projections(layer, names), heads, mask=look_back(x.shape[1], window))
            return after(x, y) if after else y

        return Run(whole if full else lambda x: in_steps(step(), x), X, right, causal=True, step=step)

    return case


def parameter(each):
    return each.detach().numpy()


def of_x(name, init, right, x=X, *, more=(), forward="forward", dtype="float64", **laws):
    def case(run):
        layer = make(run, name, *init, dtype=dtype)
        return Run(call(getattr(layer, forward), *more), x, lambda x: right(layer, x), **laws)

    return case
