"""A repair in the making: edits of nodes and lines, and the imports that they need, each in the file that it is for."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass, field
from functools import lru_cache

from attnlint.diagnostic import Applicability, Edit, Fix, Span
from attnlint.frameworks import resolved
from attnlint.frameworks.writing import Writing
from attnlint.index import FileIndex, index
from attnlint.ir import Site
from attnlint.repair import tree
from attnlint.repair.imports import stands_before
from attnlint.rows import lines_of
from attnlint.tensor import Tensor
from attnlint.trace import Trace


@lru_cache(maxsize=8)
def parts_of(text: str, path: str) -> FileIndex:
    """The parts of a file, kept for the other repairs in it."""
    return index(text, path)


@dataclass(slots=True)
class Draft:
    """Edits towards one fix; `others` are fixes between which the author would have to choose."""

    trace: Trace
    edits: list[Edit] = field(default_factory=list)
    others: list[Fix] = field(default_factory=list)
    # Set where an edit of whole lines would touch what else stands on them.
    is_refused: bool = False

    def replace(self, site: Site, text: str, strength: int = tree.PRIMARY) -> None:
        """Put an expression in the place of another; `strength` says how tightly it binds."""
        if strength < tree.wanted(site):
            text = f"({text})"
        loose = strength == tree.PRIMARY and tree.is_enclosed(site) and not tree.holds_lines(site, text)
        self.put(site, tree.whole_span(site) if loose else site.span, text)

    def put(self, site: Site, span: Span, text: str) -> None:
        """Put text in the place of a span, in the file of a node."""
        self.edits.append(Edit(span, text, site.path))

    def before(self, statement: Site, *lines: str) -> None:
        """Insert lines in front of a statement, as far indented as it is."""
        self.is_refused |= tree.shares_its_line(statement)
        span, indent = statement.span, self.indent(statement)
        place = Span(span.row, 1, span.row, 1)
        self.put(statement, place, "".join(f"{indent}{line}\n" for line in lines))

    def after(self, statement: Site, *lines: str) -> None:
        """Insert lines behind a statement, as far indented as it is."""
        self.is_refused |= tree.shares_its_line(statement)
        row, indent = statement.span.end_row, self.indent(statement)
        text = self._lines(statement)
        if row < len(text):
            self.put(statement, Span(row + 1, 1, row + 1, 1), "".join(f"{indent}{line}\n" for line in lines))
        else:
            # The file may end without a newline, and keeps it so.
            end = len(text[row - 1].rstrip("\r\n")) + 1
            self.put(statement, Span(row, end, row, end), "".join(f"\n{indent}{line}" for line in lines))

    def delete(self, statement: Site) -> None:
        """Take a statement out, with its lines; a comment that stands behind it stays, on a line of its own."""
        self.is_refused |= tree.shares_its_line(statement)
        span, comment = statement.span, tree.comment_behind(statement)
        if comment:
            end = len(self._lines(statement)[span.end_row - 1].rstrip("\r\n")) + 1
            self.put(statement, Span(span.row, span.column, span.end_row, end), comment)
            return
        lines = self._lines(statement)
        last = lines[span.end_row - 1]
        if last.endswith(("\r", "\n")):
            self.put(statement, Span(span.row, 1, span.end_row + 1, 1), "")
        else:
            self.put(statement, Span(span.row, 1, span.end_row, len(last) + 1), "")

    def indent(self, statement: Site) -> str:
        """The white space in front of a statement."""
        return self._lines(statement)[statement.span.row - 1][: statement.span.column - 1]

    def module(self, dotted: str, site: Site) -> str:
        """What the file of a node calls a module, which is imported where it is not yet."""
        found = self.local(dotted, site)
        if found is None:
            found = _ALIASES.get(dotted, dotted.rpartition(".")[2])
            self._import(dotted, found, site)
        return found

    def written(self, template: str, how: Writing, site: Site, **parts: object) -> str:
        """A template of a library filled in; its module is imported where the template names it."""
        module = self.module(how.module, site) if "{m}" in template else ""
        return template.format(m=module, **parts)

    def library(self, site: Site, *tensors: Tensor | None) -> str:
        """The library that a repair should write in: that of the arrays, by the module that the file has for them."""
        found = next((tensor.library for tensor in tensors if tensor is not None and tensor.library), "")
        if found == "keras" and self.local("keras.ops", site) is None and self.local("tensorflow", site) is not None:
            return "tensorflow"
        return found

    def local(self, dotted: str, site: Site) -> str | None:
        """What the file of a node calls something of a library; None where it does not import it.

        In a fragment, which imports nothing, everything goes by the name that people give it.
        """
        text, row = self.trace.text_of(site), site.span.row
        imports = {name: to for name, to in _imported(text).items() if stands_before(text, name, row)}
        for name, target in imports.items():
            if resolved(target) == resolved(dotted):
                return name
        wanted = resolved(dotted)
        leading = [(target, name) for name, target in imports.items() if wanted.startswith(f"{resolved(target)}.")]
        if leading:
            target, name = max(leading, key=lambda pair: len(resolved(pair[0])))
            return name + wanted.removeprefix(resolved(target))
        return _ALIASES.get(dotted) if not _imported(text) else None

    def index_of(self, site: Site) -> FileIndex:
        """The parts of the file that a node is in."""
        return parts_of(self.trace.text_of(site), site.path)

    def fix(self, title: str, applicability: Applicability = Applicability.SAFE) -> Fix | None:
        """The fix, where there is anything to edit."""
        return Fix(title, tuple(self.edits), applicability) if self.edits and not self.is_refused else None

    def _lines(self, site: Site) -> list[str]:
        return lines_of(self.trace.text_of(site))

    def _import(self, dotted: str, name: str, site: Site) -> None:
        """Add an import where the author's imports stand: the standard library's before all others."""
        text = self.trace.text_of(site)
        line = _import_line(dotted, name)
        imports = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
        others = [node for node in imports if getattr(node, "module", "") != "__future__"]
        if not others:
            row = (imports[-1].end_lineno or imports[-1].lineno) + 1 if imports else _first_row(text)
        elif dotted in sys.stdlib_module_names:
            row = others[0].lineno
        else:
            above = [node for node in others if node.lineno <= site.span.row] or others
            row = (above[-1].end_lineno or above[-1].lineno) + 1
        if row > len(self._lines(site)):
            row = others[0].lineno if others else 1
        edit = Edit(Span(row, 1, row, 1), f"{line}\n", site.path)
        if edit not in self.edits:
            self.edits.append(edit)


@lru_cache(maxsize=8)
def _imported(text: str) -> dict[str, str]:
    """The names that a file imports at run time: what only a type checker reads is not there."""
    return index(_TYPE_CHECKING.sub("", text)).imports


_TYPE_CHECKING = re.compile(r"^if (?:typing\.)?TYPE_CHECKING:[^\n]*\n(?:(?:[ \t]+[^\n]*)?\n)*", re.M)
_ALIASES = {
    "numpy": "np", "torch": "torch", "math": "math", "jax.numpy": "jnp", "jax": "jax", "tensorflow": "tf",
    "keras.ops": "ops", "mlx.core": "mx", "tinygrad.Tensor": "Tensor", "einops.rearrange": "rearrange", "cupy": "cp",
}  # fmt: skip
_FROM = frozenset({"keras.ops", "tinygrad.Tensor", "einops.rearrange"})


def _import_line(dotted: str, name: str) -> str:
    head, _, last = dotted.rpartition(".")
    if dotted in _FROM:
        return f"from {head} import {last}"
    return f"import {dotted}" if name == dotted else f"import {dotted} as {name}"


def _first_row(text: str) -> int:
    """The row behind a module's docstring."""
    body = ast.parse(text).body
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return (first.end_lineno or 1) + 1
    return first.lineno if first is not None else 1
