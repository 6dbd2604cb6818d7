"""What a file defines and imports, found by the standard library's parser before libcst is loaded."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

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


@dataclass(eq=False, slots=True)
class Part:
    """Whole consecutive lines of a file: one definition, or the statements between two of them.

    `kind` is `def`, `class` or `code`; `names` are what it binds at top level.
    """

    kind: str
    name: str
    first_row: int
    text: str
    words: frozenset[str] = frozenset()
    path: str = ""
    block: ir.Block | None = None

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
        return frozenset(_WORD.findall(self.text)) if self.all_words is None else self.all_words


def index(text: str, path: str = "") -> FileIndex:
    """Cut a file into its parts.

    Raises SyntaxError with its place. A file that this Python cannot parse is one part, and libcst has the last word.
    """
    lines = lines_of(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        part = Part("code", "", 1, text, frozenset(_WORD.findall(text)), path)
        try:
            part.lowered()
        except SyntaxError:
            # Python's own error says where it stands and what is wrong; libcst's often only says row 1.
            raise error from None
        return FileIndex([part], text, path)
    parts: list[Part] = []
    for kind, name, first, last in _ranges(tree, len(lines)):
        body = "".join(lines[first - 1 : last])
        if body.strip():
            parts.append(Part(kind, name, first, body, frozenset(_WORD.findall(body)), path))
    return FileIndex(parts, text, path, _imports(tree), _assigned(tree), tuple(_stars(tree)))


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
    elif rows:
        found.append(("code", "", 1, rows))
    return found


def _assigned(tree: ast.Module) -> frozenset[str]:
    """The names that the file's own statements give a value, outside of definitions."""
    names: set[str] = set()
    queue: list[ast.AST] = list(tree.body)
    while queue:
        node = queue.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if not isinstance(node, ast.expr) or isinstance(node, ast.Tuple | ast.List):
            queue.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _stars(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield "." * node.level + (node.module or "")


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Every statement, outer ones first: expressions, which are most of a tree, are not looked into."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        yield node
        nodes.extend(each for each in ast.iter_child_nodes(node) if isinstance(each, HOLDS_STATEMENTS))


def _imports(tree: ast.Module) -> dict[str, str]:
    """Local names of imported things, wherever in the file they are imported."""
    names: dict[str, str] = {}
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                names.setdefault(local, alias.name if alias.asname else local)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            joint = "" if module.endswith(".") else "."
            for alias in node.names:
                if alias.name != "*":
                    names.setdefault(alias.asname or alias.name, f"{module}{joint}{alias.name}")
    return names
