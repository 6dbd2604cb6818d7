"""Why attnlint did not understand functions of a corpus, counted by `attnlint.analyse.unknown_reasons`."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from attnlint.gate import may_attend
from attnlint.source import Unreadable, decode, read_bytes


def count_reasons(files: Sequence[Path]) -> dict[str, int] | None:
    """The reasons of all files together, the most frequent first; None when this attnlint cannot tell them.

    Files without a word of attention are left out, as in a run.
    """
    total: Counter[str] = Counter()
    with ProcessPoolExecutor() as pool:
        for reasons in pool.map(_reasons, files, chunksize=8):
            if reasons is None:
                pool.shutdown(cancel_futures=True)
                return None
            total.update(reasons)
    return dict(total.most_common())


def _reasons(path: Path) -> Counter[str] | None:
    """The reasons of one file; a fault while counting is a reason too and stops nothing else."""
    # Imported here, in the process that needs it: the runs that are timed start without libcst, as a user's do.
    try:
        counter = getattr(importlib.import_module("attnlint.analyse"), "unknown_reasons", None)
    except ModuleNotFoundError:
        counter = None
    if counter is None:
        return None
    try:
        data = read_bytes(str(path))
        return Counter(counter(decode(str(path), data))) if may_attend(data) else Counter()
    except (Unreadable, SyntaxError):
        return Counter()
    except Exception as error:
        return Counter({f"fault while counting: {type(error).__name__}": 1})
