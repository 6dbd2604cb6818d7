"""Texts as they come while somebody types: each differs from the one before by a keystroke or a line."""


def _edits(text, draw):
    """Texts that each differ from the one before by a keystroke, a pasted line or a deleted one."""
    while True:
        at = draw.randrange(len(text) + 1)
        kind = draw.randrange(6)
        if kind < 3:
            text = text[:at] + draw.choice("x1) \n.=😀") + text[at:]
        elif kind == 3:
            text = text[:at] + text[at + 1 :]
        else:
            rows = text.splitlines(keepends=True)
            row = draw.randrange(len(rows))
            rows[row : row + 1] = [] if kind == 4 and len(rows) > 40 else [rows[row]] * 2
            text = "".join(rows)
        yield text


def typed(begun, draw):
    """Edited texts, each with the last one that parses; a broken text is taken back before the next edit."""
    versions, good = _edits(begun, draw), begun
    while True:
        text = next(versions)
        try:
            compile(text, "x", "exec")
            good = text
        except (SyntaxError, ValueError):
            versions = _edits(good, draw)
        yield text, good
