"""The record of what code does to tensors: op calls with their places, from one entry point."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from attnlint.assumptions import NOTHING, Assumptions
from attnlint.ir import Site
from attnlint.tensor import Tensor
from attnlint.values import CALLED, Choice, Func, Instance, Seq, Unknown, Value

if TYPE_CHECKING:
    from attnlint.attention.sites import AttentionSite

__all__ = ["Binding", "Cell", "Frame", "Known", "OpCall", "Site", "Trace"]


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One function on the way from the entry point to an op: its names, its words, and who called it.

    `owner` is the class whose method runs, `text` what the author says about it (docstrings, comments above);
    `begins` marks the function that the trace began at, whose `site` is its definition.
    """

    name: str
    owner: str = ""
    text: str = ""
    caller: Frame | None = None
    site: Site | None = None
    params: tuple[str, ...] = ()
    begins: bool = False

    @property
    def qualname(self) -> str:
        """`Class.method` or `function`; empty for module level."""
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @property
    def stack(self) -> Iterator[Frame]:
        """This frame and its callers, innermost first."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.caller


class Branch(NamedTuple):
    """One of the blocks of a condition; `decided` where the trace knew which one it would be."""

    site: Site
    arm: int
    decided: bool = False


def exclude(ours: tuple[Branch, ...], theirs: tuple[Branch, ...]) -> bool:
    """Whether what stands in some branches and what stands in others never happen in one pass."""
    return any(mine.site == other.site and mine.arm != other.arm for mine in ours for other in theirs)


@dataclass(eq=False, slots=True)
class OpCall:
    """One equation of the trace.

    `args` holds the arguments under the canonical names of the op's signature; `notes` what its transfer function
    found out, such as `scrambled` for a reshape; `depth` counts the branches and loops it stands in.
    """

    name: str
    args: dict[str, Value]
    site: Site
    frame: Frame
    index: int
    output: Tensor | None = None
    outputs: tuple[Tensor, ...] = ()
    notes: dict[str, object] = field(default_factory=dict)
    spelling: str = ""
    loops: tuple[Site, ...] = ()
    branches: tuple[Branch, ...] = ()

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The tensors among the arguments, in the order of the signature."""
        return tuple(tensors_in(list(self.args.values())))

    def tensor(self, name: str) -> Tensor | None:
        """The tensor argument of that name; None where it is none."""
        value = self.args.get(name)
        if isinstance(value, Unknown):
            return value.tensor
        return value if isinstance(value, Tensor) else None


def tensors_in(values: list[Value]) -> Iterator[Tensor]:
    """Every tensor in a list of values, those in tuples and lists too."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, Unknown) and value.tensor is not None:
            yield value.tensor
        elif isinstance(value, Seq):
            yield from tensors_in(value.items)
        elif isinstance(value, Choice):
            yield from tensors_in(list(value.options))


@dataclass(frozen=True, eq=False, slots=True)
class Binding:
    """A name that was given a value: what `attnlint show` lists."""

    name: str
    value: Value
    site: Site
    frame: Frame
    comment: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """A write to an attribute of an object (`self.k_cache = k`), in the order of the trace.

    A write to a dict's item (`cache["k"] = k`) is one too, by the name `[k]`.

    `old` is what the attribute held before; `index` is the number of op calls made before it.
    """

    owner: Value
    name: str
    old: Value | None
    new: Value
    site: Site
    frame: Frame
    index: int
    loops: tuple[Site, ...] = ()
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call of the project's own code or of something unknown: by whom, with what, giving what."""

    callee: Value
    name: str
    args: tuple[Value, ...]
    kwargs: dict[str, Value]
    result: Value
    site: Site
    frame: Frame
    index: int
    loops: tuple[Site, ...] = ()

    @property
    def given(self) -> dict[str, Value]:
        """The arguments by the names of the parameters, as far as the callee tells these."""
        callee, bound = self.callee, False
        if isinstance(callee, Instance):
            found, bound = (callee.cls.members.get(name) for name in CALLED), True
            callee = next((member for member in found if isinstance(member, Func)), callee)
        params = [param.name for param in callee.node.params] if isinstance(callee, Func) else []
        bound |= isinstance(callee, Func) and callee.this is not None
        return {**dict(zip(params[bound:], self.args, strict=False)), **self.kwargs}


