"""Python as the interpreter follows it: each snippet is run too, and every array must have the shape that it has."""

import pytest

A, B = "a = np.zeros((2, 3))\n", "b = np.zeros((5, 7, 11))\n"

ASSIGNMENTS = {
    "chained": A + "x = y = a.T\n",
    "annotated": A + "x: np.ndarray = a.T\n",
    "pair": A + B + "x, y = b, a\n",
    "swap": A + B + "a, b = b, a\n",
    "nested": A + B + "(x, (y, z)) = a, (b, a.T)\n",
    "list target": A + B + "[x, y] = [a, b]\n",
    "starred": A + B + "x, *rest = a, b, a.T\ny, z = rest\n",
    "starred in the middle": A + B + "x, *rest, y = a, b, b, a.T\nz = rest[1]\n",
    "array": A + "x, y = a\n",
    "array of three": B + "x, y, z = np.zeros((3, 4, 5))\n",
    "generator": A + "x, y, z = (np.zeros((n + 1, 2)) for n in range(3))\n",
    "list comprehension": A + "x, y = [t.T for t in (a, a)]\n",
    "walrus": A + "if (x := a.T) is not None:\n    y = x\n",
    "augmented": A + "x = a\nx += 1\nx *= np.ones((1, 3))\n",
    "augmented matmul": "x = np.zeros((2, 2))\nx = x.copy()\nx @= np.ones((2, 2))\n",
    "item": A + "box = [a, a]\nbox[1] = a.T\nx = box[1]\ny = box[0]\nz = box[-1]\n",
    "dict": A + B + "d = {'p': a}\nd['q'] = b\nx, y = d['p'], d['q']\n",
    "dict merge": A + B + "d = {**{'p': a}, 'q': b}\nx = d['q']\ny = d['p']\n",
    "dict methods": A + B + "d = dict(p=a)\nd.update(q=b)\nx = d.get('q')\ny = d.get('r', a)\nz = d.pop('p')\n",
    "dict items": A + "d = {'p': a, 'q': a.T}\nfor k, v in d.items():\n    x = v\n",
    "dict comprehension that chooses": A
    + B
    + "d = {k: v.T for k, v in {'p': a, 'q': b}.items() if k != 'p'}\nx = d['q']\ny = a.T if 'p' in d else b\n",
    "list comprehension that chooses": A + B + "x, = [t for n, t in ((0, a), (1, b)) if n > 0]\n",
    "numbers as keys": A + B + "d = {}\nd[0] = a\nd[1] = b\nx, y = d[1], d[0]\n",
    "a dict of its own class": A
    + B
    + "class C(dict):\n    __getattr__ = dict.__getitem__\nc = C(p=a, q=b)\nx, y = c.p, c['q']\n",
    "dict comprehension": A + B + "d = {k: v.T for k, v in [('p', a), ('q', b)]}\nx, y = d['p'], d['q']\n",
    "list methods": A + B + "l = []\nl.append(a)\nl.extend([b, a.T])\nx, y, z = l\nw = l.pop()\n",
    "list arithmetic": A + B + "l = [a] + [b] * 2\nx, y, z = l\n",
    "list slice": A + B + "l = [a, b, a.T]\nx, y = l[1:]\nz, w = l[::2]\nu = l[:-1][0]\n",
    "conditional": A + B + "x = a if True else b\ny = a if 1 > 2 else b\n",
    "or": A + "x = None or a\n",
    "size arithmetic": "n, m = 8, 3\nx = np.zeros((n // m, n % m, n ** 2, n - m, -(-n // m)))\n",
    "size functions": "x = np.zeros((int(8 / 2), max(2, 3), min(2, 3), abs(-4), len([1, 2])))\n",
    "shape unpacking": B + "p, q, r = b.shape\nx = np.zeros((r, q, p))\n",
    "shape items": B + "x = np.zeros((b.shape[-1], b.shape[0], len(b), b.ndim, b.size))\n",
    "shape slice": B + "x = np.zeros(b.shape[:-1])\ny = np.zeros(b.shape[1:])\nz = np.zeros((*b.shape, 2))\n",
    "shape star": B + "*lead, last = b.shape\nx = np.zeros((*lead, 2 * last))\n",
    "shape sum": B + "x = np.zeros(b.shape[:1] + (4,))\n",
    "string test": A + "mode = 'up'\nif mode == 'up':\n    x = a.T\nelse:\n    x = a\n",
    "global": A + "y = a\ndef f():\n    global y\n    y = y.T\nf()\nx = y.copy()\ndel y\n",
    "nonlocal": A
    + "def f():\n    x = a\n    def g():\n        nonlocal x\n        x = x.T\n    g()\n    return x\ny = f()\n",
    "del": A + "x = a.T\ny = x\ndel x\n",
    "try": A + "try:\n    x = a.T\nexcept ValueError:\n    x = a.T\nfinally:\n    y = a\n",
    "with": A + "with np.errstate(divide='ignore'):\n    x = a.T\n",
    "match": A + "match 3:\n    case 3:\n        x = a.T\n    case _:\n        x = a.T\n",
    "assert": A + "assert a.shape == (2, 3), 'no'\nx = a.T\n",
    "main": A + "if __name__ == '__main__' or True:\n    x = a.T\n",
}

