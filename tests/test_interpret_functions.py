"""Functions as the interpreter follows them: each snippet is run too, and must make the shapes that Python makes."""

# ruff: noqa: E501  (one snippet is one line)

import pytest

A, B = "a = np.zeros((2, 3))\n", "b = np.zeros((5, 7, 11))\n"

CALLS = {
    "positional": A + "def f(t, u):\n    return t @ u\nx = f(a, a.T)\n",
    "keywords": A + B + "def f(t, u):\n    return t\nx = f(u=a, t=b)\n",
    "defaults": "def f(n=3, m=4):\n    return np.zeros((n, m))\nx = f()\ny = f(5)\nz = f(m=2)\n",
    "a default of a default": "k = 3\ndef f(n=k, m=2 * k):\n    return np.zeros((n, m))\nx = f()\n",
    "*args": A + B + "def f(*ts):\n    return ts[1]\nx = f(a, b)\n",
    "args laid out": A + B + "def f(t, u):\n    return u\nx = f(*(a, b))\ny = f(a, *[b])\n",
    "**kwargs": A + B + "def f(**ts):\n    return ts['u']\nx = f(t=a, u=b)\n",
    "kwargs laid out": A + B + "def f(t, u):\n    return u\nx = f(**{'t': a, 'u': b})\n",
    "passed on": A + B + "def f(t, u=None):\n    return u\ndef g(*args, **kwargs):\n    return f(*args, **kwargs)\nx = g(a, u=b)\n",
    "keyword-only": A + "def f(t, *, axis=0):\n    return t.sum(axis=axis)\nx = f(a)\ny = f(a, axis=1)\n",
    "positional-only": A + B + "def f(t, /, u):\n    return t\nx = f(a, u=b)\n",
    "behind *args": A + "def f(*ts, axis):\n    return ts[0].sum(axis)\nx = f(a, a, axis=1)\n",
    "several results": A + B + "def f():\n    return a, b\nx, y = f()\nz = f()[1]\n",
    "early return": A + "def f(n):\n    if n > 1:\n        return np.zeros((n, n))\n    return np.zeros((1,))\nx = f(3)\ny = f(1)\n",
    "recursion": A + "def f(t, n):\n    if n == 0:\n        return t\n    return f(t.T, n - 1)\nx = f(a, 1)\n",
    "helper of a helper": A + "def f(t):\n    return g(t).T\ndef g(t):\n    return t.sum(-1, keepdims=True)\nx = f(a)\n",
    "used before it stands": A + "def f(t):\n    return later(t)\ndef later(t):\n    return t.T\nx = f(a)\n",
    "redefined": A + "def f(t):\n    return t\nx = f(a)\ndef f(t):\n    return t.T\ny = f(a)\n",
    "in place": A + "def f(t):\n    t += 1\nf(a)\nx = a.T\n",
}  # fmt: skip