@dataclass(eq=False, slots=True)
class FileText:
    """The text of the file that a trace began in, its words, how often anything looked at it, and what it answered."""

    text: str = ""
    words: frozenset[str] = frozenset()
    looks: int = 0
    answers: dict[Question, Hashable] = field(default_factory=dict)

    def answer(self, question: Question) -> Hashable:
        """The answer to a question about it, worked out once."""
        if question not in self.answers:
            self.answers[question] = question(self)
        return self.answers[question]


# Something about a file's text, asked again when the text has changed: what rests on the answer stands while it does.
Question = Callable[[FileText], Hashable]


@dataclass(frozen=True, slots=True)
class Says:
    """Whether a pattern occurs in a file; with `code`, outside of its comments."""

    pattern: str | re.Pattern[str]
    code: bool = False

    def __call__(self, file: FileText) -> bool:
        """The answer for a file."""
        return re.search(self.pattern, code_of(file.text) if self.code else file.text) is not None


@dataclass(frozen=True, slots=True)
class Mentions:
    """Whether any of some words stands in a file."""

    words: frozenset[str]

    def __call__(self, file: FileText) -> bool:
        """The answer for a file."""
        return not self.words.isdisjoint(file.words)


@lru_cache(maxsize=4)
def code_of(text: str) -> str:
    """A file without its comments, as far as `#` tells."""
    return "\n".join(line.partition("#")[0] for line in text.splitlines())


@dataclass(eq=False, slots=True)
class Trace:
    """Everything that happened from one entry point; rules ask it short questions.

    `is_fragment` says that names come from nowhere, as in a tutorial; `file` is the file that it began in,
    and `files` has those of the project's other files by their paths; `asked` are the questions about
    its text, with the answers, that the trace and what is found in it rest on. `records` holds what objects without
    a constructor of their own (named tuples, dataclasses) were made with; `sizes` are the names given to numbers.
    `assumptions` are what the project's configuration says of the code.
    """

    entry: str
    ops: list[OpCall] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    sizes: list[Binding] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    returns: list[tuple[Frame, Value, Site]] = field(default_factory=list)
    unknowns: list[tuple[Site, str]] = field(default_factory=list)
    sites: list[AttentionSite] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    file: FileText = field(default_factory=FileText)
    files: dict[str, str] = field(default_factory=dict)
    assumptions: Assumptions = NOTHING
    asked: dict[Question, Hashable] = field(default_factory=dict)
    is_script: bool = False
    is_fragment: bool = False
    users: dict[Tensor, list[OpCall]] = field(default_factory=dict)
    records: dict[Instance, list[Value]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text of the whole file."""
        self.file.looks += 1
        return self.file.text

    def record(self, op: OpCall) -> tuple[Tensor, ...]:
        """Add an op call, and make its inputs, which are returned, know it."""
        self.ops.append(op)
        inputs = op.inputs
        for tensor in inputs:
            self.users.setdefault(tensor, []).append(op)
        return inputs

    def ask(self, question: Question) -> Hashable:
        """The answer to a question about the file, on which the trace rests from then on."""
        answer = self.asked[question] = self.file.answer(question)
        return answer

    def says(self, pattern: str | re.Pattern[str], *, code: bool = False) -> bool:
        """Whether a pattern occurs in the file; with `code`, outside of its comments."""
        return bool(self.ask(Says(pattern, code)))

    def mentions(self, words: frozenset[str]) -> bool:
        """Whether any of some words stands in the file."""
        return bool(self.ask(Mentions(words)))

    def text_of(self, site: Site) -> str:
        """The text of the file that a place is in."""
        return self.files.get(site.path, self.text)

    def uses(self, tensor: Tensor) -> list[OpCall]:
        """The op calls that take a tensor, in order."""
        return self.users.get(tensor, [])


@dataclass(frozen=True, slots=True)
class Known:
    """One line of `attnlint show`: a name, where it was bound, and what is known of it or why nothing is.

    In a notebook the row is one of the cell `cell`.
    """

    scope: str
    row: int
    name: str
    shape: str
    facts: tuple[str, ...]
    reason: str
    cell: int = 0
