"""What a file defines and imports, found by the standard library's parser before libcst is loaded."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from attnlint import ir
from attnlint.rows import lines_of

_REGISTERS = re.compile(r"^def \w*regist\w*\(|^@[\w.]*regist\w*\(", re.M)
HOLDS_STATEMENTS = ast.stmt | ast.excepthandler | ast.match_case
_WORD = re.compile(r"[A-Za-z_]\w*")
# Words of which one stands in every definition that a rule could have something to say about.
_CONCERNS = re.compile(
    r"oftmax|dot_product|eadAttention|lash_att|efficient_attention|flex_attention|nn\.Transformer|ttention"
    r"|attn|tril\b|triu\b|masked_fill|past_k|k_cache|kv_cache|cache_k|cache_v|key_cache|project_k|n_heads?\b|num_heads|nhead"
    r"|(?<![\w.])exp\(|\b(?:[jc]?np|xp|mx|torch|tf|math|ops|lax)\.exp\(|\.exp\(\)|\bK\.T\b|\bk\.T\b|positional|pos_emb|mask|k_proj|new_token"
    r"|(?:cat|concat|concatenate|hstack)\([^\n]{0,80}?(?:pos|\bpe\b)"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """What statements bind in their file: imports with the depth that they stand at, names outside of definitions, and
    the modules whose names they all import.
    """

    imports: tuple[tuple[int, str, str], ...] = ()
    assigned: frozenset[str] = frozenset()
    stars: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class Part:
    """Whole consecutive lines of a file: one definition, or the statements between two of them.

    `kind` is `def`, `class` or `code`; `bound` is what it binds, of a definition what is imported in it.
    """

    kind: str
    name: str
    first_row: int
    text: str
    words: frozenset[str] = frozenset()
    path: str = ""
    bound: Bound = Bound()
    block: ir.Block | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from other code, wherever it stands."""
        return self.kind, self.name, self.text

    @property
    def concerns_attention(self) -> bool:
        """Whether any word in it is one that a rule could care about."""
        return _concerns_attention(self.text)

    def lowered(self) -> ir.Block:
        """Its statements; parsed at the first question.

        Raises SyntaxError when libcst does not know its syntax.
        """
        if self.block is None:
            from attnlint.lower import lower

            self.block = lower(self.text, self.first_row, self.path)
        return self.block

    def take_over(self, twin: Part) -> None:
        """Take what was parsed of an earlier part with the same text; what speaks of it moves to this one."""
        self.block = twin.block
        for statement in self.block or ():
            statement.site.piece.first_row = self.first_row
            break


@lru_cache(maxsize=1024)
def _concerns_attention(text: str) -> bool:
    return _CONCERNS.search(text) is not None


