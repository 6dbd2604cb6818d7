"""Where traces begin: a file's script, the definitions that nobody in it calls, and what these never reach."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from attnlint import hints, ir
from attnlint.assumptions import NOTHING, Assumptions
from attnlint.index import FileIndex, Part
from attnlint.interpret.interpreter import Interpreter
from attnlint.interpret.modules import fill, main_library
from attnlint.interpret.own_ops import own_ops
from attnlint.interpret.recall import Recall
from attnlint.interpret.runs import Runs
from attnlint.machine import Machine, OutOfBudget
from attnlint.state import Scope
from attnlint.trace import FileText, Frame, Trace
from attnlint.values import CALLED, Choice, ClassValue, Func, Lazy, ModuleValue

MAX_SCRIPT = 200_000
# All methods of a class below this length are begun at; of a longer one those that speak of attention.
SMALL = 3_000
_STRONG = re.compile(
    r"oftmax|attn\(|dot_product|eadAttention|nn\.Transformer|matmul|einsum|batch_dot|bmm\(| @ |\.dot\("
    r"|[nxc]p\.exp|lash_att|_attention\("
    r"|cache|project_k|k_proj|def \w*(?:generate|decode|sample|step)\w*\("
    r"|Attention\("
    r"|(?:cat|concat|concatenate|hstack)\([^\n]{0,80}?(?:pos|\bpe\b)"
)
_ATTENDS_ITSELF = re.compile(r"oftmax\(|dot_product_attention\(").search
_CALLS_MODEL = re.compile(r"\b(?:model|net|attn|attention|decoder|encoder|layer|block|transformer|gpt|lm)\(")
# What a file may import under a name of its own, in which no word of attention is left.
_ATTENDS = re.compile(r"softmax$|dot_product_attention$|\.exp$|\.(?:tril|triu)$")
_IN_FUNCTIONS = re.compile(rf"mask|{_CALLS_MODEL.pattern}")
_GENERATIVE = re.compile(r"CausalLM|LMHead|GPT|LanguageModel|Decoder|Generat|Seq2Seq|\bLM\b")
_NEVER = frozenset(
    """__init__ __repr__ __len__ __str__ __hash__ __eq__ backward extra_repr _init_weights init_weights reset_parameters
    configure_optimizers from_pretrained""".split()
)


def trace_file(index: FileIndex, assumptions: Assumptions = NOTHING, recall: Recall | None = None) -> list[Trace]:
    """Trace a file from each of its entry points; what one trace visited is not begun again.

    `recall` knows traces of an earlier version of it.
    """
    tracer = _FileTracer(index, assumptions, recall)
    tracer.script()
    for part in tracer.ordered():
        tracer.definition(part)
    tracer.conditional()
    tracer.close()
    return [trace for trace in tracer.traces if trace.ops or trace.cells]


class _FileTracer:
    """The traces of one file share its globals and what has been visited."""

    def __init__(self, index: FileIndex, assumptions: Assumptions, recall: Recall | None) -> None:
        self.index = index
        self.assumptions = assumptions
        self.own = own_ops(assumptions.ops, index) if assumptions.ops else None
        self.own_words = self.own.words if self.own is not None else frozenset()
        self.layouts = {name: hints.in_layout(text) for name, text in assumptions.layouts}
        self.globals = Scope(kind="module", path=index.path)
        self.visited: set[object] = set()
        self.runs = Runs(self._machine, self.visited, recall)
        self.traces: list[Trace] = []
        self.library = main_library(index)
        self.finished: set[Part] = set()
        self.modules: dict[str, ModuleValue] = {}
        self.file = FileText(index.text, index.words)
        self.files: dict[str, str] = {}
        fill(self.globals, index, "__main__")
        names = {part.name for part in index.definitions}
        self.uses = {part: part.words & names - {part.name} for part in index.definitions}
        self.used: set[str] = set().union(*self.uses.values())
        self.helpers = {part.name for part in index.definitions if part.kind == "def" and _ATTENDS_ITSELF(part.text)}
        counts = Counter(part.name for part in index.definitions)
        self.redefined = {name for name, count in counts.items() if count > 1}
        self.rebound = names & (index.assigned | index.imports.keys())

    def script(self) -> None:
        """Run the module's own statements, in order."""
        machine = self._machine("")
        machine.trace.is_script = True
        interpreter = Interpreter(machine)
        try:
            for part in self.index.parts:
                if part.kind != "code":
                    if part.name in self.redefined or isinstance(self.globals.names.get(part.name), Lazy):
                        self.globals.names[part.name] = Lazy(part)
                elif len(part.text) > MAX_SCRIPT:
                    self._too_long(part)
                else:
                    interpreter.statements.block(part.lowered(), self.globals)
            self.runs.built(interpreter)
            tops = {part.name for part in self.index.definitions}
            for name, value in list(self.globals.names.items()):
                if name not in tops:
                    self.runs.closures(interpreter, value, Frame(""))
        except OutOfBudget:
            machine.trace.notes.append("the script is too long to be followed to its end")
        self.traces.append(machine.trace)
        self._judge_again()

    def _judge_again(self) -> None:
        """Trace the layers that a script builds by themselves too: its sizes are numbers, which may agree by chance."""
        for part in self.index.definitions:
            value = self.globals.names.get(part.name)
            if isinstance(value, ClassValue) and part.name not in self.used:
                self.visited -= {m.node for m in value.members.values() if isinstance(m, Func)}

    def ordered(self) -> list[Part]:
        """The definitions to begin at: those that nobody uses first, code that generates text before other code."""
        concerned = self._concerned()
        roots = [part for part in concerned if part.name not in self.used]
        inner = [part for part in concerned if part.name in self.used]
        roots.sort(key=lambda part: (not _GENERATIVE.search(part.name), part.kind != "class"))
        return roots + inner

    def _concerned(self) -> list[Part]:
        """The definitions that concern attention, themselves or by what they use."""
        by_name = {part.name: part for part in self.index.definitions}
        renamed = {name for name, dotted in self.index.imports.items() if _ATTENDS.search(dotted)} | self.own_words
        concerned = {part.name for part in self.index.definitions if part.concerns_attention or part.words & renamed}
        if concerned or self.index.is_concerned:
            concerned |= {
                part.name for part in by_name.values() if part.kind == "def" and _CALLS_MODEL.search(part.text)
            }
        growing = True
        while growing:
            more = {p.name for p in by_name.values() if p.name not in concerned and self.uses[p] & concerned}
            growing = bool(more)
            concerned |= more
        return [part for part in self.index.definitions if part.name in concerned]

    def definition(self, part: Part) -> None:
        """Trace a definition unless everything of interest that it reaches has been traced."""
        if part.name in self.redefined:
            # As in a notebook, whose cells improve on each other: each definition is judged by itself.
            self.globals.names[part.name] = Lazy(part)
        bound = self.globals.names.get(part.name)
        if part.name in self.rebound:
            # What the name means to others is what stands there last; the definition is judged all the same.
            self.globals.names[part.name] = Lazy(part)
        self._begin(part)
        if part.name in self.rebound and bound is not None:
            self.globals.names[part.name] = bound

    def _begin(self, part: Part) -> None:
        if not self._is_news(part):
            return
        self.finished.add(part)
        probe = Interpreter(self._machine(part.name))
        self.globals.names.setdefault(part.name, Lazy(part))
        try:
            value = probe.transforms.unwrapped(probe.force(self.globals, part.name))
        except OutOfBudget:
            self.traces.append(Trace(part.name, notes=[f"what makes {part.name} is too long to be followed"]))
            return
        if isinstance(value, Func) and isinstance(value.node, ir.Function):
            if value.node not in self.visited:
                self.traces.append(self.runs.trace(part.name, value, part))
        elif isinstance(value, ClassValue):
            self._begin_class(part, value)

    def _begin_class(self, part: Part, cls: ClassValue) -> None:
        for name, member in _telling(part, cls):
            if member.node not in self.visited:
                self.traces.append(self.runs.trace(f"{cls.name}.{name}", member, part))

    def conditional(self) -> None:
        """Trace the classes that stand in statements, as in `except ImportError:`, and that nothing has visited."""
        statements = {part.first_row: part for part in self.index.parts if part.kind == "code"}
        for value in list(self.globals.names.values()):
            for cls in value.options if isinstance(value, Choice) else (value,):
                if isinstance(cls, ClassValue) and cls.scope is self.globals:
                    part = statements.get(cls.node.site.piece.first_row)
                    if part is not None and _is_strong(part.text, small=False):
                        self._begin_class(part, cls)

    def close(self) -> None:
        """Let the traces be known to the next version, and those of an earlier one know the files read by now."""
        if self.runs.recall is None:
            return
        for trace in self.traces:
            if trace.files is not self.files:
                self.files.update(trace.files)
                trace.files = self.files
        self.runs.recall.close([self.globals, *(module.scope for module in self.modules.values())])

    def _is_news(self, part: Part) -> bool:
        seen, stack = {part.name}, [part]
        by_name = {p.name: p for p in self.index.definitions}
        while stack:
            current = stack.pop()
            small = current.kind == "def" or len(current.text) < SMALL
            is_strong = _is_strong(current.text, small) or not self.own_words.isdisjoint(current.words)
            # What one caller gives a function is right or wrong whatever another one gave it.
            is_strong |= not self.helpers.isdisjoint(self.uses[current])
            if current not in self.finished and is_strong and not self._visited_whole(current):
                return True
            for name in self.uses[current] - seen:
                seen.add(name)
                if name in by_name:
                    stack.append(by_name[name])
        return False

    def _visited_whole(self, part: Part) -> bool:
        value = self.globals.names.get(part.name)
        if isinstance(value, Func):
            return value.node in self.visited
        if isinstance(value, ClassValue):
            return all(member.node in self.visited for _, member in _telling(part, value))
        return False

    def _machine(self, entry: str) -> Machine:
        trace = Trace(entry, file=self.file, files=self.files, assumptions=self.assumptions)
        machine = Machine(self.index, trace, self.globals, self.library, frame=Frame(""))
        machine.visited = self.visited
        machine.modules = self.modules
        machine.layouts = self.layouts
        machine.own = self.own
        return machine

    def _too_long(self, part: Part) -> None:
        self.traces.append(Trace("", notes=[f"the statements from row {part.first_row} on are too long to be read"]))


