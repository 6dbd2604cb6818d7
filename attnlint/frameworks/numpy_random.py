"""How NumPy spells random arrays: module functions, and the methods of its generators."""

from __future__ import annotations

from attnlint.frameworks.spelling import Spelling, spell

_SIZED = {
    "normal": "loc scale sizes=size",
    "uniform": "low high sizes=size",
    "standard_normal": "sizes=size dtype",
    "random": "sizes=size dtype",
    "random_sample": "sizes=size",
    "lognormal": "mean sigma sizes=size",
    "gamma": "shape scale sizes=size",
    "binomial": "n p sizes=size",
    "bernoulli": "p sizes=size",
    "poisson": "lam sizes=size",
    "exponential": "scale sizes=size",
    "choice": "a sizes=size replace p",
    "standard_t": "df sizes=size",
}
_INTEGERS = {"randint": "low high sizes=size dtype", "integers": "low high sizes=size dtype endpoint"}

RANDOM: dict[str, Spelling] = {
    **{name: spell("rand", signature) for name, signature in _SIZED.items()},
    **{name: spell("randint", signature) for name, signature in _INTEGERS.items()},
    "randn": spell("rand", "*sizes"),
    "rand": spell("rand", "*sizes"),
    "permutation": spell("identity", "x"),
    "shuffle": spell("identity", "x", inplace=True),
}

# A generator is known by the call that made it, and its methods by that and their name.
_OWNERS = ("", "default_rng().", "RandomState().", "Generator().", "mtrand.")

FUNCTIONS: dict[str, Spelling] = {
    f"numpy.random.{owner}{name}": spelling for owner in _OWNERS for name, spelling in RANDOM.items()
}
