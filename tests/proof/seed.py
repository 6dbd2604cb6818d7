"""The ten seed fragments at work: the names that they take from nowhere, and what each of them must compute.

A case is a function of the fragment's code (`fixtures.code`) that gives a `Run`; `tools` are the names of the framework
(`np` or `torch`, its softmax, …), and `tensor` makes its tensors.
"""

import inspect
import sys

import numpy as np

from tests.proof import reference
from tests.proof.laws import Run, array

BATCH, TOKENS, WIDTH, HEADS = 2, 5, 8, 2

random = np.random.default_rng(7)
X = random.normal(size=(BATCH, TOKENS, WIDTH))
W = list(random.normal(size=(3, WIDTH, WIDTH)) / 2)
WIDE = random.normal(size=(1, 3, 512))


class Self:
    """What `self` is to a method that stands alone."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def additive(n):
    return np.where(reference.look_back(n), 0.0, -np.inf)


def parts(x, heads=None):
    """Queries, keys and values of x, with an axis for the heads or without; their scores, sizes and masks."""
    q, k, v = (x @ w for w in W)
    if heads:
        q, k, v = (reference.split(t, heads) for t in (q, k, v))
    n, d = q.shape[-2:]
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(d)
    arrays = {
        "W_q": W[0],
        "W_k": W[1],
        "W_v": W[2],
        "x": x,
        "Q": q,
        "K": k,
        "V": v,
        "scores": scores,
        "mask": additive(n),
    }
    sizes = {"batch": len(x), "seq": n, "seq_len": n, "d_k": d, "head_dim": d, "n_heads": heads, "d_model": x.shape[-1]}
    return arrays, sizes


def left_in(module, name):
    """What a fragment leaves in `name`: in its module, or in the method of its class, which is called with the names
    that the module was given."""
    own = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    if not own:
        return getattr(module, name)
    (method,) = (each for each in vars(own[0]).values() if inspect.isfunction(each))
    found = {}

    def watch(frame, event, _):
        if event == "return" and frame.f_code is method.__code__:
            found.update(frame.f_locals)

    sys.setprofile(watch)
    try:
        method(*(getattr(module, each, None) for each in inspect.signature(method).parameters))
    finally:
        sys.setprofile(None)
    return found[name]


def fragment(name, expected, of_heads=None, *, x=X, causal=False, rows=False, tools, tensor, **more):
    """A case of a fragment that leaves its result in `name`; `more` arrays are functions of x or stand as they are."""

    def case(run):
        def value(x):
            arrays, sizes = parts(x, of_heads)
            arrays |= {key: of(x) if callable(of) else of for key, of in more.items()}
            return left_in(run(**tools, **sizes, **{key: tensor(each) for key, each in arrays.items()}), name)

        return Run(value, x, expected, causal, weights=value if rows else None)

    return case


def weights(x, heads=None, mask=None):
    q, k = (reference.split(x @ w, heads) if heads else x @ w for w in W[:2])
    return reference.weights(q, k, mask)


def causal_weights(x, heads=None):
    return weights(x, heads, reference.look_back(x.shape[-2]))


def raw_scores(x):
    q, k = x @ W[0], x @ W[1]
    return np.einsum("...qd,...kd->...qk", q, k)


def method(tools, tensor):
    """01: a method that takes Q, K and V from nowhere."""

    def case(run):
        def value(x):
            arrays, sizes = parts(x)
            module = run(**tools, **sizes, **{key: tensor(each) for key, each in arrays.items()})
            owner = getattr(module, "SelfAttention", module)
            return owner.forward(None, tensor(x))

        return Run(value, X[0], lambda x: reference.multi_head(x, W, mask=reference.look_back(TOKENS)), causal=True)

    return case


def normalised(tools, tensor):
    """07: what the masked scores give once they are normalised."""

    def case(run):
        masked = fragment("scores", None, tools=tools, tensor=tensor)(run).f
        return Run(lambda x: reference.softmax(array(masked(x))), X, causal_weights, causal=True)

    return case


def split_heads(tools, tensor, w_q):
    """04: the queries of 512 features as 8 heads of 64."""

    def case(run):
        names = {**tools, "W_q": w_q(np.eye(512)), "batch": 1, "seq": 3}
        return Run(lambda x: left_in(run(**names, x=tensor(x)), "Q"), WIDE, lambda x: x.reshape(1, 3, 8, 64))

    return case


def growing_cache(tools, tensor, of_keys, of_values):
    """10: after every token has been given, the cache holds the keys and values of all of them."""

    def case(run):
        def value(x):
            empty = tensor(np.zeros((BATCH, 0, WIDTH)))
            maps = {of_keys: lambda t: t @ tensor(W[1]), of_values: lambda t: t @ tensor(W[2])}
            owner = Self(K_cache=empty, V_cache=empty, **maps)
            module = run(**tools)
            step = getattr(module, "Generator", module).generate_next
            for t in range(x.shape[1]):
                step(owner, tensor(x[:, t : t + 1]))
            return np.concatenate([array(owner.K_cache), array(owner.V_cache)], axis=-1)

        return Run(value, X, lambda x: np.concatenate([x @ W[1], x @ W[2]], axis=-1), causal=True)

    return case


def growing_keys(tools, tensor, of_keys):
    """10, of which only the keys are there: after every token has been given, the cache holds those of all of them."""

    def case(run):
        def value(x):
            owner = Self(**{of_keys: lambda t: t @ tensor(W[1])})
            module = run(**tools)
            step = getattr(module, "Generator", module).generate_next
            for t in range(x.shape[1]):
                step(owner, tensor(x[:, t : t + 1]))
            return array(getattr(owner, "k_cache", np.zeros((BATCH, 0, WIDTH))))

        return Run(value, X, lambda x: x @ W[1], causal=True)

    return case


def seed(tools, tensor, w_q, of_keys, of_values):
    """The case of each seed pattern, by its number."""
    kit = {"tools": tools, "tensor": tensor}
    positions = random.normal(size=(TOKENS, WIDTH)) * np.ones((BATCH, 1, 1))
    return {
        "01": method(**kit),
        "02": fragment("scores", lambda x: raw_scores(x) / np.sqrt(WIDTH), x=X[0], **kit),
        "03": fragment("scores", raw_scores, **kit),
        "04": split_heads(**kit, w_q=w_q),
        "05": fragment("output", lambda x: x, HEADS, heads=lambda x: reference.split(x, HEADS), **kit),
        "06": fragment("x", lambda x: x + positions, embeddings=lambda x: x, positions=positions, **kit),
        "07": normalised(**kit),
        "07 alone": fragment("mask", np.triu(np.ones((TOKENS, TOKENS)), k=1), **kit),
        "08": fragment("attn", weights, rows=True, **kit),
        "08 of heads": fragment("attn", lambda x: weights(x, HEADS), HEADS, rows=True, **kit),
        "09": fragment("attn", causal_weights, x=X[0], causal=True, rows=True, **kit),
        "09 of ones": fragment("attn", causal_weights, x=X[0], causal=True, rows=True, mask=np.tri(TOKENS), **kit),
        "10": growing_cache(**kit, of_keys=of_keys, of_values=of_values),
        "10 of keys": growing_keys(**kit, of_keys=of_keys),
    }