@lru_cache(maxsize=1024)
def _is_strong(text: str, small: bool) -> bool:
    return bool(_STRONG.search(text) or (small and _IN_FUNCTIONS.search(text)))


def _is_worth(part: Part, name: str) -> bool:
    """Whether a method that nobody calls is to be begun at: what an object's call runs, or what speaks of attention."""
    if name in CALLED or len(part.text) < SMALL:
        return True
    body = re.search(rf"^[ \t]+(?:async )?def {name}\b[\s\S]*?(?=^[ \t]+(?:@|async def|def) |\Z)", part.text, re.M)
    return body is None or _STRONG.search(body.group(0)) is not None


def _telling(part: Part, cls: ClassValue) -> list[tuple[str, Func]]:
    """The methods to begin at that say something: of those that only hand out an attribute none beside others."""
    worth = [(name, member) for name, member in _methods(cls) if _is_worth(part, name)]
    return [each for each in worth if not _hands_out(each[1])] or worth


def _hands_out(member: Func) -> bool:
    """Whether a method does nothing but return an attribute as it is, a name or a constant."""
    body = member.node.body if isinstance(member.node, ir.Function) else ()
    stmts = [stmt for stmt in body if not (isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Const))]
    value = stmts[0].value if len(stmts) == 1 and isinstance(stmts[0], ir.Return) else None
    while isinstance(value, ir.Attr):
        value = value.value
    return isinstance(value, ir.Name | ir.Const)


def _methods(cls: ClassValue) -> list[tuple[str, Func]]:
    """The methods to begin at: what calling the object runs first, then the others."""
    found = [(name, each) for name, each in cls.members.items() if isinstance(each, Func) and name not in _NEVER]
    return sorted(found, key=lambda each: CALLED.index(each[0]) if each[0] in CALLED else len(CALLED))
