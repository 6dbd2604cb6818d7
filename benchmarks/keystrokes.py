"""How long after a keystroke its diagnostics arrive, and what the server's memory does over many edits.

    python -m benchmarks.keystrokes [--rows 1000] [--edits 300] [--file model.py]

The file is made of fixtures, each definition under a name of its own, or given. Each edit is a keystroke inside one
function: a letter of a name, every fifth time a new line, or either taken back again. The clock runs from sending the
change to the arrival of the diagnostics for its version, the pause for the next keystroke included.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import os
import random
import re
import statistics
import sys
import time
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOWHERE = Path("/tmp/attnlint-keystrokes/model.py")
_DEFINED = re.compile(r"^(?:class|def) (\w+)", re.M)
_LEFT = re.compile(r"^( +)(\w+) = ", re.M)


def model(rows: int) -> str:
    """A file of that many rows: fixtures for PyTorch, good and bad, one after the other."""
    parts: list[str] = []
    for path in sorted(FIXTURES.glob("*/*torch*.py")):
        text = path.read_text(encoding="utf-8")
        if "__future__" in text or ".fixed." in path.name or not _is_model(text):
            continue
        for name in set(_DEFINED.findall(text)):
            text = re.sub(rf"\b{name}\b", f"{name}{len(parts)}", text)
        parts.append(text)
        if sum(part.count("\n") + 1 for part in parts) >= rows:
            break
    return "\n".join(parts)


def _is_model(text: str) -> bool:
    """Whether a fixture is a model's part: classes and imports, with nothing that runs or is given a whole model."""
    return all(isinstance(node, ast.ClassDef | ast.Import | ast.ImportFrom | ast.Expr) for node in ast.parse(text).body)


class Client:
    """An editor with one open document."""

    def __init__(self, path: Path) -> None:
        self.uri = path.as_uri()
        self.client = LanguageClient("keystrokes", "1")
        self.version = 0
        self.arrived: dict[int, asyncio.Future[float]] = {}
        self.found: list[types.Diagnostic] = []
        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(self._published())

    def _published(self):
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.found = list(params.diagnostics)
            future = self.arrived.get(params.version or 0)
            if future is not None and not future.done():
                future.set_result(time.perf_counter())

        return published

    async def start(self, text: str) -> float:
        """Start a server and open the document; how long its first diagnostics took."""
        await self.client.start_io(sys.executable, "-m", "attnlint", "server")
        await self.client.initialize_async(types.InitializeParams(types.ClientCapabilities()))
        self.client.initialized(types.InitializedParams())
        begun = self._sent()
        item = types.TextDocumentItem(self.uri, "python", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self._wait(begun)

    async def change(self, start: tuple[int, int], end: tuple[int, int], text: str) -> float:
        """Replace what stands between two places, each a line and a column; how long the diagnostics took."""
        begun = self._sent()
        self.send(start, end, text)
        return await self._wait(begun)

    def send(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Replace what stands between two places."""
        document = types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version)
        place = types.Range(types.Position(*start), types.Position(*end))
        change = types.TextDocumentContentChangePartial(range=place, text=text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def _sent(self) -> float:
        self.version += 1
        self.arrived = {self.version: asyncio.get_running_loop().create_future()}
        return time.perf_counter()

    async def _wait(self, begun: float) -> float:
        return await asyncio.wait_for(self.arrived[self.version], 60) - begun

    @property
    def processor(self) -> float:
        """The seconds of processor time that the server has used; 0 where the system does not tell."""
        try:
            stat = Path(f"/proc/{self.client._server.pid}/stat").read_text(encoding="ascii")
        except (OSError, AttributeError):
            return 0.0
        return sum(map(int, stat.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """The resident memory of the server in megabytes; 0 where the system does not tell."""
        process = self.client._server
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        except (OSError, AttributeError):
            return 0.0
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


async def measure(path: Path, text: str, edits: int, seed: int) -> None:
    """Type into the functions of a text, and print what was measured."""
    draw = random.Random(seed)
    client = Client(path)
    cold = await client.start(text)
    print(f"{text.count(chr(10))} rows, {len(client.found)} diagnostics; first check {cold * 1000:.0f} ms")
    places = [(text.count("\n", 0, match.start()), len(match[1]), len(match[2])) for match in _LEFT.finditer(text)]
    times: list[float] = []
    level: list[float] = []
    before = client.processor
    for number in range(edits):
        row, column, length = draw.choice(places)
        # A new line in front of a statement, which everything below moves with, or a letter behind its first name.
        letter = ((row, column + length), (row, column + length + 1), "x")
        here, after, text = ((row, 0), (row + 1, 0), "\n") if number % 5 == 4 else letter
        times.append(await client.change(here, here, text))
        times.append(await client.change(here, after, ""))
        if number % max(edits // 10, 1) == 0:
            level.append(client.memory)
    spent = (client.processor - before) / len(times)
    times.sort()
    median, late = statistics.median(times), times[int(len(times) * 0.95)]
    print(f"{len(times)} keystrokes: median {median * 1000:.0f} ms, 95 % within {late * 1000:.0f} ms")
    print(f"processor time for each: {spent * 1000:.0f} ms")
    print("memory in MB: " + " ".join(f"{each:.0f}" for each in level))
    await client.client.shutdown_async(None)
    client.client.exit(None)
    await client.client.stop()


def main() -> None:
    """Measure on a file that is made, or on one that is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--edits", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    text = asked.file.read_text(encoding="utf-8") if asked.file else model(asked.rows)
    asyncio.run(measure(asked.file.absolute() if asked.file else NOWHERE, text, asked.edits, asked.seed))


if __name__ == "__main__":
    main()