CLOSURES = {
    "lambda": A + "f = lambda t: t.T\nx = f(a)\n",
    "lambda with a default": "f = lambda n, m=4: np.zeros((n, m))\nx = f(2)\ny = f(2, 3)\n",
    "lambda at once": A + "x = (lambda t: t.T)(a)\n",
    "nested function": A + "def f(t):\n    n = t.shape[1]\n    def g(m):\n        return np.zeros((n, m))\n    return g(4)\nx = f(a)\n",
    "function returned": A + "def f(n):\n    def g(t):\n        return t.reshape(n, -1)\n    return g\nx = f(6)(a)\ng = f(3)\ny = g(a)\n",
    "function passed": A + "def f(g, t):\n    return g(t)\nx = f(np.transpose, a)\ny = f(lambda t: t.sum(0), a)\n",
    "functions in a list": A + "fs = [lambda t: t.T, np.sum]\nx = fs[0](a)\n",
    "functions in a dict": A + "fs = {'t': lambda t: t.T}\nx = fs['t'](a)\n",
    "a name bound later": "n = 2\ndef f():\n    return np.zeros((n, n))\nn = 3\nx = f()\n",
    "a local hides the module's": A + B + "def f():\n    a = b\n    return a.T\nx = f()\ny = a.T\n",
    "partial": A + "from functools import partial\nf = partial(np.sum, axis=1)\nx = f(a)\n",
    "partial of one's own": "from functools import partial\ndef f(n, m, k=1):\n    return np.zeros((n, m, k))\ng = partial(f, 2, k=5)\nx = g(3)\ny = g(3, k=6)\n",
    "functools itself": "import functools\ndef f(n, m):\n    return np.zeros((n, m))\nx = functools.partial(f, m=4)(2)\n",
    "lru_cache": "from functools import lru_cache\n@lru_cache\ndef f(n):\n    return np.zeros((n, n))\nx = f(3)\n",
    "lru_cache called": "import functools\n@functools.lru_cache(maxsize=None)\ndef f(n):\n    return np.zeros((n, n))\nx = f(3)\n",
    "wraps": A
    + "import functools\ndef d(f):\n    @functools.wraps(f)\n    def g(*args, **kwargs):\n        return f(*args, **kwargs)\n    return g\n"
    + "@d\ndef h(t):\n    return t.T\nx = h(a)\n",
    "a decorator that changes an argument": A + "def d(f):\n    def g(t):\n        return f(t.T)\n    return g\n@d\ndef h(t):\n    return t.sum(0)\nx = h(a)\n",
    "a decorator that changes the result": A + "def d(f):\n    def g(t):\n        return f(t).T\n    return g\n@d\ndef h(t):\n    return t\nx = h(a)\n",
    "a decorator with arguments": A + "def d(n):\n    def e(f):\n        def g(t):\n            return f(t)[:n]\n        return g\n    return e\n@d(1)\ndef h(t):\n    return t.T\nx = h(a)\n",
    "one decorator of two": A + "def d(f):\n    def g(t):\n        return f(t).T\n    return g\n@d\ndef h(t):\n    return t\n@d\ndef k(t):\n    return t.T\nx = h(a)\ny = k(a)\n",
    "a decorated method": A + "def d(f):\n    def g(self, t):\n        return f(self, t).T\n    return g\nclass C:\n    @d\n    def f(self, t):\n        return t\nx = C().f(a)\n",
}  # fmt: skip

