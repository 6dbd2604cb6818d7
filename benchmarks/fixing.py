"""Fix the fetched packages in a copy, with mistakes planted in it: `python -m benchmarks.fixing [NAME …] [--clean]`.

Published code has few mistakes, so that fixing it as it is would prove little. One mistake a file is planted by a
change of its text: a softmax over another axis, a key transposed by the wrong axes, a scale taken away. Then all files
are fixed, and each written file is held against the copy from before: it must parse, keep its line endings and all
lines that no fix is about, and not be changed again by a second run.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.corpus import Package, choose, load_pins

# About a thousand files, of those who write attention by hand.
DEFAULT = ["labml-nn", "x-transformers", "vit-pytorch", "litgpt", "timm", "flax", "mlx-lm"]
# A fix is about a few lines: those of its mistake, of a size made elsewhere, of an import.
LINES_OF_A_FIX = 16

_SCORES = r"(?:attn|att|sim|dots|scores?|energy|attention_scores|qk)\w*"
PLANTED = {
    "softmax over another axis": (re.compile(rf"(softmax\({_SCORES}, ?(?:dim|axis) ?= ?)-1\)"), r"\1-2)"),
    "a method's softmax over another axis": (re.compile(rf"(\b{_SCORES}\.softmax\((?:dim ?= ?)?)-1\)"), r"\1-2)"),
    "the key's wrong axes": (re.compile(r"(@ ?k\w*\.transpose\()-(?:2, ?-1|1, ?-2)\)"), r"\g<1>1, 2)"),
    "no scale": (re.compile(r"((?:@|einsum|matmul)[^\n]*?) ?\* ?self\.scale\b"), r"\1"),
}


@dataclass(slots=True)
class Outcome:
    """What became of one package."""

    name: str
    files: int = 0
    planted: int = 0
    written: int = 0
    restored: int = 0
    faults: list[str] = field(default_factory=list)


def plant(path: Path) -> str:
    """Put one mistake into a file, and say which; empty where it has nothing that could be one."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    for name, (pattern, mistake) in PLANTED.items():
        changed = pattern.sub(mistake, text, count=1)
        if changed != text and _parses(changed):
            path.write_bytes(changed.encode("utf-8", "surrogateescape"))
            return name
    return ""


def run(folder: Path) -> str:
    """Fix a folder by the command line, as a user would; what it says on both streams."""
    command = [sys.executable, "-m", "attnlint", "check", "--fix-only", "--unsafe-fixes", "--no-cache", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2 or "Traceback" in done.stderr:
        raise SystemExit(f"attnlint ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout + done.stderr


def judge(before: bytes, after: bytes, path: Path) -> list[str]:
    """What is wrong with a written file."""
    faults = []
    old, new = (data.decode("utf-8", "surrogateescape") for data in (before, after))
    if _parses(old) and not _parses(new):
        faults.append(f"{path}: does not parse")
    if old.endswith("\n") != new.endswith("\n"):
        faults.append(f"{path}: its last newline was touched")
    if set(re.findall(r"\r\n|\r|\n", new)) - set(re.findall(r"\r\n|\r|\n", old)):
        faults.append(f"{path}: has other line endings")
    changed = [line for line in difflib.ndiff(old.splitlines(), new.splitlines()) if line[:1] in "+-"]
    if len(changed) > LINES_OF_A_FIX:
        faults.append(f"{path}: {len(changed)} lines changed")
    return faults


def fix_package(package: Package, folder: Path, clean: bool) -> Outcome:
    """Copy, plant, fix, judge, and fix again."""
    outcome = Outcome(package.label)
    originals: dict[Path, bytes] = {}
    for source in package.files():
        target = folder / source.relative_to(package.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        originals[target] = source.read_bytes()
    outcome.files = len(originals)
    outcome.planted = 0 if clean else sum(bool(plant(path)) for path in originals)
    before = {path: path.read_bytes() for path in originals}
    run(folder)
    after = {path: path.read_bytes() for path in originals}
    for path, data in after.items():
        if data != before[path]:
            outcome.written += 1
            outcome.restored += _same_code(data, originals[path])
            outcome.faults += judge(before[path], data, path.relative_to(folder))
    run(folder)
    outcome.faults += [
        f"{path.relative_to(folder)}: a second run changed it"
        for path, data in after.items()
        if hashlib.sha256(path.read_bytes()).digest() != hashlib.sha256(data).digest()
    ]
    return outcome


def _same_code(one: bytes, other: bytes) -> bool:
    """Whether two files say the same but for comments and spelling of numbers' signs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


def _parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return False
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run; 1 when a written file is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fixing", description="Fix the packages in a copy.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these packages")
    parser.add_argument("--clean", action="store_true", help="plant nothing")
    options = parser.parse_args(arguments)
    table = Table("package", "files", "planted", "written", "as before the mistake", "faults")
    faults: list[str] = []
    for package in choose(options.names or DEFAULT, load_pins()):
        with tempfile.TemporaryDirectory() as folder:
            outcome = fix_package(package, Path(folder), options.clean)
        cells = (outcome.files, outcome.planted, outcome.written, outcome.restored, len(outcome.faults))
        table.add_row(outcome.name, *map(str, cells))
        faults += [f"{outcome.name}: {fault}" for fault in outcome.faults]
    console = Console()
    console.print(table)
    for fault in faults:
        console.print(fault, markup=False, highlight=False)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
