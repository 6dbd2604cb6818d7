"""Many random edits: the server lives, has the client's text, and finds in it what a fresh check finds."""

import random
from pathlib import Path

import pytest
from lsprotocol import types

from attnlint.engine import lint
from attnlint.rows import NEWLINE
from attnlint.rule import all_rules
from attnlint.source import make_source
from benchmarks.keystrokes import model
from tests import editor
from tests.editor import begin, capabilities, change, open_, pulled, text_of

client = editor.client
# Pieces that are typed or pasted: half of a statement, quotation marks, every end of a line, wide characters.
TYPED = [
    "x",
    "1",
    " ",
    "\n",
    "\r\n",
    "\r",
    "    ",
    "(",
    ")",
    "'",
    '"""',
    "#",
    "😀",
    "注",
    "é",
    "\x0c",
    "\u2028",
    "def f(",
    "-",
]


def position(text, offset):
    """Where an offset is for a client that counts UTF-16 units, worked out by encoding the line."""
    ends = [0, *(match.end() for match in NEWLINE.finditer(text))]
    line = max(number for number, end in enumerate(ends) if end <= offset)
    return line, len(text[ends[line] : offset].encode("utf-16-le")) // 2


def splits(text, offset):
    """Whether an offset is between the two characters of a line's end, where a client has no position."""
    return text[offset - 1 : offset + 1] == "\r\n"


def made(text, start, end, new):
    """An edit as a client sends it, the text after it, and what takes it back."""
    after = text[:start] + new + text[end:]
    return (position(text, start), position(text, end), new), after, (start, start + len(new), text[start:end])


def edit(text, draw):
    """A random edit: where it begins and ends, and what is put there."""
    start = draw.randrange(len(text) + 1)
    end = min(len(text), start + draw.choice([0, 0, 0, 1, 2, 30]))
    start, end = (each - splits(text, each) for each in (start, end))
    new = draw.choice(TYPED) if draw.random() < 0.8 else text[start : start + 40]
    return start, end, new


def memory(client):
    status = Path(f"/proc/{client._server.pid}/status")
    found = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")] if status.exists() else []
    return int(found[0].split()[1]) if found else 0


async def check_edits(client, folder, count, every, seed):
    draw, begun = random.Random(seed), model(150)
    await begin(client, folder, capabilities(pulls=True))
    uri = (folder / "model.py").as_uri()
    text = begun
    open_(client, uri, text, version=0)
    levels, undo = [], []
    for version in range(1, count + 1):
        if version % (every * 2) == 1:  # broken code has one finding only, so that it is undone now and then
            text = begun
            undo.clear()
            change(client, uri, version, types.TextDocumentContentChangeWholeDocument(text))
            continue
        taken_back = bool(undo) and draw.random() < 0.2 and not any(splits(text, each) for each in undo[-1][:2])
        sent, text, back = made(text, *(undo.pop() if taken_back else edit(text, draw)))
        if not taken_back:
            undo.append(back)
        change(client, uri, version, editor.part(*sent))
        if version % every == 0 or version % (every * 2) == 5:
            report = await pulled(client, uri)
            assert await text_of(client, uri) == text
            fresh = lint(make_source(text, str(folder / "model.py")), all_rules())
            wanted = [
                (each.code, position(text, make_source(text).offset(each.span.row, each.span.column)))
                for each in fresh.diagnostics
            ]
            found = [(one.code, (one.range.start.line, one.range.start.character)) for one in report.items]
            assert found == wanted
            levels.append(memory(client))
    return levels


@pytest.mark.asyncio
async def test_random_edits(client, tmp_path):
    await check_edits(client, tmp_path, count=200, every=10, seed=0)


@pytest.mark.long
@pytest.mark.asyncio
async def test_ten_thousand_random_edits_leave_the_memory_level(client, tmp_path):
    levels = await check_edits(client, tmp_path, count=10_000, every=20, seed=1)
    tenth = len(levels) // 10
    early, late = max(levels[tenth : 2 * tenth]), max(levels[-tenth:])
    assert late <= early * 1.2