INDICES = {
    "ints": B + "x, y, z = b[0], b[-1, 2], b[1:][0]\n",
    "slices": B + "x = b[1:3, :, ::2]\ny = b[:-1]\nz = b[:, 2:-2]\nw = b[..., :4]\n",
    "ellipsis": B + "x = b[..., 0]\ny = b[0, ...]\nz = b[..., None]\n",
    "none": B + "x = b[None]\ny = b[:, None, :, None]\nz = b[:, np.newaxis]\nw = b[None, ..., None]\n",
    "tuple": B + "i = (0, slice(None), 1)\nx = b[0, :, 1]\ny = b[(0, 1)]\n",
    "arrays": B + "x = b[np.arange(3)]\ny = b[:, np.array([1, 2])]\n",
    "written": B + "b[0] = 1\nb[:, 1:2, ...] += 2\nx = b.T\n",
    "step": "x = np.arange(10)[::3]\ny = np.zeros((6, 4))[1::2, ::-1]\n",
}

LOOPS = {
    "for": A + "for _ in range(3):\n    x = a.T\n",
    "over a zip": A + B + "for p, q in zip((a, b), (b, a)):\n    x, y = p, q\n",
    "over an enumeration": A + "for n, t in enumerate([a, a.T]):\n    x = t\n",
    "over rows": B + "for row in b:\n    x = row\n",
    "over many rounds": A + "x = a\nfor _ in range(100):\n    x = x + 1\n",
    "while": A + "n = 0\nwhile n < 3:\n    x = a.T\n    n += 1\n",
    "comprehension over a zip": A + B + "x, y = [p.T for p, q in zip((a, b), (1, 2))]\n",
    "nested comprehension": A + "l = [[t for t in (a, a.T)] for _ in range(2)]\nx = l[1][1]\n",
    "map": A + B + "x, y = map(lambda t: t.T, (a, b))\n",
    "map of a function": A + "def f(t, u):\n    return t + u\nx, = map(f, [a], [a])\n",
    "appended and joined": A + "l = []\nfor n in range(4):\n    l.append(a)\nx = np.concatenate(l, axis=1)\n",
    "comprehension joined": A + "x = np.concatenate([a for _ in range(4)], axis=-1)\ny = np.stack([a, a])\n",
    "break": A + "for _ in range(3):\n    x = a.T\n    break\n",
    "else": A + "for _ in range(2):\n    x = a\nelse:\n    x = a.T\n",
    "reversed": A + B + "x, y = reversed([a, b])\n",
    "next": A + B + "x = next(iter([a, b]))\n",
    "sum": A + "x = sum([a, a, a])\n",
    "generator function": A + "def f():\n    yield a\nfor t in f():\n    x = t\n",
}


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_assignments_and_expressions(agrees, name):
    agrees(ASSIGNMENTS[name])


@pytest.mark.parametrize("name", INDICES)
def test_indices(agrees, name):
    agrees(INDICES[name])


@pytest.mark.parametrize("name", LOOPS)
def test_loops_and_comprehensions(agrees, name):
    agrees(LOOPS[name])
