"""The import order of the design, read from our own sources; what is dear to load is loaded where it is needed."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "attnlint"

# From the bottom up. A module may import from its own layer and from those below it, never in a circle.
LAYERS = (
    {"diagnostic", "dims"},
    {"rows"},
    {"pages"},
    {"source", "ignores", "assumptions", "ir", "tensor", "values"},
    {"directives", "patience"},
    {"definitions", "index", "parse", "lower", "names", "hints", "state", "trace", "gate", "ops", "project", "islands"},
    {"attention", "frameworks", "machine"},
    {"calls"},
    {"interpret"},
    {"repair"},
    {"rule"},
    {"rules"},
    {"suppress", "config", "discover", "importers", "analyse", "asking", "workers", "elsewhere"},
    {"filed"},
    {"paged"},
    {"cache", "fixing", "writing", "unused", "baseline"},
    {"engine"},
    {"report", "flake8"},
    {"lsp"},
    {"cli"},
)
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}

# Where a dear library may be imported, by the top-level names of our modules.
ALLOWED = {
    "libcst": {"parse", "lower", "repair", "fixer", "source"},
    "rich": {"report", "cli"},
    "click": {"cli"},
    "pathspec": {"ignores"},
    "markdown_it": {"pages"},
    "watchfiles": {"cli"},
    "pygls": {"lsp"},
    "lsprotocol": {"lsp"},
}
# What we lint is never loaded.
FRAMEWORKS = {"torch", "jax", "flax", "tensorflow", "keras", "numpy", "scipy", "mlx", "tinygrad", "einops"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def unit(path):
    """The top-level name that a file belongs to: `ops/shape.py` is of `ops`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts[0] in ("__init__", "__main__") else parts[0]


def imported(path):
    """Each dotted name that a file imports at run time: what only the type checker reads binds nothing."""
    pending = [ast.parse(path.read_bytes())]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending.extend(node.orelse)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            if node.module == "attnlint":
                yield from (f"attnlint.{alias.name}" for alias in node.names)
            else:
                yield node.module
        else:
            pending.extend(ast.iter_child_nodes(node))


def ours(path):
    """The top-level names of ours that a file imports."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("attnlint.")}
    return names - {"__version__"}


def test_every_module_has_its_layer():
    assert {unit(path) for path in MODULES} - {""} <= set(LAYER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    name = unit(path)
    top = LAYER[name] if name else len(LAYERS)
    upwards = {other for other in ours(path) if LAYER[other] > top}
    assert not upwards, f"{name} imports {sorted(upwards)}, which stand above it"


def test_no_circles():
    graph = {}
    for path in MODULES:
        if name := unit(path):
            graph.setdefault(name, set()).update(ours(path) - {name})
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) >= set(graph)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_dear_libraries_and_frameworks(path):
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & FRAMEWORKS
    misplaced = {root for root in roots & set(ALLOWED) if unit(path) not in ALLOWED[root]}
    assert not misplaced, f"{unit(path)} imports {sorted(misplaced)}"
    assert "libcst.matchers" not in set(imported(path))


def loaded(code):
    """The root modules that are loaded after a program ran."""
    program = f"import sys\n{code}\nprint(chr(10).join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {line.split(".")[0] for line in ran.stdout.splitlines()}


def test_version_loads_neither_libcst_nor_rich():
    assert not {"libcst", "rich", "pathspec"} & loaded("from attnlint.cli import main; main(['--version'])")
    assert not {"libcst", "rich", "click"} & loaded("import attnlint")


def test_checking_files_without_attention_does_not_load_libcst(tmp_path):
    (tmp_path / "a.py").write_text("print('hello')\n")
    code = f"from attnlint.cli import main; assert main(['check', {str(tmp_path)!r}]) == 0"
    assert "libcst" not in loaded(code)


def test_watchfiles_is_loaded_only_to_watch(tmp_path):
    code = f"from attnlint.cli import main; assert main(['check', {str(tmp_path)!r}]) == 0"
    assert "watchfiles" not in loaded(code)


def test_checking_attention_loads_no_framework(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("import numpy as np\nimport torch\n\ndef f(q, k):\n    return torch.softmax(q @ k.T, dim=-1)\n")
    code = f"from attnlint.cli import main; assert main(['check', {str(path)!r}]) < 2"
    modules = loaded(code)
    assert "libcst" in modules
    assert not modules & {*FRAMEWORKS, "pygls", "lsprotocol"}