@dataclass(eq=False)
class FileIndex:
    """The parts of one file, in order.

    `assigned` are the names that its statements outside of definitions bind, `stars` modules whose names it imports;
    `is_followed` says that every file that it imports has been read. Where these are only some of its parts,
    `is_concerned` says that attention is in others, and `all_words` are the words of all.
    """

    parts: list[Part]
    text: str
    path: str = ""
    imports: dict[str, str] = field(default_factory=dict)
    assigned: frozenset[str] = frozenset()
    stars: tuple[str, ...] = ()
    is_followed: bool = False
    is_concerned: bool = False
    all_words: frozenset[str] | None = None

    @cached_property
    def registers(self) -> bool:
        """Whether decorators of this file, or used in it, put definitions into a table."""
        return _REGISTERS.search(self.text) is not None

    @cached_property
    def definitions(self) -> list[Part]:
        """The functions and classes at top level."""
        return [part for part in self.parts if part.kind != "code"]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every identifier and word of the file."""
        return frozenset().union(*(part.words for part in self.parts)) if self.all_words is None else self.all_words


def index(text: str, path: str = "", before: FileIndex | None = None) -> FileIndex:
    """Cut a file into its parts; with an earlier version of it, only what has changed since is parsed.

    Raises SyntaxError with its place. A file that this Python cannot parse is one part, and libcst has the last word.
    """
    parts = _renewed(before.parts, text, path) if before is not None and before.path == path else None
    try:
        parts = _cut(text, 1, path) if parts is None else parts
    except SyntaxError as error:
        part = _alone(text, path)
        try:
            part.lowered()
        except SyntaxError:
            # Python's own error says where it stands and what is wrong; libcst's often only says row 1.
            raise error from None
        return FileIndex([part], text, path)
    if not parts and text.strip():
        parts = [_alone(text, path)]
    imports: dict[str, str] = {}
    # What is imported further out is what the name means to most of the file.
    for _, local, dotted in sorted((each for part in parts for each in part.bound.imports), key=lambda each: each[0]):
        imports.setdefault(local, dotted)
    assigned = frozenset().union(*(part.bound.assigned for part in parts))
    return FileIndex(parts, text, path, imports, assigned, tuple(star for part in parts for star in part.bound.stars))


def _alone(text: str, path: str) -> Part:
    return Part("code", "", 1, text, frozenset(_WORD.findall(text)), path)


def _cut(text: str, first_row: int, path: str) -> list[Part]:
    """The parts of consecutive lines of a file, of which the first stands in this row; raises SyntaxError."""
    lines = lines_of(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text.removeprefix("\ufeff"))
    parts: list[Part] = []
    left = tree.body[::-1]
    for kind, name, first, last in _ranges(tree, len(lines)):
        body = "".join(lines[first - 1 : last])
        if body.strip():
            nodes: list[ast.stmt] = []
            while left and left[-1].lineno <= last:
                nodes.append(left.pop())
            words = frozenset(_WORD.findall(body))
            parts.append(Part(kind, name, first + first_row - 1, body, words, path, _bound(nodes)))
    return parts


def _renewed(parts: list[Part], text: str, path: str) -> list[Part] | None:
    """The parts of a new version of a file, those at both ends that are as they were not parsed again.

    None where the cut could fall into a statement, so that all of it has to be parsed.
    """
    if len(parts) < 2:
        return None
    start, end, ahead, behind = 0, len(text), 0, len(parts)
    while ahead < len(parts) and text.startswith(parts[ahead].text, start):
        start += len(parts[ahead].text)
        ahead += 1
    while behind > ahead and text.endswith(parts[behind - 1].text, start, end):
        end -= len(parts[behind - 1].text)
        behind -= 1
    if behind < len(parts):
        # Comments and blank lines behind a statement belong to the part that follows.
        end += len(parts[behind].text)
        behind += 1
    elif ahead == len(parts):
        # Those at the end of the file belong to its last part, until another one follows.
        ahead -= 1
        start -= len(parts[ahead].text)
    front, back = parts[:ahead], parts[behind:]
    line = front[-1].text if front else ""
    if line.rstrip().endswith("\\") or (line.endswith("\r") and text.startswith("\n", start)):
        return None
    if front and text.startswith("\ufeff", start):
        return None
    row = front[-1].first_row + len(lines_of(front[-1].text)) if front else 1
    try:
        middle = _cut(text[start:end], row, path)
    except SyntaxError:
        return None
    kinds = [part.kind for part in (*front[-1:], *middle, *back[:1])]
    if not middle or ("code", "code") in pairwise(kinds):
        return None
    moved = row + len(lines_of(text[start:end])) - back[0].first_row if back else 0
    return [*front, *middle, *(replace(part, first_row=part.first_row + moved) for part in back)]


def _ranges(tree: ast.Module, rows: int) -> list[tuple[str, str, int, int]]:
    """Kind, name, first and last row of each part; together they cover every row."""
    found: list[tuple[str, str, int, int]] = []
    for node in tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or first
        kind = "code"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "def"
        elif isinstance(node, ast.ClassDef):
            kind = "class"
        if found and first <= found[-1][3]:
            # Two statements on one line cannot be cut apart by lines.
            last = max(last, found[-1][3])
            found[-1] = ("code", "", found[-1][2], last)
        elif kind == "code" and found and found[-1][0] == "code":
            found[-1] = ("code", "", found[-1][2], last)
        else:
            start = found[-1][3] + 1 if found else 1
            found.append((kind, getattr(node, "name", "") if kind != "code" else "", start, last))
    if found:
        kind, name, first, _ = found[-1]
        found[-1] = (kind, name, first, rows)
    return found


def _bound(nodes: list[ast.stmt]) -> Bound:
    return Bound(tuple(_imports(nodes)), _assigned(nodes), tuple(_stars(nodes)))


def _assigned(body: list[ast.stmt]) -> frozenset[str]:
    """The names that statements give a value, outside of definitions."""
    names: set[str] = set()
    queue: list[ast.AST] = list(body)
    while queue:
        node = queue.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if not isinstance(node, ast.expr) or isinstance(node, ast.Tuple | ast.List):
            queue.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _stars(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield "." * node.level + (node.module or "")


def _statements(body: list[ast.stmt]) -> Iterator[tuple[int, ast.AST]]:
    """Every statement with its depth, outer ones first: expressions, most of a tree, are not looked into."""
    nodes: list[tuple[int, ast.AST]] = [(0, node) for node in body]
    for depth, node in nodes:
        yield depth, node
        inner = (each for each in ast.iter_child_nodes(node) if isinstance(each, HOLDS_STATEMENTS))
        nodes.extend((depth + 1, each) for each in inner)


def _imports(body: list[ast.stmt]) -> Iterator[tuple[int, str, str]]:
    """Local names of imported things, wherever they are imported, each with its depth."""
    for depth, node in _statements(body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                yield depth, local, alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            joint = "" if module.endswith(".") else "."
            for alias in node.names:
                if alias.name != "*":
                    yield depth, alias.asname or alias.name, f"{module}{joint}{alias.name}"
