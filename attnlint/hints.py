"""Shapes that authors write down: comments, docstrings and annotations, as text and nothing more."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from attnlint import dims
from attnlint.dims import Dim
from attnlint.names import is_head_dim, kind_of, kinds_of, role_of
from attnlint.tensor import Atom, Axis, Kind, Shape, axis

_SIZE = r"(?:\.\.\.|\*?[A-Za-z_][\w.']*|\d+)"
_EXPRESSION = (
    rf"(?:{_SIZE}(?:\s*(?://|\*\*|[*/+-])\s*{_SIZE})*|\(\s*{_SIZE}(?:\s*[*/+-]\s*{_SIZE})*\s*\)(?:\s*[*/]\s*{_SIZE})?)"
)
_BRACKETS = re.compile(rf"[\[(]\s*({_EXPRESSION}(?:\s*,\s*{_EXPRESSION})*\s*,?)\s*[\])]")
_LISTED = rf"[\[(]\s*({_SIZE}(?:\s*,\s*{_SIZE})+)\s*[\])]"
_PRODUCT = re.compile(rf"{_LISTED}\s*(?:@|[x\u00d7·*])\s*{_LISTED}")
_BARE = re.compile(rf"^#+\s*(?:shape\s*[:=]?\s*|->\s*|=>\s*)?({_SIZE}(?:\s*,\s*{_SIZE})+)\s*$")
_CROSSED = re.compile(r"^#+\s*(?:shape\s*[:=]?\s*)?\(?([A-Za-z_0-9]\w*(?:\s+[x\u00d7]\s+[A-Za-z_0-9]\w*)+)\)?\s*$")
# As in `# head_num None F D`, in the manner of Keras' shapes.
_SPACED = re.compile(r"^#+\s*(?=[^#]*\bNone\b)([A-Za-z_]\w*(?:\*\w+)?(?:\s+[A-Za-z_]\w*(?:\*\w+)?){2,4})\s*$")
_NAMED = re.compile(
    r"(?P<names>[A-Za-z_]\w*(?:(?:\s*[/,&]\s*|\s+and\s+)[A-Za-z_]\w*)*)"
    r"(?:\s*\([^()\[\]]{0,40}\))?\s*"
    r"(?P<joint>::|[:=\-\u2013\u2014~]|\b(?:is|are|has|have|of)\b)?\s*"
    r"(?P<between>[A-Za-z_ .`]{0,48}?)\s*$"
)
# `q, k, v: [batch heads seq head_dim]`, in the notation of attnlint itself and of einops.
_WORDS = re.compile(r"\[\s*((?:\w+|\.\.\.)(?:\s+\w+)+)\s*\]")
_BEFORE_WORDS = re.compile(
    r"(?:[A-Za-z_]\w*(?:\s*[/,&]\s*[A-Za-z_]\w*)*\s*(?:\([^()\[\]]{0,40}\))?\s*[:=]?\s*"
    r"(?:[A-Za-z ]{0,24}\bshape\b:?\s*)?)?(?=\[)"
)
_STOP_WORDS = frozenset(
    {"e.g", "i.e", "eg", "see", "note", "optional", "default", "self", "cls", "none", "true", "false"}
)
_JAXTYPING = re.compile(r"""(?<!Literal)(?<!dict)\[\s*(?:[\w.]+\s*,\s*)?(?:"([^"]*)"|'([^']*)')""")
_TENSORTYPE = re.compile(r"TensorType\[\s*((?:(?:[\"'][\w*]+[\"']|\d+)\s*,?\s*)+)")
# A list of these is a call's arguments or what a function returns, and no shape.
_ARRAYS = frozenset("q k v x y z query key value queries keys values".split())
# `(B, T, C) -> (B, H, T, D)`, a step in words between two arrows too.
_BECOMES = re.compile(r"(?:->|=>|→)(?:[^()\[\]:]*(?:->|=>|→))?\s*$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MARKUP = re.compile(r":math:|`")
_SHAPE_WORD = re.compile(r",\s*(?=(?:of |with )?shape\b)", re.I)


@dataclass(frozen=True, slots=True)
class Hint:
    """A shape that the author wrote: for these names or, where there are none, for the value on that line."""

    sizes: tuple[str, ...]
    names: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def in_comment(text: str) -> tuple[Hint, ...]:
    """The shapes in one comment: `# [batch, seq, d_k]`, `# x: (B, T, C)`, `# (B, T, C) -> (B, T, H, D)`."""
    for pattern, split in ((_BARE, r"\s*,\s*"), (_CROSSED, r"\s+[x\u00d7]\s+")):
        bare = pattern.match(text)
        if bare is not None:
            sizes = tuple(re.split(split, bare.group(1)))
            if any(kind_of(size) for size in sizes) or (pattern is _CROSSED and all(s.isdigit() for s in sizes)):
                return (Hint(sizes),)
    spaced = _SPACED.match(text)
    if spaced is not None:
        return (Hint(tuple("batch" if size == "None" else size for size in spaced.group(1).split())),)
    return tuple(_in_text(text.lstrip("# ")))


def of_operands(text: str) -> tuple[Hint, Hint] | None:
    """The shapes of both sides of a product, as in `# [batch, seq, d_k] @ [batch, d_k, seq]`."""
    match = _PRODUCT.search(text)
    if match is None:
        return None
    sides = [tuple(size.strip() for size in match.group(n).split(",") if size.strip()) for n in (1, 2)]
    return Hint(sides[0]), Hint(sides[1])


@lru_cache(maxsize=4096)
def in_docstring(text: str) -> tuple[Hint, ...]:
    """The shapes that a docstring gives to names; a shape without a name says nothing."""
    found: list[Hint] = []
    for line in text.splitlines():
        found.extend(hint for hint in _in_text(line.strip()) if hint.names)
    return tuple(found)


@lru_cache(maxsize=4096)
def in_annotation(text: str) -> Hint | None:
    """A jaxtyping or torchtyping annotation, as in `Float[Tensor, "batch seq dim"]`."""
    listed = _TENSORTYPE.search(text)
    if listed is not None:
        return Hint(tuple(re.findall(r"[\w*]+", listed.group(1))))
    quoted = _JAXTYPING.search(text)
    if quoted is None:
        return None
    sizes = tuple((quoted.group(1) or quoted.group(2) or "").split())
    plain = all(re.fullmatch(r"[*#?]?(\.\.\.|\w+(=\d+)?|\w+[*/+-]\w+)", size) for size in sizes)
    return Hint(tuple(size.lstrip("#?") for size in sizes)) if plain and sizes else None


def in_layout(text: str) -> Hint:
    """The shape that a text is as a whole: `batch heads q_len head_dim`, `[B, T, C]`, `... d_model`.

    Raises ValueError for what is no list of axes.
    """
    inner = text.strip()
    if inner[:1] + inner[-1:] in {"[]", "()"}:
        inner = inner[1:-1].strip()
    sizes = tuple(re.split(r"\s*,\s*", inner.removesuffix(",").rstrip()) if "," in inner else inner.split())
    example = "write them as in 'batch heads q_len head_dim' or '[B, T, C]'"
    if not sizes:
        raise ValueError(f"{text!r} has no axes; {example}")
    for place, size in enumerate(sizes):
        if not re.fullmatch(_EXPRESSION, size):
            raise ValueError(f"{size!r} in {text!r} is no axis; {example}")
        if place and (size == "..." or size.startswith("*")):
            raise ValueError(f"{size!r} in {text!r} is any number of axes, which can only stand in front")
    return Hint(sizes)


def _in_text(text: str) -> list[Hint]:
    text = _with_commas(_SHAPE_WORD.sub(" ", _MARKUP.sub("", text)))
    found: list[Hint] = []
    last_end = 0
    for match in _BRACKETS.finditer(text):
        sizes = tuple(size.strip() for size in re.split(r",(?![^(]*\))", match.group(1)) if size.strip())
        before = text[last_end : match.start()]
        if not _plausible(sizes, match.group(0)):
            continue
        last_end = match.end()
        if _BECOMES.search(before) and found:
            found[-1] = Hint(sizes, found[-1].names)
            continue
        named = _NAMED.search(before)
        names: tuple[str, ...] = ()
        if named is not None and (named.group("joint") or not named.group("between")):
            names = tuple(re.split(r"\s*[/,&]\s*|\s+and\s+", named.group("names")))
        if names and names[-1].lower() in _STOP_WORDS:
            continue
        names = () if names == ("shape",) or names == ("Shape",) else names
        found.append(Hint(sizes, names))
    return found


def _with_commas(text: str) -> str:
    """The text with commas between the axes of its shapes, where it begins with one and each word is an axis."""
    if not _BEFORE_WORDS.match(text):
        return text

    def listed(match: re.Match[str]) -> str:
        words = match.group(1).split()
        axes = [word for word in words if kind_of(word) or word.isdigit() or word == "..." or len(word) == 1]
        return f"[{', '.join(words)}]" if axes == words and any(map(kind_of, words)) else match.group(0)

    return _WORDS.sub(listed, text)


def _plausible(sizes: tuple[str, ...], whole: str) -> bool:
    if any(size.lower() in _STOP_WORDS for size in sizes) or all(size.lower() in _ARRAYS for size in sizes):
        return False
    if all(size.isdigit() for size in sizes):
        return len(sizes) >= 2 and "0" not in sizes and (whole[0] == "(" or any(int(s) > 4 for s in sizes))
    if len(sizes) == 1 and re.fullmatch(r"\(\s*\w+\s*,\s*\)", whole):
        return bool(kind_of(sizes[0]))
    if len(sizes) == 1:
        return bool(kind_of(sizes[0])) and len(sizes[0]) > 1 and whole[0] == "["
    if any(kind_of(size) or size == "..." for size in sizes) or all(len(size) <= 2 for size in sizes):
        return True
    return any(size.isdigit() for size in sizes) and not _YEAR.fullmatch(sizes[-1])


def is_of_scores(hint: Hint) -> bool:
    """Whether a shape has an axis of queries and one of keys, as `[batch, heads, q_len, k_len]`."""
    return {role_of(size) for size in hint.sizes} >= {"q", "k"}


def shape_of(hint: Hint, size_of: Callable[[str], Dim]) -> Shape:
    """The shape that a hint describes; `size_of` gives the size for each name, the same one each time."""
    axes: list[Axis] = []
    is_open = False
    kinds = kinds_of([text.partition("=")[0] for text in hint.sizes])
    for position, text in enumerate(hint.sizes):
        if text == "..." or text.startswith("*"):
            is_open, axes = True, []
            if position:
                return Shape((), open=True)
            continue
        axes.append(_axis(text, size_of, kinds[position], "heads" in kinds))
    return Shape(tuple(axes), is_open)


def _axis(text: str, size_of: Callable[[str], Dim], kind: Kind, with_heads: bool) -> Axis:
    name, _, number = text.partition("=")
    size = dims.const(int(number)) if number.isdigit() else size_in(text, size_of)
    if size.value == 1:
        return Axis()
    part = "head_dim" if with_heads and is_head_dim(name) else ""
    if not kind and re.fullmatch(r"[\w ]+[*][\w ]+", text):
        kinds = {kind_of(piece.strip()) for piece in text.split("*")} - {""}
        kind = "feature" if "feature" in kinds else ""
    if part:
        return Axis((Atom(size, kind, None, part),))
    return axis(size, kind)


def size_in(text: str, size_of: Callable[[str], Dim]) -> Dim:
    """The size that a text such as `seq`, `64` or `d_model // n_heads` stands for."""
    parsed = _parsed(text.strip().replace("'", "_"))
    try:
        return _evaluate(parsed, size_of) if parsed is not None else size_of(text)
    except ValueError:
        return size_of(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr | None:
    """The expression that a text is; None for what is none, which is remembered too."""
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _evaluate(node: ast.expr, size_of: Callable[[str], Dim]) -> Dim:
    match node:
        case ast.Constant(int(number)):
            return dims.const(number)
        case ast.Name() | ast.Attribute():
            return size_of(ast.unparse(node))
        case ast.BinOp(left, op, right):
            one, other = _evaluate(left, size_of), _evaluate(right, size_of)
            match op:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
                case ast.FloorDiv() | ast.Div() if other.terms:
                    return one // other
                case ast.Pow() if other.number is not None and abs(other.number) < 4:
                    return one.power(Fraction(other.number))
    raise ValueError