CLASSES = {
    "attributes": "class C:\n    def __init__(self, n):\n        self.n = n\n        self.w = np.zeros((n, 2 * n))\n    def f(self):\n        return self.w.T\nc = C(3)\nx = c.f()\ny = c.w\nz = np.zeros((c.n,))\n",
    "class attributes": "class C:\n    n = 3\n    def f(self):\n        return np.zeros((self.n, C.n))\nx = C().f()\n",
    "called": A + "class C:\n    def __call__(self, t):\n        return t.T\nx = C()(a)\n",
    "property": "class C:\n    def __init__(self, n):\n        self.n = n\n    @property\n    def m(self):\n        return 2 * self.n\n    def f(self):\n        return np.zeros((self.n, self.m))\nx = C(3).f()\n",
    "cached_property": "from functools import cached_property\nclass C:\n    @cached_property\n    def w(self):\n        return np.zeros((2, 3))\nx = C().w.T\n",
    "staticmethod": A + "class C:\n    @staticmethod\n    def f(t):\n        return t.T\n    def g(self, t):\n        return self.f(t)\nx = C.f(a)\ny = C().g(a)\n",
    "classmethod": "class C:\n    n = 4\n    @classmethod\n    def make(cls, m):\n        return cls(m)\n    def __init__(self, m):\n        self.m = m\nc = C.make(3)\nx = np.zeros((c.m, c.n))\n",
    "asked in Python's own order": A + "class R:\n    def f(self, t):\n        return t\nclass P(R):\n    def f(self, t):\n        return super().f(t).T\nclass Q(R):\n    def f(self, t):\n        return super().f(t)[:1]\nclass D(P, Q):\n    pass\nx = D().f(a)\ny = P().f(a)\n",
    "inherited": A + "class C:\n    def f(self, t):\n        return self.g(t)\n    def g(self, t):\n        return t\nclass D(C):\n    def g(self, t):\n        return t.T\nx = D().f(a)\ny = C().f(a)\n",
    "super().__init__": "class C:\n    def __init__(self, n):\n        self.n = n\nclass D(C):\n    def __init__(self, n, m):\n        super().__init__(n + 1)\n        self.m = m\nd = D(2, 5)\nx = np.zeros((d.n, d.m))\n",
    "super() with arguments": "class C:\n    def __init__(self, n):\n        self.n = n\nclass D(C):\n    def __init__(self, n):\n        super(D, self).__init__(n + 1)\nx = np.zeros((D(2).n,))\n",
    "C.__init__(self)": "class C:\n    def __init__(self, n):\n        self.n = n\nclass D(C):\n    def __init__(self, n):\n        C.__init__(self, n + 1)\nx = np.zeros((D(2).n,))\n",
    "super().method": A + "class C:\n    def f(self, t):\n        return t.T\nclass D(C):\n    def f(self, t):\n        return super().f(t)[None]\nx = D().f(a)\n",
    "three generations": A + "class C:\n    def f(self, t):\n        return t.T\nclass D(C):\n    def f(self, t):\n        return super().f(t)[None]\nclass E(D):\n    def f(self, t):\n        return super().f(t)[..., None]\nx = E().f(a)\n",
    "two bases": A + "class M:\n    def g(self, t):\n        return t.T\nclass C:\n    def f(self, t):\n        return self.g(t)\nclass D(M, C):\n    pass\nx = D().f(a)\n",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass C:\n    n: int = 3\n    m: int = 4\nc = C(m=5)\nx = np.zeros((c.n, c.m))\n",
    "dataclass field": "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    n: int = field(default=3)\n    s: list = field(default_factory=lambda: [4, 5])\nc = C()\nx = np.zeros((c.n, c.s[1]))\n",
    "dataclass inherited": "from dataclasses import dataclass\n@dataclass\nclass C:\n    n: int = 3\n@dataclass\nclass D(C):\n    m: int = 4\nd = D(2)\nx = np.zeros((d.n, d.m))\n",
    "post_init": "from dataclasses import dataclass\n@dataclass\nclass C:\n    n: int = 3\n    def __post_init__(self):\n        self.m = self.n + 1\nc = C()\nx = np.zeros((c.n, c.m))\n",
    "named tuple": "from typing import NamedTuple\nclass C(NamedTuple):\n    n: int\n    m: int = 4\nc = C(3)\nx = np.zeros((c.n, c.m))\n",
    "namespace": "from types import SimpleNamespace\nc = SimpleNamespace(n=3, m=4)\nx = np.zeros((c.n, c.m))\n",
    "configuration as a dict": "c = dict(n=3, m=4)\nclass M:\n    def __init__(self, c):\n        self.w = np.zeros((c['n'], c['m']))\nx = M(c).w\n",
    "configuration as a class": "class C:\n    n = 3\n    m = n + 1\nclass M:\n    def __init__(self, c):\n        self.w = np.zeros((c.n, c.m))\nx = M(C).w\ny = M(C()).w\n",
    "objects in a list": A + "class C:\n    def __init__(self, n):\n        self.n = n\n    def f(self, t):\n        return t.sum(self.n)\nx, y = [c.f(a) for c in [C(0), C(1)]]\n",
    "an object in an object": "class C:\n    def __init__(self):\n        self.w = np.zeros((2, 3))\nclass D:\n    def __init__(self):\n        self.c = C()\nd = D()\nx = d.c.w.T\n",
    "an attribute written later": A + "class C:\n    def __init__(self):\n        self.w = None\n    def put(self, t):\n        self.w = t\nc = C()\nc.put(a)\nx = c.w.T\n",
    "getattr and setattr": A + "class C:\n    pass\nc = C()\nsetattr(c, 'w', a)\nx = getattr(c, 'w').T\n",
    "getattr with a default": A + "class C:\n    v = 3\nc = C()\nx = np.zeros((getattr(c, 'v', 4), getattr(c, 'u', 5)))\n",
    "getitem": A + "class C:\n    def __getitem__(self, n):\n        return np.zeros((n, 2))\nx = C()[3]\n",
    "two objects of a class": "class C:\n    def __init__(self, n):\n        self.n = n\nc, d = C(2), C(3)\nx = np.zeros((c.n, d.n))\n",
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls(agrees, name):
    agrees(CALLS[name])


@pytest.mark.parametrize("name", CLOSURES)
def test_closures(agrees, name):
    agrees(CLOSURES[name])


@pytest.mark.parametrize("name", CLASSES)
def test_classes(agrees, name):
    agrees(CLASSES[name])
